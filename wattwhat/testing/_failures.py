"""Promises about failing: what leaves a meter when its sensor does not answer."""

from __future__ import annotations

import time
from functools import partial

from wattwhat.errors import MeterError, MeterLostError, WattwhatError
from wattwhat.sensing.meter import Meter
from wattwhat.testing._subject import (
    Broken,
    NotApplicable,
    Promise,
    Subject,
    asked,
    described,
    many,
    require,
)

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


def value_or_meter_error(meter: Meter, when: str) -> None:
    try:
        meter.read()
    except MeterError:
        return
    except Exception as err:
        raise Broken(
            f"{meter.channel.id}: when {when}, read() raised {described(err)}; expected MeterError"
        ) from err


PROMISES = (
    Promise("a failed read is a MeterError, and heals", errors_become_meter_errors, "stand"),
    Promise("a lost device is a MeterLostError", losses_become_meter_lost, "stand"),
    Promise("refused permission is reported", refusals_are_reported, "stand"),
)
