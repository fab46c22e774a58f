"""MLPerf power: the analyzer's spl.txt cut to the window of its detail log, with samples and accuracy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import attrs

from wattwhat.logs.building.known_sensors import WALL_ANALYZER
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import Stamp, number, stamp
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.readers.mlperf_run import MlperfRun, run_beside
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["MlperfPower"]

_LINE = re.compile(r"Time,(\d\d-\d\d-\d{4} \d\d:\d\d:\d\d(?:\.\d+)?),(?:[^,]*,)*?Watts,")


class MlperfPower:
    """Wall power of the system under test, as a power analyzer logged it."""

    name = "mlperf-power"

    def sniff(self, head: Head) -> int:
        """The analyzer's line: Time, Watts, Volts, Amps."""
        return 95 if any(_LINE.match(line[:400]) for line in head.lines[:20]) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement of the window between power_begin and power_end; the ranging run is left out."""
        run = run_beside(source)
        trace = Trace(source, options, format=self.name, sensor=WALL_ANALYZER, component="wall")
        if run.window_s is None:
            trace.warn(
                "no mlperf_log_detail.txt with power_begin and power_end lies beside it: the whole log was "
                "integrated, the time before and after the run included"
            )
        windows: dict[str | None, _Window] = {}
        others: set[str] = set()
        for line, text in source.lines():
            if not text.strip():
                continue
            sample = _parse(text)
            if sample is None:
                source.problem(
                    line, f"expected Time,MM-DD-YYYY hh:mm:ss,Watts,number,..., found {text.strip()!r:.80}"
                )
                continue
            if sample.mark.endswith("ranging"):
                others.add(sample.mark)
                continue
            t_s = sample.t_s + run.analyzer_west_s
            trace.clock(attrs.evolve(sample.stamp, t_s=t_s, kind="utc" if run.has_zone else "local"))
            for channel, power_w in sample.powers.items():
                window = windows.setdefault(channel, _Window(run.window_s))
                for at_s, watts in window.cut(t_s, power_w * (options.power_factor or 1.0)):
                    trace.add(channel, at_s, watts, line)
        if others and not windows:
            raise source.error(
                None, f"expected the testing run, found only the ranging run ({', '.join(others)})"
            )
        if None in windows and len(windows) > 1:
            trace.channel(None, contains=[trace.channel_id(name) for name in windows if name is not None])
        for window in windows.values():
            window.check(source)
        yield from trace.measurements(**_known(run))


def _known(run: MlperfRun) -> dict[str, Any]:
    counted = {"accuracy": run.accuracy, "n_test": run.test_items}
    return {
        "label": run.system,
        "items": run.items,
        "metrics": {} if run.accuracy is None else {k: v for k, v in counted.items() if v is not None},
        "scope": "wall",
        "scenario": run.scenario,
    }


@attrs.frozen
class _Sample:
    stamp: Stamp
    t_s: float
    mark: str
    powers: dict[str | None, float]


def _parse(text: str) -> _Sample | None:
    """Names and values in turn: Time, stamp, Watts, number, ...; Ch1 before a channel's own; Mark."""
    cells = text.strip().split(",")
    if len(cells) < 4 or cells[0] != "Time":
        return None
    moment = stamp(cells[1])
    if moment is None:
        return None
    powers: dict[str | None, float] = {}
    channel: str | None = None
    mark = ""
    rest = iter(cells[2:])
    for name in rest:
        if re.fullmatch(r"Ch\d+", name):
            channel = name
            continue
        value = next(rest, None)
        if value is None or not name[:1].isalpha():
            return None  # names and values are out of step
        if name == "Watts":
            watts = number(value)
            if watts is None or watts < 0.0:
                return None
            powers.setdefault(channel, watts)
        elif name == "Mark":
            mark = value
    return _Sample(moment, moment.t_s, mark, powers) if powers else None


class _Window:
    """Cuts samples to a window, with the power at its edges on the line between two samples."""

    def __init__(self, window_s: tuple[float, float] | None) -> None:
        self._window_s = window_s
        self._before: tuple[float, float] | None = None
        self._range: tuple[float, float] | None = None

    def cut(self, t_s: float, power_w: float) -> Iterator[tuple[float, float]]:
        before, self._before = self._before, (t_s, power_w)
        self._range = (self._range[0] if self._range else t_s, t_s)
        if self._window_s is None:
            yield t_s, power_w
            return
        begin, end = self._window_s
        for edge in (begin, end):
            if before is not None and before[0] < edge < t_s:
                share = (edge - before[0]) / (t_s - before[0])
                if (edge == end and begin <= t_s) or edge == begin:
                    yield edge, before[1] + share * (power_w - before[1])
        if begin <= t_s <= end:
            yield t_s, power_w

    def check(self, source: Source) -> None:
        """Refuse a window that the samples do not cover."""
        if self._window_s is None or self._range is None:
            return
        begin, end = self._window_s
        if self._range[0] > begin or self._range[1] < end:
            raise source.error(
                None,
                "expected samples from power_begin to power_end, but the log covers only a part of it, "
                "or its clock is in another zone",
            )
