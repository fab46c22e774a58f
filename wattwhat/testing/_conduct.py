"""Promises about conduct: failures, threads, fork, closing, silence, and what is left behind."""

from __future__ import annotations

import threading
import time
from functools import partial

from wattwhat.errors import MeterError, MeterLostError, WattwhatError
from wattwhat.meter import Meter
from wattwhat.testing import _surroundings
from wattwhat.testing._subject import Broken, NotApplicable, Promise, Subject, asked, described, read, require

__all__ = ["FIRST", "PROMISES"]


def errors_become_meter_errors(subject: Subject) -> str:
    """A read that fails raises MeterError with a sentence, and works again once the cause is gone."""
    stand = subject.driven
    with subject.opened() as (_, meters):
        for meter in meters:
            channel_id = meter.channel.id
            asked(partial(stand.fail, channel_id, "error"))
            try:
                err = _expected(subject, meter, "error", MeterError)
                require(
                    not isinstance(err, MeterLostError),
                    f"{channel_id}: one failed read raised MeterLostError, which says that every later one fails too",
                )
            finally:
                stand.heal(channel_id)
            _reads_again(subject, meter)
        return f"{len(meters)} channels fail with MeterError and heal"


def losses_become_meter_lost(subject: Subject) -> str:
    """A device that is gone raises MeterLostError, again and again; once back, a fresh opening reads it."""
    stand = subject.driven
    with subject.opened() as (_, meters):
        ids = [meter.channel.id for meter in meters]
        for meter in meters:
            asked(partial(stand.fail, meter.channel.id, "lost"))
            try:
                for _ in range(2):
                    _expected(subject, meter, "lost", MeterLostError)
            finally:
                stand.heal(meter.channel.id)
    with subject.opened() as (_, again):
        require(
            [m.channel.id for m in again] == ids,
            "after every device came back, a fresh opening misses channels",
        )
        for meter in again:
            _reads_again(subject, meter)
    return f"{len(ids)} channels report the loss, and are back after a fresh opening"


def refusals_are_reported(subject: Subject) -> str:
    """Without permission an open meter reads on or raises MeterError; a fresh opening says so and never crashes."""
    stand = subject.driven
    with subject.opened() as (_, meters):
        for meter in meters:
            asked(partial(stand.fail, meter.channel.id, "permission"))
            try:
                # A descriptor that was opened with permission keeps it: reading on is right there.
                _value_or_meter_error(meter, "permission was taken")
                _fresh_opening_survives(subject, meter.channel.id)
            finally:
                stand.heal(meter.channel.id)
            _reads_again(subject, meter)
        return f"{len(meters)} channels, refused one by one"


def _fresh_opening_survives(subject: Subject, refused_id: str) -> None:
    try:
        with subject.opened() as (_, meters):
            for meter in (meter for meter in meters if meter.channel.id == refused_id):
                err = subject.await_error(meter)
                require(err is not None, f"{refused_id}: permission is refused, yet a fresh opening reads it")
                require(
                    isinstance(err, MeterError),
                    f"{refused_id}: a refused read raised {described(_known(err))}",
                )
    except (Broken, NotApplicable):
        raise
    except WattwhatError:
        return  # meters() may refuse as a whole, in our own words
    except Exception as err:
        raise Broken(
            f"opening while {refused_id} is refused raised {described(err)}; only BackendError may"
        ) from err


def _known(err: BaseException | None) -> BaseException:
    return err if err is not None else Exception("nothing")


def _expected(subject: Subject, meter: Meter, how: str, kind: type[MeterError]) -> MeterError:
    err = subject.await_error(meter)
    name = meter.channel.id
    require(err is not None, f"{name}: reads go on although the stand made them fail ({how})")
    if not isinstance(err, kind):
        hint = "chain the vendor's error: raise MeterError(...) from err"
        raise Broken(
            f"{name}: failure {how!r} raised {described(_known(err))}; expected {kind.__name__} ({hint})"
        )
    require(
        " " in str(err).strip(),
        f"{name}: failure {how!r} says {str(err)!r}; expected a sentence for a person",
    )
    return err


def _reads_again(subject: Subject, meter: Meter) -> None:
    deadline = time.perf_counter() + subject.patience_s
    while True:
        try:
            meter.read()
            return
        except Exception as err:
            if time.perf_counter() > deadline:
                raise Broken(f"{meter.channel.id}: healed, but read() still raises {described(err)}") from err
        subject.settle(meter.channel)
        time.sleep(0.001)


def _value_or_meter_error(meter: Meter, when: str) -> None:
    try:
        meter.read()
    except MeterError:
        return
    except Exception as err:
        raise Broken(
            f"{meter.channel.id}: when {when}, read() raised {described(err)}; expected MeterError"
        ) from err


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
        return f"2 threads, {len(meters)} channels each"


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
        verdict = _surroundings.in_forked_child(
            partial(_as_child, subject, meters), timeout_s=max(1.0, 20.0 * subject.patience_s)
        )
        require(not verdict, f"in a forked child: {verdict}")
        for meter in meters:
            read(meter)
    return "a child reads, opens anew and ends; the parent reads on"


def _as_child(subject: Subject, meters: list[Meter]) -> None:
    for meter in meters:
        _value_or_meter_error(meter, "forked")
        meter.close()
    try:
        with subject.opened() as (_, fresh):
            for meter in fresh:
                _value_or_meter_error(meter, "opened in the child")
    except WattwhatError:
        return


def closing_is_gentle(subject: Subject) -> str:
    """close() twice, close() of one opening while another is in use, and opening again."""
    with subject.opened() as (backend, kept):
        ids = [meter.channel.id for meter in kept]
        for meters in (list(backend.meters()), list(subject.open().meters())):
            require(
                [m.channel.id for m in meters] == ids, "a second opening gives other channels than the first"
            )
            for meter in meters:
                read(meter)
                _close_twice(meter)
                _value_or_meter_error(meter, "closed")
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
    Promise("a failed read is a MeterError, and heals", errors_become_meter_errors, "stand"),
    Promise("a lost device is a MeterLostError", losses_become_meter_lost, "stand"),
    Promise("refused permission is reported", refusals_are_reported, "stand"),
    Promise("two threads may read at once", threads_may_read),
    Promise("fork is survived", fork_is_survived),
    Promise("closing is gentle, opening again works", closing_is_gentle),
    Promise("nothing is printed", nothing_is_printed),
    Promise("no thread, descriptor or process is left", nothing_is_left),
)
