"""Fixtures of the command line's tests: made plugins in this process, and the command in one of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import made
from wattwhat.acquisition.shared import close_all

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def plugins(monkeypatch):
    """Give backends by name; they are the only ones installed while the test runs."""
    monkeypatch.delenv("WATTWHAT_BACKENDS", raising=False)
    known = {}

    def use(*given, **backends):
        known.update({one.name: one for one in given})
        known.update({name: made.plugin(name, backend) for name, backend in backends.items()})

    close_all()
    monkeypatch.setattr("wattwhat.acquisition.discovery.find_plugins", lambda: known)
    yield use
    close_all()


class Command:
    """The command in a process of its own, with the made backends on its path."""

    def __init__(self, folder, backends="made"):
        self.folder = folder
        path = os.pathsep.join([str(ROOT), str(folder)])
        self.env = {**os.environ, "PYTHONPATH": path, "WATTWHAT_BACKENDS": backends}

    def start(self, *words, **how):
        how = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "cwd": self.folder,
            "env": self.env,
            **how,
        }
        return subprocess.Popen([sys.executable, "-m", "wattwhat", *map(str, words)], **how)

    def __call__(self, *words, input=b"", **how):
        with self.start(*words, **how) as process:
            out, err = process.communicate(input)
        return subprocess.CompletedProcess(words, process.returncode, out, err)


@pytest.fixture
def command(tmp_path):
    made.install(tmp_path)
    return Command(tmp_path)
