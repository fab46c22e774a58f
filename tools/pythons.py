"""Finding interpreters: which of the supported Pythons are on this machine and really run."""

from __future__ import annotations

import glob
import os
import subprocess
from pathlib import Path

SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
# What we ask of a candidate: to start, and to be able to make a virtual environment with pip in it.
PROBE = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"


def version_of(executable: str) -> str | None:
    """The "3.X" of an interpreter, or None where it does not run (a shim may exist and still fail)."""
    try:
        answer = subprocess.run(
            [executable, "-c", PROBE], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def candidates(version: str) -> list[str]:
    """Where an interpreter of this version may be: the folders on PATH, then pyenv's own, newest first."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    on_path = [str(folder / f"python{version}") for folder in folders]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    patches = glob.glob(str(pyenv / "versions" / f"{version}.*" / "bin" / "python"))
    patches.sort(
        key=lambda found: [int(n) for n in Path(found).parts[-3].split(".") if n.isdigit()], reverse=True
    )
    return [place for place in on_path + patches if os.access(place, os.X_OK)]


def find(version: str) -> str | None:
    """The first candidate that runs and is of this version, or None."""
    return next((place for place in candidates(version) if version_of(place) == version), None)


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
