"""Backends and meters that failed once: windows go on without, say so, and use them once they are back."""

import itertools
import threading
import time
from types import SimpleNamespace

import pytest

from wattwhat import Availability, Backend, Channel, Meter, Reading, track
from wattwhat.acquisition import retry as room
from wattwhat.acquisition.shared import close_all, shared_meter_set
from wattwhat.errors import BackendError, MeterError, MeterLostError
from wattwhat.plugins import Plugin
from wattwhat.testing import VirtualClock


class Supply(Meter):
    """100 W; its backend says whether it answers."""

    def __init__(self, name, backend=None):
        self.channel = Channel(
            f"lab1/{name}/supply", name, f"supply {name}", "board", "energy", max_power_w=500.0
        )
        self.backend = backend
        self.closed = 0

    def read(self):
        trouble = None if self.backend is None else self.backend.trouble
        if isinstance(trouble, MeterError):
            raise trouble
        now_ns = time.monotonic_ns()
        return Reading(now_ns, 100.0 * now_ns * 1e-9)

    def close(self):
        self.closed += 1


class Steady(Backend):
    def __init__(self):
        self.made = []

    def probe(self):
        return Availability(True, "reads a supply")

    def meters(self):
        self.made.append(Supply("steady"))
        return self.made[-1:]


class Plug(Backend):
    """Answers or not, as `trouble` says: a text for the probe, an exception for what it raises."""

    def __init__(self, trouble):
        self.trouble = trouble
        self.asked = 0

    def probe(self):
        self.asked += 1
        if isinstance(self.trouble, str):
            return Availability(False, self.trouble, "wait", for_now=True)
        return Availability(True, "reads a plug")

    def meters(self):
        if isinstance(self.trouble, Exception) and not isinstance(self.trouble, MeterError):
            raise self.trouble
        return [Supply("plug", self)]


def only_there(monkeypatch, name, **changed):
    """Change a module of Python's as the attempts see it: the sampler needs time of its own."""
    seen = {**vars(getattr(room, name)), **changed}
    monkeypatch.setattr(room, name, SimpleNamespace(**seen))


@pytest.fixture
def clock(monkeypatch):
    """Time of the attempts; they run at once instead of in a thread."""
    clock = VirtualClock()

    class AtOnce:
        def __init__(self, work, name):
            self.start = work

        def is_alive(self):
            return False

    only_there(monkeypatch, "time", monotonic=clock.monotonic)
    monkeypatch.setattr(room, "OwnThread", AtOnce)
    return clock


@pytest.fixture
def backends(monkeypatch):
    monkeypatch.delenv("WATTWHAT_BACKENDS", raising=False)
    known = {}

    def use(**given):
        known.update({name: Plugin(name, f"dist-{name}", lambda b=b: lambda: b) for name, b in given.items()})

    close_all()
    monkeypatch.setattr("wattwhat.acquisition.discovery.find_plugins", lambda: known)
    yield use
    close_all()


def ids():
    return sorted(line.channel.id for line in shared_meter_set().inputs)


BOTH = ["lab1/plug/supply", "lab1/steady/supply"]

SERVICE_UNAVAILABLE = {
    "its probe": "it answered with HTTP 503",
    "its opening": BackendError("it answered with HTTP 503"),
    "an opening that raises anything": OSError("HTTP 503"),
}


@pytest.mark.parametrize("how", SERVICE_UNAVAILABLE)
def test_a_plug_that_does_not_answer_at_the_first_window_is_used_once_it_does(how, backends, clock):
    plug = Plug(SERVICE_UNAVAILABLE[how])
    backends(plug=plug, steady=Steady())
    with track("first") as window:
        pass
    said = [words for words in window.measurement.warnings if "HTTP 503" in words]
    assert len(said) == 1
    assert "it is asked again later" in said[0]
    assert "report this" not in said[0]
    plug.trouble = None
    assert ids() == BOTH[1:]
    clock.advance(5.1)
    shared_meter_set()
    assert ids() == BOTH
    with track("later") as window:
        pass
    assert not [words for words in window.measurement.warnings if "503" in words]
    assert len(window.measurement.channels) == 2


def test_who_stays_away_is_asked_ever_more_seldom_and_nothing_is_left_open(backends, clock):
    plug, steady = Plug("no answer"), Steady()
    backends(plug=plug, steady=steady)
    first = shared_meter_set()
    asked = []
    for second in range(3600):
        before = plug.asked
        shared_meter_set()
        asked += [second] if plug.asked > before else []
        clock.advance(1.0)
    waits = [later - sooner for sooner, later in itertools.pairwise(asked)]
    assert asked[0] == 5
    assert waits == sorted(waits)
    assert waits[-1] == 300
    assert shared_meter_set() is first
    assert [meter.closed for meter in steady.made] == [0] + [1] * len(asked)


