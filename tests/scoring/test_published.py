"""The published quotients and the scores that weigh the size: formulas, sampling, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring.tables import measured
from wattwhat import Quantity
from wattwhat.errors import ArgumentError, ScoreDomainError, ScoreError, UnitError
from wattwhat.scoring import SAPI, AccuracyPerJoule, FullCycle, NetScore, Score

fractions = st.floats(0.05, 1.0)
joules = st.floats(0.01, 1e4)


@given(fractions, joules, st.floats(1, 1e9), st.floats(0, 1e9), st.floats(0.5, 5))
def test_full_cycle_is_its_formula(accuracy, energy, inferences, training, tau):
    score = FullCycle(inferences, tau, Quantity(training, 0, "J"), unit="J")
    expected = accuracy**tau / (inferences * energy + training)
    assert score(measured("net", accuracy, energy)).value.value == pytest.approx(expected)


def test_full_cycle_finds_the_training_energy_in_four_ways():
    net = measured("net", 0.9, 2.0, u=0.0)
    training = measured("net", None, 5.0, items=1000, u=0.0)
    ways = [
        FullCycle(100, 2, Quantity(5000, 0, "J"))(net),
        FullCycle(100, 2, training)(net),
        FullCycle(100, 2, {"net": training})(net),
        FullCycle(100, 2)(net.with_metrics(training_energy_j=5000.0)),
    ]
    assert len({result.value.value for result in ways}) == 1
    for unknown in (FullCycle(100, 2), FullCycle(100, 2, {"other": training})):
        with pytest.raises(ScoreError, match="training energy is not known"):
            unknown(net)


def test_full_cycle_has_no_tau_of_its_own():
    with pytest.raises(TypeError, match="tau"):
        FullCycle(100)


@given(fractions, joules, st.sampled_from(["J", "mJ", "Wh"]))
def test_accuracy_per_joule_is_its_formula(accuracy, energy, unit):
    value = AccuracyPerJoule(unit)(measured("net", accuracy, energy)).value
    assert value.value == pytest.approx(accuracy / Quantity(energy, 0, "J").to(unit).value)
    assert value.unit == f"1/{unit}"


@given(fractions, st.floats(1e3, 1e12), st.floats(1e3, 1e15))
def test_netscore_is_its_formula(accuracy, parameters, macs):
    net = measured("net", accuracy).with_metrics(parameters=parameters, macs=macs)
    p, m = parameters / 1e6, macs / 1e9
    expected = 20 * math.log10((100 * accuracy) ** 2 / math.sqrt(p * m))
    assert NetScore()(net).value.value == pytest.approx(expected, abs=1e-9)


@given(fractions, joules, st.floats(2, 1e12))
def test_sapi_is_its_formula(accuracy, energy, parameters):
    net = measured("net", accuracy, energy).with_metrics(parameters=parameters)
    expected = accuracy**0.5 / (math.log10(energy * 1e3) ** (1 / 3) * math.log10(parameters) ** (1 / 6))
    assert SAPI()(net).value.value == pytest.approx(expected)


def test_sapi_weighs_fine_tuning_in():
    net = measured("net", 0.8, 1.0, u=0.1).with_metrics(parameters=1e6, finetune_energy_per_item_j=6.0)
    assert SAPI()(net).details["electricity"].value == pytest.approx(0.8 * 1000 + 0.2 * 6000)
    assert SAPI()(net).details["electricity"].u == pytest.approx(80.0)
    assert SAPI(inference_weight=1.0)(net).details["electricity"].value == pytest.approx(1000)


@pytest.mark.parametrize(
    "score",
    [FullCycle(1000, 2, Quantity(2e3, 50.0, "J"), unit="J"), AccuracyPerJoule(), NetScore(), SAPI()],
    ids=lambda score: type(score).__name__,
)
def test_uncertainties_are_what_sampling_gives(score):
    rng = np.random.default_rng(2)
    values = []
    for a, e, t in zip(
        rng.normal(0.8, 0.02, 3000), rng.normal(2.0, 0.06, 3000), rng.normal(2e3, 50, 3000), strict=True
    ):
        net = measured("net", a, e, u=0.0).with_metrics(parameters=1e7, macs=1e9)
        drawn = FullCycle(1000, 2, Quantity(t, 0, "J"), unit="J") if isinstance(score, FullCycle) else score
        values.append(drawn(net).value.value)
    net = measured("net", 0.8, 2.0, u=0.03).with_metrics(parameters=1e7, macs=1e9, accuracy_u=0.02)
    assert score(net).value.u == pytest.approx(np.std(values), rel=0.06)
    assert isinstance(score, Score)


@pytest.mark.parametrize(
    ("score", "metrics", "error", "message"),
    [
        (NetScore(), {"macs": 1e9}, ScoreError, "parameters"),
        (NetScore(), {"parameters": 1e6}, ScoreError, "macs"),
        (NetScore(), {"parameters": -1.0, "macs": 1e9}, ScoreDomainError, "parameters is -1"),
        (SAPI(), {"parameters": 1.0}, ScoreDomainError, "one parameter"),
        (SAPI(), {}, ScoreError, "parameters"),
    ],
)
def test_what_is_missing_or_outside_the_domain_is_named(score, metrics, error, message):
    with pytest.raises(error, match=message):
        score(measured("net", 0.8).with_metrics(**metrics))


def test_domains_end_where_logarithms_do():
    small = measured("net", 0.8, 1e-3, u=0.0).with_metrics(parameters=1e6)
    with pytest.raises(ScoreDomainError, match="above 1 mJ"):
        SAPI()(small)
    with pytest.raises(ScoreDomainError, match="minus infinity"):
        NetScore()(measured("net", 0.0).with_metrics(parameters=1e6, macs=1e9))
    with pytest.raises(ScoreDomainError, match="not above 0"):
        AccuracyPerJoule()(measured("net", 0.8, 0.0))
    with pytest.raises(ScoreDomainError, match="not above 0"):
        FullCycle(1, 1, Quantity(0, 0, "J"))(measured("net", 0.8, 0.0))


def test_parameters_are_checked():
    with pytest.raises(ArgumentError, match="add up to 1"):
        SAPI(alpha=0.5, beta=0.5, gamma=0.5)
    with pytest.raises(ArgumentError, match="inference_weight"):
        SAPI(inference_weight=1.5)
    with pytest.raises(UnitError, match="power"):
        AccuracyPerJoule("W")
    with pytest.raises(ArgumentError, match="inferences"):
        FullCycle(0, 2)
