"""When meters are closed: at exit, when their set is forgotten, and never under somebody who measures."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import wattwhat
from wattwhat import Availability, Backend
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.window import Window
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading

ROOT = Path(__file__).parents[2]

# A program with a backend whose meters say when they are closed; %s is what it does.
PROGRAM = """
import atexit, os, sys, threading, time
import wattwhat
from wattwhat import Availability, Backend, Channel, Meter, Reading
from wattwhat.acquisition.shared import shared_meter_set

class Told(Meter):
    def __init__(self):
        how = dict(max_power_w=100.0, update_period_s=0.001, gain_error=0.01)
        self.channel = Channel("h/told/0", "told", "a lamp", "gpu", "energy", **how)
        self.open = True
    def read(self):
        now_ns = time.monotonic_ns()
        return Reading(now_ns, now_ns * 1e-8) if self.open else None
    def close(self):
        self.open = False
        print("closed in", "parent" if os.getpid() == HOME else "child", flush=True)

class Lamp(Backend):
    name = "lamp"
    def probe(self): return Availability(True, "here")
    def meters(self): return [Told()]

HOME, lamps = os.getpid(), [Lamp()]

def judged(window):
    # whether it was measured, and right: each of these lamps draws 10 W
    m = window.measurement
    low, high = m.energy_j.interval(0.997)
    return m.energy_j.known and m.provenance == "measured" and low <= 10.0 * m.duration_s <= high
{does}
"""


def ends(does: str) -> list[str]:
    """What a program that measures prints until it has ended."""
    program = PROGRAM.replace("{does}", textwrap.dedent(does))
    # Python 3.12 warns of a fork while the kernel still takes apart a thread that Python has joined.
    command = [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "does",
    [
        "wattwhat.measure(lambda: None, backends=lamps, min_seconds=0.01, max_seconds=0.02, idle=None)",
        "with wattwhat.track('a', backends=lamps): pass",
        "from wattwhat.acquisition.discovery import open_meter_set\n"
        "from wattwhat.acquisition.shared import _shared\n"
        "_shared[('lamp',)] = open_meter_set(lamps)",  # as with a backend's name
    ],
)
def test_meters_are_closed_once_when_the_program_ends(does: str) -> None:
    assert ends(does) == ["closed in parent"]


def test_a_window_that_is_open_at_the_exit_can_still_be_stopped() -> None:
    """The handler that stops it was registered before any meter was open, so it runs last."""
    found = ends(
        """
        def report():
            print(judged(window.stop()))
        atexit.register(report)
        window = wattwhat.track("all of it", backends=lamps).start()
        """
    )
    assert found == ["True"]


@pytest.mark.parametrize("registered", ["before", "after"])
def test_a_handler_of_the_users_may_measure(registered: str) -> None:
    use = "with wattwhat.track('a', backends=lamps): pass"
    handler = """
def last():
    with wattwhat.track("last", backends=lamps) as window: pass
    print(judged(window))
atexit.register(last)
"""
    steps = [handler, use] if registered == "before" else [use, handler]
    assert "True" in ends("\n".join(steps))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_child_closes_what_it_opened_and_leaves_the_rest_to_its_parent() -> None:
    found = ends(
        """
        with wattwhat.track("a", backends=lamps): pass
        child = os.fork()
        if child == 0:
            sys.exit()
        os.waitpid(child, 0)
        own = os.fork()
        if own == 0:
            with wattwhat.track("b", backends=[Lamp()]): pass
            sys.exit()
        os.waitpid(own, 0)
        print("parent goes on")
        """
    )
    assert found == ["closed in child", "parent goes on", "closed in parent"]


def test_threads_that_measure_do_not_keep_the_program_from_ending() -> None:
    found = ends(
        """
        def work():
            while True:
                with wattwhat.track("a", backends=lamps): pass
        with wattwhat.track("a", backends=lamps): pass
        threading.Thread(target=work, daemon=True).start()
        """
    )
    assert set(found) <= {"closed in parent"}


class Slow(Meter):
    """A gauge that does not answer until it is let."""

    def __init__(self) -> None:
        self.channel = Channel("h/slow/0", "slow", "a lamp", "gpu", "power", max_power_w=100.0)
        self.asked, self.answer, self.closed = threading.Event(), threading.Event(), False

    def read(self) -> Reading:
        self.asked.set()
        self.answer.wait(30.0)
        return Reading(time.monotonic_ns(), 1.0)

    def close(self) -> None:
        self.closed = True


def test_nothing_is_closed_under_a_reading_that_hangs() -> None:
    meter = Slow()
    meter_set = MeterSet([meter])
    window = Window("a", meter_set=meter_set).start()
    assert meter.asked.wait(30.0)
    meter_set.close(wait_s=0.001)
    assert not meter.closed
    meter.answer.set()
    assert meter_set.sampler.stop()
    meter_set.close()
    assert meter.closed
    window.stop()


def test_a_forgotten_rig_of_ones_own_closes_its_meters() -> None:
    opened: list[Slow] = []

    class Own(Backend):
        def probe(self) -> Availability:
            return Availability(True, "mine")

        def meters(self) -> list[Meter]:
            opened.append(Slow())
            opened[-1].channel = Channel("h/own/0", "own", "a lamp", "gpu", "energy", max_power_w=100.0)
            opened[-1].answer.set()
            return list(opened[-1:])

    for _ in range(8):
        with wattwhat.track("a", backends=[Own()]):
            pass
    gc.collect()
    assert [one.closed for one in opened] == [True] * 4 + [False] * 4
