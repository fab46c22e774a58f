"""CodeCarbon's rows and JSON objects as records: by column name, shifted and glued rows told apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import attrs

from wattwhat.logs.building.stated_totals import text_of_value
from wattwhat.logs.parsing.cells import Stamp, number, stamp
from wattwhat.logs.parsing.json_stream import values
from wattwhat.logs.parsing.named_rows import NamedRow, delimiter_of, named_rows
from wattwhat.logs.protocol import head_of
from wattwhat.logs.source import Source

__all__ = ["KEYS", "Record", "is_header", "records", "records_of"]

KEYS = frozenset(("energy_consumed", "emissions", "duration"))
_PARTS = ("cpu", "gpu", "ram")
# codecarbon 3.2.9 and 3.3.0 leave None cells out of appended rows; the first column that can be None is
# region, so what stands before it is where it belongs (seen in files of 3.3.0).
_FIRST_DROPPED = ("region", "cloud_provider", "cloud_region", "os")
_STAMP_AT_END = re.compile(r"(.*?)(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")


@attrs.frozen(slots=False)
class Record:
    """One row or JSON object: where it stands, its cells by name, and what is odd about it.

    Args:
        line: in the file.
        cells: column to cell.
        warnings: what is odd about it.
        place: orders the records of a file, also two of one line.
    """

    line: int
    cells: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    place: int = 0

    def get(self, name: str) -> str:
        """A cell, empty where there is none."""
        return self.cells.get(name, "").strip()

    def value(self, name: str) -> float | None:
        """A cell's number."""
        return number(self.get(name))

    @cached_property
    def end(self) -> Stamp | None:
        """When it was written, on the machine's own clock."""
        return stamp(self.get("timestamp"))

    @cached_property
    def start_s(self) -> float | None:
        """When the run began: codecarbon stamps the end."""
        duration = self.value("duration")
        return None if self.end is None or duration is None else self.end.t_s - duration

    @property
    def parts_kwh(self) -> tuple[float | None, ...]:
        """CPU, GPU and RAM."""
        return tuple(self.value(f"{part}_energy") for part in _PARTS)

    @property
    def adds_up(self) -> bool:
        """Whether CPU, GPU and RAM together are the total, as in every whole record."""
        total, parts = self.value("energy_consumed"), self.parts_kwh
        if total is None or any(part is None for part in parts):
            return False
        return abs(sum(part or 0.0 for part in parts) - total) <= 1e-6 * abs(total) + 1e-15


def records(source: Source) -> Iterator[Record]:
    """Every record of a file whose energy is known; the other rows are problems of the source."""
    head = head_of(source)
    is_json = head.text.lstrip()[:1] in ("{", "[")
    yield from _json_records(source) if is_json else _csv_records(source, head.first_line)


def _json_records(source: Source) -> Iterator[Record]:
    for line, value in values(source):
        if isinstance(value, dict) and "energy_consumed" in value:
            cells = {key: text_of_value(cell) for key, cell in value.items()}
            yield from _usable(source, Record(line, cells, place=2 * line))
        else:
            source.problem(line, "expected an object with energy_consumed, as codecarbon writes it")


def _csv_records(source: Source, first_line: str) -> Iterator[Record]:
    # codecarbon renames a file whose columns differ, so no other table follows in it
    for row in named_rows(source, is_header, delimiter_of(first_line), others=False):
        yield from records_of(source, row)


def is_header(names: Iterable[str]) -> bool:
    """Whether these cells, in lower case, are a header of codecarbon's."""
    return set(names) >= KEYS


def records_of(source: Source, row: NamedRow) -> Iterator[Record]:
    """The record of a row, two of a row that swallowed its line end, or none and a problem."""
    glued = None if row.whole else _unglue(row)
    if row.whole:
        yield from _usable(source, Record(row.line, row.cells, place=2 * row.line))
    elif glued is not None:
        for record in glued:
            yield from _usable(source, record)
    elif (shifted := _shifted(row)) is not None:
        yield from _usable(source, shifted)
    else:
        source.problem(
            row.line,
            f"expected {len(row.header)} cells, found {len(row.all_cells)}, and the energies among them do "
            "not add up to energy_consumed: the row is cut off or its columns are shifted",
        )


def _usable(source: Source, record: Record) -> Iterator[Record]:
    """The record where its energy is known."""
    if (energy := record.value("energy_consumed")) is not None and energy >= 0.0:
        yield record
        return
    cell = record.get("energy_consumed")
    shown = repr(cell)[:60] if cell else "an empty cell"
    source.problem(record.line, f"expected energy_consumed in kWh, found {shown}")


def _unglue(row: NamedRow) -> tuple[Record, Record] | None:
    """Two rows where the line end between them is missing (codecarbon issue 43), or None."""
    width = len(row.header)
    if len(row.all_cells) != 2 * width - 1 or row.header[0] != "timestamp":
        return None
    match = _STAMP_AT_END.fullmatch(row.all_cells[width - 1])
    if match is None:
        return None
    why = "two rows stood on one line, the line end between them was missing"
    first, second = (*row.all_cells[: width - 1], match[1]), (match[2], *row.all_cells[width:])
    return (
        Record(row.line, dict(zip(row.header, first, strict=True)), (why,), 2 * row.line),
        Record(row.line, dict(zip(row.header, second, strict=True)), (why,), 2 * row.line + 1),
    )


def _shifted(row: NamedRow) -> Record | None:
    """The trustworthy columns of a row that is shorter or longer than its header; None if there are none."""
    ends = [row.header.index(name) for name in _FIRST_DROPPED if name in row.header]
    safe = row.header[: min(ends)] if ends else row.header
    cells = {name: row.cells[name] for name in safe if name in row.cells}
    modes = {cell for cell in row.all_cells[len(safe) :] if cell in ("machine", "process")}
    if len(modes) == 1:
        cells["tracking_mode"] = modes.pop()
    record = Record(
        row.line,
        cells,
        warnings=(
            f"the row has {len(row.all_cells)} cells and its header {len(row.header)}: codecarbon left out "
            "empty ones, so columns behind the energies are shifted and were not used",
        ),
        place=2 * row.line,
    )
    return record if record.adds_up else None
