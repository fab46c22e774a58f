"""Published scores against their golden rows, their own uncertainty and what they refuse."""

import math

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring.tables import measured
from wattwhat import Measurement, Quantity
from wattwhat.errors import ArgumentError, ComparisonError, ScoreDomainError, ScoreError
from wattwhat.scoring import (
    SAPI,
    SCI,
    AccuracyPerJoule,
    Carburacy,
    ComparIA,
    EnergyDelay,
    EnergyStars,
    Frugality,
    IntelligencePerWatt,
    NetScore,
    PePR,
    ReferenceGrade,
)


def span(accuracy, joules, u=0.0, **options):
    metrics = {} if accuracy is None else {"accuracy": accuracy}
    return Measurement(label="net", energy_j=Quantity(joules, u * joules, "J"), metrics=metrics, **options)


@pytest.mark.parametrize(
    ("accuracy", "kwh", "golden"),
    [
        (0.852822580645161, 0.02168154435, 0.8161522231483),
        (0.813004032258064, 0.040154341279, 0.7253611101531),
        (0.8326612903226, 0.254142283589, 0.8326612903226 / 2),
    ],
)
def test_pepr(accuracy, kwh, golden):
    score = PePR(3.6e6 * 0.010745538283, 3.6e6 * 0.254142283589)
    assert score(span(accuracy, 3.6e6 * kwh)).value.value == pytest.approx(golden, rel=1e-10)


def test_pepr_takes_its_range_from_the_population_and_says_where_a_model_lies_outside():
    nets = [span(0.8, joules) for joules in (10.0, 20.0, 50.0)]
    fitted = PePR.fit([attrs.evolve(net, label=str(i)) for i, net in enumerate(nets)])
    assert (fitted.lowest_j, fitted.highest_j) == (10.0, 50.0)
    assert any("outside" in note for note in fitted(span(0.8, 60.0)).details["notes"])
    with pytest.raises(ScoreError, match="at least two"):
        PePR.fit(nets[:1])
    with pytest.raises(ArgumentError, match="rising"):
        PePR(5.0, 5.0)


@pytest.mark.parametrize(
    ("kwh", "phase", "golden"), [(0.02, "training", 0.9365427421), (0.0005, "inference", 0.9097843781)]
)
def test_carburacy_of_one_phase(kwh, phase, golden):
    result = Carburacy(intensity_g_per_kwh=1000)(span(0.9, 3.6e6 * kwh, details={"phase": phase}))
    assert result.value.value == pytest.approx(golden, abs=1e-10)


def test_carburacy_of_both_is_the_harmonic_mean():
    score = Carburacy(intensity_g_per_kwh=1000, training={"net": Quantity(0.02, 0, "kWh")})
    assert score(span(0.9, 1800.0)).value.value == pytest.approx(0.9229696589, abs=1e-10)
    with pytest.raises(ArgumentError, match="intensity_g_per_kwh"):
        Carburacy(intensity_g_per_kwh=0)
    with pytest.raises(ScoreDomainError, match="effectiveness of 0"):
        score(span(0.0, 1800.0))


def test_frugality():
    found = Frugality(penalty=1, unit="Wh")(span(0.8, 7200.0)).value.value
    assert found == pytest.approx(0.8 - 1 / 1.5)


@pytest.mark.parametrize(
    ("accuracy", "joules", "parameters", "golden"),
    [(0.675, 164.15, 104.8e6, 0.3349), (0.680, 342.71, 652.1e6, 0.3244), (0.606, 18.47, 1.4e6, 0.3546)],
)
def test_sapi(accuracy, joules, parameters, golden):
    net = span(accuracy, joules, items=1).with_metrics(parameters=parameters)
    assert SAPI()(net).value.value == pytest.approx(golden, abs=5e-4)


def test_netscore():
    net = span(0.761, 1.0).with_metrics(parameters=25.6e6, macs=4.1e9)
    assert NetScore()(net).value.value == pytest.approx(55.0451, abs=1e-4)


def test_sci():
    operational = SCI(intensity_g_per_kwh=951, per_item=False)(span(None, 3.6e6 * 0.0096)).value
    assert operational.value + 5.112 == pytest.approx(14.2416)
    hour = span(None, 0.0, duration_s=3600.0)
    embodied = SCI(intensity_g_per_kwh=1, embodied_kg=1000, lifetime_years=4, per_item=False)
    assert embodied(hour).value.value == pytest.approx(28.54, abs=0.005)
    with pytest.raises(ScoreError, match="duration"):
        embodied(span(None, 1.0))
    with pytest.raises(ScoreError, match="items"):
        SCI(intensity_g_per_kwh=1)(hour)
    assert any(
        "left out" in note for note in SCI(intensity_g_per_kwh=1, per_item=False)(hour).details["notes"]
    )
    with pytest.raises(ArgumentError, match="embodied_kg"):
        SCI(intensity_g_per_kwh=1, embodied_kg=-1)


