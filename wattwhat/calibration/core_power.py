"""Watts of a busy core and of one at rest, from measurements of this machine with known threads."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.records.coverage import student_factor
from wattwhat.records.measurement import Measurement
from wattwhat.sensing.estimate.learnt import LearntPower

__all__ = ["learn_core_power"]

# A processor, or what holds one and no GPU beside it that would work meanwhile.
_COMPONENTS = {"cpu", "wall", "host", "board", "soc", "module"}
_LEAST = 3
# Power goes neither straight with the cores in use nor alike in all programs: never better known than this.
_LEAST_U = 0.10


def learn_core_power(measurements: Iterable[Measurement]) -> LearntPower:
    """What one core of this machine draws, busy and at rest: for the built-in estimate.

    Of each measurement with a power at rest and known threads, the power above rest is shared among its
    threads. Power at rest is shared among all cores. With a wall meter both hold the power supply and the
    rest of the machine, as the source then says.

    Args:
        measurements: of one machine, for instance of a study with ``threads`` whose cells ran on the CPU.

    Raises:
        ArgumentError: fewer than 3 of them say what is needed, or they are of several machines.

    Example:
        >>> from wattwhat import Channel, Quantity
        >>> from wattwhat.records.channel_energy import ChannelEnergy
        >>> def run(threads, watts):
        ...     energy = Quantity(10 * watts, 0.1, "J")
        ...     return Measurement(
        ...         label="a", energy_j=energy, duration_s=10.0, idle_power_w=Quantity(16, 0.1, "W"),
        ...         channels=(ChannelEnergy(Channel("h/plug/0", "plug", "a plug", "wall", "power"), energy),),
        ...         environment={"host": "h", "cpu": "a CPU", "cpu_count": 8},
        ...         details={"cell": {"threads": threads, "device": "cpu"}})
        >>> learnt = learn_core_power([run(1, 21.0), run(2, 26.0), run(4, 36.0)])
        >>> learnt.idle_watts_per_core, learnt.watts_per_core
        (2.0, 7.0)
    """
    given = [(one, busy) for one in measurements if (busy := _above_rest_w(one)) is not None]
    if len(given) < _LEAST:
        raise ArgumentError(
            argument="measurements",
            expected=f"at least {_LEAST} on the CPU by a sensor, with a power at rest and threads (a "
            "study's axis threads)",
            got=len(given),
        )
    places = {(one.environment.get("host"), one.environment.get("cpu")) for one, _ in given}
    if len(places) > 1:
        raise ArgumentError(
            argument="measurements",
            expected="those of one machine",
            got=len(places),
            remedy="split them by host",
        )
    host, cpu = places.pop()
    each = [math.log(busy) for _, busy in given]
    middle = math.fsum(each) / len(each)
    spread = math.sqrt(math.fsum((one - middle) ** 2 for one in each) / (len(each) - 1))
    rest = math.fsum(_rest_w(one) for one, _ in given) / len(given)
    components = sorted(
        {entry.channel.component for one, _ in given for entry in one.channels if entry.counted}
    )
    return LearntPower(
        host=str(host),
        cpu=str(cpu),
        watts_per_core=round(math.exp(middle) + rest, 6),
        idle_watts_per_core=round(rest, 6),
        u=max(spread * student_factor(len(each)), _LEAST_U),
        source=f"{len(given)} measurements of this machine ({', '.join(components)})",
    )


def _above_rest_w(m: Measurement) -> float | None:
    """Watts above rest of one thread; None where the measurement does not tell."""
    cell: Any = m.details.get("cell")
    threads = cell.get("threads") if isinstance(cell, dict) or hasattr(cell, "get") else None
    counted = {entry.channel.component for entry in m.channels if entry.counted}
    if (
        not isinstance(threads, int)
        or threads < 1
        or m.provenance != "measured"
        or not counted <= _COMPONENTS
    ):
        return None
    if str(cell.get("device", "cpu")) != "cpu" or not counted or not m.environment.get("cpu_count"):
        return None
    if m.power_w is None or m.idle_power_w is None:
        return None
    above = (m.power_w.value - m.idle_power_w.value) / threads
    return above if above > 0.0 else None


def _rest_w(m: Measurement) -> float:
    """Watts at rest of one core."""
    assert m.idle_power_w is not None
    return max(m.idle_power_w.value, 0.0) / float(m.environment["cpu_count"])
