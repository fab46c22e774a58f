"""Requests and when they ran, on the clock of the span that they share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.measurement import Measurement
from wattwhat.records.timeline_points import spent

__all__ = ["Request", "as_requests", "knots_of", "on_the_clock"]

_CLOCKS = ("auto", "window", "unix", "monotonic")
# Seconds since 1970 are beyond this, those of a span or since a machine started are not.
_UNIX_S = 5e8


@attrs.frozen
class Request:
    """One of those that share a span.

    Args:
        begin: when it began, a datetime or seconds.
        end: when it ended.
        tokens: how many it had, or None.
        name: of it.
        given: what it was made from.
    """

    begin: Any
    end: Any
    tokens: float | None = None
    name: str = "request"
    given: Any = attrs.field(default=None, repr=False)

    @property
    def length_s(self) -> float:
        """Its length in s."""
        length = self.end - self.begin
        return float(length) if isinstance(length, (int, float)) else float(length.total_seconds())


def as_requests(requests: Iterable[Any]) -> list[Request]:
    """Requests from whatever holds their times.

    Args:
        requests: see `wattwhat.analysis.attribution.attribute`.

    Raises:
        ArgumentError: one has no times, or ends before it begins; the message says which.
    """
    if isinstance(requests, (str, bytes, Mapping)) or not isinstance(requests, Iterable):
        raise ArgumentError(f"requests: expected several, such as [(0.0, 1.5)], got {requests!r:.100}")
    checked = [_request(number, one) for number, one in enumerate(requests)]
    for number, one in enumerate(checked):
        try:
            length_s = one.length_s
        except TypeError:
            length_s = math.nan
        if not length_s >= 0.0 or not math.isfinite(length_s):
            raise ArgumentError(
                f"requests[{number}]: expected a begin and an end after it, both datetimes or both seconds, "
                f"got {one.begin!r:.60} and {one.end!r:.60}"
            )
    return checked


def _request(number: int, one: Any) -> Request:
    name = f"request {number}"
    measured = one if isinstance(one, Measurement) else getattr(one, "measurement", None)
    if isinstance(measured, Measurement):
        return _of_measurement(number, measured)
    if isinstance(one, Request):
        return one
    if isinstance(one, Mapping):
        fields = {key: one.get(key) for key in ("begin", "end", "tokens", "weight", "name")}
    elif isinstance(one, Sequence) and not isinstance(one, (str, bytes)) and len(one) in (2, 3):
        fields = dict(zip(("begin", "end", "tokens"), one, strict=False))
    else:
        fields = {key: getattr(one, key, None) for key in ("begin", "end", "tokens", "weight", "name")}
    if fields.get("begin") is None or fields.get("end") is None:
        raise ArgumentError(
            f"requests[{number}]: expected (begin, end) or (begin, end, tokens), got {one!r:.100}"
        )
    tokens = fields["tokens"] if fields.get("tokens") is not None else fields.get("weight")
    if tokens is not None and not (isinstance(tokens, (int, float)) and 0.0 <= tokens < math.inf):
        raise ArgumentError(f"requests[{number}]: expected a number of tokens, got {tokens!r:.80}")
    return Request(fields["begin"], fields["end"], tokens, str(fields.get("name") or name), one)


def _of_measurement(number: int, one: Measurement) -> Request:
    if one.timeline is not None and len(one.timeline.spans) == 1:
        begin_ns, end_ns, _ = one.timeline.spans[0]
        return Request(begin_ns * 1e-9, end_ns * 1e-9, one.items, one.label, one)
    if one.started_at is None or one.duration_s is None:
        raise ArgumentError(f"requests[{number}]: {one.label!r} has no started_at or no duration_s")
    begin_s = one.started_at.timestamp()
    return Request(begin_s, begin_s + one.duration_s, one.items, one.label, one)


def on_the_clock(
    whole: Measurement, given: Sequence[Request], clock: str
) -> tuple[list[tuple[float, float]], tuple[str, ...]]:
    """Begin and end of each request in s since the span began, cut to the span; and what is to be said of it.

    Args:
        whole: the span.
        given: the requests.
        clock: what seconds count from; see `wattwhat.analysis.attribution.attribute`.
    """
    if clock not in _CLOCKS:
        raise ArgumentError(f"clock: expected one of {', '.join(_CLOCKS)}, got {clock!r:.60}")
    length_s = whole.duration_s or 0.0
    inside, outside = [], []
    for one in given:
        zero_s = _zero_s(whole, one, clock)
        begin_s, end_s = (_seconds(t) - zero_s for t in (one.begin, one.end))
        if end_s < 0.0 or begin_s > length_s:
            outside.append(one.name)
        cut = (min(max(begin_s, 0.0), length_s), min(max(end_s, 0.0), length_s))
        inside.append(cut)
    if not outside:
        return inside, ()
    more = "" if len(outside) < 4 else f" and {len(outside) - 3} more"
    return inside, (f"{', '.join(outside[:3])}{more} did not run in this span, and have no share of it",)


def _seconds(t: Any) -> float:
    return float(t.timestamp()) if isinstance(t, datetime) else float(t)


def _zero_s(whole: Measurement, one: Request, clock: str) -> float:
    """What the request's clock showed when the span began, in s."""
    timeline = whole.timeline
    if isinstance(one.begin, datetime):
        clock = "unix"
    elif isinstance(one.given, Measurement):
        clock = "monotonic" if one.given.timeline is not None else "unix"
    elif clock == "auto":
        began_s = math.inf if timeline is None else timeline.spans[0][0] * 1e-9
        inside = one.end >= began_s and one.begin <= began_s + (whole.duration_s or 0.0)
        clock = "unix" if one.begin > _UNIX_S else "monotonic" if inside else "window"
    if clock == "window":
        return 0.0
    if clock == "unix":
        if whole.started_at is None:
            raise ArgumentError(f"span: {whole.label!r} has no started_at; give seconds from its begin")
        return whole.started_at.timestamp()
    if timeline is None:
        raise ArgumentError(
            f"span: {whole.label!r} is not on the monotonic clock; give seconds from its begin"
        )
    return timeline.spans[0][0] * 1e-9


def knots_of(
    whole: Measurement, given: Sequence[Request], times: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Moments in s since the span began, and joules until then, as far as windows of the same run tell.

    Args:
        whole: the span.
        given: the requests.
        times: when they ran, in s since the span began.
    """
    length_s, total_j = whole.duration_s or 0.0, whole.energy_j.value
    knots = {0.0: 0.0, length_s: total_j}
    timeline = whole.timeline
    if timeline is None or len(timeline.spans) != 1:
        return sorted(knots.items())
    counted = {entry.channel.id for entry in whole.channels if entry.counted}
    mine = timeline.places(0)
    for one, (begin_s, end_s) in zip(given, times, strict=True):
        other = one.given.timeline if isinstance(one.given, Measurement) else None
        if other is None or other.run != timeline.run or other.channels != timeline.channels:
            continue
        theirs = other.places(0)
        for side, t_s in ((0, begin_s), (1, end_s)):
            if 0.0 < t_s < length_s:
                knots[t_s] = sum(
                    spent([(mine[2 * n], -1.0), (theirs[2 * n + side], 1.0)])[0]
                    for n, id in enumerate(timeline.channels)
                    if id in counted
                )
    rising, most_j = [], 0.0
    for t_s, energy_j in sorted(knots.items()):
        most_j = min(max(energy_j, most_j), max(total_j, most_j))
        rising.append((t_s, most_j))
    return rising
