from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
if importlib.util.find_spec("wattwhat_amdsmi") is None:  # a fresh checkout, nothing installed yet
    sys.path.insert(0, str(HERE.parent))

from tests.fakes.amdsmi import standin  # noqa: E402


@pytest.fixture
def library() -> Iterator[standin.Library]:
    """The stand-in for libamd_smi.so under the real wrapper, without any GPU yet."""
    reason = standin.missing()
    if reason is None and "amdsmi" in sys.modules and not standin.is_loaded():
        reason = "amdsmi is loaded over another library in this process"
    if reason is not None:
        pytest.skip(reason)
    steered = standin.loaded()
    steered.clear()
    yield steered
    steered.clear()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A file system in which the amdgpu driver seems to run."""
    return standin.make_root(tmp_path / "root")


@pytest.fixture
def opened(library: standin.Library, root: Path) -> Callable[..., Any]:
    """Gives a fresh backend over the stand-in; waiting only moves the stand-in's clock."""

    def give(**arguments: Any) -> Any:
        from wattwhat_amdsmi import AmdSmiBackend

        given: dict[str, Any] = {
            "root": str(root),
            "environ": {},
            "clock": library.now_ns,
            "sleep": library.tick,
        }
        return AmdSmiBackend(**{**given, **arguments})

    return give
