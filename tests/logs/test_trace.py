"""Power samples to joules: chunks change nothing, and the result is that of the gauge's own function."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.energy.gauge import integrate_power
from wattwhat.errors import LogError
from wattwhat.logs.building import sample_series as run_module
from wattwhat.logs.building.known_sensors import NVML, RAPL, Sensor
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.protocol import Options
from wattwhat.logs.source import Source

numpy = pytest.importorskip("numpy")

PLAIN = Sensor("a made sensor", 0.01, True)
watts = st.floats(0.0, 500.0).map(lambda power: round(power, 2))
# Some steps are so much longer than the others that they are gaps.
steps = st.sampled_from([0.1, 0.1, 0.1, 0.1, 0.2, 3.0])
samples = st.lists(st.tuples(steps, watts), min_size=3, max_size=60)


def trace_of(sensor=PLAIN, **options):
    return Trace(
        Source.of_text("", "made.csv"), Options(**options), format="made", sensor=sensor, component="gpu"
    )


def fill(trace, pairs, device=None):
    t_s = 0.0
    for line, (step, power) in enumerate(pairs, 1):
        t_s = round(t_s + step, 1)
        trace.add(device, t_s, power, line=line)
    return trace


@given(samples)
def test_a_trace_is_what_the_gauge_makes_of_the_whole(pairs):
    times = numpy.round(numpy.cumsum([step for step, _ in pairs]), 1)
    powers = numpy.array([power for _, power in pairs])
    expected = integrate_power(times, powers)
    measurement = next(fill(trace_of(), pairs).measurements())
    parts = dict(expected.parts)
    assert measurement.energy_j.value == pytest.approx(expected.value_j, abs=1e-9)
    assert measurement.budget.get("unseen time") == pytest.approx(parts.get("unseen time", 0.0), abs=1e-9)
    assert measurement.budget.get("lost readings") == pytest.approx(parts.get("lost readings", 0.0), abs=1e-9)
    assert measurement.budget.get("sensor gain") == pytest.approx(0.01 * expected.value_j, abs=1e-9)


@given(samples, st.integers(2, 20))
def test_the_size_of_the_chunks_changes_nothing_but_what_the_first_tells(pairs, size):
    steady = [(0.1, power) for _, power in pairs]
    whole = next(fill(trace_of(), steady).measurements())
    chunk, run_module._CHUNK = run_module._CHUNK, size
    try:
        cut = next(fill(trace_of(), steady).measurements())
    finally:
        run_module._CHUNK = chunk
    assert cut.energy_j.value == pytest.approx(whole.energy_j.value, abs=1e-9)
    assert cut.energy_j.u == pytest.approx(whole.energy_j.u, abs=1e-9)


@given(samples, samples)
def test_devices_add_up(first, second):
    trace = fill(fill(trace_of(), first, "GPU 0"), second, "GPU 1")
    both = next(trace.measurements())
    alone = [next(fill(trace_of(), pairs, "GPU 0").measurements()) for pairs in (first, second)]
    assert both.energy_j.value == pytest.approx(sum(m.energy_j.value for m in alone), abs=1e-9)


@given(samples, st.floats(0.0, 1e9))
def test_when_it_was_changes_nothing(pairs, begin):
    moved = trace_of()
    t_s = begin = math.floor(begin)
    for line, (step, power) in enumerate(pairs, 1):
        t_s += step
        moved.add(None, t_s, power, line=line)
    plain = next(fill(trace_of(), pairs).measurements())
    assert next(moved.measurements()).energy_j.value == pytest.approx(
        plain.energy_j.value, rel=1e-5, abs=1e-3
    )


def test_a_sensor_that_looks_part_of_the_time_costs_more_than_one_that_averages():
    pairs = [(1.0, power) for power in (100.0, 300.0) * 20]
    part = next(fill(trace_of(NVML), pairs).measurements())
    full = next(fill(trace_of(RAPL), pairs).measurements())
    assert part.budget.get("unseen time") > 2.0 * full.budget.get("unseen time") > 0.0


def test_an_assumed_accuracy_is_said_to_be_ours_and_a_stated_one_is_not():
    pairs = [(1.0, 100.0)] * 5
    assert any("assumption" in w for w in next(fill(trace_of(RAPL), pairs).measurements()).warnings)
    assert next(fill(trace_of(NVML), pairs).measurements()).warnings == ()


def test_channels_are_bounded():
    trace = trace_of()
    for number in range(4096):
        trace.add(f"GPU {number}", 0.0, 1.0, line=number)
    with pytest.raises(LogError, match="at most 4096 devices"):
        trace.add("one more", 0.0, 1.0, line=1)


def test_parts_inside_a_total_are_kept_but_not_added():
    trace = trace_of()
    trace.channel("total", component="module", contains=[trace.channel_id("part")])
    fill(fill(trace, [(1.0, 10.0)] * 3, "total"), [(1.0, 4.0)] * 3, "part")
    measurement = next(trace.measurements())
    assert measurement.energy_j.value == pytest.approx(20.0)
    assert {c.channel.device: c.counted for c in measurement.channels} == {"total": True, "part": False}


def test_times_that_jump_back_again_and_again_are_refused():
    trace = trace_of()
    for k in range(20_000):
        trace.add(None, float(1000 - k % 1000 + 10 * (k % 7)), 1.0, line=k)
    with pytest.raises(LogError, match="jump back again and again"):
        list(trace.measurements())


@given(
    st.lists(watts, min_size=10, max_size=40),
    st.integers(1, 8),
    st.sampled_from([4294967.295, 1e9, 65000.0]),
)
def test_a_row_that_no_device_can_draw_is_left_out_and_listed(powers, at, wrong):
    trace = trace_of()
    for line, power in enumerate(powers, 1):
        trace.add(None, float(line), wrong if line == at + 1 else power, line=line)
    found = next(trace.measurements())
    times = numpy.array([float(n) for n in range(1, len(powers) + 1) if n != at + 1])
    expected = float(numpy.trapezoid([powers[int(t) - 1] for t in times], times))
    assert found.energy_j.value == pytest.approx(expected, abs=1e-6)
    assert any("1 row(s)" in words and "can draw" in words for words in found.warnings)


def test_a_stated_limit_tells_sooner():
    trace = trace_of()
    trace.channel("GPU 0", max_power_w=100.0)
    for line, power in enumerate([90.0, 150.0, 600.0, 90.0, 90.0], 1):
        trace.add("GPU 0", float(line), power, line=line)
    assert next(trace.measurements()).energy_j.value == pytest.approx(120.0 + 240.0 + 90.0)


def test_a_file_in_another_unit_is_left_whole_for_the_warning_that_says_so():
    trace = trace_of()
    for line in range(1, 6):
        trace.add("GPU 0", float(line), 250_000.0, line=line)
    found = next(trace.measurements())
    assert found.energy_j.value == pytest.approx(1e6)
    assert any("mW" in words for words in found.warnings)
