"""A label in the manner of the EU energy label, as SVG, and the same for shields-like services, as JSON.

It is not the EU label: the grade is that of the reference it names. Text from files is escaped.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.coverage import coverage_factor
from wattwhat.records.escaping import html_text, one_line
from wattwhat.records.formatting import with_prefix
from wattwhat.records.quantity import Quantity

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.result import ScoreResult

__all__ = ["Badge", "badge_of"]

# From green to red, as the EU label does (regulation 2017/1369); sampled for as many letters as there are.
_COLOURS = ("#00964a", "#52ae32", "#c8d400", "#ffed00", "#fbba00", "#ec6608", "#e30613")
_UNGRADED = "#6b7280"
_WIDTH, _HEIGHT = 240, 340
_LETTERS = "ABCDEFG"


@attrs.frozen(kw_only=True)
class Badge:
    """What the label says.

    Args:
        label: name of the measurement.
        energy: joules of one item (or call, or in total) with the unit, ready to be shown.
        interval: half of its 95 % interval, ready to be shown; empty if it is not known.
        per: ``"item"``, ``"call"`` or ``"run"``.
        grade: a letter, or None where there is none.
        letters: the scale's letters, best first.
        odds: probability of the letters in words; empty if not worked out.
        reference: what the grade refers to; empty without one.
        date: of the measurement, as text; empty if unknown.
        provenance: of the energy.
    """

    label: str
    energy: str
    interval: str
    per: str
    grade: str | None
    letters: str
    odds: str
    reference: str
    date: str
    provenance: str

    @property
    def colour(self) -> str:
        """The colour of the grade; grey without one."""
        return _UNGRADED if self.grade is None else _colour(self.letters.index(self.grade), len(self.letters))

    def svg(self) -> str:
        """The label as a self-contained SVG, 240 x 340."""
        return _svg(self)

    def shields(self) -> dict[str, Any]:
        """The label for a shields.io endpoint (https://shields.io/badges/endpoint-badge)."""
        grade = "" if self.grade is None else f"{self.grade} · "
        estimated = "" if self.provenance == "measured" else f" ({self.provenance})"
        return {
            "schemaVersion": 1,
            "label": "energy",
            "message": f"{grade}{self.energy}/{self.per}{estimated}",
            "color": self.colour,
        }


def badge_of(
    measurement: Measurement,
    result: ScoreResult | None = None,
    *,
    reference: str | None = None,
    date: str | None = None,
) -> Badge:
    """The label of a measurement.

    Args:
        measurement: whose joules are shown, per item where items are known, else per call, else in total.
        result: the grade; None makes a label without one.
        reference: name of what the grade refers to; None takes it from the result.
        date: None takes that of the measurement.

    Raises:
        ArgumentError: the energy is not known, or the result has no letter.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> from wattwhat.scoring import ScoreResult
        >>> run = Measurement(label="resnet18", energy_j=Quantity(13.1, 0.2, "J"), items=100)
        >>> badge_of(run, ScoreResult("grade", None, "B", {"B": 0.87, "C": 0.13})).shields()["message"]
        'B · 131 mJ/item'
    """
    per, energy = _finest(measurement)
    if not math.isfinite(energy.value):
        raise ArgumentError(f"the energy of {measurement.label!r} is not known: there is nothing to label")
    started = measurement.started_at
    return Badge(
        label=measurement.label,
        energy=with_prefix(energy.value, "J"),
        interval=""
        if math.isinf(energy.u)
        else f"± {with_prefix(coverage_factor(0.95) * energy.u, 'J')} (95 %)",
        per=per,
        grade=_grade(result),
        letters=_scale(result),
        odds="" if result is None else result.odds(),
        reference=reference if reference is not None else _reference(result),
        date=date if date is not None else ("" if started is None else f"{started:%Y-%m-%d}"),
        provenance=measurement.provenance,
    )


def _finest(measurement: Measurement) -> tuple[str, Quantity]:
    per_item, per_call = measurement.energy_per_item_j, measurement.energy_per_call_j
    if per_item is not None:
        return "item", per_item
    return ("run", measurement.energy_j) if per_call is None else ("call", per_call)


def _grade(result: ScoreResult | None) -> str | None:
    if result is None:
        return None
    if not result.grade or not re.fullmatch("[A-Z]", result.grade):
        raise ArgumentError(f"{result.name} gives {result.grade!r}, and a label shows one letter: A, B, ...")
    return result.grade


def _scale(result: ScoreResult | None) -> str:
    """The letters of the scale: those the result has odds for, else A to G, and up to the grade at least."""
    if result is None or result.grade is None:
        return _LETTERS
    known = [letter for letter in (result.probabilities or {}) if re.fullmatch("[A-Z]", letter)]
    # odds may leave out letters that cannot be; five letters is the shortest scale in use
    last = max([*known, result.grade, "E"])
    last = "G" if "E" < last < "G" else last
    return "".join(chr(code) for code in range(ord("A"), ord(last) + 1))


def _reference(result: ScoreResult | None) -> str:
    if result is None:
        return ""
    stated = result.details.get("reference")
    return stated if isinstance(stated, str) else result.name


def _colour(number: int, count: int) -> str:
    return _COLOURS[round(number * (len(_COLOURS) - 1) / max(count - 1, 1))]


def _svg(badge: Badge) -> str:
    said = _description(badge)
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{html_text(one_line(said))}" '
        'font-family="Verdana, DejaVu Sans, Arial, sans-serif">',
        f"<title>{html_text(one_line(said))}</title>",
        f'<rect x="1" y="1" width="{_WIDTH - 2}" height="{_HEIGHT - 2}" rx="10" fill="#fff" stroke="#1f3864" '
        'stroke-width="2"/>',
        f'<path d="M1 46V11a10 10 0 0 1 10-10h{_WIDTH - 22}a10 10 0 0 1 10 10v35z" fill="#1f3864"/>',
        '<path d="M25 9l-11 17h8l-4 13 13-18h-8l5-12z" fill="#ffd500"/>',
        _line(40, 21, "ENERGY", 13, fill="#fff", weight="bold", spacing=1.5),
        _line(40, 38, _cut(badge.label, 29), 11, fill="#fff"),
        *_scale_svg(badge),
        *_figures_svg(badge),
        "</svg>",
    ]
    return "\n".join(part for part in body if part) + "\n"


