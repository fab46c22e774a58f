"""Who took the joules of a shared span: requests that ran at the same time share those of each moment."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import attrs

from wattwhat.analysis.request_times import Request, as_requests, knots_of, on_the_clock
from wattwhat.errors import ArgumentError
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity

__all__ = ["Attribution", "Request", "Share", "attribute"]

# Between two moments at which the joules are known, the power of a part may differ from the mean by this much
# of it (standard uncertainty): between a steady load (0) and one that is off half of the time (1).
_SPREAD = 0.5
# What is shorter shares no moment with anybody.
_NO_TIME_S = 1e-9


@attrs.frozen
class Share:
    """What one request took.

    Args:
        name: of the request.
        energy_j: its share.
        duration_s: for how long it was in the span.
        tokens: how many it had, or None.
    """

    name: str
    energy_j: Quantity
    duration_s: float
    tokens: float | None = None

    @property
    def energy_per_token_j(self) -> Quantity | None:
        """Joules of a token, where they are known."""
        return self.energy_j / self.tokens if self.tokens else None


@attrs.frozen
class Attribution:
    """The joules of a span by request; prints as a table.

    Args:
        energy_j: of the whole span: the shares and `idle_j` add up to its value.
        shares: one a request, in the order in which they were given.
        idle_j: what belongs to nobody: the power at rest where it is known, and moments without any request.
        by: how the requests of a moment share it.
        warnings: what is doubtful.
    """

    energy_j: Quantity
    shares: tuple[Share, ...]
    idle_j: Quantity
    by: str
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "energy_j": self.energy_j.to_dict(),
            "shares": [
                {
                    "name": one.name,
                    "energy_j": one.energy_j.to_dict(),
                    "duration_s": one.duration_s,
                    "tokens": one.tokens,
                }
                for one in self.shares
            ],
            "idle_j": self.idle_j.to_dict(),
            "by": self.by,
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, data: Any) -> Attribution:
        """The inverse of `to_dict`.

        Raises:
            ArgumentError: this is no attribution.
        """
        try:
            shares = tuple(
                Share(str(one["name"]), Quantity.from_dict(one["energy_j"]), one["duration_s"], one["tokens"])
                for one in data["shares"]
            )
            whole, idle = Quantity.from_dict(data["energy_j"]), Quantity.from_dict(data["idle_j"])
            return cls(whole, shares, idle, str(data["by"]), tuple(map(str, data.get("warnings", ()))))
        except (KeyError, TypeError, AttributeError) as err:
            raise ArgumentError(f"this is no attribution: {type(err).__name__}: {err}") from err

    def __str__(self) -> str:
        whole_j = self.energy_j.value
        rows = [(one.name, one.duration_s, one.energy_j) for one in self.shares]
        width = max(len(name) for name in ("of all", "idle", *(name for name, _, _ in rows)))
        lines = [f"{'':<{width}}  {'in it':>9}  {'share':>7}  energy"]
        for name, seconds, energy in (*rows, ("idle", None, self.idle_j), ("of all", None, self.energy_j)):
            length = "" if seconds is None else f"{seconds:.3g} s"
            share = f"{100.0 * energy.value / whole_j:.1f} %" if whole_j else ""
            lines.append(f"{name:<{width}}  {length:>9}  {share:>7}  {energy:U}")
        return "\n".join(lines)


def attribute(
    span: Any, requests: Iterable[Any], by: str | Callable[[Request], float] = "time", *, clock: str = "auto"
) -> Attribution:
    """Share the joules of a span among the requests that ran in it, moment by moment.

    Those that are in a moment share its joules: alike (by="time"), by their tokens a second (by="tokens"), or
    by any figure of yours. The power at rest, where it is known (`wattwhat.idle`, or measure()), belongs to
    nobody. The shares and the line for idle add up to the span.

    How the power moved within the span is known where requests are windows of the same run; else only its
    mean is, and the interval of each share says so. What the span itself is uncertain by is in all alike.

    Args:
        span: a Measurement, or a window or phase that has one.
        requests: windows or measurements of the same run; or (begin, end), (begin, end, tokens), mappings or
            objects with begin, end, and where they have them tokens and name. Times are datetimes or seconds.
        by: "time", "tokens", or a function of a `Request` that gives its weight, 0 or more.
        clock: what seconds count from: "window" (its begin), "unix" (time.time()), "monotonic", or "auto",
            which finds out.

    Raises:
        ArgumentError: a request cannot be understood, ends before it begins, or has no tokens to go by.

    Example:
        >>> m = Measurement(label="serve", energy_j=Quantity(100.0, 1.0, "J"), duration_s=10.0)
        >>> found = attribute(m, [(0.0, 5.0), (0.0, 10.0)])
        >>> [round(one.energy_j.value, 3) for one in found.shares]
        [25.0, 75.0]
    """
    whole = span if isinstance(span, Measurement) else getattr(span, "measurement", span)
    if not isinstance(whole, Measurement):
        raise ArgumentError(f"span: expected a Measurement or a window, got {span!r:.100}")
    if not whole.duration_s or not whole.energy_j.known:
        raise ArgumentError(f"span: {whole.label!r} has no duration or no energy that is known")
    given = as_requests(requests)
    weights = [_weight(one, by) for one in given]
    times, notes = on_the_clock(whole, given, clock)
    knots = knots_of(whole, given, times)
    pieces = _pieces(times, knots, whole.duration_s)
    idle_w = whole.idle_power_w.value if whole.idle_power_w is not None else 0.0
    idle_w = min(idle_w, whole.energy_j.value / whole.duration_s)
    shares, idle = _shared(pieces, weights, times, idle_w)
    return Attribution(
        whole.energy_j,
        tuple(
            Share(one.name, _quantity(share, whole), max(end_s - begin_s, 0.0), one.tokens)
            for one, share, (begin_s, end_s) in zip(given, shares, times, strict=True)
        ),
        _idle_quantity(idle, whole),
        by if isinstance(by, str) else getattr(by, "__name__", "weight"),
        notes,
    )


def _weight(one: Request, by: str | Callable[[Request], float]) -> float:
    if callable(by):
        weight = by(one)
    elif by == "time":
        weight = 1.0
    elif by == "tokens":
        if one.tokens is None:
            raise ArgumentError(f"requests: {one.name!r} has no tokens; give them, or share by='time'")
        weight = one.tokens / one.length_s if one.length_s > _NO_TIME_S else 0.0
    else:
        raise ArgumentError(f"by: expected 'time', 'tokens' or a function, got {by!r:.80}")
    if not isinstance(weight, (int, float)) or not math.isfinite(weight) or weight < 0.0:
        raise ArgumentError(f"by: the weight of {one.name!r} is {weight!r:.80}, expected a number from 0 on")
    return float(weight)


class _Piece(NamedTuple):
    """Some time in which the same requests ran, and the joules between the two known moments around it."""

    begin_s: float
    end_s: float
    energy_j: float
    knot: int
    knot_j: float


def _pieces(
    times: Sequence[tuple[float, float]], knots: Sequence[tuple[float, float]], length_s: float
) -> list[_Piece]:
    cuts = sorted({0.0, length_s, *(t for pair in times for t in pair), *(t for t, _ in knots)})
    cuts = [t for t in cuts if 0.0 <= t <= length_s]
    pieces, place = [], 0
    for begin_s, end_s in itertools.pairwise(cuts):
        while place < len(knots) - 2 and knots[place + 1][0] <= begin_s:
            place += 1
        (t0, e0), (t1, e1) = knots[place], knots[place + 1]
        part = (end_s - begin_s) / (t1 - t0) if t1 > t0 else 0.0
        pieces.append(_Piece(begin_s, end_s, (e1 - e0) * part, place, e1 - e0))
    return pieces


class _Sum:
    """Joules of one request, or of idle, and their variance by what was not seen between known moments."""

    def __init__(self) -> None:
        self.value_j = self.variance_j2 = 0.0
        self._knot, self._knot_j, self._here_j = -1, 0.0, 0.0

    def add(self, piece: _Piece, energy_j: float) -> None:
        if piece.knot != self._knot:
            self.close()
            self._knot, self._knot_j = piece.knot, piece.knot_j
        self._here_j += energy_j
        self.value_j += energy_j

    def close(self) -> _Sum:
        """Who has all joules between two known moments has them for sure; a small part may be off."""
        rest = max(1.0 - self._here_j / self._knot_j, 0.0) if self._knot_j > 0.0 else 0.0
        self.variance_j2 += (_SPREAD * self._here_j) ** 2 * rest
        self._here_j = 0.0
        return self


def _shared(
    pieces: Sequence[_Piece], weights: Sequence[float], times: Sequence[tuple[float, float]], idle_w: float
) -> tuple[list[_Sum], _Sum]:
    """What each request took, and what nobody did."""
    begins = sorted(range(len(times)), key=lambda number: times[number][0])
    shares, idle, running, at = [_Sum() for _ in times], _Sum(), set[int](), 0
    for piece in pieces:
        while at < len(begins) and times[begins[at]][0] <= piece.begin_s:
            running.add(begins[at])
            at += 1
        running = {number for number in running if times[number][1] >= piece.end_s}
        heavy = {number: weights[number] for number in running if weights[number] > 0.0}
        if not heavy:
            idle.add(piece, piece.energy_j)
            continue
        rest_j = min(idle_w * (piece.end_s - piece.begin_s), piece.energy_j)
        idle.value_j += rest_j
        whole = math.fsum(heavy.values())
        for number, weight in heavy.items():
            shares[number].add(piece, (piece.energy_j - rest_j) * (weight / whole))
    return [one.close() for one in shares], idle.close()


def _quantity(total: _Sum, whole: Measurement) -> Quantity:
    value_j, unseen_j2 = total.value_j, total.variance_j2
    idle, length_s = whole.idle_power_w, whole.duration_s or 0.0
    busy_j = whole.energy_j.value - (idle.value * length_s if idle is not None else 0.0)
    net = whole.net_energy_j if idle is not None and whole.net_energy_j is not None else whole.energy_j
    alike_j = net.u * value_j / busy_j if busy_j > 0.0 else 0.0
    return Quantity(value_j, math.hypot(alike_j, math.sqrt(unseen_j2)), "J")


def _idle_quantity(total: _Sum, whole: Measurement) -> Quantity:
    value_j, unseen_j2 = total.value_j, total.variance_j2
    total_j = whole.energy_j.value
    alike_j = whole.energy_j.u * value_j / total_j if total_j else 0.0
    if whole.idle_power_w is not None:
        alike_j = max(alike_j, whole.idle_power_w.u * (whole.duration_s or 0.0))
    return Quantity(value_j, math.hypot(alike_j, math.sqrt(unseen_j2)), "J")
