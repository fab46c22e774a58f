"""phases(): parts add up to the whole, spans faster than the sensor are told apart, nothing is harmed."""

import copy
import pickle
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattwhat
from tests.programs import Program, repeated
from tests.rigs import counter, gauge, simulated
from wattwhat.acquisition.phases import Phases
from wattwhat.energy.timeline import CounterTimeline
from wattwhat.errors import ArgumentError, WindowError
from wattwhat.testing import Faults, VirtualMeter, VirtualSensor, constant

SENSORS = {
    "counter 1 ms": lambda wave: counter(wave, 0.001, quantum=61e-6),
    "counter 100 ms": lambda wave: counter(wave, 0.1, quantum=0.001),
    "gauge": lambda wave: gauge(wave, 0.1, 0.1, quantum=0.01),
    "part-time gauge": lambda wave: gauge(wave, 0.1, 0.025, quantum=0.01),
    "slow gauge": lambda wave: gauge(wave, 0.1, 1.0, quantum=0.01),
    "no period": lambda wave: VirtualSensor(wave),
}
LIMIT = {"max_power_w": 450.0}
NAMES = ("a", "b", "c")


def value(measurement):
    return measurement.energy_j.value


# Laws -------------------------------------------------------------------------------------------

spans = st.lists(
    st.tuples(st.sampled_from([*NAMES, None]), st.floats(0.002, 0.2), st.floats(20.0, 400.0)),
    min_size=1,
    max_size=12,
).filter(lambda found: any(name for name, _, _ in found))


@pytest.mark.parametrize("kind", SENSORS)
@settings(max_examples=15)
@given(spans=spans)
def test_tiles_add_up_to_the_whole(kind, spans):
    program = Program(spans)
    p = program.run(SENSORS[kind](program.waveform), **LIMIT)
    parts = [value(one) for one in p.measurements]
    assert min(parts) >= 0.0
    assert sum(parts) == pytest.approx(value(p.total), rel=1e-9)
    assert sum(one.duration_s for one in p.measurements) == pytest.approx(p.total.duration_s)


class Act:
    """A random program of spans that nest and overlap, over virtual sensors."""

    def __init__(self, wave, *sensors):
        self.simulation = simulated(*sensors, **LIMIT)
        self.phases = Phases("act", sync=False, meter_set=self.simulation.meter_set)
        self.simulation.until(102.0)

    def play(self, steps):
        open_now = []
        for name, seconds in steps:
            if name is None:
                if open_now:
                    open_now.pop(0).stop()  # the oldest first: spans overlap, they do not only nest
            else:
                open_now.append(self.phases(name).start())
            self.simulation.advance(seconds)
        for one in open_now:
            one.stop()
        self.simulation.advance(0.3)
        return self.phases


steps = st.lists(
    st.tuples(st.sampled_from([*NAMES, None, None]), st.floats(0.0005, 0.15)), min_size=1, max_size=14
).filter(lambda found: any(name for name, _ in found))


@pytest.mark.parametrize("kind", SENSORS)
@settings(max_examples=15)
@given(steps=steps)
def test_a_union_counts_each_moment_once_and_no_part_exceeds_it(kind, steps):
    p = Act(None, SENSORS[kind](constant(200.0))).play(steps)
    whole = value(p.total)
    parts = [value(one) for one in p.measurements]
    assert all(part <= whole * (1.0 + 1e-9) for part in parts)
    assert sum(parts) >= whole * (1.0 - 1e-9)
    assert max(one.duration_s for one in p.measurements) <= p.total.duration_s + 1e-9


@pytest.mark.parametrize("kind", SENSORS)
@settings(max_examples=10)
@given(steps=st.lists(st.tuples(st.sampled_from(NAMES), st.floats(0.0005, 0.15)), min_size=2, max_size=10))
def test_a_switch_is_the_end_of_one_span_and_the_begin_of_another_at_one_moment(kind, steps):
    act = Act(None, SENSORS[kind](constant(200.0)))
    p, before = act.phases, None
    for name, seconds in steps:
        p[name].start() if before is None else p.switch(before, name, items=2)
        act.simulation.advance(seconds)
        before = name
    p[before].stop(items=2)
    act.simulation.advance(0.3)
    lasted = {n: sum(seconds for name, seconds in steps if name == n) for n in p}
    assert {one.label: one.duration_s for one in p.measurements} == pytest.approx(
        {p[name].label: seconds for name, seconds in lasted.items()}
    )
    assert sum(one.duration_s for one in p.measurements) == pytest.approx(p.total.duration_s)
    assert sum(map(value, p.measurements)) == pytest.approx(value(p.total), rel=1e-9)
    assert sum(one.calls for one in p.measurements) == len(steps)
    assert sum(one.items for one in p.measurements) == 2 * len(steps)


