"""A GPU that drops out is named in the Measurement, and takes no other GPU with it."""

from __future__ import annotations

import pytest

import wattwhat
from tests.fakes.nvml import CODES
from wattwhat_nvml import NvmlBackend


def measured(**options):
    made = NvmlBackend(**{"environ": {}, "root": "/nonexistent", **options})
    with wattwhat.track("x", backends=[made]) as window:
        pass
    return window.measurement


def measured_uuids(m):
    return {entry.channel.id.split("/")[2] for entry in m.channels if entry.energy_j is not None}


@pytest.mark.parametrize("name", [b"\xf8\xff", b"GPU \xc3", b"\xe9\xe8"])
def test_a_name_that_is_no_utf8_costs_no_gpu(fake, name):
    fake.reset(8)
    fake.set_name(3, name)
    m = measured()
    assert len(measured_uuids(m)) == 8
    assert m.provenance == "measured"


@pytest.mark.parametrize("code", [CODES["lost"], CODES["permission"], 999])
@pytest.mark.parametrize(
    "function",
    [
        "nvmlDeviceGetHandleByIndex",
        "nvmlDeviceGetHandleByUUID",
        "nvmlDeviceGetPciInfo",
        "nvmlDeviceGetUUID",
        "",
    ],
)
def test_a_gpu_that_does_not_open_is_named_in_the_measurement(fake, function, code):
    fake.reset(4)
    fake.fail(function, 2, code)
    m = measured()
    found = measured_uuids(m)
    named = any("GPU 2 " in words or "GPU-c0" in words for words in m.warnings)
    assert len(found) == 4 or (len(found) == 3 and named)


def test_an_entry_that_names_no_gpu_is_told(fake):
    m = measured(environ={"CUDA_VISIBLE_DEVICES": "0,7"})
    assert any("7" in words and "CUDA_VISIBLE_DEVICES" in words for words in m.warnings)


def test_a_counter_that_stands_at_0_gives_way_to_the_power_gauge(fake):
    fake.reset(1)
    fake.set_energy_mj(0, 0.0)
    fake.set_power_mw(0, 0, 0, 120_000.0)
    made = NvmlBackend(environ={}, root="/nonexistent")
    with wattwhat.track("x", backends=[made]) as window:
        pass
    assert {entry.channel.quantity for entry in window.measurement.channels} == {"power"}
    assert any("stands at 0" in words for words in window.measurement.warnings)


def test_a_counter_at_0_of_a_card_without_a_gauge_is_kept(fake):
    fake.reset(1)
    fake.set_energy_mj(0, 0.0)
    for scope in (0, 1, 2):
        fake.set_power_mw(0, scope, 0, 0.0)
    fake.set_usage_mw(0, 0)
    (meter,) = NvmlBackend(environ={}, root="/nonexistent").meters()
    meter.close()
    assert meter.channel.quantity == "energy"
