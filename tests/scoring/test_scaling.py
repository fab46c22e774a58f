"""What accuracy costs and what a training will cost: fits, intervals that hold, tests that notice."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import scoring_forecasts as forecasts
from tests.scoring.tables import measured, strep_measurements
from wattwhat import Quantity
from wattwhat.errors import ArgumentError, ComparisonError, ScoreDomainError, ScoreError
from wattwhat.records.budget import Budget
from wattwhat.records.coverage import f_tail, t_quantile, t_tail
from wattwhat.scoring import scaling
from wattwhat.scoring.scaling.polynomial_fit import fit_polynomial


@given(st.floats(0.5, 0.999), st.integers(1, 200))
def test_t_quantiles_and_tails_are_those_of_scipy(coverage, degrees):
    stats = pytest.importorskip("scipy.stats")
    expected = stats.t.ppf(0.5 + coverage / 2, degrees)
    assert t_quantile(coverage, degrees) == pytest.approx(expected, rel=1e-7)
    assert t_tail(float(expected), degrees) == pytest.approx(1 - coverage, rel=1e-7)
    assert f_tail(float(expected) ** 2, 1, degrees) == pytest.approx(1 - coverage, rel=1e-7)


def test_tails_at_their_ends():
    assert (t_tail(0.0, 3), t_tail(math.inf, 3), f_tail(0.0, 2, 3), f_tail(math.inf, 2, 3)) == (
        1.0,
        0.0,
        1.0,
        0.0,
    )


@given(
    st.lists(
        st.tuples(st.integers(-20, 20), st.floats(-100, 100)),
        min_size=4,
        max_size=12,
        unique_by=lambda p: p[0],
    )
)
def test_a_line_predicts_as_the_textbook_says(pairs):
    x, y = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    fit = fit_polynomial(x, y, 1)
    n, at = len(x), 33.0
    sxx = ((x - x.mean()) ** 2).sum()
    slope = ((x - x.mean()) * y).sum() / sxx
    rest = y - y.mean() - slope * (x - x.mean())
    s = math.sqrt((rest**2).sum() / (n - 2))
    half = t_quantile(0.95, n - 2) * s * math.sqrt(1 + 1 / n + (at - x.mean()) ** 2 / sxx)
    value, found = fit.sum_at([at])
    assert value == pytest.approx(y.mean() + slope * (at - x.mean()), rel=1e-6, abs=1e-6)
    assert found == pytest.approx(half, rel=1e-5, abs=1e-5)


# What accuracy costs ------------------------------------------------------------------------------


LAWS = {
    "exponential in accuracy": lambda a: 0.01 * np.exp(8 * a),
    "power of error": lambda a: 0.05 * (1 - a) ** -2.5,
    "double exponential in accuracy": lambda a: 0.1 * np.exp(np.exp(-2 + 4 * a)),
    "double exponential in log error": lambda a: 0.1 * np.exp(0.2 * (1 - a) ** -1.4),
}


@pytest.mark.parametrize("relation", scaling.RELATIONS)
def test_each_relation_finds_its_own_law(relation):
    a = np.linspace(0.5, 0.9, 40)
    energy = LAWS[relation](a)
    found = scaling.fit_relation(a, energy, relation, unit_j=0.1 if "double" in relation else None)
    assert found.r_squared == pytest.approx(1.0)
    assert found.energy(0.77) == pytest.approx(LAWS[relation](0.77))
    price = found.price(0.8)
    assert price.factor == pytest.approx(LAWS[relation](0.81) / LAWS[relation](0.8))
    assert (price.low, price.high) == pytest.approx((price.factor, price.factor), rel=1e-4)


@pytest.mark.parametrize("relation", scaling.RELATIONS)
def test_the_criterion_prefers_the_law_that_made_the_data(relation):
    rng = np.random.default_rng(7)
    a = rng.uniform(0.5, 0.93, 120)
    energy = LAWS[relation](a) * rng.lognormal(0, 0.05, 120)
    unit = 0.1 * 0.8
    best = scaling.compare_relations(a, energy, unit_j=unit)[0]
    assert best.relation == relation


def test_the_interval_of_the_slope_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(8)
    held = 0
    for _ in range(300):
        a = rng.uniform(0.5, 0.9, 12)
        energy = np.exp(1 + 6 * a + rng.normal(0, 0.3, 12))
        low, high = scaling.fit_relation(a, energy).slope_interval
        held += low <= 6 <= high
    assert 0.92 <= held / 300 <= 0.975


def test_the_price_is_a_sentence_with_its_interval():
    rng = np.random.default_rng(9)
    a = rng.uniform(0.6, 0.85, 30)
    found = scaling.fit_relation(a, np.exp(20 * a + rng.normal(0, 0.5, 30)), "exponential in accuracy")
    price = found.price(0.8)
    assert price.low < price.factor < price.high
    assert str(price).startswith("at 80 % accuracy, one more point costs x1.2")
    assert found.price(0.8, 2).factor == pytest.approx(price.factor**2)
    assert str(found.price(0.9)).endswith("(extrapolated)")


@given(st.sampled_from(sorted(LAWS)), st.floats(1e-6, 1e6))
def test_the_unit_of_energy_changes_neither_price_nor_preference(relation, factor):
    rng = np.random.default_rng(10)
    a = rng.uniform(0.5, 0.9, 30)
    energy = LAWS[relation](a) * rng.lognormal(0, 0.2, 30)
    plain, scaled = (scaling.compare_relations(a, energy * f) for f in (1.0, factor))
    assert [fit.relation for fit in plain] == [fit.relation for fit in scaled]
    assert plain[0].price(0.8).factor == pytest.approx(scaled[0].price(0.8).factor, rel=1e-6)


def test_constant_energy_is_a_relation_too_and_accuracy_then_has_no_price():
    rng = np.random.default_rng(16)
    a = rng.uniform(0.5, 0.9, 30)
    fits = scaling.compare_relations(a, rng.lognormal(0, 0.5, 30))
    assert [fit.relation for fit in fits].count(scaling.CONSTANT) == 1
    for fit in fits:
        assert not fit.beats_constant
        with pytest.raises(ScoreError, match="no price in these 30 models"):
            fit.price(0.7)
    constant = next(fit for fit in fits if fit.relation == scaling.CONSTANT)
    assert constant.energy(0.6) == constant.energy(0.9)
    assert str(constant).startswith("constant energy: AICc")


def test_a_price_is_seldom_named_where_there_is_none():
    rng = np.random.default_rng(17)
    named = sum(
        scaling.fit_relation(rng.uniform(0.5, 0.9, 20), rng.lognormal(0, 0.5, 20)).beats_constant
        for _ in range(300)
    )
    assert named / 300 < 0.08


def test_what_no_relation_fits_is_refused():
    good = [0.5, 0.6, 0.7, 0.8, 0.9]
    joules = [1.0, 2.0, 3.0, 4.0, 5.0]
    for accuracies, energies, options, error, message in [
        (good[:4], joules[:4], {}, ScoreError, "at least 5"),
        ([0.5] * 5, joules, {}, ScoreError, "two accuracies"),
        (good, joules[:3], {}, ArgumentError, "as many"),
        ([*good[:4], 76.1], joules, {}, ArgumentError, "write 0.761"),
        (good, [*joules[:4], 0.0], {}, ArgumentError, "above 0"),
        (good, joules, {"relation": "linear"}, ArgumentError, "relation"),
        ([*good[:4], 1.0], joules, {"relation": "power of error"}, ScoreDomainError, "exactly 1"),
        (
            good,
            joules,
            {"relation": "double exponential in accuracy", "unit_j": 1.0},
            ScoreDomainError,
            "lower",
        ),
    ]:
        with pytest.raises(error, match=message):
            scaling.fit_relation(accuracies, energies, **options)
    for odd in (0.0, -1.0, math.nan, math.inf, "1"):
        for relation in scaling.RELATIONS:
            with pytest.raises(ArgumentError, match="unit_j"):
                scaling.fit_relation(good, joules, relation, unit_j=odd)
        with pytest.raises(ArgumentError, match="points"):
            scaling.fit_relation(good, joules).price(0.7, odd)
        with pytest.raises(ArgumentError, match=r"energies_j\[2\]"):
            scaling.fit_relation(good, [1.0, 2.0, odd, 4.0, 5.0])
    with pytest.raises(ArgumentError, match="accuracy"):
        scaling.fit_relation(good, joules).energy(math.nan)
    with pytest.raises(ArgumentError, match="points"):
        scaling.fit_relation(good, joules).price(0.995)


def test_points_come_from_like_measurements():
    nets = [measured("a", 0.7, 2.0), measured("b", 0.8, 4.0)]
    assert scaling.points_of(nets) == ([0.7, 0.8], [2.0, 4.0])
    with pytest.raises(ComparisonError, match="origin differs"):
        scaling.points_of([*nets, measured("c", 0.8, provenance="estimated")])


def test_in_the_published_populations_more_accuracy_costs_more():
    for environment in ("RTX 5000 - PyTorch 1.10.2+cu113", "Xeon W-2155 - TensorFlow 2.4.1"):
        points = scaling.points_of(strep_measurements(environment))
        assert scaling.compare_relations(*points)[0].price(0.75).low > 1.0


# What a training will cost ------------------------------------------------------------------------


def test_an_exact_line_is_followed_exactly():
    growth = scaling.fit_growth([1, 2, 3, 4, 5], [12.0, 22.0, 32.0, 42.0, 52.0])
    forecast = growth.predict(90)
    assert forecast.energy_j.value == pytest.approx(902.0)
    assert forecast.high_j - forecast.low_j == pytest.approx(0.0, abs=1e-6)
    assert forecast.linear
    assert growth.slope_j.value == pytest.approx(10.0)
    total = scaling.extrapolate_epochs([100.0] * 5, 90)
    assert (total.energy_j.value, total.linear) == (pytest.approx(9000.0), True)


def test_prediction_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(11)
    held = {"epochs": 0, "fractions": 0}
    for _ in range(300):
        epochs = rng.normal(100, 4, 40)
        forecast = scaling.extrapolate_epochs(epochs[:6], 40)
        held["epochs"] += forecast.low_j <= epochs.sum() <= forecast.high_j
        x = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
        y = 5 + 200 * x + rng.normal(0, 3, 5)
        forecast = scaling.fit_growth(x, y).predict(1.0)
        held["fractions"] += forecast.low_j <= 205 + rng.normal(0, 3) <= forecast.high_j
    assert 0.92 <= held["fractions"] / 300 <= 0.985
    assert held["epochs"] / 300 >= 0.95  # wider than draws need: a drift could not have been noticed


def test_the_interval_widens_with_the_distance():
    epochs = [100.0, 103.0, 98.0, 101.0, 99.0]
    widths = [f.high_j - f.low_j for f in (scaling.extrapolate_epochs(epochs, n) for n in (5, 6, 20, 100))]
    assert widths[0] == 0.0
    assert widths == sorted(widths)
    # Far out the mean's own error grows with the distance, not with its root.
    assert widths[3] / widths[2] > 95 / 15 * 0.75


def test_drift_is_noticed_and_carried_on():
    rng = np.random.default_rng(12)
    drifting = 100 + 3.0 * np.arange(8) + rng.normal(0, 1, 8)
    forecast = scaling.extrapolate_epochs(drifting, 30)
    truth = sum(100 + 3.0 * i for i in range(30))
    assert not forecast.linear
    assert forecast.p_linear < 0.01
    assert forecast.low_j <= truth <= forecast.high_j
    assert any("not linear" in note for note in forecast.notes)


def test_curvature_over_fractions_is_noticed():
    x = np.linspace(0.1, 0.6, 8)
    forecast = scaling.fit_growth(x, 100 * x**2 + 1e-3 * np.sin(50 * x)).predict(1.0)
    assert not forecast.linear
    assert forecast.energy_j.value == pytest.approx(100.0, rel=0.01)


def test_a_false_alarm_is_as_rare_as_the_test_says():
    rng = np.random.default_rng(13)
    alarms = sum(not scaling.extrapolate_epochs(rng.normal(100, 5, 8), 50).linear for _ in range(400))
    assert 0.02 <= alarms / 400 <= 0.09


def test_epochs_that_settle_are_not_taken_to_fall_for_ever():
    settled = scaling.extrapolate_epochs([1100.0, 1050.0, 1020.0, 1008.0, 1003.0, 1001.0], 90)
    assert settled.law == "settling"
    assert settled.energy_j.value == pytest.approx(90.1e3, rel=0.01)
    assert settled.low_j < 90.18e3 < settled.high_j < 95e3


@pytest.mark.parametrize("noise", [0.0, 5.0])
def test_no_epoch_to_come_takes_less_than_nothing(noise):
    falling = np.array([900.0, 800.0, 700.0, 600.0, 500.0, 400.0])
    forecast = scaling.extrapolate_epochs(falling + noise * np.array([1, -1, 1, 1, -1, -1]), 90)
    assert forecast.low_j >= falling.sum() - 6 * noise
    assert forecast.low_j <= forecast.energy_j.value <= forecast.high_j
    assert forecast.high_j > falling.sum() + 84 * 400.0  # a fall may end where it is


def test_running_totals_are_taken_apart_and_a_note_says_so():
    epochs = np.random.default_rng(14).normal(100, 2, 8)
    totals, single = (scaling.extrapolate_epochs(e, 40) for e in (np.cumsum(epochs), epochs))
    assert totals.energy_j.value == pytest.approx(single.energy_j.value)
    assert (totals.low_j, totals.high_j) == pytest.approx((single.low_j, single.high_j))
    assert totals.notes[0].startswith("these are running totals")
    assert not any("running" in note for note in single.notes)


@pytest.mark.parametrize("kind", forecasts.KINDS)
def test_intervals_hold_whatever_the_epochs_do(kind):
    """Ten epochs of ninety; the benchmark counts 1,500 series of each kind."""
    rng = np.random.default_rng(15)
    held = sum(forecasts.holds(kind, 10, rng)[0] for _ in range(100))
    assert held >= 88


def test_a_warm_up_epoch_counts_once_and_not_in_the_trend():
    forecast = scaling.extrapolate_epochs([300.0, 100.0, 100.0, 100.0, 100.0], 10, warmup=1)
    assert forecast.energy_j.value == pytest.approx(1200.0)
    assert forecast.linear


def test_an_error_in_common_does_not_average_out():
    plain = scaling.extrapolate_epochs([100.0, 101.0, 99.0, 100.0], 50)
    gain = scaling.extrapolate_epochs([Quantity(v, 0.03 * v, "J") for v in (100, 101, 99, 100)], 50)
    both = math.hypot(plain.energy_j.u, 0.03 * 5000)
    assert gain.energy_j.u == pytest.approx(both, rel=1e-6)
    runs = [
        measured("e", None, v, items=1, budget=Budget.of({"sensor gain": 0.03 * v})) for v in (100.0, 100.0)
    ]
    assert scaling.extrapolate_epochs(runs, 2).energy_j.u == pytest.approx(0.03 * 200)
    assert scaling.extrapolate_epochs(runs, 2, gain=0.0).energy_j.u == 0.0


def test_few_points_say_that_they_cannot_tell():
    assert scaling.extrapolate_epochs([1.0, 2.0], 4).p_linear is None
    assert any("too few" in note for note in scaling.fit_growth([1, 2, 3], [1.0, 2.0, 3.1]).predict(4).notes)


def test_what_cannot_be_extrapolated_is_refused():
    for call, error, message in [
        (lambda: scaling.extrapolate_epochs([1.0], 5), ScoreError, "at least 2"),
        (lambda: scaling.extrapolate_epochs([1.0, 2.0], 1), ArgumentError, "expected no fewer"),
        (lambda: scaling.extrapolate_epochs([1.0, 2.0], 5, warmup=-1), ArgumentError, "warmup"),
        (lambda: scaling.extrapolate_epochs([1.0, math.nan], 5), ArgumentError, "finite"),
        (lambda: scaling.extrapolate_epochs(["1", "2"], 5), ArgumentError, "joules"),
        (lambda: scaling.extrapolate_epochs([1.0, -5.0, 1.0], 5), ArgumentError, r"energies\[1\].*below 0"),
        (lambda: scaling.fit_growth([1, 2, 3], [1.0, -2.0, 3.0]), ArgumentError, "below 0"),
        (lambda: scaling.fit_growth([1, math.nan, 3], [1.0, 2.0, 3.0]), ArgumentError, r"x\[1\]"),
        (lambda: scaling.fit_growth([1, 2, 3], [1.0, 2.0, 3.1]).predict(math.nan), ArgumentError, "x:"),
        (lambda: scaling.fit_growth([1, 2], [1.0, 2.0]), ScoreError, "at least 3"),
        (lambda: scaling.fit_growth([1, 2, 3], [1.0]), ArgumentError, "as many"),
    ]:
        with pytest.raises(error, match=message):
            call()


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, 90.5, "90", None, -1])
def test_epochs_are_counted_in_whole_numbers(odd):
    with pytest.raises(ArgumentError, match="epochs"):
        scaling.extrapolate_epochs([100.0, 101.0, 99.0], odd)
    with pytest.raises(ArgumentError, match="warmup"):
        scaling.extrapolate_epochs([100.0, 101.0, 99.0], 90, warmup=odd)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -0.1, "3 %"])
def test_a_common_uncertainty_is_a_share_of_at_least_0(odd):
    with pytest.raises(ArgumentError, match="gain"):
        scaling.extrapolate_epochs([100.0, 101.0, 99.0], 90, gain=odd)


def test_a_whole_number_of_epochs_may_be_of_any_type():
    plain, *others = (scaling.extrapolate_epochs([100.0, 101.0, 99.0], n) for n in (90, 90.0, np.int64(90)))
    assert [str(other) for other in others] == [str(plain)] * 2
