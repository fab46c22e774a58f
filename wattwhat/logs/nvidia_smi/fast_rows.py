"""Regular rows of nvidia-smi logs, thousands at a time: the same numbers as row by row, as fast as the disk.

A row is regular where its stamp is ``YYYY/MM/DD HH:MM:SS.mmm`` and its power has two decimals. Eight bytes
are handled as one integer: after an exclusive or with the expected pattern every digit's byte is its value
and every separator's byte is 0, so one addition tells whether all of them are what they should be.
"""

from __future__ import annotations

from typing import Any

import attrs

from wattwhat.logs.parsing.cells import day_start_s

__all__ = ["Layout", "Rows", "parse"]

_PAD = b" " * 8
_HIGH = 0x8080808080808080
_STAMP = 23
_IRREGULAR_AT_MOST = 0.02
_DAYS_AT_MOST = 64


def _as_integer(text: bytes) -> int:
    return int.from_bytes(text, "little")


def _limits(largest: bytes) -> int:
    """What to add so that a byte above its limit shows in its highest bit."""
    return int.from_bytes(bytes(0x7F - limit for limit in largest), "little")


# The pieces of a stamp: bytes 0-7 (year, month), 8-15 (day, hour, minute), 15-22 (minute, second, fraction)
_YEAR, _YEAR_LIMIT = _as_integer(b"0000/00/"), _limits(bytes([9, 9, 9, 9, 0, 1, 9, 0]))
_DAY, _DAY_LIMIT = _as_integer(b"00 00:00"), _limits(bytes([3, 9, 0, 2, 9, 0, 5, 9]))
_SECOND, _SECOND_LIMIT = _as_integer(b"0:00.000"), _limits(bytes([9, 0, 5, 9, 0, 9, 9, 9]))
_DAY_MS = (0, 0, 0, 36_000_000, 3_600_000, 0, 600_000, 60_000)
_SECOND_MS = (0, 0, 10_000, 1000, 0, 100, 10, 1)
# The eight bytes that a power ends with; those before its first digit are blanked out.
_POWER, _POWER_LIMIT = _as_integer(b"00000.00"), _limits(bytes([9, 9, 9, 9, 9, 0, 9, 9]))
_CENTS = (1_000_000, 100_000, 10_000, 1000, 100, 0, 10, 1)


@attrs.frozen
class Layout:
    """Where things are in a row.

    Args:
        cells: cells a row.
        time: place of the stamp, from 0.
        power: place of the power.
        index: place of the GPU's number, or None.
    """

    cells: int
    time: int
    power: int
    index: int | None


@attrs.frozen
class Rows:
    """A block's rows (numpy arrays of one length).

    Args:
        begin: offset of each row in the block.
        end: offset behind each row.
        t_s: time in s, of regular rows.
        power_w: power in W, of regular rows.
        index: number of the GPU, of regular rows; None without such a column.
        irregular: which rows are not regular.
    """

    begin: Any
    end: Any
    t_s: Any
    power_w: Any
    index: Any
    irregular: Any


