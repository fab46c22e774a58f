"""Backends made for the tests of the command line: as plugin objects, and as a distribution on a path."""

import textwrap
import time

from wattwhat.errors import MeterError
from wattwhat.plugins import Plugin
from wattwhat.records.channel import Channel
from wattwhat.sensing.backend import Availability, Backend
from wattwhat.sensing.meter import Meter, Reading


def channel(name, **fields):
    known = {"backend": "made", "device": "a made supply", "component": "cpu", "quantity": "energy"}
    return Channel(f"lab1/made/{name}", **{**known, **fields})


class Counter(Meter):
    """100 W since the machine was started."""

    def __init__(self, what):
        self.channel = what
        self.closed = 0

    def read(self):
        now_ns = time.monotonic_ns()
        return Reading(now_ns, 100.0 * now_ns * 1e-9)

    def close(self):
        self.closed += 1


class Gauge(Counter):
    def read(self):
        return Reading(time.monotonic_ns(), 41.5)


class Failing(Counter):
    def read(self):
        raise MeterError("the sensor fell asleep; wake it")


class Model(Counter):
    provenance = "estimated"


class Made(Backend):
    version = "7.1"

    def __init__(self, meters=(), answer=None, notes=()):
        self.open = list(meters)
        self.answer = Availability(True, "reads made sensors") if answer is None else answer
        self.notes = tuple(notes)

    def probe(self):
        return self.answer

    def meters(self):
        return self.open


def absent(reason, remedy):
    return Made(answer=Availability(False, reason, remedy))


def plugin(name, backend, **fields):
    return Plugin(name, fields.pop("distribution", "made-plugins"), lambda: lambda: backend, **fields)


MODULE = """
import time
from wattwhat import Availability, Backend, Channel, Meter, Reading

class Supply(Meter):
    channel = Channel(
        "lab1/made/supply", "made", "a made supply", "wall", "energy",
        update_period_s=1e-4, gain_error=0.01, max_power_w=200.0,
    )
    def read(self):
        now_ns = time.monotonic_ns()
        return Reading(now_ns, 100.0 * now_ns * 1e-9)

class Made(Backend):
    def probe(self):
        return Availability(True, "reads a made supply")
    def meters(self):
        return [Supply()]
"""


def install(folder):
    """Lay a distribution with two backends into a folder; on PYTHONPATH it is as good as installed."""
    (folder / "made_plugin.py").write_text(textwrap.dedent(MODULE), encoding="utf-8")
    info = folder / "made_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: made-plugin\nVersion: 1.0\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(
        "[wattwhat.backends]\nmade = made_plugin:Made\n"
        "model = wattwhat.sensing.estimate.backend:EstimateBackend\n",
        encoding="utf-8",
    )
