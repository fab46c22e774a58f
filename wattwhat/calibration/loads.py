"""Loads that are switched on and off at known times: busy processes, or a GPU that multiplies matrices.

Each runs in processes of its own, so that what looks at the meters is not held up by it and so that torch
is not imported here. They end with their standard input, whatever becomes of this process.
"""

from __future__ import annotations

import math
import os
import subprocess
from typing import Any

from wattwhat.errors import BackendError
from wattwhat.workloads.python_child import python_child

__all__ = ["Load", "ProcessLoad", "busy_gpus", "busy_processors"]


class Load:
    """Something that takes power when switched on; derive from it, or imitate it.

    Attributes:
        description: what it is, for a person.
    """

    description = ""

    def switch(self, on: bool) -> None:
        """Switch it."""
        raise NotImplementedError

    def switches_s(self) -> list[float]:
        """When it was switched, on first, in s of the monotonic clock; ends what has not ended."""
        raise NotImplementedError

    def close(self) -> None:
        """End it; called once or more."""


# Both obey "1" and "0", sleep in read() while off, and tell at "?" when they obeyed.
_BUSY = """
import select, sys, time
read, times = sys.stdin.buffer.raw.read, []
print("ready", flush=True)
while True:
    word = read(1)
    if not word:
        break
    if word == b"?":
        print(*times, flush=True)
        continue
    times.append(time.monotonic_ns())
    while word == b"1":
        for _ in range(40):
            pow(3, 977, 1 << 61)
        if select.select([0], [], [], 0)[0]:
            break
"""

_MATMUL = """
import select, sys, time
import torch
if not torch.cuda.is_available():
    sys.exit("torch sees no GPU")
devices = range(torch.cuda.device_count())
pairs = [(torch.ones(2048, 2048, device=d, dtype=torch.float16), torch.empty(2048, 2048, device=d,
          dtype=torch.float16)) for d in devices]
def work():
    for matrix, out in pairs:
        for _ in range(4):
            torch.matmul(matrix, matrix, out=out)
    for device in devices:
        torch.cuda.synchronize(device)
for _ in range(20):
    work()
read, times = sys.stdin.buffer.raw.read, []
print("ready", flush=True)
while True:
    word = read(1)
    if not word:
        break
    if word == b"?":
        print(*times, flush=True)
        continue
    times.append(time.monotonic_ns())
    while word == b"1":
        work()
        if select.select([0], [], [], 0)[0]:
            break
"""


class ProcessLoad(Load):
    """Processes that are switched together.

    Args:
        script: what each runs: it prints a line when it is ready, then obeys ``1`` and ``0``, and tells
            the times in ns at which it did when asked with ``?``.
        count: how many.
        description: what it is, for a person.

    Raises:
        BackendError: a process could not begin; the message holds its last words.
    """

    def __init__(self, script: str, count: int, description: str) -> None:
        self.description = description
        self._on = False
        self._workers: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(count):
                self._workers.append(_start(script))
            for worker in self._workers:
                if not _line(worker):
                    raise BackendError(f"the load ({description}) did not begin: {_last_line(worker)}")
        except BaseException:
            self.close()
            raise

    def switch(self, on: bool) -> None:
        """Switch all of them; nothing happens if they are in that state."""
        if on == self._on:
            return
        self._on = on
        self._send(b"1" if on else b"0")

    def _send(self, command: bytes) -> None:
        try:
            for worker in self._workers:
                _pipe(worker.stdin).write(command)
                _pipe(worker.stdin).flush()
        except OSError as err:
            raise BackendError(f"the load ({self.description}) ended by itself; run calibrate again") from err

    def switches_s(self) -> list[float]:
        """The mean times at which they obeyed.

        Raises:
            BackendError: one of them has ended.
        """
        self.switch(False)
        self._send(b"?")
        answers = [_line(worker) for worker in self._workers]
        if not all(answers):
            raise BackendError(f"the load ({self.description}) ended by itself; run calibrate again")
        times_ns = [[int(word) for word in answer.split()] for answer in answers]
        return [math.fsum(times) / len(times) * 1e-9 for times in zip(*times_ns, strict=True)]

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            for pipe in (worker.stdin, worker.stdout, worker.stderr):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:  # it had ended, and did not read what was sent
                        pass
            try:
                worker.wait(timeout=2.0)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self._workers = []


def busy_processors() -> ProcessLoad:
    """A busy loop on each processor but one, which looks at the meters; on the only one if there is one."""
    try:
        there = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        there = os.cpu_count() or 1
    count = max(1, there - 1)
    return ProcessLoad(_BUSY, count, f"a busy loop on {count} of {there} processors")


def busy_gpus() -> ProcessLoad:
    """Products of 2048 x 2048 half-precision matrices on every GPU that torch sees.

    Raises:
        BackendError: torch is not installed, or sees no GPU.
    """
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise BackendError("torch is not installed, so no load can be put on a GPU: pip install torch")
    return ProcessLoad(_MATMUL, 1, "matrix products by torch on every GPU that it sees")


def _start(script: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        python_child(script),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _pipe(pipe: Any) -> Any:
    if pipe is None:
        raise BackendError("the load has been closed")
    return pipe


def _line(worker: subprocess.Popen[bytes]) -> bytes:
    """The next line of its output; empty at its end."""
    line: bytes = _pipe(worker.stdout).readline()
    return line


def _last_line(worker: subprocess.Popen[bytes]) -> str:
    lines = _pipe(worker.stderr).read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
