"""Linear growth: a whole training's energy from its first epochs, or from runs on parts of the data."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import attrs

from wattwhat.analysis.forecast import SIGNIFICANT, Forecast, forecast
from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.records.coverage import coverage_factor, t_quantile
from wattwhat.records.quantity import Quantity
from wattwhat.records.validators import listed
from wattwhat.scoring.scaling.joules import check_count, check_number, joules_of
from wattwhat.scoring.scaling.polynomial_fit import PolynomialFit, fit_polynomial

__all__ = ["Forecast", "LinearGrowth", "extrapolate_epochs", "fit_growth", "running_totals"]


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
        return _forecast(interval, self.gain, p, x / self.farthest)


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
    x, energies = listed("x", x), listed("energies", energies)
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

    The epochs not yet run are taken to cost the mean of those that were, or to go on drifting or settling
    where a t test at 5 % finds a drift; the 95 % interval reaches over what could not have been noticed
    (`wattwhat.analysis.forecast.forecast`). Running totals are recognised and taken apart; a note says so.

    Args:
        energies: of each epoch on its own, in order: joules, Quantities or Measurements.
        epochs: of the whole training.
        warmup: how many of the first ones count in the total but are left out of the fit.
        gain: relative standard uncertainty common to all epochs (the sensor's gain); default: from the
            measurements' budgets, the whole u of Quantities, 0 for plain numbers.

    Raises:
        ArgumentError: epochs is smaller than what was measured, or warmup is negative.
        ScoreError: fewer than 2 epochs are left for the fit.

    Example:
        >>> print(extrapolate_epochs([102.0, 100.5, 101.0, 99.5, 100.0, 101.5, 100.5, 101.0], 12))
        1209 J, 95 % 1195 to 1222 J, 1.5 times as far as was measured
          note: a drift of up to 0.32 % a piece would not have been noticed and is in the interval
          note: without any drift: 1209 J, 95 % 1204 to 1214 J
    """
    energies = listed("energies", energies)
    measured = len(energies)
    epochs, warmup = check_count("epochs", epochs), check_count("warmup", warmup)
    if epochs < measured:
        raise ArgumentError(
            f"{epochs!r} in all, and {measured} were measured", argument="epochs", remedy="expected no fewer"
        )
    if measured - warmup < 2 and (epochs > measured or not measured):
        left = "1 epoch is" if measured - warmup == 1 else f"{max(measured - warmup, 0)} epochs are"
        raise ScoreError(f"{left} left for the fit; at least 2 are needed, better 5 or more")
    values, common = joules_of(energies, gain)
    notes: tuple[str, ...] = ()
    if running_totals(values):
        values = [after - before for before, after in itertools.pairwise([0.0, *values])]
        notes = ("these are running totals: the differences were taken as the energies of the epochs",)
    forecasted = forecast(values, measured, epochs, gain=common, skip=min(warmup, measured))
    return attrs.evolve(forecasted, notes=(*notes, *forecasted.notes))


def running_totals(values: Sequence[float]) -> bool:
    """Whether these look like running totals of epochs rather than like epochs: about 1, 2, 3, ... times one.

    Example:
        >>> running_totals([100.0, 203.0, 301.0, 402.0]), running_totals([100.0, 103.0, 101.0, 102.0])
        (True, False)
    """
    if len(values) < 3 or not values[0] > 0:
        return False
    shares = sorted(value / place for place, value in enumerate(values, 1))
    steps = sorted(after - before for before, after in itertools.pairwise(values))
    middle, step = shares[len(shares) // 2], steps[len(steps) // 2]
    return shares[0] > 0.75 * middle and shares[-1] < 1.33 * middle and steps[0] > 0.5 * step > 0


def _interval(
    straight: PolynomialFit, bent: PolynomialFit | None, xs: Sequence[float]
) -> tuple[float, float, float]:
    """Low end, forecast and high end: of the straight law, or where that is rejected, of the bent one.

    A rejection is a false alarm once in twenty, and the bent law is then far off; so the interval after
    a rejection reaches over both laws.
    """
    value, half = straight.sum_at(xs)
    if bent is None or bent.last_term_p() >= SIGNIFICANT:
        return value - half, value, value + half
    other, other_half = bent.sum_at(xs)
    return min(value - half, other - other_half), other, max(value + half, other + other_half)


def _forecast(interval: tuple[float, float, float], gain: float, p: float | None, reach: float) -> Forecast:
    low, value, high = (max(0.0, end) for end in interval)
    k = coverage_factor(0.95)
    common = k * gain * value
    below, above = math.hypot(value - low, common), math.hypot(high - value, common)
    energy = Quantity(value, max(below, above) / k, "J")
    law = "linear" if p is None or p >= SIGNIFICANT else "curved"
    ends = max(0.0, value - below), value + above
    return Forecast(energy, *ends, law, p, reach, notes=_doubts(p))


def _doubts(p: float | None) -> tuple[str, ...]:
    if p is None:
        return ("too few points to tell whether growth is linear",)
    if p < SIGNIFICANT:
        return (f"growth is not linear (p = {p:.2g}): taken to go on curved, the interval reaches over both",)
    return ()
