"""Which of CodeCarbon's rows are alike: they differ in run, project, time and energies only."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from wattwhat.logs.readers.codecarbon_lines import Part
from wattwhat.logs.readers.codecarbon_runs import OWN

__all__ = ["ENERGIES", "USED", "Kinds"]

ENERGIES = ("cpu_energy", "gpu_energy", "ram_energy")
# Of each row by itself these are used, and of those that are alike these are the same.
USED = ("energy_consumed", "duration", "emissions", "run_id", "project_name", "timestamp")
_SAME = ("gpu_count", "tracking_mode", "pue", "os", "python_version", "codecarbon_version", "cpu_model",
         "gpu_model", "country_name")  # fmt: skip
# These are hardly ever different where those are the same, so that cells on both sides of them are compared
# in one piece. What else codecarbon writes is not used.
_STEADY = frozenset(("country_iso_code", "region", "cloud_provider", "cloud_region", "cpu_count", "longitude",
                     "latitude", "ram_total_size", "on_cloud"))  # fmt: skip
_REMEMBERED = 10_000


class Kinds:
    """Numbers the kinds of rows.

    Example:
        >>> Kinds().usable({"run_id": 0})
        False
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], int] = {}

    def usable(self, at: dict[str, int]) -> bool:
        """Whether rows of this header can be alike: all that is used is there, and nothing of the user's."""
        places = [at.get(name, -1) for name in ENERGIES]
        side_by_side = places == list(range(places[0], places[0] + 3)) and places[0] >= 0
        return side_by_side and at.keys() >= {*USED} and OWN.issuperset(at)

    def of(self, part: Part, rows: Any) -> Any:
        """The number of each row's kind; -1 for kinds beyond the first ten thousand."""
        import numpy as np

        block, header = part.block, tuple(part.at)
        pieces = _pieces(header)
        kinds = np.full(len(rows), -1, dtype=np.int32)
        left = np.arange(len(rows))
        while len(left):
            these = rows[left]
            cells = [block.piece(these[0], *piece) for piece in pieces]
            alike = np.ones(len(left), dtype=bool)
            for (column, last), cell in zip(pieces, cells, strict=True):
                alike &= block.equal(these, column, cell, last)
            key = (header, *cells)
            if key in self._known or len(self._known) < _REMEMBERED:
                kinds[left[alike]] = self._known.setdefault(key, len(self._known))
            left = left[~alike]
        return kinds


def _pieces(header: tuple[str, ...]) -> list[tuple[int, int]]:
    """First and last column of the pieces of a row that hold what is the same, and nothing that changes."""
    pieces = []
    for near, group in groupby(enumerate(header), lambda one: one[1] in _SAME or one[1] in _STEADY):
        places = [place for place, name in group if name in _SAME]
        if near and places:
            pieces.append((places[0], places[-1]))
    return pieces
