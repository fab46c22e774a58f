"""Places of edges on a counter's course: between two ticks, and after the latest one."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from wattwhat.energy.state_powers import Row, StatePowers
from wattwhat.energy.tick_age import TICKS, Tick
from wattwhat.records.timeline_points import UNSEEN_WALK, Place

__all__ = ["Answered", "Cut", "Interval", "merged_cuts", "place_after", "place_between"]

# An error of a tick below this part of what is uncertain in a place is left out of it. Those of the powers
# stay: of a short window between two places hardly anything else is left.
_NOTABLE = 0.003
_ROOT_3 = math.sqrt(3.0)


class Cut:
    """From a moment on the program is in a state; an edge of a window may wait there for its place."""

    __slots__ = ("number", "places", "runs", "since_s", "state", "t_s")

    def __init__(
        self,
        t_s: float,
        state: int,
        places: Any = None,
        number: int = 0,
        runs: int = 1,
        since_s: float | None = None,
    ) -> None:
        self.t_s, self.state, self.places, self.number, self.runs = t_s, state, places, number, runs
        self.since_s = t_s if since_s is None else since_s

    @property
    def waits(self) -> bool:
        """Whether an edge waits here for its place."""
        return self.places is not None and self.places[self.number] is None

    def put(self, place: Place) -> None:
        """Give it."""
        self.places[self.number] = place


class Interval(NamedTuple):
    """What lies between two ticks.

    Args:
        number: of the first tick.
        cuts: states of the program and edges; the first one lies at the first tick.
        end_s: time of the last tick.
        gained_j: what the counter gained.
        counted_j: what it had counted at the last tick.
        ticks: what both err by.
        walked_j2: variance in J^2 of what was drawn unseen until the first and until the last tick.
    """

    number: int
    cuts: list[Cut]
    end_s: float
    gained_j: float
    counted_j: float
    ticks: tuple[Tick, Tick]
    walked_j2: tuple[float, float]

    def row(self, unseen_j2: float) -> Row:
        """What it tells about the powers of the states, with this variance in J^2 of what was not seen."""
        times: dict[int, float] = {}
        squares: dict[int, float] = {}
        ends = [*[one.t_s for one in self.cuts[1:]], self.end_s]
        for cut, end_s in zip(self.cuts, ends, strict=True):
            length_s = max(end_s - cut.t_s, 0.0)
            times[cut.state] = times.get(cut.state, 0.0) + length_s
            squares[cut.state] = squares.get(cut.state, 0.0) + length_s**2 / cut.runs
        return Row(self.gained_j, times, squares, self.ticks, unseen_j2)


class Answered(NamedTuple):
    """Up to where the curve was told, and cannot change any more.

    Args:
        t_s: the time in s.
        energy_j: the curve there, in J.
        error: number of its error.
        u_j: size of that, in J.
    """

    t_s: float
    energy_j: float
    error: int = 0
    u_j: float = 0.0


def place_between(one: Interval, powers: StatePowers, answered: Answered) -> Answered:
    """Give the edges of an interval that wait their places: what was gained is spread by the states' powers.

    Args:
        one: the interval.
        powers: what the states draw.
        answered: up to where the curve is fixed.

    Returns:
        The same for what follows.
    """
    span = Span(one.cuts, one.end_s, powers)
    before, rest_j = span.until(answered.t_s), max(one.counted_j - answered.energy_j, 0.0)
    scale = one.gained_j / span.whole
    for number, cut in enumerate(one.cuts):
        if not cut.waits:
            continue
        at = span.at(number)
        left = 1.0 if at <= before else (span.whole - at) / max(span.whole - before, 1e-300)
        part = at / span.whole
        slope_w = scale * powers.rms_w(span.state_at(number))
        errors = span.errors(number, scale, part)
        one.ticks[0].into(errors, slope_w, 1.0 - part, one.number)
        one.ticks[1].into(errors, slope_w, part, one.number + 1, powers.told(one.ticks[1].state))
        if answered.u_j:
            errors[answered.error] = answered.u_j * left
        place_j = max(one.counted_j - rest_j * left, answered.energy_j)
        chance_j2 = (span.scatter_until(number) * scale**2, span.scatter * scale**2)
        before_j2, after_j2 = one.walked_j2
        walked_j2 = before_j2 + part * (after_j2 - before_j2)
        most_j = one.gained_j + _ROOT_3 * (one.ticks[0].own_j + one.ticks[1].own_j)
        cut.put(_place(place_j, one.number, part, chance_j2, errors, most_j, walked_j2))
    if answered.t_s > one.end_s:
        return answered
    # what was answered too high already is paid back by what follows
    ahead_j = max(answered.energy_j - one.counted_j, 0.0)
    return Answered(one.end_s, max(answered.energy_j, one.counted_j), answered.error, ahead_j)


def place_after(
    number: int, cuts: list[Cut], tick: Tick, powers: StatePowers, answered: Answered, walked_j2: float
) -> Answered:
    """Give the edges since the latest tick that wait their places: by the states' powers alone.

    Args:
        number: of the tick.
        cuts: states of the program and edges; the first one lies at the tick.
        tick: what it errs by.
        powers: what the states draw.
        answered: up to where the curve is fixed.
        walked_j2: variance in J^2 of what was drawn unseen until the tick.

    Returns:
        The same for what follows.
    """
    last_s, fresh = cuts[-1].t_s, TICKS + 2 * number + 1
    span, place = Span(cuts, last_s, powers), None
    before = span.until(answered.t_s)
    for index, cut in enumerate(cuts):
        if not cut.waits:
            continue
        more_j = max(span.at(index) - before, 0.0)
        errors = span.errors(index, 1.0, 0.0)
        tick.into(errors, powers.rms_w(span.state_at(index)), 1.0, number, powers.told(tick.state))
        errors[fresh] = math.sqrt(span.scatter_until(index))
        if answered.u_j:
            errors[answered.error] = errors.get(answered.error, 0.0) + answered.u_j
        place = _place(answered.energy_j + more_j, -1, 0.0, (0.0, 0.0), errors, math.inf, walked_j2)
        cut.put(place)
    if place is None:
        return answered
    u_j = math.sqrt(math.fsum(u * u for error, u in place.shared if error != UNSEEN_WALK))
    return Answered(max(last_s, answered.t_s), place.energy_j, fresh, u_j)


def merged_cuts(cuts: list[Cut], last_s: float) -> list[Cut]:
    """One cut a state in place of many of which no edge waits: how long each state ran stays."""
    ends = [*[one.t_s for one in cuts[1:]], last_s]
    lengths: dict[int, tuple[float, int]] = {}
    for cut, end_s in zip(cuts, ends, strict=True):
        length_s, runs = lengths.get(cut.state, (0.0, 0))
        lengths[cut.state] = (length_s + end_s - cut.t_s, runs + cut.runs)
    t_s, merged = cuts[0].t_s, []
    for state, (length_s, runs) in lengths.items():
        merged.append(Cut(t_s, state, runs=runs))
        t_s += length_s
    return [*merged, Cut(last_s, cuts[-1].state)]


def _place(
    energy_j: float,
    interval: int,
    part: float,
    chance_j2: tuple[float, float],
    errors: dict[int, float],
    most_j: float,
    walked_j2: float,
) -> Place:
    """A place, with errors that leave it in its interval, and those left out that nobody would notice."""
    whole2 = math.fsum(u * u for u in errors.values())
    least = _NOTABLE * math.sqrt(whole2)
    # any value between none and all of the interval's joules is as likely (GUM 4.3.7)
    most2 = most_j**2 * (1.0 / 3.0 - part + part**2) if most_j < math.inf else math.inf
    scale = math.sqrt(most2 / whole2) if whole2 > most2 else 1.0
    shared = tuple((n, u * scale) for n, u in errors.items() if abs(u) > least or (n < TICKS and u))
    if walked_j2:
        shared += ((UNSEEN_WALK, walked_j2),)
    return Place(energy_j, interval, part, *chance_j2, shared)


class Span:
    """The states between a tick and a moment, weighted by what they draw."""

    def __init__(self, cuts: list[Cut], end_s: float, powers: StatePowers) -> None:
        self._cuts, self._powers = cuts, powers
        self._lengths_s: list[float] = []
        self._until, self._own = [0.0], [0.0]
        self._times: dict[int, float] = {}
        last, whole, own = len(cuts) - 1, 0.0, 0.0
        scatter2 = powers.scatter**2
        for number, cut in enumerate(cuts):
            length_s = max((cuts[number + 1].t_s if number < last else end_s) - cut.t_s, 0.0)
            weight = length_s * powers.power_w[cut.state]
            whole, own = whole + weight, own + scatter2 * weight**2 / cut.runs
            self._lengths_s.append(length_s)
            self._until.append(whole)
            self._own.append(own)
            self._times[cut.state] = self._times.get(cut.state, 0.0) + length_s
        self.whole, self.scatter = max(whole, 1e-300), own
        self._before: dict[int, float] = dict.fromkeys(self._times, 0.0)
        self._reached = 0

    def state_at(self, number: int) -> int:
        """The state that a cut begins; of several cuts at one moment, the one that lasts."""
        while number + 1 < len(self._cuts) and self._cuts[number + 1].t_s <= self._cuts[number].t_s:
            number += 1
        return self._cuts[number].state

    def at(self, number: int) -> float:
        """Weight before a cut."""
        return self._until[number]

    def scatter_until(self, number: int) -> float:
        """Variance by chance of the weight before a cut."""
        return self._own[number]

    def until(self, t_s: float) -> float:
        """Weight before a moment."""
        weight_until = 0.0
        for number, cut in enumerate(self._cuts):
            length_s = self._lengths_s[number]
            if t_s <= cut.t_s:
                break
            weight = self._until[number + 1] - self._until[number]
            weight_until += weight * min((t_s - cut.t_s) / length_s, 1.0) if length_s else 0.0
        return weight_until

    def errors(self, number: int, scale: float, part: float) -> dict[int, float]:
        """Errors in J at a cut by those of the powers: of the weight before it less that part of the whole.

        Cuts are to be asked for in order.
        """
        for cut, length_s in zip(
            self._cuts[self._reached : number], self._lengths_s[self._reached : number], strict=True
        ):
            self._before[cut.state] += length_s
        self._reached = number
        errors_j: dict[int, float] = {}
        for state, seconds in self._times.items():
            by_w = scale * (self._before[state] - part * seconds)
            if by_w:
                for error, u_w in enumerate(self._powers.root_w[state][: state + 1]):
                    errors_j[error] = errors_j.get(error, 0.0) + by_w * u_w
        return errors_j
