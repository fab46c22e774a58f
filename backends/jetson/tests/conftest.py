"""Fixtures of the Jetson plugin's tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """An empty folder that every user may enter; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="jetson-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
