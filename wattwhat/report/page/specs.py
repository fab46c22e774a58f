"""The page's charts, compiled to Vega when the page is made, and the library that draws them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from wattwhat.report.charts import altair, missing

__all__ = ["library_script", "page_specs"]

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
    ``named``, ``unsure`` and ``lines`` come empty.
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
    alt = altair()
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
        _named(alt, "letters")
        .mark_text(fontSize=12, fontWeight="bold", dy=-8, clip=True)
        .encode(x=x("energy"), y=y("accuracy"), text="letter:N")
    )
    front = (
        _named(alt, "front")
        .mark_line(interpolate="step-after", strokeWidth=1.5, strokeDash=[6, 4], clip=True)
        .encode(x=x("energy"), y=y("accuracy"), detail="kind:N", order="order:Q", color=colour)
    )
    across = (
        _named(alt, "rows")
        .mark_rule(opacity=0.5, clip=True)
        .encode(x=x("low"), x2="high", y=y("accuracy"), color=colour)
    )
    up = (
        _named(alt, "rows")
        .mark_rule(opacity=0.5, clip=True)
        .encode(x=x("energy"), y=y("accuracy_low"), y2="accuracy_high", color=colour)
    )
    unsure = _unsure(alt, x("energy"), y("accuracy"))
    names = (
        _named(alt, "named")
        .mark_text(
            align=alt.expr("datum.align"), dx=alt.expr("datum.dx"), dy=-7, limit=180, clip=True, fontSize=11
        )
        .encode(x=x("energy"), y=y("accuracy"), text="name:N")
    )
    layers = [bands, letters, front, across, up, *_points(alt, x("energy"), y("accuracy")), unsure, names]
    return _bare(alt, alt.layer(*layers).add_params(*_domains(alt)))


def _page_dots() -> Any:
    alt = altair()
    y = alt.Y(
        "row:N",
        sort=None,
        axis=alt.Axis(title=None, labelExpr="replace(datum.label, /^[0-9]+\\t/, '')", labelLimit=170),
    )

    def x(field: str) -> Any:
        return _log_x(alt, field)

    across = (
        _named(alt, "rows")
        .mark_rule(opacity=0.5, clip=True)
        .encode(x=x("low"), x2="high", y=y, color=alt.Color("colour:N", scale=None))
    )
    return _bare(
        alt,
        alt.layer(across, *_points(alt, x("energy"), y), _unsure(alt, x("energy"), y)).add_params(
            _domains(alt)[0]
        ),
    )


def _unsure(alt: Any, x: Any, y: Any) -> Any:
    """A sign beside each marker whose energy has no known uncertainty, where others have a bar."""
    return (
        _named(alt, "unsure")
        .mark_text(
            text="?", fontSize=14, fontWeight="bold", align="right", dx=alt.expr("datum.beside"), clip=True
        )
        .encode(x=x, y=y)
    )


def _points(alt: Any, x: Any, y: Any) -> list[Any]:
    """Markers (hollow where estimated), rings around those picked, and a cross-hair for the keyboard."""
    channels = {
        "x": x,
        "y": y,
        "shape": alt.Shape("shape:N", scale=None),
        "size": alt.Size("area:Q", scale=None),
    }
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
    rings = (
        _named(alt, "picked")
        .mark_point(shape="circle", strokeWidth=2.5, filled=False, clip=True, size=320, color="#888")
        .encode(x=x, y=y)
    )
    cursor = (
        _named(alt, "cursor")
        .mark_point(
            shape="circle",
            strokeWidth=1.5,
            strokeDash=[3, 2],
            filled=False,
            clip=True,
            size=560,
            color="#888",
        )
        .encode(x=x, y=y)
    )
    return [points, rings, cursor]


def _page_trace() -> Any:
    alt = altair()
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
        chart.properties(
            width=600,
            height=400,
            background="transparent",
            padding=4,
            autosize=alt.AutoSizeParams(type="fit", contains="padding", resize=True),
        )
        .configure(aria=False)  # the page describes the chart itself
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=12, titleFontSize=13, titleFontWeight="normal", domain=False, tickSize=4
        )
    )


def _vl_convert() -> Any:
    try:
        import vl_convert
    except ImportError as err:
        raise missing("vl-convert-python") from err
    return vl_convert


def _vegalite_version() -> str:
    """The version that Altair writes for, as vl-convert names it: ``6.1``."""
    return ".".join(altair().SCHEMA_VERSION.removeprefix("v").split(".")[:2])
