"""A cell in a fresh process of its own, with a time limit: whatever happens in it costs one row."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from typing import IO, Any

from wattwhat.study.job import Job, Outcome
from wattwhat.study.power_limit import put_back
from wattwhat.workloads.python_child import python_child

__all__ = ["run_in_process"]

_POLL_S = 0.5
_SLICES = 20
_START_S = 60.0  # for the interpreter alone, on a machine that is busy
_LEAVE_S = 10.0  # to end by itself, once its outcome is here
_MOST_SAID = 300
# What ends a process because its machine or its user wants that, not because of what it does.
_FROM_OUTSIDE = ("SIGTERM", "SIGINT", "SIGHUP")


def run_in_process(job: Job) -> Outcome:
    """Measure a cell in a fresh process, and end all of its process group.

    The time limit begins anew when the cell has its locks: waiting for another study costs it nothing.

    Args:
        job: the cell and how to measure it.

    Returns:
        The outcome; a cell that fails, crashes or takes too long is one with a reason.

    Raises:
        OSError: no process can be started at all.
    """
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = _started(job, output)
        limits: dict[str, float] = {}
        try:
            answer = _waited_for(process, float(job.measure.get("limit_seconds", 1800.0)), limits)
        finally:
            _end(process)
            for gpu, limit_w in limits.items():  # it ended before it could put them back
                put_back(gpu, limit_w)
        seconds = time.monotonic() - begin
        if answer is None:
            kind, reason = _ended_by(process.returncode, _last_line(output))
            return Outcome(job.key, job.cell.settings(), None, reason, kind, seconds)
    return Outcome(
        job.key,
        job.cell.settings(),
        answer.get("measurement"),
        answer.get("reason", ""),
        answer.get("kind", "measured"),
        seconds,
    )


def _started(job: Job, output: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = dict(os.environ)
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    # modules may lie beside the plan, which is the process's folder, or where the study was started
    paths = [environment.get("PYTHONPATH"), os.getcwd(), home]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    if job.cell.threads is not None:
        environment["OMP_NUM_THREADS"] = environment["MKL_NUM_THREADS"] = str(job.cell.threads)
    process = subprocess.Popen(
        python_child("from wattwhat.study.worker import main; sys.exit(main())"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=output,
        cwd=job.folder,
        env=environment,
        start_new_session=True,
    )
    assert process.stdin is not None
    # an interpreter that could not start reads nothing; how it ended is told below
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(job.to_dict()).encode() + b"\n")
        process.stdin.flush()
    return process


def _waited_for(
    process: subprocess.Popen[bytes], limit_s: float, limits: dict[str, float]
) -> dict[str, Any] | None:
    """The answer; None where the process ended without one. Power limits that it has changed are noted."""
    messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process.stdout, messages), daemon=True)
    reader.start()
    deadline: float | None = time.monotonic() + _START_S + limit_s
    while True:
        try:
            message = messages.get(timeout=_POLL_S)
        except queue.Empty:
            if deadline is not None and time.monotonic() > deadline:
                sentence = (
                    f"it was not done after {limit_s:g} s and was ended; raise limit_seconds in [measure]"
                )
                return {"kind": "limit", "reason": sentence}
            # a grandchild may hold the stream of a process that is dead already
            if process.poll() is not None and messages.empty():
                for _ in range(_SLICES):  # a machine that stands still meanwhile uses up one of them, not all
                    reader.join(_POLL_S / _SLICES)
                if messages.empty():
                    return None
            continue
        if message is None:
            return None
        if "limits" in message:
            limits.clear()
            limits.update(message["limits"])
        elif "waiting" in message:
            deadline = None
        elif "begun" in message:
            deadline = time.monotonic() + limit_s
        else:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LEAVE_S)
            return message


def _read(stream: IO[bytes], messages: queue.SimpleQueue[dict[str, Any] | None]) -> None:
    for line in stream:
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict):
            messages.put(message)
    messages.put(None)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the process group, and wait for the process itself."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)  # its session is its own, so this is nobody else's group
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _ended_by(status: int, last: str) -> tuple[str, str]:
    """What kind of end that was, and a sentence about it."""
    behind = f"; it last said: {last}" if last else ""
    if status >= 0:
        return "crash", f"its process ended with status {status} and no result{behind}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if name in _FROM_OUTSIDE:
        return "interrupted", f"its process was ended by {name} from outside"
    hint = " (out of memory, if nobody ended it)" if name == "SIGKILL" else ""
    return "crash", f"its process was ended by {name}{hint}{behind}"


def _last_line(output: IO[bytes]) -> str:
    from wattwhat.records.escaping import one_line

    size = output.seek(0, os.SEEK_END)
    output.seek(max(size - 4096, 0))
    lines = [line.strip() for line in output.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return one_line(lines[-1])[:_MOST_SAID] if lines else ""
