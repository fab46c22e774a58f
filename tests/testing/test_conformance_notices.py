"""Every broken backend fails the promise that it breaks, and no other."""

import logging
import math
import multiprocessing
import os
import sys
import time

import pytest

from tests.testing import broken
from tests.testing.broken import with_backend, with_channel, with_meter, with_sensor
from wattwhat.errors import MeterError, MeterLostError
from wattwhat.sensing.meter import Reading
from wattwhat.testing import check_backend
from wattwhat.testing._promises import PROMISES

PATIENCE_S = 0.03

PROBE = "probe never raises and answers in sentences"
MATCH = "meters() gives what probe() says"
CHANNELS = "channels are valid"
IDS = "ids are unique and name host, backend and device"
STABLE = "ids are stable"
TIMED = "readings are numbers with their time"
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


SUPPLY_ID = broken.a_counter_and_a_gauge().channel("supply").id


def returns(value):
    return lambda self: value


def reads(change):
    """Meters whose reading is changed after the fact."""
    return with_meter(read=lambda self: change(self.meter.read()))


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
}

BREAKS_MANY = {
    # such a Channel cannot be made, so this backend has no meters at all
    "contains itself": (INSIDE, with_channel(only="supply", contains=(SUPPLY_ID,))),
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
    noticed = {promise for promise, _ in [*BREAKS_ONE.values(), *BREAKS_MANY.values()]}
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
