"""What works on a card is found by calling it, through the real bindings; whose energy a counter counts."""

from __future__ import annotations

import math
import os
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat_nvml import library, survey
from wattwhat_nvml.survey import abilities, counter_scope, list_gpus, socket_of, watch_counter
from wattwhat_nvml.ways import GPU, MEMORY, MODULE, field_mw, gauges

COUNTER = "nvmlDeviceGetTotalEnergyConsumption"


@pytest.fixture
def nvml(fake):
    yield library.acquire()
    library.release(os.getpid())


@pytest.fixture
def gpu(nvml):
    return list_gpus(nvml)[0][0]


def test_every_gpu_is_listed_with_its_address_and_slices(fake, nvml):
    fake.set_mig(1, 1, 1)
    fake.add_mig(1, "MIG-aaaa")
    fake.add_mig(1, "MIG-bbbb")
    first, second = list_gpus(nvml)[0]
    assert (first.index, first.pci_bus_id, first.mig_mode) == (0, "00000000:10:00.0", False)
    assert (second.mig_mode, second.mig_uuids) == (True, ("MIG-aaaa", "MIG-bbbb"))


def test_a_gpu_that_cannot_be_opened_is_left_out_by_name(fake, nvml):
    fake.fail("", 0, 15)
    gpus, problems = list_gpus(nvml)
    assert [gpu.index for gpu in gpus] == [1]
    assert "GPU 0" in problems[0]
    assert "lost" in problems[0]


def test_instant_power_comes_first_then_the_average_then_the_old_call(fake, nvml, gpu):
    assert abilities(nvml, gpu).board.source == "field 186 POWER_INSTANT, scope GPU"
    fake.set_power_mw(0, 0, 186, -1.0)
    average = abilities(nvml, gpu).board
    assert average.source == "field 185 POWER_AVERAGE, scope GPU"
    assert average.averaging_window_s == 1.0
    fake.set_power_mw(0, 0, 185, -1.0)
    usage = abilities(nvml, gpu).board
    assert usage.source == "nvmlDeviceGetPowerUsage"
    assert usage.averaging_window_s is None
    fake.fail("nvmlDeviceGetPowerUsage", 0, 3)
    assert abilities(nvml, gpu).board is None


def test_a_card_without_counter_is_no_problem_but_a_refused_counter_is(fake, nvml, gpu):
    fake.fail(COUNTER, 0, 3)
    found = abilities(nvml, gpu)
    assert (found.counter, found.problems) == (False, ())
    fake.heal(0)
    fake.fail(COUNTER, 0, 4)
    found = abilities(nvml, gpu)
    assert found.counter is False
    assert "Insufficient Permissions" in found.problems[0]


def test_the_counter_is_used_whatever_the_architecture(fake, nvml, gpu):
    # the stand-in has no nvmlDeviceGetArchitecture at all
    assert abilities(nvml, gpu).counter is True


@pytest.mark.parametrize("value_type", range(7))
@pytest.mark.parametrize("mw", [1, 36500, 65535])
def test_the_member_of_the_union_is_picked_by_the_value_type(fake, nvml, gpu, value_type, mw):
    fake.set_value_type(0, value_type)
    fake.set_power_mw(0, 0, 186, float(mw))
    handle = nvml.nvmlDeviceGetHandleByUUID(gpu.uuid)
    if value_type == 6 and not hasattr(nvml, "NVML_VALUE_TYPE_UNSIGNED_SHORT"):  # older bindings
        with pytest.raises(nvml.NVMLError):
            field_mw(nvml, handle, [(186, GPU)])
    else:
        assert field_mw(nvml, handle, [(186, GPU)]) == mw


def test_an_unknown_value_type_is_an_error_not_a_number(fake, nvml, gpu):
    fake.set_value_type(0, 77)
    handle = nvml.nvmlDeviceGetHandleByUUID(gpu.uuid)
    with pytest.raises(nvml.NVMLError):
        field_mw(nvml, handle, [(186, GPU)])


def test_the_return_code_of_each_entry_counts_though_the_call_succeeds(fake, nvml, gpu):
    fake.fail("field 186 scope 0", 0, 999)
    handle = nvml.nvmlDeviceGetHandleByUUID(gpu.uuid)
    assert nvml.nvmlDeviceGetFieldValues(handle, [(186, 0)])[0].nvmlReturn == 999
    with pytest.raises(nvml.NVMLError):
        field_mw(nvml, handle, [(186, GPU)])
    assert abilities(nvml, gpu).board.field == 185


def test_zero_watts_means_that_nothing_is_read(fake, nvml, gpu):
    fake.set_power_mw(0, 2, 0, 0.0)
    assert abilities(nvml, gpu).memory is None
    fake.set_power_mw(0, 2, 185, 21000.0)
    assert abilities(nvml, gpu).memory == gauges(MEMORY)[1]


