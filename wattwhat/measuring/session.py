"""One call of measure() under way: warm-up, idle baseline, blocks, result."""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from wattwhat.acquisition.conditions import conditions_now, doubts, environment_of
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.outcome import measurement_of
from wattwhat.acquisition.unseen_gpu import unseen_gpu
from wattwhat.measuring.block_taking import Rounds
from wattwhat.measuring.blocks import (
    Block,
    add_up,
    block_j,
    items_of,
    parts_of,
    power_rise,
    repeats_u_j,
    seen_j,
    shrinkable_half_width,
    with_repeats,
)
from wattwhat.measuring.devices import concerned
from wattwhat.measuring.idle import power_at_rest
from wattwhat.measuring.plan import Plan
from wattwhat.measuring.steady_state import drift, level_change
from wattwhat.records.caution import Caution, code_of
from wattwhat.records.containment import counted_ids
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity
from wattwhat.workloads.accelerators import accelerator_in_use
from wattwhat.workloads.base import Workload

__all__ = ["Progress", "run_plan"]

Progress = Callable[[float, str], None]

# A half-width so many times what was asked for is worth a warning.
_FAR = 4.0


def run_plan(
    workload: Workload,
    plan: Plan,
    meter_set: MeterSet,
    *,
    devices: Sequence[str] | None = None,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
    generator: random.Random | None = None,
) -> Measurement:
    """Measure a workload on a meter set; time and chance are passed in, so that tests need neither.

    Args:
        workload: what to run.
        plan: how long and how well.
        meter_set: the open meters.
        devices: devices or channels that count; None asks the workload.
        progress: called with seconds passed and what is being done.
        sleep: waits for seconds.
        generator: source of random delays.
    """
    with workload:
        run = _Run(workload, plan, meter_set, devices, progress, sleep, generator or random.Random())
        m = run.measure()
    return attrs.evolve(m, warnings=(*m.warnings, *workload.warnings)) if workload.warnings else m


# What a single window is told to do: measure() is just that.
_ADVICE = re.compile(r"a window (this short|of \S+ \S+) (says .*): use a longer window, or measure\(\).*$")


