"""Promises about what a backend says of itself: availability, channels, ids, readings."""

from __future__ import annotations

import json
import math
import os
import pickle
import subprocess
import sys
from numbers import Real

from wattwhat.errors import WattwhatError
from wattwhat.records.channel import Channel
from wattwhat.sensing.backend import Availability, Backend
from wattwhat.sensing.host import host_name
from wattwhat.testing._subject import (
    Broken,
    NotApplicable,
    Promise,
    Subject,
    described,
    many,
    read,
    require,
)

__all__ = ["PROMISES"]


def probe_never_raises(subject: Subject) -> str:
    """Also with everything failing, on a backend opened before and on one opened after."""
    backend = subject.open()
    answer = _probed(backend, "at first")
    require(bool(answer) or subject.stand is None, f"the stand is up, but probe() says: {answer.reason}")
    if subject.stand is None:
        return f"probe() says available={answer.available}: {answer.reason or 'no reason needed'}"
    with subject.opened() as (_, meters):
        ids = [meter.channel.id for meter in meters]
    kinds = [how for how in ("error", "permission", "lost") if _probed_failing(subject, backend, ids, how)]
    _probed(backend, "after everything was healed")
    return f"answers with the hardware up, and with every channel failing by {', '.join(kinds) or 'no kind'}"


def _probed_failing(subject: Subject, backend: Backend, ids: list[str], how: str) -> bool:
    try:
        for channel_id in ids:
            subject.driven.fail(channel_id, how)
        _probed(backend, f"with every channel failing ({how})")
        try:
            late = subject.open()
        except WattwhatError:
            return True
        _probed(late, f"opened while every channel fails ({how})")
    except NotImplementedError:
        return False
    finally:
        for channel_id in ids:
            subject.driven.heal(channel_id)
    return True


def _probed(backend: Backend, when: str) -> Availability:
    try:
        answer = backend.probe()
    except Exception as err:
        raise Broken(
            f"probe() {when} raised {described(err)}; it has to return Availability(False, ...)"
        ) from err
    require(isinstance(answer, Availability), f"probe() {when} returned {answer!r}; expected an Availability")
    require(
        answer.available or " " in answer.reason.strip(),
        f"probe() {when} gives the reason {answer.reason!r}; expected a sentence for a person",
    )
    return answer


def meters_match_probe(subject: Subject) -> str:
    """Available means at least one meter; unavailable means none, or a BackendError."""
    backend = subject.open()
    answer = _probed(backend, "at first")
    try:
        meters = list(backend.meters())
    except WattwhatError as err:
        require(not answer.available, f"probe() says available, but meters() raised {described(err)}")
        return f"unavailable, and meters() says so: {err}"
    except Exception as err:
        raise Broken(f"meters() raised {described(err)}; only BackendError may leave it") from err
    for meter in meters:
        meter.close()
    require(bool(meters) or not answer.available, "probe() says available, but meters() gives none")
    return f"probe() says available={answer.available} and meters() gives {many(len(meters), 'meter')}"


def channels_are_valid(subject: Subject) -> str:
    """Every meter carries a Channel of this backend, and says whether it measures or estimates."""
    with subject.opened() as (backend, meters):
        for meter in meters:
            channel = getattr(meter, "channel", None)
            require(
                isinstance(channel, Channel), f"{meter!r}.channel is {channel!r}; expected a wattwhat.Channel"
            )
            require(
                not backend.name or meter.channel.backend == backend.name,
                f"{meter.channel.id}: channel.backend is {meter.channel.backend!r}, but "
                f"the backend's name is {backend.name!r}",
            )
            require(
                meter.provenance in ("measured", "estimated"),
                f"{meter.channel.id}: provenance is {meter.provenance!r}; expected 'measured' or 'estimated'",
            )
            require(
                meter.channel.is_counter or meter.channel.wrap_j is None,
                f"{meter.channel.id}: a power gauge cannot wrap, but wrap_j is {meter.channel.wrap_j}",
            )
    return f"{many(len(meters), 'channel')} looked at"


def ids_name_the_thing(subject: Subject) -> str:
    """Unique, and host/backend/thing."""
    with subject.opened() as (_, meters):
        ids = [meter.channel.id for meter in meters]
    for channel_id in ids:
        require(
            ids.count(channel_id) == 1, f"the id {channel_id!r} is carried by {ids.count(channel_id)} meters"
        )
        require(
            channel_id.startswith(f"{host_name()}/"),
            f"the id {channel_id!r} does not begin with this host; expected {host_name()}/<backend>/<device>",
        )
        parts = channel_id.split("/")
        require(
            len(parts) >= 3 and all(parts),
            f"the id {channel_id!r} has too few or empty parts; expected host/backend/device",
        )
    return f"{many(len(ids), 'id')}, for instance {ids[0]}"


