"""A comparison as text that fits the terminal, and as HTML for notebooks; every text is escaped there."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from wattwhat.records.escaping import one_line
from wattwhat.records.html_tables import pairs_html
from wattwhat.records.terminal import line_width, shown

if TYPE_CHECKING:
    from wattwhat.analysis.comparison import Comparison

__all__ = ["BASES", "CANNOT_TELL", "REPEATS_NEEDED", "comparison_html", "describe_comparison"]

BASES = ("item", "call", "total")
CANNOT_TELL = "cannot tell"
# What single runs lack.
REPEATS_NEEDED = "how the same work differs from run to run is not known: give repeats of both, or measure()"

_BAR = 40
_NAME_AT_LEAST = 8


def describe_comparison(comparison: Comparison) -> str:
    """A comparison in a few lines: both energies as bars, the verdict, what would help, what is doubtful.

    Args:
        comparison: what to show.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> def run(label, joules):
        ...     return Measurement(label=label, energy_j=Quantity(joules, 1.0, "J"), items=100,
        ...                        details={"blocks": 10})
        >>> from wattwhat.analysis.comparison import compare
        >>> print(describe_comparison(compare(run("a", 50.0), run("b", 100.0))))
        A  a  0.500 ± 0.020 J per item (k=2)
              ████████████████████
        B  b  1.000 ± 0.020 J per item (k=2)
              ████████████████████████████████████████
        A uses less than B: 0.5 times as much energy per item (95 % interval 0.478 to
        0.522)
        note: neither says which channels were read: that they cover the same is taken
          on trust
    """
    c = comparison
    lines = [*_side("A", c.a_label, c.a, c), *_side("B", c.b_label, c.b, c), *_wrapped(c.verdict)]
    if c.outcome == CANNOT_TELL:
        lines += _wrapped(advice(c))
    for sentence in c.warnings:
        lines.append(one_line(f"note: {sentence}"))
    return shown(lines)


def advice(comparison: Comparison) -> str:
    """What would settle a comparison that cannot tell, in a sentence."""
    if not comparison.repeated:
        return REPEATS_NEEDED
    factor = comparison.times_longer()
    if factor is None:
        return "measuring longer would not tell: the sensors' own errors are wider than the difference"
    if factor > 100.0:
        return "they are so close that no reasonable time would tell them apart"
    return f"measure both about {max(factor, 1.1):.2g} times longer to tell"


def comparison_html(comparison: Comparison) -> str:
    """A small table for notebooks.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> m = Measurement(label="<b>", energy_j=Quantity(1, 0.1, "J"), items=1)
        >>> from wattwhat.analysis.comparison import compare
        >>> "<b>" in comparison_html(compare(m, m))
        False
    """
    c = comparison
    basis = "in total" if c.per == "total" else f"per {c.per}"
    rows = [(f"A: {c.a_label}", f"{c.a:U} {basis}"), (f"B: {c.b_label}", f"{c.b:U} {basis}")]
    rows += [("verdict", c.verdict)]
    rows += [("to settle it", advice(c))] if c.outcome == CANNOT_TELL else []
    rows += [("note", sentence) for sentence in c.warnings]
    return pairs_html(c.outcome, rows)


def _side(letter: str, label: str, energy: object, comparison: Comparison) -> list[str]:
    basis = "in total" if comparison.per == "total" else f"per {comparison.per}"
    text = f"{energy:U}".replace(" (k=2)", f" {basis} (k=2)")
    room = max(line_width() - len(text) - 5, _NAME_AT_LEAST)
    return [f"{letter}  {one_line(label, room)}  {text}", *_bar(letter, comparison)]


def _bar(letter: str, comparison: Comparison) -> list[str]:
    most = max(comparison.a.value, comparison.b.value)
    value = comparison.a.value if letter == "A" else comparison.b.value
    if not (most > 0.0 and math.isfinite(most)):
        return []
    return [f"      {'█' * max(round(min(_BAR, line_width() - 6) * (value / most)), 0)}".rstrip()]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(one_line(text), line_width())
