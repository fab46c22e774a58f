"""Grades against a frontier: laws of the letters, their odds, and what the result says."""

import math

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring.tables import measured
from wattwhat.errors import ArgumentError, ComparisonError, ScoreError
from wattwhat.scoring import FrontierGrade, Member, Score
from wattwhat.scoring.grade_letters import EDGES, LETTERS, letter_of

MEMBERS = (Member("small", 0.6, 1.5), Member("medium", 0.7, 3.0), Member("large", 0.8, 4.0))
# As many as odds need, and so far apart that no model here is nearly as uncertain as they are scattered.
MANY = tuple(Member(f"m{i}", 0.6 + 0.01 * i, 1.5 * 8.0 ** (i % 3)) for i in range(21))


def grade(**options):
    given_options = {"reference": "made", "members": MEMBERS, "intercept": 0.0, "slope": 1.0, **options}
    return FrontierGrade(**given_options)


def at_excess(excess, accuracy=0.7, **options):
    return measured("net", accuracy, excess * grade().frontier_j(accuracy), **options)


@pytest.mark.parametrize(
    ("excess", "letter"),
    [(0.5, "A"), (1.09, "A"), (1.11, "B"), (1.31, "C"), (1.61, "D"), (2.21, "E"), (3.21, "F"), (5.01, "G")],
)
def test_letters_follow_the_fixed_edges(excess, letter):
    assert grade()(at_excess(excess)).grade == letter


@given(st.floats(0.1, 20), st.floats(0.1, 20))
def test_more_energy_never_improves_a_letter(a, b):
    assert letter_of(min(a, b)) <= letter_of(max(a, b))


@given(st.floats(0.01, 0.99), st.floats(1e-6, 1e6), st.floats(0.1, 10))
def test_the_excess_is_a_ratio(accuracy, joules, factor):
    reference_index = grade()
    more = reference_index.excess(accuracy, joules * factor)
    assert more == pytest.approx(factor * reference_index.excess(accuracy, joules))


@given(st.floats(0.3, 0.95), st.floats(0.3, 10), st.floats(0.0, 0.3))
def test_odds_add_up_to_1_and_favour_what_is_near(accuracy, excess, u):
    odds = grade()(at_excess(excess, accuracy, u=u)).probabilities
    assert set(odds) == set(LETTERS)
    assert sum(odds.values()) == pytest.approx(1.0)


def test_without_any_uncertainty_the_letter_is_certain():
    result = grade()(at_excess(1.9, u=0.0, n_test=None))
    assert result.probabilities["D"] == 1.0
    assert result.value.u == 0.0
    assert any("taken as exact" in note for note in result.details["notes"])


def test_odds_are_what_sampling_energy_accuracy_and_frontier_gives():
    rng = np.random.default_rng(5)
    lines = tuple(zip(rng.normal(0.0, 0.2, 400), rng.normal(1.0, 0.1, 400), strict=True))
    reference_index = grade(lines=lines, members=MANY)
    net = at_excess(1.55, u=0.1, n_test=300)
    n, hits = 100_000, 210
    accuracy = rng.beta(hits + 0.5, 300 - hits + 0.5, n)
    sigma = math.sqrt(math.log1p(0.01))
    energy = net.energy_per_item_j.value * rng.lognormal(0.0, sigma, n)
    a, b = np.array(lines)[rng.integers(0, len(lines), n)].T
    excess = energy / 2.0 ** (a + b * np.log(accuracy / (1 - accuracy)))
    drawn = np.searchsorted(EDGES, excess)
    result = reference_index(net)
    for i, letter in enumerate(LETTERS):
        assert result.probabilities[letter] == pytest.approx(np.mean(drawn == i), abs=0.03)
    assert result.value.u == pytest.approx(excess.std(), rel=0.2)


@given(st.floats(0.3, 0.95), st.floats(0.3, 10), st.floats(0.0, 0.3), st.floats(-1.0, 1.0))
def test_lines_that_lie_higher_make_better_letters_likelier(accuracy, excess, u, higher):
    net = at_excess(excess, accuracy, u=u)
    low, high = sorted((0.0, higher))
    below, above = (grade(lines=[(height, 1.0)], members=MANY)(net).probabilities for height in (low, high))
    for i in range(1, len(LETTERS)):
        assert sum(above[x] for x in LETTERS[:i]) >= sum(below[x] for x in LETTERS[:i]) - 1e-9


def test_where_another_letter_is_likelier_than_that_of_the_value_a_note_says_so():
    result = grade(lines=[(1.0, 1.0), (1.1, 1.0)], members=MANY)(at_excess(1.9, u=0.01))
    assert result.grade == "D"
    assert result.probabilities["A"] > result.probabilities["D"]
    assert any(note.startswith("A is likelier (") for note in result.details["notes"])
    likely = grade(lines=[(0.0, 1.0), (0.01, 1.0)], members=MANY)(at_excess(1.9, u=0.01))
    assert not any("likelier" in note for note in likely.details["notes"])


@given(st.floats(0.3, 0.95), st.floats(0.3, 10), st.floats(0.0, 0.3), st.floats(0.0, 1.0))
def test_a_letter_is_firm_if_its_odds_with_noise_and_bootstrap_are_four_in_five(accuracy, excess, u, wide):
    lines = [(0.1 * wide * i, 1.0) for i in range(-10, 11)]
    result = grade(lines=lines, members=MANY)(at_excess(excess, accuracy, u=u))
    assert result.details["firm"] == (result.probabilities[result.grade] >= 0.8)