def parse(block: bytes, layout: Layout) -> Rows | None:
    r"""The rows of a block of whole lines, or None if it has to be read row by row.

    Args:
        block: bytes, ending in a line end.
        layout: where things are.

    Example:
        >>> block = b"2026/03/01 10:00:00.500, 22.89 W\n2026/03/01 10:00:01.500, [N/A]\n" * 100
        >>> rows = parse(block, Layout(2, 0, 1, None))
        >>> rows is None  # every second row is irregular
        True
        >>> rows = parse(block[:33] * 2, Layout(2, 0, 1, None))
        >>> rows.power_w, rows.irregular
        (array([22.89, 22.89]), array([False, False]))
    """
    import numpy as np

    data = _PAD + block + _PAD
    buffer = np.frombuffer(data, dtype=np.uint8)
    is_end = buffer == 10
    marks = np.flatnonzero(is_end | (buffer == 44))
    if (
        not len(marks)
        or len(marks) % layout.cells
        or b'"' in block
        or (b"\r" in block and block.count(b"\r") != block.count(b"\r\n"))
    ):
        return None
    ends = marks.reshape(-1, layout.cells)
    if not is_end[ends[:, -1]].all() or np.count_nonzero(is_end) != len(ends):
        return None
    begin = np.empty(len(ends), dtype=np.int64)
    begin[0], begin[1:] = len(_PAD), ends[:-1, -1] + 1
    words = np.ndarray(shape=(len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
    time_begin, time_end = _cell(buffer, begin, ends, layout.time)
    t_s, wrong = _times(data, words, time_begin)
    wrong |= time_end - time_begin != _STAMP
    power_w, bad = _powers(buffer, words, *_cell(buffer, begin, ends, layout.power))
    wrong |= bad
    index = None
    if layout.index is not None:
        index, bad = _indexes(buffer, *_cell(buffer, begin, ends, layout.index))
        wrong |= bad
    if np.count_nonzero(wrong) > max(_IRREGULAR_AT_MOST * len(wrong), 2):
        return None
    return Rows(begin - len(_PAD), ends[:, -1] - len(_PAD), t_s, power_w, index, wrong)


def _cell(buffer: Any, begin: Any, ends: Any, place: int) -> tuple[Any, Any]:
    """Begin and end of one cell in every row, without the blank before it and the carriage return behind."""
    end = ends[:, place]
    begin = begin if place == 0 else ends[:, place - 1] + 1
    begin = begin + (buffer[begin] == 32)
    if place == ends.shape[1] - 1:
        end = end - (buffer[end - 1] == 13)
    return begin, end


def _digits(words: Any, pattern: int, limits: int) -> tuple[Any, Any]:
    """The value of every byte, and whether one of them is above its limit."""
    import numpy as np

    values = words ^ np.uint64(pattern)
    return values, ((values | (values + np.uint64(limits))) & np.uint64(_HIGH)) != 0


def _weighted(values: Any, weights: tuple[int, ...]) -> Any:
    """The sum of the bytes of each word times their weights."""
    import numpy as np

    return values.view(np.uint8).reshape(-1, 8) @ np.array(weights, dtype=np.float64)


def _times(data: bytes, words: Any, begin: Any) -> tuple[Any, Any]:
    """Seconds since 1970 as the stamps show them, and which are none."""
    import numpy as np

    begin = np.minimum(begin, len(words) - 16)
    year, wrong = _digits(words[begin], _YEAR, _YEAR_LIMIT)
    day, bad = _digits(words[begin + 8], _DAY, _DAY_LIMIT)
    wrong |= bad
    second, bad = _digits(words[begin + 15], _SECOND, _SECOND_LIMIT)
    wrong |= bad
    day_ms = _weighted(day, _DAY_MS) + _weighted(second, _SECOND_MS)
    wrong |= day_ms >= 86_400_000.0
    starts = _days(data, begin, year, day & np.uint64(0xFFFF), wrong)
    return (1e3 * starts + day_ms) / 1e3, wrong  # whole numbers until here: rounded once, as row by row


def _days(data: bytes, begin: Any, year: Any, day: Any, wrong: Any) -> Any:
    """Where each row's day begins, in s; rows of days that do not exist become wrong."""
    import numpy as np

    changes = np.flatnonzero((year[1:] != year[:-1]) | (day[1:] != day[:-1])) + 1
    starts = np.zeros(len(year))
    if len(changes) > _DAYS_AT_MOST + 2 * np.count_nonzero(wrong):
        wrong[:] = True
        return starts
    for first, last in zip([0, *changes.tolist()], [*changes.tolist(), len(year)], strict=True):
        at = int(begin[first])
        start = None if wrong[first:last].all() else _day_start(data[at : at + 10])
        if start is None:
            wrong[first:last] = True
        else:
            starts[first:last] = start
    return starts


def _day_start(date: bytes) -> float | None:
    return day_start_s(date.decode("ascii", "replace").replace("/", "-"))


def _powers(buffer: Any, words: Any, begin: Any, end: Any) -> tuple[Any, Any]:
    """Watts with two decimals, with " W" behind them or without."""
    import numpy as np

    unit = (buffer[end - 1] == 87) & (buffer[end - 2] == 32)
    end = end - 2 * unit
    width = end - begin
    wrong = (width < 4) | (width > 8)
    values, _ = _digits(words[end - 8], _POWER, _POWER_LIMIT)
    shift = (8 * (8 - np.clip(width, 1, 8))).astype(np.uint64)
    values = (values >> shift) << shift
    wrong |= ((values | (values + np.uint64(_POWER_LIMIT))) & np.uint64(_HIGH)) != 0
    return _weighted(values, _CENTS) / 100.0, wrong


def _indexes(buffer: Any, begin: Any, end: Any) -> tuple[Any, Any]:
    """Numbers of one or two digits."""
    import numpy as np

    last, first = buffer[end - 1].astype(np.int64) - 48, buffer[begin].astype(np.int64) - 48
    width = end - begin
    two = width == 2
    wrong = (width < 1) | (width > 2) | (last < 0) | (last > 9) | (first < 0) | (first > 9)
    return np.where(two, 10 * first + last, last), wrong | (two & (first == 0))
