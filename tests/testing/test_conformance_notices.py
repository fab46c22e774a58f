"""Every broken backend fails the promise that it breaks, and no other."""

import logging
import math
import multiprocessing
import os
import sys
import threading
import time
import types

import pytest

from tests.testing import broken, slips
from tests.testing.broken import with_backend, with_channel, with_meter, with_sensor
from wattwhat.acquisition.discovery import open_meter_set
from wattwhat.acquisition.evaluation import account
from wattwhat.acquisition.outcome import measurement_of
from wattwhat.errors import MeterError, MeterLostError
from wattwhat.sensing.backend import Availability
from wattwhat.sensing.meter import Reading
from wattwhat.testing import BackendConformance, VirtualClock, _readings, check_backend
from wattwhat.testing._outcomes import check_promise
from wattwhat.testing._promises import PROMISES
from wattwhat.testing._subject import subject_of

PATIENCE_S = 0.03

PROBE = "probe never raises and answers in sentences"
MATCH = "meters() gives what probe() says"
CHANNELS = "channels are valid"
IDS = "ids are unique and name host, backend and device"
STABLE = "ids are stable"
TIMED = "readings are numbers with their time"
QUICK = "a reading is quick"
STEADY = "values are steady and counters never go back"
WARN = "reads do not warn"
DIGITS = "counters keep their digits"
SENTENCES = "notes, warnings and conditions are sentences"
TOLD = "a device that cannot be opened is told"
INSIDE = "contained channels are plausible"
JOULES = "counters count joules"
WATTS = "gauges show watts"
WRAP = "counters wrap where they say"
RESET = "a reset is passed on"
PARTS = "a container includes its parts"
RESOLUTION = "the declared resolution is true"
PERIOD = "the declared update period is true"
ERROR = "a failed read is a MeterError, and heals"
LOST = "a lost device is a MeterLostError"
REFUSED = "refused permission is reported"
THREADS = "two threads may read at once"
FORK = "fork is survived"
CLOSE = "closing is gentle, opening again works"
SILENT = "nothing is printed"
LEFT = "no thread, descriptor or process is left"
ALONE = "the process is left as it was"


GHOST_ID = broken.a_counter_and_a_gauge().channel("supply").id.replace("supply", "ghost")
SUPPLY_ID = broken.a_counter_and_a_gauge().channel("supply").id


def returns(value):
    return lambda self: value


def reads(change):
    """Meters whose reading is changed after the fact."""
    return with_meter(read=lambda self: change(self.meter.read()))


def gives_raw(ask, understood=lambda self, raw, t_ns: Reading(t_ns, float(raw))):
    """Meters that give windows bytes to be understood later."""
    return with_meter(raw_reader=lambda self: ask, understood=understood)


