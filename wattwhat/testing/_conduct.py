"""Promises about conduct: threads, fork, closing, silence, and what is left behind."""

from __future__ import annotations

import threading
import time
from functools import partial

from wattwhat.errors import WattwhatError
from wattwhat.sensing.meter import Meter
from wattwhat.testing import _surroundings
from wattwhat.testing._failures import value_or_meter_error
from wattwhat.testing._subject import (
    Broken,
    Promise,
    Subject,
    described,
    many,
    read,
    require,
)

__all__ = ["FIRST", "PROMISES"]


def threads_may_read(subject: Subject) -> str:
    """Two threads read all meters at once; every reading is whole and in order."""
    with subject.opened() as (_, meters):
        troubles: list[str] = []
        start = threading.Barrier(2)
        threads = [
            threading.Thread(target=_reader, args=(meters, start, troubles), daemon=True) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30.0 + subject.patience_s)
        require(
            not any(thread.is_alive() for thread in threads), "two threads reading at once block each other"
        )
        require(not troubles, f"two threads reading at once: {'; '.join(troubles[:3])}")
        return f"2 threads read {many(len(meters), 'channel')} each"


def _reader(meters: list[Meter], start: threading.Barrier, troubles: list[str]) -> None:
    last_ns = [0] * len(meters)
    start.wait(10.0)
    try:
        for _ in range(10):
            for i, meter in enumerate(meters):
                t_ns = read(meter).t_ns
                if t_ns < last_ns[i]:
                    troubles.append(f"{meter.channel.id}: t_ns went back")
                last_ns[i] = t_ns
    except BaseException as err:
        troubles.append(str(err))


def fork_is_survived(subject: Subject) -> str:
    """In a forked child reads give a value or MeterError, never hang; the parent reads on."""
    with subject.opened() as (_, meters):
        for meter in meters:
            read(meter)  # what is opened at the first read is then inherited, too
        verdict = _surroundings.in_forked_child(
            partial(_as_child, subject, meters), timeout_s=max(1.0, 20.0 * subject.patience_s)
        )
        require(not verdict, f"in a forked child: {verdict}")
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


def closing_is_gentle(subject: Subject) -> str:
    """close() twice, close() of one opening while another is in use, and opening again."""
    with subject.opened() as (backend, kept):
        for meters in (list(backend.meters()), list(subject.open().meters())):
            require(len(meters) == len(kept), f"{len(kept)} meters at first, {len(meters)} when opened again")
            for meter in meters:
                read(meter)
                _close_twice(meter)
                value_or_meter_error(meter, "closed")
        for meter in kept:
            read(meter)
    return "closed twice, and reopened, without harm to another opening"


def _close_twice(meter: Meter) -> None:
    for time_of in ("first", "second"):
        try:
            meter.close()
        except Exception as err:
            raise Broken(f"{meter.channel.id}: the {time_of} close() raised {described(err)}") from err


def nothing_is_printed(subject: Subject) -> str:
    """Neither stdout nor stderr gets a byte, from Python or from a library below it."""
    with _surroundings.captured() as printed:
        _a_life(subject, failing=True)
    text = printed().decode(errors="replace").strip()
    require(not text, f"something was printed: {text[:200]!r}; a library is silent")
    return "silent while opened, probed, read, failed and closed"


def nothing_is_left(subject: Subject) -> str:
    """No thread, descriptor or child process outlives close()."""
    _a_life(subject)  # what the first use loads for good (libraries, caches) is not a leak
    before = _surroundings.possessions()
    lives = [_a_life(subject) for _ in range(3)]
    deadline = time.perf_counter() + subject.patience_s
    while (left := _surroundings.gained(before)) and time.perf_counter() < deadline:
        time.sleep(0.005)
    require(not left, f"three times opened and closed, and left behind: {left}")
    return f"no thread, descriptor or process left after {len(lives)} lives"


def the_process_is_left_alone(subject: Subject) -> str:
    """Signal handlers, root logging, environment, folder and multiprocessing's start method stay."""
    before = _surroundings.settings()
    _a_life(subject)
    changed = _surroundings.changed(before)
    require(not changed, f"using the backend changed the process: {changed}")
    return "process-wide settings are as they were"


def _a_life(subject: Subject, failing: bool = False) -> list[Meter]:
    """Open, probe, read and close; the meters are handed back so that close() alone must let go."""
    with subject.opened() as (backend, meters):
        backend.probe()
        for meter in meters:
            read(meter)
            if failing and subject.stand is not None:
                _fail_once(subject, meter)
    return meters


def _fail_once(subject: Subject, meter: Meter) -> None:
    stand = subject.driven
    try:
        stand.fail(meter.channel.id, "error")
        subject.await_error(meter)
    except NotImplementedError:
        return
    finally:
        stand.heal(meter.channel.id)


FIRST = (Promise("the process is left as it was", the_process_is_left_alone),)
PROMISES = (
    Promise("two threads may read at once", threads_may_read),
    Promise("fork is survived", fork_is_survived),
    Promise("closing is gentle, opening again works", closing_is_gentle),
    Promise("nothing is printed", nothing_is_printed),
    Promise("no thread, descriptor or process is left", nothing_is_left),
)
