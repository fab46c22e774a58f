"""Promises about a backend that several threads or processes share."""

from __future__ import annotations

import sys
import threading
import time
from functools import partial

from wattwhat.errors import WattwhatError
from wattwhat.sensing.meter import Meter
from wattwhat.testing import _surroundings
from wattwhat.testing._bounded import target_of
from wattwhat.testing._failures import value_or_meter_error
from wattwhat.testing._outcomes import Broken, Promise, many, require
from wattwhat.testing._subject import Subject, read
from wattwhat.testing._truth import amounts_j, is_near, tolerance

__all__ = ["PROMISES"]

_ROUNDS = 100
# Python's own is 5 ms, in which a reading is over: a race would hardly ever be lost.
_SWITCH_S = 1e-5


def threads_may_read(subject: Subject) -> str:
    """Two threads read all meters at once; every reading is whole, in order and of its own channel."""
    with subject.opened() as (_, meters):
        known = _told_apart(subject, meters) if subject.stand is not None else {}
        troubles = _at_once(subject, [target_of(meter) for meter in meters], known)
        require(not troubles, f"two threads reading at once: {'; '.join(troubles[:3])}")
        return f"2 threads read {many(len(meters), 'channel')} each"


def _told_apart(subject: Subject, meters: list[Meter]) -> dict[str, tuple[float, float]]:
    """Give each channel a value of its own; its value and what belongs to it, by its id."""
    for number, meter in enumerate(meters, 1):
        channel = meter.channel
        try:
            if channel.is_counter:
                subject.driven.deposit(channel.id, number * amounts_j(channel)[-1] / len(meters))
            else:
                limit_w = channel.max_power_w or 50.0
                subject.driven.set_power(channel.id, min(limit_w, 50.0) * number / len(meters))
        except NotImplementedError:
            continue
    known = {}
    for meter in meters:
        subject.settle(meter.channel)
        value = subject.watch(meter, lambda value: True)
        known[meter.channel.id] = value, tolerance(meter.channel, 0.0) + 0.005 * abs(value)
    return known


def _at_once(subject: Subject, meters: list[Meter], known: dict[str, tuple[float, float]]) -> list[str]:
    """Read in two threads; what went wrong."""
    begin_s, left_s = time.monotonic(), subject.calls.left_s
    readers = _Readers(known, begin_s + min(0.3 * left_s, 3.0))
    # in opposite orders, for two readings of one channel at once would not show whose they are
    orders = (meters, meters[::-1])
    threads = [
        threading.Thread(target=readers.read_on, args=(number, order), daemon=True)
        for number, order in enumerate(orders)
    ]
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(begin_s + 0.8 * left_s - time.monotonic(), 0.0))
    finally:
        sys.setswitchinterval(before_s)
    if any(thread.is_alive() for thread in threads):
        raise Broken("two threads reading at once block each other")
    return readers.troubles


class _Readers:
    """Two threads that read until both have done so often enough, beside each other.

    Args:
        known: by channel id its value while nothing flows, and what may be between that and a reading.
        end_s: when they stop in any case, on ``time.monotonic()``.
    """

    def __init__(self, known: dict[str, tuple[float, float]], end_s: float) -> None:
        self.troubles: list[str] = []
        self._known, self._end_s = known, end_s
        self._start, self._rounds = threading.Barrier(2), [0, 0]

    def read_on(self, number: int, meters: list[Meter]) -> None:
        """What each thread does."""
        last_ns = [0] * len(meters)
        try:
            self._start.wait(10.0)
            while min(self._rounds) < _ROUNDS and not self.troubles and time.monotonic() < self._end_s:
                for i, meter in enumerate(meters):
                    t_ns, value = read(meter)
                    if t_ns < last_ns[i]:
                        self.troubles.append(f"{meter.channel.id}: t_ns went back")
                    last_ns[i] = t_ns
                    self._look_whose(meter.channel.id, value)
                self._rounds[number] += 1
        except BaseException as err:
            self.troubles.append(str(err))

    def _look_whose(self, channel_id: str, value: float) -> None:
        """A value that is not the channel's own, while nothing flows, and that is another one's."""
        if not self._known or is_near(*self._known[channel_id], value):
            return
        others = [one for one in self._known if one != channel_id and is_near(*self._known[one], value)]
        if others:
            self.troubles.append(f"{channel_id}: read {value:.6g}, which is the value of {others[0]}")


def fork_is_survived(subject: Subject) -> str:
    """In a forked child reads give a value or MeterError, never hang; the parent reads on."""
    with subject.opened() as (_, meters):
        for meter in meters:
            read(meter)  # what is opened at the first read is then inherited, too
        _surroundings.in_forked_child(partial(_as_child, subject, meters), subject.child_s)
        for meter in meters:
            read(meter)
    return "a child reads, opens anew and ends; the parent reads on"


def _as_child(subject: Subject, meters: list[Meter]) -> None:
    for meter in meters:
        value_or_meter_error(meter, "forked")
        meter.close()
    try:
        with subject.opened() as (_, fresh):
            for meter in fresh:
                value_or_meter_error(meter, "opened in the child")
    except WattwhatError:
        return
    except Broken as err:
        if not isinstance(err.__cause__, WattwhatError):
            raise


PROMISES = (
    Promise("two threads may read at once", threads_may_read),
    Promise("fork is survived", fork_is_survived),
)
