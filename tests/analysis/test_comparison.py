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
from wattwhat import Measurement, Quantity
from wattwhat.analysis.comparison import compare
from wattwhat.analysis.ratio import ratio_interval
from wattwhat.errors import ArgumentError, ComparisonError
from wattwhat.records.channel_energy import ChannelEnergy

VALUES = st.floats(1e-6, 1e9)
RELATIVES = st.floats(0.0, 2.0)


# The interval ------------------------------------------------------------------------------------


@given(VALUES, RELATIVES, VALUES, RELATIVES)
def test_the_interval_holds_the_ratio_and_nothing_below_zero(
    a: float, a_rel: float, b: float, b_rel: float
) -> None:
    low, high = ratio_interval(a, a_rel * a, b, b_rel * b)
    assert 0.0 <= low <= a / b * (1 + 1e-9)
    assert high >= a / b * (1 - 1e-9)


@given(VALUES, st.floats(0.0, 0.4), VALUES, st.floats(0.0, 0.4))
def test_turned_over_the_interval_is_that_of_the_inverse(
    a: float, a_rel: float, b: float, b_rel: float
) -> None:
    low, high = ratio_interval(a, a_rel * a, b, b_rel * b)
    back_low, back_high = ratio_interval(b, b_rel * b, a, a_rel * a)
    assert back_low == pytest.approx(1.0 / high, rel=1e-6)
    assert back_high == pytest.approx(1.0 / low, rel=1e-6)


@given(VALUES, RELATIVES, VALUES, RELATIVES, VALUES)
def test_units_do_not_matter(a: float, a_rel: float, b: float, b_rel: float, factor: float) -> None:
    plain = ratio_interval(a, a_rel * a, b, b_rel * b)
    scaled = ratio_interval(factor * a, factor * a_rel * a, factor * b, factor * b_rel * b)
    assert scaled == pytest.approx(plain, rel=1e-6)


@given(VALUES, st.floats(0.0, 1.0), VALUES, st.floats(0.0, 1.0))
def test_one_is_outside_exactly_where_the_difference_is_established(
    a: float, a_rel: float, b: float, b_rel: float
) -> None:
    threshold = 1.959963984540054 * math.hypot(a_rel * a, b_rel * b)
    assume(abs(abs(a - b) - threshold) > 1e-6 * max(a, b))
    low, high = ratio_interval(a, a_rel * a, b, b_rel * b)
    assert (low <= 1.0 <= high) == (abs(a - b) < threshold)


@given(VALUES, st.floats(1e-5, 1e-3), VALUES, st.floats(1e-5, 1e-3))
def test_small_uncertainties_give_the_first_order_interval(
    a: float, a_rel: float, b: float, b_rel: float
) -> None:
    low, high = ratio_interval(a, a_rel * a, b, b_rel * b)
    half = 1.959963984540054 * math.hypot(a_rel, b_rel) * a / b
    assert high - low == pytest.approx(2 * half, rel=1e-2)


@pytest.mark.parametrize(
    ("a_rel", "b_rel", "correlation"),
    [(0.02, 0.02, 0.0), (0.1, 0.3, 0.0), (0.3, 0.1, 0.0), (0.3, 0.3, 0.0), (0.2, 0.25, 0.9), (0.5, 0.5, 0.0)],
)
def test_the_interval_holds_the_truth_as_often_as_it_says(
    a_rel: float, b_rel: float, correlation: float
) -> None:
    """Simulated: normal errors of the size that is stated, also where they are a third of the value."""
    chance = random.Random(f"{a_rel} {b_rel} {correlation}")
    true_a, true_b, runs, held = 70.0, 100.0, 4000, 0
    a_u, b_u = a_rel * true_a, b_rel * true_b
    for _ in range(runs):
        x, z = chance.gauss(0, 1), chance.gauss(0, 1)
        y = correlation * x + math.sqrt(1 - correlation**2) * z
        low, high = ratio_interval(true_a + a_u * x, a_u, true_b + b_u * y, b_u, correlation * a_u * b_u)
        held += low <= true_a / true_b <= high
    assert 0.935 <= held / runs <= 0.965


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((100.0, 1.0, 1.0, 1.0), (pytest.approx(100 / 2.96, rel=0.01), math.inf)),
        ((0.0, 1.0, 100.0, 1.0), (0.0, pytest.approx(0.0196, rel=0.01))),
        ((0.0, 0.0, 100.0, 1.0), (0.0, 0.0)),
        ((1.0, 1.0, 0.0, 0.0), (0.0, math.inf)),
        ((1.0, math.inf, 1.0, 0.1), (0.0, math.inf)),
        ((-5.0, 1.0, 100.0, 1.0), (0.0, 0.0)),
        ((1.0, 5.0, 1.0, 5.0), (0.0, math.inf)),
    ],
)
def test_edges_of_the_interval(values: tuple[float, ...], expected: object) -> None:
    assert ratio_interval(*values) == expected