@pytest.mark.parametrize(("members", "quantile", "given"), [(19, 0.1, 0), (20, 0.1, 1), (21, 0.05, 0)])
def test_below_twenty_models_or_two_beyond_the_quantile_there_are_no_odds(members, quantile, given):
    fitted = grade(lines=[(0.0, 1.0), (0.1, 1.0)], members=MANY[:members], quantile=quantile)
    result = fitted(at_excess(1.9))
    assert (result.probabilities is not None) == given
    silent = [note for note in result.details["notes"] if note.startswith("odds not calibrated")]
    assert len(silent) == 1 - given
    assert all(f"{members} models" in note for note in silent)
    assert result.details["words"].startswith("D:" if given else "D, how likely is not known:")


def test_a_model_as_uncertain_as_the_population_is_scattered_gets_no_odds():
    alike = [attrs.evolve(member, energy_per_item_j=1.5 + 0.01 * i) for i, member in enumerate(MANY)]
    result = grade(lines=[(0.0, 0.0), (0.1, 0.0)], members=alike, slope=0.0)(at_excess(1.9, u=0.2))
    assert result.probabilities is None
    assert any("nearly as uncertain" in note for note in result.details["notes"])


def test_factors_of_the_moving_frontier_lie_about_1():
    nets = [at_excess(1.9, accuracy) for accuracy in (0.62, 0.7, 0.79)]
    reference_index = grade(lines=[(0.5 + 0.01 * i * i, 1.0 + 0.02 * i) for i in range(25)])
    factors = reference_index.common_factors(nets, 4000, np.random.default_rng(0))
    assert np.median(factors, axis=1) == pytest.approx(np.ones(3), abs=0.02)


def test_the_words_say_excess_reference_and_the_cheapest_alternative():
    words = grade()(at_excess(1.9)).details["words"]
    assert words == (
        "D: 1.9 times what the efficient frontier needs at 70 % (reference made, 3 models); "
        "the cheapest reference model at least this accurate uses 0.9 times as much"
    )


def test_a_model_is_not_its_own_alternative():
    own = grade()(measured("large", 0.8, 4.0))
    assert "no other reference model is this accurate" in own.details["words"]


@pytest.mark.parametrize(("accuracy", "outside"), [(0.59, True), (0.6, False), (0.8, False), (0.81, True)])
def test_outside_the_population_it_is_an_extrapolation_and_says_so(accuracy, outside):
    result = grade()(at_excess(1.0, accuracy))
    assert result.details["extrapolated"] is outside
    assert ("extrapolated" in result.details["words"]) is outside
    assert any("60 % to 80 %" in note for note in result.details["notes"]) is outside


@pytest.mark.parametrize("accuracy", [0.0, 1.0])
def test_an_accuracy_of_0_or_1_needs_the_number_of_test_items(accuracy):
    with pytest.raises(ScoreError, match=r"with_metrics\(n_test=10_000\)"):
        grade()(measured("net", accuracy, 1.0, n_test=None))
    few, many = (grade()(measured("net", accuracy, 1.0, n_test=n)) for n in (10, 10_000))
    # The more test items, the further out an accuracy of exactly 0 or 1 lies.
    assert (few.value.value < many.value.value) is (accuracy == 0.0)


def test_links_differ_and_unknown_ones_are_refused():
    linear = grade(link="linear")
    assert linear.frontier_j(0.5) == pytest.approx(2**0.5)
    assert grade(link="log error").frontier_j(0.5) == pytest.approx(2 ** math.log(2))
    assert linear(measured("net", 1.0, 2.0, n_test=None)).grade == "A"  # 1 is an ordinary place there
    with pytest.raises(ArgumentError, match="link"):
        grade(link="probit")


@pytest.mark.parametrize(
    "wrong", [{"quantile": 0.0}, {"quantile": 1.0}, {"edges": (1, 2, 3)}, {"edges": (1, 2, 3, 4, 5, 5)}]
)
def test_fields_are_checked(wrong):
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        grade(**wrong)


def test_what_cannot_be_graded_is_refused():
    with pytest.raises(ScoreError, match="no logarithm"):
        grade()(measured("net", 0.7, 0.0))
    with pytest.raises(ScoreError, match="items"):
        grade()(measured("net", 0.7, items=None))
    with pytest.raises(ScoreError, match="accuracy"):
        grade()(measured("net"))


@pytest.mark.parametrize("u", [math.inf, math.nan])
def test_with_an_unknown_uncertainty_there_are_no_odds_and_the_words_say_so(u):
    result = grade()(at_excess(1.2, u=u))
    assert result.probabilities is None
    assert result.grade == "B"
    assert result.value.u == math.inf
    assert result.details["words"].startswith("B, how likely is not known: 1.2 times")
    assert any("no probabilities" in note for note in result.details["notes"])


def test_a_measurement_unlike_the_reference_is_refused_by_name():
    reference_index = grade(traits={"device": "RTX 5000", "origin": "sensor"})
    with pytest.raises(ComparisonError, match=r"'net'.*made.*device is 'A100'.*'RTX 5000'"):
        reference_index(at_excess(1.0, details={"device": "A100"}))
    with pytest.raises(ComparisonError, match="origin is 'estimate'"):
        reference_index(at_excess(1.0, provenance="estimated", details={"device": "RTX 5000"}))
    unknown = reference_index(at_excess(1.0))
    assert any("device is not known" in note for note in unknown.details["notes"])


def test_it_is_a_score_and_the_same_every_time():
    reference_index = grade(lines=((0.0, 1.0), (0.1, 0.9)))
    assert isinstance(reference_index, Score)
    net = at_excess(1.28)
    assert reference_index(net) == reference_index(net) == attrs.evolve(reference_index)(net)
