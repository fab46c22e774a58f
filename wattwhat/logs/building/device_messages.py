"""JSON messages of devices: plain, or one a line behind a time or a topic, as MQTT clients print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import attrs

from wattwhat.logs.parsing.cells import Stamp, stamp
from wattwhat.logs.parsing.json_stream import values
from wattwhat.logs.protocol import head_of
from wattwhat.logs.source import Source

__all__ = ["Message", "messages"]


@attrs.frozen
class Message:
    """One message.

    Args:
        line: line in the file.
        value: the JSON.
        at: the time that stands before it on its line, if one does.
        topic: the topic that stands before it, or an empty text.
    """

    line: int
    value: Any
    at: Stamp | None = None
    topic: str = ""


def messages(source: Source) -> Iterator[Message]:
    r"""Every message; a line that is none is a problem of the source.

    Example:
        >>> made = Source.of_text('2026-03-01T10:00:00Z tele/plug/SENSOR {"a": 1}\n', "made.txt")
        >>> [(one.at.kind, one.topic, one.value) for one in messages(made)]
        [('utc', 'tele/plug/SENSOR', {'a': 1})]
    """
    if head_of(source).is_json:
        yield from (Message(line, value) for line, value in values(source))
        return
    for line, text in source.lines():
        begin = text.find("{")
        if begin < 0:
            if text.strip():
                source.problem(line, f"expected a message in JSON, found {text.strip()!r:.60}")
            continue
        try:
            value = json.loads(text[begin:])
        except (ValueError, RecursionError):
            source.problem(line, f"expected a whole message in JSON, found {text[begin:].strip()!r:.60}")
            continue
        yield Message(line, value, *_before(text[:begin]))


def _before(text: str) -> tuple[Stamp | None, str]:
    """The time and the topic before a message: words that are one, and the first word with a slash."""
    words = text.split()[:8]
    moments = (stamp(" ".join(words[k : k + n])) for n in (2, 1) for k in range(len(words)))
    at = next((moment for moment in moments if moment is not None and moment.kind != "elapsed"), None)
    return at, next((word for word in words if "/" in word and stamp(word) is None), "")