# What cancels ------------------------------------------------------------------------------------


@given(st.floats(1.0, 1e6), st.floats(1.0, 1e6), st.floats(0.001, 0.5), st.floats(0.0, 0.1))
def test_a_gain_that_both_share_cancels(a: float, b: float, gain: float, noise: float) -> None:
    sensor = channel(gain_error=gain)
    shared = compare(
        run(reading(sensor, a, random_j=noise * a)), run(reading(sensor, b, random_j=noise * b)), per="total"
    )
    assert shared.ratio.relative == pytest.approx(noise * math.sqrt(2.0), abs=1e-7)


@given(st.floats(1.0, 1e6), st.floats(1.0, 1e6), st.floats(0.001, 0.3))
def test_gains_of_two_sensors_do_not_cancel(a: float, b: float, gain: float) -> None:
    one, other = (channel(f"h/x/gpu-{n}", gain_error=gain) for n in range(2))
    found = compare(run(reading(one, a)), run(reading(other, b)), per="total")
    assert found.ratio.relative == pytest.approx(gain * math.sqrt(2.0), rel=1e-6)
    assert any("not the same sensors" in sentence for sentence in found.warnings)


@given(st.floats(1.0, 1e6), st.floats(1.0, 1e6), st.floats(0.001, 0.3))
def test_logs_without_a_host_are_not_taken_for_one_sensor(a: float, b: float, gain: float) -> None:
    unknown = channel("unknown-host/x/GPU 0", gain_error=gain)
    found = compare(run(reading(unknown, a)), run(reading(unknown, b)), per="total")
    assert found.ratio.relative == pytest.approx(gain * math.sqrt(2.0), rel=1e-6)
    assert any("names no host" in sentence for sentence in found.warnings)


@given(st.floats(0.1, 20.0), st.floats(0.1, 20.0), st.floats(0.1, 5.0))
def test_an_offset_cancels_as_far_as_both_took_alike(a_s: float, b_s: float, offset_w: float) -> None:
    """100 W each; an offset of 1 W is then 1 % of both, whatever their lengths."""
    sensor = channel(offset_w=offset_w)
    a = run(reading(sensor, 100.0 * a_s, seconds=a_s), duration_s=a_s)
    b = run(reading(sensor, 100.0 * b_s, seconds=b_s), duration_s=b_s)
    assert compare(a, b, per="total").ratio.relative == pytest.approx(0.0, abs=1e-6)
    # twice the power for the same time: the offset weighs half as much, and half of it remains
    c = run(reading(sensor, 200.0 * a_s, seconds=a_s), duration_s=a_s)
    expected = offset_w / 200.0
    assert compare(c, a, per="total").ratio.relative == pytest.approx(expected, rel=1e-6)


def test_gains_leave_what_is_spread_differently() -> None:
    gpu, cpu = channel(gain_error=0.05), channel("h/r/cpu", "cpu", backend="r", gain_error=0.02)

    def spread(gpu_j: float, cpu_j: float) -> Measurement:
        return run(reading(gpu, gpu_j), reading(cpu, cpu_j))

    same = compare(spread(90, 10), spread(45, 5), per="total")
    assert same.ratio.relative == pytest.approx(0.0, abs=1e-9)
    other = compare(spread(90, 10), spread(50, 50), per="total")
    assert other.ratio.relative == pytest.approx(math.hypot(0.05 * 0.4, 0.02 * 0.4), rel=1e-6)


