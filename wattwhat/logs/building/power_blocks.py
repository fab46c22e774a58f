"""Blocks of mean power, each with its own length of time, added up: how Apple's powermetrics reports."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from wattwhat.logs.building.interval_energies import Tally
from wattwhat.logs.building.known_sensors import APPLE
from wattwhat.logs.building.measurement import imported, rounding_j, unused_rows
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["POWERS", "PowerBlocks"]

_TOTAL = {"Package Power": "soc", "Combined Power (CPU + GPU + ANE)": "soc"}
_PARTS = {"CPU Power": "cpu", "GPU Power": "gpu", "ANE Power": "rail", "DRAM Power": "dram"}
# What powermetrics calls its powers, and the component of each.
POWERS = {**_TOTAL, **_PARTS}
_GAP_S = 2.0


class PowerBlocks:
    """The blocks one after the other; one without any power, or cut off before its total, is a problem.

    Args:
        source: the file.
        format: the reader's name.
        factor: W per unit where the user says so, against the file.

    Example:
        >>> blocks = PowerBlocks(Source.of_text("x", "made.txt"), "powermetrics", None)
        >>> blocks.begin(1, None, 0.5)
        >>> blocks.power("Package Power", "1000", "mW")
        >>> blocks.measurement().energy_j.value
        0.5
    """

    def __init__(self, source: Source, format: str, factor: float | None) -> None:
        self._source, self._format, self._factor = source, format, factor
        self._tally = Tally(source, format, APPLE)
        self._line: int | None = None
        self._elapsed_s = 0.0
        self._rows: dict[str, tuple[str, str]] = {}
        self._total: str | None = None
        self._names: frozenset[str] = frozenset()
        self.duration_s, self.samples = 0.0, 0
        self._first: datetime | None = None
        self._last: datetime | None = None

    def begin(self, line: int, at: datetime | None, elapsed_s: float) -> None:
        """Another block: where it stands, when it ended, and how long it was in s."""
        self._close()
        self._line, self._rows, self._elapsed_s = line, {}, elapsed_s
        if at is None:
            return
        self._last = at
        try:
            begun = at - timedelta(seconds=elapsed_s)
            self._first = self._first or begun
        except (OverflowError, ValueError):  # longer than there are years, or no number
            self._elapsed_s = 0.0

    def power(self, name: str, value: str, unit: str) -> None:
        """A mean power of this block, by its name in `POWERS`; other names are passed over."""
        if name in POWERS:
            self._rows[name] = (value, unit)

    def _close(self) -> None:
        if self._line is None:
            return
        total = next((name for name in _TOTAL if name in self._rows), None)
        if self._elapsed_s <= 0.0 or not self._rows or (self._total is not None and total != self._total):
            self._source.problem(
                self._line, "expected a block with its elapsed time and a package or combined power"
            )
            return
        if self._names and self._names != self._rows.keys():
            others = ", ".join(sorted(self._names ^ self._rows.keys()))
            self._source.problem(
                self._line,
                f"expected the powers of the blocks before, but only one has {others}",
            )
            return
        self._total, self._names = total, frozenset(self._rows)
        for name, (value, unit) in self._rows.items():
            factor = self._factor or (1e-3 if unit == "mW" else 1.0)
            # The package holds DRAM; the combined power of newer versions names its parts, and DRAM is none.
            parts = [part for part in _PARTS if name == "Package Power" or part != "DRAM Power"]
            inside = [self._tally.id_of(part) for part in parts if name in _TOTAL]
            self._tally.add(
                name,
                POWERS[name],
                (number(value) or 0.0) * factor * self._elapsed_s,
                rounding_j=rounding_j(value, factor) * self._elapsed_s,
                contains=inside,
            )
        self.duration_s += self._elapsed_s
        self.samples += 1

    def measurement(self, **details: Any) -> Measurement:
        """The sum over the blocks.

        Raises:
            LogError: no block holds a power.
        """
        self._close()
        if not self._tally:
            raise self._source.error(
                None,
                "expected power lines in its blocks; run powermetrics with --samplers cpu_power,gpu_power",
            )
        warnings = unused_rows(self._source)
        if self._first and self._last:
            missing_s = (self._last - self._first).total_seconds() - self.duration_s
            if missing_s > _GAP_S:
                warnings.append(
                    f"the blocks cover {self.duration_s:.4g} s, {missing_s:.4g} s less than their stamps: "
                    "nothing was measured in between, and no energy is counted for it"
                )
        return imported(
            self._source,
            self._tally.energies(),
            format=self._format,
            duration_s=self.duration_s,
            warnings=warnings,
            started_at=self._first.astimezone(timezone.utc) if self._first else None,
            scope="soc",
            line=1,
            samples=self.samples,
            **details,
        )