def test_a_meter_that_was_lost_serves_again_once_its_device_is_back(backends, clock):
    plug = Plug(None)
    backends(plug=plug, steady=Steady())
    with track("whole") as window:
        pass
    plug.trouble = MeterLostError("the plug is gone")
    with track("without") as window:
        pass
    assert any("the plug is gone" in words for words in window.measurement.warnings)
    shared_meter_set()
    clock.advance(5.1)
    shared_meter_set()
    with track("still without") as window:
        pass
    assert any("the plug is gone" in words for words in window.measurement.warnings)
    plug.trouble = None
    clock.advance(10.1)
    shared_meter_set()
    with track("with it again") as window:
        pass
    assert [entry.channel.id for entry in window.measurement.channels if entry.energy_j is not None] == BOTH


@pytest.mark.parametrize("by", ["name", "object"])
def test_a_lost_meter_of_chosen_backends_serves_again_too(by, backends, clock):
    plug = Plug(None)
    backends(plug=plug)
    chosen = ["plug"] if by == "name" else [plug]
    with track("whole", backends=chosen):
        pass
    plug.trouble = MeterLostError("the plug is gone")
    for _ in range(2):
        with track("without", backends=chosen) as window:
            pass
        assert window.measurement.channels[0].energy_j is None
    plug.trouble = None
    clock.advance(5.1)
    shared_meter_set(chosen)
    with track("with it again", backends=chosen) as window:
        pass
    assert window.measurement.channels[0].energy_j is not None


def test_a_window_that_is_open_meanwhile_ends_over_its_own_meters(backends, clock):
    plug, steady = Plug("no answer"), Steady()
    backends(plug=plug, steady=steady)
    window = track("long").start()
    plug.trouble = None
    shared_meter_set()
    clock.advance(5.1)
    shared_meter_set()
    assert ids() == BOTH
    assert [meter.closed for meter in steady.made] == [0, 0]
    window.stop()
    assert [entry.channel.id for entry in window.measurement.channels] == BOTH[1:]


def test_what_serves_is_not_given_up_for_what_comes_back(backends, clock):
    plug, steady = Plug("no answer"), Steady()
    backends(plug=plug, steady=steady)
    first = shared_meter_set()
    plug.trouble = None
    steady.meters = list
    shared_meter_set()
    clock.advance(5.1)
    shared_meter_set()
    assert shared_meter_set() is first


@pytest.mark.parametrize(
    "answer", [Availability(True, "reads a supply"), Availability(False, "no such thing")]
)
def test_nobody_is_asked_again_who_serves_or_says_a_plain_no(answer, backends, clock):
    plug = Plug(None)
    plug.probe = lambda: answer
    backends(plug=plug, steady=Steady())
    first = shared_meter_set()
    clock.advance(1e4)
    assert shared_meter_set() is first
    assert first.not_yet == ()
    assert not [thread for thread in threading.enumerate() if "retry" in thread.name]


def test_the_attempt_is_made_beside_the_program(backends, monkeypatch):
    times_s = [0.0]
    only_there(monkeypatch, "time", monotonic=lambda: times_s[0])
    plug = Plug("no answer")
    backends(plug=plug, steady=Steady())
    shared_meter_set()
    shared_meter_set()
    gate, inside = threading.Event(), threading.Event()

    def slow_probe():
        inside.set()
        gate.wait(120.0)
        return Availability(True, "reads a plug")

    plug.probe, plug.trouble = slow_probe, None
    times_s[0] = 6.0
    assert ids() == BOTH[1:]  # and it returned while the probe is still waiting
    assert inside.wait(120.0)
    attempt = next(thread for thread in threading.enumerate() if thread.name == "wattwhat retry")
    times_s[0] = 100.0
    assert ids() == BOTH[1:]  # no second attempt beside the first
    gate.set()
    attempt.join(120.0)
    assert ids() == BOTH


def test_two_meters_of_one_id_are_told(backends):
    class Twins(Steady):
        def meters(self):
            return [Supply("twin"), Supply("twin")]

    backends(twins=Twins())
    with track("x") as window:
        pass
    said = [words for words in window.measurement.warnings if "carry this id" in words]
    assert said == [
        "lab1/twin/supply: two meters of backend 'twins' carry this id; only the first is read, and the "
        "other's energy is not known"
    ]