@given(st.floats(1, 1e3), st.floats(1, 1e3), st.floats(0, 0.2), st.floats(0, 0.2))
def test_cancelling_never_widens(a: float, b: float, gain: float, noise: float) -> None:
    sensor, another = channel(gain_error=gain), channel("h/x/gpu-9", gain_error=gain)
    mine = run(reading(sensor, a, random_j=noise * a))
    shared = compare(mine, run(reading(sensor, b, random_j=noise * b)), per="total")
    apart = compare(mine, run(reading(another, b, random_j=noise * b)), per="total")
    assert shared.ratio.u <= apart.ratio.u * (1 + 1e-9)


def test_the_interval_of_measured_energies_holds_the_truth_as_often_as_it_says() -> None:
    """One sensor with an unknown gain reads both; each reading errs by itself besides."""
    chance = random.Random(5)
    sensor, held, runs = channel(gain_error=0.05), 0, 1500
    for _ in range(runs):
        gain = 1.0 + chance.gauss(0.0, 0.05)
        a, b = gain * 80.0 + chance.gauss(0, 4.0), gain * 100.0 + chance.gauss(0, 6.0)
        low, high = compare(
            run(reading(sensor, a, random_j=4.0)), run(reading(sensor, b, random_j=6.0)), per="total"
        ).interval
        held += low <= 0.8 <= high
    assert 0.93 <= held / runs <= 0.97


# The verdict -------------------------------------------------------------------------------------


@given(st.floats(1, 1e3), st.floats(0, 0.5), st.floats(1, 1e3), st.floats(0, 0.5), st.floats(0.5, 0.999))
def test_less_is_said_only_where_it_is_established(
    a: float, a_rel: float, b: float, b_rel: float, coverage: float
) -> None:
    found = compare(simple(a, a_rel * a), simple(b, b_rel * b), confidence=coverage)
    low, high = found.interval
    assert (found.outcome == "A uses less") == (high < 1.0)
    assert (found.outcome == "A uses more") == (low > 1.0)
    assert found.verdict.startswith(found.outcome)


def test_a_higher_confidence_says_less() -> None:
    a, b = simple(95.0, 1.0), simple(100.0, 1.0)
    assert compare(a, b).outcome == "A uses less"
    assert compare(a, b, confidence=0.9999).outcome == "cannot tell"


def test_a_measurement_is_as_much_as_itself() -> None:
    found = compare(simple(100.0, 1.0), simple(100.0, 1.0))
    assert found.ratio.value == 1.0
    assert found.outcome == "cannot tell"
    assert "so close" in str(found)


@given(st.floats(0.5, 0.98), st.floats(0.02, 0.3))
def test_measuring_that_much_longer_tells(ratio: float, noise: float) -> None:
    a, b = simple(100.0 * ratio, 100.0 * ratio * noise), simple(100.0, 100.0 * noise)
    factor = compare(a, b).times_longer()
    assert factor is not None
    shrink = math.sqrt(1.0 / (1.01 * factor))
    longer = compare(
        simple(100.0 * ratio, 100.0 * ratio * noise * shrink), simple(100.0, 100.0 * noise * shrink)
    )
    assert longer.outcome == "A uses less"


def test_the_sensors_own_errors_are_no_matter_of_time() -> None:
    one, other = (channel(f"h/x/gpu-{n}", gain_error=0.1) for n in range(2))
    known = {"items": 1, "details": {"blocks": 9}}
    found = compare(run(reading(one, 99.0), **known), run(reading(other, 100.0), **known))
    assert found.times_longer() is None
    assert "measuring longer would not tell" in str(found)


def test_bases() -> None:
    a, b = simple(100.0, items=200, calls=20), simple(100.0)
    assert compare(a, b, per="item").ratio.value == pytest.approx(0.5)
    assert compare(a, b, per="call").ratio.value == pytest.approx(0.5)
    assert compare(a, b, per="total", force=True).ratio.value == pytest.approx(1.0)


# Unlike things -----------------------------------------------------------------------------------

