from __future__ import annotations

import math
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.energy.joules import Joules, sensor_parts
from wattwhat.energy.totals import total
from wattwhat.records.budget import Budget
from wattwhat.records.channel import Channel
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.measurement import Measurement
from wattwhat.records.sources import EDGES, GAIN, LOST, MODEL, OFFSET, REPEATS, RESOLUTION, UNSEEN

SOURCES = st.sampled_from([GAIN, OFFSET, RESOLUTION, EDGES, UNSEEN, REPEATS, LOST, MODEL])
PAIRS = st.lists(st.tuples(SOURCES, st.floats(0, 1e6)), max_size=12)


@given(PAIRS)
def test_sources_add_in_quadrature(pairs: list[tuple[str, float]]) -> None:
    assert Budget.of(pairs).u == pytest.approx(math.hypot(*(u for _, u in pairs)))


@given(PAIRS)
def test_each_source_stands_once_and_the_largest_first(pairs: list[tuple[str, float]]) -> None:
    budget = Budget.of(pairs)
    assert len({source for source, _ in budget}) == len(budget)
    assert [u for _, u in budget] == sorted((u for _, u in budget), reverse=True)


@given(PAIRS)
def test_what_repeats_shrink_and_what_not_make_the_whole(pairs: list[tuple[str, float]]) -> None:
    budget = Budget.of(pairs)
    rest = math.hypot(budget.get(GAIN), budget.get(OFFSET), budget.get(MODEL))
    assert math.hypot(budget.shrinkable_u, rest) == pytest.approx(budget.u)


def test_it_prints_every_source_with_joules_and_share_and_what_to_attack() -> None:
    text = str(Budget.of({GAIN: 3.0, EDGES: 4.0}))
    assert "stale edges      4 J         64 %               anew" in text
    assert "sensor gain      3 J         36 %               the same" in text
    assert "channels" not in text
    assert text.splitlines()[-1] == "largest: stale edges. run longer: the two edges of a window weigh less"


def gpu(number: int, backend: str = "nvml", host: str = "lab1", gain: float | None = 0.03) -> Channel:
    name = f"{host}/{backend}/GPU-8f3c2a1e-0000-1111-2222-33334444555{number}/board"
    return Channel(name, backend, "a GPU", "gpu", "energy", gain_error=gain)


PARTS = ((EDGES, 0.5), (UNSEEN, 0.4), (RESOLUTION, 0.1))


def measured(*channels: Channel) -> Measurement:
    """100 J a channel, put together by the rules that `total` has."""
    pairs = [(one, Joules(100.0, (*sensor_parts(100.0, 1.0, one), *PARTS))) for one in channels]
    energy, budget = total(pairs)
    entries = tuple(ChannelEnergy(one, joules.quantity) for one, joules in pairs)
    return Measurement(
        label="a", energy_j=energy, budget=Budget.of([*budget, (REPEATS, 0.2)]), channels=entries
    )


def row(text: str, source: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if re.match(rf"{source}  ", line)]
    return re.split(r"  +", line)[2:]


@given(st.lists(st.sampled_from(["nvml", "rapl", "plug"]), min_size=2, max_size=9))
def test_what_channels_have_in_common_is_what_total_adds_plainly(backends: list[str]) -> None:
    m = measured(*(gpu(number, backend) for number, backend in enumerate(backends)))
    text = str(m.budget)
    gain = m.budget.get(GAIN)
    said = row(text, GAIN)[-1]
    assert row(text, GAIN)[-2] == "the same"
    assert (said == "independent") == (gain == pytest.approx(3.0 * math.sqrt(len(backends))))
    assert (said == "common") == (gain == pytest.approx(3.0 * len(backends)))
    assert ("whose parts add up plainly" in " ".join(text.split())) == (said != "independent")
    assert row(text, EDGES)[-2:] == ["anew", "independent"]
    assert m.budget.get(EDGES) == pytest.approx(0.5 * math.sqrt(len(backends)))
    assert row(text, REPEATS)[-2:] == ["their spread", "of the sum"]
    assert max(map(len, text.splitlines())) <= 80


def test_channels_that_share_a_gain_are_named() -> None:
    text = " ".join(str(measured(gpu(0), gpu(1), gpu(0, "rapl")).budget).split())
    first, second = (gpu(number).id.removeprefix("lab1/") for number in (0, 1))
    assert f"sensor gain: common to {first} and {second}, whose parts add up plainly;" in text
    assert "plainly; independent between nvml, rapl" in text
    apart = " ".join(str(measured(gpu(0), gpu(1, host="lab2")).budget).split())
    assert f"common to {gpu(0).id} and {gpu(1, host='lab2').id}, whose" in apart
    assert "and 3 more" in str(measured(*(gpu(number) for number in range(7))).budget)


def test_of_one_channel_and_of_gains_that_nobody_states_nothing_is_said() -> None:
    assert "channel" not in str(measured(gpu(0)).budget)
    unstated = str(measured(gpu(0, gain=None), gpu(1, gain=None)).budget)
    assert "common" not in unstated
    assert row(unstated, EDGES)[-1] == "independent"


def test_a_budget_of_a_file_says_the_same() -> None:
    m = measured(gpu(0), gpu(1), gpu(2, "rapl"))
    assert str(Measurement.from_dict(m.to_dict()).budget) == str(m.budget)
    assert pickle.loads(pickle.dumps(m.budget)).entries == m.budget.entries


def test_a_source_of_somebody_elses_is_left_open() -> None:
    assert row(str(Budget.of({"fog": 3.0})), "fog") == ["100 %", "-"]


def test_a_budget_led_by_the_sensor_says_that_repeats_will_not_help() -> None:
    assert "repeats will not help" in Budget.of({GAIN: 3.0, REPEATS: 1.0}).advice


def test_an_empty_budget_says_so() -> None:
    assert "no uncertainty" in str(Budget())
    assert Budget().u == 0.0
