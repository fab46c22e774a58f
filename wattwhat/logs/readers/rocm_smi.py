"""rocm-smi --json and --csv: power by card in snapshots one after the other, without any time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from wattwhat.logs.building.counter_series import Counting
from wattwhat.logs.building.interval_energies import Tally
from wattwhat.logs.building.known_sensors import AMD_SMU
from wattwhat.logs.building.measurement import imported, unused_rows
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import is_missing, number
from wattwhat.logs.parsing.csv_rows import csv_rows
from wattwhat.logs.parsing.json_stream import values
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["RocmSmi"]

# Which of them a card has depends on its generation; where both are present, one is N/A.
_POWERS = (
    "Average Graphics Package Power (W)",
    "Current Socket Graphics Package Power (W)",
    "Average Socket Graphics Package Power (W)",
    "Current Graphics Package Power (W)",
    "Socket Power (W)",
)
_ENERGY = "Accumulated Energy (uJ)"


class RocmSmi:
    """Power or an energy counter by card; scope: the GPUs."""

    name = "rocm-smi"

    def sniff(self, head: Head) -> int:
        """Its names of powers, in JSON or in a CSV header."""
        if not head.text.lstrip().startswith(("{", "[", "device", "card")):
            return 0
        return 85 if any(name in head.text for name in (*_POWERS, _ENERGY)) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement, each card a channel; the counter is taken where there is one."""
        rows = _json_rows(source) if head_of(source).is_json else _csv_rows(source)
        trace = Trace(source, options, format=self.name, sensor=AMD_SMU, component="gpu")
        tally, counting = Tally(source, self.name, AMD_SMU), Counting(source)
        count: dict[str, int] = {}
        for line, card, row in rows:
            count[card] = count.get(card, 0) + 1
            counter = number(row.get(_ENERGY, ""))
            if counter is not None and counter >= 0.0:
                step_j = counting.step(card, counter * (options.energy_factor or 1e-6), line)
                if step_j is not None:
                    tally.add(card, "gpu", step_j)
                continue
            cells = [row[name] for name in _POWERS if name in row]
            power_w = next(
                (value for cell in cells if (value := number(cell)) is not None and value >= 0.0), None
            )
            if power_w is not None:
                trace.add(
                    card,
                    trace.tick(card, "") if count[card] > 1 or options.interval_s else 0.0,
                    power_w,
                    line,
                )
            elif all(is_missing(cell) for cell in cells) and cells:
                trace.missing(card)
            else:
                source.problem(
                    line, f"expected one of {', '.join(_POWERS[:2])} for {card}, found {str(cells)[:60]}"
                )
        if not tally:
            yield from trace.measurements(scope="gpu")
            return
        span_s = options.interval_s * (max(count.values()) - 1) if options.interval_s else None
        yield imported(
            source,
            tally.energies(),
            format=self.name,
            duration_s=span_s,
            warnings=unused_rows(source),
            scope="gpu",
            line=1,
        )


def _json_rows(source: Source) -> Iterator[tuple[int, str, dict[str, str]]]:
    for line, snapshot in values(source):
        if not isinstance(snapshot, dict):
            source.problem(line, "expected an object with cards")
            continue
        for card, row in snapshot.items():
            if card.startswith("card") and isinstance(row, dict):
                yield line, card, {name: _cell(value) for name, value in row.items()}


def _cell(value: Any) -> str:
    return str(value) if isinstance(value, (str, int, float)) else ""


def _csv_rows(source: Source) -> Iterable[tuple[int, str, dict[str, str]]]:
    header: list[str] = []
    for line, row in csv_rows(source):
        if row[0] == "device":
            header = row
        elif len(row) != len(header) or not row[0].startswith("card"):
            source.problem(
                line, f"expected {len(header)} cells beginning with a card, found {','.join(row)[:60]!r}"
            )
        else:
            yield line, row[0], dict(zip(header, row, strict=False))
