"""Do the odds of the grade hold? Letters in made populations whose true frontier is known.

A population has a true law: log2 of a model's energy is a line in logit(accuracy) plus scatter. Its true
frontier is the line below which a tenth of the law lies. Energies and accuracies are then measured with an
error, the models are graded by a FrontierGrade fitted to them, and each letter is held against the one that
the model's true energy and accuracy have by the true frontier.
"""

import math
from statistics import NormalDist

import numpy as np

from wattwhat import Measurement, Quantity
from wattwhat.scoring import FrontierGrade
from wattwhat.scoring.grade_letters import letter_of

SIZES = (12, 20, 30, 40, 60)
SCATTER = 0.7  # of log2 of the energy: a factor of 1.6
U_ENERGY = 0.05
TEST_ITEMS = 2000
FAMILIES = 5
_NORMAL = NormalDist()


def _normal(n, rng):
    return rng.normal(0.0, SCATTER, n), SCATTER * _NORMAL.inv_cdf(0.1)


def _exponential(n, rng):
    return rng.exponential(SCATTER, n), -SCATTER * math.log(0.9)


def _families(n, rng):
    """Scatter of models that belong to a few families, each with a place of its own; and these places."""
    places = rng.normal(0.0, 0.85 * SCATTER, FAMILIES)
    return places[rng.integers(0, FAMILIES, n)] + rng.normal(0.0, 0.3 * SCATTER, n), places


def _clustered(n, rng):
    """The law is that of these families: more models of them would come."""
    scatter, places = _families(n, rng)
    low, high = -6.0, 6.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        below = np.mean([_NORMAL.cdf((middle - place) / (0.3 * SCATTER)) for place in places])
        low, high = (middle, high) if below < 0.1 else (low, middle)
    return scatter, low


def _other_families(n, rng):
    """The law is that of all families there might be, of which these are a few."""
    return _families(n, rng)[0], math.hypot(0.85, 0.3) * SCATTER * _NORMAL.inv_cdf(0.1)


SHAPES = {
    "normal": _normal,
    "exponential": _exponential,
    "clustered": _clustered,
    "other families": _other_families,
}


def population(shape, n, rng):
    """Measurements of made models, and the true letter of each."""
    slope = rng.uniform(0.5, 2.5)
    x = rng.uniform(0.2, 2.0, n)
    scatter, tenth = SHAPES[shape](n, rng)
    accuracy = 1.0 / (1.0 + np.exp(-x))
    joules = np.exp2(slope * x + scatter)
    seen = rng.binomial(TEST_ITEMS, accuracy) / TEST_ITEMS
    measured = joules * np.exp(U_ENERGY * rng.standard_normal(n))
    models = [
        Measurement(
            label=f"m{i}",
            energy_j=Quantity(measured[i], U_ENERGY * measured[i], "J"),
            items=1,
            metrics={"accuracy": seen[i], "n_test": TEST_ITEMS},
        )
        for i in range(n)
    ]
    return models, [letter_of(float(excess)) for excess in np.exp2(scatter - tenth)]


def letters(shape, n, populations, rng):
    """Odds of the printed letter and whether it is the true one, of each model of many populations."""
    found = []
    for _ in range(populations):
        models, true = population(shape, n, rng)
        grade = FrontierGrade.fit(models, reference=shape)
        for model, letter in zip(models, true, strict=True):
            result = grade(model)
            if result.probabilities is not None:
                found.append((result.probabilities[result.grade], result.grade == letter))
    return np.array(found, dtype=float).reshape(-1, 2)


def _cell(found, low, high):
    inside = found[(found[:, 0] >= low) & (found[:, 0] < high)]
    if not len(inside):
        return f"{'-':>18}"
    said, held = inside.mean(axis=0)
    return f"{100 * said:4.0f} -> {100 * held:3.0f} % {len(inside):6}"


def table(letters_a_cell=6000, seed=0):
    """Lines of the table: odds said and held, and how many letters had such odds."""
    yield f"odds of a letter -> share of letters that hold, and how many; {U_ENERGY:.0%} u of each energy,"
    yield f"accuracies of {TEST_ITEMS} test items; 'other families': the law is that of families not seen"
    yield f"{'scatter':<16}{'models':>6}  {'odds 75 to 85 %':>18}  {'odds above 85 %':>18}  {'all':>18}"
    for shape in SHAPES:
        rows = []
        for n in SIZES:
            rng = np.random.default_rng([seed, n, *map(ord, shape)])
            if n < 20:
                model, *_ = population(shape, n, rng)
                none = FrontierGrade.fit(model, reference=shape)(model[0]).probabilities is None
                yield f"{shape:<16}{n:>6}  {'no odds are given' if none else 'odds':>18}"
                continue
            rows.append(letters(shape, n, max(1, letters_a_cell // n), rng))
            yield _line(shape, str(n), rows[-1])
        yield _line(shape, "all", np.concatenate(rows))


def _line(shape, models, found):
    cells = [_cell(found, low, high) for low, high in ((0.75, 0.85), (0.85, 2.0), (0.0, 2.0))]
    return f"{shape:<16}{models:>6}  " + "  ".join(cells)
