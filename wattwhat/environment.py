"""Where a measurement was made: host, system, CPU, GPUs, drivers, versions. No user names, no paths."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from wattwhat._version import __version__
from wattwhat.channel import host_name

if TYPE_CHECKING:
    from wattwhat.rig import Rig

__all__ = ["cpu_model", "environment"]

_LIBRARIES = ("numpy", "torch", "tensorflow", "jax", "transformers", "lightning")


def environment(rig: Rig | None = None) -> Mapping[str, Any]:
    """What is known of this machine and process; worked out once for each rig and set of imported libraries.

    Args:
        rig: adds the devices its channels measure and the versions of its backends' libraries.

    Example:
        >>> environment()["wattwhat"] == __version__
        True
    """
    imported = tuple(name for name in _LIBRARIES if name in sys.modules)
    devices = () if rig is None else tuple(sorted({line.channel.device for line in rig.lines}))
    versions = () if rig is None else tuple(sorted(rig.versions.items()))
    return _environment(imported, devices, versions)


@lru_cache(maxsize=16)
def _environment(
    imported: tuple[str, ...], devices: tuple[str, ...], versions: tuple[tuple[str, str], ...]
) -> Mapping[str, Any]:
    found: dict[str, Any] = {
        "host": host_name(),
        "os": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "cpu": cpu_model(),
        "cpu_count": os.cpu_count(),
        "wattwhat": __version__,
    }
    if devices:
        found["devices"] = list(devices)
    if versions:
        found["backend_versions"] = dict(versions)
    for name in imported:
        version = getattr(sys.modules[name], "__version__", None)
        if version is not None:
            found[name] = str(version)
    commit = _git_commit()
    if commit is not None:
        found["git_commit"] = commit
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def cpu_model(root: str = "/") -> str | None:
    """The CPU's name from /proc/cpuinfo or the platform, or None.

    Args:
        root: root of the file tree, for tests.
    """
    try:
        text = Path(root, "proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or None
    fields = dict(_field(line) for line in reversed(text.splitlines()) if ":" in line)
    return (
        fields.get("model name")
        or fields.get("Model")
        or fields.get("cpu model")
        or platform.processor()
        or None
    )


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), " ".join(value.split())


def _git_commit(start: Path | None = None) -> str | None:
    """The commit that is checked out where the program runs, read from .git without starting git."""
    try:
        start = Path.cwd() if start is None else start  # the working directory may be gone
        for folder in (start, *start.parents):
            git = folder / ".git"
            if git.is_file():  # a worktree's pointer
                git = folder / git.read_text(encoding="utf-8").partition(":")[2].strip()
            if git.is_dir():
                return _head(git)
    except (OSError, UnicodeDecodeError):
        pass
    return None


def _head(git: Path) -> str | None:
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref:"):
        return head[:40] or None
    ref = head.partition(":")[2].strip()
    common = git / "commondir"
    base = git / common.read_text(encoding="utf-8").strip() if common.exists() else git
    loose = base / ref
    if loose.exists():
        return loose.read_text(encoding="utf-8").strip()[:40]
    packed = base / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.exists() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {ref}")), None)
