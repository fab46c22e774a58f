"""Where a measurement was made: host, system, CPU, GPUs, drivers, versions. No user names, no paths."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat._version import __version__
from wattwhat.records.small_files import read_small_text
from wattwhat.sensing.launch import job_of, rank_of

if TYPE_CHECKING:
    from wattwhat.acquisition.meter_set import MeterSet

__all__ = ["cpu_model", "environment", "git_commit", "host_name", "machine_id"]

# A repository with 100,000 refs packs them into some 7 MB.
_PACKED_BYTES = 16_000_000
_POINTER_BYTES = 4096
_LIBRARIES = ("numpy", "torch", "tensorflow", "jax", "transformers", "lightning")


def environment(meter_set: MeterSet | None = None) -> Mapping[str, Any]:
    """What is known of this machine and process; worked out once for each meter set and imported libraries.

    Args:
        meter_set: adds the devices its channels measure and the versions of its backends' libraries.

    Example:
        >>> environment()["wattwhat"] == __version__
        True
    """
    imported = tuple(name for name in _LIBRARIES if name in sys.modules)
    devices = (
        () if meter_set is None else tuple(sorted({sensor.channel.device for sensor in meter_set.inputs}))
    )
    versions = () if meter_set is None else tuple(sorted(meter_set.versions.items()))
    return _environment(imported, devices, versions)


@lru_cache(maxsize=16)
def _environment(
    imported: tuple[str, ...], devices: tuple[str, ...], versions: tuple[tuple[str, str], ...]
) -> Mapping[str, Any]:
    environment: dict[str, Any] = {
        "host": host_name(),
        "os": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "cpu": cpu_model(),
        "cpu_count": os.cpu_count(),
        "wattwhat": __version__,
    }
    machine = machine_id()
    if machine is not None:
        environment["machine"] = machine
    if devices:
        environment["devices"] = list(devices)
    if versions:
        environment["backend_versions"] = dict(versions)
    for name in imported:
        with contextlib.suppress(Exception):  # a stand-in that cannot tell fails no measurement
            version = getattr(sys.modules[name], "__version__", None)
            if version is not None:
                environment[name] = str(version)
    commit = git_commit()
    if commit is not None:
        environment["git_commit"] = commit
    job, rank = job_of(), rank_of()
    if job is not None:
        environment["slurm"] = job
    if rank is not None:
        environment["rank"] = attrs.asdict(rank)
    return MappingProxyType(environment)


@lru_cache(maxsize=1)
def cpu_model(root: str = "/") -> str | None:
    """The CPU's name from /proc/cpuinfo or the platform, or None.

    Args:
        root: root of the file tree, for tests.
    """
    try:
        text = read_small_text(Path(root, "proc/cpuinfo"), errors="replace")
    except OSError:
        return platform.processor() or None
    fields = dict(_field(sensor) for sensor in reversed(text.splitlines()) if ":" in sensor)
    return (
        fields.get("model name")
        or fields.get("Model")
        or fields.get("cpu model")
        or platform.processor()
        or None
    )


@lru_cache(maxsize=1)
def machine_id(root: str = "/") -> str | None:
    """What all containers of a machine share and no other machine has, until it is started anew; or None.

    It is a hash of the random number that Linux draws at each start, so it tells nobody which machine it is.

    Args:
        root: root of the file tree, for tests.
    """
    import hashlib

    try:
        boot = read_small_text(Path(root, "proc/sys/kernel/random/boot_id"), errors="replace").strip()
    except OSError:
        return None
    return hashlib.sha256(f"wattwhat {boot}".encode()).hexdigest()[:16] if boot else None


def _field(sensor: str) -> tuple[str, str]:
    name, _, value = sensor.partition(":")
    return name.strip(), " ".join(value.split())


def git_commit(start: Path | None = None) -> str | None:
    """The commit that is checked out where the program runs, read from .git without starting git.

    Any folder above may hold a .git that somebody else made: only a commit's own digits are ever taken from
    it, from small regular files of its owner or root, and a name that leads out of refs/ is not followed.
    """
    try:
        start = Path.cwd() if start is None else start  # the working directory may be gone
        for folder in (start, *start.parents):
            git = folder / ".git"
            if git.is_file():  # a worktree's pointer
                git = folder / read_small_text(git, _POINTER_BYTES).partition(":")[2].strip()
            if git.is_dir():
                return _head(git) if _is_ours(git) else None
    except (OSError, ValueError):
        pass
    return None


def _head(git: Path) -> str | None:
    head = read_small_text(git / "HEAD", _POINTER_BYTES).strip()
    if not head.startswith("ref:"):
        return _commit(head)
    ref = head.partition(":")[2].strip()
    if not ref.startswith("refs/") or ".." in ref.split("/"):
        return None
    common = git / "commondir"
    base = git / read_small_text(common, _POINTER_BYTES).strip() if common.exists() else git
    loose = base / ref
    if loose.exists():
        return _commit(read_small_text(loose, _POINTER_BYTES))
    packed = base / "packed-refs"
    sensors = read_small_text(packed, _PACKED_BYTES).splitlines() if packed.exists() else []
    return next((_commit(sensor.split()[0]) for sensor in sensors if sensor.endswith(f" {ref}")), None)


def _commit(text: str) -> str | None:
    """The text if it is a commit's name (40 digits of SHA-1, 64 of SHA-256), else None."""
    text = text.strip()
    return text if len(text) in (40, 64) and not set(text) - set("0123456789abcdef") else None


def _is_ours(folder: Path) -> bool:
    """Whether the folder is this user's or root's, as git's safe.directory asks; True where nobody owns."""
    return not hasattr(os, "geteuid") or folder.stat().st_uid in (os.geteuid(), 0)


def host_name() -> str:
    """This machine's name as it begins the ids of its channels, without any domain.

    Example:
        >>> "/" in host_name()
        False
    """
    if hasattr(os, "uname"):  # quicker than importing socket, and the same name
        name = os.uname().nodename
    else:
        import socket

        name = socket.gethostname()
    return (name.split(".")[0] or "localhost").replace("/", "-")
