"""Older Zeus files: the power monitor's samples in mW, and tables of mean power by setting."""

from __future__ import annotations

from collections.abc import Iterator

from wattwhat.logs.building.known_sensors import NVML
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.building.row_facts import RowFacts
from wattwhat.logs.building.stated_totals import Totals, short_text
from wattwhat.logs.parsing.cells import is_missing, number, stamp
from wattwhat.logs.parsing.named_rows import NamedRow, named_rows
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["ZeusPower", "ZeusTrace"]


class ZeusPower:
    """zeus_monitor's log of one GPU: Time and Power in mW; its last line is often cut off and not used."""

    name = "zeus-power"

    def sniff(self, head: Head) -> int:
        """Exactly its two columns, in its spelling, over whole numbers of mW."""
        if [cell.strip() for cell in head.first_line.replace('"', "").split(",")] != ["Time", "Power"]:
            return 0
        cells = [line.replace('"', "").split(",") for line in head.lines[1:20] if line.count(",") == 1]
        return 60 if cells and all(cell[1].strip().isdigit() for cell in cells[:-1] or cells) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement."""
        trace = Trace(source, options, format=self.name, sensor=NVML, component="gpu")
        factor = options.power_factor or 1e-3
        before: NamedRow | None = None
        for row in named_rows(source, lambda names: names == ("time", "power")):
            if before is not None and _follows(before, row):
                _sample(source, trace, before, factor)
            before = row
        # The monitor is killed while it writes: even a line that looks whole may lack digits.
        trace.warn("the last line was left out, as zeus does: the monitor is stopped while it writes it")
        yield from trace.measurements(scope="gpu")


def _follows(before: NamedRow, row: NamedRow) -> bool:
    """Whether a row is of the same run; where the time goes back, the one before is the last of its run."""
    earlier, later = stamp(before.get("Time")), stamp(row.get("Time"))
    return earlier is None or later is None or not row.whole or later.t_s >= earlier.t_s


def _sample(source: Source, trace: Trace, row: NamedRow, factor: float) -> None:
    moment, power = stamp(row.get("Time")), number(row.get("Power"))
    if row.whole and is_missing(row.get("Power")):
        trace.missing(None)
    elif moment is None or power is None or power < 0.0 or not row.whole:
        source.problem(row.line, f"expected a time and a power in mW, found {','.join(row.all_cells)!r:.80}")
    else:
        trace.add(None, trace.clock(moment), power * factor, row.line)


_EPOCH = {"network", "batch_size", "power_limit", "time_per_epoch", "average_power"}
_OWN = ("time_per_epoch", "average_power")
_TARGET = {"network", "batch_size", "target_metric", "target_epoch"}


class ZeusTrace:
    """summary_power: seconds and mean watts of an epoch; summary_train holds epochs only and is refused."""

    name = "zeus-trace"

    def sniff(self, head: Head) -> int:
        """Its columns."""
        names = set(head.cells())
        return 90 if names >= _EPOCH or names >= _TARGET else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement an epoch of each setting."""
        any_sample = False
        ahead = source.ahead()
        facts = RowFacts(
            options,
            lambda: (row.cells for row in named_rows(ahead, lambda names: set(names) >= _EPOCH)),
            _OWN,
        )
        for row in named_rows(source, lambda names: set(names) >= _EPOCH):
            any_sample = True
            yield from self._epoch(source, options, row, facts)
        if not any_sample:
            raise source.error(
                1,
                "holds epochs to reach a target and no energy; expected time_per_epoch and average_power "
                "(summary_power), whose product times target_epoch is the energy to the target",
            )

    def _epoch(
        self, source: Source, options: Options, row: NamedRow, facts: RowFacts
    ) -> Iterator[Measurement]:
        totals = Totals(source, options, format=self.name, line=row.line)
        duration_s, power = totals.seconds(row.get("time_per_epoch")), number(row.get("average_power"))
        if duration_s is None or power is None or power < 0.0 or not row.whole:
            source.problem(
                row.line, f"expected seconds and watts of an epoch, found {','.join(row.all_cells)!r:.90}"
            )
            return
        power_w = power * (options.power_factor or 1.0)
        totals.add("GPU", "gpu", power_w * duration_s, "J", NVML, factor=1.0)
        yield from totals.measurement(
            **facts.of(totals, row.cells),
            label=short_text(row.get("network")),
            duration_s=duration_s,
            calls=1,
            scope="gpu",
            call="epoch",
            power_limit_w=number(row.get("power_limit")),
        )
