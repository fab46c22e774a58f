"""Efficiency of devices over the years, from the catalogue's data sheets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.predict.devices import KINDS, PRECISIONS, Device, catalogue
from wattwhat.records.coverage import t_quantile

__all__ = ["Trend", "trends"]


@attrs.frozen(kw_only=True)
class Trend:
    """FLOP/s a watt by year: a straight line through its logarithm.

    Args:
        kind: of the devices.
        precision: of the peak.
        points: (year, FLOP/J at peak and TDP, name), by year.
        growth: factor by which it grows in a year.
        low: lower end of the 95 % interval of that.
        high: upper end.
        doubling_years: years in which it doubles; infinite where it does not grow.
    """

    kind: str
    precision: str
    points: tuple[tuple[int, float, str], ...]
    growth: float
    low: float
    high: float

    @property
    def doubling_years(self) -> float:
        """Years in which the efficiency doubles; infinite where it does not grow."""
        return math.log(2.0) / math.log(self.growth) if self.growth > 1.0 else math.inf

    def __str__(self) -> str:
        return (
            f"{self.kind}, {self.precision}: {len(self.points)} devices, x{self.growth:.2f} a year "
            f"(95 % {self.low:.2f} to {self.high:.2f}), doubles in {self.doubling_years:.1f} years"
        )


def trends(devices: Sequence[Device] | None = None) -> tuple[Trend, ...]:
    """How the energy efficiency of peaks has grown over the years, by kind and precision.

    The question of arXiv 2109.05472, asked of the catalogue: dense peak over TDP by year of sale. The
    catalogue is a choice of devices, not a sample of those sold: the interval is for devices chosen alike.

    Args:
        devices: None takes the catalogue.

    Returns:
        One trend for each kind and precision with at least 5 devices of at least 3 years.

    Example:
        >>> gpus = next(one for one in trends() if (one.kind, one.precision) == ("gpu", "fp16"))
        >>> gpus.low > 1.0
        True
    """
    everything = catalogue() if devices is None else devices
    fitted = []
    for kind in KINDS:
        for precision in PRECISIONS:
            points = sorted(
                (one.year, one.peak_flops[precision] / one.tdp_w, one.name)
                for one in everything
                if one.kind == kind and one.year and one.tdp_w and precision in one.peak_flops
            )
            if len(points) >= 5 and len({year for year, _, _ in points}) >= 3:
                fitted.append(_trend(kind, precision, tuple(points)))
    return tuple(fitted)


def _trend(kind: str, precision: str, points: tuple[tuple[int, float, str], ...]) -> Trend:
    years = [float(year) for year, _, _ in points]
    logs = [math.log(value) for _, value, _ in points]
    count = len(points)
    middle, level = math.fsum(years) / count, math.fsum(logs) / count
    across = math.fsum((year - middle) ** 2 for year in years)
    slope = math.fsum((year - middle) * (log - level) for year, log in zip(years, logs, strict=True)) / across
    rest = math.fsum(
        (log - level - slope * (year - middle)) ** 2 for year, log in zip(years, logs, strict=True)
    )
    half = t_quantile(0.95, count - 2) * math.sqrt(rest / (count - 2) / across)
    return Trend(
        kind=kind,
        precision=precision,
        points=points,
        growth=math.exp(slope),
        low=math.exp(slope - half),
        high=math.exp(slope + half),
    )


def plot(fitted: Sequence[Trend] | None = None) -> Any:
    """The trends as an Altair chart: FLOP/J at peak by year; needs the extra ``wattwhat[report]``.

    Args:
        fitted: None takes those of the catalogue.

    Raises:
        ArgumentError: Altair is not installed.
    """
    try:
        import altair
    except ImportError as err:
        raise ArgumentError(
            "needs Altair", argument="plot", remedy="install it with: pip install 'wattwhat[report]'"
        ) from err
    alt: Any = altair
    rows = [
        {"year": year, "efficiency": value, "name": name, "series": f"{one.kind}, {one.precision}"}
        for one in (trends() if fitted is None else fitted)
        for year, value, name in one.points
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("year:Q", scale=alt.Scale(zero=False), axis=alt.Axis(format="d")),
        y=alt.Y("efficiency:Q", scale=alt.Scale(type="log"), title="FLOP/J at peak and TDP"),
        color=alt.Color("series:N", title=None),
    )
    points = base.mark_point(filled=True).encode(tooltip=["name:N", "year:Q", "efficiency:Q"])
    lines = base.transform_regression("year", "efficiency", method="exp", groupby=["series"]).mark_line()
    return points + lines
