"""Promises about channel ids: they name the thing, alike in every opening and every process."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys

from wattwhat.sensing.host import host_name
from wattwhat.testing._outcomes import Promise, described, many, require
from wattwhat.testing._subject import Subject
from wattwhat.workloads.python_child import python_child

__all__ = ["PROMISES", "ids_elsewhere", "ids_of"]


def ids_name_the_thing(subject: Subject) -> str:
    """Unique, and host/backend/thing."""
    with subject.opened() as (backend, meters):
        name = backend.name
        ids = [meter.channel.id for meter in meters]
        backends = {meter.channel.id: meter.channel.backend for meter in meters}
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
        require(
            channel_id.isprintable() and not any(letter.isspace() for letter in channel_id),
            f"the id {channel_id!r} has blanks, line ends or other letters that cannot be seen; "
            "write - or _ for them",
        )
        require(
            parts[1] == (name or backends[channel_id]),
            f"the id {channel_id!r} names the backend {parts[1]!r}; expected this one's name, "
            f"{name or backends[channel_id]!r}",
        )
    return f"{many(len(ids), 'id')}, for instance {ids[0]}"


def ids_are_stable(subject: Subject) -> str:
    """The same over two openings, and in another process where the subject can be carried there."""
    with subject.opened() as (_, meters):
        first = sorted(meter.channel.id for meter in meters)
    with subject.opened() as (_, meters):
        second = sorted(meter.channel.id for meter in meters)
    require(first == second, f"two openings give different ids: {_unlike(first, second)}")
    elsewhere, why = ids_elsewhere(subject.recipe, subject.calls.left_s)
    if elsewhere is None:
        return f"the same over two openings; not compared with another process: {why}"
    require(first == elsewhere, f"another process gives different ids: {_unlike(first, elsewhere)}")
    return "the same over two openings and in another process"


def _unlike(first: list[str], second: list[str]) -> str:
    return f"{sorted(set(first) - set(second))} became {sorted(set(second) - set(first))}"


_CHILD = """
import json, pickle, sys
sys.path[:] = json.loads(sys.stdin.buffer.readline())
from wattwhat.testing._ids import ids_of
found = ids_of(pickle.loads(sys.stdin.buffer.read()))
sys.stdout.write("\\n" + json.dumps(found))
"""


def ids_elsewhere(recipe: object, within_s: float) -> tuple[list[str] | None, str]:
    """The ids that a fresh interpreter finds, with another hash seed; None and why if it cannot look."""
    if recipe is None:
        return None, "the suite was given an object, not a factory that another process can call"
    try:
        carried = pickle.dumps(recipe)
    except Exception as err:
        return None, f"the factory cannot be pickled ({described(err)})"
    try:
        child = subprocess.run(
            python_child(_CHILD),
            input=json.dumps(sys.path).encode() + b"\n" + carried,
            env={**os.environ, "PYTHONHASHSEED": "4711"},
            capture_output=True,
            check=False,
            timeout=within_s,
        )
    except subprocess.TimeoutExpired:
        return None, f"the other process did not answer within {within_s:.2g} s"
    if child.returncode != 0:
        last = (child.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        return None, f"the other process failed ({last})"
    return list(json.loads(child.stdout.decode().splitlines()[-1])), ""


def ids_of(recipe: object) -> list[str]:
    """The sorted channel ids of what a factory makes; this is what the other process runs."""
    from wattwhat.testing._subject import subject_of

    with subject_of(recipe) as subject, subject.opened() as (_, meters):
        return sorted(meter.channel.id for meter in meters)


PROMISES = (
    Promise("ids are unique and name host, backend and device", ids_name_the_thing),
    Promise("ids are stable", ids_are_stable),
)