def test_energy_delay_products():
    run = span(None, 10.0, duration_s=2.0, items=1)
    assert [str(EnergyDelay(n)(run).value) for n in (1, 2)] == ["20 J s", "40 J s2"]
    of_ten = attrs.evolve(run, items=10)  # ten items: a tenth of the joules and of the time each
    assert EnergyDelay()(of_ten).value.value == pytest.approx(0.2)
    with pytest.raises(ScoreError, match="duration"):
        EnergyDelay()(span(None, 10.0, items=1))
    with pytest.raises(ArgumentError, match="exponent: 3"):
        EnergyDelay(3)


def test_intelligence_per_joule_and_per_watt():
    net = span(0.9, 200.0, duration_s=4.0, items=100)
    assert AccuracyPerJoule()(net).value.value == pytest.approx(0.45)
    assert IntelligencePerWatt()(net).value.value == pytest.approx(0.9 / 50)


@pytest.mark.parametrize(
    ("wh", "letter"), [(89.15, "A"), (100, "B"), (299, "B"), (300, "C"), (2999, "D"), (3000, "E"), (1e4, "F")]
)
def test_comparia_letters(wh, letter):
    result = ComparIA()(span(None, 3.6e3 * wh, items=1_000_000, details={"item": "output token"}))
    assert result.grade == letter
    assert sum(result.probabilities.values()) == pytest.approx(1.0)
    assert result.details["notes"] == ()


def test_comparia_judges_tokens_only():
    with pytest.raises(ComparisonError, match="'image'"):
        ComparIA()(span(None, 1.0, items=1, details={"item": "image"}))
    assert ComparIA()(span(None, 1.0, items=1)).details["notes"]


def test_official_stars_are_of_equal_widths_and_the_default():
    official = [
        (0.001004166, "5"),
        (0.002144589, "5"),
        (0.002531398, "4"),
        (0.003278611, "4"),
        (0.003281148, "4"),
        (0.003291817, "4"),
        (0.007980927, "1"),
    ]
    nets = [measured(f"m{i}", None, 3600.0 * kwh, u=0.0) for i, (kwh, _) in enumerate(official)]
    stars = EnergyStars.fit(nets)
    assert [stars(net).grade for net in nets] == [star for _, star in official]


def test_operations_that_cannot_be_whole_are_doubted_where_a_score_uses_them():
    small = span(0.67, 1.0, items=1).with_metrics(parameters=2.5e6, macs=0.75e6)
    assert any("not all counted" in note for note in NetScore()(small).details["notes"])
    assert NetScore()(small.with_metrics(macs=60e6)).details["notes"] == ()
    grade = ReferenceGrade({"gflops": 7.6, "parameters": 44.5}, reference_name="ResNet101")
    broken = span(0.67, 1.0).with_metrics(parameters=2.5, gflops=0.0015)
    assert any("not all counted" in note for note in grade(broken).details["notes"])
    assert grade(broken.with_metrics(gflops=0.12)).details["notes"] == ()


@pytest.mark.parametrize(
    "score",
    [
        PePR(50.0, 500.0),
        Carburacy(intensity_g_per_kwh=5e5),
        Carburacy(intensity_g_per_kwh=5e5, training={"net": Quantity(300.0, 6.0, "J")}),
        Frugality(unit="Wh"),
        IntelligencePerWatt(),
    ],
    ids=lambda score: score.name,
)
def test_their_uncertainty_is_that_of_sampling(score):
    rng = np.random.default_rng(4)
    plain = span(0.7, 200.0, duration_s=3.0)
    found = score(attrs.evolve(plain, energy_j=Quantity(200.0, 4.0, "J")).with_metrics(accuracy_u=0.01)).value
    drawn = [
        score(span(0.7 + 0.01 * a, 200.0 + 4.0 * e, duration_s=3.0)).value.value
        for a, e in rng.standard_normal((1500, 2))
    ]
    spread = np.std(drawn)
    if getattr(score, "training", None):  # its energy is uncertain too, and not drawn here
        assert found.u > spread
    else:
        assert found.u == pytest.approx(spread, rel=0.08)


@given(st.floats(0.05, 1.0), st.floats(1.0, 1e4), st.floats(1.01, 10.0))
def test_more_energy_never_scores_better(accuracy, joules, factor):
    for score in (PePR(1.0, 1e4), Carburacy(intensity_g_per_kwh=400), Frugality(), IntelligencePerWatt()):
        less, more = (score(span(accuracy, joules * f, duration_s=1.0)).value.value for f in (1.0, factor))
        assert more <= less * (1 + 1e-12)
    less, more = (
        EnergyDelay()(span(None, joules * f, duration_s=1.0, items=1)).value.value for f in (1.0, factor)
    )
    assert more > less
    assert math.isfinite(more)
