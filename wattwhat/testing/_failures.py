"""Promises about failing: what leaves a meter when its sensor does not answer."""

from __future__ import annotations

import contextlib
import time
from functools import partial

from wattwhat.errors import MeterError, MeterLostError, WattwhatError
from wattwhat.sensing.backend import Backend
from wattwhat.sensing.meter import Meter
from wattwhat.testing._availability import is_sentence
from wattwhat.testing._bounded import Patience
from wattwhat.testing._outcomes import (
    Broken,
    NotApplicable,
    NotChecked,
    Promise,
    Verdict,
    asked,
    described,
    many,
    require,
)
from wattwhat.testing._subject import Subject

__all__ = ["PROMISES", "value_or_meter_error"]


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
                    f"{channel_id}: one failed read raised MeterLostError, as if every later one failed too",
                )
            finally:
                stand.heal(channel_id)
            _reads_again(subject, meter)
        return f"{many(len(meters), 'channel')} failed and healed"


def losses_become_meter_lost(subject: Subject) -> str:
    """A device that is gone raises MeterLostError, again and again; once back, a fresh opening reads it."""
    stand = subject.driven
    with subject.opened() as (_, meters):
        for meter in meters:
            asked(partial(stand.fail, meter.channel.id, "lost"))
            try:
                for _ in range(2):
                    _expected(subject, meter, "lost", MeterLostError)
            finally:
                stand.heal(meter.channel.id)
    with subject.opened() as (_, again):
        lost = len(meters) - len(again)
        require(not lost, f"all came back, but a fresh opening misses {lost} of {len(meters)} channels")
        for meter in again:
            _reads_again(subject, meter)
    return f"{many(len(meters), 'channel')} lost, and back after a fresh opening"


def refusals_are_reported(subject: Subject) -> str:
    """Without permission an open meter reads on or raises MeterError; a fresh opening says so."""
    stand = subject.driven
    with subject.opened() as (_, meters):
        for meter in meters:
            asked(partial(stand.fail, meter.channel.id, "permission"))
            try:
                # A descriptor that was opened with permission keeps it: reading on is right there.
                value_or_meter_error(meter, "permission was taken")
                _fresh_opening_survives(subject, meter.channel.id)
            finally:
                stand.heal(meter.channel.id)
            _reads_again(subject, meter)
        return f"{many(len(meters), 'channel')} refused, one by one"


def _fresh_opening_survives(subject: Subject, refused_id: str) -> None:
    meters = _fresh_meters(subject, f"{refused_id} is refused")
    for meter in (meter for meter in meters or [] if meter.channel.id == refused_id):
        err = subject.await_error(meter)
        require(err is not None, f"{refused_id}: permission is refused, yet a fresh opening reads it")
        require(
            isinstance(err, MeterError),
            f"{refused_id}: a refused read raised {described(_known(err))}",
        )
    _close(meters)


def _fresh_meters(subject: Subject, when: str, backend: Backend | None = None) -> list[Meter] | None:
    """The meters of a fresh opening; None where it refuses as a whole, in our own words."""
    try:
        return subject.meters_of(subject.open() if backend is None else backend)
    except WattwhatError:
        return None
    except Broken as err:
        if isinstance(err.__cause__, WattwhatError):
            return None
        raise Broken(f"when {when}, {err}") from err


def _close(meters: list[Meter] | None) -> None:
    for meter in meters or []:
        with contextlib.suppress(Exception):
            meter.close()


def a_device_left_out_is_told(subject: Subject) -> str:
    """Where one channel cannot be opened the others are, and `warnings` says which is missing and why."""
    stand, outcomes = subject.driven, []
    with subject.opened() as (_, meters):
        if len(meters) < 2:
            raise NotApplicable("there is one channel only")
        with subject.opened() as (_, others):
            if {meter.channel.id for meter in meters} != {meter.channel.id for meter in others}:
                raise NotChecked("two openings give different ids")
        for meter in meters:
            for how in ("error", "permission"):
                try:
                    stand.fail(meter.channel.id, how)
                    if all(_can_read(other) for other in meters if other is not meter):
                        outcomes.append(_left_out_and_told(subject, meter, how, meters))
                except NotImplementedError:
                    continue
                finally:
                    stand.heal(meter.channel.id)
    if not outcomes:
        raise NotApplicable("no channel of the stand fails without the others")
    return (
        f"{many(len(outcomes), 'opening')} with one channel failing; {sum(outcomes)} left it out and said so"
    )


def _left_out_and_told(subject: Subject, failing: Meter, how: str, meters: list[Meter]) -> bool:
    """Whether a fresh opening leaves the channel out; if so, it has to say so and give the others."""
    failing_id = failing.channel.id
    backend = subject.open()
    fresh = _fresh_meters(subject, f"{failing_id} fails ({how})", backend)
    ids = {meter.channel.id for meter in fresh or []}
    missing = {meter.channel.id for meter in meters} - ids - {failing_id}
    inside = any(failing_id in meter.channel.contains for meter in fresh or [])
    _close(fresh)
    if missing and how == "permission":
        return False  # one permission may well be that of all
    require(
        not missing,
        f"{failing_id} alone fails ({how}), and a fresh opening lacks {', '.join(sorted(missing))} too; "
        "expected all others: one device that fails takes no other with it",
    )
    if failing_id in ids or inside:
        return False  # a channel that is inside an open one is counted there
    warnings = getattr(backend, "warnings", ())
    require(
        bool(warnings) and all(map(is_sentence, warnings)),
        f"{failing_id} fails ({how}), a fresh opening leaves it out, and the backend's `warnings` are "
        f"{warnings!r}; expected a sentence that names it and says why: every Measurement carries it",
    )
    return True


def _can_read(meter: Meter) -> bool:
    try:
        meter.read()
    except (Verdict, KeyboardInterrupt):
        raise
    except BaseException:
        return False
    return True


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
    patience = Patience(subject.patience_s)
    while True:
        try:
            meter.read()
            return
        except (Verdict, KeyboardInterrupt):
            raise
        except BaseException as err:
            if patience.ended():
                raise Broken(f"{meter.channel.id}: healed, but read() still raises {described(err)}") from err
        subject.settle(meter.channel)
        time.sleep(0.001)


def value_or_meter_error(meter: Meter, when: str) -> None:
    """Read once; nothing but MeterError may be raised."""
    try:
        meter.read()
    except MeterError:
        return
    except (Verdict, KeyboardInterrupt):
        raise
    except BaseException as err:
        raise Broken(
            f"{meter.channel.id}: when {when}, read() raised {described(err)}; expected MeterError"
        ) from err


PROMISES = (
    Promise("a failed read is a MeterError, and heals", errors_become_meter_errors, "stand"),
    Promise("a lost device is a MeterLostError", losses_become_meter_lost, "stand"),
    Promise("refused permission is reported", refusals_are_reported, "stand"),
    Promise("a device that cannot be opened is told", a_device_left_out_is_told, "stand"),
)
