from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.made_runs import channel, reading, run
from tests.rigs import counter, gauge, simulated
from wattwhat import Measurement
from wattwhat.acquisition.window import Window
from wattwhat.report.live_power import Look, Monitor, looks, sparkline
from wattwhat.testing import Faults, constant, ramp, square

POWERS = st.lists(st.floats(0.0, 1e4), min_size=1, max_size=100)


def after(seconds: float, joules: float | None, name: str = "h/x/0", **fields: object) -> Measurement:
    what = channel(name, **{key: str(value) for key, value in fields.items()})
    return run(reading(what, joules, random_j=0.1), duration_s=seconds)


@given(st.lists(st.tuples(st.floats(0.1, 10.0), st.floats(0.0, 1e4)), min_size=1, max_size=20))
def test_power_is_the_energy_between_two_looks_over_the_time(steps: list[tuple[float, float]]) -> None:
    monitor, t_s, joules = Monitor(), 0.0, 0.0
    monitor.take(after(0.0, 0.0))
    for seconds, watts in steps:
        t_s, joules = t_s + seconds, joules + seconds * watts
        look = monitor.take(after(t_s, joules))
        assert look.power_w == pytest.approx(watts, abs=1e-6, rel=1e-6)
        assert look.channels[0].power_w == look.power_w
        assert look.energy_j == pytest.approx(joules)


@given(POWERS, st.integers(0, 60), st.booleans())
def test_the_history_fits_and_its_tallest_bar_is_the_most(
    powers: list[float], columns: int, ascii: bool
) -> None:
    drawn = sparkline(powers, columns, ascii)
    shown = powers[-columns:] if columns else []
    assert len(drawn) == len(shown)
    bars = "_.-=+*#@" if ascii else "▁▂▃▄▅▆▇█"
    heights = [bars.index(bar) for bar in drawn]
    if shown and max(shown) > 0:
        assert heights[shown.index(max(shown))] == 7
        # rounding may level neighbours, but never turns them round
        assert all(
            heights[a] <= heights[b] for a in range(len(shown)) for b in range(a) if shown[a] <= shown[b]
        )


@given(st.text(min_size=1, max_size=60), st.integers(40, 200), st.floats(0, 1e12))
def test_every_line_fits_the_terminal(device: str, width: int, joules: float) -> None:
    monitor = Monitor(width=width)
    for second in range(30):
        look = monitor.take(after(float(second), joules * second, device=device))
    assert all(len(line) <= width and "\n" not in line for line in monitor.lines(look))


def test_a_rig_of_virtual_sensors_is_shown_as_it_is() -> None:
    """100 W and 0 W in turns of a second each, through the real window."""
    world = simulated(counter(square(2.0)))
    window = Window("monitor", meter_set=world.meter_set).start()
    monitor = Monitor()
    found = list(
        looks(
            window.so_far,
            monitor,
            interval_s=0.5,
            seconds=4.0,
            clock=lambda: world.clock.now_s,
            sleep=world.advance,
        )
    )
    assert [look.t_s for look in found] == pytest.approx([0.5 * n for n in range(1, 9)], abs=0.01)
    powers = [look.power_w or 0.0 for look in found]
    assert {round(power, -1) for power in powers} == {0.0, 100.0}
    assert found[-1].energy_j == pytest.approx(200.0, rel=0.02)


@given(
    st.floats(50.0, 400.0),
    st.sampled_from([(0.001, 360.0), (1.0, 360.0), (3.6, 360.0), (0.1, 36.0), (0.02, 3.6), (0.5, None)]),
    st.sampled_from([0.2, 0.5, 1.0]),
)
@settings(max_examples=15, deadline=None)
def test_a_coarse_counter_shows_its_mean_and_joules_that_never_fall(
    watts: float, clockwork: tuple[float, float | None], interval_s: float
) -> None:
    period_s, step_j = clockwork
    fields = {} if step_j is None else {"quantum": step_j}
    world = simulated(counter(constant(watts), period_s, **fields))
    window = Window("monitor", meter_set=world.meter_set).start()
    seconds = 6.0 * (step_j or 0.0) / watts + 6.0 * period_s + 4.0
    found = list(
        looks(
            window.so_far,
            Monitor(),
            interval_s=interval_s,
            seconds=seconds,
            clock=lambda: world.clock.now_s,
            sleep=world.advance,
        )
    )
    joules = [look.energy_j for look in found]
    assert all(later >= sooner - 1e-9 for sooner, later in pairwise(joules))
    assert all(look.power_w is None or look.power_w >= 0.0 for look in found)
    assert found[-1].power_w == pytest.approx(watts, rel=0.4)
    assert found[-1].channels[0].energy_j == pytest.approx(found[-1].energy_j)


