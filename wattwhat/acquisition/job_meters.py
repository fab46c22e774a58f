"""Meters of a node that a Slurm job shares with others: the job's share of what they show.

A share is taken of each step of the counter, over the time of that step, so that the joules of windows still
add up. It lies between the job's part of the node's CPUs, by which its idle power goes, and its part of the
node's busy processor time, by which the rest goes. How much of the power is idle is not known: the middle is
taken, and how far apart the two are is in the gain error.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from wattwhat.energy.counter import difference
from wattwhat.records.caution import Caution
from wattwhat.records.channel import Channel
from wattwhat.sensing.job_time import JobTime, Times
from wattwhat.sensing.launch import OF_CPUS, OF_THE_NODE, job_of
from wattwhat.sensing.meter import Meter, Reading, provenance_of

__all__ = ["JobMeter", "job_meters", "share_of"]

# A second of a processor draws between half and twice what another one does (clock, vector units, a sibling
# thread); uniform in the logarithm, as a standard uncertainty.
_ALIKE = math.log(2.0) / math.sqrt(3.0)
# Of the node's processor time, the least that tells a share: /proc/stat counts in ticks of 10 ms.
_LEAST_S = 0.05
# A share that has moved by less is not told anew.
_MOVED = 0.01


def share_of(of_cpus: float, of_time: float | None) -> tuple[float, float]:
    """A job's share of a node's energy, and its standard uncertainty.

    Args:
        of_cpus: the job's part of the node's CPUs.
        of_time: its part of the node's busy processor time; None where that is not known.

    Example:
        >>> share, u = share_of(0.25, 0.75)
        >>> share, round(u, 3)
        (0.5, 0.149)
        >>> share_of(0.25, 0.25)[0], share_of(0.25, None)[1] > 0.3
        (0.25, True)
    """
    if of_time is None:  # anything between nothing and all
        return of_cpus, math.sqrt(1.0 / 12.0 + (of_cpus - 0.5) ** 2)
    of_time = min(max(of_time, 0.0), 1.0)
    idle_unknown = abs(of_cpus - of_time) / math.sqrt(12.0)
    unlike = 0.5 * _ALIKE * of_time * (1.0 - of_time)
    return (of_cpus + of_time) / 2.0, math.hypot(idle_unknown, unlike)


class JobMeter(Meter):
    """The job's share of what a meter of the node shows; in all else it is that meter.

    Args:
        meter: of the whole node.
        channel: what that measures, with what a calibration found.
        job: as `wattwhat.sensing.launch.job_of` gives it, with ``cpu_share``.
        times: gives both accounts of processor time.

    Attributes:
        sensor: the input that learns of the channel anew where the share has moved; None where nobody does.
    """

    def __init__(
        self, meter: Meter, channel: Channel, job: dict[str, Any], times: Callable[[], Times | None]
    ) -> None:
        self.meter, self.provenance = meter, provenance_of(meter)
        self.sensor: Any = None
        self._of, self._job, self._times = channel, job, times
        self._lock, self._pid = threading.RLock(), os.getpid()
        self._first = self._mark = times()
        self._shown = math.nan, math.nan  # what the meter and what this one showed
        self._reported: float | None = None
        self._of_time: float | None = None
        self.channel = self._channel(None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.meter, name)

    def close(self) -> None:
        """Close the meter of the node."""
        self.meter.close()

    def read(self) -> Reading:
        """The reading of the node's meter, with the joules or watts of the job."""
        t_ns, raw = self.meter.read()
        if os.getpid() != self._pid:  # the lock of a forked child may be held by nobody
            self._lock, self._pid = threading.RLock(), os.getpid()
        with self._lock:
            value = self._own_j(raw) if self._of.is_counter else raw * self._share()
            moved = self._moved()
        if moved and self.sensor is not None:  # an input that learns takes its own lock
            now = self.channel
            self.sensor.learn(attrs.evolve(self.sensor.channel, gain_error=now.gain_error, source=now.source))
        return Reading(t_ns, value)

    def _own_j(self, raw: float) -> float:
        before, value = self._shown
        if math.isnan(before):
            value = raw
        elif raw != before:
            gained_j, kind = difference(before, raw, self._of.wrap_j)
            own_j = self._share() * gained_j
            # a reset and a wrap stay what they are, for whoever reads this counter
            value = own_j if kind == "reset" else value + own_j
            if self._of.wrap_j is not None and value > self._of.wrap_j:
                value -= self._of.wrap_j
        self._shown = raw, value  # at once: a signal handler that measures too may have read meanwhile
        return value

    def _share(self) -> float:
        """The share of the time since it was last asked for, where that is long enough to tell."""
        now, before = self._times(), self._mark
        if now is not None and before is not None and now.node_s - before.node_s >= _LEAST_S:
            self._of_time = (now.job_s - before.job_s) / (now.node_s - before.node_s)
            self._mark = now
        elif before is None:
            self._mark = now
        return share_of(self._job["cpu_share"], self._of_time)[0]

    def _moved(self) -> bool:
        """Whether the share of all the time until now is another one than was told."""
        first, now = self._first, self._mark
        if first is None or now is None or now.node_s <= first.node_s:
            self._first = first or now
            return False
        of_time = min((now.job_s - first.job_s) / (now.node_s - first.node_s), 1.0)
        if self._reported is not None and abs(of_time - self._reported) < _MOVED:
            return False
        self._reported, self.channel = of_time, self._channel(of_time)
        return True

    def _channel(self, of_time: float | None) -> Channel:
        job, of = self._job, self._of
        share, u = share_of(job["cpu_share"], of_time)
        name, cpus = job["job_id"], f"{job['cpus']} of {job['node_cpus']} CPUs"
        busy = "an unknown part" if of_time is None else f"{100.0 * of_time:.2g} %"
        return attrs.evolve(
            of,
            id=_of_job(of.id, name),
            contains=tuple(_of_job(one, name) for one in of.contains),
            gain_error=math.hypot(of.gain_error or 0.0, u / share),
            source=f"{of.source or of.backend}; {100.0 * share:.2g} % of it: job {name} has {cpus} and "
            f"{busy} of the processor time",
        )


