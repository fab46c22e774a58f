"""joule-profiler's phases, as CSV (one row a metric) and as JSON: one Measurement a phase."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wattwhat.logs.building.known_sensors import NVML, RAPL, TOOL_TOTAL, Sensor
from wattwhat.logs.building.stated_totals import Totals, short_text, text_of_value
from wattwhat.logs.parsing.cells import stamp, utc
from wattwhat.logs.parsing.named_rows import delimiter_of, named_rows
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["JouleProfiler"]

_NAMES = {"phase_id", "phase_name", "phase_duration_ms", "metric_name", "metric_value", "metric_unit"}
_METRIC = re.compile(r"(PACKAGE|CORE|UNCORE|DRAM|PSYS|GPU)-(\d{1,4})")
_KINDS: dict[str, tuple[str, Sensor]] = {
    "PACKAGE": ("cpu", RAPL),
    "CORE": ("core", RAPL),
    "UNCORE": ("uncore", RAPL),
    "DRAM": ("dram", RAPL),
    "PSYS": ("host", RAPL),
    "GPU": ("gpu", NVML),
}
_UNITS = {"µJ": "uJ", "μJ": "uJ", "uJ": "uJ", "mJ": "mJ", "J": "J", "kJ": "kJ"}
_METRICS_AT_MOST = 10_000


class JouleProfiler:
    """PSYS contains the packages and DRAM, a package its cores and uncore. Every metric states its unit."""

    name = "joule-profiler"

    def sniff(self, head: Head) -> int:
        """Its columns or keys."""
        if head.text.lstrip()[:1] == "{":
            node = head.json
            if isinstance(node, dict):
                return 90 if "mode" in node and ({"phases", "iterations"} & node.keys()) else 0
            return 70 if head.has('"token_pattern"', '"phases"', '"duration_ms"') else 0
        return 95 if set(head.cells(delimiter_of(head.first_line))) >= _NAMES else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a phase; phases follow each other, so they may be added."""
        head = head_of(source)
        phases: Iterator[tuple[int | None, dict[str, Any], list[Any]]]
        if head.text.lstrip()[:1] == "{":
            phases = _json_phases(source)
        else:
            phases = _csv_phases(source, delimiter_of(head.first_line))
        for line, phase, metrics in phases:
            yield from self._measurement(source, options, line, phase, metrics)

    def _measurement(
        self, source: Source, options: Options, line: int | None, phase: Mapping[str, Any], metrics: list[Any]
    ) -> Iterator[Measurement]:
        totals = Totals(source, options, format=self.name, line=line)
        duration_s = totals.seconds(phase.get("duration_ms"), 1e-3, "duration")
        names = [text_of_value(name) for name, _, _ in metrics]
        for name, value, unit in metrics:
            known = _UNITS.get(text_of_value(unit))
            if known is not None:
                _add(totals, text_of_value(name), value, known, names, duration_s)
        if text_of_value(phase.get("exit_code")) not in ("", "0"):
            totals.warn(f"the command ended with exit code {short_text(phase.get('exit_code'))}")
        begin = stamp(text_of_value(phase.get("timestamp")))
        yield from totals.measurement(
            label=short_text(phase.get("name")),
            duration_s=duration_s,
            started_at=utc(begin, options.timezone) if begin is not None else None,
            scope="cpu and gpu" if any(name.startswith("GPU-") for name in names) else "cpu",
            command=short_text(phase.get("command")),
            phase_id=short_text(phase.get("id")),
            iteration=short_text(phase.get("iteration")),
        )


def _add(
    totals: Totals, name: str, value: Any, unit: str, names: list[str], duration_s: float | None
) -> None:
    match = _METRIC.fullmatch(name)
    kind, number_of = match.groups() if match else ("", "")
    component, sensor = _KINDS.get(kind, ("rail", TOOL_TOTAL))
    if kind == "PACKAGE":
        inside = [totals.id_of(f"{part}-{number_of}") for part in ("CORE", "UNCORE")]
    elif kind == "PSYS":
        inside = [totals.id_of(other) for other in names if other.startswith(("PACKAGE-", "DRAM-"))]
    else:
        inside = []
    stale = (sensor.update_period_s, duration_s) if sensor.update_period_s else None
    totals.add(
        name[:80] or "metric", component, value, unit, sensor, contains=inside, stale_s=stale, rounded=True
    )


def _csv_phases(source: Source, delimiter: str) -> Iterator[tuple[int | None, dict[str, Any], list[Any]]]:
    """Rows of one phase follow each other."""
    key: tuple[str, ...] | None = None
    current: tuple[int, dict[str, Any], list[Any]] | None = None
    for row in named_rows(source, lambda names: set(names) >= _NAMES, delimiter):
        if not row.whole:
            source.problem(row.line, f"expected {len(row.header)} cells, found {len(row.all_cells)}")
            continue
        own = (row.get("iteration_id"), row.get("phase_id"), row.get("phase_name"), row.get("timestamp"))
        if own != key:
            if current is not None:
                yield current
            key = own
            phase = {"name": row.get("phase_name"), "duration_ms": row.get("phase_duration_ms"), "id": own[1],
                     "iteration": own[0]}  # fmt: skip
            phase.update({name: row.get(name) for name in ("timestamp", "command", "exit_code")})
            current = (row.line, phase, [])
        if current is not None:
            if len(current[2]) >= _METRICS_AT_MOST:
                raise source.error(row.line, f"expected at most {_METRICS_AT_MOST} metrics in one phase")
            if any(row.get("metric_name") == name for name, _, _ in current[2]):
                source.problem(
                    row.line,
                    f"expected {row.get('metric_name')[:40]!r} once in a phase, found it again, as where "
                    "rows or files come twice",
                )
                continue
            current[2].append((row.get("metric_name"), row.get("metric_value"), row.get("metric_unit")))
    if current is not None:
        yield current


def _json_phases(source: Source) -> Iterator[tuple[int | None, dict[str, Any], list[Any]]]:
    tree = source.json(max_mb=16.0)
    rounds = tree.get("iterations") if isinstance(tree.get("iterations"), list) else [tree]
    for number_of, round_ in enumerate(rounds):
        phases = round_.get("phases") if isinstance(round_, dict) else None
        if not isinstance(phases, list):
            source.problem(None, f"expected phases in iteration {number_of}")
            continue
        for phase in phases:
            metrics = phase.get("metrics") if isinstance(phase, dict) else None
            if not isinstance(metrics, list):
                source.problem(None, f"expected a phase with metrics in iteration {number_of}")
                continue
            about = {
                "name": " -> ".join(short_text(phase.get(f"{end}_token")) or "?" for end in ("start", "end")),
                "id": phase.get("index"),
                "iteration": number_of if len(rounds) > 1 else None,
                "command": tree.get("command"),
                "exit_code": round_.get("exit_code"),
            }
            about.update({name: phase.get(name) for name in ("duration_ms", "timestamp")})
            yield (
                None,
                about,
                [
                    (m.get("name"), m.get("value"), m.get("unit"))
                    for m in metrics[:_METRICS_AT_MOST]
                    if isinstance(m, dict)
                ],
            )
