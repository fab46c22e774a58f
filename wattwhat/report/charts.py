"""Charts for further use, by Altair: accuracy against energy, or energy alone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["altair", "missing", "plot"]

_SHAPES = {
    "measured": "circle",
    "imported": "square",
    "mixed": "triangle-up",
    "estimated": "diamond",
    "predicted": "cross",
}


def plot(measurements: Iterable[Measurement], *, metric: str = "accuracy") -> Any:
    """Accuracy against energy as an Altair chart for further use; needs the extra ``wattwhat[report]``.

    Energy per item where any measurement has it, else per call, else of the whole span; the axis says
    which, and measurements without it are left out. Bars are ± U (k = 2), dashed outlines energies of
    unknown U. Without any accuracy, energy alone.

    Args:
        measurements: what to show.
        metric: name of the accuracy in their metrics, a fraction.

    Returns:
        An ``altair.LayerChart`` with the data inside.

    Raises:
        ArgumentError: Altair is not installed, or no measurement has an energy above 0.

    Example:
        >>> import pytest
        >>> _ = pytest.importorskip("altair")
        >>> from wattwhat import Measurement, Quantity
        >>> net = Measurement(label="net", energy_j=Quantity(6, 1, "J"), items=2, metrics={"accuracy": 0.7})
        >>> plot([net]).to_dict()["layer"][-1]["mark"]["type"]
        'point'
    """
    from wattwhat.report.page.bases import BASES, display_unit, energies, preferred

    measured = list(measurements)
    by_basis = [energies(m) for m in measured]
    basis = preferred(by_basis)
    unit, factor = display_unit(one[basis].value for one in by_basis if basis in one)
    rows = [
        _plot_row(m, one[basis] * factor, metric)
        for m, one in zip(measured, by_basis, strict=True)
        if basis in one and one[basis].value > 0
    ]
    if not rows:
        raise ArgumentError(
            "none has an energy above 0, so there is nothing to draw", argument="measurements"
        )
    title = f"{BASES[basis]} ({unit}, log)"
    scored = [row for row in rows if row["accuracy"] is not None]
    return _plot_scatter(scored, title, metric) if scored else _plot_dots(rows, title)


def _plot_row(m: Measurement, energy: Any, metric: str) -> dict[str, Any]:
    from wattwhat.report.page.rows import accuracy_or_reason
    from wattwhat.scoring.population import traits_of

    accuracy, _ = accuracy_or_reason(m, metric)
    u = energy.u if math.isfinite(energy.u) else 0.0
    known_u = accuracy is not None and math.isfinite(accuracy.u)
    return {
        "label": m.label,
        "device": traits_of(m)["device"] or "not named",
        "provenance": m.provenance,
        "energy": energy.value,
        "u": "known" if math.isfinite(energy.u) else "not known",
        # An interval that reaches 0 has no end on a log axis: it is drawn down to a twentieth.
        "energy_low": max(energy.value - 2.0 * u, energy.value / 20.0),
        "energy_high": energy.value + 2.0 * u,
        "accuracy": None if accuracy is None else accuracy.value,
        "accuracy_low": None if accuracy is None else accuracy.value - (2.0 * accuracy.u if known_u else 0.0),
        "accuracy_high": None
        if accuracy is None
        else accuracy.value + (2.0 * accuracy.u if known_u else 0.0),
    }


def _plot_scatter(rows: list[dict[str, Any]], title: str, metric: str) -> Any:
    alt = altair()
    base = alt.Chart(alt.Data(values=rows), width=520, height=340)
    x = alt.X("energy:Q", title=title, scale=alt.Scale(type="log", nice=False, padding=12))
    y = alt.Y("accuracy:Q", title=metric, scale=alt.Scale(zero=False, padding=12), axis=alt.Axis(format="~%"))
    colour = alt.Color("device:N")
    across = base.mark_rule(opacity=0.45).encode(
        x=alt.X("energy_low:Q", title=title), x2="energy_high:Q", y=y, color=colour
    )
    up = base.mark_rule(opacity=0.45).encode(
        x=x, y=alt.Y("accuracy_low:Q", title=metric), y2="accuracy_high:Q", color=colour
    )
    points = base.mark_point(size=60, filled=False, strokeWidth=2).encode(
        x=x,
        y=y,
        color=colour,
        shape=_shape(alt),
        tooltip=["label:N", "device:N", "provenance:N", "energy:Q", "u:N", "accuracy:Q"],
        **_doubts(alt, rows),
    )
    return across + up + points


def _plot_dots(rows: list[dict[str, Any]], title: str) -> Any:
    alt = altair()
    base = alt.Chart(alt.Data(values=rows), width=520)
    x = alt.X("energy:Q", title=title, scale=alt.Scale(type="log", nice=False, padding=12))
    y = alt.Y("label:N", title=None, sort=alt.EncodingSortField("energy"))
    bars = base.mark_rule(opacity=0.45).encode(
        x=alt.X("energy_low:Q", title=title), x2="energy_high:Q", y=y, color=alt.Color("device:N")
    )
    points = base.mark_point(size=60, filled=False, strokeWidth=2).encode(
        x=x,
        y=y,
        color=alt.Color("device:N"),
        shape=_shape(alt),
        tooltip=["label:N", "device:N", "provenance:N", "energy:Q", "u:N"],
        **_doubts(alt, rows),
    )
    return bars + points


def _shape(alt: Any) -> Any:
    return alt.Shape("provenance:N", scale=alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values())))


def _doubts(alt: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Dashed outlines with a legend where the uncertainty of an energy is not known: no bar is not exact."""
    if all(row["u"] == "known" for row in rows):
        return {}
    dashes = alt.Scale(domain=["known", "not known"], range=[[1, 0], [3, 3]])
    return {"strokeDash": alt.StrokeDash("u:N", title="U of the energy", scale=dashes)}


def altair() -> Any:
    """The library Altair.

    Raises:
        ArgumentError: it is not installed; the message says how to install it.
    """
    try:
        import altair as found
    except ImportError as err:
        raise missing("altair") from err
    return found


def missing(library: str) -> ArgumentError:
    """The error to raise where a library of the extra is not installed.

    Example:
        >>> print(missing("altair"))
        charts need altair, which is not installed; install it with: pip install "wattwhat[report]"
    """
    return ArgumentError(
        f'charts need {library}, which is not installed; install it with: pip install "wattwhat[report]"'
    )
