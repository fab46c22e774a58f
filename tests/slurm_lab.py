"""A real Slurm of two nodes on this machine, for the tests that need one; they take turns on its ports."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wattwhat.records.file_lock import take_lock

ROOT = Path(__file__).resolve().parent.parent
LAB = Path(os.environ.get("WATTWHAT_SHARED") or ROOT.parent / "shared", "tools", "slurm-lab")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The path of its configuration, for SLURM_CONF."""
    if not LAB.exists() or not shutil.which("slurmctld") or not hasattr(os, "geteuid") or os.geteuid():
        pytest.skip("slurm-lab, slurm-wlm or root is not here")
    if "SLURM_CONF" in os.environ:
        yield os.environ["SLURM_CONF"]
        return
    folder = tmp_path_factory.mktemp("lab")
    with open(Path(tempfile.gettempdir(), "wattwhat-tests-slurm.lock"), "w") as turn:
        take_lock(turn.fileno(), wait=True)
        subprocess.run([LAB, "start", folder], check=True, capture_output=True, timeout=240)
        conf = str(folder / "slurm.conf")
        yield conf
        for _ in range(1000):  # a node that is stopped under a task leaves something running
            asked = ["squeue", "--noheader"]
            if not subprocess.run(asked, env={**os.environ, "SLURM_CONF": conf}, capture_output=True).stdout:
                break
        subprocess.run([LAB, "stop", folder], check=True, capture_output=True)
