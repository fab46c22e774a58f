"""What happens to logs on their way, made on purpose: files that a reader must read right, or say why not."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import attrs

from wattwhat.errors import LogError
from wattwhat.logs.dispatch import Measurements, measurements_of
from wattwhat.logs.parsing.cells import stamp
from wattwhat.logs.protocol import Options, Reader
from wattwhat.logs.source import Source

__all__ = ["HOLDS", "Mutation", "log_faults", "mutated"]

# What must hold, by the name that a Mutation carries.
HOLDS = {
    "same": "the joules of the whole file, and nothing more to complain of",
    "listed": "the joules of the whole file, the odd row listed or warned of; or a refusal of the file",
    "cut": "the joules of the whole file or of the file without its last row, which is then listed or warned "
    "of; other joules only under a warning; or a refusal of the file",
    "each run": "every run once, or all of them as one: the joules of the whole file times one or times the "
    "number of copies; others only with a problem or a warning; or a refusal of the file",
    "said": "the joules of the whole file; others only with a problem or a warning; or a refusal of the file",
    "never other": "the joules of the whole file, or a refusal of the file",
}
_DECIMAL = re.compile(r"\s*[+-]?\d+\.\d+(?:[eE][+-]?\d+)?\s*")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


@attrs.frozen
class Mutation:
    """A file that went wrong on its way.

    Args:
        name: what happened to it.
        data: its bytes.
        holds: what must hold when it is read, one of `HOLDS`.
        copies: how often the file's rows are in it.
        without: the file without the row that was touched, where there is one.
    """

    name: str
    data: bytes
    holds: str = "same"
    copies: int = 1
    without: bytes | None = None


def mutated(
    sample: str, delimiter: str | None = ",", header_lines: int = 1, timed: bool = True
) -> Iterator[Mutation]:
    r"""Wider and narrower rows, cut and appended files, headers again, one stamp, other marks and line ends.

    Args:
        sample: a whole file of a few rows, which ends with a line end.
        delimiter: what separates its cells; None for a format that is no table, of which only what can
            happen to any text is made.
        header_lines: lines above the first row.
        timed: whether its rows tell when one run ends and the next begins; without it nobody can know whether
            a file holds two runs, and none is appended.

    Example:
        >>> [m.name for m in mutated("a,b\n1,2\n")][:3]
        ['wider by a cell at 1', 'wider by a cell at 2', 'narrower by the last cell']
    """
    lines = sample.rstrip("\n").split("\n")
    header, rows = lines[:header_lines], lines[header_lines:]
    if delimiter is not None:
        yield from _widths(header, rows, delimiter)
        yield from _one_stamp(header, rows, delimiter)
        yield from _decimal_commas(lines, delimiter)
    if header_lines:
        for place in {1, len(rows) - 1} - {0}:
            again = [*header, *rows[:place], *header, *rows[place:]]
            yield _joined(f"the header again after row {place}", again, holds="said")
    yield from _cuts(lines, header_lines, delimiter)
    for copies in (2, 3) if timed else ():
        whole, bare = lines * copies, [*header, *rows * copies]
        yield _joined(f"{copies} files appended", whole, holds="each run", copies=copies)
        yield _joined(f"{copies} files appended, one header", bare, holds="each run", copies=copies)
    yield from _line_ends(sample)


def _joined(name: str, lines: list[str], **fields: Any) -> Mutation:
    return Mutation(name, ("\n".join(lines) + "\n").encode(), **fields)


def _widths(header: list[str], rows: list[str], delimiter: str) -> Iterator[Mutation]:
    """A copy of the first row stands behind it, with a cell more or less."""
    cells = _cells(rows[0], delimiter)
    odd = [(f"wider by a cell at {k}", [*cells[:k], "7", *cells[k:]]) for k in range(1, len(cells) + 1)]
    # a blank last cell, as of a table whose rows end with a delimiter, may as well be missing
    narrow = [("narrower by the last cell", cells[:-1])] if cells[-1].strip() else []
    for name, row in [*odd, *narrow, ("narrower by the first cell", cells[1:])]:
        yield _joined(name, [*header, rows[0], delimiter.join(row), *rows[1:]], holds="listed")


def _one_stamp(header: list[str], rows: list[str], delimiter: str) -> Iterator[Mutation]:
    table = [_cells(row, delimiter) for row in rows]
    moments = [
        k for k, cell in enumerate(table[0]) if (at := stamp(cell)) is not None and at.kind != "elapsed"
    ]
    if moments and len(rows) > 1:
        same = [
            delimiter.join(table[0][k] if k in moments else cell for k, cell in enumerate(row))
            for row in table
        ]
        yield _joined("every row under one stamp", [*header, *same], holds="said")


def _decimal_commas(lines: list[str], delimiter: str) -> Iterator[Mutation]:
    """As a spreadsheet of a country with decimal commas saves the table."""
    if delimiter != ",":
        return
    table = [_cells(line, ",") for line in lines]
    turned = [[cell.replace(".", ",") if _DECIMAL.fullmatch(cell) else cell for cell in row] for row in table]
    yield _joined("decimal commas, semicolons", [";".join(row) for row in turned], holds="never other")


def _cuts(lines: list[str], header_lines: int, delimiter: str | None) -> Iterator[Mutation]:
    """The last row ends anywhere, without a line end, as where a disk is full or a job is killed."""
    last, before = lines[-1], "\n".join(lines[:-1]) + "\n"
    without = before.encode() if len(lines) - 1 > header_lines else b""
    step = max(1, len(last) // 40)
    for k in sorted({*range(1, len(last), step), len(last) - 1}):
        yield Mutation(
            f"cut after {k} of {len(last)} characters", (before + last[:k]).encode(), "cut", 1, without
        )


def _line_ends(sample: str) -> Iterator[Mutation]:
    text = sample if sample.endswith("\n") else sample + "\n"
    yield Mutation("line ends of Windows", text.replace("\n", "\r\n").encode())
    yield Mutation("line ends of old Macs", text.replace("\n", "\r").encode())
    yield Mutation("a byte order mark", b"\xef\xbb\xbf" + text.encode())
    yield Mutation("UTF-16, as PowerShell's > writes it", text.replace("\n", "\r\n").encode("utf-16"))
    yield Mutation("blank lines at the end", text.encode() + b"\n\n")
    yield Mutation("no line end at the end", text.rstrip("\n").encode(), "cut")


def _cells(row: str, delimiter: str) -> list[str]:
    """The cells of a row as they are written, quotes and blanks included."""
    hidden = _QUOTED.sub(lambda match: match[0].replace(delimiter, "\0"), row)
    return [cell.replace("\0", delimiter) for cell in hidden.split(delimiter)]


def log_faults(
    reader: Reader,
    sample: str,
    *,
    delimiter: str | None = ",",
    header_lines: int = 1,
    timed: bool = True,
    **options: Any,
) -> tuple[str, ...]:
    r"""What a reader makes wrong of a sample's mutations, one sentence each; empty where all holds.

    Args:
        reader: the reader.
        sample: a whole file that it reads without a problem.
        delimiter: see `mutated`.
        header_lines: see `mutated`.
        timed: see `mutated`.
        options: of `wattwhat.logs.read`, such as ``interval_s=1.0``.

    Example:
        >>> from wattwhat.logs.registry import readers
        >>> log_faults(readers()["zeus"], "start_time,window_name,elapsed_time,gpu0_energy\n1.5,w,1.0,50.0\n")
        ()
    """
    whole = _reading(reader, sample.encode(), options)
    if isinstance(whole, str):
        return (f"the sample itself is refused: {whole}",)
    if whole.problems:
        return (f"the sample itself has a problem: {whole.problems[0]}",)
    faults = []
    for mutation in mutated(sample, delimiter, header_lines, timed):
        read = _reading(reader, mutation.data, options)
        fault = _fault(mutation, whole, read, _rest(reader, mutation, options))
        if fault:
            faults.append(f"{mutation.name}: {fault}; expected {HOLDS[mutation.holds]}")
    return tuple(faults)


def _rest(reader: Reader, mutation: Mutation, options: dict[str, Any]) -> list[float]:
    if not mutation.without:
        return []
    rest = _reading(reader, mutation.without, options)
    return [] if isinstance(rest, str) else _joules(rest)


def _reading(reader: Reader, data: bytes, options: dict[str, Any]) -> Measurements | str:
    """What is read, or the sentence of the refusal; any other exception is the reader's own."""
    named = {field.name for field in attrs.fields(Options)} - {"more"}
    own = {name: value for name, value in options.items() if name in named}
    more = {name: value for name, value in options.items() if name not in named}
    source = Source.of_text(data, "sample")
    try:
        measurements = list(measurements_of(source, reader, Options(**own, more=more)))
        return Measurements(measurements, source.problems) if measurements else "holds no usable row"
    except LogError as err:
        return str(err)


