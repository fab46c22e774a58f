"""Runs of one label as repeats: their mean, what of their uncertainty shrinks, and what never does."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel, Measurement, Quantity
from wattwhat.analysis.repeats import average_repeats
from wattwhat.errors import ArgumentError
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.metrics import binomial_u

GPU = Channel("h/x/0", "x", "a GPU", "gpu", "energy", gain_error=0.03)
JOULES = st.floats(1e-3, 1e9)


def run(joules: float, label: str = "net", random_j: float = 0.0, **fields: object) -> Measurement:
    gain_j = 0.03 * joules
    u = math.hypot(gain_j, random_j)
    return Measurement(
        label=label,
        energy_j=Quantity(joules, u, "J"),
        channels=(ChannelEnergy(GPU, Quantity(joules, u, "J")),),
        budget=(("sensor gain", gain_j), ("resolution", random_j)),
        **fields,  # type: ignore[arg-type]
    )


@given(st.lists(JOULES, min_size=2, max_size=8), st.randoms())
def test_the_mean_does_not_depend_on_the_order(joules: list[float], chance: random.Random) -> None:
    runs = [run(one, items=10) for one in joules]
    (mean,), notes = average_repeats(runs)
    shuffled = list(runs)
    chance.shuffle(shuffled)
    (again,), _ = average_repeats(shuffled)
    assert mean.energy_j.value == pytest.approx(math.fsum(joules) / len(joules))
    assert again.energy_j == mean.energy_j
    assert notes == []
    assert mean.items == 10
    assert mean.energy_j.u == pytest.approx(mean.budget.u)


@given(JOULES, st.integers(2, 50))
def test_equal_runs_shrink_what_is_random_and_keep_the_gain(joules: float, n: int) -> None:
    (mean,), _ = average_repeats([run(joules, random_j=0.1 * joules)] * n)
    assert mean.budget.get("sensor gain") == pytest.approx(0.03 * joules)
    assert mean.budget.get("resolution") == pytest.approx(0.1 * joules / math.sqrt(n))
    assert mean.channels[0].energy_j is not None
    assert mean.channels[0].energy_j.u == pytest.approx(mean.energy_j.u)


@given(st.lists(JOULES, min_size=1, max_size=5), st.floats(0.1, 100.0))
def test_energies_of_unlike_counts_are_brought_to_one(joules: list[float], items: float) -> None:
    """A run twice as long with twice the items is no scatter."""
    runs = [run(k * joules[0], items=k * items) for k in range(1, len(joules) + 2)]
    (mean,), _ = average_repeats(runs)
    assert mean.energy_per_item_j is not None
    assert mean.energy_per_item_j.value == pytest.approx(joules[0] / items)
    assert mean.budget.get("repeats") < 1e-6 * mean.energy_j.value


def test_the_spread_is_what_was_seen_and_counted_once() -> None:
    chance = random.Random(5)
    held, each = 0, 4
    for _ in range(1000):
        runs = [run(chance.gauss(100.0, 2.0), random_j=1.0) for _ in range(each)]
        (mean,), _ = average_repeats(runs)
        u = math.hypot(mean.budget.get("repeats"), mean.budget.get("resolution"))
        held += abs(mean.energy_j.value - 100.0) <= 1.96 * u
    assert 0.93 <= held / 1000 <= 0.99


@pytest.mark.parametrize(
    "other",
    [{"details": {"dataset": "mnist"}}, {"details": {"batch_size": 8}}, {"details": {"phase": "training"}},
     {"environment": {"gpu_model": "B"}}, {"provenance": "estimated"}],
)  # fmt: skip
def test_runs_that_differ_in_what_matters_are_no_repeats(other: dict[str, object]) -> None:
    first: dict[str, object] = {
        "details": {"dataset": "cifar10", "batch_size": 4, "phase": "inference"},
        "environment": {"gpu_model": "A"},
    }
    found, notes = average_repeats([run(1.0, **first), run(1.0, **first), run(2.0, **{**first, **other})])
    assert [one.details.get("repeats") for one in found] == [2, None]
    assert len(notes) == 1
    assert notes[0].startswith("net: runs that differ in ")


def test_labels_that_come_once_stay_and_nothing_to_average_is_refused() -> None:
    single = run(3.0, label="once")
    found, _ = average_repeats([run(1.0), single, run(2.0)])
    assert [one.label for one in found] == ["net", "once"]
    assert found[1] is single
    with pytest.raises(ArgumentError, match="each of 2 labels comes once"):
        average_repeats([run(1.0), single])


def test_an_accuracy_that_differs_has_its_spread_and_its_sampling() -> None:
    same = average_repeats([run(1.0, metrics={"accuracy": 0.9, "n_test": 400})] * 2)[0][0]
    assert same.metrics == {"accuracy": 0.9, "n_test": 400}
    metrics = [{"accuracy": a, "n_test": 400, "params": 5.0} for a in (0.88, 0.90, 0.92)]
    (mean,), _ = average_repeats([run(1.0, metrics=one) for one in metrics])
    spread = 4.302653 / 1.959964 * 0.02 / math.sqrt(3)
    assert mean.metrics["accuracy"] == pytest.approx(0.9)
    assert mean.metrics["accuracy_u"] == pytest.approx(math.hypot(spread, binomial_u(0.9, 400)), rel=1e-4)
    assert mean.metrics["params"] == 5.0


def test_an_unknown_energy_stays_unknown() -> None:
    (mean,), _ = average_repeats([run(1.0), Measurement(label="net", energy_j=Quantity(2, math.inf, "J"),
                                                        channels=run(1.0).channels)])  # fmt: skip
    assert mean.energy_j.u == math.inf