def _description(badge: Badge) -> str:
    grade = "not graded" if badge.grade is None else f"grade {badge.grade}"
    return f"Energy of {badge.label}: {badge.energy} per {badge.per}, {badge.provenance}, {grade}"


def _scale_svg(badge: Badge) -> list[str]:
    """The arrows, the longer the worse, and the pointer at the grade."""
    step = 168.0 / len(badge.letters)
    tall = step - 3.0
    parts = []
    for number, letter in enumerate(badge.letters):
        y, long = 56 + number * step, 62 + 64 * number / max(len(badge.letters) - 1, 1)
        faded = ' opacity="0.35"' if badge.grade is None else ""
        colour = _colour(number, len(badge.letters))
        parts.append(f'<path d="{_arrow(14, y, long, tall)}" fill="{colour}"{faded}/>')
        parts.append(_line(24, y + tall / 2 + 5, letter, 14, fill="#111", weight="bold"))
    if badge.grade is not None:
        y = 56 + badge.letters.index(badge.grade) * step
        tip = 160
        middle, half = y + tall / 2, 17.0
        d = f"M{tip} {middle:.1f}l16 {-half:.1f}h50v{2 * half:.1f}h-50z"
        parts.append(f'<path d="{d}" fill="#111"/>')
        parts.append(_line(202, middle + 9, badge.grade, 25, fill="#fff", weight="bold", anchor="middle"))
    else:
        parts.append(_line(226, 144, "not graded", 11, fill="#444", anchor="end"))
    return parts


def _figures_svg(badge: Badge) -> list[str]:
    middle = _WIDTH // 2
    per = "in total" if badge.per == "run" else f"per {badge.per}"
    lines = [
        f'<path d="M14 230H{_WIDTH - 14}" stroke="#1f3864"/>',
        _line(middle, 258, badge.energy, 24, weight="bold", anchor="middle"),
        _line(middle, 274, f"{per}, {badge.provenance}", 11, anchor="middle"),
    ]
    if badge.interval:
        lines.append(_line(middle, 289, badge.interval, 9, fill="#444", anchor="middle"))
    small = [
        badge.odds and f"odds: {_cut(badge.odds, 36)}",
        badge.reference and f"reference: {badge.reference}",
    ]
    small.append(badge.date)
    for number, text in enumerate(text for text in small if text):
        lines.append(_line(middle, 305 + 12 * number, _cut(text, 42), 8.5, fill="#444", anchor="middle"))
    return lines


def _arrow(x: float, y: float, long: float, tall: float) -> str:
    return f"M{x} {y:.1f}h{long:.1f}l{tall / 2:.1f} {tall / 2:.1f}l{-tall / 2:.1f} {tall / 2:.1f}H{x}z"


def _line(
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    fill: str = "#111",
    weight: str = "normal",
    anchor: str = "start",
    spacing: float = 0.0,
) -> str:
    spaced = f' letter-spacing="{spacing}"' if spacing else ""
    return (
        f'<text x="{x}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}"{spaced}>{html_text(one_line(text))}</text>'
    )


def _cut(text: str, columns: int) -> str:
    """At most so many columns; East Asian wide letters take two."""
    line, used = one_line(text), 0
    for number, sign in enumerate(line):
        used += 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if used > columns:
            return f"{line[: max(number - 1, 1)]}…"
    return line
