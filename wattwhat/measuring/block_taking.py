"""Taking blocks: how long they are, at which phases of the sensor they begin, and when they are enough."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Sequence

from wattwhat.acquisition.inputs import Input
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.energy.gauge_timing import looks_away_s
from wattwhat.measuring.block_accounts import LoadState, Span, settled_block
from wattwhat.measuring.blocks import Block, power_rise, shrinkable_half_width
from wattwhat.measuring.lateness import learn_rest, unknown_rest
from wattwhat.measuring.plan import Plan
from wattwhat.measuring.sensor_phases import lead_s_of, phases_of
from wattwhat.records.assumptions import period_s
from wattwhat.workloads.base import Workload

__all__ = ["Rounds"]

# A block is this many update periods long: a counter's shorter gain is read by guesses (energy/counter.py).
# The parts of a round may be shorter, as more of them are had in the same time.
_PERIODS_PER_BLOCK, _PERIODS_PER_PART = 5.0, 4.0
# And this many times as long as its readings hold the program.
_READINGS_PER_BLOCK = 200.0
# Fewer blocks tell too little about their spread; of rounds, their parts tell it too.
_LEAST_BLOCKS = 5
_LEAST_ROUNDS = 2
# Slow changes (pauses, settling) show only in as long a look: so many times min_seconds, up to 1 s of them.
_LOOK = 3.0
# Each look at the blocks is a chance to stop by luck: the next one is due with this part of them more.
_MORE = 0.125
# A block may be shorter than it is to be by this part of a call: what is rounded up is no call more.
_HARDLY = 0.01
# How often the length of a call is judged anew where first calls compile.
_MOST_TRIES = 10


class Rounds:
    """Blocks of calls on a meter set, until they are enough.

    Where a counted sensor looks away part of the time, a block is a round of parts at evenly spaced phases.

    Args:
        workload: what to call.
        plan: precision and time asked for.
        meter_set: the open meters.
        sensors: those that concern this workload.
        counted: ids of the channels that are added.
        sleep: waits for seconds.
        generator: of the random part of delays.
    """

    def __init__(
        self,
        workload: Workload,
        plan: Plan,
        meter_set: MeterSet,
        sensors: Sequence[Input],
        counted: Collection[str],
        sleep: Callable[[float], None],
        generator: random.Random,
    ) -> None:
        self.workload, self.plan, self.meter_set, self.clock = workload, plan, meter_set, meter_set.clock
        self.sleep, self.generator = sleep, generator
        self.only, self.counted = {sensor.channel.id for sensor in sensors}, set(counted)
        counters = meter_set.counters.values()
        self.gauges = gauges = [gauge for gauge in meter_set.gauges.values() if gauge.channel.id in self.only]
        self.beside = [one for one in counters if one.beside and one.channel.id in self.only]
        self.lag_s = self._settled_s()
        # how blocks are laid is for what is added: a gauge inside of a counted device may look away
        sensors = [sensor for sensor in sensors if sensor.channel.id in self.counted] or sensors
        self.away_s = max((looks_away_s(sensor.channel) for sensor in sensors), default=0.0)
        # a counter shows the power before an edge late: the same load on both sides of it does no harm
        self.lead_s = 0.0 if gauges else max((lead_s_of(sensor.channel) for sensor in sensors), default=0.0)
        self.load = LoadState(meter_set, sensors)
        self.most_phases = self.phases = max((phases_of(sensor.channel) for sensor in sensors), default=1)
        self.least = _LEAST_ROUNDS if self.away_s else _LEAST_BLOCKS
        slowest_s = max(
            (period_s(sensor.channel) for sensor in sensors if sensor.provenance == "measured"), default=0.0
        )
        slowest_s = max(slowest_s, max((2.0 * sensor.took_s for sensor in self.beside), default=0.0))
        held_s = math.fsum(counter.took_s for counter in counters if not counter.beside)
        periods = _PERIODS_PER_PART if self.away_s else _PERIODS_PER_BLOCK
        wanted_s = max(periods * slowest_s, plan.min_seconds / 10.0, _READINGS_PER_BLOCK * held_s)
        self.wanted_s = self.part_s = min(wanted_s, plan.max_seconds / (self.least * self.phases))
        self._taken: list[list[Span]] = []
        self.tries = self.tried_calls = 0
        self.first_s = 0.0
        self.warnings: tuple[str, ...] = ()
        self._settled: list[Block] = []

    def take(
        self, call_s: float, say: Callable[[str], None], deadline_ns: float | None = None
    ) -> tuple[list[Block], str]:
        """Take blocks until the precision is reached or the time is up.

        Args:
            call_s: seconds of one call, as the warm-up found; 0 if unknown.
            say: told of the progress.
            deadline_ns: when to have ended, on the meter set's clock; None: max_seconds from now.

        Returns:
            The blocks, and why it stopped.
        """
        if deadline_ns is None:
            deadline_ns = self.clock() + 1e9 * self.plan.max_seconds
        calls = self._lay_out(call_s, say, deadline_ns - 1e9 * self.lag_s)
        try:
            return self._until_enough(calls, call_s, say, deadline_ns - 1e9 * self.lag_s)
        finally:
            self.load.end()

    def _until_enough(
        self, calls: int, call_s: float, say: Callable[[str], None], deadline_ns: float
    ) -> tuple[list[Block], str]:
        begun_ns, done, busy_s, look_at = self.clock(), 0, 0.0, self.least
        while True:
            self._taken.append([self._part(calls, phase) for phase in self._round()])
            if (quicker_s := self._quicker_s(call_s)) is not None:
                call_s, calls = quicker_s, self._lay_out(quicker_s, say, deadline_ns)
                begun_ns = self.clock()
                continue
            latest = sum(span[2] for span in self._taken[-1])
            latest_s = math.fsum(end.t_ns - begin.t_ns for begin, end, _, _ in self._taken[-1]) * 1e-9
            done, busy_s = done + latest, busy_s + latest_s
            now_ns, count = self.clock(), len(self._taken)
            passed_s = (now_ns - begun_ns) * 1e-9
            say(f"block {count}")
            looked_s = (now_ns - self._taken[0][0][0].t_ns) * 1e-9
            if count >= look_at and looked_s >= self._look_s(deadline_ns - begun_ns):
                # the rest that shows a gauge's last block is an edge in the next one, but of rounds none is
                blocks = self.finish() if self.away_s else self.blocks()
                if self._enough(blocks, say) and (self.away_s or self._enough(self.finish(), say, False)):
                    return self.blocks(), "precision reached"
                look_at = count + max(1, int(_MORE * count))
            if self.clock() + 1e9 * passed_s / count > deadline_ns:
                blocks = self.finish()
                reached = self._enough(blocks, say, sure=False)
                return blocks, "precision reached" if reached else "max_seconds reached"
            # the latest ones, where those are quicker: a slow call in a block says nothing of the next one
            pace = max(done / max(busy_s, 1e-9), latest / max(latest_s, 1e-9))
            calls = max(1, math.ceil(self.part_s * pace - _HARDLY))

    def _lay_out(self, call_s: float, say: Callable[[str], None], deadline_ns: float) -> int:
        """Choose how long parts are and at how many phases they begin; gives the calls of a part."""
        left_s = max((deadline_ns - self.clock()) * 1e-9, 0.0)
        self._learn_rest(call_s, say, left_s)
        # calls so long that a round takes too long meet the sensor at many phases: each is a block of its own
        long = call_s * self.most_phases * self.least > left_s
        self.phases = 1 if long else self.most_phases
        self.part_s = min(self.wanted_s, left_s / (self.least * self.phases))
        # so that counters have ticked within the load before the first block, if calls are no longer
        self.first_s = self.load.ticks_s if 0.0 < call_s <= self.part_s else 0.0
        return max(1, math.ceil(self.part_s / call_s - _HARDLY)) if call_s > 0 else 1

    def _look_s(self, most_ns: float) -> float:
        """How long to look at least, in s: what is shown late of the outer blocks may hide a change."""
        look_s = max(self.plan.min_seconds, _LOOK * min(self.plan.min_seconds, 1.0))
        return min(look_s + self.lag_s, max(0.9e-9 * most_ns, self.plan.min_seconds))

    def _enough(self, blocks: list[Block], say: Callable[[str], None], sure: bool = True) -> bool:
        """Whether the precision is reached by these blocks, without those in which the power was rising.

        To stop before the time is up it has to be sure, as the spread comes out small by chance at times.
        """
        reached = shrinkable_half_width(blocks, self.counted)
        say(f"{len(blocks)} blocks, ±{100 * reached:.2g} %")
        kept = blocks[power_rise(blocks, self.counted) :]
        kept_s = math.fsum(block.duration_s for block in kept)
        if not (reached <= self.plan.precision and kept_s >= self.plan.min_seconds):
            return False
        if sum(block.calls for block in kept) < self.plan.min_calls:
            return False
        return shrinkable_half_width(kept, self.counted, sure) <= self.plan.precision

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
        if self.beside and not self.away_s:
            self._lead(self.lag_s)  # as before the first block: the same load on both sides of an edge
        elif self.lag_s:
            self.sleep(self.lag_s)
        return self.blocks()

    def _lead(self, seconds: float) -> None:
        """Run the load for a while, unmeasured; slow counters are looked at in it."""
        asked = [counter.glance() for counter in self.beside]
        until_ns = self.clock() + int(1e9 * seconds)
        while self.clock() < until_ns:
            self.workload.run()
        self.workload.synchronize()
        del asked

    def blocks(self) -> list[Block]:
        """The blocks that every gauge has shown by now; each is settled once."""
        latest_ns = self.clock() - int(self.lag_s * 1e9)
        self.load.settle()
        for parts in self._taken[len(self._settled) :]:
            if self.lag_s and parts[-1][1].t_ns > latest_ns:
                break
            adjoins = self._settled and not self.away_s
            before = self._taken[len(self._settled) - 1][-1][1] if adjoins else None
            self._settled.append(settled_block(self.meter_set, parts, self.only, bool(self.away_s), before))
        return list(self._settled)

    def _learn_rest(self, call_s: float, say: Callable[[str], None], left_s: float) -> None:
        sensors = [sensor for sensor in self.gauges if sensor.channel.id in self.counted]
        if not unknown_rest(sensors):
            return
        say("how late the sensor shows a load")
        calls = max(1, math.ceil(2.0 * self.away_s / call_s)) if call_s > 0.0 else 1
        self.warnings = learn_rest(
            self.meter_set,
            self.workload,
            unknown_rest(sensors),
            self.away_s,
            calls,
            call_s,
            left_s,
            self.sleep,
        )
        self.lag_s = self._settled_s()

    def _settled_s(self) -> float:
        gauges = max((sensor.settled_s for sensor in self.gauges), default=0.0)
        return max(gauges, max((sensor.looks.settled_s for sensor in self.beside), default=0.0))

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
            self._lead(self.lead_s)
        elif not self._taken and not self.away_s:
            if self.first_s:
                self.load.begin()
            self._lead(max(self.first_s, self.lag_s if self.beside else 0.0))
        items = self.workload.items_done
        begin = self.meter_set.begin()
        self.load.within(begin)
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
        self.load.within(end)
        return begin, end, done, None if items is None or after is None else after - items
