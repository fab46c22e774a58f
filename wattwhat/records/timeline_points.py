"""Where on a channel's rising curve of joules the edges of a span lie, and what they are uncertain by.

The joules of a span are those at its end less those at its begin. What errs alike in several places has one
number in all of them, so it adds up or cancels, as it does in the world, when spans are added.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from wattwhat.errors import ArgumentError

__all__ = ["UNSEEN_WALK", "Place", "TimelinePoints", "spent"]

# Number under which a place has the variance in J^2, and no error in J, of what was drawn unseen until then:
# draws that follow each other are independent, so of two places what lies between them counts.
UNSEEN_WALK = -1
# Spans that a sum of many keeps; beyond that it is one number, and later sums take it for independent.
MOST_SPANS = 256


@attrs.frozen(weakref_slot=False)
class Place:
    """One moment on the curve.

    Args:
        energy_j: joules from an arbitrary zero until then.
        interval: number of the interval between two ticks of the sensor in which it lies; -1: not known.
        part: how much of that interval's joules lie before it, from 0 to 1.
        chance_j2: variance in J^2 of the joules drawn in that interval until then, if its sum were not known.
        whole_j2: the same of the whole interval.
        shared: what else it errs by, in J for one standard deviation, by number of the error; see
            `UNSEEN_WALK` for one that is another kind.
    """

    energy_j: float
    interval: int = -1
    part: float = 0.0
    chance_j2: float = 0.0
    whole_j2: float = 0.0
    shared: tuple[tuple[int, float], ...] = ()


def spent(edges: Iterable[tuple[Place, float]]) -> tuple[float, float, float]:
    """Joules of spans that do not overlap, and what they are uncertain by.

    Args:
        edges: each place with +1.0 where a span ends and -1.0 where one begins.

    Returns:
        The joules, their standard uncertainty in J by where the edges lie, and that by what the sensor did
        not see in between.

    Example:
        >>> begin, middle, end = Place(0.0), Place(3.0, 1, 0.5, 2.0, 4.0), Place(10.0)
        >>> spent([(begin, -1.0), (middle, 1.0)])
        (3.0, 1.0, 0.0)
        >>> spent([(begin, -1.0), (middle, 1.0), (middle, -1.0), (end, 1.0)])
        (10.0, 0.0, 0.0)
    """
    energies: list[float] = []
    alike: dict[int, float] = {}
    chance: dict[int, list[tuple[float, float, float, float]]] = {}
    walk: list[tuple[float, float]] = []
    for place, sign in edges:
        energies.append(sign * place.energy_j)
        walked_j2 = 0.0
        for number, u_j in place.shared:
            if number == UNSEEN_WALK:
                walked_j2 = u_j
            else:
                alike[number] = alike.get(number, 0.0) + sign * u_j
        walk.append((walked_j2, sign))
        if place.whole_j2:
            one = (place.part, place.chance_j2, place.whole_j2, sign)
            chance.setdefault(place.interval, []).append(one)
    squares = sum([u_j * u_j for u_j in alike.values()])
    for places in chance.values():
        if len(places) == 1:
            part, before_j2, whole_j2, _ = places[0]
            squares += before_j2 * (1.0 - part) ** 2 + max(whole_j2 - before_j2, 0.0) * part**2
        else:
            squares += _by_chance_j2(places)
    return math.fsum(energies), math.sqrt(squares), math.sqrt(_walked_j2(walk))


def _walked_j2(walk: list[tuple[float, float]]) -> float:
    """Variance in J^2 of what was drawn unseen in spans, from that until their signed edges."""
    walk.sort()
    if not walk or not walk[-1][0]:
        return 0.0
    after, found = 0.0, 0.0
    for (from_j2, sign), (until_j2, _) in itertools.pairwise(walk):
        after -= sign
        found += (until_j2 - from_j2) * after**2
    return found


def _by_chance_j2(places: list[tuple[float, float, float, float]]) -> float:
    """Variance in J^2 of signed places in one interval, whose joules are known and not how they lie in it.

    What one run has too much, all lack in proportion to their part. So a place errs by the sum of the draws
    before it less its part of the sum of all.
    """
    places.sort()
    whole_part = math.fsum(sign * part for part, _, _, sign in places)
    after, reached_j2, terms = math.fsum(sign for *_, sign in places), 0.0, []
    for _, chance_j2, _, sign in places:
        terms.append(max(chance_j2 - reached_j2, 0.0) * (after - whole_part) ** 2)
        after, reached_j2 = after - sign, max(chance_j2, reached_j2)
    terms.append(max(places[-1][2] - reached_j2, 0.0) * (after - whole_part) ** 2)
    return math.fsum(terms)


@attrs.frozen(weakref_slot=False)
class TimelinePoints:
    """The edges of one or more spans of a run, for each channel.

    Args:
        run: names the process and its open meters; places of other runs lie on other curves.
        channels: ids of the channels.
        spans: begin and end of each span in ns of the run's monotonic clock, and its places in `packed` form.
    """

    run: str
    channels: tuple[str, ...]
    spans: tuple[tuple[int, int, bytes], ...]

    @classmethod
    def of(
        cls, run: str, channels: tuple[str, ...], t_ns: tuple[int, int], places: Iterable[Place]
    ) -> TimelinePoints:
        """Of one span: for each channel its begin and its end."""
        return cls(run, channels, ((*t_ns, packed(places)),))

    def places(self, number: int) -> list[Place]:
        """The places of one span: begin and end of the first channel, and so on."""
        return unpacked(self.spans[number][2])

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "run": self.run,
            "channels": list(self.channels),
            "spans": [[begin, end, _plain(unpacked(data))] for begin, end, data in self.spans],
        }

    @classmethod
    def from_dict(cls, data: Any) -> TimelinePoints | None:
        """The inverse of `to_dict`.

        Raises:
            ArgumentError: this is not what `to_dict` gives.
        """
        if data is None:
            return None
        try:
            if not isinstance(data, Mapping):
                raise TypeError(f"expected a mapping, got {type(data).__name__}")
            channels = tuple(str(one) for one in data["channels"])
            spans = tuple(
                (int(begin), int(end), packed(_place(one) for one in places))
                for begin, end, places in data["spans"]
            )
            points = cls(str(data["run"]), channels, spans)
            if any(len(places) != 2 * len(channels) for _, _, places in data["spans"]):
                raise ValueError("expected two places a channel")
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, struct.error) as err:
            why = f"{type(err).__name__}: {err}"
            raise ArgumentError(f"timeline: expected what to_dict() gives: {why}") from err
        return points


def _plain(places: Iterable[Place]) -> list[list[Any]]:
    return [
        [one.energy_j, one.interval, one.part, one.chance_j2, one.whole_j2, *map(list, one.shared)]
        for one in places
    ]


def _place(data: Any) -> Place:
    energy_j, interval, part, chance_j2, whole_j2, *pairs = data
    shared = tuple((int(number), float(u_j)) for number, u_j in pairs)
    figures = [float(energy_j), float(part), float(chance_j2), float(whole_j2), *(u_j for _, u_j in shared)]
    if not all(map(math.isfinite, figures)):
        raise ValueError("a number is not finite")
    return Place(figures[0], int(interval), figures[1], figures[2], figures[3], shared)


def packed(places: Iterable[Place]) -> bytes:
    """Places in few bytes, since programs keep 100,000 measurements: errors need no double precision.

    The two edges of a span err by nearly the same: of a place whose errors have the numbers of those of the
    place before, only those are kept that differ.
    """
    pieces: list[bytes] = []
    numbers: list[int] | None = None
    figures = b""
    for one in places:
        before, kept = numbers, figures
        numbers = [number for number, _ in one.shared]
        figures = struct.pack(f"<{len(numbers)}f", *[u_j for _, u_j in one.shared])
        spread = (one.interval, one.part, one.chance_j2, one.whole_j2)
        kind = (_SPREAD if spread != _NOT_SPREAD else 0) | (_ALIKE if numbers == before else 0)
        pieces.append(_HEAD.pack(one.energy_j, len(numbers), kind))
        if kind & _SPREAD:
            pieces.append(_INTERVAL.pack(*spread))
        if kind & _ALIKE:
            pieces.append(_changes(kept, figures))
        else:
            pieces += (struct.pack(f"<{len(numbers)}i", *numbers), figures)
    return b"".join(pieces)


_HEAD, _INTERVAL = struct.Struct("<dHB"), struct.Struct("<ifff")
_NOT_SPREAD = (-1, 0.0, 0.0, 0.0)
_SPREAD, _ALIKE = 1, 2


def _changes(before: bytes, after: bytes) -> bytes:
    """Which of as many four bytes are others, a bit each, and what they are now."""
    bits, changed = 0, [b""]
    for at in range(0, len(after), 4):
        if before[at : at + 4] != after[at : at + 4]:
            bits |= 1 << at // 4
            changed.append(after[at : at + 4])
    return bits.to_bytes((len(after) // 4 + 7) // 8, "little") + b"".join(changed)


def unpacked(data: bytes) -> list[Place]:
    """The inverse of `packed`."""
    at, points = 0, []
    numbers: tuple[int, ...] = ()
    figures: list[float] = []
    while at < len(data):
        energy_j, count, kind = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        spread = _NOT_SPREAD
        if kind & _SPREAD:
            spread = _INTERVAL.unpack_from(data, at)
            at += _INTERVAL.size
        if kind & _ALIKE:
            width = (count + 7) // 8
            bits, at = int.from_bytes(data[at : at + width], "little"), at + width
            changed = [number for number in range(count) if bits >> number & 1]
            for number, u_j in zip(changed, struct.unpack_from(f"<{len(changed)}f", data, at), strict=True):
                figures[number] = u_j
            at += 4 * len(changed)
        else:
            numbers = struct.unpack_from(f"<{count}i", data, at)
            figures = list(struct.unpack_from(f"<{count}f", data, at + 4 * count))
            at += 8 * count
        points.append(Place(energy_j, *spread, tuple(zip(numbers, figures, strict=True))))
    return points
