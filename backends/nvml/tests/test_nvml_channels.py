"""Channels from made abilities: ids, nesting, what is counted once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.records.containment import counted_ids
from wattwhat_nvml.channels import GAIN_ERROR, plan
from wattwhat_nvml.survey import Abilities
from wattwhat_nvml.visible import Gpu
from wattwhat_nvml.ways import COUNTER, GPU, MEMORY, MODULE, gauges


def a_gpu(index, mig=False):
    return Gpu(index, f"GPU-{index}", f"00000000:{index:02X}:00.0", "H100", mig)


def abilities(index=0, **fields):
    given_fields = {"counter": True, "board": gauges(GPU)[0], "limit_w": 700.0, **fields}
    return Abilities(a_gpu(index, given_fields.pop("mig", False)), **given_fields)


def planned(*chosen, sockets=None, everyone=None, **options):
    gpus = everyone or [found.gpu for found in chosen]
    return plan(list(chosen), gpus, sockets or {}, "h", **options)


def channels(*chosen, **options):
    return [made.channel for made in planned(*chosen, **options)]


def test_a_plain_card_is_one_counter():
    (board,) = channels(abilities())
    assert board.id == "h/nvml/GPU-0/board"
    assert (board.component, board.quantity, board.resolution) == ("board", "energy", 1e-3)
    assert board.source == "nvmlDeviceGetTotalEnergyConsumption"
    assert board.max_power_w == 700.0
    assert board.gain_error == GAIN_ERROR == pytest.approx(0.0289, abs=1e-4)
    assert board.update_period_s is None
    assert board.averaging_window_s is None


def test_without_a_counter_the_same_id_is_a_gauge():
    (board,) = channels(abilities(counter=False))
    assert (board.id, board.quantity) == ("h/nvml/GPU-0/board", "power")
    (average,) = channels(abilities(counter=False, board=gauges(GPU)[1]))
    assert average.averaging_window_s == 1.0


def test_memory_is_inside_the_board():
    made = channels(abilities(memory=gauges(MEMORY)[0]))
    assert [channel.component for channel in made] == ["board", "memory"]
    assert counted_ids(made) == {"h/nvml/GPU-0/board"}


def test_a_silent_card_has_no_channel():
    assert channels(abilities(counter=False, board=None)) == []


def test_scopes_choose_what_is_read():
    found = abilities(memory=gauges(MEMORY)[0], module=gauges(MODULE)[0])
    assert [channel.component for channel in channels(found, scopes=("memory",))] == ["memory"]


def test_the_counter_of_a_superchip_is_the_modules_and_the_board_a_gauge():
    board, module = channels(abilities(module=gauges(MODULE)[0]), sockets={"GPU-0": 0})
    assert (board.quantity, board.source) == ("power", "field 186 POWER_INSTANT, scope GPU")
    assert (module.component, module.quantity) == ("module", "energy")
    assert "as reported for Grace Hopper" in module.source
    assert module.id == "h/nvml/socket-0/module"


def test_readings_may_show_that_the_counter_is_the_boards():
    found = abilities(module=gauges(MODULE)[0])
    board, module = channels(found, verdicts={"GPU-0": "board"})
    assert (board.quantity, module.quantity) == ("energy", "power")
    (_, seen) = channels(found, verdicts={"GPU-0": "module"})
    assert "seen in the readings" in seen.source


def test_a_module_contains_the_cpu_that_wattwhat_rapl_reads():
    made = channels(abilities(module=gauges(MODULE)[0]), sockets={"GPU-0": 3})
    assert {"h/rapl/module-3", "h/rapl/package-3", "h/rapl/package-3/core"} <= set(made[1].contains)


def test_with_one_gpu_and_no_known_socket_the_cpu_is_socket_0():
    module = channels(abilities(module=gauges(MODULE)[0]))[1]
    assert "h/rapl/package-0" in module.contains


def test_with_several_gpus_and_no_known_socket_no_cpu_is_claimed():
    chips = [abilities(i, module=gauges(MODULE)[0]) for i in range(2)]
    made = channels(*chips)
    assert [c.id for c in made if c.component == "module"] == ["h/nvml/GPU-0/module", "h/nvml/GPU-1/module"]
    assert not any("rapl" in inner for channel in made for inner in channel.contains)


def test_a_module_contains_the_boards_that_are_not_in_use_too():
    everyone = [a_gpu(0), a_gpu(1), a_gpu(2)]
    sockets = {"GPU-0": 0, "GPU-1": 0, "GPU-2": 1}
    made = channels(abilities(module=gauges(MODULE)[0]), sockets=sockets, everyone=everyone)
    inside = made[1].contains
    assert "h/nvml/GPU-1/board" in inside
    assert "h/nvml/GPU-2/board" not in inside


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.booleans(), st.booleans())
def test_however_gpus_share_modules_each_joule_is_counted_once(layout, memory, counter):
    fields = {"module": gauges(MODULE)[0], "counter": counter}
    if memory:
        fields["memory"] = gauges(MEMORY)[1]
    chips = [abilities(i, **fields) for i in range(len(layout))]
    sockets = {f"GPU-{i}": socket for i, socket in enumerate(layout)}
    made = channels(*chips, sockets=sockets)
    assert len({channel.id for channel in made}) == len(made)
    assert counted_ids(made) == {f"h/nvml/socket-{socket}/module" for socket in layout}
    cpu = f"h/rapl/package-{layout[0]}"
    assert any(cpu in channel.contains for channel in made)


def test_mig_mode_is_said_in_the_device_and_the_source():
    (board,) = channels(abilities(mig=True))
    assert "whole GPU, MIG mode" in board.device
    assert "slices have no sensor" in board.source
    assert board.id == "h/nvml/GPU-0/board"


def test_each_channel_is_read_by_its_own_way():
    found = abilities(memory=gauges(MEMORY)[0], module=gauges(MODULE)[0])
    ways = {made.channel.component: made.way for made in planned(found, verdicts={"GPU-0": "board"})}
    assert ways == {"board": COUNTER, "memory": gauges(MEMORY)[0], "module": gauges(MODULE)[0]}