def _of_job(channel_id: str, job_id: str) -> str:
    return f"{channel_id}/job-{job_id}"


def job_meters(
    meters: Sequence[Meter],
    channel_of: Callable[[Meter], Channel],
    environ: Mapping[str, str] | None = None,
    cpu_count: int | None = None,
    root: str = "/",
) -> tuple[list[Meter], list[str]]:
    """These meters as a job counts them: those of a shared node by its share, all others as they are.

    Args:
        meters: those that were found.
        channel_of: what a meter measures, with what a calibration found.
        environ: the environment; None takes that of this process.
        cpu_count: CPUs of this node; None counts them.
        root: root of the file tree, for tests.

    Returns:
        The meters, one for one, except those of the whole host, whose parts stand in; and what is to be said.
    """
    job = job_of(environ, cpu_count)
    if job is None or not 0.0 < job.get("cpu_share", 1.0) < 1.0:
        return list(meters), []
    kept, warnings = _without_whole(meters, job["job_id"])
    times: JobTime | None = None
    for number, meter in enumerate(kept):
        if meter.channel.component in OF_THE_NODE and provenance_of(meter) == "measured":
            times = times or JobTime(job["job_id"], environ, root)
            kept[number] = JobMeter(meter, channel_of(meter), job, times.now)
    return kept, warnings


def _without_whole(meters: Iterable[Meter], job_id: str) -> tuple[list[Meter], list[str]]:
    """Without sensors of the whole host, in which GPUs of other jobs are, where its processors have some."""
    kept = list(meters)
    sensors = [one for one in kept if provenance_of(one) == "measured"]
    if not any(one.channel.component in OF_CPUS for one in sensors):
        return kept, []
    whole = [one for one in sensors if one.channel.component in OF_THE_NODE - OF_CPUS]
    for one in whole:
        one.close()
        kept.remove(one)
    names = ", ".join(one.channel.id for one in whole)
    sentence = f"{names}: left out, for GPUs of other jobs than {job_id} may be in it"
    return kept, [Caution("shared-node", sentence)] if whole else []
