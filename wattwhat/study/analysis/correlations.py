"""Correlations: how well a property of a model tells the energy of one item, under one setting.

Pearson's correlation of the logarithms, within each setting and averaged over settings by Fisher's z. The
same models come back in every setting, so the interval is that of as many points as there are models.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import attrs

from wattwhat.records.coverage import coverage_factor
from wattwhat.study.analysis.rows import FACTORS, Row

__all__ = ["PROPERTIES", "Correlation", "correlations_of", "pearson"]

# metric -> what to call it; `activations` are those of convolutions and matrix products together
PROPERTIES: Mapping[str, str] = {
    "flops": "FLOPs",
    "activations": "activations",
    "activations_conv": "activations of convolutions",
    "parameters": "parameters",
    "weight_bytes": "bytes of weights",
    "peak_memory_bytes": "peak memory",
    "latency_p50_s": "latency of a call",
}
_LEAST = 4


@attrs.frozen
class Correlation:
    """How a property of models goes with the energy of one item.

    Args:
        property: name of the metric.
        r: Pearson's correlation of both logarithms, averaged over settings.
        low: lower end of its 95 % interval.
        high: upper end.
        slope: by which power of the property the energy grows, averaged over settings.
        models: how many models, in the setting that has most.
        settings: how many settings.
    """

    property: str
    r: float
    low: float
    high: float
    slope: float
    models: int
    settings: int


def correlations_of(rows: Sequence[Row], coverage: float = 0.95) -> list[Correlation]:
    """The correlation of every property that at least four models have, strongest first.

    Args:
        rows: of a study.
        coverage: of the intervals.
    """
    settings: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        setting = (row.hardware, *(row.setting.get(name) for name in FACTORS))
        settings.setdefault(setting, []).append(row)
    correlations = [_correlation(name, list(settings.values()), coverage) for name in PROPERTIES]
    return sorted((one for one in correlations if one is not None), key=lambda one: -abs(one.r))


def _correlation(name: str, settings: Sequence[Sequence[Row]], coverage: float) -> Correlation | None:
    scores, slopes, most = [], [], 0
    for rows in settings:
        points: dict[str, tuple[float, float]] = {}
        for row in rows:
            value = _property(row, name)
            if value is not None:
                points[row.model] = (math.log(value), math.log(row.energy_j))
        if len(points) < _LEAST:
            continue
        r, slope = pearson(list(points.values()))
        if math.isnan(r):
            continue
        scores.append(math.atanh(max(min(r, 1.0 - 1e-12), -1.0 + 1e-12)))
        slopes.append(slope)
        most = max(most, len(points))
    if not scores:
        return None
    z, half = math.fsum(scores) / len(scores), coverage_factor(coverage) / math.sqrt(most - 3)
    slope = math.fsum(slopes) / len(slopes)
    return Correlation(name, math.tanh(z), math.tanh(z - half), math.tanh(z + half), slope, most, len(scores))


def _property(row: Row, name: str) -> float | None:
    if name != "activations":
        return row.metric(name)
    metrics = row.measurement.metrics
    if "activations_conv" not in metrics and "activations_matmul" not in metrics:
        return None
    return metrics.get("activations_conv", 0.0) + metrics.get("activations_matmul", 0.0) or None


def pearson(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Pearson's correlation and the slope of the second on the first; NaN where one of them does not vary.

    Example:
        >>> pearson([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)])
        (1.0, 2.0)
    """
    n = len(points)
    x_mean, y_mean = math.fsum(x for x, _ in points) / n, math.fsum(y for _, y in points) / n
    xx = math.fsum((x - x_mean) ** 2 for x, _ in points)
    yy = math.fsum((y - y_mean) ** 2 for _, y in points)
    xy = math.fsum((x - x_mean) * (y - y_mean) for x, y in points)
    if xx <= 1e-20 * n or yy <= 1e-20 * n:
        return math.nan, math.nan
    return max(min(xy / math.sqrt(xx * yy), 1.0), -1.0), xy / xx
