"""The charts, as Vega-Lite by way of Altair: accuracy against energy, energy alone, power over time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError

if TYPE_CHECKING:
    from wattwhat.measurement import Measurement

__all__ = ["library_script", "page_specs", "plot"]

# Vega Embed carries Vega and the interpreter of its expressions; the name `vega` itself is null in the
# bundles of vl-convert 1.9.
_SNIPPET = "window.vegaEmbed = vegaEmbed;"
# Labels at 1, 2 and 5 of each decade; at all ticks of a short axis, at the decades of a long one.
_DIGIT = "round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))"
_SPAN = "energyDomain[1] / energyDomain[0]"
_LABEL = (
    f"{_SPAN} < 8 || {_DIGIT} == 1 || ({_SPAN} < 3000 && ({_DIGIT} == 2 || {_DIGIT} == 5))"
    " ? (datum.value < 1000 ? format(datum.value, '.3~g') : format(datum.value, ',.0f')) : ''"
)
_SHAPES = {"measured": "circle", "imported": "square", "mixed": "triangle-up", "estimated": "diamond"}


def plot(measurements: Iterable[Measurement], *, metric: str = "accuracy") -> Any:
    """Accuracy against energy as an Altair chart for further use; needs the extra ``wattwhat[report]``.

    Energy per item where any measurement has it, else per call, else of the whole span; the axis says
    which, and measurements without it are left out. Bars are ± U (k = 2). Without any accuracy, energy alone.

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

    found = list(measurements)
    by_basis = [energies(m) for m in found]
    basis = preferred(by_basis)
    unit, factor = display_unit(one[basis].value for one in by_basis if basis in one)
    rows = [
        _plot_row(m, one[basis] * factor, metric)
        for m, one in zip(found, by_basis, strict=True)
        if basis in one and one[basis].value > 0
    ]
    if not rows:
        raise ArgumentError("measurements: none has an energy above 0, so there is nothing to draw")
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
        # An interval that reaches 0 has no end on a log axis: it is drawn down to a twentieth.
        "energy_low": max(energy.value - 2.0 * u, energy.value / 20.0),
        "energy_high": energy.value + 2.0 * u,
        "accuracy": None if accuracy is None else accuracy.value,
        "accuracy_low": None if accuracy is None else accuracy.value - (2.0 * accuracy.u if known_u else 0.0),
        "accuracy_high": None if accuracy is None else accuracy.value + (2.0 * accuracy.u if known_u else 0.0),
    }


def _plot_scatter(rows: list[dict[str, Any]], title: str, metric: str) -> Any:
    alt = _altair()
    base = alt.Chart(alt.Data(values=rows), width=520, height=340)
    x = alt.X("energy:Q", title=title, scale=alt.Scale(type="log", nice=False, padding=12))
    y = alt.Y("accuracy:Q", title=metric, scale=alt.Scale(zero=False, padding=12), axis=alt.Axis(format="~%"))
    colour = alt.Color("device:N")
    across = base.mark_rule(opacity=0.45).encode(x=alt.X("energy_low:Q", title=title), x2="energy_high:Q", y=y, color=colour)
    up = base.mark_rule(opacity=0.45).encode(
        x=x, y=alt.Y("accuracy_low:Q", title=metric), y2="accuracy_high:Q", color=colour
    )
    points = base.mark_point(size=60, filled=False, strokeWidth=2).encode(
        x=x, y=y, color=colour, shape=_shape(alt), tooltip=["label:N", "device:N", "provenance:N", "energy:Q", "accuracy:Q"]
    )
    return across + up + points


