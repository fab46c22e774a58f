"""A TOML file with the lines on which its keys and values stand, so that an error can name them."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.small_files import read_small_text

__all__ = ["TomlSource", "read_toml"]

_HEADER = re.compile(r"\s*\[\[?([^\]]+)\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*(\"[^\"]*\"|'[^']*'|[\w-]+)\s*=")
_MOST_BYTES = 10_000_000


@attrs.frozen
class TomlSource:
    """A parsed TOML file and where its keys stand.

    Args:
        path: the file.
        values: what it holds.
        lines: its lines.
        places: line numbers of ``(table, occurrence, key)``; the key is None for the table's own header.
    """

    path: str
    values: Mapping[str, Any]
    lines: tuple[str, ...]
    places: Mapping[tuple[str, int, str | None], int]

    def line_of(
        self, table: str = "", key: str | None = None, value: Any = None, occurrence: int = 0
    ) -> int | None:
        """The line of a key, or of a value behind it; None where it stands nowhere.

        Args:
            table: name of the table, empty for the top level.
            key: the key in it.
            value: one of its values; of a list, the line that this element stands on.
            occurrence: which one of several tables of that name.
        """
        line = self.places.get((table, occurrence, key)) or self.places.get((table, occurrence, None))
        if line is not None and value is not None and key is not None:
            return self._line_of_value(line, value)
        return line

    def _line_of_value(self, line: int, value: Any) -> int:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        later = [place for place in self.places.values() if place > line]
        for number in range(line, min(later, default=len(self.lines) + 1)):
            if text in self.lines[number - 1]:
                return number
        return line

    def refuse(
        self, message: str, table: str = "", key: str | None = None, value: Any = None, occurrence: int = 0
    ) -> NoReturn:
        """Raise an ArgumentError that begins with the place."""
        raise ArgumentError(message, path=self.path, line=self.line_of(table, key, value, occurrence))


def read_toml(path: str | os.PathLike[str]) -> TomlSource:
    """Read a TOML file.

    Args:
        path: the file, in UTF-8.

    Raises:
        ArgumentError: it cannot be read or is no TOML; the message names file and line. On Python 3.10, too,
            where tomli is not installed.
    """
    name = os.fspath(path)
    try:
        text = read_small_text(name, _MOST_BYTES).replace("\r\n", "\n")
    except OSError as err:
        raise ArgumentError(
            f"cannot be read ({err.strerror})", path=name, remedy="name a plan in TOML"
        ) from err
    except UnicodeDecodeError as err:
        raise ArgumentError("is no text in UTF-8", path=name, remedy="name a plan in TOML") from err
    parser = _parser()
    try:
        values = parser.loads(text)
    except parser.TOMLDecodeError as err:
        raise _not_toml(name, str(err), text) from err
    except RecursionError as err:
        raise ArgumentError("is nested too deeply for a plan", path=name) from err
    lines = tuple(text.split("\n"))
    return TomlSource(name, values, lines, _places(lines))


def _parser() -> Any:
    for library in ("tomllib", "tomli"):  # the first is in Python since 3.11
        try:
            return importlib.import_module(library)
        except ImportError:
            continue
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    raise ArgumentError(
        f'a plan needs tomli on Python {version}; install it with: pip install "wattwhat[study]"'
    )


def _not_toml(name: str, message: str, text: str) -> ArgumentError:
    match = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    line, column = text.count("\n") + 1, None
    if match is not None and match[1] is not None:
        line, column = int(match[1]), int(match[2])
    message = message[: match.start()] if match else message
    problem = f"expected TOML, but found {message[:1].lower()}{message[1:]}"
    return ArgumentError(problem, path=name, line=line, column=column)


def _places(lines: tuple[str, ...]) -> dict[tuple[str, int, str | None], int]:
    """Where tables and their keys stand; what lies within brackets or long strings is passed over."""
    places: dict[tuple[str, int, str | None], int] = {}
    seen: dict[str, int] = {}
    table, occurrence, depth, quote = "", 0, 0, ""
    for number, line in enumerate(lines, 1):
        if not depth and not quote:
            header, key = _HEADER.match(line), _KEY.match(line)
            if header:
                table = header[1].strip().strip("\"'")
                occurrence = seen.get(table, -1) + 1
                seen[table] = occurrence
                places[table, occurrence, None] = number
                continue
            if key:
                places[table, occurrence, key[1].strip("\"'")] = number
        depth, quote = _nesting(line, depth, quote)
    return places


_TOKEN = re.compile(r"\"\"\"|'''|\"(?:\\.|[^\"\\])*\"|'[^']*'|[\[\]{}#]")


def _nesting(line: str, depth: int, quote: str) -> tuple[int, str]:
    """How many brackets, and which long string, are open at the end of a line."""
    at = 0
    while at < len(line):
        if quote:
            end = line.find(quote, at)
            if end < 0:
                return depth, quote
            at, quote = end + 3, ""
            continue
        token = _TOKEN.search(line, at)
        if token is None or token[0] == "#":
            break
        at = token.end()
        if token[0] in ('"""', "'''"):
            quote = token[0]
        elif len(token[0]) == 1:
            depth += 1 if token[0] in "[{" else -1
    return max(depth, 0), quote
