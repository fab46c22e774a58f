"""More wrong backends, each with a slip that an author may well make and that harms whoever measures."""

import random
import threading
import time
import warnings

import attrs
import numpy as np

from tests.testing.broken import (
    LEFT_BEHIND,
    BrokenStand,
    Wrapped,
    WrappedBackend,
    a_counter_and_a_gauge,
    changing,
    with_backend,
    with_meter,
)
from wattwhat.errors import BackendError, MeterError
from wattwhat.sensing.host import host_name
from wattwhat.sensing.meter import Reading
from wattwhat.testing import VirtualStand

# --- readings ----------------------------------------------------------------------------------------


def counter_reads(change):
    """Meters whose counters read something else: change(value, number of the reading)."""

    def read(self):
        t_ns, value = self.meter.read()
        self.number = vars(self).get("number", 0) + 1
        return Reading(t_ns, change(value, self.number) if self.channel.is_counter else value)

    return with_meter(read=read)


def as_float32(value, number):
    return np.float32(value)


def through_float32(value, number):
    return float(np.float32(value))


def mixed_up(self):
    # The library hands results over in one place for all: whoever comes late finds another's.
    shared = vars(self.backend)
    shared["latest"] = self.meter.read()
    time.sleep(1e-6)  # as any request does: others run meanwhile
    return shared["latest"]


def replaces_its_channel(self):
    self.number = vars(self).get("number", 0) + 1
    self.channel = attrs.evolve(self.channel, device=f"device after {self.number} readings")
    return self.meter.read()


def warns(self):
    warnings.warn("the firmware is old", UserWarning, stacklevel=2)
    return self.meter.read()


def reseeds_numpy():
    np.random.seed(0)


reseeding = changing(lambda: random.seed(0))
reseeding_numpy = changing(reseeds_numpy)


# --- channels ----------------------------------------------------------------------------------------


def rail_called(name, backend="virtual"):
    """A stand whose gauge has this id."""

    def init(self, meter, backend_):
        Wrapped.__init__(self, meter, backend_)
        if not meter.channel.is_counter:
            self.channel = attrs.evolve(meter.channel, id=f"{host_name()}/{backend}/{name}")

    return with_meter(__init__=init)


class HungryStand(BrokenStand):
    """Its gauge shows 50 W, where its channel says that 1 W is the most."""

    class meter_type(Wrapped):  # noqa: N801
        def __init__(self, meter, backend):
            super().__init__(meter, backend)
            if not meter.channel.is_counter:
                self.channel = attrs.evolve(meter.channel, max_power_w=1.0)

    def make(self):
        stand = a_counter_and_a_gauge()
        stand.set_power("rail", 50.0)
        stand.tick(1.0)
        return stand


# --- openings ----------------------------------------------------------------------------------------


def kept_meters(self):
    if "kept" not in vars(self):
        self.kept = [Forgiving(meter, self) for meter in self.backend.meters()]
    return self.kept


class Forgiving(Wrapped):
    def close(self):
        pass


def _failing(meter):
    try:
        meter.read()
    except MeterError as err:
        return str(err)
    return ""


def drops_what_fails(self):
    return [meter for meter in WrappedBackend.meters(self) if not _failing(meter)]


def drops_and_tells(self):
    meters = WrappedBackend.meters(self)
    self.warnings = tuple(f"not measured: {_failing(meter)}" for meter in meters if _failing(meter))
    return [meter for meter in meters if not _failing(meter)]


def falls_with_one(self):
    meters = WrappedBackend.meters(self)
    if any(map(_failing, meters)):
        raise BackendError("one of the devices does not answer; look at its cable")
    return meters


dropping_silently = with_backend(meters=drops_what_fails)
dropping_and_telling = with_backend(meters=drops_and_tells)
falling_with_one = with_backend(meters=falls_with_one)


# --- hanging -----------------------------------------------------------------------------------------


def hang(*args):
    """Never come back, until the test cleans up."""
    gate = threading.Event()
    LEFT_BEHIND.append(gate.set)
    gate.wait()
    raise MeterError("the test is over")


class HangingOpen(BrokenStand):
    open = hang


class HangingDeposit(BrokenStand):
    deposit = hang


class HangingStand(BrokenStand):
    make = hang


HANGING = {
    "reading": ("virtual/supply.read()", with_meter(read=hang)),
    "closing": ("virtual/supply.close()", with_meter(close=hang)),
    "probing": ("the backend.probe()", with_backend(probe=hang)),
    "giving meters": ("the backend's meters()", with_backend(meters=hang)),
    "being opened": ("opening the backend", HangingOpen),
    "depositing": ("the stand.deposit()", HangingDeposit),
    "making the stand": ("making the stand or backend", HangingStand),
}


# --- right -------------------------------------------------------------------------------------------


class OneRequest(WrappedBackend):
    """Right: one request reads all channels; each gets its value of the latest, with that one's time.

    Whoever asks for the same channel again gets a new request, and so does whoever asks after 50 ms.
    """

    class meter_type(Wrapped):  # noqa: N801
        def read(self):
            return self.backend.latest(self)

    def __init__(self, stand, backend):
        super().__init__(stand, backend)
        self._lock = threading.Lock()
        self._sources = backend.meters()
        self._found, self._given, self._t_ns = {}, set(), 0
        self.requests = 0

    def latest(self, meter):
        with self._lock:
            key = meter.channel.id
            old = self.stand.monotonic_ns() - self._t_ns > 50_000_000
            if old or key in self._given or not isinstance(self._found.get(key), Reading):
                self._ask()
            self._given.add(key)
            found = self._found.get(key)
        if meter.meter.closed or found is None:
            raise MeterError("closed; open the backend again")
        if isinstance(found, Exception):
            raise found
        return found

    def _ask(self):
        self.requests += 1
        self._given, self._t_ns = set(), self.stand.monotonic_ns()
        self._found = {}
        for one in self._sources:
            try:
                self._found[one.channel.id] = Reading(self._t_ns, one.read().value)
            except MeterError as err:
                self._found[one.channel.id] = err


class OneRequestStand(BrokenStand):
    backend_type = OneRequest

    def make(self):
        return VirtualStand()

    def known(self, channel_id):
        return channel_id
