"""Taking blocks: how long they are, at which phases of the sensor they begin, and when they are enough."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Sequence

import attrs

from wattwhat.acquisition.counter_input import CounterInput
from wattwhat.acquisition.evaluation import account
from wattwhat.acquisition.gauge_input import GaugeInput
from wattwhat.acquisition.meter_set import MeterSet, Snapshot
from wattwhat.energy.assumptions import period_s
from wattwhat.energy.gauge import answer_s, looks_away_s
from wattwhat.energy.gauge_lateness import Part, shown_until_s
from wattwhat.energy.joules import Joules
from wattwhat.measuring.blocks import Block, add_up, items_of, power_rise, shrinkable_half_width
from wattwhat.measuring.plan import Plan
from wattwhat.records.channel import Channel
from wattwhat.records.sources import UNSEEN
from wattwhat.workloads.base import Workload

__all__ = ["Rounds"]

Span = tuple[Snapshot, Snapshot, int, "float | None"]

# A block is this many update periods long, so that its edges weigh little.
_PERIODS_PER_BLOCK = 10.0
# Fewer blocks tell too little about their spread.
_LEAST_BLOCKS = 5
# A sensor that looks at a part of its period only is met at so many phases, evenly spaced (at least the eight
# delays of arXiv 2312.02741): a load as long as its period would show it the same moment every time.
_PHASES, _MOST_PHASES = 8, 20
_LEAST_ROUNDS = 3
# How often the length of a call is judged anew where first calls compile.
_MOST_TRIES = 10
# How long a gauge is watched after a load, beyond what its figures say: as many periods, but no longer.
_LATE_PERIODS, _LATE_S, _LATE_PHASES = 5.0, 2.0, 4


class Rounds:
    """Blocks of calls on a meter set, until they are enough.

    Where a counted sensor looks away part of the time, a block is a round of parts that begin at evenly
    spaced phases of its update period; their sum is what the statistics see.

    Args:
        workload: what to call.
        plan: precision and time asked for.
        meter_set: the open meters.
        lines: those that concern this workload.
        counted: ids of the channels that are added.
        sleep: waits for seconds.
        generator: source of the random part of delays.
    """

    def __init__(
        self,
        workload: Workload,
        plan: Plan,
        meter_set: MeterSet,
        lines: Sequence[CounterInput | GaugeInput],
        counted: Collection[str],
        sleep: Callable[[float], None],
        generator: random.Random,
    ) -> None:
        self.workload, self.plan, self.meter_set, self.clock = workload, plan, meter_set, meter_set.clock
        self.sleep, self.generator = sleep, generator
        self.only, self.counted = {line.channel.id for line in lines}, set(counted)
        self.gauges = gauges = [line for line in lines if isinstance(line, GaugeInput)]
        self.away_s = max((looks_away_s(line.channel) for line in lines), default=0.0)
        self.lag_s = max((line.settled_s for line in gauges), default=0.0)
        # a counter shows the power before an edge late: the same load on both sides of it does no harm
        self.lead_s = 0.0 if gauges else max((_lead_s(line.channel) for line in lines), default=0.0)
        self.phases = max((_phases(line.channel) for line in lines), default=1)
        self.least = _LEAST_ROUNDS if self.away_s else _LEAST_BLOCKS
        slowest_s = max(
            (period_s(line.channel) for line in lines if line.provenance == "measured"), default=0.0
        )
        periods = _PERIODS_PER_BLOCK / (2.0 if self.away_s else 1.0)
        wanted_s = max(periods * slowest_s, plan.min_seconds / 10.0)
        self.part_s = min(wanted_s, plan.max_seconds / (self.least * self.phases))
        self._taken: list[list[Span]] = []
        self.tries = self.tried_calls = 0
        self._settled: list[Block] = []

    def take(self, call_s: float, say: Callable[[str], None]) -> tuple[list[Block], str]:
        """Take blocks until the precision is reached or the time is up.

        Args:
            call_s: seconds of one call, as the warm-up found; 0 if unknown.
            say: told of the progress.

        Returns:
            The blocks, and why it stopped.
        """
        calls = max(1, math.ceil(self.part_s / call_s)) if call_s > 0 else 1
        self._learn_rest(call_s, say)
        begun_ns, done, look_at = self.clock(), 0, self.least
        while True:
            self._taken.append([self._part(calls, phase) for phase in self._round()])
            quicker_s = self._quicker_s(call_s)
            if quicker_s is not None:
                self._learn_rest(quicker_s, say)
                call_s, begun_ns = quicker_s, self.clock()
                calls = max(1, math.ceil(self.part_s / call_s))
                continue
            done += sum(span[2] for span in self._taken[-1])
            passed_s, count = (self.clock() - begun_ns) * 1e-9, len(self._taken)
            say(f"block {count}")
            if count >= look_at and passed_s >= self.plan.min_seconds:
                blocks = self.blocks()
                reached = shrinkable_half_width(blocks, self.counted)
                say(f"{count} blocks, ±{100 * reached:.2g} %")
                # without those in which the power was still rising
                kept = blocks[power_rise(blocks, self.counted) :]
                kept_s = math.fsum(block.duration_s for block in kept)
                if reached <= self.plan.precision and kept_s >= self.plan.min_seconds:
                    return self.finish(), "precision reached"
                look_at = count + max(1, count // 20)
            if passed_s + passed_s / count > self.plan.max_seconds:
                return self.finish(), "max_seconds reached"
            calls = max(1, math.ceil(self.part_s * done / max(passed_s, 1e-6)))

    def _quicker_s(self, call_s: float) -> float | None:
        """Seconds of a call where the first round shows that calls before it did more, such as compiling.

        That round is far shorter than a block has to be, so it counts as warm-up.
        """
        if len(self._taken) > 1 or self._settled or self.tries >= _MOST_TRIES:
            return None
        calls = sum(span[2] for span in self._taken[0])
        seconds = math.fsum(end.t_ns - begin.t_ns for begin, end, _, _ in self._taken[0]) * 1e-9
        if seconds > 0.5 * self.part_s * len(self._taken[0]) or seconds > 0.5 * call_s * calls:
            return None
        self._taken.clear()
        self.tries, self.tried_calls = self.tries + 1, self.tried_calls + calls
        return max(seconds / calls, 1e-9)

    def finish(self) -> list[Block]:
        """All blocks, once every gauge has shown the end of the last one."""
        if self.lag_s:
            self.sleep(self.lag_s)
        return self.blocks()

    def blocks(self) -> list[Block]:
        """The blocks that every gauge has shown by now; each is settled once."""
        latest_ns = self.clock() - int(self.lag_s * 1e9)
        for parts in self._taken[len(self._settled) :]:
            if self.lag_s and parts[-1][1].t_ns > latest_ns:
                break
            self._settled.append(self._settle(parts))
        return self._settled

    def _learn_rest(self, call_s: float, say: Callable[[str], None]) -> None:
        """Find how long after a load the gauges go on showing it, where nobody stated that.

        It is run at several phases, for a load in step with the gauge may be shown at some of them only.
        """
        lines = [
            line
            for line in self.gauges
            if looks_away_s(line.channel) and line.channel.delay_s is None and not line.rest_found
        ]
        if not lines or call_s > 0.1 * self.plan.max_seconds:
            return
        say("how late the sensor shows a load")
        rest_s = max(line.rest_s + min(_LATE_PERIODS * period_s(line.channel), _LATE_S) for line in lines)
        calls = max(1, math.ceil(2.0 * self.away_s / call_s)) if call_s > 0.0 else 1
        parts: list[list[Part]] = [[] for _ in lines]
        self.sleep(rest_s)
        for number in range(_LATE_PHASES):
            self.sleep((number * self.away_s / _LATE_PHASES - self.clock() * 1e-9) % self.away_s)
            begin = self.meter_set.begin()
            for _ in range(calls):
                self.workload.run()
            self.workload.synchronize()
            end_s = self.clock() * 1e-9
            self.sleep(rest_s)
            self.meter_set.end(begin)
            for line, mine in zip(lines, parts, strict=True):
                mine.append((line.looks(), begin.t_ns * 1e-9, end_s))
        for line, mine in zip(lines, parts, strict=True):
            line.rest_found, late_s = True, shown_until_s(mine)
            if late_s is not None:
                # met at another phase it shows the load up to a period longer, and looks are apart
                line.rest_longer(late_s + period_s(line.channel) + 2.0 * line.poll_s)
        self.lag_s = max(line.settled_s for line in self.gauges)

    def _round(self) -> list[float]:
        """The phases in s at which the parts of a round begin, one common random delay in all of them."""
        if not self.away_s:
            return [0.0]
        common = self.generator.random()
        phases = [self.away_s * (number + common) / self.phases for number in range(self.phases)]
        self.generator.shuffle(phases)
        return phases

    def _part(self, calls: int, phase_s: float) -> Span:
        """So many calls between two snapshots, begun at this phase of the sensor's period."""
        if self.away_s:
            # rest until the gauge has shown all of the part before, then until the phase is right
            rested_s = self.clock() * 1e-9 + self.lag_s
            self.sleep(self.lag_s + (phase_s - rested_s) % self.away_s)
        run, done, chunk = self.workload.run, 0, 1
        if self.lead_s:
            lead_ns = self.clock() + int(1e9 * self.lead_s)
            while self.clock() < lead_ns:
                run()
        items = self.workload.items_done
        begin = self.meter_set.begin()
        latest_ns = begin.t_ns + int(2e9 * self.part_s)
        while done < calls:
            count = min(chunk, calls - done)
            for _ in range(count):
                run()
            done += count
            chunk = min(2 * chunk, max(1, calls // 8))
            if self.clock() > latest_ns:  # calls are slower than they were: a shorter block will do
                break
        self.workload.synchronize()
        end, after = self.meter_set.end(begin), self.workload.items_done
        return begin, end, done, None if items is None or after is None else after - items

    def _settle(self, parts: list[Span]) -> Block:
        blocks = [
            Block(
                account(self.meter_set, begin, end, None, self.only, aligned=bool(self.away_s)),
                calls,
                (end.t_ns - begin.t_ns) * 1e-9,
                items,
            )
            for begin, end, calls, items in parts
        ]
        if len(blocks) == 1:
            return blocks[0]
        calls = sum(block.calls for block in blocks)
        entries = [(line, _without_unseen(joules), words) for line, joules, words in add_up(blocks)]
        seconds = math.fsum(block.duration_s for block in blocks)
        return Block(entries, calls, seconds, items_of(blocks))


def _phases(channel: Channel) -> int:
    """At how many phases of its period a sensor is met; 1 for one that always looks.

    So many that the time it looks is a whole number of their distances, as near as may be: then a load that
    repeats as often as the phases do shows its mean, for the looks overlap it evenly.
    """
    period = looks_away_s(channel)
    if not period:
        return 1
    window_s = channel.averaging_window_s
    if window_s is None:
        return _PHASES
    share = window_s / period
    return min(
        range(_PHASES, _MOST_PHASES + 1),
        key=lambda n: (round(abs(math.sin(math.pi * n * share)) / (math.pi * n * share), 3), n),
    )


def _lead_s(channel: Channel) -> float:
    """How long the load is to run before a part on a counter that looks away: window, delay and rise."""
    if not (channel.is_counter and looks_away_s(channel)):
        return 0.0
    return answer_s(channel) - period_s(channel)


def _without_unseen(joules: Joules | None) -> Joules | None:
    """A round without its part for unseen time: even phases show it, and the spread of rounds tells."""
    if joules is None:
        return None
    return attrs.evolve(joules, parts=tuple(pair for pair in joules.parts if pair[0] != UNSEEN))