@pytest.mark.parametrize("kind", SENSORS)
@settings(max_examples=10)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(NAMES), st.floats(0.0005, 0.15), st.booleans()), min_size=2, max_size=12
    ),
    most=st.sampled_from([1, 3, 64]),
)
def test_when_switches_are_counted_changes_nothing(kind, steps, most):
    found = []
    for asked in (False, True):
        act, before = Act(None, SENSORS[kind](constant(200.0))), None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("wattwhat.acquisition.phases._MOST_NOTED", most if asked else 1)
            for name, seconds, look in steps:
                act.phases[name].start() if before is None else act.phases.switch(before, name, items=2)
                act.simulation.advance(seconds)
                before = name
                if asked and look:
                    assert name in act.phases
            act.phases[before].stop()
        act.simulation.advance(0.3)
        found.append([(m.label, m.calls, m.items, m.duration_s, value(m)) for m in act.phases.measurements])
    for one, other in zip(*found, strict=True):
        assert one[:3] == other[:3]
        assert one[3:] == pytest.approx(other[3:])


def test_nothing_is_switched_from_a_phase_that_is_not_open():
    p = wattwhat.phases("steps", backends=["estimate"])
    with pytest.raises(WindowError):
        p.switch("a", "b")
    with p("a"), pytest.raises(ArgumentError):
        p.switch("a", "")
    with p("a"), pytest.raises(ArgumentError):
        p.switch("a", "b", items="two")
    assert p["a"].calls == 2
    with p("a"):
        p.switch("a", "b")
        p.switch("b", "a")
        with pytest.raises(WindowError):
            p.switch("b", "a")
        p.switch("a", "b")
        assert (p["a"].calls, p["b"].calls) == (4, 1)
        p.switch("b", "a")


def test_a_slow_counter_that_was_just_looked_at_is_not_read_again_at_every_edge(monkeypatch):
    act = Act(None, counter(constant(200.0), 0.1))
    p, reads = act.phases, []
    real = VirtualMeter.read
    monkeypatch.setattr(VirtualMeter, "read", lambda meter: (reads.append(1), real(meter))[1])
    p["a"].start()
    for number in range(400):
        act.simulation.advance(0.0005)
        p.switch("ab"[number % 2], "ba"[number % 2])
    p["a"].stop()
    assert 2 < len(reads) < 100
    assert value(p.total) == pytest.approx(40.0, rel=0.3)


@pytest.mark.parametrize("kind", SENSORS)
@settings(max_examples=15)
@given(lengths=st.lists(st.floats(0.0005, 0.1), min_size=1, max_size=8))
def test_an_inner_span_never_has_more_than_the_outer_one(kind, lengths):
    act = Act(None, SENSORS[kind](constant(200.0)))
    for seconds in lengths:
        with act.phases("outer"):
            act.simulation.advance(seconds / 3.0)
            with act.phases("inner"):
                act.simulation.advance(seconds)
    act.simulation.advance(0.3)
    assert value(act.phases["inner"]) <= value(act.phases["outer"])
    assert value(act.phases["outer"]) == pytest.approx(value(act.phases.total))


@settings(max_examples=20)
@given(spans=spans, shift_s=st.floats(0.0, 50.0))
def test_the_begin_of_time_changes_nothing(spans, shift_s):
    found = []
    for start_s in (102.0, 102.0 + 0.1 * round(10.0 * shift_s)):
        program = Program(spans, start_s)
        sensor = counter(program.waveform, 0.1, phase_s=0.03)
        found.append([value(one) for one in program.run(sensor, **LIMIT).measurements])
    assert found[0] == pytest.approx(found[1], rel=0.02)


@settings(max_examples=20)
@given(spans=spans)
def test_a_name_that_never_ran_changes_nothing(spans):
    program = Program(spans)
    p, q = (program.run(counter(program.waveform, 0.1), **LIMIT) for _ in range(2))
    with q("never"):
        pass
    assert value(q["never"]) == pytest.approx(0.0, abs=1e-9)
    for one in p.measurements:
        assert value(q[one.label]) == pytest.approx(value(one), rel=0.02)  # it was looked at once more


