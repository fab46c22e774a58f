"""Files of Measurements: JSON Lines, one Measurement a line, written whole or not at all."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Mapping

from wattwhat.errors import ArgumentError, LogError
from wattwhat.records.atomic_write import write_atomically
from wattwhat.records.measurement import Measurement
from wattwhat.records.small_files import open_regular

__all__ = ["read_jsonl", "run_of", "write_jsonl"]


def write_jsonl(path: str | os.PathLike[str], measurements: Measurement | Iterable[Measurement]) -> None:
    """Write measurements, one a line; an existing file is replaced only when all of it is written.

    Args:
        path: the file.
        measurements: what to write, one or several.

    Example:
        >>> import tempfile, pathlib
        >>> from wattwhat import Quantity
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "runs.jsonl"
        >>> write_jsonl(file, [Measurement(label="a", energy_j=Quantity(1, 0.1, "J"))])
        >>> read_jsonl(file)[0].label
        'a'
    """
    ones = [measurements] if isinstance(measurements, Measurement) else measurements
    write_atomically(path, "".join(f"{measurement.to_json()}\n" for measurement in ones))


def read_jsonl(path: str | os.PathLike[str]) -> list[Measurement]:
    """Read a file that `write_jsonl` wrote.

    Raises:
        LogError: a line is no Measurement; the message names file and line.
        OSError: the file cannot be opened, or is no regular file.
    """
    measurements = []
    with io.TextIOWrapper(open_regular(path), encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                measurements.append(Measurement.from_dict(json.loads(line)))
            except (ValueError, ArgumentError) as err:
                raise LogError(
                    f"expected one Measurement as JSON, but {err}", path=os.fspath(path), line=number
                ) from err
    return measurements


def run_of(measurement: Measurement) -> str | None:
    """Which run of `track(save=...)` a line tells of; None for any other measurement.

    All lines of one run are that run until then, so of several the longest stands for all.

    Example:
        >>> from wattwhat import Quantity
        >>> run_of(Measurement(label="a", energy_j=Quantity(1, 0.1, "J"), details={"journal": {"run": "1f"}}))
        '1f'
    """
    journal = measurement.details.get("journal")
    run = journal.get("run") if isinstance(journal, Mapping) else None
    return run if isinstance(run, str) else None
