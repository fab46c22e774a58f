"""The two doors of the conformance suite: what they take, and what they give."""

import subprocess
import sys
import time

import attrs
import pytest

from tests.testing.broken import scaled
from wattwhat.errors import ArgumentError, WattwhatError
from wattwhat.sensing.backend import Availability
from wattwhat.testing import (
    PROMISES,
    BackendConformance,
    Check,
    ConformanceError,
    Report,
    Stand,
    VirtualBackend,
    VirtualMeter,
    VirtualSensor,
    VirtualStand,
    check_backend,
    constant,
)

NEED_A_STAND = {promise.name for promise in PROMISES if promise.needs == "stand"}


def real_time_backend():
    return VirtualBackend([VirtualMeter(VirtualSensor(constant(50.0)), clock=time.monotonic_ns)])


def unavailable_backend():
    return VirtualBackend([], Availability(False, "no supply is connected", "connect one"))


def outcomes(report):
    return {check.promise: check.outcome for check in report.checks}


def sentences(report):
    return {check.promise: check.sentence for check in report.checks}


def test_the_virtual_stand_is_a_stand():
    assert isinstance(VirtualStand(), Stand)
    assert not isinstance(real_time_backend(), Stand)


def test_every_promise_is_checked_once_and_in_order():
    report = check_backend(VirtualStand, patience_s=0.05)
    assert [check.promise for check in report.checks] == [promise.name for promise in PROMISES]
    assert {check.outcome for check in report.checks} == {"passed"}, str(report)


def test_a_backend_alone_is_checked_as_far_as_that_goes():
    report = check_backend(real_time_backend, patience_s=0.05)
    unchecked = {name for name, outcome in outcomes(report).items() if outcome == "not checked"}
    assert unchecked == NEED_A_STAND
    assert report.ok
    assert sentences(report)["counters count joules"] == "needs a stand"
    assert "in another process" in sentences(report)["ids are stable"]


def test_a_backend_object_is_taken_as_it_is():
    backend = real_time_backend()
    report = check_backend(backend, patience_s=0.05)
    assert outcomes(report) == outcomes(check_backend(lambda: backend, patience_s=0.05))
    assert report.ok


def test_an_unavailable_backend_is_not_judged_by_readings_it_cannot_give():
    report = check_backend(unavailable_backend, patience_s=0.05)
    passed = {name for name, outcome in outcomes(report).items() if outcome == "passed"}
    assert passed == {promise.name for promise in PROMISES if promise.needs == "backend"}
    assert "no supply is connected" in sentences(report)["channels are valid"]
    assert report.ok


def test_a_stand_that_is_used_throughout_stays_with_its_owner():
    class Owned(VirtualStand):
        closings = 0

        def close(self):
            self.closings += 1

    stand = Owned()
    report = check_backend(stand, patience_s=0.05)
    assert report.ok, str(report)
    assert stand.closings == 0
    assert "not compared with another process" in sentences(report)["ids are stable"]


def test_a_factory_gets_each_of_its_stands_closed():
    made, closed = [], []

    class Counted(VirtualStand):
        def close(self):
            closed.append(self)

    def make():
        made.append(Counted())
        return made[-1]

    assert check_backend(make, patience_s=0.05).ok
    assert made == closed
    assert len(made) == len(PROMISES)


def test_what_is_neither_stand_nor_callable_is_refused():
    with pytest.raises(ArgumentError, match="neither a Stand"):
        check_backend(42)


def test_a_factory_that_fails_is_part_of_the_report():
    def make():
        raise OSError("no compiler")

    report = check_backend(make)
    assert [check.outcome for check in report.checks] == ["failed"] + ["not checked"] * (len(PROMISES) - 1)
    assert "no compiler" in report.checks[0].sentence


def test_an_interrupt_is_passed_on():
    def make():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_backend(make)