# Faster than the sensor -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SENSORS)
def test_phases_shorter_than_the_period_are_told_apart(kind):
    """30 ms at 400 W, then 120 ms at 150 W, 30 times: single windows are off by 30 % and sure of it."""
    rng = np.random.default_rng(3)
    errors, far = [], []
    for _ in range(8):
        program = Program(
            repeated(rng, {"one": (0.03, 400.0), "two": (0.12, 150.0)}, 30, jitter=0.05),
            102.0 + 0.1 * float(rng.random()),
        )
        p = program.run(SENSORS[kind](program.waveform), **LIMIT)
        for name in ("one", "two"):
            energy, truth_j = p[name].energy_j, program.energy_j(name)
            errors.append(abs(energy.value / truth_j - 1.0))
            far.append(abs(energy.value - truth_j) / max(energy.u, 0.002 * truth_j))
    assert np.quantile(errors, 0.8) < 0.08
    assert np.quantile(far, 0.75) < 2.0


def test_four_hundred_windows_of_two_milliseconds():
    program = Program([span for _ in range(400) for span in (("step", 0.002, 100.0), (None, 0.0005, 60.0))])
    p = program.run(counter(program.waveform, 0.02), **LIMIT)
    assert value(p["step"]) == pytest.approx(80.0, rel=0.05)
    assert p["step"].calls == 400


def test_requests_that_overlap_count_each_moment_once():
    """Eight requests of 0.4 s, begun 0.1 s after each other: together they are 1.1 s at 200 W, not 3.2 s."""
    act = Act(None, counter(constant(200.0), 0.02))
    spans = [act.phases("request") for _ in range(8)]
    for number in range(11):
        if number < 8:
            spans[number].start()
        if number >= 4:
            spans[number - 4].stop()
        act.simulation.advance(0.1)
    spans[7].stop()
    act.simulation.advance(0.1)
    assert value(act.phases.total) == pytest.approx(220.0, rel=0.01)
    assert act.phases["request"].duration_s == pytest.approx(1.1)


def test_a_window_in_a_window_of_the_estimate_has_no_more_than_it():
    for _ in range(40):
        outer, inner = (wattwhat.track(name, backends=["estimate"]) for name in ("outer", "inner"))
        with outer, inner:
            sum(range(3_000))
        assert value(inner.measurement) <= value(outer.measurement)


def test_what_keeps_step_with_the_sensor_stays_wide_and_is_named():
    rng = np.random.default_rng(2)
    program = Program(repeated(rng, {"one": (0.03, 300.0), "two": (0.07, 100.0)}, 60))
    p = program.run(counter(program.waveform, 0.1, phase_s=0.011), **LIMIT)
    for name in ("one", "two"):
        low, high = p[name].energy_j.interval()
        assert low <= program.energy_j(name) <= high
    assert p["one"].energy_j.relative > 0.2
    assert p.total.energy_j.relative < 0.01  # together they are known
    words = " ".join(p["one"].warnings)
    assert "'one', 'two' cannot be told apart" in words
    assert "keep step" in words


# The interface ----------------------------------------------------------------------------------


def test_it_works_with_no_sensor_at_all():
    p = wattwhat.phases("generate", backends=["estimate"])
    for _ in range(3):
        with p("prefill", items=512):
            sum(range(20_000))
        with p("decode", items=1):
            sum(range(2_000))
    decode = p["decode"]
    assert decode.energy_per_item_j.value == pytest.approx(value(decode) / 3)
    assert decode.provenance == "estimated"
    assert [one.label for one in p.measurements] == ["prefill", "decode"]
    assert sum(map(value, p.measurements)) == pytest.approx(value(p.total))
    shown = str(p)
    for word in ("prefill", "decode", "all of them", "share", "±", "%"):
        assert word in shown
    assert wattwhat.Measurement.from_dict(decode.to_dict()) == decode.measurement


def test_start_and_stop_instead_of_with():
    p = wattwhat.phases("steps", backends=["estimate"])
    step = p("step", items=8)
    for _ in range(2):
        step.start()
        step.stop()
    p["step"].start()
    p["step"].stop(items=4)
    assert (p["step"].calls, p["step"].items) == (3, 20)
    with pytest.raises(WindowError, match="'step' is not open"):
        step.stop()
    with pytest.raises(WindowError, match="'step' is not open"):
        p["step"].stop()


