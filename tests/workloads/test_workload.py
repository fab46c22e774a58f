from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

import wattwhat
from wattwhat import Workload
from wattwhat.errors import ArgumentError, WorkloadError
from wattwhat.workloads.base import CommandWorkload
from wattwhat.workloads.choose import make_workload

QUICK = {"backends": ["estimate"], "min_seconds": 0.02, "max_seconds": 0.5, "idle": None, "warmup": 0}


def test_a_command_is_run_again_and_again() -> None:
    m = wattwhat.measure([sys.executable, "-c", "pass"], label="nothing", **QUICK)  # type: ignore[arg-type]
    assert m.label == "nothing"
    assert m.calls is not None
    assert m.calls >= 1
    assert m.energy_j.value > 0


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["no-such-program-anywhere"], "cannot be started"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "ended with 3"),
    ],
)
def test_a_command_that_fails_says_how(command: list[str], words: str) -> None:
    with pytest.raises(WorkloadError, match=words):
        wattwhat.measure(command, **QUICK)  # type: ignore[arg-type]


def test_a_command_needs_words() -> None:
    with pytest.raises(ArgumentError, match="command"):
        CommandWorkload("python train.py")


def test_a_workload_of_ones_own_is_prepared_and_put_back() -> None:
    events = []

    class Own(Workload):
        label, items_per_call = "own", 7

        def __enter__(self) -> Own:
            events.append("enter")
            return self

        def __exit__(self, *error: object) -> None:
            events.append("exit")

        def run(self) -> None:
            events.append("run")
            if events.count("run") == 5:
                raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        wattwhat.measure(Own(), **QUICK)  # type: ignore[arg-type]
    assert events[0] == "enter"
    assert events[-1] == "exit"


async def coroutine() -> None: ...


def generator() -> Iterator[int]:
    yield 1


async def stream() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize("function", [coroutine, generator, stream])
def test_what_would_only_be_created_is_refused(function: Callable[[], object]) -> None:
    with pytest.raises(ArgumentError, match="runs nothing"):
        wattwhat.measure(function)


@pytest.mark.parametrize("name", ["inputs", "train", "items_per_call"])
def test_a_workload_of_ones_own_brings_its_own(name: str) -> None:
    class Own(Workload):
        def run(self) -> None: ...

    with pytest.raises(ArgumentError, match=f"{name}: a Workload brings its own"):
        wattwhat.measure(Own(), **{name: 3})  # type: ignore[arg-type]


def test_names_come_from_what_is_measured() -> None:
    assert make_workload(sorted.__call__).label
    assert make_workload(len, label="mine").label == "mine"
    assert make_workload(["/usr/bin/env"]).label == "env"


def test_inputs_that_a_callable_does_not_take_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"inputs: .*too many positional arguments"):
        make_workload(lambda: None, inputs=[1])