CPU = channel("h/r/cpu", "cpu", backend="r", device="a CPU")


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (
            simple(channel=channel("h/x/1", device="another GPU")),
            "device differs: 'a GPU' (A), 'another GPU' (B)",
        ),
        (simple(channel=channel("h/x/1", "board")), "scope differs: 'gpu' (A), 'board' (B)"),
        (simple(channel=channel("h/y/1", backend="y")), "backends differ: 'x' (A), 'y' (B)"),
        (run(reading(channel(), 1.0), reading(CPU, 1.0), items=100, calls=10), "'a CPU, a GPU' (B)"),
        (
            run(reading(channel(), None), reading(CPU, 1.0), items=100, calls=10),
            "device differs: 'a GPU' (A), 'a CPU' (B)",
        ),
        (simple(provenance="imported"), "provenance differs: 'measured' (A), 'imported' (B)"),
        (simple(calls=5), "items per call differ: 10 (A), 20 (B)"),
        (simple(details={"phase": "training"}), "phase differs: 'inference' (A), 'training' (B)"),
        (attrs.evolve(simple(), channels=()), "components differ: 'gpu' (A), 'none' (B)"),
    ],
)
def test_unlike_things_are_refused_by_name_unless_forced(other: Measurement, named: str) -> None:
    mine = simple(details={"phase": "inference"})
    with pytest.raises(ComparisonError) as refusal:
        compare(mine, other)
    assert named in str(refusal.value)
    assert "force=True" in str(refusal.value)
    assert any(named in sentence for sentence in compare(mine, other, force=True).warnings)


def test_two_power_models_are_unlike_but_two_processes_of_one_are_not() -> None:
    def estimate(process: int, watts: float) -> Measurement:
        source = f"CPU time of process {process} x {watts:g} W per core"
        what = channel("h/estimate/cpu", "cpu", source=source, gain_error=0.4)
        return run(reading(what, 100.0, random_j=0.1, provenance="estimated"), items=1)

    same = compare(estimate(1, 5.0), estimate(2, 5.0))
    assert same.ratio.relative < 0.01
    assert any("power model" in sentence for sentence in same.warnings)
    with pytest.raises(ComparisonError, match="power models differ"):
        compare(estimate(1, 5.0), estimate(1, 6.0))


@pytest.mark.parametrize("per", ["item", "call"])
def test_a_missing_basis_is_named(per: str) -> None:
    bare = run(reading(channel(), 1.0))
    with pytest.raises(ComparisonError, match=rf"B \('run'\) does not say how many {per}s"):
        compare(simple(), bare, per=per, force=True)
    assert compare(simple(), bare, per="total").ratio.value == pytest.approx(100.0)


def test_an_energy_that_was_lost_does_not_compare() -> None:
    lost = run(reading(channel(), None), items=100, calls=10)
    with pytest.raises(ComparisonError, match="not known"):
        compare(simple(), lost, force=True)


@pytest.mark.parametrize(("option", "value"), [("per", "epoch"), ("confidence", 95), ("confidence", 0.0)])
def test_options_are_checked(option: str, value: object) -> None:
    with pytest.raises(ArgumentError, match="coverage" if option == "confidence" else option):
        compare(simple(), simple(), **{option: value})


def test_warnings_of_both_are_carried() -> None:
    found = compare(simple(warnings=("throttled",)), simple(warnings=("lost 2 s",)))
    assert "A: throttled" in found.warnings
    assert "B: lost 2 s" in found.warnings


# Showing -----------------------------------------------------------------------------------------


@given(st.text(min_size=1), st.text(min_size=1), st.floats(1e-9, 1e12), st.floats(0, 1e12))
def test_the_text_fits_80_columns_and_the_html_is_escaped(a: str, b: str, value: float, u: float) -> None:
    found = compare(simple(value, u, label=a), simple(100.0, 1.0, label=b + "<script>"))
    assert all(len(line) <= 80 for line in str(found).splitlines())
    assert "<script>" not in found._repr_html_()


@pytest.mark.parametrize("joules", [0.0, -5.0, -1e-9])
@pytest.mark.parametrize("u", [0.0, 1.0, 100.0])
@pytest.mark.parametrize("force", [False, True])
def test_an_energy_that_is_not_above_zero_has_no_ratio(joules: float, u: float, force: bool) -> None:
    good, bad = simple(10.0, 1.0), simple(joules, u, label="odd")
    with pytest.raises(ComparisonError, match=r"energy of A \('odd'\).*not above 0"):
        compare(bad, good, force=force)
    with pytest.raises(ComparisonError, match=r"energy of B \('odd'\).*not above 0"):
        compare(good, bad, force=force)
    with pytest.raises(ComparisonError, match="not above 0"):
        compare(bad, bad, force=force)


