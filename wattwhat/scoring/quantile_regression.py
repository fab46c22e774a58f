"""A line through a low quantile of the points (the only place that needs scipy), and how well it is known."""

from __future__ import annotations

import math
from typing import Any

from wattwhat.errors import ScoreError

__all__ = ["bootstrap_lines", "quantile_line", "quantile_lines"]

_KERNEL = 2.2
_GOLDEN = (5.0**0.5 - 1.0) / 2.0
_AT_ONCE = 500_000  # points of all populations that are worked out together


def quantile_line(x: Any, y: Any, quantile: float, weights: Any = None) -> tuple[float, float]:
    """Intercept and slope >= 0 of the quantile regression of y on x.

    The line minimises the weighted sum of ``quantile * r`` for points above it (residual r > 0) and
    ``(quantile - 1) * r`` for those below (Koenker and Bassett, Econometrica 46, 1978). Solved as the
    dual linear program, which has one bounded variable a point and two rows; the coefficients are the
    prices of these rows.

    Args:
        x: shape (n,).
        y: shape (n,).
        quantile: between 0 and 1; 0.1 leaves about a tenth of the points below the line.
        weights: shape (n,), how often each point counts; None for once.

    Raises:
        ScoreError: scipy is not installed, or no line was found.
    """
    import numpy as np

    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=float)
    # Centred and scaled, so that the solver's absolute tolerances mean the same for every population.
    shift, scale = float(x.mean()), float(x.std()) or 1.0
    base = float(y.mean())
    solution = _linprog()(
        base - y,
        A_ub=((x - shift) / scale)[None, :],
        b_ub=[0.0],
        A_eq=np.ones((1, len(x))),
        b_eq=[0.0],
        bounds=np.column_stack([(quantile - 1.0) * w, quantile * w]),
        method="highs",
    )
    if solution.status != 0:
        raise ScoreError(f"the frontier was not found: the linear program ended with {solution.message!r}")
    slope = max(0.0, -float(solution.ineqlin.marginals[0])) / scale
    return base - float(solution.eqlin.marginals[0]) - slope * shift, slope


def bootstrap_lines(
    x: Any,
    y: Any,
    quantile: float,
    replicates: int,
    generator: Any,
    *,
    line: tuple[float, float],
    u_x: Any = 0.0,
    u_y: Any = 0.0,
) -> tuple[tuple[float, float], ...]:
    """The lines of populations such as this one might have been: how well the line is known.

    A smoothed bootstrap of the points (Efron and Tibshirani, 1993, 16.5). Each population draws the points
    with replacement; a point's height over the line is drawn anew from what its own uncertainty and the
    scatter of all leave possible (a normal posterior), so that errors of measurement do not pass for
    scatter, and is smoothed by a normal kernel. Without a kernel the populations know no height below the
    lowest seen, and their lines lie closer together than those of real populations. The kernel's width,
    2.2 standard deviations over the root of the number of points, is the one at which the odds of letters
    hold in made populations: ``python -m benchmarks scoring`` prints how well.

    Args:
        x: shape (n,), of at least two values.
        y: shape (n,).
        quantile: as in `quantile_line`.
        replicates: how many lines; 0 gives none.
        generator: a numpy random Generator.
        line: the line through the points themselves, as `quantile_line` gives it.
        u_x: standard uncertainties of x, shape (n,) or one for all.
        u_y: likewise of y.
    """
    import numpy as np

    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    intercept, slope = line
    heights = y - intercept - slope * x
    own = np.broadcast_to(np.square(u_y) + np.square(slope * np.asarray(u_x)), x.shape)
    scatter = float(np.var(heights, ddof=1))
    true = max(scatter - float(own.mean()), 0.02 * scatter)
    kept = true / (true + own) if true else np.zeros_like(x)
    middle = heights.mean() + kept * (heights - heights.mean())
    width = np.sqrt(kept * own + _KERNEL**2 * true / len(x))
    lines: list[tuple[float, float]] = []
    while len(lines) < replicates:
        count = min(replicates - len(lines), max(1, _AT_ONCE // len(x)))
        drawn = generator.integers(0, len(x), (count, len(x)))
        several = np.ptp(x[drawn], axis=1) > 0  # populations of one accuracy say nothing of the slope
        if not several.any():
            continue
        drawn = drawn[several]
        rows = middle[drawn] + width[drawn] * generator.standard_normal(drawn.shape)
        rows += slope * x[drawn] + intercept
        lines += zip(*(values.tolist() for values in quantile_lines(x[drawn], rows, quantile)), strict=True)
    return tuple(lines)


def quantile_lines(x: Any, y: Any, quantile: float) -> tuple[Any, Any]:
    """Intercepts and slopes >= 0 of many populations at once, one a row.

    At a given slope the best intercept is a quantile of what is left, and the loss that remains is convex
    in the slope: a golden-section search finds it, for all rows in step.
    """
    import numpy as np

    middle = x.mean(axis=1, keepdims=True)
    x = x - middle
    place = max(0, math.ceil(quantile * x.shape[1]) - 1)

    def at(slopes: Any) -> tuple[Any, Any]:
        rest = y - slopes[:, None] * x
        heights = np.partition(rest, place, axis=1)[:, place]
        rest -= heights[:, None]
        return (quantile * rest - np.minimum(rest, 0.0)).sum(axis=1), heights

    low, high = np.zeros(len(x)), 20.0 * y.std(axis=1) / x.std(axis=1)
    left, right = high - _GOLDEN * high, _GOLDEN * high
    of_left, of_right = at(left)[0], at(right)[0]
    for _ in range(45):
        down = of_left < of_right
        low, high = np.where(down, low, left), np.where(down, right, high)
        new = np.where(down, high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
        of_new = at(new)[0]
        left, right = np.where(down, new, right), np.where(down, left, new)
        of_left, of_right = np.where(down, of_new, of_right), np.where(down, of_left, of_new)
    slopes = 0.5 * (low + high)
    flat, best = at(np.zeros(len(x))), at(slopes)
    slopes = np.where(flat[0] <= best[0], 0.0, slopes)
    heights = np.where(flat[0] <= best[0], flat[1], best[1])
    return heights - slopes * middle[:, 0], slopes


def _linprog() -> Any:
    import importlib

    try:
        return importlib.import_module("scipy.optimize").linprog
    except ImportError as err:
        raise ScoreError(
            "fitting a frontier solves a linear program with scipy, which is not installed; "
            "run: pip install 'wattwhat[frontier]' (a saved reference needs no scipy: FrontierGrade.load)"
        ) from err
