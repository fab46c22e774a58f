"""Backends that each break one promise: the proof that the conformance suite notices."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import attrs

from wattwhat.errors import MeterError, MeterLostError
from wattwhat.sensing.backend import Availability, Backend
from wattwhat.sensing.meter import Meter, Reading
from wattwhat.testing import VirtualSensor, VirtualStand, constant


class Wrapped(Meter):
    """Passes everything on to the right meter; broken meters override what they break."""

    def __init__(self, meter, backend):
        self.meter, self.backend = meter, backend
        self.channel = meter.channel
        self.provenance = meter.provenance

    def read(self):
        return self.meter.read()

    def close(self):
        self.meter.close()


def understands_nothing(self, raw, t_ns):
    raise MeterError(f"{raw!r} is no number")


class WrappedBackend(Backend):
    """Passes everything on to the right backend."""

    name = "virtual"
    meter_type = Wrapped

    def __init__(self, stand, backend):
        self.stand, self.backend = stand, backend

    def probe(self):
        return self.backend.probe()

    def meters(self):
        return [self.meter_type(meter, self) for meter in self.backend.meters()]


def a_counter_and_a_gauge():
    """The least that most promises need: nothing declared that could be broken along with something else."""
    nothing = constant(0.0)
    return VirtualStand({"supply": VirtualSensor(nothing), "rail": VirtualSensor(nothing, "power")})


class BrokenStand:
    """A right stand whose backends are wrapped; what is not overridden is right."""

    backend_type = WrappedBackend
    meter_type = None

    def __init__(self):
        self.right = self.make()

    def make(self):
        return a_counter_and_a_gauge()

    def open(self):
        backend = self.backend_type(self, self.right.open())
        if self.meter_type is not None:
            backend.meter_type = self.meter_type
        return backend

    def known(self, channel_id):
        """The right id of a channel that a broken backend calls by another name."""
        name = "rail" if "rail" in channel_id else channel_id.rpartition("/")[2].partition("-")[0]
        return self.right.channel(name).id

    def deposit(self, channel_id, joules):
        self.right.deposit(self.known(channel_id), joules)

    def set_power(self, channel_id, watts):
        self.right.set_power(self.known(channel_id), watts)

    def fail(self, channel_id, how):
        self.right.fail(self.known(channel_id), how)

    def heal(self, channel_id):
        self.right.heal(self.known(channel_id))

    def reset(self, channel_id):
        self.right.reset(self.known(channel_id))

    def tick(self, seconds):
        self.right.tick(seconds)

    def monotonic_ns(self):
        return self.right.monotonic_ns()

    def close(self):
        self.right.close()


def with_meter(**overrides):
    """A stand whose meters have other methods or properties."""
    return type("MeterStand", (BrokenStand,), {"meter_type": type("BrokenMeter", (Wrapped,), overrides)})


def with_backend(**overrides):
    """A stand whose backends have other methods."""
    return type("BackendStand", (BrokenStand,), {"backend_type": type("Bad", (WrappedBackend,), overrides)})


def with_channel(make=a_counter_and_a_gauge, only=None, **fields):
    """A stand whose channels say something else than the sensors do."""

    def init(self, meter, backend):
        Wrapped.__init__(self, meter, backend)
        if only is None or meter.channel.id.endswith(only):
            self.channel = attrs.evolve(meter.channel, **fields)

    meter_type = type("BrokenMeter", (Wrapped,), {"__init__": init})
    return type("ChannelStand", (BrokenStand,), {"meter_type": meter_type, "make": staticmethod(make)})


def with_provenance(provenance):
    """A stand whose meters say otherwise where their numbers come from."""

    def init(self, meter, backend):
        Wrapped.__init__(self, meter, backend)
        self.provenance = provenance

    return with_meter(__init__=init)


def scaled(quantity, factor):
    def read(self):
        t_ns, value = self.meter.read()
        return Reading(t_ns, value * (factor if self.channel.quantity == quantity else 1.0))

    return with_meter(read=read)


def raising(kind, caught=MeterError):
    """Meters that let another exception out."""

    def read(self):
        try:
            return self.meter.read()
        except caught as err:
            raise kind("the vendor library says 999") from err

    return with_meter(read=read)


def changing(change):
    """Meters that do something to the process, then read."""

    def read(self):
        change()
        return self.meter.read()

    return with_meter(read=read)


def with_sensor(declared=None, **fields):
    """A stand with one counter of these properties, whose channel may declare others."""

    def make():
        return VirtualStand({"supply": VirtualSensor(constant(0.0), **fields)})

    return with_channel(make, **(declared or {}))


# --- what the broken ones do -------------------------------------------------------------------------


def probe_raises(self):
    raise OSError("no such library")


def probe_raises_when_failing(self):
    right = self.stand.right
    if any(sensor.faults.at(right.clock.now_s) for sensor in right.sensors.values()):
        raise RuntimeError("device vanished")
    return self.backend.probe()


def meters_with_a_twin(self):
    meters = WrappedBackend.meters(self)
    return [*meters, *WrappedBackend.meters(self)[:1]]


def numbered_meters(self):
    self.stand.openings = vars(self.stand).get("openings", 0) + 1
    meters = WrappedBackend.meters(self)
    for meter in meters:
        meter.channel = attrs.evolve(meter.channel, id=f"{meter.channel.id}-{self.stand.openings}")
    return meters


class PidStand(BrokenStand):
    """Its ids differ from process to process."""

    class backend_type(WrappedBackend):  # noqa: N801
        def meters(self):
            meters = WrappedBackend.meters(self)
            for meter in meters:
                meter.channel = attrs.evolve(meter.channel, id=f"{meter.channel.id}-{os.getpid()}")
            return meters


def shared_meters(self):
    # Every opening gives the same objects, so that closing one closes all.
    if "shared" not in vars(self.stand):
        self.stand.shared = WrappedBackend.meters(self)
    return self.stand.shared


def closes_once(self):
    if self.meter.closed:
        raise ValueError("handle is invalid")
    self.meter.close()


def read_after_close_raises(self):
    if self.meter.closed:
        raise ValueError("I/O operation on closed file")
    return self.meter.read()


def read_alone(self):
    # Not safe for two threads: whoever comes while another is inside gets the vendor's error.
    state = self.backend.__dict__
    if state.get("busy"):
        raise RuntimeError("library is in use")
    state["busy"] = True
    try:
        time.sleep(0.0005)
        return self.meter.read()
    finally:
        state["busy"] = False


HOME = os.getpid()


def hangs_in_child(self):
    if os.getpid() != HOME:
        threading.Event().wait()
    return self.meter.read()


def raises_in_child(self):
    if os.getpid() != HOME:
        raise RuntimeError("handle belongs to another process")
    return self.meter.read()


LEFT_BEHIND = []


def starts_a_thread(self):
    stop = threading.Event()
    threading.Thread(target=stop.wait, daemon=True, name="left").start()
    LEFT_BEHIND.append(stop.set)
    return WrappedBackend.meters(self)


def opens_a_file(self):
    descriptor = os.open(os.devnull, os.O_RDONLY)
    LEFT_BEHIND.append(lambda: os.close(descriptor))
    return WrappedBackend.meters(self)


def starts_a_process(self):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    def end():
        child.communicate(b"\n")

    LEFT_BEHIND.append(end)
    return WrappedBackend.meters(self)


def handle_signals():
    with contextlib.suppress(ValueError):  # only the main thread may
        signal.signal(signal.SIGUSR1, lambda *_: None)


def clean_up():
    """End what broken backends have left behind on purpose."""
    while LEFT_BEHIND:
        with contextlib.suppress(OSError):
            LEFT_BEHIND.pop()()
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    os.environ.pop("WATTWHAT_TEST_MARK", None)


def hides_resets(self):
    t_ns, value = self.meter.read()
    last, shift = vars(self).get("_kept", (value, 0.0))
    if self.channel.is_counter and value + shift < last:
        shift = last - value
    self._kept = (value + shift, shift)
    return Reading(t_ns, value + shift)


def unwraps(self):
    t_ns, value = self.meter.read()
    last, added = vars(self).get("_kept", (value, 0.0))
    if value < last:
        added += self.channel.wrap_j
    self._kept = (value, added)
    return Reading(t_ns, value + added)


def never_heals(self):
    try:
        if vars(self).get("_sick"):
            raise MeterError("the sensor failed once and is not asked again")
        return self.meter.read()
    except MeterLostError:
        raise
    except MeterError as err:
        if "gap" in str(err):
            self._sick = True
        raise


def swallows(self):
    # A reading that fails is answered with the last one: a gap that nobody hears of.
    try:
        self._last = self.meter.read()
    except MeterLostError:
        raise
    except MeterError:
        return Reading(self.backend.stand.monotonic_ns(), vars(self).get("_last", (0, 0.0))[1])
    return self._last


class PartlyBlindStand(BrokenStand):
    """The container's counter misses what flows through its part."""

    def make(self):
        nothing = constant(0.0)
        sensors = {"package": VirtualSensor(nothing), "core": VirtualSensor(nothing)}
        return VirtualStand(sensors, contains={"package": ["core"]})

    def deposit(self, channel_id, joules):
        if channel_id.endswith("core"):
            self.right.sensors["core"].waveform.deposit(self.right.clock.now_s, joules)
        else:
            self.right.deposit(channel_id, joules)


NOT_AVAILABLE = Availability(False, "broken")


class UnwrappingStand(BrokenStand):
    """Its meters undo the wrap that their channels declare."""

    meter_type = type("UnwrappingMeter", (Wrapped,), {"read": unwraps})

    def make(self):
        return VirtualStand({"supply": VirtualSensor(constant(0.0), wrap_j=65536.0)})
