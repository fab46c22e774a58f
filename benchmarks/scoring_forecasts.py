"""Do forecasts hold? Intervals of whole trainings against made series of epochs whose end is known."""

import math

import numpy as np

from wattwhat.scoring.scaling import extrapolate_epochs

EPOCHS = 90
DONE = (5, 10, 30)
NOISE = 0.01  # of an epoch


def _even(rng):
    return np.ones(EPOCHS), NOISE * rng.standard_normal(EPOCHS)


def _drifting(rate):
    def made(rng):
        return 1.0 + rate * np.arange(EPOCHS), NOISE * rng.standard_normal(EPOCHS)

    return made


def _settling(rng):
    """From 5 to 40 % above the level to come, with a time constant of 0.7 to 8 epochs."""
    fall = rng.uniform(0.05, 0.4) * np.exp(-np.arange(EPOCHS) / math.exp(rng.uniform(-0.36, 2.08)))
    return 1.0 + fall, NOISE * rng.standard_normal(EPOCHS)


def _alike(correlation):
    def made(rng):
        errors = NOISE * rng.standard_normal(EPOCHS)
        for i in range(1, EPOCHS):
            errors[i] = correlation * errors[i - 1] + math.sqrt(1.0 - correlation**2) * errors[i]
        return np.ones(EPOCHS), errors

    return made


KINDS = {
    "even": _even,
    "drift 0.1 % an epoch": _drifting(0.001),
    "drift 0.5 % an epoch": _drifting(0.005),
    "drift -0.5 % an epoch": _drifting(-0.005),
    "settling": _settling,
    "neighbours alike, 0.5": _alike(0.5),
    "neighbours alike, 0.9": _alike(0.9),
    "running totals": _even,
}


def holds(kind, done, rng):
    """Of one series: whether the interval holds the true total, half its width, how far off two points are.

    The points are the forecast's own and the mean of the epochs that are done times all epochs, which is what
    carbontracker (2.4.7, `carbontracker.predictor`) foretells, without an interval. As parts of the total.
    """
    law, errors = KINDS[kind](rng)
    epochs = 1000.0 * law * (1.0 + errors)
    seen = np.cumsum(epochs[:done]) if kind == "running totals" else epochs[:done]
    found = extrapolate_epochs(seen, EPOCHS)
    total = epochs.sum()
    points = found.energy_j.value, epochs[:done].mean() * EPOCHS
    return (
        found.low_j <= total <= found.high_j,
        0.5 * (found.high_j - found.low_j) / total,
        *(abs(point / total - 1.0) for point in points),
    )


def table(series=1500, seed=0):
    """Lines of the table: share of intervals that hold, by kind and by how many epochs are done."""
    yield f"share of 95 % intervals of {EPOCHS} epochs that hold the true total, and the median half-width;"
    yield f"{series} series of each kind, {NOISE:.0%} noise of an epoch; median and greatest error of the"
    yield "forecast, and of mean x epochs, which is carbontracker's and has no interval"
    heads = "  ".join(f"{f'{done} epochs done':>18}" for done in DONE)
    yield f"{'epochs':<24}{heads}  {'all':>7}  {'forecast':>16}  {'mean x epochs':>16}"
    for kind in KINDS:
        rng = np.random.default_rng([seed, *map(ord, kind)])
        found = [np.array([holds(kind, done, rng) for _ in range(series // len(DONE))]) for done in DONE]
        cells = [f"{100 * f[:, 0].mean():5.1f} % +- {100 * np.median(f[:, 1]):5.1f} %" for f in found]
        every = 100 * np.concatenate(found)
        off = [f"{np.median(every[:, n]):5.2f} ({every[:, n].max():5.1f}) %" for n in (2, 3)]
        shares = "  ".join(f"{cell:>18}" for cell in cells)
        yield f"{kind:<24}{shares}  {every[:, 0].mean():5.1f} %  {off[0]:>16}  {off[1]:>16}"
