"""The meter, through the real bindings: units, times, failures, threads, forks, closing."""

from __future__ import annotations

import gc
import os
import threading
import time

import pytest

from wattwhat.errors import MeterError, MeterLostError
from wattwhat_nvml import NvmlBackend, library

COUNTER = "nvmlDeviceGetTotalEnergyConsumption"


@pytest.fixture
def meters(fake):
    opened = []

    def open_meters(**options):
        backend = NvmlBackend(**{"environ": {}, "root": "/nonexistent", **options})
        made = list(backend.meters())
        opened.extend(made)
        return made

    yield open_meters
    for meter in opened:
        meter.close()


def test_the_counter_is_in_joules(fake, meters):
    first, second = meters()
    assert (first.read().value, second.read().value) == (5000.0, 6000.0)
    fake.set_energy_mj(0, 123_456_789.0)
    assert first.read().value == 123456.789


def test_a_gauge_is_in_watts(fake, meters):
    fake.fail(COUNTER, -1, 3)
    fake.set_power_mw(0, 0, 186, 61_234.0)
    meter = meters()[0]
    assert meter.channel.quantity == "power"
    assert meter.read().value == 61.234


def test_each_way_reads_its_own_field(fake, meters):
    fake.fail(COUNTER, -1, 3)
    fake.set_power_mw(0, 2, 185, 21_000.0)
    board, memory = meters(devices=[0])
    fake.set_power_mw(0, 0, 186, 300_000.0)
    fake.set_power_mw(0, 0, 185, 200_000.0)
    fake.set_usage_mw(0, 100_000)
    assert (board.read().value, memory.read().value) == (300.0, 21.0)
    assert memory.channel.averaging_window_s == 1.0


def test_the_time_of_a_reading_lies_within_the_call(meters):
    meter = meters()[0]
    before = time.monotonic_ns()
    reading = meter.read()
    assert before <= reading.t_ns <= time.monotonic_ns()


def test_a_meter_tells_which_gpu_it_reads(fake, meters):
    fake.set_uuid(1, "GPU-feed")
    meter = meters()[1]
    assert (meter.device_uuid, meter.pci_bus_id) == ("GPU-feed", "00000000:20:00.0")
    assert meter.channel.id.endswith("/nvml/GPU-feed/board")


@pytest.mark.parametrize("code", [3, 4, 10, 21, 999, 4242])
def test_a_failed_reading_is_a_meter_error_that_heals(fake, meters, code):
    meter = meters()[0]
    fake.fail(COUNTER, 0, code)
    with pytest.raises(MeterError) as caught:
        meter.read()
    assert not isinstance(caught.value, MeterLostError)
    assert f"NVML error {code}" in str(caught.value)
    assert caught.value.__cause__.value == code
    fake.heal(0)
    assert meter.read().value == 5000.0


@pytest.mark.parametrize("code", [9, 15, 16, 18, 28])
def test_a_gpu_that_is_gone_is_lost(fake, meters, code):
    meter = meters()[0]
    fake.fail("", 0, code)
    for _ in range(2):
        with pytest.raises(MeterLostError, match="GPU is gone for this process"):
            meter.read()


def test_an_error_of_ours_can_be_hashed_unlike_nvmls(fake, meters):
    meter = meters()[0]
    fake.fail(COUNTER, 0, 999)
    with pytest.raises(MeterError) as caught:
        meter.read()
    assert len({caught.value, caught.value}) == 1
    with pytest.raises(TypeError):
        hash(caught.value.__cause__)


def test_a_failed_field_is_an_error_though_the_call_succeeds(fake, meters):
    fake.fail(COUNTER, -1, 3)
    meter = meters()[0]
    fake.fail("field 186 scope 0", 0, 999)
    with pytest.raises(MeterError):
        meter.read()


def test_somebody_elses_shutdown_is_survived(fake, meters):
    first, second = meters()
    fake.forget_init()
    assert first.read().value == 5000.0
    assert second.read().value == 6000.0
    fake.forget_init()
    fake.fail("nvmlInit", -1, 9)
    with pytest.raises(MeterLostError):
        first.read()


