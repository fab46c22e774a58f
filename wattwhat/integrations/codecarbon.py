"""Joules in CodeCarbon's emissions.csv: a row a measurement, appended as CodeCarbon itself does."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.integrations.logged import taken
from wattwhat.records.atomic_write import write_atomically
from wattwhat.records.file_lock import folder_locked
from wattwhat.records.small_files import read_small_text
from wattwhat.report.export import export

__all__ = ["log"]


def log(measured: Any, path: str | os.PathLike[str] = "emissions.csv", **stated: Any) -> None:
    """Append a measurement to an emissions.csv that CodeCarbon's own tools read, and go on appending to.

    What nobody stated stays empty: there are no emissions without an intensity of carbon, and no country.

    Args:
        measured: a Measurement, or a window that has stopped.
        path: the file; it is begun where there is none.
        stated: what is known besides, as ``wattwhat export --as codecarbon`` takes it:
            ``intensity_g_per_kwh``, ``pue``, ``project_name``, ``country_name``, ``country_iso_code`` ...

    Raises:
        ArgumentError: there is no measurement, its energy is not known, or the file has other columns.
        OSError: the file cannot be read or written.

    Example:
        >>> import tempfile
        >>> from wattwhat import Measurement, Quantity, logs
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for joules in (3.6, 7.2):
        ...         one = Measurement(label="train", energy_j=Quantity(joules, 0.1, "J"), duration_s=1.0)
        ...         log(one, f"{folder}/emissions.csv", intensity_g_per_kwh=100.0)
        ...     [round(run.energy_j.value, 6) for run in logs.read(f"{folder}/emissions.csv")]
        [3.6, 7.2]
    """
    measurement, place = taken(measured), Path(path)
    if not measurement.energy_j.known:
        raise ArgumentError(
            f"the energy of {measurement.label!r} is not known, and no row says so", argument="measured"
        )
    made = str(export(measurement, "codecarbon", **stated))
    with folder_locked(place.parent):
        before = read_small_text(place) if place.exists() else ""
        write_atomically(place, _appended(before, made, place) if before.strip() else made)


def _appended(before: str, made: str, place: Path) -> str:
    """The text of the file with the rows that were made, in the file's own order of columns."""
    heading, *rows = csv.reader(io.StringIO(made, newline=""))
    columns = next(csv.reader(io.StringIO(before, newline="")))
    if sorted(columns) != sorted(heading):
        raise ArgumentError(
            f"{place} has {len(columns)} columns, and CodeCarbon 3.3 writes {len(heading)}",
            argument="path",
            remedy="another version began it, so give another path",
        )
    added = io.StringIO(newline="")
    csv.writer(added).writerows(
        [dict(zip(heading, row, strict=True))[name] for name in columns] for row in rows
    )
    return before + ("" if before.endswith("\n") else "\r\n") + added.getvalue()