BREAKS_ONE = {
    "probe raises when a device fails": (PROBE, with_backend(probe=broken.probe_raises_when_failing)),
    "millijoules": (JOULES, broken.scaled("energy", 1000.0)),
    "watt-hours": (JOULES, broken.scaled("energy", 1.0 / 3600.0)),
    "milliwatts": (WATTS, broken.scaled("power", 1000.0)),
    "negative power": (WATTS, broken.scaled("power", -1.0)),
    "another's backend name": (CHANNELS, with_channel(backend="nvml")),
    "a gauge that wraps": (CHANNELS, with_channel(only="rail", wrap_j=65536.0)),
    "unknown provenance": (
        CHANNELS,
        broken.with_provenance("guessed"),
    ),
    "two meters of one id": (IDS, with_backend(meters=broken.meters_with_a_twin)),
    "an id without the host": (IDS, with_channel(only="rail", id="rail-0/virtual/x")),
    "ids by the opening": (STABLE, with_backend(meters=broken.numbered_meters)),
    "ids by the process": (STABLE, broken.PidStand),
    "wall clock time": (TIMED, reads(lambda reading: Reading(time.time_ns(), reading.value))),
    "a time that is a float": (TIMED, reads(lambda reading: Reading(float(reading.t_ns), reading.value))),
    "raw readings that are no bytes": (TIMED, gives_raw(lambda: 12.0)),
    "raw readings of no bytes at all": (TIMED, gives_raw(bytes)),
    "raw readings at times of their own": (
        TIMED,
        gives_raw(lambda: b"12", lambda self, raw, t_ns: Reading(t_ns - 1, float(raw))),
    ),
    "raw readings that are not understood": (TIMED, gives_raw(lambda: b"12 J", broken.understands_nothing)),
    "contains what is elsewhere": (INSIDE, with_channel(only="supply", contains=("core-0",))),
    "blind to its part": (PARTS, broken.PartlyBlindStand),
    "a wrong range": (WRAP, with_sensor({"wrap_j": 65536.0}, wrap_j=50000.0)),
    "a hidden reset": (RESET, with_meter(read=broken.hides_resets)),
    "a resolution that is finer": (RESOLUTION, with_sensor({"resolution": 0.01}, quantum=0.001)),
    "a resolution that is coarser": (RESOLUTION, with_sensor({"resolution": 0.001}, quantum=0.002)),
    "a period that is shorter": (PERIOD, with_sensor({"update_period_s": 0.1}, update_period_s=0.04)),
    "a period that is longer": (PERIOD, with_sensor({"update_period_s": 0.1}, update_period_s=0.3)),
    "the vendor's error": (LOST, broken.raising(RuntimeError, MeterLostError)),
    "a loss that sounds like a gap": (LOST, broken.raising(MeterError, MeterLostError)),
    "never heals": (ERROR, with_meter(read=broken.never_heals)),
    "not safe for threads": (THREADS, with_meter(read=broken.read_alone)),
    "hangs after fork": (FORK, with_meter(read=broken.hangs_in_child)),
    "the vendor's error after fork": (FORK, with_meter(read=broken.raises_in_child)),
    "close() raises": (CLOSE, with_meter(read=broken.read_after_close_raises)),
    "prints": (SILENT, broken.changing(lambda: sys.stdout.write("12 J\n"))),
    "prints below Python": (SILENT, broken.changing(lambda: os.write(1, b"W: amdsmi not found\n"))),
    "complains on stderr": (SILENT, broken.changing(lambda: sys.stderr.write("deprecated\n"))),
    "leaves a thread": (LEFT, with_backend(meters=broken.starts_a_thread)),
    "leaves a descriptor": (LEFT, with_backend(meters=broken.opens_a_file)),
    "leaves a process": (LEFT, with_backend(meters=broken.starts_a_process)),
    "changes the environment": (ALONE, broken.changing(lambda: os.environ.update(WATTWHAT_TEST_MARK="1"))),
    "handles signals": (ALONE, broken.changing(broken.handle_signals)),
    "reseeds random": (ALONE, slips.reseeding),
    "reseeds numpy": (ALONE, slips.reseeding_numpy),
    "values mixed up between threads": (THREADS, with_meter(read=slips.mixed_up)),
    "jitters backwards": (STEADY, slips.counter_reads(lambda value, number: value + 1e-3 * (number % 2))),
    "counts below 0": (TIMED, slips.counter_reads(lambda value, number: value - 5.0)),
    "rounded to 32 bits": (DIGITS, slips.counter_reads(slips.through_float32)),
    "draws more than its most": (TIMED, slips.HungryStand),
    "replaces its channel": (CHANNELS, with_meter(read=slips.replaces_its_channel)),
    "a gain error in percent": (CHANNELS, with_channel(gain_error=5.0)),
    "an id with a blank": (IDS, slips.rail_called("rail 0")),
    "an id with a line end": (IDS, slips.rail_called("rail\n")),
    "an id of another backend": (IDS, slips.rail_called("rail", backend="nvml")),
    "contains nothing that is": (INSIDE, with_channel(only="supply", contains=(GHOST_ID,))),
    "the same meters again": (CLOSE, with_backend(meters=slips.kept_meters)),
    "available without a reason": (PROBE, with_backend(probe=returns(Availability(True)))),
    "drops a device silently": (TOLD, slips.dropping_silently),
    "falls with one device": (TOLD, slips.falling_with_one),
    "a note that is a text": (SENTENCES, with_backend(notes="two dies, one counter")),
    "warnings without words": (SENTENCES, with_backend(warnings=(7,))),
    "conditions() raises": (SENTENCES, with_backend(conditions=broken.probe_raises)),
}

