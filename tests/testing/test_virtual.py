"""Virtual meters and backends behave like meters and backends."""

import threading

import pytest

from wattwhat.errors import ArgumentError, BackendError, MeterError, MeterLostError
from wattwhat.sensing.backend import Availability
from wattwhat.testing import (
    Faults,
    VirtualBackend,
    VirtualClock,
    VirtualMeter,
    VirtualSensor,
    VirtualStand,
    constant,
    ramp,
)
from wattwhat.testing.stand import Ledger


def meter_of(clock, **fields):
    return VirtualMeter(VirtualSensor(constant(100.0), **fields), clock=clock)


def test_a_read_takes_its_latency_and_shows_its_middle():
    clock = VirtualClock()
    meter = VirtualMeter(VirtualSensor(ramp(0.0, 10.0, 0.0, 1000.0), "power", latency_s=0.2), clock=clock)
    assert meter.read() == (200_000_000, pytest.approx(10.0))
    assert meter.reads == 1


def test_the_origin_shifts_the_sensor_against_the_clock():
    clock = VirtualClock(start_ns=50 * 10**9)
    meter = VirtualMeter(VirtualSensor(constant(10.0)), clock=clock, origin_ns=48 * 10**9)
    assert meter.read() == (50 * 10**9, pytest.approx(20.0))


def test_another_sleep_can_be_given():
    slept = []
    meter = VirtualMeter(VirtualSensor(constant(1.0), latency_s=0.5), clock=lambda: 7, sleep=slept.append)
    assert meter.read().t_ns == 7
    assert slept == [0.5]


def test_faults_become_the_errors_of_the_contract():
    clock = VirtualClock()
    meter = meter_of(clock, faults=Faults(gaps=((1.0, 2.0),), denied=((3.0, 4.0),), lost_at_s=5.0))
    outcomes = []
    for _ in range(7):
        try:
            outcomes.append(meter.read().value)
        except MeterError as err:
            outcomes.append(type(err))
        clock.advance(1.0)
    assert outcomes == [0.0, MeterError, 200.0, MeterError, 400.0, MeterLostError, MeterLostError]


def test_a_closed_meter_fails_and_its_twin_does_not():
    meter = meter_of(VirtualClock())
    twin = meter.reopened()
    meter.close()
    meter.close()
    with pytest.raises(MeterError, match="closed"):
        meter.read()
    assert twin.read().value == 0.0


def test_a_backend_gives_fresh_meters_each_time():
    backend = VirtualBackend([meter_of(VirtualClock())])
    first, second = backend.meters(), backend.meters()
    assert backend.probe().available
    assert first[0] is not second[0]
    assert first[0].channel == second[0].channel


def test_an_unavailable_backend_says_why():
    backend = VirtualBackend([], Availability(False, "no sensor was given"))
    assert not backend.probe()
    with pytest.raises(BackendError, match="no sensor was given"):
        backend.meters()


def test_threads_read_the_values_of_their_times():
    clock = VirtualClock()
    meter = meter_of(clock, latency_s=0.001)
    readings = []

    def read_some():
        readings.extend(meter.read() for _ in range(50))

    threads = [threading.Thread(target=read_some) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(readings) == 150
    for t_ns, value in readings:
        assert value == pytest.approx(100.0 * (t_ns * 1e-9 - 0.0005), abs=1e-6)


def test_a_ledger_keeps_what_is_written():
    ledger = Ledger()
    ledger.deposit(1.0, 5.0)
    ledger.deposit(1.0, 5.0)
    ledger.set_power(2.0, 10.0)
    ledger.deposit(3.0, 1.0)
    assert [ledger.energy_j(0.0, t) for t in (0.5, 1.0, 2.5, 3.0, 4.0)] == [0.0, 10.0, 15.0, 21.0, 31.0]
    assert [ledger.power_w(t) for t in (0.5, 2.0, 9.0)] == [0.0, 10.0, 10.0]
    assert list(ledger.edges_s(0.5, 2.5)) == [1.0, 2.0]


def test_a_stand_passes_energy_to_all_containers():
    sensors = {name: VirtualSensor(constant(0.0)) for name in ("board", "chip", "core", "other")}
    stand = VirtualStand(sensors, contains={"board": ["chip"], "chip": ["core"]})
    meters = stand.open().meters()
    stand.deposit(meters[2].channel.id, 3.0)
    stand.tick(0.1)
    assert [round(meter.read().value, 9) for meter in meters] == [3.0, 3.0, 3.0, 0.0]
    assert meters[0].channel.contains == (meters[1].channel.id,)


def test_a_stand_knows_three_ways_to_fail():
    stand = VirtualStand()
    with pytest.raises(ArgumentError, match="permission"):
        stand.fail(stand.channel("core").id, "sulk")
