from __future__ import annotations

import json
import math
import random
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.made_runs import channel, reading, run, simple
from wattwhat.analysis.regression_check import Outcome, check, worst
from wattwhat.errors import ArgumentError

RATIOS = st.floats(0.2, 5.0)
NOISES = st.floats(1e-4, 0.3)
LIMITS = st.floats(-0.5, 1.0)


def only(*arguments: Any, **options: Any) -> Outcome:
    (outcome,) = check(*arguments, **options)
    return outcome


@given(RATIOS, NOISES, LIMITS, st.floats(0.5, 0.999))
def test_a_result_is_what_the_interval_establishes(
    ratio: float, noise: float, limit: float, coverage: float
) -> None:
    new, old = simple(100.0 * ratio, 100.0 * ratio * noise), simple(100.0, 100.0 * noise)
    outcome = only([new], [old], limit, coverage)
    assert outcome.comparison is not None
    low, high = outcome.comparison.interval
    assert (outcome.result == "failed") == (low > 1.0 + limit)
    assert (outcome.result == "passed") == (high <= 1.0 + limit)
    assert json.loads(json.dumps(outcome.to_dict()))["result"] == outcome.result


@given(RATIOS, NOISES, LIMITS, LIMITS)
def test_a_looser_limit_never_turns_a_pass_into_a_failure(
    ratio: float, noise: float, one: float, other: float
) -> None:
    order = {"passed": 0, "cannot tell": 1, "failed": 2}
    new, old = simple(100.0 * ratio, 100.0 * ratio * noise), simple(100.0, 100.0 * noise)
    results = [only([new], [old], limit).result for limit in sorted((one, other))]
    assert order[results[0]] >= order[results[1]]


@given(st.floats(1.1, 3.0), st.floats(0.6, 2.0))
def test_run_that_much_longer_and_it_tells(ratio: float, doubt: float) -> None:
    noise = min(doubt * (ratio - 1.05) / ratio, 0.45)  # about as uncertain as the increase is above its limit
    new, old = simple(100.0 * ratio, 100.0 * ratio * noise), simple(100.0, 1e-3)
    outcome = only([new], [old])
    assume(outcome.longer is not None)
    assert outcome.longer is not None
    assert f"run longer: about {max(outcome.longer, 1.1):.2g} times" in outcome.reason
    better = attrs.evolve(
        new, energy_j=simple(100.0 * ratio, new.energy_j.u / math.sqrt(1.01 * outcome.longer)).energy_j
    )
    assert only([attrs.evolve(better, budget=())], [old]).result == "failed"


def test_noise_alone_seldom_fails_a_build() -> None:
    """Nothing changed; 5 % are allowed and readings scatter by 5 %: failures stay far below 2.5 %."""
    chance, failed = random.Random(7), 0
    for _ in range(1000):
        new, old = (simple(max(chance.gauss(100.0, 5.0), 1.0), 5.0) for _ in range(2))
        failed += only([new], [old]).result == "failed"
    assert failed <= 15


def test_a_real_increase_is_found_as_soon_as_it_is_established() -> None:
    chance = random.Random(8)
    found = [
        only([simple(chance.gauss(120.0, 1.0), 1.0)], [simple(chance.gauss(100.0, 1.0), 1.0)]).result
        for _ in range(100)
    ]
    assert set(found) == {"failed"}


def test_labels_are_matched_and_what_has_no_partner_is_told() -> None:
    names = {"a": 100.0, "b": 100.0, "gone": 100.0}
    old = [simple(value, 0.1, label=name) for name, value in names.items()]
    new = [simple(130.0, 0.1, label="b"), simple(100.0, 0.1, label="a"), simple(1.0, 0.1, label="fresh")]
    outcomes = check(new, old)
    assert [(one.label, one.result) for one in outcomes] == [
        ("a", "passed"),
        ("b", "failed"),
        ("gone", "missing"),
        ("fresh", "new"),
    ]
    assert worst(outcomes) == "failed"


def test_measurements_of_one_label_are_repeats() -> None:
    old = [simple(99.0, 0.1), simple(100.0, 0.1), simple(101.0, 0.1)]
    assert only([simple(120.0, 0.1), simple(121.0, 0.1), simple(119.0, 0.1)], old).result == "failed"
    assert only([simple(80.0, 0.1), simple(120.0, 0.1)], old).result == "cannot tell"


def test_single_runs_never_fail_a_build() -> None:
    old, new = simple(100.0, 0.1, details={}), simple(150.0, 0.1, details={})
    found = only([new], [old])
    assert found.result == "cannot tell"
    assert found.comparison is not None
    assert not found.comparison.repeated


def test_the_finest_common_basis_is_taken() -> None:
    bare = attrs.evolve(simple(100.0, 0.1), items=None)
    assert only([simple(100.0, 0.1)], [bare]).comparison.per == "call"  # type: ignore[union-attr]
    assert only([attrs.evolve(bare, calls=None)], [bare]).comparison.per == "total"  # type: ignore[union-attr]
    assert only([simple()], [simple()], per="call").comparison.per == "call"  # type: ignore[union-attr]


def test_unlike_measurements_are_refused_and_never_pass() -> None:
    other = simple(channel=channel("h/x/1", device="another GPU"))
    outcome = only([other], [simple()])
    assert outcome.result == "refused"
    assert "device differs: 'another GPU' (A), 'a GPU' (B)" in outcome.reason
    assert only([other], [simple()], force=True).result != "refused"
    assert worst([outcome]) == "refused"


def test_an_unknown_energy_is_refused() -> None:
    assert only([run(reading(channel(), None), calls=10, items=100)], [simple()]).result == "refused"


@pytest.mark.parametrize(
    ("new", "old", "advice"),
    [
        (simple(108.0, 3.0), simple(100.0, 0.5), "run longer: about"),
        (simple(108.0, 0.5), simple(100.0, 3.0), "run longer, the baseline too: about"),
        (simple(105.0, 3.0), simple(100.0, 0.001), "too close to the limit"),
    ],
)
def test_what_to_do_where_nobody_can_tell(new: Any, old: Any, advice: str) -> None:
    outcome = only([new], [old])
    assert outcome.result == "cannot tell"
    assert advice in outcome.reason


def test_two_sensors_that_may_err_differently_are_no_matter_of_time() -> None:
    one, other = (channel(f"h/x/gpu-{n}", gain_error=0.1) for n in range(2))
    outcome = only(
        [run(reading(one, 108.0), items=1, details={"blocks": 9})],
        [run(reading(other, 100.0), items=1, details={"blocks": 9})],
    )
    assert "running longer would not tell" in outcome.reason
    assert outcome.longer is None


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (1.2, "20 % more energy per item (95 %: 19 % to 21 % more); 5 % more is allowed"),
        (0.9, "10 % less energy per item (95 %: 11 % to 9.2 % less); 5 % more is allowed"),
        (1.0, "0 % more energy per item (95 %: 0.83 % less to 0.84 % more); 5 % more is allowed"),
    ],
)
def test_the_words(ratio: float, said: str) -> None:
    assert only([simple(100.0 * ratio, 0.3 * ratio)], [simple(100.0, 0.3)]).reason == said


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"max_increase": -1.0}, "max_increase"),
        ({"max_increase": math.nan}, "max_increase"),
        ({"max_increase": True}, "max_increase"),
        ({"coverage": 95}, "coverage"),
        ({"per": "epoch"}, "per"),
    ],
)
def test_arguments_are_checked(options: Any, named: str) -> None:
    with pytest.raises(ArgumentError, match=named):
        check([simple()], [simple()], **options)
