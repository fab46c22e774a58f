"""A line through a low quantile of the points, by linear programming; the only room that needs scipy."""

from __future__ import annotations

from typing import Any

from wattwhat.errors import ScoreError

__all__ = ["bootstrap_lines", "quantile_line"]


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
    x: Any, y: Any, quantile: float, replicates: int, generator: Any
) -> tuple[tuple[float, float], ...]:
    """The lines of populations drawn from this one with replacement: how well the line is known.

    Draws in which every accuracy is the same say nothing of the slope and are drawn again.

    Args:
        x: shape (n,).
        y: shape (n,).
        quantile: as in `quantile_line`.
        replicates: how many lines; 0 gives none.
        generator: a numpy random Generator.
    """
    import numpy as np

    x = np.asarray(x, dtype=float)
    lines: list[tuple[float, float]] = []
    while len(lines) < replicates and len(set(x.tolist())) > 1:
        counts = np.bincount(generator.integers(0, len(x), len(x)), minlength=len(x))
        drawn = counts > 0
        if np.ptp(x[drawn]) > 0:
            lines.append(quantile_line(x[drawn], np.asarray(y)[drawn], quantile, counts[drawn]))
    return tuple(lines)


def _linprog() -> Any:
    import importlib

    try:
        return importlib.import_module("scipy.optimize").linprog
    except ImportError as err:
        raise ScoreError(
            "fitting a frontier solves a linear program with scipy, which is not installed; "
            "run: pip install 'wattwhat[frontier]' (a saved reference needs no scipy: FrontierGrade.load)"
        ) from err