BREAKS_MANY = {
    # such a Channel cannot be made, so this backend has no meters at all
    "contains itself": (MATCH, with_channel(only="supply", contains=(SUPPLY_ID,))),
    "one close for all": (CLOSE, with_backend(meters=broken.shared_meters)),
    "probe raises": (PROBE, with_backend(probe=broken.probe_raises)),
    "probe gives a bool": (PROBE, with_backend(probe=returns(True))),
    "unavailable without a sentence": (PROBE, with_backend(probe=returns(broken.NOT_AVAILABLE))),
    "no meters though available": (MATCH, with_backend(meters=lambda self: [])),
    "a float for a reading": (TIMED, reads(lambda reading: reading.value)),
    "a tuple for a reading": (TIMED, reads(tuple)),
    "no number": (TIMED, reads(lambda reading: Reading(reading.t_ns, math.nan))),
    "text for a value": (TIMED, reads(lambda reading: Reading(reading.t_ns, str(reading.value)))),
    "the vendor's error for everything": (ERROR, broken.raising(OSError)),
    "the vendor's error when refused": (REFUSED, broken.raising(PermissionError)),
    "loses the device at the first gap": (ERROR, broken.raising(MeterLostError)),
    "swallows failures": (ERROR, with_meter(read=broken.swallows)),
    "swallows refusals": (REFUSED, with_meter(read=broken.swallows)),
    "exits": (TIMED, reads(lambda reading: sys.exit("vendor says no"))),
    "close() raises the second time": (CLOSE, with_meter(close=broken.closes_once)),
    "numpy.float32": (TIMED, slips.counter_reads(slips.as_float32)),
    "every tenth reading 0": (
        STEADY,
        slips.counter_reads(lambda value, number: value if number % 10 else 0.0),
    ),
    "wraps that are corrected": (WRAP, broken.UnwrappingStand),
}


@pytest.fixture(autouse=True)
def _cleaned():
    yield
    broken.clean_up()


@pytest.mark.parametrize("what", BREAKS_ONE)
def test_one_broken_promise_fails_alone(what):
    promise, stand = BREAKS_ONE[what]
    report = check_backend(stand, patience_s=PATIENCE_S)
    assert [check.promise for check in report.failed] == [promise], str(report)


@pytest.mark.parametrize("what", BREAKS_MANY)
def test_a_promise_whose_breach_spreads_is_among_the_failed(what):
    promise, stand = BREAKS_MANY[what]
    report = check_backend(stand, patience_s=PATIENCE_S)
    assert promise in [check.promise for check in report.failed], str(report)


def test_every_promise_has_somebody_who_breaks_it():
    noticed = {promise for promise, _ in [*BREAKS_ONE.values(), *BREAKS_MANY.values()]} | {QUICK, WARN}
    assert noticed == {promise.name for promise in PROMISES}


def test_a_root_logger_that_gains_a_handler_is_noticed():
    handler = logging.NullHandler()
    stand = broken.changing(lambda: logging.getLogger().addHandler(handler))
    try:
        report = check_backend(stand, patience_s=PATIENCE_S)
    finally:
        logging.getLogger().removeHandler(handler)
    assert [(check.promise, "root logger" in check.sentence) for check in report.failed] == [(ALONE, True)]


def test_a_changed_start_method_is_noticed():
    before = multiprocessing.get_start_method(allow_none=True)
    other = "spawn" if before != "spawn" else "fork"
    change = broken.changing(lambda: multiprocessing.set_start_method(other, force=True))
    try:
        report = check_backend(change, patience_s=PATIENCE_S)
    finally:
        multiprocessing.set_start_method(before, force=True)
    assert [(check.promise, "start method" in check.sentence) for check in report.failed] == [(ALONE, True)]


def test_what_the_right_stand_wrapped_gives_is_no_failure():
    assert check_backend(broken.BrokenStand, patience_s=PATIENCE_S).failed == ()


@pytest.mark.filterwarnings("ignore")
def test_a_warning_at_each_read_is_noticed():
    report = check_backend(with_meter(read=slips.warns), patience_s=PATIENCE_S)
    assert [check.promise for check in report.failed] == [WARN], str(report)
    assert "the firmware is old" in report.failed[0].sentence


