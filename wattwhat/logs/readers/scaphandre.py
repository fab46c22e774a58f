"""scaphandre's JSON exporter: a stream or an array of reports in microwatts, host and sockets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattwhat.logs.building.known_sensors import RAPL
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import stamp
from wattwhat.logs.parsing.json_stream import values
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Scaphandre"]

_DOMAINS = {"dram": "dram", "core": "core", "uncore": "uncore", "gpu": "uncore", "psys": "host"}


class Scaphandre:
    """Power of the host, with sockets and their domains inside; processes are shares of it and left out."""

    name = "scaphandre"

    def sniff(self, head: Head) -> int:
        """A host with a consumption in the first report."""
        first = head.json
        if isinstance(first, dict):
            host = first.get("host")
            return 90 if isinstance(host, dict) and {"consumption", "timestamp"} <= host.keys() else 0
        return 70 if head.has('"host"', '"consumption"', '"timestamp"') else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement."""
        trace = Trace(source, options, format=self.name, sensor=RAPL, component="cpu")
        factor = options.power_factor or 1e-6
        settled = False
        for line, report in values(source):
            powers = _powers(report)
            moment = stamp(repr(float(report["host"]["timestamp"]))) if powers else None
            if powers is None or moment is None:
                source.problem(line, "expected a report with host, consumption and timestamp")
                continue
            if not settled:
                for device, (component, inside, _) in powers.items():
                    trace.channel(device, component=component, contains=[trace.channel_id(x) for x in inside])
                settled = True
            t_s = trace.clock(moment)
            for device, (_, _, microwatts) in powers.items():
                trace.add(device, t_s, microwatts * factor, line)
        yield from trace.measurements(scope="machine")


def _powers(report: Any) -> dict[str, tuple[str, list[str], float]] | None:
    """Device -> component, devices inside it, microwatts; None if this is no report."""
    host = report.get("host") if isinstance(report, dict) else None
    if (
        not isinstance(host, dict)
        or not _is_number(host.get("timestamp"))
        or not _is_number(host.get("consumption"))
    ):
        return None
    powers: dict[str, tuple[str, list[str], float]] = {}
    sockets: list[str] = []
    for socket in _objects(report.get("sockets")):
        name = f"socket {socket.get('id')}"
        if not _is_number(socket.get("consumption")):
            continue
        domains = []
        for domain in _objects(socket.get("domains")):
            if _is_number(domain.get("consumption")):
                part = f"{name} {domain.get('name')}"
                domains.append(part)
                powers[part] = (
                    _DOMAINS.get(str(domain.get("name")), "rail"),
                    [],
                    float(domain["consumption"]),
                )
        sockets.append(name)
        powers[name] = ("cpu", domains, float(socket["consumption"]))
    powers["host"] = ("host", [*powers], float(host["consumption"]))
    return powers


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e300
