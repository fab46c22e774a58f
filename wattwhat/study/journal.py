"""The journal of a study: a line a finished cell, appended and flushed, and repaired where one was torn."""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from wattwhat.errors import LogError
from wattwhat.records.escaping import json_text
from wattwhat.records.file_lock import take_lock
from wattwhat.records.small_files import open_regular
from wattwhat.study.job import Outcome

__all__ = ["FAILURES", "RESULTS", "Journal", "key_of"]

RESULTS, FAILURES = "results.jsonl", "failures.jsonl"
# The cell comes as an object whose first name is the key. Inside of a JSON text its quotes are escaped, so
# nothing that a model is called can look like it.
_KEY = re.compile(rb'"cell":\s*\{"key":\s*"([0-9a-f]+)"')
_CHUNK = 1 << 16


class Journal:
    """The rows of a results folder: ``results.jsonl`` (Measurements) and ``failures.jsonl`` (reasons).

    Several runners, on several hosts where the file system locks, append to one journal.

    Args:
        folder: of the results.

    Example:
        >>> import tempfile
        >>> journal = Journal(tempfile.mkdtemp())
        >>> journal.append(Outcome("00ff", {"model": "m:f"}, None, "no such device", "error"))
        >>> journal.finished()
        {'00ff': False}
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def append(self, outcome: Outcome) -> None:
        """Add the row of a finished cell; it is on the disk when this returns.

        Raises:
            OSError: it could not be written; the journal is as it was.
        """
        self.append_all([outcome])

    def append_all(self, outcomes: Iterable[Outcome]) -> None:
        """Add many rows; they are on the disk when this returns.

        Raises:
            OSError: they could not be written; the journal is as it was, or has all measured ones.
        """
        results, failures = bytearray(), bytearray()
        for outcome in outcomes:
            if outcome.measurement is not None:
                results += _line(_result(outcome))
            else:
                failures += _line(_failure(outcome))
        for name, lines in ((RESULTS, results), (FAILURES, failures)):
            if lines:
                _append(self.folder / name, memoryview(lines))

    def finished(self) -> dict[str, bool]:
        """Every key that has a row, and whether it was measured."""
        keys = dict.fromkeys(_keys(self.folder / FAILURES), False)
        keys.update(dict.fromkeys(_keys(self.folder / RESULTS), True))
        return keys

    def results(self) -> Iterator[dict[str, Any]]:
        """Measurements as plain data, the first of each key.

        Raises:
            LogError: a line is none; the message names file and line.
        """
        seen: set[str] = set()
        for row in _rows(self.folder / RESULTS):
            key = key_of(row)
            if not key or key not in seen:  # what has no key was put there by somebody's own means
                seen.add(key)
                yield row

    def failures(self) -> dict[str, dict[str, Any]]:
        """The latest reason of each key that was not measured."""
        measured = set(_keys(self.folder / RESULTS))
        rows = {key_of(row): row for row in _rows(self.folder / FAILURES)}
        return {key: row for key, row in rows.items() if key not in measured}


def _result(outcome: Outcome) -> Mapping[str, Any]:
    """The measurement, with what the whole cell took; a row that knows that already stays as it is."""
    row = dict(outcome.measurement or {})
    if outcome.seconds:
        row["details"] = {**row.get("details", {}), "cell_seconds": outcome.seconds}
    return row


def _failure(outcome: Outcome) -> dict[str, Any]:
    return {
        "cell": {"key": outcome.key, **outcome.cell},
        "kind": outcome.kind,
        "reason": outcome.reason,
        "seconds": outcome.seconds,
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def key_of(row: dict[str, Any]) -> str:
    """The key of a row, empty where it has none."""
    cell = row.get("cell") or row.get("details", {}).get("cell") or {}
    return str(cell.get("key", ""))


def _line(data: Any) -> bytes:
    return json_text(data).encode() + b"\n"


def _append(path: Path, lines: memoryview) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
    try:
        take_lock(descriptor, wait=True)  # on a file system without locks, one line is one write all the same
        size = _repaired(descriptor)
        try:
            written = 0
            while written < len(lines):
                written += os.write(descriptor, lines[written:])
            os.fsync(descriptor)
        except OSError as err:
            os.ftruncate(descriptor, size)
            message = (
                f"a row could not be written ({err.strerror}), nothing else is lost; mend that and run again"
            )
            raise OSError(err.errno, message, str(path)) from err
        except BaseException:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _repaired(descriptor: int) -> int:
    """The size of the file, once a line that a killed runner left torn is gone, or whole again."""
    size = os.fstat(descriptor).st_size
    tail = _tail(descriptor, size)
    if not tail:
        return size
    try:
        json.loads(tail)
    except ValueError:
        os.ftruncate(descriptor, size - len(tail))
        return size - len(tail)
    return size + os.write(descriptor, b"\n")


def _tail(descriptor: int, size: int) -> bytes:
    """What stands behind the last line end."""
    tail = b""
    while size:
        step = min(_CHUNK, size)
        os.lseek(descriptor, size - step, os.SEEK_SET)
        chunk = os.read(descriptor, step)
        head, newline, rest = chunk.rpartition(b"\n")
        if newline:
            return rest + tail
        tail, size = head + rest + tail, size - step
    return tail


def _keys(path: Path) -> list[str]:
    """The keys of all whole lines, without parsing them: a hundred thousand rows are read in a second."""
    try:
        with open_regular(path) as file:
            if not os.fstat(file.fileno()).st_size:
                return []
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                end = content.rfind(b"\n") + 1
                keys = [match.decode() for match in _KEY.findall(content, 0, end)]
                keys += _key_of_last(content[end:])
                return keys
    except FileNotFoundError:
        return []


def _key_of_last(tail: bytes) -> list[str]:
    """The key of a line that lacks nothing but its end."""
    try:
        return [key_of(json.loads(tail))] if tail else []
    except ValueError:
        return []


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with open_regular(path) as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except ValueError as err:
                    if not line.endswith(b"\n"):
                        return  # torn: the cell is run again
                    raise LogError(
                        f"expected one row as JSON, but {err}", path=str(path), line=number
                    ) from err
                if not isinstance(row, dict):
                    raise LogError(expected="one row as JSON", got=row, path=str(path), line=number)
                yield row
    except FileNotFoundError:
        return
