"""What one value holds of the power before it: averaging window, rise and delay, by least squares.

A sensor's value at a tick is taken as ``base + drift t + swing R``, where R is the known load behind a
first-order filter (time constant `rise`), averaged over a boxcar (`window`) that ends `delay` before the
value appears. The three linear numbers are solved for; the other three are found where the sum of squares
is least: a coarse search, then Levenberg-Marquardt. For rise = 0 this is the published method (least
squares over the width of the boxcar, arXiv 2312.02741).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from wattwhat.calibration.record import Timeline

if TYPE_CHECKING:
    from wattwhat.calibration.record import Array

__all__ = ["Response", "fit_response"]

_FEWEST = 8
_MOST = 1500
_RISES_S = (0.0, 0.02, 0.06, 0.15, 0.3, 0.7)
_STARTS = 5


@attrs.frozen
class Response:
    """How a channel answers the load.

    Args:
        window_s: width of the boxcar, in s.
        rise_s: time constant, in s.
        delay_s: from the end of the boxcar to the value, in s.
        swing_w: what the load adds, in W.
        u: standard uncertainties of these four, from the residuals.
        explained: part of the readings' variance that the model explains, 0 to 1.
        residual_w: standard deviation of what is left, in W.
    """

    window_s: float
    rise_s: float
    delay_s: float
    swing_w: float
    u: tuple[float, float, float, float]
    explained: float
    residual_w: float


def fit_response(
    load: Timeline,
    seen_s: Array,
    powers_w: Array,
    period_s: float,
    spans_s: Array | None = None,
    timing_s: float = 0.0,
) -> Response | str:
    """Fit window, rise and delay to values that answer a known load.

    Args:
        load: when the load was on.
        seen_s: when each value appeared, in s.
        powers_w: the values: shown power, or energy over time between two ticks of a counter, in W.
        period_s: update period, which sets the range of the search.
        spans_s: where the time that each value holds is known (a counter that is faster than the looks),
            that time; the window is not fitted then.
        timing_s: standard uncertainty of ``seen_s``. Where that explains what a fit without rise leaves
            over, or a rise hardly improves the fit, there is none: a short rise and a delay look alike.

    Returns:
        The response, or a sentence why there is none.
    """
    import numpy as np

    if len(seen_s) > _MOST:
        seen_s, powers_w = seen_s[:_MOST], powers_w[:_MOST]
        spans_s = None if spans_s is None else spans_s[:_MOST]
    if len(seen_s) < _FEWEST:
        return f"{len(seen_s)} new values are too few to see how it answers a load; take more --seconds"
    fit = _Fit(load, np.asarray(seen_s), np.asarray(powers_w), spans_s)
    if fit.variance <= 0.0:
        return "the load did not move it"
    bounds = np.array([[period_s / 100.0, 25.0 * period_s], [0.0, 3.0], [-0.01, 2.0 * period_s + 0.5]])
    windows = np.geomspace(period_s / 30.0, 15.0 * period_s, 22) if spans_s is None else [period_s]
    delays = np.concatenate([np.linspace(0.0, period_s, 6), period_s + np.array([0.05, 0.15, 0.3])])
    grid = [(w, r, d) for r in _RISES_S for w in windows for d in delays]
    squares = [float(np.sum(fit.residuals(np.array(point)) ** 2)) for point in grid]
    starts = _apart([np.array(grid[place]) for place in np.argsort(squares)], _STARTS)
    best = min((fit.descend(start, bounds) for start in starts), key=lambda one: one[1])
    plain = fit.without_rise(best[0], bounds)
    if plain[1] <= best[1] * (1.0 + 4.0 / fit.freedom) + fit.timing_square(plain[0], timing_s):
        rise, delay = float(best[0][1]), abs(float(best[0][2] - plain[0][2]))
        fit.fitted.remove(1)
        return fit.response(*plain, (0.0, rise, math.hypot(delay, timing_s)))
    return fit.response(*best, (0.0, 0.0, timing_s))


def _apart(points: list[Array], count: int) -> list[Array]:
    """The first points that are not neighbours of one before."""
    kept: list[Array] = []
    for point in points:
        if all(abs(math.log(point[0] / other[0])) > 0.4 or point[1] != other[1] for other in kept):
            kept.append(point)
        if len(kept) == count:
            break
    return kept


class _Fit:
    """The sum of squares as a function of (window, rise, delay), and the way down."""

    def __init__(self, load: Timeline, seen_s: Array, powers_w: Array, spans_s: Array | None) -> None:
        import numpy as np

        self.load, self.seen_s, self.powers_w, self.spans_s = load, seen_s, powers_w, spans_s
        middle, width = np.mean(seen_s), max(float(np.ptp(seen_s)), 1e-9)
        linear = np.stack([np.ones_like(seen_s), (seen_s - middle) / width], axis=1)
        self.basis = np.linalg.qr(linear)[0]
        self.rest = self._free(powers_w)
        self.variance = float(np.sum(self.rest**2))
        if self.variance <= 1e-18 * float(np.sum(powers_w**2)):
            self.variance = 0.0
        self.fitted = [0, 1, 2] if spans_s is None else [1, 2]
        self.freedom = max(len(seen_s) - 3 - len(self.fitted), 1)

    def _free(self, values: Array) -> Array:
        """What is left after mean and linear drift."""
        rest: Array = values - self.basis @ (self.basis.T @ values)
        return rest

    def _shape(self, point: Array) -> Array:
        window, rise, delay = point
        ends = self.seen_s - delay
        return self._free(
            self.load.mean(ends - (window if self.spans_s is None else self.spans_s), ends, rise)
        )

    def _swing(self, shape: Array) -> float:
        square = float(shape @ shape)
        return float(shape @ self.rest) / square if square > 1e-12 else 0.0

    def residuals(self, point: Array) -> Array:
        shape = self._shape(point)
        # a load does not save power: a negative swing is no answer to it
        return self.rest - max(self._swing(shape), 0.0) * shape

    def slopes(self, point: Array) -> Array:
        """Numerical derivatives of the residuals, a column for each fitted number."""
        import numpy as np

        columns = []
        for place in self.fitted:
            step = 1e-4 + 1e-3 * point[place]
            up, down = point.copy(), point.copy()
            up[place] += step
            down[place] -= step if place == 2 else min(step, 0.9 * point[place])
            columns.append((self.residuals(up) - self.residuals(down)) / (up[place] - down[place]))
        return np.stack(columns, axis=1)

    def descend(self, point: Array, bounds: Array) -> tuple[Array, float]:
        """Levenberg-Marquardt from a starting point, kept within bounds; the point and its sum of squares."""
        import numpy as np

        residuals = self.residuals(point)
        square, damping = float(residuals @ residuals), 1e-2
        for _ in range(60):
            slopes = self.slopes(point)
            normal = slopes.T @ slopes
            scale = np.diag(np.maximum(np.diag(normal), 1e-12 * max(float(np.trace(normal)), 1e-30)))
            step = np.linalg.lstsq(normal + damping * scale, slopes.T @ residuals, rcond=None)[0]
            trial = point.copy()
            trial[self.fitted] -= step
            trial = np.clip(trial, bounds[:, 0], bounds[:, 1])
            tried = self.residuals(trial)
            new = float(tried @ tried)
            if new < square:
                small = square - new < 1e-9 * square
                point, residuals, square, damping = trial, tried, new, damping / 5.0
                if small or square < 1e-16 * self.variance:
                    break
            else:
                damping *= 4.0
                if damping > 1e8:
                    break
        return point, square

    def without_rise(self, point: Array, bounds: Array) -> tuple[Array, float]:
        """The best that can be had with a rise of 0, near a point."""
        import numpy as np

        fixed = bounds.copy()
        fixed[1] = 0.0
        # the delay takes over the rise's part of the lag, or as much of it as fits better
        starts = [np.array([point[0], 0.0, point[2] + part * point[1]]) for part in (0.0, 0.5, 1.0)]
        self.fitted, both = [place for place in self.fitted if place != 1], self.fitted
        best = min((self.descend(start, fixed) for start in starts), key=lambda one: one[1])
        self.fitted = both
        return best

    def timing_square(self, point: Array, timing_s: float) -> float:
        """The sum of squares that such an uncertainty of the times leaves."""
        import numpy as np

        moved = self.residuals(point) - self.residuals(np.add(point, [0.0, 0.0, timing_s]))
        return float(moved @ moved)

    def response(self, point: Array, square: float, known_u: tuple[float, float, float]) -> Response:
        """The result at a point; ``known_u`` is what is uncertain besides the residuals."""
        import numpy as np

        noise = square / self.freedom
        slopes = self.slopes(point)
        variances = np.diag(np.linalg.pinv(slopes.T @ slopes)) * noise
        u = list(known_u)
        for place, variance in zip(self.fitted, variances.tolist(), strict=True):
            u[place] = math.hypot(u[place], math.sqrt(max(variance, 0.0)))
        shape = self._shape(point)
        swing_u = math.sqrt(noise / max(float(shape @ shape), 1e-12))
        window, rise, delay = point.tolist()
        return Response(
            window,
            rise,
            delay,
            max(self._swing(shape), 0.0),
            (u[0], u[1], u[2], swing_u),
            1.0 - square / self.variance,
            math.sqrt(noise),
        )
