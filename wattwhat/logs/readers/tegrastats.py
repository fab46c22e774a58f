"""tegrastats of all Jetson boards: rails in mW, a total beside its parts, stamps or none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wattwhat.logs.building.known_sensors import INA3221
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import stamp
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Tegrastats"]

# current/average, since JetPack 6 perhaps /maximum; the average is a running mean and not used. A memory
# such as "RAM 936/3964MB" has a unit directly behind it.
_RAIL = re.compile(
    r"(?<!\S)([A-Z][A-Z0-9_]*) (-?\d{1,9})(?:mW)?/-?\d{1,9}(?:mW)?(?:/-?\d{1,9}(?:mW)?)?(?!\S)"
)
_MEMORY = re.compile(r"(?<!\S)RAM \d{1,9}/\d{1,9}[MG]B")
_STAMP = re.compile(r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d")
# What the whole module (or board) draws; the other rails are parts of it.
_TOTALS = ("VDD_IN", "POM_5V_IN", "VIN")
# Boards without such a rail: these add up to the module (NVIDIA's developer guide for AGX Orin and Xavier).
_SUMS = (
    ("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"),
    ("GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"),
)


class Tegrastats:
    """Power of a Jetson's module: its input rail, else the rails that add up to it; scope: the module."""

    name = "tegrastats"

    def sniff(self, head: Head) -> int:
        """Memory or processors and a rail in one line; or, of a log that was cut to it, a rail in mW."""
        lines = head.lines[:20]
        whole = [line for line in lines if _MEMORY.search(line) or "CPU [" in line]
        if any(_RAIL.search(line) for line in whole):
            return 90
        if any("RAM " in line and "CPU [" in line for line in whole):
            return 60
        return 70 if any("mW/" in line and _RAIL.search(line) for line in lines) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement, each rail a channel; a total is counted, and its parts are kept uncounted."""
        trace = Trace(source, options, format=self.name, sensor=INA3221, component="rail")
        factor = options.power_factor or 1e-3
        rails: dict[str, int] = {}
        dated: bool | None = None
        for line, text in source.lines():
            if not text.strip():
                continue
            powers_mw = {name: int(value) for name, value in _RAIL.findall(text)}
            first = _STAMP.match(text.lstrip())
            if dated is None and powers_mw:
                dated = first is not None
                rails = _structure(powers_mw, trace)
            moment = stamp(first[0]) if first else None
            complaint = _complaint(powers_mw, rails, text, dated, moment is not None)
            if complaint:
                source.problem(line, complaint)
                continue
            tick = trace.clock(moment) if moment else trace.tick(None, "; tegrastats' own default is 1")
            for name in rails:
                if powers_mw.get(name, -1) >= 0:
                    trace.add(name, tick, powers_mw[name] * factor, line)
        yield from trace.measurements(scope="module")


def _complaint(
    powers_mw: dict[str, int], rails: dict[str, int], text: str, dated: bool | None, has_time: bool
) -> str | None:
    """What is wrong with this line, or None."""
    if not powers_mw:
        return f"expected a rail such as VDD_IN 5000mW/5000mW, found {text.strip()[-60:]!r}"
    needed = [name for name, counted in rails.items() if counted]
    lacking = [name for name in needed if name not in powers_mw]
    if lacking:
        return f"expected {', '.join(needed)}, but {', '.join(lacking)} is missing: a line that is cut off"
    negative = [name for name in needed if powers_mw[name] < 0]
    if negative:
        return f"expected a power of 0 or more, found {powers_mw[negative[0]]} on {negative[0]}"
    if dated and not has_time:
        return "expected a time at the beginning, as the lines before have"
    return None


def _structure(powers_mw: dict[str, int], trace: Trace) -> dict[str, int]:
    """Every rail, with 1 where its energy is counted, and what contains what told to the trace."""
    total = next((name for name in _TOTALS if name in powers_mw), None)
    counted = next((rails for rails in _SUMS if powers_mw.keys() >= set(rails)), None)
    if total is not None:
        inside = [trace.channel_id(name) for name in powers_mw if name != total]
        trace.channel(total, component="module", contains=inside)
        return {name: int(name == total) for name in powers_mw}
    if counted is None:
        trace.warn(
            f"this board's rails ({', '.join(powers_mw)}) are not known here; their sum was taken, which "
            "counts twice if one of them feeds another"
        )
        return dict.fromkeys(powers_mw, 1)
    others = [name for name in powers_mw if name not in counted]
    if others:
        # The remaining rails of AGX Orin (VDDQ_VDD2_1V8AO) are fed from the 5 V of the system.
        trace.channel(counted[-1], contains=[trace.channel_id(name) for name in others])
    return {name: int(name in counted) for name in powers_mw}
