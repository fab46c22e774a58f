"""A score says where its first-order uncertainty is off by more than a tenth, and only there."""

import math

import numpy as np
import pytest

from wattwhat import Measurement, Quantity
from wattwhat.scoring import SAM, SAPI, AccuracyPerJoule, FullCycle, NetScore


def net(energy, u, accuracy=0.8, accuracy_u=0.0, unit="J"):
    metrics = {"accuracy": accuracy, "accuracy_u": accuracy_u, "parameters": 1e6, "macs": 1e9}
    return Measurement(label="net", energy_j=Quantity(energy, u, unit).to("J"), items=1, metrics=metrics)


def doubted(result):
    return any("understated" in note for note in result.details["notes"])


SCORES = {
    "sam": (SAM(unit="J"), lambda a, e: 5 * a**5 / np.log10(e)),
    "sapi": (SAPI(), lambda a, e: a**0.5 / np.log10(1e3 * e) ** (1 / 3)),
    "accuracy per joule": (AccuracyPerJoule(), lambda a, e: a / e),
    "full cycle": (
        FullCycle(inferences=1, tau=3, training=Quantity(0, 0, "J"), unit="J"),
        lambda a, e: a**3 / e,
    ),
    "netscore": (NetScore(), lambda a, e: 40 * np.log10(a)),
}


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize(
    ("energy", "u", "accuracy", "accuracy_u"),
    [
        (1.2, 0.05, 0.8, 0.0),
        (1.2, 0.01, 0.8, 0.0),
        (1.5, 0.15, 0.8, 0.0),
        (50.0, 1.0, 0.8, 0.01),
        (50.0, 10.0, 0.8, 0.01),
        (50.0, 1.0, 0.4, 0.1),
        (50.0, 1.0, 0.6, 0.02),
    ],
)
def test_the_note_is_there_where_sampling_finds_another_spread(name, energy, u, accuracy, accuracy_u):
    score, formula = SCORES[name]
    result = score(net(energy, u, accuracy, accuracy_u))
    if result.value.u == 0.0:
        assert not doubted(result)
        return
    rng = np.random.default_rng(3)
    a = np.clip(rng.normal(accuracy, accuracy_u, 400_000), 1e-3, 1)
    e = rng.normal(energy, u, 400_000)
    inner = np.abs(e - energy) < 3.99 * u  # the pole itself has no spread
    scale = 1.0 if name != "sapi" else formula(accuracy, energy) / result.value.value
    ratio = formula(a[inner], e[inner]).std() / scale / result.value.u
    if ratio > 1.15:
        assert doubted(result)
    if abs(ratio - 1) < 0.06:
        assert not doubted(result)


def test_a_unit_near_the_pole_is_doubted_before_it_is_reached():
    assert doubted(SAM(unit="Wh")(net(1.2, 0.05, unit="Wh")))
    assert doubted(SAM(unit="Wh")(net(1.05, 0.05, unit="Wh")))
    assert not doubted(SAM(unit="J")(net(1.2, 0.05, unit="Wh")))


@pytest.mark.parametrize("name", SCORES)
def test_an_unknown_uncertainty_is_not_called_understated(name):
    assert not doubted(SCORES[name][0](net(50.0, math.inf)))
