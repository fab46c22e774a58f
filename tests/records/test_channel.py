from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from tests.strategies import channels, forests
from wattwhat import Channel
from wattwhat.errors import ArgumentError
from wattwhat.records.containment import counted_ids


def inside(channel_id: str, by_id: dict[str, Channel]) -> set[str]:
    """Every id below one, by plain recursion."""
    below = set()
    for child in by_id[channel_id].contains:
        below |= {child} | inside(child, by_id)
    return below


@given(forests())
def test_no_joule_is_counted_twice_and_none_is_left_out(forest: list[Channel]) -> None:
    by_id = {channel.id: channel for channel in forest}
    counted = counted_ids(forest)
    for one in counted:
        assert not inside(one, by_id) & counted
    covered = counted.union(*(inside(one, by_id) for one in counted))
    assert covered == set(by_id)


@given(forests())
def test_the_order_of_channels_does_not_matter(forest: list[Channel]) -> None:
    assert counted_ids(forest) == counted_ids(reversed(forest))


@given(channels())
def test_plain_data_and_back(channel: Channel) -> None:
    assert Channel.from_dict(json.loads(json.dumps(channel.to_dict()))) == channel


def test_containment_reaches_through_a_channel_that_nobody_reads() -> None:
    grand = Channel("psys", "t", "platform", "host", "energy", contains=("package", "core"))
    core = Channel("core", "t", "core", "core", "energy")
    assert counted_ids([grand, core]) == {"psys"}


def test_two_channels_that_contain_each_other_count_once() -> None:
    a = Channel("a", "t", "a", "cpu", "energy", contains=("b",))
    b = Channel("b", "t", "b", "cpu", "energy", contains=("a",))
    assert len(counted_ids([a, b])) == 1


def test_what_hangs_on_a_meter_in_the_mains_is_not_added_to_it() -> None:
    plug = Channel("lab/plug/1", "t", "plug", "wall", "energy")
    second = Channel("lab/plug/2", "t", "second supply", "wall", "energy")
    package = Channel("lab/rapl/package-0", "t", "package", "cpu", "energy")
    elsewhere = Channel("other/rapl/package-0", "t", "package", "cpu", "energy")
    assert counted_ids([package, plug, elsewhere, second]) == {plug.id, second.id, elsewhere.id}


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_in_a_host_is_not_added_to_it(order: int) -> None:
    psys = Channel("lab/rapl/psys", "t", "platform", "host", "energy")
    package = Channel("lab/rapl/package-0", "t", "package", "cpu", "energy", contains=("lab/rapl/core",))
    core = Channel("lab/rapl/core", "t", "core", "core", "energy")
    elsewhere = Channel("other/rapl/package-0", "t", "package", "cpu", "energy")
    plug = Channel("lab/plug/1", "t", "plug", "wall", "energy")
    inside = [package, core, psys, elsewhere][::order]
    assert counted_ids(inside) == {psys.id, elsewhere.id}
    assert counted_ids([*inside, plug]) == {plug.id, elsewhere.id}
    around = Channel("lab/t/around", "t", "everything", "board", "energy", contains=(psys.id,))
    assert counted_ids([psys, around, package]) == {around.id}


def test_a_platform_counter_of_one_socket_holds_that_one_and_other_backends_devices() -> None:
    psys = Channel("lab/rapl/psys-1", "rapl", "socket 1", "host", "energy", contains=("lab/rapl/package-1",))
    first = Channel("lab/rapl/package-0", "rapl", "package 0", "cpu", "energy")
    second = Channel("lab/rapl/package-1", "rapl", "package 1", "cpu", "energy")
    board = Channel("lab/nvml/0", "nvml", "a board", "board", "energy")
    assert counted_ids([first, second, psys, board]) == {psys.id, first.id}


def test_a_field_of_a_later_version_is_passed_over() -> None:
    channel = Channel("a", "t", "a", "cpu", "energy")
    assert Channel.from_dict({**channel.to_dict(), "colour": "green"}) == channel


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("component", "brain"),
        ("quantity", "watts"),
        ("update_period_s", 0.0),
        ("update_period_s", float("nan")),
        ("wrap_j", -1.0),
        ("gain_error", -0.1),
        ("max_power_w", float("inf")),
        ("update_period_s", "0.1"),
        ("resolution", "1 mJ"),
        ("gain_error", True),
        ("contains", "h/rapl/core-0"),
        ("contains", None),
        ("contains", 5),
        ("contains", [1]),
        ("contains", ["a"]),  # itself
        ("source", 5),
    ],
)
def test_nonsense_is_refused_by_name(field: str, value: object) -> None:
    fields = {
        "id": "a",
        "backend": "t",
        "device": "d",
        "component": "cpu",
        "quantity": "energy",
        field: value,
    }
    with pytest.raises(ArgumentError, match=field):
        Channel(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("figure", [Fraction(1, 20), np.float32(0.05), np.float64(0.05)])
def test_figures_of_any_kind_of_number_become_plain_ones(figure: object) -> None:
    channel = Channel("a", "t", "d", "cpu", "energy", gain_error=figure)  # type: ignore[arg-type]
    assert json.loads(json.dumps(channel.to_dict()))["gain_error"] == pytest.approx(0.05)
    assert type(channel.gain_error) is float
