"""A copy of the package without its metadata (vendored, frozen) estimates; nothing is made up."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import wattwhat
from wattwhat import Availability
from wattwhat.acquisition.discovery import open_meter_set
from wattwhat.errors import BackendError
from wattwhat.plugins import Plugin

PROGRAM = """
import wattwhat
with wattwhat.track("x") as window:
    sum(range(100_000))
m = window.measurement
print(m.provenance, len(m.channels) > 0, m.energy_j.known)
"""


def test_a_vendored_copy_estimates(tmp_path: Path) -> None:
    shutil.copytree(
        Path(wattwhat.__file__).parent, tmp_path / "wattwhat", ignore=shutil.ignore_patterns("*.pyc")
    )
    setup = (
        "import sys, importlib.metadata as m\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "m.entry_points = lambda **kw: m.EntryPoints()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", setup + PROGRAM], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.stdout.split() == ["estimated", "True", "True"], done.stderr


class Nothing:
    name = "nothing"

    def probe(self) -> Availability:
        return Availability(False, "there is no such device", "")

    def meters(self) -> list[object]:
        return []


def test_an_empty_set_of_meters_is_refused() -> None:
    with pytest.raises(BackendError, match="there is no such device"):
        open_meter_set(plugins={"nothing": Plugin("nothing", None, lambda: Nothing)})
