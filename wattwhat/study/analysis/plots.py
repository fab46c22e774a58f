"""Plots of an analysis, by Altair: as pictures, and as Vega-Lite to go on with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattwhat.records.atomic_write import write_atomically
from wattwhat.report.charts import altair, missing
from wattwhat.study.analysis.rows import setting_text

if TYPE_CHECKING:
    from wattwhat.study.analysis.analysed import Analysis

__all__ = ["charts_of", "write_plots"]


def write_plots(analysis: Analysis, folder: Path) -> list[str]:
    """Write each plot as PNG and as Vega-Lite (JSON); needs the extra ``wattwhat[report]``.

    Args:
        analysis: of a study.
        folder: where to; it must be there.

    Returns:
        Names of the files.

    Raises:
        ArgumentError: Altair or vl-convert is not installed.
        OSError: a file cannot be written.
    """
    charts = charts_of(analysis)
    try:
        import vl_convert
    except ImportError as err:
        raise missing("vl-convert-python") from err
    written = []
    for name, chart in charts.items():
        text = chart.to_json()
        write_atomically(folder / f"{name}.vl.json", text + "\n")
        write_atomically(folder / f"{name}.png", vl_convert.vegalite_to_png(text, scale=2))
        written += [f"{name}.vl.json", f"{name}.png"]
    return written


def charts_of(analysis: Analysis) -> dict[str, Any]:
    """The plots by name; those whose data are not there are left out.

    Args:
        analysis: of a study.
    """
    alt = altair()
    points = [_point(row) for row in analysis.rows if row.reference is None]
    charts = {}
    if analysis.effects:
        charts["effects"] = _effects(alt, analysis)
    for name, title in (("flops", "FLOPs of one item"), ("activations", "activations of one item")):
        if sum(point[name] is not None for point in points) > 1:
            charts[f"energy-against-{name}"] = _scatter(alt, [p for p in points if p[name]], name, title)
    if len({point["batch"] for point in points}) > 1:
        charts["energy-against-batch"] = _by_batch(alt, points)
    return charts


def _point(row: Any) -> dict[str, Any]:
    metrics = row.measurement.metrics
    activations = metrics.get("activations_conv", 0.0) + metrics.get("activations_matmul", 0.0)
    return {
        "model": row.model,
        "how": setting_text(row.setting, ("runtime", "precision", "device")) or "eager",
        "batch": row.setting.get("batch_size"),
        "joules": row.energy_j,
        "flops": row.metric("flops"),
        "activations": activations or None,
    }


def _effects(alt: Any, analysis: Analysis) -> Any:
    rows = [
        {
            "name": f"{one.factor}: {one.level} against {one.baseline}",
            "ratio": one.ratio,
            # an end that is not known is drawn as far as ten times
            "low": max(one.low, one.ratio / 10.0),
            "high": min(one.high, one.ratio * 10.0),
        }
        for one in analysis.effects
    ]
    base = alt.Chart(alt.Data(values=rows), width=460)
    y = alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=320))
    scale = alt.Scale(type="log", nice=False, padding=12)
    bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=_RATIO, scale=scale), x2="high:Q", y=y)
    dots = base.mark_point(size=70, filled=True).encode(x=alt.X("ratio:Q", title=_RATIO, scale=scale), y=y)
    one = alt.Chart(alt.Data(values=[{"one": 1.0}])).mark_rule(strokeDash=[4, 4], color="#888")
    return bars + dots + one.encode(x=alt.X("one:Q", title=_RATIO, scale=scale))


_JOULES = "energy of one item in J (log)"
_RATIO = "energy of one item against the baseline (log, 95 % interval)"


def _scatter(alt: Any, points: list[dict[str, Any]], name: str, title: str) -> Any:
    scale = alt.Scale(type="log", nice=False, padding=12)
    axis = alt.Axis(format="~s")
    return (
        alt.Chart(alt.Data(values=points), width=480, height=340)
        .mark_point(size=50, strokeWidth=2)
        .encode(
            x=alt.X(f"{name}:Q", title=f"{title} (log)", scale=scale, axis=axis),
            y=alt.Y("joules:Q", title=_JOULES, scale=scale, axis=axis),
            color=alt.Color("how:N", title=None),
            shape=alt.Shape("batch:N", title="batch"),
            tooltip=["model:N", "how:N", "batch:Q", "joules:Q", f"{name}:Q"],
        )
    )


def _by_batch(alt: Any, points: list[dict[str, Any]]) -> Any:
    scale = alt.Scale(type="log", nice=False, padding=12)
    return (
        alt.Chart(alt.Data(values=points), width=480, height=340)
        .mark_line(point=True, opacity=0.8)
        .encode(
            x=alt.X("batch:Q", title="batch size (log)", scale=scale),
            y=alt.Y(
                "joules:Q", title="energy of one item in J (log)", scale=scale, axis=alt.Axis(format="~s")
            ),
            color=alt.Color("how:N", title=None),
            detail=["model:N"],
            tooltip=["model:N", "how:N", "batch:Q", "joules:Q"],
        )
    )
