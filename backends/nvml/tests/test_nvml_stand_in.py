"""The stand-in against its own truth: the counter and the gauges that it shows follow its wave."""

from __future__ import annotations

import time

import pytest

from tests.fakes.nvml import environment, missing_compiler, run_python
from wattwhat_nvml import NvmlBackend

pytestmark = pytest.mark.skipif(missing_compiler() is not None, reason=str(missing_compiler()))


def only_meter():
    (meter,) = NvmlBackend(devices=[0], environ={}, root="/nonexistent").meters()
    return meter


def bracketed(meter):
    """A reading between two looks at the clock: the machine may be busy, the order is certain."""
    before_ns = time.monotonic_ns()
    value = meter.read().value
    return before_ns, value, time.monotonic_ns()


def test_a_counter_without_update_period_gives_the_exact_energy(fake):
    fake.follow(0, 100.0, 300.0, 0.004, 0.25, 0.0, 0.0)
    meter = only_meter()
    first = last = bracketed(meter)
    while last[0] - first[0] < 10_000_000:
        last = bracketed(meter)
    least_j = fake.truth_mj(0, first[2], last[0]) / 1e3
    most_j = fake.truth_mj(0, first[0], last[2]) / 1e3
    assert least_j - 0.0011 <= last[1] - first[1] <= most_j + 0.0011  # the counter shows whole mJ
    meter.close()


def test_the_counter_moves_only_with_the_update_period(fake):
    fake.follow(0, 200.0, 200.0, 0.0, 1.0, 0.002, 0.0)
    meter = only_meter()
    values = set()
    while len(values) < 4:
        values.add(meter.read().value - 5000.0)
    assert all(value == pytest.approx(round(value / 0.4) * 0.4, abs=1e-9) for value in values)
    meter.close()


def test_a_gauge_shows_the_mean_over_its_window(fake):
    fake.fail("nvmlDeviceGetTotalEnergyConsumption", -1, 3)
    fake.follow(0, 0.0, 400.0, 0.002, 0.5, 0.0, 0.002)
    meter = only_meter()
    time.sleep(0.005)  # the window reaches back over whole periods only then
    for _ in range(50):
        assert meter.read().value == pytest.approx(200.0, abs=0.01)
    meter.close()


def test_an_absent_stand_in_is_no_gpu_for_anyone(fake):
    assert NvmlBackend(environ={}).probe().available
    fake.absent()
    answer = NvmlBackend(environ={}).probe()
    assert not answer.available
    assert "not loaded" in answer.reason


def test_truth_is_additive_and_scales_with_duty(fake):
    fake.follow(0, 50.0, 250.0, 0.1, 0.3, 0.1, 0.0)
    start = time.monotonic_ns() + 10**9
    whole = fake.truth_mj(0, start, start + 10**9)
    assert whole == pytest.approx(1e3 * (0.3 * 250.0 + 0.7 * 50.0), rel=1e-9)
    middle = start + 123_456_789
    assert fake.truth_mj(0, start, middle) + fake.truth_mj(0, middle, start + 10**9) == pytest.approx(whole)


def test_the_wave_can_come_from_the_environment():
    code = """
from wattwhat_nvml import NvmlBackend
meters = NvmlBackend().meters()
import time
def look(meter):
    return time.monotonic_ns(), meter.read().value, time.monotonic_ns()
first = [look(meter) for meter in meters]
time.sleep(0.005)
last = [look(meter) for meter in meters]
for a, b in zip(first, last):
    print(150e-9 * (b[0] - a[2]) - 0.0011 <= b[1] - a[1] <= 150e-9 * (b[2] - a[0]) + 0.0011)
"""
    assert run_python(code, environment(gpus=2, high=150, update=0)).split() == ["True", "True"]