def ids_are_stable(subject: Subject) -> str:
    """The same over two openings, and in another process where the subject can be carried there."""
    with subject.opened() as (_, meters):
        first = sorted(meter.channel.id for meter in meters)
    with subject.opened() as (_, meters):
        second = sorted(meter.channel.id for meter in meters)
    require(first == second, f"two openings give different ids: {_unlike(first, second)}")
    elsewhere, why = _ids_elsewhere(subject.recipe)
    if elsewhere is None:
        return f"the same over two openings; not compared with another process: {why}"
    require(first == elsewhere, f"another process gives different ids: {_unlike(first, elsewhere)}")
    return "the same over two openings and in another process"


def _unlike(first: list[str], second: list[str]) -> str:
    return f"{sorted(set(first) - set(second))} became {sorted(set(second) - set(first))}"


_CHILD = """
import json, pickle, sys
sys.path[:] = json.loads(sys.stdin.buffer.readline())
from wattwhat.testing._identity import ids_of
found = ids_of(pickle.loads(sys.stdin.buffer.read()))
sys.stdout.write("\\n" + json.dumps(found))
"""


def _ids_elsewhere(recipe: object) -> tuple[list[str] | None, str]:
    """The ids that a fresh interpreter finds, with another hash seed; None and why if it cannot look."""
    if recipe is None:
        return None, "the suite was given an object, not a factory that another process can call"
    try:
        carried = pickle.dumps(recipe)
    except Exception as err:
        return None, f"the factory cannot be pickled ({described(err)})"
    try:
        child = subprocess.run(
            [sys.executable, "-c", _CHILD],
            input=json.dumps(sys.path).encode() + b"\n" + carried,
            env={**os.environ, "PYTHONHASHSEED": "4711"},
            capture_output=True,
            check=False,
            timeout=60.0,
        )
    except subprocess.TimeoutExpired:
        return None, "the other process did not answer within 60 s"
    if child.returncode != 0:
        last = (child.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        return None, f"the other process failed ({last})"
    return list(json.loads(child.stdout.decode().splitlines()[-1])), ""


def ids_of(recipe: object) -> list[str]:
    """The sorted channel ids of what a factory makes; this is what the other process runs."""
    from wattwhat.testing._subject import subject_of

    subject, done = subject_of(recipe)
    try:
        with subject.opened() as (_, meters):
            return sorted(meter.channel.id for meter in meters)
    finally:
        done()


def readings_are_timed(subject: Subject) -> str:
    """A Reading with a finite number, stamped while read() ran, never earlier than the one before."""
    with subject.opened() as (_, meters):
        for meter in meters:
            previous_ns = subject.now_ns()
            for _ in range(5):
                before_ns = subject.now_ns()
                t_ns, value = read(meter)
                after_ns = subject.now_ns()
                name = meter.channel.id
                require(
                    type(t_ns) is int,
                    f"{name}: t_ns is {t_ns!r}; expected an int, nanoseconds of time.monotonic_ns()",
                )
                require(
                    isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value),
                    f"{name}: the value is {value!r}; expected a finite number, or MeterError",
                )
                require(
                    before_ns <= t_ns <= after_ns,
                    f"{name}: t_ns {t_ns} is not between time.monotonic_ns() before ({before_ns}) "
                    f"and after ({after_ns}) read()",
                )
                require(t_ns >= previous_ns, f"{name}: t_ns went back from {previous_ns} to {t_ns}")
                previous_ns = t_ns
    return f"5 readings of each of {many(len(meters), 'channel')}"


def containment_is_plausible(subject: Subject) -> str:
    """`contains` names channels of this host, never itself, never in a ring."""
    with subject.opened() as (_, meters):
        inside = {meter.channel.id: meter.channel.contains for meter in meters}
    for channel_id, contained in inside.items():
        for other in contained:
            require(
                other in inside or other.startswith(f"{host_name()}/"),
                f"{channel_id} contains {other!r}, which is neither a channel here nor an id of this host",
            )
        require(channel_id not in _below(channel_id, inside), f"{channel_id} contains itself")
    named = sum(len(contained) for contained in inside.values())
    if not named:
        raise NotApplicable("no channel contains another")
    return f"{many(named, 'contained id')}, of this host and in no ring"


def _below(channel_id: str, inside: dict[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    todo = list(inside.get(channel_id, ()))
    while todo:
        other = todo.pop()
        if other not in found:
            found.add(other)
            todo.extend(inside.get(other, ()))
    return found


PROMISES = (
    Promise("probe never raises and answers in sentences", probe_never_raises, "backend"),
    Promise("meters() gives what probe() says", meters_match_probe, "backend"),
    Promise("channels are valid", channels_are_valid),
    Promise("ids are unique and name host, backend and device", ids_name_the_thing),
    Promise("ids are stable", ids_are_stable),
    Promise("readings are numbers with their time", readings_are_timed),
    Promise("contained channels are plausible", containment_is_plausible),
)