def _plot_dots(rows: list[dict[str, Any]], title: str) -> Any:
    alt = _altair()
    base = alt.Chart(alt.Data(values=rows), width=520)
    x = alt.X("energy:Q", title=title, scale=alt.Scale(type="log", nice=False, padding=12))
    y = alt.Y("label:N", title=None, sort=alt.EncodingSortField("energy"))
    bars = base.mark_rule(opacity=0.45).encode(
        x=alt.X("energy_low:Q", title=title), x2="energy_high:Q", y=y, color=alt.Color("device:N")
    )
    points = base.mark_point(size=60, filled=False, strokeWidth=2).encode(
        x=x, y=y, color=alt.Color("device:N"), shape=_shape(alt), tooltip=["label:N", "device:N", "provenance:N", "energy:Q"]
    )
    return bars + points


def _shape(alt: Any) -> Any:
    return alt.Shape("provenance:N", scale=alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values())))


# The page -----------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def library_script() -> str:
    """Vega as one script without imports, as vl-convert bundles it."""
    script = str(_vl_convert().javascript_bundle(_SNIPPET, vl_version=_vegalite_version()))
    # Inside a script element only these two can end or change the parsing.
    return script.replace("\r\n", "\n").replace("</script", "<\\/script").replace("<!--", "<\\!--")


@lru_cache(maxsize=1)
def _compiled() -> dict[str, Any]:
    convert, version = _vl_convert().vegalite_to_vega, _vegalite_version()
    charts = {"scatter": _page_scatter(), "dots": _page_dots(), "trace": _page_trace()}
    return {name: convert(chart.to_dict(), vl_version=version) for name, chart in charts.items()}


def page_specs() -> dict[str, Any]:
    """The page's charts as Vega specifications; the page's script puts in data, titles and domains.

    Texts that begin with ``$`` are filled in there, and the data sets ``rows``, ``bands``, ``front``,
    ``named`` and ``lines`` come empty.
    """
    return dict(_compiled())


def _named(alt: Any, name: str) -> Any:
    return alt.Chart(alt.NamedData(name))


def _domains(alt: Any) -> tuple[Any, Any]:
    return (
        alt.param(name="energyDomain", value=[0.1, 10.0]),
        alt.param(name="accuracyDomain", value=[0.0, 1.0]),
    )


def _log_x(alt: Any, field: str) -> Any:
    scale = alt.Scale(type="log", domain=alt.expr("energyDomain"), nice=False, zero=False)
    axis = alt.Axis(title="$energy", labelExpr=_LABEL, labelOverlap="greedy", tickCount=6, grid=True)
    return alt.X(f"{field}:Q", scale=scale, axis=axis)


def _page_scatter() -> Any:
    alt = _altair()
    scale = alt.Scale(domain=alt.expr("accuracyDomain"), nice=False, zero=False)
    axis = alt.Axis(title="$accuracy", format="~%", tickCount=6, labelOverlap=True)

    def x(field: str) -> Any:
        return _log_x(alt, field)

    def y(field: str) -> Any:
        return alt.Y(f"{field}:Q", scale=scale, axis=axis)

    colour = alt.Color("colour:N", scale=None)
    # One band is a closed outline: up along its lower energies, down along its higher ones.
    bands = (
        _named(alt, "bands")
        .mark_area(orient="horizontal", opacity=0.16, clip=True)
        .encode(x=x("low"), x2="high", y=y("accuracy"), color=colour, detail="letter:N")
    )
    letters = (
        _named(alt, "letters").mark_text(fontSize=12, fontWeight="bold", dy=-8, clip=True).encode(x=x("energy"), y=y("accuracy"), text="letter:N")
    )
    front = (
        _named(alt, "front")
        .mark_line(interpolate="step-after", strokeWidth=1.5, strokeDash=[6, 4], clip=True)
        .encode(x=x("energy"), y=y("accuracy"), detail="kind:N", order="order:Q", color=colour)
    )
    across = (
        _named(alt, "rows").mark_rule(opacity=0.5, clip=True).encode(x=x("low"), x2="high", y=y("accuracy"), color=colour)
    )
    up = (
        _named(alt, "rows")
        .mark_rule(opacity=0.5, clip=True)
        .encode(x=x("energy"), y=y("accuracy_low"), y2="accuracy_high", color=colour)
    )
    names = (
        _named(alt, "named")
        .mark_text(align=alt.expr("datum.align"), dx=alt.expr("datum.dx"), dy=-7, limit=180, clip=True, fontSize=11)
        .encode(x=x("energy"), y=y("accuracy"), text="name:N")
    )
    layers = [bands, letters, front, across, up, *_points(alt, x("energy"), y("accuracy")), names]
    return _bare(alt, alt.layer(*layers).add_params(*_domains(alt)))


