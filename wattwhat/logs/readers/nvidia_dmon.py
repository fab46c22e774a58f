"""nvidia-smi dmon: power columns of GPUs under headers that begin with a hash; often without any time."""

from __future__ import annotations

from collections.abc import Iterator

from wattwhat.logs.building.known_sensors import NVML
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import is_index, is_missing, number, stamp
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["NvidiaDmon"]

_DAY_S = 86_400.0
_HINT = "; dmon's own default is 1"


class NvidiaDmon:
    """Power by GPU in whole watts; scope: the GPU boards."""

    name = "nvidia-smi-dmon"

    def sniff(self, head: Head) -> int:
        """A first line that begins with a hash and names the columns of dmon."""
        names = _cells(head.first_line[1:])
        known = {"pwr", "gtemp", "mtemp", "sm", "mem", "enc", "dec", "mclk", "pclk", "pviol", "fb"}
        return 85 if head.first_line.startswith("#") and "gpu" in names and known & set(names) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement, each GPU a channel."""
        trace = Trace(source, options, format=self.name, sensor=NVML, component="gpu")
        factor = options.power_factor or 1.0
        columns: list[str] = []
        clock = _Clock()
        for line, text in source.lines():
            cells = _cells(text)
            if text.lstrip().startswith("#"):
                named = _cells(text.lstrip()[1:])
                columns = named if "gpu" in named else columns
                if columns and "pwr" not in columns:
                    raise source.error(
                        line, f"expected a column pwr, found {' '.join(columns)}; log with dmon -s p"
                    )
                continue
            if not cells:
                continue
            if not columns:
                raise source.error(line, "expected a header that begins with a hash and names gpu and pwr")
            if len(cells) != len(columns) or not is_index(cells[columns.index("gpu")]):
                source.problem(
                    line, f"expected {len(columns)} cells with the GPU's number, found {text.strip()!r:.80}"
                )
                continue
            device = f"GPU {int(cells[columns.index('gpu')])}"
            t_s = clock.read(dict(zip(columns, cells, strict=False)), trace)
            at_s = trace.tick(device, _HINT) if t_s is None else t_s
            cell = cells[columns.index("pwr")]
            power = number(cell)
            if power is not None and power >= 0.0:
                trace.channel(device, resolution=1.0 * factor)
                trace.add(device, at_s, power * factor, line)
            elif is_missing(cell):
                trace.missing(device)
            else:
                source.problem(line, f"expected a power, found {cell!r:.60}")
        yield from trace.measurements(scope="gpu")


class _Clock:
    """The time of a row that has a date and a time, or a time of the day only."""

    def __init__(self) -> None:
        self._days = 0
        self._last_s = 0.0

    def read(self, row: dict[str, str], trace: Trace) -> float | None:
        if "time" not in row:
            return None
        moment = stamp(f"{row.get('date', '19700101')} {row['time']}")
        if moment is None:
            return None
        t_s = trace.clock(moment)
        if "date" in row:
            return t_s
        if t_s < self._last_s - _DAY_S / 2.0:
            self._days += 1
        self._last_s = t_s
        return t_s + _DAY_S * self._days


def _cells(text: str) -> list[str]:
    return text.replace(",", " ").lower().split()
