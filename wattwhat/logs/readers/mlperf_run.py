"""The files beside an MLPerf power log: window, scenario, samples, accuracy and the zone of the clocks."""

from __future__ import annotations

import json
import re
from typing import Any

import attrs

from wattwhat.errors import LogError
from wattwhat.logs.parsing.cells import number, stamp
from wattwhat.logs.source import Source

__all__ = ["MlperfRun", "run_beside"]

_SPL = "spl.txt"
_ACCURACY = re.compile(r"accuracy=([\d.]{1,12})%.{0,80}?(?:total=(\d{1,12}))?\s*$", re.MULTILINE)
_RATES = (
    re.compile(r"^Samples per second\s*: ([\d.e+]{1,30})\s*$", re.MULTILINE),
    re.compile(r"^(?:Completed|Scheduled) samples per second\s*: ([\d.e+]{1,30})\s*$", re.MULTILINE),
    re.compile(r"^QPS w/o loadgen overhead\s*: ([\d.e+]{1,30})\s*$", re.MULTILINE),
)
_EXACT = ("result_samples_per_second", "result_qps_without_loadgen_overhead")


@attrs.define
class MlperfRun:
    """What is known of the run.

    Args:
        window_s: power_begin and power_end in s on the clock of the detail log, or None.
        scenario: SingleStream, Offline, ...
        system: what loadgen calls the system under test, or None.
        rate: samples per second, or None.
        accuracy: a fraction, or None.
        test_items: how many items the accuracy is of, or None.
        analyzer_west_s: what is added to the analyzer's local times to make them UTC.
        has_zone: whether that is known.
    """

    window_s: tuple[float, float] | None = None
    scenario: str | None = None
    system: str | None = None
    rate: float | None = None
    accuracy: float | None = None
    test_items: int | None = None
    analyzer_west_s: float = 0.0
    has_zone: bool = False

    @property
    def items(self) -> float | None:
        """Samples in the window: whole ones, rate times its length."""
        if self.rate is None or self.window_s is None:
            return None
        return float(round(self.rate * (self.window_s[1] - self.window_s[0])))


def run_beside(source: Source) -> MlperfRun:
    """What the neighbours of an spl.txt say; all of them may be absent.

    The detail log's times are UTC; server.json's timezone is what the analyzer's machine lies west of
    it, in s (as Python's time.timezone counts, which is what its writer uses; not seen other than 0 here).
    """
    run = MlperfRun()
    detail = source.sibling(_SPL, "mlperf_log_detail.txt")
    if detail is not None:
        _read_detail(detail, run)
    summary = source.sibling(_SPL, "mlperf_log_summary.txt")
    if summary is not None and run.rate is None:
        text = _text(summary)
        rates = (match for rate in _RATES if (match := rate.search(text)))
        run.rate = next((number(match[1]) for match in rates), None)
    accuracy = source.sibling(_SPL, "accuracy.txt") or source.relative("../../accuracy/accuracy.txt")
    if accuracy is not None:
        _read_accuracy(_text(accuracy), run)
    server = source.sibling(_SPL, "server.json") or source.relative("../power/server.json")
    if server is not None:
        _read_zone(server, run)
    source.sibling(_SPL, "client.json")
    return run


def _text(source: Source) -> str:
    try:
        return source.text(max_mb=4.0)
    except (LogError, OSError):
        return ""


def _read_detail(detail: Source, run: MlperfRun) -> None:
    values: dict[str, Any] = {}
    for _, text in detail.lines():
        _, marker, rest = text.partition(":::MLLOG ")
        if not marker:
            continue
        try:
            entry = json.loads(rest)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and isinstance(entry.get("key"), str):
            values[entry["key"]] = entry.get("value")
    begin, end = (stamp(str(values.get(key))) for key in ("power_begin", "power_end"))
    if begin is not None and end is not None and begin.t_s < end.t_s:
        run.window_s = (begin.t_s, end.t_s)
    scenario = values.get("effective_scenario")
    run.scenario = scenario if isinstance(scenario, str) else None
    system = values.get("sut_name")
    run.system = system[:200] if isinstance(system, str) and system.strip() else None
    rate = next((values[key] for key in _EXACT if isinstance(values.get(key), (int, float))), None)
    per_query = values.get("effective_samples_per_query", 1)
    if rate is not None and 0 < rate < 1e12 and per_query == 1:
        run.rate = float(rate)


def _read_accuracy(text: str, run: MlperfRun) -> None:
    match = _ACCURACY.search(text)
    percent = number(match[1]) if match else None
    if match and percent is not None and percent <= 100.0:
        run.accuracy = round(percent / 100.0, 12)
        run.test_items = int(match[2]) if match[2] else None


def _read_zone(server: Source, run: MlperfRun) -> None:
    try:
        data = server.json(max_mb=4.0)
    except LogError:
        return
    zone = data.get("timezone") if isinstance(data, dict) else None
    if isinstance(zone, (int, float)) and not isinstance(zone, bool) and abs(zone) <= 50_400:
        run.analyzer_west_s, run.has_zone = float(zone), True
