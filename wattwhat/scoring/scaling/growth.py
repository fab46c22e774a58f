"""Linear growth: a whole training's energy from its first epochs, or from runs on parts of the data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.records.coverage import coverage_factor, t_quantile
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.scaling.joules import check_count, check_number, joules_of
from wattwhat.scoring.scaling.polynomial_fit import PolynomialFit, fit_polynomial

__all__ = ["Forecast", "LinearGrowth", "extrapolate_epochs", "fit_growth"]

_SIGNIFICANT = 0.05


@attrs.frozen
class Forecast:
    """Energy that was not measured but follows from what was, with a prediction interval.

    Args:
        energy_j: the forecast; its u is the wider side of the 95 % interval over 1.96.
        low_j: lower end of the 95 % prediction interval.
        high_j: upper end.
        linear: whether linear growth was used; False where it was rejected and a curve was used instead.
        p_linear: how likely a departure from linear growth as large as this one would be by chance; None
            where there are too few points to tell.
        reach: how many times further than the measured part this goes.
        notes: what is doubtful.
    """

    energy_j: Quantity
    low_j: float
    high_j: float
    linear: bool
    p_linear: float | None
    reach: float
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        size = abs(self.energy_j.value)
        unit, factor = next(((u, f) for u, f in (("MJ", 1e6), ("kJ", 1e3)) if size >= 10 * f), ("J", 1.0))
        value, low, high = (number / factor for number in (self.energy_j.value, self.low_j, self.high_j))
        said = f"{value:.4g} {unit}, 95 % {low:.4g} to {high:.4g} {unit}"
        said += f", {self.reach:.3g} times as far as was measured"
        return "\n  note: ".join([said, *self.notes])


@attrs.frozen
class LinearGrowth:
    """Energy against epochs or share of data: the fitted line, and the curve that is used if it is none.

    Args:
        line: the straight line.
        curve: with a quadratic term; None with fewer than 4 points.
        farthest: the largest measured x.
        gain: relative standard uncertainty common to all points.
    """

    line: PolynomialFit
    curve: PolynomialFit | None
    farthest: float
    gain: float = 0.0

    @property
    def p_linear(self) -> float | None:
        """How likely a curvature this large is by chance; small: not linear; None: too few points."""
        return None if self.curve is None else self.curve.last_term_p()

    @property
    def slope_j(self) -> Quantity:
        """Joules for each unit of x, with the standard uncertainty of the fit."""
        slope, half = self.line.last_term()
        u = half / t_quantile(0.95, self.line.degrees)
        return Quantity(slope, math.hypot(u, self.gain * slope), "J")

    def predict(self, x: float) -> Forecast:
        """Energy of a new run at this x, with a 95 % prediction interval."""
        x = check_number("x", x, or_equal=True)
        p = self.p_linear
        interval = _interval(self.line, self.curve, [x])
        return _forecast(0.0, interval, self.gain, p, x / self.farthest, _doubts(p, "curved"))


def fit_growth(x: Sequence[float], energies: Sequence[Any], *, gain: float | None = None) -> LinearGrowth:
    """Fit energy against epochs, or against the share of the data, of separate runs.

    For the epochs of one run use `extrapolate_epochs`: running totals share their past, so a line through
    them looks much surer than it is.

    Args:
        x: number of epochs or share of the data, one a run.
        energies: of the runs: joules, Quantities or Measurements.
        gain: relative standard uncertainty common to all of them; default: from the measurements' budgets.

    Raises:
        ArgumentError: the numbers do not fit.
        ScoreError: there are fewer than 3 runs at different x.

    Example:
        >>> growth = fit_growth([0.1, 0.2, 0.3, 0.5], [10.4, 20.1, 30.2, 50.3])
        >>> print(growth.predict(1.0))
        100.2 J, 95 % 98.38 to 102 J, 2 times as far as was measured
    """
    if len(x) != len(energies):
        raise ArgumentError(f"{len(x)} places and {len(energies)} energies: expected as many of both")
    x = [check_number(f"x[{i}]", place, or_equal=True) for i, place in enumerate(x)]
    if len(set(x)) < 3:
        raise ScoreError(
            f"{len(set(x))} different places do not show whether growth is linear; measure at least 3"
        )
    values, common = joules_of(energies, gain)
    curve = fit_polynomial(x, values, 2) if len(x) > 3 else None
    return LinearGrowth(fit_polynomial(x, values, 1), curve, float(max(x)), common)


def extrapolate_epochs(
    energies: Sequence[Any], epochs: int, *, warmup: int = 0, gain: float | None = None
) -> Forecast:
    """Energy of a whole training from its first epochs (growth over epochs is taken as linear, and tested).

    The epochs not yet run are taken to cost the mean of those that were, with the scatter of single epochs
    and the uncertainty of that mean, so the interval widens with the distance. If the epochs drift (a t
    test at 5 %), the drift goes on in the forecast, and the interval reaches over both ways to go on.

    Args:
        energies: of each epoch on its own, in order: joules, Quantities or Measurements; not running totals.
        epochs: of the whole training.
        warmup: how many of the first ones count in the total but are left out of the fit.
        gain: relative standard uncertainty common to all epochs (the sensor's gain); default: from the
            measurements' budgets, the whole u of Quantities, 0 for plain numbers.

    Raises:
        ArgumentError: epochs is smaller than what was measured, or warmup is negative.
        ScoreError: fewer than 2 epochs are left for the fit.

    Example:
        >>> print(extrapolate_epochs([102.0, 100.5, 101.0, 99.5, 100.0], 90))
        9054 J, 95 % 8950 to 9158 J, 18 times as far as was measured
          note: a drift of up to 0.63 % an epoch would not have been noticed
    """
    measured = len(energies)
    epochs, warmup = check_count("epochs", epochs), check_count("warmup", warmup)
    if epochs < measured:
        raise ArgumentError(f"epochs: {epochs!r} are fewer than the {measured} that were measured")
    if measured - warmup < 2:
        raise ScoreError(
            f"{measured - warmup} epochs are left for the fit; at least 2 are needed, better 5 or more"
        )
    values, common = joules_of(energies, gain)
    places, kept = list(range(warmup, measured)), values[warmup:]
    flat = fit_polynomial(places, kept, 0)
    drifting = fit_polynomial(places, kept, 1) if len(kept) > 2 else None
    p = None if drifting is None else drifting.last_term_p()
    notes = _doubts(p, "drifting") + _seen(drifting, float(flat.coefficients[0]))
    rest = _interval(flat, drifting, range(measured, epochs)) if epochs > measured else (0.0, 0.0, 0.0)
    return _forecast(math.fsum(values), rest, common, p, epochs / measured, notes)


def _interval(
    straight: PolynomialFit, bent: PolynomialFit | None, xs: Sequence[float]
) -> tuple[float, float, float]:
    """Low end, forecast and high end: of the straight law, or where that is rejected, of the bent one.

    A rejection is a false alarm once in twenty, and the bent law is then far off; so the interval after
    a rejection reaches over both laws.
    """
    value, half = straight.sum_at(xs)
    if bent is None or bent.last_term_p() >= _SIGNIFICANT:
        return value - half, value, value + half
    other, other_half = bent.sum_at(xs)
    return min(value - half, other - other_half), other, max(value + half, other + other_half)


def _forecast(
    known: float,
    interval: tuple[float, float, float],
    gain: float,
    p: float | None,
    reach: float,
    notes: tuple[str, ...],
) -> Forecast:
    low, value, high = (known + end for end in interval)
    k = coverage_factor(0.95)
    common = k * gain * value
    below, above = math.hypot(value - low, common), math.hypot(high - value, common)
    energy = Quantity(value, max(below, above) / k, "J")
    linear = p is None or p >= _SIGNIFICANT
    return Forecast(energy, value - below, value + above, linear, p, reach, notes)


def _doubts(p: float | None, how: str) -> tuple[str, ...]:
    if p is None:
        return ("too few points to tell whether growth is linear",)
    if p < _SIGNIFICANT:
        return (f"growth is not linear (p = {p:.2g}): taken to go on {how}, the interval reaches over both",)
    return ()


def _seen(drifting: PolynomialFit | None, mean: float) -> tuple[str, ...]:
    """What drift could have been there unseen: a test that finds nothing in five epochs proves little."""
    if drifting is None or not mean or drifting.last_term_p() < _SIGNIFICANT:
        return ()
    _, half = drifting.last_term()
    share = half / abs(mean)
    return (
        (f"a drift of up to {100 * share:.2g} % an epoch would not have been noticed",)
        if share > 1e-3
        else ()
    )
