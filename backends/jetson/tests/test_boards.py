"""Power trees: whatever rails are offered, no watt is added twice and none that is read is forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.records.containment import counted_ids
from wattwhat_jetson._boards import BOARDS, Board, Plan, identify, inside, is_no_rail, make_plan
from wattwhat_jetson._channels import channel_id, make_channel

boards = st.sampled_from(BOARDS)


@st.composite
def offers(draw: st.DrawFn) -> tuple[Board, list[str]]:
    """A board and some of its rails, each under one of its names, in any order, with noise between them."""
    board = draw(boards)
    rails = draw(st.lists(st.sampled_from(board.rails), min_size=1, unique=True))
    labels = [draw(st.sampled_from((rail.name, *rail.aliases))) for rail in rails]
    noise = draw(
        st.lists(st.sampled_from(["NC", "", "sum of shunt voltages", "VDD_MUX", "CVB_ATX_12V"]), max_size=3)
    )
    return board, draw(st.permutations(labels + noise))


def planned(board: Board, labels: list[str]) -> Plan:
    plan = make_plan(f"NVIDIA {board.name} made by me", labels)
    if plan is None or plan.board != board:  # the model of some boards is told by other words
        plan = make_plan(board.models[0], labels)
    assert plan is not None
    assert plan.board == board
    return plan


@given(offers())
def test_no_counted_rail_is_inside_another_one_that_is_read(offer: tuple[Board, list[str]]) -> None:
    plan = planned(*offer)
    read = {rail.name for rail in plan.rails.values()}
    for name in plan.counted:
        assert not any(name in inside(plan.board, other) for other in read)


@given(offers())
def test_what_is_read_is_counted_or_inside_something_counted(offer: tuple[Board, list[str]]) -> None:
    plan = planned(*offer)
    covered = {deeper for name in plan.counted for deeper in (name, *inside(plan.board, name))}
    assert {rail.name for rail in plan.rails.values()} <= covered


@given(offers())
def test_every_offered_rail_is_read_or_named_as_left_out(offer: tuple[Board, list[str]]) -> None:
    plan = planned(*offer)
    offered = {label for label in offer[1] if not is_no_rail(label)}
    assert set(plan.rails) | set(plan.left_out) == offered
    assert not set(plan.rails) & set(plan.left_out)
    assert all(any(label in note for note in plan.notes) for label in plan.left_out)


@given(offers(), st.data())
def test_the_core_adds_up_each_load_once(offer: tuple[Board, list[str]], data: st.DataObject) -> None:
    """Give every rail of a board a load of its own; a rail shows its load and those behind it.

    The core, which knows only the channels, adds up every load behind a rail that is read exactly once.
    """
    board, labels = offer
    plan = planned(board, labels)
    loads_mw = {rail.name: data.draw(st.integers(0, 60_000), label=rail.name) for rail in board.rails}
    channels = [make_channel(plan, rail, "a board", "made") for rail in plan.rails.values()]
    counted = counted_ids(channels)
    added_mw = 0
    for rail in plan.rails.values():
        if channel_id(rail) in counted:
            added_mw += sum(loads_mw[name] for name in (rail.name, *inside(board, rail.name)))
    behind = {name for rail in plan.rails.values() for name in (rail.name, *inside(board, rail.name))}
    assert added_mw == sum(loads_mw[name] for name in behind)
    assert counted == {channel_id(rail) for rail in plan.rails.values() if rail.name in plan.counted}


@given(offers())
def test_order_does_not_matter(offer: tuple[Board, list[str]]) -> None:
    board, labels = offer
    forth, back = planned(board, labels), planned(board, labels[::-1])
    assert set(forth.counted) == set(back.counted)
    assert set(forth.left_out) == set(back.left_out)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_power_trees_are_trees(board: Board) -> None:
    names = [rail.name for rail in board.rails]
    aliases = [alias for rail in board.rails for alias in rail.aliases]
    assert len(set(names + aliases)) == len(names + aliases)
    for rail in board.rails:
        assert rail.fed_by is None or rail.fed_by in names
        assert rail.name not in inside(board, rail.name)


@pytest.mark.parametrize(
    ("model", "labels", "counted"),
    [
        ("NVIDIA Jetson Nano Developer Kit", "POM_5V_IN POM_5V_GPU POM_5V_CPU", "POM_5V_IN"),
        ("quill", "VDD_IN VDD_CPU VDD_GPU VDD_SOC VDD_WIFI VDD_DDR", "VDD_IN"),
        ("NVIDIA Jetson TX2 NX Developer Kit", "VDD_IN VDD_CPU_GPU VDD_SOC", "VDD_IN"),
        ("NVIDIA Jetson TX1 Developer Kit", "VDD_IN VDD_GPU VDD_CPU", "VDD_IN"),
        ("NVIDIA Jetson Xavier NX Developer Kit", "VDD_IN VDD_CPU_GPU_CV VDD_SOC", "VDD_IN"),
        ("NVIDIA Jetson Orin NX Engineering Reference", "VDD_IN VDD_CPU_GPU_CV VDD_SOC", "VDD_IN"),
        ("NVIDIA Jetson Orin Nano Developer Kit", "VDD_IN VDD_CPU_GPU_CV VDD_SOC", "VDD_IN"),
        ("Jetson-AGX", "GPU CPU SOC CV VDDRQ SYS5V", "GPU CPU SOC CV VDDRQ SYS5V"),
        (
            "NVIDIA Jetson AGX Orin Developer Kit",
            "VDD_GPU_SOC VDD_CPU_CV VIN_SYS_5V0 NC VDDQ_VDD2_1V8AO NC",
            "VDD_GPU_SOC VDD_CPU_CV VIN_SYS_5V0",
        ),
        (
            "NVIDIA Jetson AGX Orin Developer Kit",
            "VDD_GPU_SOC VDD_CPU_CV VIN_SYS_5V0",
            "VDD_GPU_SOC VDD_CPU_CV VIN_SYS_5V0",
        ),
        ("NVIDIA Jetson AGX Thor Developer Kit", "VDD_GPU VDD_CPU_SOC_MSS VIN_SYS_5V0 VIN", "VIN"),
        (
            "NVIDIA Jetson AGX Thor Developer Kit",
            "VDD_GPU VDD_CPU_SOC_MSS VIN_SYS_5V0",
            "VDD_GPU VDD_CPU_SOC_MSS VIN_SYS_5V0",
        ),
    ],
)
def test_what_is_added_up_on_each_board(model: str, labels: str, counted: str) -> None:
    plan = make_plan(model, labels.split())
    assert plan is not None
    assert plan.counted == tuple(counted.split())
    assert not plan.left_out


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_no_power_model_of_cpu_or_dram_is_added_to_what_is_measured(board: Board) -> None:
    """The components tell the core that both are measured, also where an inner rail is missing."""
    every = [rail.name for rail in board.rails]
    inner = {rail.name for rail in board.rails if rail.fed_by is not None and rail.component != "cpu"}
    for labels in (every, [name for name in every if name not in inner]):
        components = {rail.component for rail in planned(board, labels).rails.values()}
        for part in ("cpu", "dram"):
            assert components & {part, "module", "host"}


def test_a_thor_on_a_carrier_without_monitor_needs_no_power_model_either() -> None:
    plan = make_plan("NVIDIA Jetson AGX Thor", ["VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"])
    assert plan is not None
    assert {"cpu", "dram"} <= {rail.component for rail in plan.rails.values()}


def test_a_total_that_is_not_offered_is_said_to_be_missing() -> None:
    plan = make_plan("NVIDIA Jetson Xavier NX Developer Kit", ["VDD_SOC", "VDD_CPU_GPU_CV"])
    assert plan is not None
    assert set(plan.counted) == {"VDD_SOC", "VDD_CPU_GPU_CV"}
    assert "its total, VDD_IN, is not offered here" in plan.notes[0]


def test_a_missing_summand_is_named() -> None:
    plan = make_plan("NVIDIA Jetson AGX Orin", ["VDD_GPU_SOC", "VDD_CPU_CV", "VDDQ_VDD2_1V8AO"])
    assert plan is not None
    assert plan.counted == ("VDD_GPU_SOC", "VDD_CPU_CV", "VDDQ_VDD2_1V8AO")
    assert "missing: VIN_SYS_5V0" in plan.notes[0]


def test_carriers_with_a_model_of_their_own_are_known_by_their_rails() -> None:
    plan = make_plan("Forecr DSBOARD (nvidia,tegra194)", ["GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V", "NC"])
    assert plan is not None
    assert plan.board.name == "board with the rails of a Jetson AGX Xavier"
    assert len(plan.counted) == 6


def test_unknown_rails_of_an_unknown_board_are_not_guessed_about() -> None:
    assert make_plan("", ["PP3300", "PP5000"]) is None
    assert identify("", []) is None


def test_the_user_may_say_what_is_added_up() -> None:
    plan = make_plan("", ["PP3300", "PP5000", "PP1800"], add=("PP3300", "PP5000"))
    assert plan is not None
    assert plan.counted == ("PP3300", "PP5000")
    assert plan.left_out == ("PP1800",)
