"""Prometheus' text format: samples with their labels, one scrape after the other in a file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

import attrs

from wattwhat.logs.parsing.cells import Stamp, stamp
from wattwhat.logs.source import Source

__all__ = ["Sample", "samples"]

_LINE = re.compile(
    r"\s*([a-zA-Z_:][a-zA-Z0-9_:]{0,199})\s*(?:\{(.{0,8000})\})?\s+(\S{1,60})(?:\s+(-?\d{1,19}(?:\.\d{1,9})?))?"
    r"(?:\s+#.*)?\s*"
)
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]{0,199})="((?:[^"\\]|\\.){0,2000})"\s*(?:,|$)')
_ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": " "}


@attrs.frozen
class Sample:
    """One sample.

    Args:
        line: line in the file.
        name: the metric's name.
        labels: its labels.
        value: its value; NaN where the exporter has none.
        scrape: which scrape of the file it belongs to, from 0.
        at: when, by its own time stamp or by a line with a time before its scrape; None where neither is.
    """

    line: int
    name: str
    labels: Mapping[str, str]
    value: float
    scrape: int
    at: Stamp | None


def samples(source: Source) -> Iterator[Sample]:
    r"""Every sample; a series that comes again without a stamp of its own begins another scrape.

    A line that is a time (of ``date -Is`` between two scrapes, also as a comment) dates what follows; a line
    that is none of these is a problem of the source.

    Example:
        >>> made = Source.of_text('watts{gpu="0"} 5\nwatts{gpu="0"} 7\n', "made.prom")
        >>> [(one.labels, one.value, one.scrape) for one in samples(made)]
        [({'gpu': '0'}, 5.0, 0), ({'gpu': '0'}, 7.0, 1)]
    """
    seen: set[str] = set()
    scrape = 0
    dated: Stamp | None = None
    for line, text in source.lines():
        bare = text.strip().strip("#").strip()
        if not bare:
            continue
        at = stamp(bare) if bare[0].isdigit() else None
        if at is not None and at.kind != "elapsed":
            dated, scrape, seen = at, scrape + bool(seen), set()
            continue
        if text.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        value = None if match is None else _value(match[3])
        labels = None if match is None else _labels(match[2] or "")
        if match is None or value is None or labels is None:
            source.problem(line, f"expected a sample: name{{labels}} value, found {text.strip()!r:.80}")
            continue
        series = f"{match[1]}{{{match[2] or ''}}}"
        own = stamp(match[4]) if match[4] else None
        if own is None and series in seen:
            scrape, seen = scrape + 1, set()
            dated = None
        if own is None:
            seen.add(series)
        yield Sample(line, match[1], labels, value, scrape, own or dated)


def _value(text: str) -> float | None:
    if text in ("NaN", "Nan", "nan"):
        return math.nan
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _labels(text: str) -> dict[str, str] | None:
    """Labels by name, None where they are broken."""
    labels: dict[str, str] = {}
    here = 0
    while here < len(text.rstrip()):
        match = _LABEL.match(text, here)
        if match is None:
            return None
        labels[match[1]] = re.sub(r"\\.", lambda escape: _ESCAPES.get(escape[0], escape[0]), match[2])
        here = match.end()
    return labels
