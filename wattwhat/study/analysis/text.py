"""The analysis as a text for a terminal or a file."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wattwhat.errors import ScoreError
from wattwhat.records.escaping import one_line
from wattwhat.records.formatting import with_prefix
from wattwhat.records.terminal import line_width
from wattwhat.report.text_table import Column, listing
from wattwhat.study.analysis.best import PARITY
from wattwhat.study.analysis.correlations import PROPERTIES
from wattwhat.study.analysis.rows import factors_of, setting_text

if TYPE_CHECKING:
    from wattwhat.study.analysis.analysed import Analysis

__all__ = ["text_of"]

_MOST_MODELS = 40


def text_of(analysis: Analysis) -> Iterator[str]:
    """Lines of the report.

    Args:
        analysis: of a study.
    """
    models = {row.model for row in analysis.rows}
    kinds = Counter(row.measurement.provenance for row in analysis.rows)
    how = ", ".join(f"{count} {name}" for name, count in kinds.items())
    failed = len(analysis.failures)
    yield f"{len(analysis.rows)} cells of {len(models)} models ({how}); {failed} not measured"
    if kinds.keys() & {"estimated", "predicted"}:
        yield (
            "Estimates follow the CPU's time: memory and clocks, which they cannot see, are in none of these "
            "ratios."
        )
    if analysis.drift is not None:
        yield f"The reference cell came back within {100 * analysis.drift:.2g} % of its mean."
    yield from _effects(analysis)
    yield from _tactics(analysis)
    yield from _correlations(analysis)
    yield from _best(analysis)
    yield from _accuracy(analysis)


def _effects(analysis: Analysis) -> Iterator[str]:
    yield from ("", "What moves the energy of one item, and by how much (paired within each model)", "")
    if not analysis.effects:
        yield "No factor has two levels with cells that are alike in everything else."
        return
    rows = [
        [
            one.factor,
            str(one.level),
            str(one.baseline),
            f"x{one.ratio:.3g}",
            _interval(one.low, one.high, one.models),
            str(one.models),
            "" if one.parity_error is None else f"{one.parity_error:.1g}",
        ]
        for one in analysis.effects
    ]
    columns = [Column("factor"), Column("level", shrinks=True), Column("against", shrinks=True)]
    columns += [Column("energy", right=True)]
    columns += [Column("95 %", right=True), Column("models", right=True), Column("error", right=True)]
    yield from listing(columns, rows)
    if any(one.models == 1 for one in analysis.effects):
        yield "* of one model alone: the interval is that of its measurements, not of other models"


def _interval(low: float, high: float, models: int) -> str:
    return f"{low:.3g}-{high:.3g}" + ("*" if models == 1 else "")


def _tactics(analysis: Analysis) -> Iterator[str]:
    if not analysis.tactics:
        return
    yield from ("", "What tactics save a million items of the mean model, and what they cost", "")
    price = analysis.price_per_kwh
    rows = []
    for one in analysis.tactics:
        effect = one.effect
        saved = [
            f"{_level(effect.factor, effect.level)} for {_level(effect.factor, effect.baseline)}",
            _span(one.saved_kwh, one.low, one.high),
        ]
        if price is not None:
            saved.append(_span(*one.money(price)))
        error = "" if effect.parity_error is None else f"{effect.parity_error:.1g}"
        change = "" if one.accuracy_change is None else f"{100.0 * one.accuracy_change:+.2g}"
        rows.append([*saved, error, change])
    columns = [Column("tactic", shrinks=True), Column("kWh (95 %)", right=True)]
    columns += [] if price is None else [Column(f"{one_line(analysis.currency)} (95 %)", right=True)]
    yield from listing([*columns, Column("error", right=True), Column("accuracy, points", right=True)], rows)


def _level(factor: str, level: object) -> str:
    return f"no {factor}" if level is None else setting_text({factor: level}, [factor])


def _span(value: float, low: float, high: float) -> str:
    return f"{value:.3g} ({low:.3g} to {high:.3g})"


def _correlations(analysis: Analysis) -> Iterator[str]:
    yield from ("", "What tells the energy of one item (correlation of logarithms, within a setting)", "")
    if not analysis.correlations:
        yield "Too few models under one setting: at least four are needed."
        return
    rows = [
        [
            PROPERTIES[one.property],
            f"{one.r:.3f}",
            f"{one.low:.3f} to {one.high:.3f}",
            f"{one.slope:.2f}",
            f"{one.models}",
            f"{one.settings}",
        ]
        for one in analysis.correlations
    ]
    names = ("property", "r", "95 %", "power", "models", "settings")
    yield from listing([Column(name, right=name != "property") for name in names], rows)


def _best(analysis: Analysis) -> Iterator[str]:
    yield from ("", f"The best setting of each model (output error up to {PARITY:g})", "")
    names = list(factors_of(analysis.rows))
    several = len({row.hardware for row in analysis.rows}) > 1
    rows = []
    for one in analysis.best[:_MOST_MODELS]:
        alike = f"{len(one.alike)} alike" if one.alike else ""
        setting = setting_text(one.row.setting, names) or "the only one"
        setting += f" on {one.row.hardware}" if several else ""
        each = with_prefix(one.row.energy_j, "J")
        rows.append([one.model, setting, each, f"{100 * one.saving:.3g} %", alike])
    columns = [Column("model", shrinks=True), Column("setting", shrinks=True), Column("an item", right=True)]
    yield from listing([*columns, Column("saves", right=True), Column("")], rows)
    if len(analysis.best) > _MOST_MODELS:
        yield f"and {len(analysis.best) - _MOST_MODELS} more models; best.csv has all"


def _accuracy(analysis: Analysis) -> Iterator[str]:
    yield from ("", "What accuracy costs", "")
    if not analysis.relations:
        yield from textwrap.wrap(f"No relation was fitted: {one_line(analysis.no_relations)}", line_width())
        return
    for fit in analysis.relations:
        yield f"{fit.relation}: R^2 {fit.r_squared:.3f}, AICc {fit.aicc:.1f}, {fit.count} models"
    best = analysis.relations[0]
    middle = sum(best.accuracy_range) / 2.0
    try:
        yield str(best.price(middle))
    except ScoreError as err:
        yield str(err)
