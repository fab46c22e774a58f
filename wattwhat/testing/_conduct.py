"""Promises about conduct in the process: closing, silence, and what is left behind."""

from __future__ import annotations

import contextlib
import time
from functools import partial

from wattwhat.sensing.meter import Meter
from wattwhat.testing import _surroundings
from wattwhat.testing._bounded import Patience, target_of
from wattwhat.testing._failures import value_or_meter_error
from wattwhat.testing._outcomes import Broken, NotApplicable, NotChecked, Promise, Verdict, described, require
from wattwhat.testing._subject import Subject, read

__all__ = ["FIRST", "PROMISES"]


def closing_is_gentle(subject: Subject) -> str:
    """close() twice, close() of one opening while another is in use, and opening again."""
    with subject.opened() as (backend, kept):
        again = subject.meters_of(backend)
        same = {id(target_of(meter)) for meter in again} & {id(target_of(meter)) for meter in kept}
        require(not same, "meters() gives the same meters when asked again; expected fresh ones each time")
        for meters in (again, subject.meters_of(subject.open())):
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
        except (Verdict, KeyboardInterrupt):
            raise
        except BaseException as err:
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
    patience = Patience(subject.patience_s)
    while (left := _surroundings.gained(before)) and not patience.ended():
        time.sleep(0.005)
    require(not left, f"three times opened and closed, and left behind: {left}")
    return f"no thread, descriptor or process left after {len(lives)} lives"


def the_process_is_left_alone(subject: Subject) -> str:
    """Signals, root logging, environment, folder, random state and multiprocessing's start method stay."""
    # In a child, whose only thread may set signal handlers, and where imports happen for the first time.
    try:
        _surroundings.in_forked_child(partial(_compare_settings, subject), subject.child_s)
    except NotApplicable:
        _compare_settings(subject)
    except _surroundings.Stuck as err:
        raise NotChecked(str(err)) from err
    return "process-wide settings are as they were"


def _compare_settings(subject: Subject) -> None:
    before = _surroundings.settings()
    with contextlib.suppress(Exception):  # what else goes wrong is another promise's
        _a_life(subject)
    changed = _surroundings.changed(before)
    require(not changed, f"using the backend changed the process: {changed}")


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
    Promise("closing is gentle, opening again works", closing_is_gentle, owns="closing"),
    Promise("nothing is printed", nothing_is_printed),
    Promise("no thread, descriptor or process is left", nothing_is_left),
)