def test_a_span_ends_where_the_code_raises():
    p = wattwhat.phases("raising", backends=["estimate"])
    with pytest.raises(KeyError, match="mine"), p("outer"), p("inner"):
        raise KeyError("mine")
    assert p["outer"].calls == p["inner"].calls == 1
    assert value(p["inner"]) <= value(p["outer"])


def test_names_that_are_none_and_names_that_never_ran():
    p = wattwhat.phases("names", backends=["estimate"])
    with pytest.raises(WindowError, match="no span has begun"):
        _ = p.total
    with p("one"):
        pass
    with pytest.raises(WindowError, match="'two' has begun; there are: 'one'"):
        _ = p["two"].energy_j
    for bad in ("", 3, None):
        with pytest.raises(ArgumentError, match="expected a name"):
            p(bad)
    with pytest.raises(ArgumentError, match="items"):
        p("one", items=-1)
    assert list(p) == ["one"]


def test_several_threads_count_each_moment_once():
    p = wattwhat.phases("threads", backends=["estimate"])
    barrier = threading.Barrier(4)

    def work(name):
        barrier.wait()
        for _ in range(50):
            with p(name):
                sum(range(500))

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [p[name].calls for name in "abc"] == [100, 50, 50]
    whole = value(p.total)
    assert all(value(one) <= whole * (1 + 1e-9) for one in p.measurements)
    assert sum(map(value, p.measurements)) >= whole * (1 - 1e-9)


def test_what_it_holds_can_be_pickled_and_copied():
    p = wattwhat.phases("mine", backends=["estimate"])
    with p("one"):
        pass
    for other in (pickle.loads(pickle.dumps(p)), copy.deepcopy(p)):
        assert other.label == "mine"
        assert len(other) == 0
    assert pickle.loads(pickle.dumps(p["one"].measurement)).label == "one"


# What goes wrong --------------------------------------------------------------------------------


def test_a_device_that_is_lost_is_named_and_bounded():
    program = Program(repeated(np.random.default_rng(1), {"a": (0.05, 300.0), "b": (0.07, 100.0)}, 40))
    sensor = counter(program.waveform, 0.1, faults=Faults(lost_at_s=104.0))
    p = program.run(sensor, **LIMIT)
    low, high = p.total.energy_j.interval()
    assert low <= program.energy_j("a") + program.energy_j("b") <= high
    assert "lost the last" in " ".join(p["a"].warnings)
    assert "lost the last" in " ".join(p.total.warnings)


def test_a_sensor_that_never_answers_is_lost_and_not_zero():
    program = Program([("a", 0.5, 100.0)])
    p = program.run(counter(program.waveform, 0.02, faults=Faults(lost_at_s=0.0)), **LIMIT)
    assert p["a"].channels[0].energy_j is None
    assert not p["a"].energy_j.known
    assert "lost" in " ".join(p["a"].warnings)


def test_a_counter_that_stands_still_is_lost():
    p = Program([("a", 1.0, 100.0)]).run(VirtualSensor(constant(0.0), update_period_s=0.02), **LIMIT)
    assert p["a"].channels[0].energy_j is None
    assert "did not move" in " ".join(p["a"].warnings)


@pytest.mark.parametrize("fault", [{"resets_s": (104.5,)}, {"wrap_j": 200.0, "start_j": 150.0}])
def test_resets_and_wraps_keep_the_truth_inside(fault):
    program = Program(repeated(np.random.default_rng(1), {"a": (0.05, 300.0), "b": (0.07, 100.0)}, 60))
    p = program.run(counter(program.waveform, 0.02, **fault), **LIMIT)
    for name in ("a", "b"):
        low, high = p[name].energy_j.interval(0.99)
        assert low <= program.energy_j(name) <= high
        assert p[name].energy_j.relative < 0.05


def test_memory_is_bounded():
    simulation = simulated(counter(constant(100.0), 0.001), counter(constant(50.0), 0.1), gauge(), **LIMIT)
    p = Phases("many", sync=False, meter_set=simulation.meter_set)
    a, b = p("a"), p("b")
    for _ in range(5_000):
        with a:
            simulation.clock.advance(0.0003)
        with b:
            simulation.clock.advance(0.0007)
    tracks = p._tracks
    assert len(tracks._edges) < 9_000
    assert all(len(track.timeline.values) < 10_000 for track in tracks.all)
    simulation.advance(0.3)
    assert p.total.channels[0].energy_j.value == pytest.approx(500.0, rel=0.01)
    assert p.total.channels[2].energy_j.value == pytest.approx(500.0, rel=0.05)


