"""Which readings may be added: the same joule, seen by several measurements, is found once.

Only spans, energies and containment are looked at here; no Measurement is made and nothing is read.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Mapping, Sequence

import attrs

from wattwhat.records.channel_energy import ChannelEnergy

__all__ = ["Seen", "Span", "choose", "covered_s", "densest"]

# Clocks of processes differ by milliseconds, so spans that only graze each other are taken as one after the
# other: up to this share of each may overlap at either end.
_GRAZE = 0.005


@attrs.frozen
class Span:
    """When something was measured, in s of one clock.

    Args:
        begin_s: its beginning.
        end_s: its end.
    """

    begin_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Its length in s."""
        return self.end_s - self.begin_s

    @property
    def inner(self) -> tuple[float, float]:
        """The span without its outermost ends, which may graze a neighbour."""
        graze = _GRAZE * self.length_s
        return self.begin_s + graze, self.end_s - graze


@attrs.frozen(eq=False)
class Seen:
    """One channel as one measurement saw it.

    Args:
        owner: number of the measurement.
        key: what is counted once: the channel's id, and for an estimate the process too.
        entry: channel and energy; the energy is known.
        span: when.
    """

    owner: int
    key: str
    entry: ChannelEnergy
    span: Span

    @property
    def value_j(self) -> float:
        """Its energy in J."""
        return self.entry.energy_j.value if self.entry.energy_j is not None else math.nan

    @property
    def u_j(self) -> float:
        """Its standard uncertainty in J."""
        return self.entry.energy_j.u if self.entry.energy_j is not None else math.inf


class _Calendar:
    """Spans that are taken, by key; tells in O(log n) whether another one fits."""

    def __init__(self, relatives: Mapping[str, frozenset[str]]) -> None:
        self._relatives = relatives
        self._taken: dict[str, list[tuple[float, float]]] = {}

    def fits(self, one: Seen) -> bool:
        begin, end = one.span.inner
        return not any(
            _overlaps(self._taken[key], begin, end) for key in self._relatives[one.key] if key in self._taken
        )

    def take(self, one: Seen) -> None:
        bisect.insort(self._taken.setdefault(one.key, []), one.span.inner)


def choose(
    seen: Sequence[Seen], relatives: Mapping[str, frozenset[str]], depth: Mapping[str, int]
) -> list[Seen]:
    """The readings to add: none of them overlaps in time with one of the same or of a containing channel.

    Containing channels go first; of one channel, the readings that together cover most time (of two that
    overlap, the longer one). Where the counted readings of one measurement add up to significantly more
    (more than 2 standard uncertainties: spans that overlap only in part), those are kept instead, and the
    others fill in where they fit.

    Args:
        seen: all readings, in an order that does not depend on that of the measurements.
        relatives: for each key, the keys that share joules with it, itself among them.
        depth: for each key, how many channels contain it.
    """
    chosen: list[Seen] = []
    for group in _groups(sorted(seen, key=lambda one: depth[one.key]), relatives):
        best = _fill(group, (), relatives)
        if len(best) < len(group):
            best = _better_single(group, best, relatives)
        chosen += best
    return chosen


def _better_single(
    group: list[Seen], best: list[Seen], relatives: Mapping[str, frozenset[str]]
) -> list[Seen]:
    by_owner: dict[int, list[Seen]] = {}
    for one in group:
        if one.entry.counted:
            by_owner.setdefault(one.owner, []).append(one)
    if not by_owner:
        return best
    richest = max(by_owner.values(), key=_sum_j)
    noise_j = 2.0 * math.hypot(*(one.u_j for one in (*richest, *best)))
    return _fill(group, richest, relatives) if _sum_j(richest) - _sum_j(best) > noise_j else best


def _sum_j(ones: Iterable[Seen]) -> float:
    return math.fsum(one.value_j for one in ones)


def _fill(group: list[Seen], first: Sequence[Seen], relatives: Mapping[str, frozenset[str]]) -> list[Seen]:
    """Take what fits, channel by channel, in the order of the group."""
    calendar, taken = _Calendar(relatives), list(first)
    for one in taken:
        calendar.take(one)
    already = set(map(id, taken))
    by_key: dict[str, list[Seen]] = {}
    for one in group:
        by_key.setdefault(one.key, []).append(one)
    for ones in by_key.values():
        free = densest([one for one in ones if id(one) not in already and calendar.fits(one)])
        for one in free:
            calendar.take(one)
        taken += free
    return taken


def densest(ones: list[Seen]) -> list[Seen]:
    """Those of one channel that cover most time without overlapping: weighted interval scheduling.

    ``most(n) = max(most(n - 1), length(n) + most(those ending before n begins))``, over the first n to end.
    """
    ones = sorted(ones, key=lambda one: (one.span.inner[1], one.span.inner[0]))
    ends = [one.span.inner[1] for one in ones]
    most, before = [0.0], []
    for number, one in enumerate(ones):
        before.append(bisect.bisect_right(ends, one.span.inner[0], 0, number))
        most.append(max(most[-1], one.span.length_s + most[before[-1]]))
    kept, number = [], len(ones)
    while number:
        if most[number] > most[number - 1] or not ones[number - 1].span.length_s:
            kept.append(ones[number - 1])
            number = before[number - 1]
        else:
            number -= 1
    return kept[::-1]


def _groups(ordered: Sequence[Seen], relatives: Mapping[str, frozenset[str]]) -> list[list[Seen]]:
    """Readings that have to do with each other, directly or through others."""
    home: dict[str, str] = {}

    def root(key: str) -> str:
        while home.setdefault(key, key) != key:
            home[key] = home[home[key]]
            key = home[key]
        return key

    for key, others in relatives.items():
        for other in others:
            home[root(other)] = root(key)
    groups: dict[str, list[Seen]] = {}
    for one in ordered:
        groups.setdefault(root(one.key), []).append(one)
    return list(groups.values())


def covered_s(spans: Iterable[Span]) -> float:
    """Seconds that lie in at least one span.

    Example:
        >>> covered_s([Span(0.0, 2.0), Span(1.0, 3.0), Span(5.0, 6.0)])
        4.0
    """
    pieces: list[float] = []
    reached = -math.inf
    for span in sorted(spans, key=lambda one: (one.begin_s, one.end_s)):
        if span.end_s > reached:
            pieces.append(span.end_s - max(span.begin_s, reached))
            reached = span.end_s
    return math.fsum(pieces)


def _overlaps(taken: list[tuple[float, float]], begin: float, end: float) -> bool:
    """Whether any of these sorted, disjoint spans meets the one between begin and end."""
    after = bisect.bisect_right(taken, (end, -math.inf))
    return after > 0 and taken[after - 1][1] > begin