def followable(warnings: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences of the blocks' accounts, with advice that whoever called measure() can follow.

    Example:
        >>> followable(("h/x/0: a window this short says little: use a longer window, or measure()",))
        ('h/x/0: a block this short says little: raise max_seconds, so that blocks are longer',)
    """
    return tuple(dict.fromkeys(_with_advice(one) for one in warnings))


def _with_advice(sentence: str) -> str:
    put = _ADVICE.sub(r"a block \1 \2: raise max_seconds, so that blocks are longer", sentence)
    code = code_of(sentence)
    return put if code is None else Caution(code, put)


class _Run:
    """One call of `measure` under way."""

    def __init__(
        self,
        workload: Workload,
        plan: Plan,
        meter_set: MeterSet,
        devices: Sequence[str] | None,
        progress: Progress | None,
        sleep: Callable[[float], None],
        generator: random.Random,
    ) -> None:
        self.workload, self.plan, self.meter_set = workload, plan, meter_set
        self.progress, self.sleep, self.clock, self.generator = progress, sleep, meter_set.clock, generator
        self.devices = devices
        self.choose()
        self.started_ns = time.time_ns()
        self.begun_ns = meter_set.clock()
        self.warm_calls = 0
        self.conditions = conditions_now(meter_set)

    def choose(self) -> None:
        """Which channels count."""
        self.concerned = concerned(self.workload, self.meter_set, self.devices)
        self.only = self.concerned.only
        self.sensors = [
            sensor for sensor in self.meter_set.inputs if self.only is None or sensor.channel.id in self.only
        ]
        self.counted = counted_ids(sensor.channel for sensor in self.sensors)
        self.warnings = (
            *unseen_gpu(self.meter_set, bool(self.workload.devices())),
            *self.concerned.warnings,
        )

    def measure(self) -> Measurement:
        self.say("first call")
        started = accelerator_in_use()
        first_s = self.time_calls(1) if self.plan.warmup != 0 else None
        if accelerator_in_use() and not started:
            self.choose()  # it showed only now that it runs on one
        idle_w = self.idle_power()
        call_s = self.warm_up(first_s)
        rounds = Rounds(
            self.workload, self.plan, self.meter_set, self.sensors, self.counted, self.sleep, self.generator
        )
        self.started_ns = time.time_ns()
        # one call more than max_seconds is allowed: the first one, which may be the longest; calls to warm up
        # that were asked for leave a quarter of the time at least
        deadline_ns = self.begun_ns + 1e9 * (self.plan.max_seconds + (first_s or 0.0))
        deadline_ns = max(deadline_ns, self.clock() + 0.25e9 * self.plan.max_seconds)
        blocks, stopped = rounds.take(call_s, self.say, deadline_ns)
        self.warm_calls += rounds.tried_calls
        self.warnings = (*self.warnings, *rounds.warnings)
        return self.result(blocks, idle_w, stopped)

    def say(self, sentence: str) -> None:
        if self.progress is not None:
            self.progress((self.clock() - self.begun_ns) * 1e-9, sentence)

    def time_calls(self, calls: int, whole: bool = False) -> float:
        """Seconds for one call, over so many; fewer if they take too long, unless all are wanted."""
        begin, done, chunk = self.clock(), 0, 1
        latest_ns = begin + int(0.2e9 * self.plan.max_seconds)
        while done < calls and (whole or done == 0 or self.clock() < latest_ns):
            count = min(chunk, calls - done)
            for _ in range(count):
                self.workload.run()
            done, chunk = done + count, 2 * chunk
        self.workload.synchronize()
        self.warm_calls += done
        return (self.clock() - begin) * 1e-9 / done

    def warm_up(self, first_s: float | None) -> float:
        """Run until three groups of calls in a row take the same time within 5 %; gives seconds a call."""
        if self.plan.warmup != "auto":
            count = int(self.plan.warmup)
            return self.time_calls(count - 1, whole=True) if count > 1 else (first_s or 0.0)
        self.say("warming up")
        limit_ns = self.clock() + int(0.2 * self.plan.max_seconds * 1e9)
        call_s = first_s or 0.0
        if 0.1 <= call_s / self.plan.max_seconds <= 0.25:
            call_s = self.time_calls(1)  # the first call may have compiled; a longer one is not tried twice
        recent: list[float] = []
        while self.clock() < limit_ns and call_s < 0.1 * self.plan.max_seconds:
            group_s = 0.05 * min(self.plan.min_seconds, 5.0)
            call_s = self.time_calls(max(1, min(int(group_s / call_s), 100_000) if call_s > 0 else 1000))
            recent = [*recent[-2:], call_s]
            if len(recent) == 3 and max(recent) <= 1.05 * min(recent):
                break
        return call_s

    def idle_power(self) -> Quantity | None:
        """Power of the counted channels at rest, the workload loaded."""
        power = power_at_rest(
            self.meter_set, self.sensors, self.counted, self.plan, self.sleep, self.say, only=self.only
        )
        self.warnings = (*self.warnings, *power.warnings)
        return power.power_w

    def result(self, blocks: list[Block], idle_w: Quantity | None, stopped: str) -> Measurement:
        blocks, rise = self.settled(blocks)
        entries = add_up(blocks)
        calls = sum(block.calls for block in blocks)
        items, each = items_of(blocks), self.workload.items_per_call
        if items is None and each is not None:
            items = calls * each
        m = measurement_of(
            self.meter_set,
            entries,
            label=self.workload.label,
            duration_s=math.fsum(block.duration_s for block in blocks),
            started_ns=self.started_ns,
            environment=environment_of(self.meter_set, self.conditions),
            warnings=(*self.warnings, *doubts(self.meter_set)),
            calls=calls,
            items=items,
            idle_power_w=idle_w,
        )
        counted = {entry.channel.id for entry in m.channels if entry.counted and entry.energy_j is not None}
        budget = with_repeats(m.budget, repeats_u_j(blocks, counted, m.budget))
        warnings = followable(m.warnings)
        if len(blocks) < 2:
            sentence = (
                "only one block was measured, so the spread between calls is not known: raise max_seconds"
            )
            warnings += (Caution("no-spread", sentence),)
        changing = level_change(*seen_j(parts_of(blocks), counted)) or drift(*seen_j(blocks, counted))
        if changing is not None:
            warnings += (Caution(changing.code, changing.sentence),)
        reached = shrinkable_half_width(blocks, counted)
        if _FAR * self.plan.precision < reached < math.inf:
            sentence = (
                f"known to ±{100.0 * reached:.2g} %, where {100.0 * self.plan.precision:.2g} % was asked for"
            )
            warnings += (Caution("imprecise", f"{sentence}: raise max_seconds"),)
        return attrs.evolve(
            m,
            budget=budget,
            warnings=warnings,
            details={
                "stopped": stopped,
                "precision": reached if math.isfinite(reached) else None,
                "precision_asked": self.plan.precision,
                "blocks": len(blocks),
                "calls_per_block": blocks[-1].calls,
                "warmup_calls": self.warm_calls,
                **self.concerned.details,
                "block_energy_j": [block_j(block, counted) for block in blocks],
                "block_duration_s": [block.duration_s for block in blocks],
                **rise,
            },
        )

    def settled(self, blocks: list[Block]) -> tuple[list[Block], dict[str, Any]]:
        """The blocks after the power had risen, and the details about those that are left out."""
        count = power_rise(blocks, self.counted)
        if not count:
            return blocks, {}
        known_j, durations_s = seen_j(blocks, self.counted)
        left_out = {
            "words": f"the first {count} of {len(blocks)} blocks are left out: power was still rising",
            "block_energy_j": known_j[:count],
            "block_duration_s": durations_s[:count],
        }
        return blocks[count:], {"power_rise": left_out}