@pytest.mark.parametrize("kind", ["counter 100 ms", "gauge"])
def test_a_pause_between_phases_is_not_the_rest_after_them(kind):
    """At rest the device draws 60 W, between two steps 200 W: the long rest says nothing about the pauses."""
    rng = np.random.default_rng(8)
    spans = [
        span
        for name, seconds, watts in repeated(rng, {"step": (0.05, 300.0)}, 80, jitter=0.1)
        for span in ((name, seconds, watts), (None, 0.04, 200.0))
    ]
    program = Program(spans)
    p = program.run(SENSORS[kind](program.waveform), settle_s=20.0, **LIMIT)
    low, high = p["step"].energy_j.interval(0.99)
    assert low <= program.energy_j("step") <= high


@pytest.mark.parametrize("period_s", [0.02, 0.1])
def test_the_sum_of_windows_that_are_each_too_short_is_not_sure_of_itself(period_s):
    """400 windows of 2 ms in the first second of a process: all take the same guess for their power."""
    simulation = simulated(counter(constant(100.0), period_s), **LIMIT)
    windows = [
        simulation.window(102.0 + 0.0025 * k, 102.0 + 0.0025 * k + 0.002, wait_s=0.0) for k in range(400)
    ]
    low, high = wattwhat.combine(windows, overlapping=False).energy_j.interval()
    assert low <= 80.0 <= high


def test_the_sums_of_two_phases_as_windows_hold_the_truth():
    rng = np.random.default_rng(4)
    program = Program(repeated(rng, {"one": (0.03, 400.0), "two": (0.12, 150.0)}, 30))
    simulation = simulated(counter(program.waveform, 0.1), **LIMIT)
    found = {"one": [], "two": []}
    for (name, _, _), begin_s, end_s in zip(
        program.spans, program.edges[:-1], program.edges[1:], strict=True
    ):
        found[name].append(simulation.window(float(begin_s), float(end_s), wait_s=0.0))
    for name, windows in found.items():
        low, high = wattwhat.combine(windows, overlapping=False).energy_j.interval()
        assert low <= program.energy_j(name) <= high


def test_names_without_number_stay_within_bounds(monkeypatch):
    """Forty names that are open in ever other sets: the seldom sets are judged as one, and still add up."""
    from wattwhat.acquisition import phase_states as module

    monkeypatch.setattr(module, "MOST_STATES", 6)
    act = Act(None, counter(constant(200.0), 0.02))
    rng = np.random.default_rng(3)
    names = [f"layer {number}" for number in range(40)]
    for _ in range(150):
        chosen = rng.choice(names, 2, replace=False)
        with act.phases(str(chosen[0])):
            act.simulation.advance(0.01)
            with act.phases(str(chosen[1])):
                act.simulation.advance(0.01)
    act.simulation.advance(0.2)
    assert len(act.phases._names.states.numbers) <= 8
    assert value(act.phases.total) == pytest.approx(150 * 0.02 * 200.0, rel=0.01)
    measured = act.phases.measurements
    assert all(value(one) <= value(act.phases.total) for one in measured)
    assert sum(one.duration_s for one in measured) == pytest.approx(150 * 0.03, rel=1e-6)
    assert sum(map(value, measured)) == pytest.approx(150 * 0.03 * 200.0, rel=0.05)


def test_an_error_of_the_arithmetic_never_reaches_the_program(monkeypatch):
    act = Act(None, counter(constant(200.0), 0.02))

    def fails(*_):
        raise ArithmeticError("made up")

    with act.phases("a"):
        act.simulation.advance(0.5)
        monkeypatch.setattr(CounterTimeline, "take_in", fails)
        monkeypatch.setattr(CounterTimeline, "full", property(lambda _: True))
    assert act.phases["a"].channels[0].energy_j is None
    assert "could not be judged (ArithmeticError: made up)" in " ".join(act.phases["a"].warnings)


def test_no_label_of_phases_moves_a_terminal():
    hostile = "a\x1b[31m\u202e\x9b\nb"
    spans = wattwhat.phases(hostile, backends=["estimate"])
    assert hostile not in repr(spans)
    with spans(hostile):
        pass
    for text in (str(spans), repr(spans)):
        assert not set(text) & set("\x1b\u202e\x9b")
