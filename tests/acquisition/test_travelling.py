"""Windows, decorated functions and what holds them can be pickled, copied and sent to workers."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import wattwhat
from wattwhat.acquisition.window import Window
from wattwhat.errors import WindowError

Through = Callable[[Any], Any]
cloudpickle = pytest.importorskip("cloudpickle", reason="cloudpickle, by which ray and joblib send functions")

THROUGH: list[Through] = [
    lambda one: pickle.loads(pickle.dumps(one)),
    lambda one: pickle.loads(cloudpickle.dumps(one)),
    copy.copy,
    copy.deepcopy,
]


class Holder:
    def __init__(self, window: Window) -> None:
        self.window = window


class Unsendable:
    """A backend as vendors' libraries make them: it holds what cannot leave the process."""

    name = "estimate"

    def __init__(self) -> None:
        import threading

        self.handle = threading.RLock()

    def probe(self) -> wattwhat.Availability:
        return wattwhat.Availability(True, "made", "")

    def meters(self) -> list[Any]:
        return []


@pytest.mark.parametrize("through", THROUGH)
@pytest.mark.parametrize("state", ["new", "open", "stopped"])
@pytest.mark.parametrize("backends", [None, ["estimate"]])
def test_a_window_arrives_unstarted_or_with_what_it_measured(
    through: Through, state: str, backends: list[str] | None
) -> None:
    window = wattwhat.track("epoch", backends=backends)
    if state != "new":
        window.start()
    if state == "stopped":
        window.stop()
    copied = copy.copy(window) if through is copy.copy else through(Holder(window)).window
    assert copied.label == "epoch"
    if state == "stopped":
        assert copied.measurement == window.measurement
        assert copied.so_far() == window.measurement
    else:
        with pytest.raises(WindowError):
            copied.stop()
    with copied:  # it works where it arrived
        pass
    assert copied.measurement.label == "epoch"
    if state == "open":
        assert window.stop().measurement.duration_s > 0  # the original went on


def test_a_backend_that_cannot_travel_goes_by_its_name() -> None:
    window = wattwhat.track("x", backends=[Unsendable()])
    with pickle.loads(pickle.dumps(window)) as copied:
        pass
    assert {entry.channel.backend for entry in copied.measurement.channels} == {"estimate"}


def test_a_decorated_function_is_sent_after_it_was_called() -> None:
    @wattwhat.track
    def square(n: int) -> int:
        return n * n

    assert square(3) == 9
    there = pickle.loads(cloudpickle.dumps(square))
    assert there.window.measurement == square.window.measurement  # type: ignore[attr-defined]
    assert there(4) == 16
    assert copy.deepcopy(square)(5) == 25


def test_loky_runs_a_decorated_function_of_main() -> None:
    pytest.importorskip("joblib", reason="joblib, whose loky workers get functions by cloudpickle")
    program = (
        "import wattwhat\nfrom joblib import Parallel, delayed\n"
        "@wattwhat.track\ndef f(n):\n    return n + 1\n"
        "f(0)\nprint(Parallel(n_jobs=2)(delayed(f)(n) for n in range(4)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[1, 2, 3, 4]", done.stderr