def _page_dots() -> Any:
    alt = _altair()
    y = alt.Y("row:N", sort=None, axis=alt.Axis(title=None, labelExpr="replace(datum.label, /^[0-9]+\\t/, '')", labelLimit=170))

    def x(field: str) -> Any:
        return _log_x(alt, field)

    across = (
        _named(alt, "rows")
        .mark_rule(opacity=0.5, clip=True)
        .encode(x=x("low"), x2="high", y=y, color=alt.Color("colour:N", scale=None))
    )
    return _bare(alt, alt.layer(across, *_points(alt, x("energy"), y)).add_params(_domains(alt)[0]))


def _points(alt: Any, x: Any, y: Any) -> list[Any]:
    """Markers (hollow where estimated), rings around those picked, and a cross-hair for the keyboard."""
    channels = {"x": x, "y": y, "shape": alt.Shape("shape:N", scale=None), "size": alt.Size("area:Q", scale=None)}
    points = (
        _named(alt, "rows")
        .mark_point(strokeWidth=1.8, clip=True)
        .encode(
            **channels,
            stroke=alt.Stroke("colour:N", scale=None),
            fill=alt.Fill("colour:N", scale=None),
            fillOpacity=alt.FillOpacity("filled:Q", scale=None),
        )
    )
    rings = _named(alt, "picked").mark_point(shape="circle", strokeWidth=2.5, filled=False, clip=True, size=320, color="#888").encode(x=x, y=y)
    cursor = _named(alt, "cursor").mark_point(shape="circle", strokeWidth=1.5, strokeDash=[3, 2], filled=False, clip=True, size=560, color="#888").encode(x=x, y=y)
    return [points, rings, cursor]


def _page_trace() -> Any:
    alt = _altair()
    lines = (
        _named(alt, "lines")
        .mark_line(strokeWidth=1.5)
        .encode(
            x=alt.X("t_s:Q", title="time (s)", axis=alt.Axis(grid=False)),
            y=alt.Y("power_w:Q", title="power (W)", axis=alt.Axis(tickCount=5)),
            color=alt.Color("colour:N", scale=None),
            detail="name:N",
        )
    )
    return _bare(alt, lines)


def _bare(alt: Any, chart: Any) -> Any:
    """Size comes from the page, colours of text and grid from its style sheet."""
    return (
        chart.properties(width=600, height=400, background="transparent", padding=4, autosize=alt.AutoSizeParams(type="fit", contains="padding", resize=True))
        .configure(aria=False)  # the page describes the chart itself
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=13, titleFontWeight="normal", domain=False, tickSize=4)
    )


# Optional libraries -------------------------------------------------------------------------------


def _altair() -> Any:
    try:
        import altair
    except ImportError as err:
        raise ArgumentError(_INSTALL.format("altair")) from err
    return altair


def _vl_convert() -> Any:
    try:
        import vl_convert
    except ImportError as err:
        raise ArgumentError(_INSTALL.format("vl-convert-python")) from err
    return vl_convert


_INSTALL = 'charts need {}, which is not installed; install it with: pip install "wattwhat[report]"'


def _vegalite_version() -> str:
    """The version that Altair writes for, as vl-convert names it: ``6.1``."""
    return ".".join(_altair().SCHEMA_VERSION.removeprefix("v").split(".")[:2])
