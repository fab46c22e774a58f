"""The process of one cell: a job comes in as a line, messages and the outcome go out as lines.

It ends with its parent, whatever ends that: its standard input closes then. What the measured code prints
goes to standard error.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from typing import Any, TextIO

from wattwhat.errors import error_text
from wattwhat.study.cell import Cell
from wattwhat.study.job import Job

__all__ = ["limit_power", "main", "put_back_limits"]

_MOST_SAID = 600


def main() -> int:
    """Read a job, measure its cell, and write what came of it."""
    answers = _private_answers()
    job = Job.from_dict(json.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if job.folder not in sys.path:
        sys.path.insert(0, job.folder)
    _send(answers, begun=time.time())
    with contextlib.ExitStack() as held:
        answer = _answer(job, answers, held)
        put_back_limits()
    _send(answers, limits={})
    _send(answers, **answer)
    return 0


def _private_answers() -> TextIO:
    """The stream to the parent; whatever else is printed here goes to standard error."""
    private = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(private, "w", encoding="utf-8")


# Power limits to put back, by GPU: also where the parent has gone, or this process has to end.
_limits: dict[str, float] = {}


def _end_with_parent() -> None:
    sys.stdin.buffer.read()  # ends when nobody holds the other end any more
    put_back_limits()
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def _send(answers: TextIO, **message: Any) -> None:
    answers.write(json.dumps(message, ensure_ascii=True) + "\n")
    answers.flush()


def _answer(job: Job, answers: TextIO, held: contextlib.ExitStack) -> dict[str, Any]:
    from wattwhat.study.impossible import NotPossibleError
    from wattwhat.study.measured_cell import measure_cell

    def locked(uuids: tuple[str, ...] | None) -> None:
        _lock(job, uuids, answers, held)

    try:
        return {"measurement": measure_cell(job, locked).to_dict()}
    except NotPossibleError as err:
        return {"kind": "not possible", "reason": _reason_of(err)}
    except Exception as err:
        kind = "memory" if "OutOfMemory" in _chain(err) or "MemoryError" in _chain(err) else "error"
        return {"kind": kind, "reason": _reason_of(err)}
    except SystemExit as err:
        return {"kind": "error", "reason": f"{job.cell.model} ended the program (SystemExit: {err.code})"}


def _lock(job: Job, uuids: tuple[str, ...] | None, answers: TextIO, held: contextlib.ExitStack) -> None:
    """Have every channel that will count to ourselves, until the process ends."""
    from wattwhat.acquisition.shared import shared_meter_set
    from wattwhat.measuring.devices import concerned
    from wattwhat.study.locks import Locks, lock_names
    from wattwhat.study.measured_cell import CellWorkload

    meter_set = shared_meter_set(job.measure.get("backends"))
    only = concerned(CellWorkload(lambda: None, job.cell, uuids), meter_set).only
    channels = [sensor.channel for sensor in meter_set.inputs if only is None or sensor.channel.id in only]
    _send(answers, waiting=True)
    held.enter_context(Locks(lock_names(channels)))
    if job.cell.power_limit_w is not None:
        limit_power(job.cell, uuids, answers)
    _send(answers, begun=time.time())


def limit_power(cell: Cell, uuids: tuple[str, ...] | None, answers: TextIO) -> None:
    """Set the cell's power limit and tell the parent what it was before, who puts it back if this dies."""
    from wattwhat.study.power_limit import set_limit

    gpu, before_w = set_limit(uuids, cell.device, cell.power_limit_w or 0.0)
    _limits[gpu] = before_w
    _send(answers, limits=_limits)


def put_back_limits() -> None:
    """Give every GPU the power limit that it had."""
    if _limits:
        from wattwhat.study.power_limit import put_back

        while _limits:
            put_back(*_limits.popitem())


def _chain(err: BaseException | None) -> str:
    names = []
    while err is not None:
        names.append(type(err).__name__)
        err = err.__cause__
    return " ".join(names)


def _reason_of(err: BaseException) -> str:
    from wattwhat.errors import WattwhatError
    from wattwhat.records.escaping import one_line

    text = str(err) if isinstance(err, WattwhatError) else error_text(err)
    text = one_line(text)
    return text if len(text) <= _MOST_SAID else f"{text[: _MOST_SAID - 4]} ..."


if __name__ == "__main__":
    sys.exit(main())
