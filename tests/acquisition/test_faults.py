"""Thousands of windows over sensors that fail in every way: nothing is raised, leaked or claimed too much."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.lengths import far
from tests.rigs import gauge, simulated
from wattwhat import Measurement
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.window import Window
from wattwhat.errors import MeterError, MeterLostError
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading
from wattwhat.testing import Faults, VirtualClock

LIMIT_W = 400.0


class Faulty(Meter):
    """A counter or gauge of a known power that fails at random in every way a real one may."""

    def __init__(
        self, clock: VirtualClock, chance: random.Random, number: int, quantity: str = "energy"
    ) -> None:
        self.channel = Channel(
            f"h/t/{number}",
            "t",
            "d",
            "gpu",
            quantity,
            update_period_s=0.001 if quantity == "energy" else 0.1,
            averaging_window_s=None if quantity == "energy" else 0.1,
            max_power_w=LIMIT_W,
            wrap_j=5000.0 if number == 1 else None,
        )
        self.clock, self.chance, self.power_w = clock, chance, 50.0 + 100.0 * number
        self.base_j, self.stalled_until, self.frozen = 1e4 * number, 0.0, 0.0
        self.faults = 0

    def read(self) -> Reading:
        now_s = self.clock.now_s
        kind = self.chance.random()
        if kind < 0.04:
            self.faults += 1
            raise self.chance.choice(
                [MeterError("noise"), OSError(5, "io"), ValueError("text"), ZeroDivisionError()]
            )
        if kind < 0.05:
            self.faults += 1
            return self.chance.choice([Reading(self.clock(), float("nan")), None, "12 J", (1, 2, 3)])  # type: ignore[return-value]
        if self.channel.quantity == "power":
            return Reading(self.clock(), self.power_w)
        if kind < 0.055:
            self.faults += 1
            self.base_j = -self.power_w * now_s  # a reset
        value = self.base_j + self.power_w * now_s
        return Reading(self.clock(), value % self.channel.wrap_j if self.channel.wrap_j else value)


def check(m: Measurement, meters: list[Faulty]) -> tuple[int, int]:
    """How many channels claimed an interval, and how many of those hold the truth."""
    claimed = right = 0
    for entry, meter in zip(m.channels, meters, strict=True):
        if entry.energy_j is None:
            assert any(entry.channel.id in sentence for sentence in m.warnings)
            continue
        low, high = entry.energy_j.interval(0.997)
        claimed += 1
        right += low - 1e-6 <= meter.power_w * (m.duration_s or 0.0) <= high + 1e-6
    return claimed, right


@pytest.mark.lengthy
def test_thousands_of_windows_over_failing_sensors() -> None:
    chance, clock = random.Random(11), VirtualClock(start_ns=10**9)
    meters = [Faulty(clock, chance, 1), Faulty(clock, chance, 2), Faulty(clock, chance, 3, "power")]
    meter_set = MeterSet(meters, clock=clock.monotonic_ns, threaded=False)
    threads, descriptors = set(threading.enumerate()), _descriptors()
    claimed = right = 0
    many = far(2_500, 10_000)
    for _ in range(many):
        window = Window("w", meter_set=meter_set).start()
        for _ in range(chance.randint(1, 5)):
            clock.advance(chance.choice([0.002, 0.02, 0.1]))
            meter_set.sampler.tick(clock.now_s)
        if chance.random() < 0.1:
            window.so_far()
        window.stop()
        if chance.random() < 0.5:
            for _ in range(6):
                clock.advance(0.05)
                meter_set.sampler.tick(clock.now_s)
        a, b = check(window.measurement, meters)
        claimed, right = claimed + a, right + b
    assert sum(meter.faults for meter in meters) > 0.1 * many
    assert claimed > 2.5 * many
    assert right / claimed > 0.999
    assert set(threading.enumerate()) <= threads  # those of earlier tests may end meanwhile
    assert _descriptors() <= descriptors
    meter_set.close()


def test_a_device_that_is_lost_is_not_asked_again() -> None:
    clock = VirtualClock(start_ns=10**9)

    class Lost(Faulty):
        reads = 0

        def read(self) -> Reading:
            self.reads += 1
            raise MeterLostError("fell off the bus")

    meter = Lost(clock, random.Random(1), 1)
    meter_set = MeterSet([meter], clock=clock.monotonic_ns, threaded=False)
    for _ in range(50):
        with Window("w", meter_set=meter_set) as window:
            clock.advance(0.01)
        assert "fell off the bus" in window.measurement.warnings[0]
    assert meter.reads <= 3


@pytest.mark.parametrize("phase", range(6))
def test_ctrl_c_in_any_phase_leaves_the_rig_usable(phase: int) -> None:
    clock, chance = VirtualClock(start_ns=10**9), random.Random(3)

    class Interrupted(Faulty):
        countdown = phase

        def read(self) -> Reading:
            self.countdown -= 1
            if self.countdown == -1:
                raise KeyboardInterrupt
            return Reading(self.clock(), 100.0 * self.clock.now_s)

    meter_set = MeterSet(
        [Interrupted(clock, chance, 0), Interrupted(clock, chance, 2)],
        clock=clock.monotonic_ns,
        threaded=False,
    )
    interrupted = 0
    for _ in range(4):
        window = Window("w", meter_set=meter_set)
        try:
            with window:
                clock.advance(1.0)
        except KeyboardInterrupt:
            interrupted += 1
    assert interrupted == 2
    with Window("after", meter_set=meter_set) as window:
        clock.advance(1.0)
    assert window.measurement.energy_j.value == pytest.approx(200.0, rel=0.01)


SCRIPT = """
import os, signal, sys, threading, time
import wattwhat
{body}
"""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("w = wattwhat.track('open').start()", 0),  # interpreter shutdown with an open window
        ("w = wattwhat.track('open').start()\nraise SystemExit(3)", 3),
        (
            "w = wattwhat.track('a').start()\npid = os.fork()\nw.stop()\nw.measurement\n"
            "if pid: os.waitpid(pid, 0)",
            0,
        ),
        (
            "before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)\n"
            "with wattwhat.track('a') as w: pass\nw.measurement\n"
            "assert before == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))",
            0,
        ),
        ("t = threading.Thread(target=lambda: wattwhat.track('a').start())\nt.start()\nt.join()", 0),
        (
            "with wattwhat.track('a') as w:\n    os.kill(os.getpid(), 0)\nw.measurement",
            0,
        ),
    ],
)
def test_a_program_ends_as_it_would_without_us(body: str, code: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT.format(body=body)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "WATTWHAT_BACKENDS": "estimate"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")
    assert list(tmp_path.iterdir()) == []


def test_a_signal_ends_a_program_with_an_open_window_as_usual() -> None:
    program = SCRIPT.format(
        body="w = wattwhat.track('a').start()\nprint('open', flush=True)\ntime.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=300) == -signal.SIGTERM
    child.stdout.close()


def _descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


@given(
    st.lists(st.sampled_from(["begin", "end", "ask", 0.0, 0.05, 0.3]), max_size=30),
    st.lists(st.floats(0.05, 1.0), min_size=2, max_size=6),
    st.booleans(),
)
@example(["begin", 0.3, "begin", 0.05, "begin", "end", "ask", 0.3, 0.3, 0.3, "end", "ask"], [0.7, 5.0], True)
@example(["begin", "end", "ask"], [1.0, 1.0], False)
def test_a_gauge_may_go_and_come_back_under_any_windows(
    steps: list[str | float], spans_s: list[float], fails: bool
) -> None:
    """Windows that nest and overlap, also without length, while a gauge of 0 to 300 W fails and returns."""
    gaps, now_s = [], 100.0
    for length_s in spans_s:
        if fails:
            gaps.append((now_s, now_s + length_s))
        now_s, fails = now_s + length_s, not fails
    simulation = simulated(gauge(faults=Faults(gaps=tuple(gaps))), max_power_w=300.0)
    opened, ended = [], []
    for step in [*steps, 2.0]:
        if step == "begin":
            opened.append(Window(f"depth {len(opened)}", meter_set=simulation.meter_set).start())
        elif step == "end" and opened:
            ended.append(opened.pop().stop())
        elif step == "ask" and ended:
            assert ended[-1].measurement.channels
        elif isinstance(step, float):
            simulation.advance(step)
    for window in ended:
        energy = window.measurement.energy_j
        assert not energy.known or -1e-9 <= energy.value <= 300.0 * window.measurement.duration_s + 1e-9