def test_a_driver_that_ignores_the_scope_shows_no_memory(fake, nvml, gpu):
    fake.set_power_mw(0, 2, 0, 70000.0)  # the board's own 70 W
    found = abilities(nvml, gpu)
    assert found.memory is None
    assert "memory power" in found.problems[0]


def test_a_module_needs_a_module_reading_and_c2c_where_that_is_known(fake, nvml, gpu, monkeypatch):
    fake.set_power_mw(0, 1, 0, 200000.0)
    with monkeypatch.context() as patch:
        patch.delattr(nvml, "nvmlDeviceGetC2cModeInfoV", raising=False)  # as in bindings of 2022
        assert abilities(nvml, gpu).module == gauges(MODULE)[0]
        fake.set_power_mw(0, 1, 0, 70000.0)  # the board's own 70 W: the scope was passed over
        assert abilities(nvml, gpu).module is None
    fake.set_power_mw(0, 1, 0, 200000.0)
    if hasattr(nvml, "nvmlDeviceGetC2cModeInfoV"):
        assert abilities(nvml, gpu).module is None
    fake.set_c2c(0, 1)
    assert abilities(nvml, gpu).module == gauges(MODULE)[0]
    fake.set_power_mw(0, 1, 0, -1.0)  # as on a GB10: C2C, but no module reading
    assert abilities(nvml, gpu).module is None


def test_limits_are_read_in_watts_or_unknown(fake, nvml, gpu):
    fake.set_limit_mw(0, 350000)
    assert abilities(nvml, gpu).limit_w == 350.0
    fake.set_limit_mw(0, 0)
    assert abilities(nvml, gpu).limit_w is None
    fake.set_c2c(0, 1)
    fake.set_power_mw(0, 1, 0, 200000.0)
    assert abilities(nvml, gpu).module_limit_w is None
    fake.set_module_limit_mw(0, 900000)
    assert abilities(nvml, gpu).module_limit_w == 900.0


watts = st.floats(1.0, 2000.0)


@given(watts, st.floats(1.25, 10.0), st.floats(0.95, 1.05))
def test_a_counter_is_told_apart_where_board_and_module_differ(board_w, ratio, wrong):
    module_w = ratio * board_w
    assert counter_scope(board_w * wrong, board_w, module_w) in ("board", None)
    assert counter_scope(module_w * wrong, board_w, module_w) in ("module", None)
    if ratio > 1.4:
        assert counter_scope(board_w * wrong, board_w, module_w) == "board"
        assert counter_scope(module_w * wrong, board_w, module_w) == "module"


@given(st.floats(0.0, 5000.0), watts, st.floats(0.0, 1.24))
def test_no_verdict_where_board_and_module_are_alike_or_nothing_moves(rate_w, board_w, ratio):
    assert counter_scope(rate_w, board_w, ratio * board_w) is None
    assert counter_scope(0.0, board_w, 3.0 * board_w) is None


def test_no_verdict_for_a_counter_that_is_neither():
    assert counter_scope(math.sqrt(200.0 * 400.0), 200.0, 400.0) is None
    assert counter_scope(5.0, 200.0, 400.0) is None


@pytest.mark.parametrize(("rate_w", "verdict"), [(300.0, "module"), (100.0, "board"), (0.0, None)])
def test_the_counter_is_watched_with_two_readings(fake, nvml, gpu, monkeypatch, rate_w, verdict):
    fake.set_c2c(0, 1)
    fake.set_power_mw(0, 0, 0, 100000.0)
    fake.set_power_mw(0, 1, 0, 300000.0)
    found = abilities(nvml, gpu)
    now_ns = [0]
    monkeypatch.setattr(survey, "time", types.SimpleNamespace(monotonic_ns=lambda: now_ns[0]))

    def sleep(seconds):
        now_ns[0] += int(seconds * 1e9)
        fake.add_energy_mj(0, rate_w * seconds * 1e3)

    calls = fake.energy_calls()
    seen = watch_counter(nvml, found, sleep)
    assert fake.energy_calls() - calls == 2
    assert seen == verdict


def test_a_counter_that_fails_while_watched_gives_no_verdict(fake, nvml, gpu):
    fake.set_c2c(0, 1)
    fake.set_power_mw(0, 1, 0, 300000.0)
    found = abilities(nvml, gpu)
    assert watch_counter(nvml, found, lambda seconds: fake.fail(COUNTER, 0, 999)) is None


@pytest.mark.parametrize(("text", "socket"), [("1\n", 1), ("-1\n", None), ("what", None)])
def test_the_socket_beside_a_gpu_is_its_numa_node(tmp_path, text, socket):
    folder = tmp_path / "sys/bus/pci/devices/0009:0a:00.0"
    folder.mkdir(parents=True)
    (folder / "numa_node").write_text(text)
    assert socket_of("00000009:0A:00.0", str(tmp_path)) == socket
