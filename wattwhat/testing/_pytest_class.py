"""The conformance suite as a pytest class: inherit, say how to make a stand, done."""

from __future__ import annotations

from typing import Any

import pytest

from wattwhat.testing._outcomes import Broken, Check, Promise, check_promise, pointing_to
from wattwhat.testing._promises import PROMISES
from wattwhat.testing._subject import subject_of

__all__ = ["BackendConformance"]

_BY_NAME = {promise.name: promise for promise in PROMISES}
_BY_CAUSE = {promise.owns: promise for promise in PROMISES if promise.owns}


class BackendConformance:
    """One test for each promise of a backend.

    Override `stand` (all promises) or `backend` (those that need no stand). Fixtures can be
    brought in by an autouse fixture that sets attributes of the test instance, which `stand` then uses. A
    class whose `stand` uses no such attribute also has its ids compared with another process.

    Attributes:
        patience_s: real seconds to wait for a change to show before it counts as missing.
        limit_s: real seconds that one promise may take; after a call that hangs, the rest is skipped.

    Example:
        >>> from wattwhat.testing import VirtualStand
        >>> class TestVirtual(BackendConformance):
        ...     def stand(self):
        ...         return VirtualStand()
    """

    patience_s: float = 1.0
    limit_s: float = 30.0
    _hanging: str = ""

    def stand(self) -> Any:
        """A fresh stand over emulated hardware; by default there is none."""
        return None

    def backend(self) -> Any:
        """A fresh backend, used where there is no stand."""
        raise NotImplementedError("override stand() or backend()")

    def make(self) -> Any:
        """What is tested: the stand, or else the backend."""
        stand = self.stand()
        return stand if stand is not None else self.backend()

    def keep(self, name: str) -> None:
        """Check the promise of this name: pass, fail or skip with its sentence."""
        if self._hanging:
            pytest.skip(f"not checked: {pointing_to(self._hanging)}")
        check = self._checked(_BY_NAME[name])
        if check.cause == "hanging":
            type(self)._hanging = name
        home = _BY_CAUSE.get(check.cause)
        if home is not None and home.name != name and self._checked(home).outcome == "failed":
            check = Check(name, "not checked", pointing_to(home.name))
        if check.outcome == "failed":
            pytest.fail(f"{check.promise}: {check.sentence}", pytrace=False)
        if check.outcome != "passed":
            pytest.skip(f"{check.outcome}: {check.sentence}")

    def _checked(self, promise: Promise) -> Check:
        try:
            with subject_of(self.make, patience_s=self.patience_s, limit_s=self.limit_s) as subject:
                if vars(self):  # the instance carries this run's folders: not for another process
                    subject.recipe = None
                return check_promise(promise, subject)
        except Broken as err:  # making the stand hangs
            return Check(promise.name, "failed", str(err), err.cause)

    def test_probe_never_raises(self) -> None:
        self.keep("probe never raises and answers in sentences")

    def test_meters_match_probe(self) -> None:
        self.keep("meters() gives what probe() says")

    def test_channels_are_valid(self) -> None:
        self.keep("channels are valid")

    def test_ids_name_the_thing(self) -> None:
        self.keep("ids are unique and name host, backend and device")

    def test_ids_are_stable(self) -> None:
        self.keep("ids are stable")

    def test_readings_are_timed(self) -> None:
        self.keep("readings are numbers with their time")

    def test_containment_is_plausible(self) -> None:
        self.keep("contained channels are plausible")

    def test_counters_count_joules(self) -> None:
        self.keep("counters count joules")

    def test_gauges_show_watts(self) -> None:
        self.keep("gauges show watts")

    def test_wraps_are_declared(self) -> None:
        self.keep("counters wrap where they say")

    def test_resets_are_passed_on(self) -> None:
        self.keep("a reset is passed on")

    def test_containers_include_their_parts(self) -> None:
        self.keep("a container includes its parts")

    def test_resolution_is_true(self) -> None:
        self.keep("the declared resolution is true")

    def test_update_period_is_true(self) -> None:
        self.keep("the declared update period is true")

    def test_errors_become_meter_errors(self) -> None:
        self.keep("a failed read is a MeterError, and heals")

    def test_losses_become_meter_lost(self) -> None:
        self.keep("a lost device is a MeterLostError")

    def test_refusals_are_reported(self) -> None:
        self.keep("refused permission is reported")

    def test_threads_may_read(self) -> None:
        self.keep("two threads may read at once")

    def test_fork_is_survived(self) -> None:
        self.keep("fork is survived")

    def test_closing_is_gentle(self) -> None:
        self.keep("closing is gentle, opening again works")

    def test_nothing_is_printed(self) -> None:
        self.keep("nothing is printed")

    def test_nothing_is_left(self) -> None:
        self.keep("no thread, descriptor or process is left")

    def test_the_process_is_left_alone(self) -> None:
        self.keep("the process is left as it was")

    def test_it_speaks_in_sentences(self) -> None:
        self.keep("notes, warnings and conditions are sentences")

    def test_a_reading_is_quick(self) -> None:
        self.keep("a reading is quick")

    def test_values_are_steady(self) -> None:
        self.keep("values are steady and counters never go back")

    def test_reads_do_not_warn(self) -> None:
        self.keep("reads do not warn")

    def test_counters_keep_their_digits(self) -> None:
        self.keep("counters keep their digits")

    def test_a_device_left_out_is_told(self) -> None:
        self.keep("a device that cannot be opened is told")
