"""CodeCarbon's emissions.csv of every schema, and the same record as JSON: one Measurement a run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wattwhat.logs.building.stated_totals import text_of_value
from wattwhat.logs.parsing.json_stream import values
from wattwhat.logs.parsing.named_rows import NamedRow, delimiter_of, named_rows
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.readers.codecarbon_runs import Record, Runs
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["CodeCarbon"]

_KEYS = {"energy_consumed", "emissions", "duration"}
# codecarbon 3.2.9 and 3.3.0 leave None cells out of appended rows; the first column that can be None is
# region, so what stands before it is where it belongs (seen in files of 3.3.0).
_FIRST_DROPPED = ("region", "cloud_provider", "cloud_region", "os")
_STAMP_AT_END = re.compile(r"(.*?)(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")


class CodeCarbon:
    """Columns by name, never by place; emissions_rate and the powers are not used (see its known errors).

    Powers are the last reading before 3.0, not a mean, and emissions_rate changed its unit in 2.2.0, so no
    energy is rebuilt from them.
    """

    name = "codecarbon"

    def sniff(self, head: Head) -> int:
        """Its columns or keys."""
        if isinstance(head.json, dict):
            return 95 if head.json.keys() >= _KEYS else 0
        return 95 if set(head.cells(delimiter_of(head.first_line))) >= _KEYS else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a run: the last of its cumulative rows."""
        runs = Runs(source, options)
        head = head_of(source)
        is_json = head.text.lstrip()[:1] in ("{", "[")
        for record in _json_records(source) if is_json else _csv_records(source, head.first_line):
            runs.add(record)
        yield from runs.measurements()


def _json_records(source: Source) -> Iterator[Record]:
    for line, value in values(source):
        if isinstance(value, dict) and "energy_consumed" in value:
            yield Record(line, {key: text_of_value(cell) for key, cell in value.items()})
        else:
            source.problem(line, "expected an object with energy_consumed, as codecarbon writes it")


def _csv_records(source: Source, first_line: str) -> Iterator[Record]:
    for row in named_rows(source, lambda names: set(names) >= _KEYS, delimiter_of(first_line)):
        glued = _unglue(row)
        if row.whole:
            yield Record(row.line, row.cells)
        elif glued is not None:
            yield from glued
        else:
            record = _shifted(row)
            if record is not None:
                yield record
            else:
                source.problem(
                    row.line,
                    f"expected {len(row.header)} cells, found {len(row.found)}, and the energies among them "
                    "do not add up to energy_consumed: the row is cut off or its columns are shifted",
                )


def _unglue(row: NamedRow) -> tuple[Record, Record] | None:
    """Two rows where the line end between them is missing (codecarbon issue 43), or None."""
    width = len(row.header)
    if len(row.found) != 2 * width - 1 or row.header[0] != "timestamp":
        return None
    match = _STAMP_AT_END.fullmatch(row.found[width - 1])
    if match is None:
        return None
    why = "two rows stood on one line, the line end between them was missing"
    first, second = (*row.found[: width - 1], match[1]), (match[2], *row.found[width:])
    return (
        Record(row.line, dict(zip(row.header, first, strict=True)), warnings=(why,)),
        Record(row.line, dict(zip(row.header, second, strict=True)), warnings=(why,)),
    )


def _shifted(row: NamedRow) -> Record | None:
    """The trustworthy columns of a row that is shorter or longer than its header; None if there are none."""
    ends = [row.header.index(name) for name in _FIRST_DROPPED if name in row.header]
    safe = row.header[: min(ends)] if ends else row.header
    cells = {name: row.cells[name] for name in safe if name in row.cells}
    modes = {cell for cell in row.found[len(safe) :] if cell in ("machine", "process")}
    if len(modes) == 1:
        cells["tracking_mode"] = modes.pop()
    record = Record(
        row.line,
        cells,
        warnings=(
            f"the row has {len(row.found)} cells and its header {len(row.header)}: codecarbon left out empty "
            "ones, so columns behind the energies are shifted and were not used",
        ),
    )
    return record if record.adds_up else None
