"""Text for people as their terminal can show it: no wider than it is, and in letters that it has."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

__all__ = ["WIDTH", "columns_of", "cut", "folded", "line_width", "shown", "spelled"]

WIDTH = 80
_NARROWEST = 20  # below it nothing is readable, whatever is done
# Signs of ours, as they are written where there is only ASCII.
_PLAIN = {"±": "+/-", "µ": "u", "–": "-", "…": "~", "·": ",", "█": "#", "\N{NO-BREAK SPACE}": " "}


def line_width() -> int:
    """How wide a line may be: as the terminal or COLUMNS says, at most 80 and at least 20 columns."""
    return max(_NARROWEST, min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))


def shown(lines: Iterable[str]) -> str:
    """Lines as the one text that standard output can show."""
    return spelled("\n".join(folded(lines)))


def folded(lines: Iterable[str], width: int | None = None) -> list[str]:
    r"""Lines of which none is wider; what is left of one goes on below it, further in.

    Args:
        lines: without line ends.
        width: in columns; None takes that of the terminal.

    Example:
        >>> folded(["  energy  12.0 ± 1.0 J"], 20)
        ['  energy  12.0 ± 1.0', '    J']
    """
    most = line_width() if width is None else width
    return [part for line in lines for part in ([line] if columns_of(line) <= most else _fold(line, most))]


def _fold(line: str, width: int) -> list[str]:
    indent = re.match(r" *", line)[0][: width // 3]  # type: ignore[index]
    lines, current, room = [], "", width
    for blanks, word in re.findall(r"(\s*)(\S+)", line):
        if current and columns_of(current + blanks + word) > room:
            lines.append(current)
            current, blanks, room = "", f"{indent}  ", width
        current += blanks + word
        while columns_of(current) > width:  # a word that no line holds
            head = cut(current, width)
            lines.append(head)
            current = f"{indent}  {current[len(head) :]}"
    return [*lines, current]


def spelled(text: str, stream: Any = None) -> str:
    r"""A text in letters that a stream has: ``+/-`` where it has no ``±``, escapes for what has no likeness.

    Python ends a print of a letter that the stream has not with an error (PEP 3138 spares `repr` alone).

    Args:
        text: what is to be printed.
        stream: where; None is standard output.

    Example:
        >>> import io
        >>> spelled("naïve: 12.0 ± 1.0 J", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
        'na\\xefve: 12.0 +/- 1.0 J'
    """
    encoding = getattr(sys.stdout if stream is None else stream, "encoding", None)
    if text.isascii() or not isinstance(encoding, str):
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_likenesses(encoding)).encode(encoding, "backslashreplace").decode(encoding)
    except LookupError:
        return text
    return text


@lru_cache(maxsize=8)
def _likenesses(encoding: str) -> dict[int, str]:
    """What stands in for those of our own signs that an encoding has not."""
    return {ord(sign): plain for sign, plain in _PLAIN.items() if not sign.encode(encoding, "ignore")}


def columns_of(text: str) -> int:
    """Columns that a text takes: two for the wide letters of East Asia, none for accents of their own.

    Example:
        >>> columns_of("net"), columns_of("模型"), columns_of("e\u0301")
        (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """The beginning of a text that takes at most so many columns."""
    while columns_of(text) > columns:
        text = text[: columns if len(text) > columns else -1]
    return text
