"""JSON out of logs, in pieces: arrays, values one after the other, or one a line, whatever their size."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from wattwhat.logs.parsing.decode import text_of
from wattwhat.logs.source import Source

__all__ = ["first_keys", "first_value", "values"]

_BLOCK = 1 << 16
_SPACE = re.compile(r"[\s,]*")
_KEY = re.compile(r'[\s,]*("(?:[^"\\]|\\.)*")\s*:\s*')
_DECODER = json.JSONDecoder()


def first_value(text: str) -> Any:
    """The first object of a text that may be cut off, or None: of an array, its first element.

    Example:
        >>> first_value('[{"a": 1}, {"a": 2}, {"a":')
        {'a': 1}
    """
    start = re.match(r"[\s\[]*(?=\{)", text)
    if start is None:
        return None
    try:
        return _DECODER.raw_decode(text, start.end())[0]
    except (ValueError, RecursionError):
        return None


def first_keys(text: str) -> dict[str, Any]:
    """The keys of the first object of a text that may be cut off, with their values; a cut one is None.

    Example:
        >>> first_keys('[{"a": 1, "b": {"c": 2}, "d": [1, 2')
        {'a': 1, 'b': {'c': 2}, 'd': None}
    """
    keys: dict[str, Any] = {}
    place = re.match(r"[\s\[]*\{", text)
    here = len(text) if place is None else place.end()
    while (key := _KEY.match(text, here)) is not None:
        try:
            name, _ = _DECODER.raw_decode(text, key.start(1))
            keys[name] = None
            keys[name], here = _DECODER.raw_decode(text, key.end())
        except (ValueError, RecursionError):
            break
    return keys


def values(source: Source, max_chars: int = 16_000_000) -> Iterator[tuple[int, Any]]:
    r"""Every JSON value at the top of a file, or in the array at its top, with the line it begins on.

    A value that is cut off or broken is a problem of the source, and ends the reading: what follows
    it cannot be told apart.

    Args:
        source: the log.
        max_chars: the longest single value.

    Raises:
        LogError: a value is longer than that, or the file does not begin with an object or array.

    Example:
        >>> list(values(Source.of_text('{"a": 1}\n{"a": 2}')))
        [(1, {'a': 1}), (2, {'a': 2})]
    """
    with text_of(source.open_bytes(), source.encoding) as stream:
        window = _Window(stream)
        in_array = False
        while (here := window.next_token()) is not None:
            mark = window.text[here]
            if mark == "]" or (mark == "[" and not in_array):
                in_array = mark == "["
                window.position = here + 1
                continue
            try:
                value, window.position = _DECODER.raw_decode(window.text, here)
            except (ValueError, RecursionError) as err:
                at = window.line_of(here)
                if _may_be_cut(err, window.text) and window.grow(here):
                    if len(window.text) > max_chars:
                        raise source.error(at, f"expected values of at most {max_chars} characters") from err
                    continue
                source.problem(at, f"expected a whole JSON value, but {_reason(err)}")
                if in_array or not window.skip_line(here):
                    return
                continue
            yield window.line_of(here), value


class _Window:
    """The part of the text that is looked at, and the line number of its beginning."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._line = 1
        self.text = ""
        self.position = 0

    def line_of(self, position: int) -> int:
        return self._line + self.text.count("\n", 0, position)

    def grow(self, start: int) -> bool:
        """Forget what lies before ``start`` and at least double the rest; False at the end of the file."""
        more = self._stream.read(max(_BLOCK, len(self.text) - start))
        if not more:
            return False
        self._line += self.text.count("\n", 0, start)
        self.text, self.position = self.text[start:] + more, 0
        return True

    def next_token(self) -> int | None:
        while True:
            space = _SPACE.match(self.text, self.position)
            here = space.end() if space else self.position
            if here < len(self.text):
                return here
            if not self.grow(here):
                return None

    def skip_line(self, here: int) -> bool:
        """Go on behind the end of this line; False if there is none."""
        while (end := self.text.find("\n", here)) < 0:
            if not self.grow(len(self.text)):
                return False
            here = 0
        self.position = end + 1
        return True


def _may_be_cut(err: Exception, text: str) -> bool:
    """Whether more text could mend this error: it lies at the end, or in a string without an end."""
    if not isinstance(err, json.JSONDecodeError):
        return False
    return err.msg.startswith("Unterminated string") or err.pos >= len(text) - 12


def _reason(err: Exception) -> str:
    if not isinstance(err, json.JSONDecodeError):
        return f"it is unusual: {err}"
    column = err.pos - err.doc.rfind("\n", 0, err.pos)
    return f"{err.msg.removesuffix(' at').removesuffix(' starting').lower()} at column {column}"