def test_a_gauge_is_shown_too() -> None:
    world = simulated(gauge(ramp(90.0, 120.0, 0.0, 300.0)), start_s=100.0)
    window = Window("monitor", meter_set=world.meter_set).start()
    monitor = Monitor()
    *_, last = looks(
        window.so_far,
        monitor,
        interval_s=1.0,
        seconds=5.0,
        clock=lambda: world.clock.now_s,
        sleep=world.advance,
    )
    # 10 W more each second and 100 W at second 100: 625 J until second 105, 145 W in the last one
    assert last.power_w == pytest.approx(145.0, abs=5.0)
    assert last.energy_j == pytest.approx(625.0, rel=0.03)


def test_looks_come_at_even_intervals_however_long_they_take() -> None:
    now, at = [0.0], []

    def read() -> Measurement:
        now[0] += 0.3
        at.append(now[0])
        return after(now[0], 100.0 * now[0])

    def sleep(seconds: float) -> None:
        now[0] += seconds

    list(looks(read, Monitor(), interval_s=1.0, seconds=5.0, clock=lambda: now[0], sleep=sleep))
    assert at == pytest.approx([0.3, 1.3, 2.3, 3.3, 4.3, 5.3])
    at.clear()
    now[0] = 0.0
    list(looks(read, Monitor(), interval_s=0.2, seconds=2.0, clock=lambda: now[0], sleep=sleep))
    assert len(at) < 10, "a look that takes longer than the interval is not made up for"


def test_a_lost_channel_is_said_and_never_shown_as_0() -> None:
    world = simulated(counter(), counter(faults=Faults(lost_at_s=102.0)))
    window = Window("monitor", meter_set=world.meter_set).start()
    monitor = Monitor()
    _, *later, last = looks(
        window.so_far,
        monitor,
        interval_s=1.0,
        seconds=5.0,
        clock=lambda: world.clock.now_s,
        sleep=world.advance,
    )
    lines = monitor.lines(last)
    assert all(look.power_w == pytest.approx(100.0, rel=0.01) for look in later), "what is lost is no drop"
    assert "lost" in lines[2]
    assert "? W" in lines[2]
    assert any(line.startswith("note: ") and "sensor-1: lost" in line for line in lines)


def test_nothing_is_known_before_the_second_look() -> None:
    look = Monitor().take(after(0.0, 0.0))
    assert look.power_w is None
    assert "? W" in Monitor().lines(look)[0]


def test_what_is_inside_another_channel_is_in_brackets() -> None:
    package = channel("h/p", "cpu", contains=["h/c"])
    core = channel("h/c", "core")
    monitor = Monitor()
    look = monitor.take(run(reading(package, 100.0), reading(core, 40.0, counted=False)))
    assert "(40.0 J)" in monitor.lines(look)[2]
    assert "inside another channel" in monitor.lines(look)[3]


def test_an_estimate_says_so() -> None:
    monitor = Monitor()
    look = monitor.take(run(reading(channel("h/c", "cpu"), 100.0, provenance="estimated")))
    assert "(estimated)" in monitor.lines(look)[1]


def test_a_plain_line_and_plain_data() -> None:
    monitor = Monitor()
    monitor.take(after(0.0, 0.0))
    look = monitor.take(after(2.0, 300.0))
    assert monitor.plain(look) == "2.0 s  150 W  300 J so far"
    data = json.loads(json.dumps(look.to_dict(), allow_nan=False))
    assert (data["power_w"], data["channels"][0]["id"]) == (150.0, "h/x/0")
    empty = Look(1.0, None, None, None, ())
    assert monitor.plain(empty) == "1.0 s  ? W  ? J so far"
    assert monitor.lines(empty) == ["1.0 s  ? W  energy lost"]
    assert math.isfinite(data["u_energy_j"])
