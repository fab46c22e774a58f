"""Rows of several GPUs that take turns without saying which: how many there are, and whose turn it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wattwhat.logs.source import Source

__all__ = ["Turns", "devices_in_turn"]

_MOST = 64
_WITHIN = 0.25
# One device takes at most this long to be asked, in s; where only two goes were seen, they must be closer.
_APART_S = 0.1
_CLOSE_S = 0.02


def devices_in_turn(times_s: Sequence[float]) -> int:
    """How many devices take turns in rows with these times, the largest number that fits; 1 if none does.

    Devices that are asked in one go are milliseconds apart, then comes the pause until the next go:
    with n devices, rows k*n ... k*n + n - 1 are close together in nearly every go.

    Args:
        times_s: times in s of the first rows.

    Example:
        >>> devices_in_turn([0.0, 0.001, 1.0, 1.002, 2.0, 2.001, 3.0, 3.001])
        2
        >>> devices_in_turn([0.0, 1.0, 2.0, 3.0])
        1
    """
    best = 1
    for count in range(2, min(_MOST, len(times_s) // 2) + 1):
        pauses = sorted(after - before for before, after in zip(times_s, times_s[count:], strict=False))
        pause = pauses[len(pauses) // 2]
        if pause <= 0.0:
            continue
        if _fits(times_s, count, min(_WITHIN * pause, _APART_S * count), least=3) or _fits(
            times_s, count, min(_WITHIN * pause, _CLOSE_S * count), least=2
        ):
            best = count
    return best


def _fits(times_s: Sequence[float], count: int, within_s: float, least: int) -> bool:
    """Whether nearly all goes have so many rows: the last may be cut off, a row may be missing."""
    sizes = _goes(times_s, within_s)
    return sizes.count(count) >= max(least, 0.95 * (len(sizes) - 1))


def _goes(times_s: Sequence[float], within_s: float) -> list[int]:
    """How many rows there are in each go: rows not farther than this from the go's first one."""
    sizes = [0]
    begin = times_s[0]
    for time in times_s:
        if abs(time - begin) > within_s:
            begin = time
            sizes.append(0)
        sizes[-1] += 1
    return sizes


class Turns:
    """Tells whose row it is by its place in the go; a go that lacks a row is left out: whose is unknown.

    Args:
        source: is told of incomplete goes.
        count: how many devices take turns.
        pause_s: time from one go to the next in s.
    """

    def __init__(self, source: Source, count: int, pause_s: float) -> None:
        self._source, self._count, self._pause_s = source, count, pause_s
        self._go: list[tuple[float, float | None, int]] = []

    def add(
        self, t_s: float, power_w: float | None, line: int
    ) -> Iterator[tuple[int, float, float | None, int]]:
        """One row in; whole goes out as (place, time, power, line)."""
        if self._go and abs(t_s - self._go[0][0]) > 0.5 * self._pause_s:
            self._incomplete()
        self._go.append((t_s, power_w, line))
        if len(self._go) == self._count:
            yield from ((place, *row) for place, row in enumerate(self._go))
            self._go = []

    def finish(self) -> None:
        """No row follows."""
        if self._go:
            self._incomplete()

    def _incomplete(self) -> None:
        line = self._go[0][2]
        self._source.problem(
            line,
            f"expected {self._count} rows (one a GPU) at this time, found {len(self._go)}: whose is unknown",
        )
        self._go = []
