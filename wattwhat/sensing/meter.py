"""The interface that hardware implements: a meter reads one channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from wattwhat.records.channel import Channel

__all__ = ["Meter", "MeterProvenance", "Reading", "device_uuids_of", "provenance_of"]

MeterProvenance = Literal["measured", "estimated"]


class Reading(NamedTuple):
    """One reading: when, and how much.

    Attributes:
        t_ns: monotonic time (``time.monotonic_ns()``) at which the value was obtained, in ns.
        value: joules for a counter (`Channel.quantity` is ``"energy"``), watts for a gauge.
    """

    t_ns: int
    value: float


class Meter:
    """Reads one energy channel; a backend derives from it, or imitates it.

    Attributes:
        channel: what is measured.
        provenance: ``"measured"`` for a sensor, ``"estimated"`` for a model.
        device_uuids: every name by which a program may know the device (CUDA's UUIDs, of MIG instances
            too), so that a workload's own devices can be told from others; empty where there is none.

    Example:
        >>> import time
        >>> class Constant(Meter):
        ...     channel = Channel("bench/demo/supply", "demo", "a lamp", "wall", "power")
        ...     def read(self):
        ...         return Reading(time.monotonic_ns(), 40.0)
        >>> Constant().read().value
        40.0
    """

    channel: Channel
    provenance: MeterProvenance = "measured"
    device_uuids: tuple[str, ...] = ()

    def read(self) -> Reading:
        """Read the sensor once.

        Returns:
            The time and the value in joules (counter) or watts (gauge).

        Raises:
            MeterError: this reading failed; the core keeps a gap with the reason.
            MeterLostError: this and every later reading will fail.
        """
        raise NotImplementedError

    def raw_reader(self) -> Callable[[], bytes] | None:
        """What windows may call in the place of `read`, where its result can wait to be understood.

        Inside a program's own steps, with cold caches, whatever Python does beside the one system call takes
        longer than the call: ``functools.partial(os.pread, fd, 32, 0)`` takes half as long as `read`.

        Returns:
            What gives some bytes, or raises as `read` does; None, the default: `read` is called.
        """
        return None

    def understood(self, raw: bytes, t_ns: int) -> Reading:
        """The reading that `raw_reader` gave as bytes, at any time later, also once the meter is closed.

        Args:
            raw: the bytes.
            t_ns: monotonic time in ns at which they were asked for.

        Raises:
            MeterError: they are no reading.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Give back what was opened; called once or more, never raises.

        Meters stay open between measurements. They are closed when nobody uses them any more: where their
        backend serves other channels only, when a backend object handed over is forgotten, and when the
        interpreter exits. At exit they stay open if a window is, if they were opened by a parent process,
        and if a reading hangs. A process that is killed closes nothing.

        A garbage collection may close it, in any thread and in the middle of a call into the same library:
        wait for no lock here that such a call may hold.
        """


def provenance_of(meter: Any) -> Any:
    """``"measured"`` or ``"estimated"``; a meter need not derive from `Meter`, and may not say it."""
    return getattr(meter, "provenance", "measured")


def device_uuids_of(meter: Any) -> set[str]:
    """The UUIDs of the accelerators in a meter's channel, without the prefix that not everybody writes."""
    return {str(uuid).removeprefix("GPU-") for uuid in getattr(meter, "device_uuids", ())}