@pytest.mark.parametrize("other", [5, None, "run", {"label": "run"}])
def test_what_is_no_measurement_does_not_compare(other: Any) -> None:
    with pytest.raises(ArgumentError, match="expected a Measurement or repeats of one"):
        compare(simple(), other)
    with pytest.raises(ArgumentError, match="expected a Measurement or repeats of one"):
        compare(other, simple())


ANY = st.floats(5e-324, 1.7e308) | st.sampled_from([1e308, 1e200, 1e154, 1e-154, 1e-200, 1e-308, 5e-324])


@given(ANY, ANY, ANY, ANY, ANY, st.sampled_from(["item", "total"]))
def test_numbers_of_any_size_compare_or_are_refused(
    a: float, a_u: float, b: float, b_u: float, gain: float, per: str
) -> None:
    sides = [
        Measurement(
            label="run",
            energy_j=Quantity(value, u, "J"),
            items=3,
            budget=(("sensor gain", gain), ("repeats", u)),
            channels=(ChannelEnergy(channel(), Quantity(value, u, "J")),),
        )
        for value, u in ((a, a_u), (b, b_u))
    ]
    try:
        found = compare(sides[0], sides[1], per=per)
    except ComparisonError:
        assert max(a, a_u, b, b_u, gain) > 1e100 or min(a, b) < 1e-100
    else:
        assert 0.0 <= found.interval[0] <= found.interval[1] * (1 + 1e-9)
        assert all(len(line) <= 80 for line in str(found).splitlines())
        json.dumps(found.to_dict(), allow_nan=False)
        assert found._repr_html_()
    for side in sides:
        assert str(side)
        assert repr(side)


def test_plain_data_hold_everything() -> None:
    data = compare(simple(80.0, 1.0, label="a"), simple(100.0, 1.0, label="b")).to_dict()
    assert data["outcome"] == "A uses less"
    assert data["a"] == {"label": "a", "energy_j": {"value": 0.8, "u": 0.01, "unit": "J"}}
    assert Quantity.from_dict(data["ratio"]).value == pytest.approx(0.8)


# Repeats -------------------------------------------------------------------------------------------------


def single(joules: float, **fields: Any) -> Measurement:
    return simple(joules, 0.01 * joules, details={}, **fields)


def test_of_two_single_runs_it_is_said_what_was_seen_and_that_repeats_are_needed() -> None:
    found = compare(single(80.0), single(100.0))
    assert (found.outcome, found.decided) == ("A used less in these runs", False)
    assert "repeats" in found.verdict
    assert found.to_dict()["repeated"] is False


@pytest.mark.parametrize("repeats", [2, 3, 5])
@pytest.mark.parametrize("scatter", [0.0, 0.03, 0.2])
def test_identical_work_is_told_apart_in_at_most_one_pair_of_twenty(repeats: int, scatter: float) -> None:
    chance = random.Random(repeats)
    decided, pairs = 0, 400
    for _ in range(pairs):
        sides = [
            [single(100.0 * math.exp(scatter * chance.gauss(0.0, 1.0))) for _ in range(repeats)] for _ in "ab"
        ]
        decided += compare(*sides).decided
    assert decided / pairs <= 0.07


def test_a_tenth_less_with_a_scatter_of_three_percent_is_found_by_five_repeats() -> None:
    chance = random.Random(1)
    found = [
        compare(
            [single(90.0 * chance.gauss(1.0, 0.03)) for _ in range(5)],
            [single(100.0 * chance.gauss(1.0, 0.03)) for _ in range(5)],
        ).outcome
        for _ in range(200)
    ]
    assert found.count("A uses less") / 200 >= 0.8


def test_the_gain_that_repeats_share_still_cancels() -> None:
    one = channel(gain_error=0.05)
    found = compare(
        [single(90.0 + n, channel=one) for n in range(3)], [single(100.0 + n, channel=one) for n in range(3)]
    )
    assert found.parts[2] < 0.005


def test_unlike_repeats_are_refused() -> None:
    other = channel("h/y/0", device="another GPU")
    with pytest.raises(ComparisonError, match="repeats of A are unlike"):
        compare([single(90.0), single(91.0, channel=other)], single(100.0))
    with pytest.raises(ArgumentError, match="a: expected"):
        compare([], single(1.0))
