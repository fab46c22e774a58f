"""Text of others made harmless for where it goes: terminals, JSON, spreadsheets, LaTeX, Markdown, HTML.

Labels, names of files and devices, and sentences that quote them come from logs, drivers and users. Nothing
in them may be obeyed by what shows them, and nothing may pass for something else.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

__all__ = [
    "controls_shown",
    "csv_text",
    "html_isolated",
    "html_text",
    "json_text",
    "latex_text",
    "markdown_text",
    "one_line",
]

_OTHER = re.compile(r"[^ -~\n\t]")
# Joiners and the soft hyphen belong to words and emoji; they are seen in no other way, and order nothing.
_JOINERS = "\u00ad\u200c\u200d"


@lru_cache(maxsize=4096)
def _harmless(sign: str) -> bool:
    return sign.isprintable() or sign in _JOINERS or unicodedata.category(sign) == "Zs"


def controls_shown(text: str) -> str:
    r"""The text with every sign that nobody would see as its number in brackets; line ends and tabs stay.

    That is: what terminals obey (escape, carriage return, the C1 controls such as U+009B), what turns the
    writing direction around (UAX 9: one override that nobody closes turns 1.90 J behind it into 09.1),
    separators of lines, and halves of signs, which no file can hold.

    Example:
        >>> controls_shown("evil\u202egnp.exe \x1b[2J")
        'evil[U+202E]gnp.exe [U+001B][2J'
    """
    if text.isprintable():
        return text
    return _OTHER.sub(lambda found: found[0] if _harmless(found[0]) else f"[U+{ord(found[0]):04X}]", text)


def one_line(text: str, columns: int | None = None) -> str:
    r"""A text as one line, blanks and line ends as one blank each, controls shown.

    Args:
        text: a name, a sentence.
        columns: cut it to so many.

    Example:
        >>> one_line("net\n\x1b[31m 18"), one_line("a long name", 7)
        ('net [U+001B][31m 18', 'a long…')
    """
    line = controls_shown(" ".join(text.split()))
    return line if columns is None or len(line) <= columns else f"{line[: columns - 1]}…"


def json_text(data: Any, *, indent: int | None = None, default: Callable[[Any], Any] | None = None) -> str:
    r"""JSON in which every sign that nobody would see is written as its escape: the same data, safe to show.

    Args:
        data: plain data; NaN and infinities are no JSON.
        indent: blanks of each level; None is one line.
        default: makes plain what is not.

    Raises:
        ValueError: a number is not finite.

    Example:
        >>> json_text({"label": "a\x9b\u202e µ"})
        '{"label": "a\\u009b\\u202e µ"}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=indent, default=default)
    if text.isprintable():
        return text
    return _OTHER.sub(lambda found: found[0] if _harmless(found[0]) else json.dumps(found[0])[1:-1], text)


# What spreadsheets run (OWASP, "CSV injection"), in full width too; some of them skip blanks before it.
_FORMULA = re.compile(r"[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
# Besides what RFC 4180 asks for, what other countries' spreadsheets part cells at.
_QUOTED = re.compile(r"[,;|\"\t\r\n]|^\s|\s$")


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    r"""Rows of a CSV table (RFC 4180) in which no text is a formula: such a one gets an apostrophe before it.

    Args:
        rows: cells, the heading first; None is an empty cell, numbers are written in full.

    Example:
        >>> csv_text([["label", "energy_j"], ["=1+1", 0.5], ["net, small", None]])
        'label,energy_j\r\n\'=1+1,0.5\r\n"net, small",\r\n'
    """
    return "".join(",".join(map(_cell, row)) + "\r\n" for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, int):
        return str(value)
    text = controls_shown(str(value))
    text = f"'{text}" if _FORMULA.match(text) else text
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    # ligatures, and what the command before it would take for its argument: \\[2cm], \\*
    **{sign: f"{{{sign}}}" for sign in "-`'[]*"},
}


def latex_text(text: str) -> str:
    r"""One line in which nothing is a command, and nothing is an argument of the command before it.

    Example:
        >>> print(latex_text("R&D [50%] *"))
        R\&D {[}50\%{]} {*}
    """
    return "".join(_LATEX.get(sign, sign) for sign in one_line(text))


def markdown_text(text: str) -> str:
    r"""One line in which nothing is markup: HTML becomes entities, the rest of the signs get a backslash.

    Example:
        >>> print(markdown_text("<b>net_1|2"))
        &lt;b&gt;net\_1\|2
    """
    line = html.escape(one_line(text), quote=False)
    # hyphens and plus signs mean nothing inside the line of a table, and names are full of them
    return re.sub(r"([\\`*_\[\]|~$])", r"\\\1", line)


def html_text(text: str) -> str:
    r"""Text of an element or an attribute of HTML, SVG or XML.

    Example:
        >>> html_text("<b> \x00")
        '&lt;b&gt; [U+0000]'
    """
    return html.escape(controls_shown(text), quote=True)


def html_isolated(text: str) -> str:
    """Text of an element of HTML that cannot turn around what stands beside it, as names in Hebrew would.

    Example:
        >>> html_isolated("net")
        '<bdi>net</bdi>'
    """
    return f"<bdi>{html_text(text)}</bdi>"
