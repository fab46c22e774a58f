"""A label in the manner of the EU energy label, as SVG, and the same for shields-like services, as JSON.

It is not the EU label: the grade is that of the reference it names. Text from files is escaped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import html_text, one_line
from wattwhat.records.formatting import half_width, with_prefix
from wattwhat.records.quantity import Quantity
from wattwhat.records.terminal import columns_of, cut

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.result import ScoreResult

__all__ = ["Badge", "badge_of"]

# From green to red, as the EU label does (regulation 2017/1369); sampled for as many letters as there are.
_COLOURS = ("#00964a", "#52ae32", "#c8d400", "#ffed00", "#fbba00", "#ec6608", "#e30613")
_UNGRADED = "#6b7280"
_WIDTH, _HEIGHT = 240, 340
_SMALL = 42  # letters in a line of small print
_MOST_LINES = 4
_UNGRADED_BY = 170  # how much lower a label is that has no ladder
_LETTERS = "ABCDEFG"


@attrs.frozen(kw_only=True)
class Badge:
    """What the label says.

    Args:
        label: name of the measurement.
        energy: joules of one item (or call, or in total) with the unit, ready to be shown.
        interval: its expanded uncertainty (k=2) in the same unit, or that it is not known.
        per: ``"item"``, ``"call"`` or ``"run"``.
        grade: a letter, or None where there is none.
        letters: the scale's letters, best first.
        odds: probability of the letters in words; empty if not worked out.
        reference: what the grade refers to; empty without one.
        date: of the measurement, as text; empty if unknown.
        provenance: of the energy.
        link: address that a press on the label opens; empty without one.
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
    link: str = ""

    @property
    def colour(self) -> str:
        """The colour of the grade; grey without one."""
        return _UNGRADED if self.grade is None else _colour(self.letters.index(self.grade), len(self.letters))

    @property
    def description(self) -> str:
        """The label in one sentence, for those who cannot see it."""
        grade = "not graded" if self.grade is None else f"grade {self.grade}"
        return f"Energy of {self.label}: {self.energy} per {self.per}, {self.provenance}, {grade}"

    def svg(self) -> str:
        """The label as a self-contained SVG, 240 x 340: higher for a long reference, lower without grade."""
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
    page: str | None = None,
) -> Badge:
    """The label of a measurement.

    Args:
        measurement: whose joules are shown, per item where items are known, else per call, else in total.
        result: the grade; None makes a label without one.
        reference: name of what the grade refers to; None takes it from the result.
        date: None takes that of the measurement.
        page: address of a comparison page that shows the measurement; the label then links to its row.

    Raises:
        ArgumentError: the energy is not known, the result has no letter, or the page is no address.

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
        interval=half_width(energy),
        per=per,
        grade=_grade(result),
        letters=_scale(result),
        odds="" if result is None else result.odds(),
        reference=reference if reference is not None else _reference(result),
        date=date if date is not None else ("" if started is None else f"{started:%Y-%m-%d}"),
        provenance=measurement.provenance,
        link="" if page is None else _row_link(page, measurement),
    )


def _row_link(page: str, measurement: Measurement) -> str:
    """The page's address with the row of this measurement in its fragment."""
    from wattwhat.report.page.rows import row_keys

    scheme = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*(?=:)", page)
    if not page.strip() or (scheme and scheme[0].lower() not in ("http", "https", "file")):
        raise ArgumentError(
            argument="page", expected="an address of http, https or file, or a path", got=page
        )
    return f"{page.partition('#')[0]}#row={row_keys([measurement])[0]}"


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
    text = badge.description
    small = _small_print(badge)
    down = 0 if badge.grade else -_UNGRADED_BY
    height = _HEIGHT + down + 12 * max(0, len(small) - 3)
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{html_text(one_line(text))}" '
        'font-family="Verdana, DejaVu Sans, Arial, sans-serif">',
        f"<title>{html_text(one_line(text))}</title>",
        f'<a href="{html_text(one_line(badge.link))}">' if badge.link else "",
        f'<rect x="1" y="1" width="{_WIDTH - 2}" height="{height - 2}" rx="10" fill="#fff" stroke="#1f3864" '
        'stroke-width="2"/>',
        f'<path d="M1 46V11a10 10 0 0 1 10-10h{_WIDTH - 22}a10 10 0 0 1 10 10v35z" fill="#1f3864"/>',
        '<path d="M25 9l-11 17h8l-4 13 13-18h-8l5-12z" fill="#ffd500"/>',
        _line(40, 21, "ENERGY", 13, fill="#fff", weight="bold", spacing=1.5),
        _line(40, 38, _cut(badge.label, 29), 11, fill="#fff"),
        *(_scale_svg(badge) if badge.grade else ()),
        *_figures_svg(badge, small, down),
        "</a>" if badge.link else "",
        "</svg>",
    ]
    return "\n".join(part for part in body if part) + "\n"


def _scale_svg(badge: Badge) -> list[str]:
    """The arrows, the longer the worse, and the pointer at the grade."""
    step = 168.0 / len(badge.letters)
    tall = step - 3.0
    parts = []
    for number, letter in enumerate(badge.letters):
        y, long = 56 + number * step, 62 + 64 * number / max(len(badge.letters) - 1, 1)
        colour = _colour(number, len(badge.letters))
        parts.append(f'<path d="{_arrow(14, y, long, tall)}" fill="{colour}"/>')
        parts.append(_line(24, y + tall / 2 + 5, letter, 14, fill="#111", weight="bold"))
    grade = badge.grade or ""
    middle, half = 56 + badge.letters.index(grade) * step + tall / 2, 17.0
    parts.append(f'<path d="M160 {middle:.1f}l16 {-half:.1f}h50v{2 * half:.1f}h-50z" fill="#111"/>')
    parts.append(_line(202, middle + 9, grade, 25, fill="#fff", weight="bold", anchor="middle"))
    return parts


def _small_print(badge: Badge) -> list[str]:
    """Odds, reference and date, in lines that are not cut before the fourth of one of them."""
    texts = (
        badge.odds and f"odds: {badge.odds}",
        badge.reference and f"reference: {badge.reference}",
        badge.date,
        "" if badge.grade else "not graded",
    )
    return [line for text in texts if text for line in _in_lines(one_line(text))]


def _in_lines(text: str) -> list[str]:
    lines: list[str] = []
    while text and len(lines) < _MOST_LINES - 1 and columns_of(text) > _SMALL:
        head = cut(text, _SMALL)
        head = head[: head.rfind(" ") + 1].rstrip() or head  # between words, where there are some
        lines.append(head)
        text = text[len(head) :].lstrip()
    return [*lines, _cut(text, _SMALL)]


def _figures_svg(badge: Badge, small: Sequence[str], down: int) -> list[str]:
    middle = _WIDTH // 2
    per = "in total" if badge.per == "run" else f"per {badge.per}"
    lines = [
        f'<path d="M14 {230 + down}H{_WIDTH - 14}" stroke="#1f3864"/>' if badge.grade else "",
        _line(middle, 258 + down, badge.energy, 24, weight="bold", anchor="middle"),
        _line(middle, 274 + down, f"{per}, {badge.provenance}", 11, anchor="middle"),
        _line(middle, 289 + down, badge.interval, 9, fill="#444", anchor="middle"),
    ]
    for number, text in enumerate(small):
        lines.append(_line(middle, 305 + down + 12 * number, text, 8.5, fill="#444", anchor="middle"))
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
    line = one_line(text)
    return line if columns_of(line) <= columns else f"{cut(line, columns - 1)}…"