def test_what_a_stand_cannot_do_is_not_applicable():
    class Fixed(VirtualStand):
        def reset(self, channel_id):
            raise NotImplementedError("the kernel never resets this counter")

        def fail(self, channel_id, how):
            if how == "lost":
                raise NotImplementedError("a file cannot be lost")
            super().fail(channel_id, how)

    report = check_backend(Fixed, patience_s=0.05)
    found = {name for name, outcome in outcomes(report).items() if outcome == "not applicable"}
    assert found == {"a reset is passed on", "a lost device is a MeterLostError"}
    assert "the kernel never resets" in sentences(report)["a reset is passed on"]
    assert report.ok


def test_a_broken_report_raises_with_every_breach():
    report = check_backend(scaled("energy", 1000.0), patience_s=0.02)
    with pytest.raises(ConformanceError, match=r"1 of \d+ promises.*\n  counters count joules: .*by 1000"):
        report.raise_if_failed()
    assert issubclass(ConformanceError, AssertionError)
    assert issubclass(ConformanceError, WattwhatError)


def test_a_report_without_breach_raises_nothing_and_can_be_read():
    report = Report((Check("a", "passed", "seen"), Check("b", "not checked", "needs a stand")))
    assert report.raise_if_failed() is None
    assert str(report).splitlines()[1].strip() == "not checked  b: needs a stand"


class Recorder(BackendConformance):
    """Notes which promises its tests keep."""

    def __init__(self):
        self.kept = []

    def keep(self, name):
        self.kept.append(name)


def test_the_pytest_class_has_one_test_for_each_promise():
    recorder = Recorder()
    tests = [name for name in dir(recorder) if name.startswith("test_")]
    for name in tests:
        getattr(recorder, name)()
    assert sorted(recorder.kept) == sorted(promise.name for promise in PROMISES)


class Milli(BackendConformance):
    patience_s = 0.02

    def stand(self):
        return scaled("energy", 1000.0)()


def test_the_pytest_class_fails_skips_and_passes():
    with pytest.raises(pytest.fail.Exception, match="expected joules"):
        Milli().test_counters_count_joules()
    with pytest.raises(pytest.skip.Exception, match="not applicable: no counter declares a wrap"):
        Milli().test_wraps_are_declared()
    assert Milli().test_gauges_show_watts() is None


def test_the_pytest_class_takes_a_backend_alone():
    class Alone(BackendConformance):
        def backend(self):
            return real_time_backend()

    assert Alone().test_readings_are_timed() is None
    with pytest.raises(pytest.skip.Exception, match="not checked: needs a stand"):
        Alone().test_counters_count_joules()


def test_the_pytest_class_says_what_to_override():
    with pytest.raises(NotImplementedError, match=r"stand\(\) or backend\(\)"):
        BackendConformance().test_readings_are_timed()


def test_a_skip_while_making_a_stand_skips_the_test():
    class NoCompiler(BackendConformance):
        def stand(self):
            pytest.skip("needs gcc")

    with pytest.raises(pytest.skip.Exception, match="needs gcc"):
        NoCompiler().test_readings_are_timed()


def test_a_declared_gain_error_hides_no_wrong_unit():
    class Careless(scaled("energy", 1000.0)):
        def make(self):
            stand = super().make()
            stand.channel = lambda name: attrs.evolve(VirtualStand.channel(stand, name), gain_error=0.5)
            return stand

    failed = check_backend(Careless, patience_s=0.02).failed
    assert [check.promise for check in failed] == ["counters count joules"]


@pytest.mark.parametrize(
    "code",
    [
        "import wattwhat.sensing.backend; assert 'wattwhat.testing' not in sys.modules",
        "import wattwhat.testing.conformance, wattwhat.testing.stand; assert 'numpy' not in sys.modules",
        "sys.modules['pytest'] = None; from wattwhat.testing import check_backend",
    ],
)
def test_imports_stay_light(code):
    command = [sys.executable, "-c", f"import sys; {code}"]
    child = subprocess.run(command, capture_output=True, check=False, text=True)
    assert child.returncode == 0, child.stderr