def _joules(measurements: Measurements) -> list[float]:
    return sorted(one.energy_j.value for one in measurements)


def _fault(
    mutation: Mutation, whole: Measurements, read: Measurements | str, rest: list[float]
) -> str | None:
    if isinstance(read, str):
        if "please report this file" in read:
            return f"the reader failed: {read}"
        return f"refused: {read}" if mutation.holds == "same" else None
    joules, known = _joules(read), _joules(whole)
    warnings = {sentence for one in whole for sentence in one.warnings}
    more = bool(read.problems) or any(sentence not in warnings for one in read for sentence in one.warnings)
    got = f"{len(joules)} measurement(s) of {math.fsum(joules):g} J, of the whole file {math.fsum(known):g} J"
    as_whole = _alike(joules, known)
    if mutation.holds == "same":
        return None if as_whole and not read.problems else f"{got}, problems: {list(read.problems)[:2]}"
    if mutation.holds == "listed":
        return None if as_whole and more else f"{got}, and {'a' if more else 'no'} sentence about it"
    if mutation.holds == "never other":
        return None if as_whole else got
    ratio = math.fsum(joules) / math.fsum(known) if math.fsum(known) else math.nan
    if as_whole or (mutation.holds == "each run" and math.isclose(ratio, mutation.copies, rel_tol=1e-6)):
        return None
    noticed = mutation.holds != "cut" or _alike(joules, rest) or _doubted(read, known, warnings)
    if more and noticed:
        return None
    row = f", without its last row {math.fsum(rest):g} J" if mutation.without is not None else ""
    return f"{got}{row}, and {'a' if more else 'no'} sentence about it"


def _doubted(read: Measurements, known: list[float], warnings: set[str]) -> bool:
    """Whether every measurement with joules that the whole file does not have says something new."""
    odd = [one for one in read if not any(math.isclose(one.energy_j.value, j, rel_tol=1e-6) for j in known)]
    return all(any(sentence not in warnings for sentence in one.warnings) for one in odd)


def _alike(joules: list[float], known: list[float]) -> bool:
    return len(joules) == len(known) and all(
        math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in zip(joules, known, strict=True)
    )