def test_a_closed_meter_stays_closed(fake, meters):
    meter = meters()[0]
    meter.close()
    meter.close()
    with pytest.raises(MeterError, match="closed"):
        meter.read()
    fake.forget_init()
    with pytest.raises(MeterError, match="closed"):
        meter.read()


def test_every_init_is_given_back(fake):
    before, held = fake.initialized(), library.held()
    backend = NvmlBackend(environ={})
    meters = backend.meters()
    assert library.held() == held + 3  # the backend and its two meters
    for meter in meters:
        meter.close()
        meter.close()
    del backend, meters, meter
    assert (fake.initialized(), library.held()) == (before, held)


def test_what_is_collected_in_the_middle_of_a_call_is_given_back_later(fake):
    """The bindings hold a lock there that nvmlShutdown takes as well: waiting for it would never end."""
    import pynvml

    before, held = fake.initialized(), library.held()
    backend = NvmlBackend(environ={})
    meters = backend.meters()

    def collected():
        nonlocal backend, meters
        with pynvml.libLoadLock:
            for meter in meters:
                meter.close()
            backend = meters = meter = None
            gc.collect()

    thread = threading.Thread(target=collected, daemon=True)
    thread.start()
    thread.join(60.0)
    assert not thread.is_alive()
    library.acquire()
    library.release(os.getpid())
    assert (fake.initialized(), library.held()) == (before, held)


def test_a_meter_that_cannot_be_opened_leaves_no_init_behind(fake):
    from wattwhat_nvml.meter import NvmlMeter

    backend = NvmlBackend(environ={})
    (plan, _) = backend._plans(watch=False)
    held = library.held()
    fake.fail("nvmlDeviceGetHandleByUUID", 0, 15)
    with pytest.raises(MeterLostError):
        NvmlMeter(plan)
    assert library.held() == held


def test_threads_read_whole_values_while_energy_flows(fake, meters):
    meter = meters()[0]
    seen: list[list[float]] = [[] for _ in range(4)]

    def read(values):
        values.extend(meter.read().value for _ in range(500))

    threads = [threading.Thread(target=read, args=(values,)) for values in seen]
    for thread in threads:
        thread.start()
    for _ in range(500):
        fake.add_energy_mj(0, 1000.0)
    for thread in threads:
        thread.join()
    for values in seen:
        assert len(values) == 500
        assert values == sorted(values)
        assert all(value == int(value) and 5000.0 <= value <= 5500.0 for value in values)


def in_child(action):
    """What the action gives in a forked child, as text; the child ends without running the parent's exits."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, str(action()).encode())
        except BaseException as err:
            os.write(writer, repr(err).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
class TestFork:
    def test_a_handle_of_the_parent_is_worth_nothing_in_the_child(self, fake, meters):
        import pynvml

        meters()
        handle = pynvml.nvmlDeviceGetHandleByIndex(0)
        assert "Uninitialized" in in_child(lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))

    def test_the_meter_opens_its_own_in_the_child(self, fake, meters):
        meter = meters()[0]
        assert in_child(lambda: (meter.read().value, library.held())) == "(5000.0, 1)"
        assert meter.read().value == 5000.0

    def test_closing_in_the_child_takes_nothing_from_the_parent(self, fake, meters):
        first, second = meters()

        def close_and_count():
            first.close()  # never opened here: nothing to give back
            second.read()
            second.close()
            return library.held(), fake.initialized()

        held = library.held()
        assert in_child(close_and_count) == "(0, 0)"
        assert library.held() == held
        assert (first.read().value, second.read().value) == (5000.0, 6000.0)

    def test_a_backend_of_the_parent_serves_the_child(self, fake):
        backend = NvmlBackend(environ={})
        assert backend.probe()
        assert in_child(lambda: [meter.read().value for meter in backend.meters()]) == "[5000.0, 6000.0]"

    def test_locks_held_by_another_thread_at_the_fork_do_not_block(self, fake, meters):
        import pynvml

        meter = meters()[0]
        with library.locked(), pynvml.libLoadLock:
            assert in_child(lambda: meter.read().value) == "5000.0"