@pytest.mark.parametrize(("takes_s", "outcome"), [(0.02, "passed"), (0.11, "failed"), (0.9, "failed")])
def test_a_slow_reading_is_noticed_and_its_time_told(takes_s, outcome, monkeypatch):
    clock = VirtualClock()
    monkeypatch.setattr(_readings, "time", types.SimpleNamespace(perf_counter=clock.monotonic))
    stand = broken.changing(lambda: clock.sleep(takes_s))
    promise = next(promise for promise in PROMISES if promise.name == QUICK)
    with subject_of(stand) as subject:
        check = check_promise(promise, subject)
    assert check.outcome == outcome
    assert f"one reading takes {takes_s:.2g} s" in check.sentence or outcome == "passed"
    assert outcome == "failed" or "one reading takes 20 ms at most" in check.sentence


@pytest.mark.parametrize("what", slips.HANGING)
def test_whatever_hangs_the_report_comes_and_names_it_once(what):
    call, stand = slips.HANGING[what]
    report = check_backend(stand, patience_s=PATIENCE_S, limit_s=0.3)
    assert len(report.failed) == 1, str(report)
    assert f"{call} hangs: it had not returned after" in report.failed[0].sentence
    later = report.checks[report.checks.index(report.failed[0]) + 1 :]
    assert {check.outcome for check in later} <= {"not checked"}  # and nothing was waited for again


def test_a_backend_that_needs_longer_than_the_limit_is_not_called_hanging():
    class Lasting(BackendConformance):
        patience_s, limit_s = PATIENCE_S, 1.0

        def stand(self):
            lasting = threading.Event()
            return broken.changing(lambda: lasting.wait(0.1))()

    with pytest.raises(pytest.skip.Exception, match="give it more with limit_s="):
        Lasting().test_values_are_steady()


def test_what_the_pytest_class_meets_hanging_is_waited_for_once():
    class Hanging(BackendConformance):
        patience_s, limit_s = PATIENCE_S, 3.0  # a busy machine may need some of it to come as far as the call

        def stand(self):
            return with_meter(read=slips.hang)()

    with pytest.raises(pytest.fail.Exception, match=r"supply.read\(\) hangs"):
        Hanging().test_readings_are_timed()
    with pytest.raises(pytest.skip.Exception, match="see 'readings are numbers with their time'"):
        Hanging().test_counters_count_joules()


@pytest.mark.parametrize(
    ("what", "home"),
    [
        ("contains itself", MATCH),
        ("a float for a reading", TIMED),
        ("a tuple for a reading", TIMED),
        ("exits", TIMED),
        ("no meters though available", MATCH),
    ],
)
def test_each_cause_is_said_once(what, home):
    report = check_backend(BREAKS_MANY[what][1], patience_s=PATIENCE_S)
    assert home in [check.promise for check in report.failed]
    sentences = [check.sentence for check in report.failed]
    assert len(set(sentences)) == len(sentences) <= 2, str(report)


def test_in_the_pytest_class_a_cause_fails_its_own_test_only():
    class Itself(BackendConformance):
        patience_s = PATIENCE_S

        def stand(self):
            return BREAKS_MANY["contains itself"][1]()

    with pytest.raises(pytest.fail.Exception, match="cannot contain itself"):
        Itself().test_meters_match_probe()
    with pytest.raises(pytest.skip.Exception, match="see 'meters\\(\\) gives what probe\\(\\) says'"):
        Itself().test_counters_count_joules()


def test_one_request_may_serve_several_channels():
    report = check_backend(slips.OneRequestStand, patience_s=PATIENCE_S)
    assert report.failed == (), str(report)
    backend = slips.OneRequestStand().open()
    for meter in (meters := backend.meters()):
        meter.read()
    assert (len(meters), backend.requests) == (3, 1)


def test_a_device_left_out_and_told_is_right():
    report = check_backend(slips.dropping_and_telling, patience_s=PATIENCE_S)
    assert report.failed == (), str(report)
    told = {check.promise: check.sentence for check in report.checks}[TOLD]
    assert "4 left it out and said so" in told


def test_what_an_opening_leaves_out_is_in_the_measurement():
    stand = slips.dropping_and_telling()
    stand.fail(stand.right.channel("supply").id, "error")
    meter_set = open_meter_set([stand.open()])
    try:
        assert [line.channel.id for line in meter_set.inputs] == [stand.right.channel("rail").id]
        begin = meter_set.begin()
        end = meter_set.end(begin)
        entries = account(meter_set, begin, end)
        measurement = measurement_of(meter_set, entries, label="x", duration_s=1.0, started_ns=None)
    finally:
        meter_set.close()
    assert any("not measured" in words and "supply" in words for words in measurement.warnings)
