"""Which channels count: those that were named, those the workload is on, else all, and it says so."""

from __future__ import annotations

import functools
import random
from typing import Any

import pytest

from tests.rigs import counter
from wattwhat import Measurement, Workload, measure
from wattwhat.errors import ArgumentError
from wattwhat.measuring.devices import check_devices, concerned
from wattwhat.measuring.plan import Plan
from wattwhat.measuring.session import run_plan
from wattwhat.records.channel import Channel
from wattwhat.testing import VirtualClock, VirtualMeter, constant
from wattwhat.testing.simulation import Simulation
from wattwhat.workloads.base import CallableWorkload
from wattwhat.workloads.choose import make_workload

CPU, DRAM, GPU_A, GPU_B = "h/rapl/package-0", "h/rapl/dram-0", "h/nvml/GPU-aa/board", "h/nvml/GPU-bb/board"


def simulation() -> Simulation:
    """A host with a processor, its memory and two boards."""
    clock = VirtualClock(start_ns=10**11)
    meters = []
    told = (
        (CPU, "cpu", "package 0"),
        (DRAM, "dram", "dram 0"),
        (GPU_A, "board", "H200"),
        (GPU_B, "board", "H200"),
    )
    for channel_id, component, device in told:
        channel = Channel(
            channel_id,
            channel_id.split("/")[1],
            device,
            component,
            "energy",
            update_period_s=0.001,
            gain_error=0.0,
        )
        meter = VirtualMeter(counter(constant(100.0)), channel, clock=clock)
        if component == "board":
            meter.device_uuids = (channel_id.split("/")[2],)
        meters.append(meter)
    return Simulation(meters, clock)


class Passing(Workload):
    """Lets virtual time pass on devices that it knows, or does not."""

    label, items_per_call = "passing", 1

    def __init__(self, simulation: Simulation, on: tuple[str, ...] | None) -> None:
        self.simulation, self.on = simulation, on

    def run(self) -> None:
        self.simulation.advance(0.01)

    def devices(self) -> tuple[str, ...] | None:
        return self.on


def measured(on: tuple[str, ...] | None, devices: Any = None) -> Measurement:
    made = simulation()
    return run_plan(
        Passing(made, on),
        Plan(idle=None, max_seconds=2.0),
        made.meter_set,
        devices=check_devices(devices),
        sleep=made.advance,
        generator=random.Random(2),
    )


def counted(m: Measurement) -> list[str]:
    return [entry.channel.id for entry in m.channels if entry.counted]


@pytest.mark.parametrize(
    ("devices", "ids"),
    [
        ([GPU_A], [GPU_A]),
        (["H200"], [GPU_A, GPU_B]),
        (["GPU-bb"], [GPU_B]),
        (("package 0", "bb"), [CPU, GPU_B]),
        ([CPU, DRAM, CPU], [CPU, DRAM]),
    ],
)
@pytest.mark.parametrize("on", [None, (), ("aa",)])
def test_what_is_asked_for_counts_and_nothing_else(devices: Any, ids: list[str], on: Any) -> None:
    m = measured(on, devices)
    assert counted(m) == ids
    assert m.energy_j.value == pytest.approx(100.0 * len(ids) * m.duration_s, rel=0.01)
    assert m.details["devices"]["counted"] == ids
    assert set(m.details["devices"]["left_out"]) == {CPU, DRAM, GPU_A, GPU_B} - set(ids)


@pytest.mark.parametrize(
    ("on", "ids"),
    [((), [CPU, DRAM]), (("bb",), [CPU, DRAM, GPU_B]), (("aa", "bb"), [CPU, DRAM, GPU_A, GPU_B])],
)
def test_what_the_workload_is_known_to_use_counts_and_what_is_left_out_is_said(
    on: tuple[str, ...], ids: list[str]
) -> None:
    m = measured(on)
    assert counted(m) == ids
    for channel_id in {GPU_A, GPU_B} - set(ids):
        assert any(channel_id in words and "left out" in words for words in m.warnings)
        assert channel_id in m.details["devices"]["left_out"]


def test_where_nothing_is_known_all_count_and_it_says_how_to_choose() -> None:
    m = measured(None)
    assert len(counted(m)) == 4
    assert any("devices=" in words and GPU_A in words for words in m.warnings)


@pytest.mark.parametrize("devices", ["H200", [], [3], [""], 7])
def test_what_is_no_list_of_names_is_refused(devices: Any) -> None:
    ran: list[int] = []
    with pytest.raises(ArgumentError, match="devices"):
        measure(lambda: ran.append(1), devices=devices)
    assert not ran


def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ArgumentError, match=r"H100.*package 0"):
        measured((), ["H100"])


def on(target: Any, inputs: Any = None) -> Any:
    made = simulation()
    with make_workload(target, inputs) as workload:
        found = concerned(workload, made.meter_set)
    return None if found.only is None else sorted(found.only)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_model_counts_the_same_however_it_is_written() -> None:
    torch = pytest.importorskip("torch")
    net, x = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU()).eval(), torch.randn(2, 8)
    expected = sorted([CPU, DRAM])
    frozen = torch.jit.freeze(torch.jit.trace(net, x))
    plain = torch.nn.ReLU()

    class Holder:
        def __init__(self) -> None:
            self.net = net

        def step(self) -> Any:
            return self.net(x)

    assert on(net, x) == expected
    assert on(frozen, x) == expected
    assert on(plain, x) == expected
    assert on(plain, {"input": x}) == expected
    assert on(lambda: net(x)) == expected
    assert on(lambda: frozen(x)) == expected
    assert on(functools.partial(net, x)) == expected
    assert on(Holder().step) == expected
    assert on(lambda: torch.mm(x, x.T)) == expected
    assert on(lambda: sum(range(10))) is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_an_int8_model_counts_what_the_one_it_was_made_from_does() -> None:
    torch = pytest.importorskip("torch")
    if torch.backends.quantized.engine == "none":
        pytest.skip("this torch has no quantised kernels")
    net, x = torch.nn.Sequential(torch.nn.Linear(8, 8)).eval(), torch.randn(2, 8)
    small = torch.ao.quantization.quantize_dynamic(net, {torch.nn.Linear}, dtype=torch.qint8)
    assert on(small, x) == on(net, x) == on(lambda: small(x))


def test_a_model_without_any_tensor_is_not_known() -> None:
    torch = pytest.importorskip("torch")
    assert on(torch.nn.ReLU(), [3]) is None


def test_a_function_of_processor_tensors_is_not_known_where_an_accelerator_is_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch = pytest.importorskip("torch")
    x = torch.randn(2)
    monkeypatch.setattr("wattwhat.workloads.torch_devices.accelerator_in_use", lambda: True)
    assert CallableWorkload(lambda: x + 1).devices() is None
