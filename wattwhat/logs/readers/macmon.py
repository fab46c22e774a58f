"""macmon's JSON lines: watts of a Mac's chip and, where its controller tells, of the whole machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wattwhat.logs.building.known_sensors import APPLE
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import stamp
from wattwhat.logs.parsing.json_stream import values
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Macmon"]

# key -> device, component; all_power is CPU + GPU + ANE, sys_power the machine's total from the SMC
_KEYS = {
    "cpu_power": ("CPU", "cpu"),
    "gpu_power": ("GPU", "gpu"),
    "ane_power": ("ANE", "rail"),
    "ram_power": ("RAM", "dram"),
    "all_power": ("CPU + GPU + ANE", "soc"),
    "sys_power": ("machine", "host"),
}
_CHIP = ("CPU", "GPU", "ANE")


class Macmon:
    """The machine where it is readable, else the chip and its RAM; a sys_power of 0 is no reading."""

    name = "macmon"

    def sniff(self, head: Head) -> int:
        """Its keys in the first object."""
        return 90 if isinstance(head.json, dict) and head.json.keys() >= {"all_power", "cpu_power"} else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement."""
        trace = Trace(source, options, format=self.name, sensor=APPLE, component="soc")
        for device, component in _KEYS.values():
            trace.channel(device, component=component, contains=_inside(trace, device))
        factor = options.power_factor or 1.0
        seen = drew = False
        for line, sample in values(source):
            powers = _powers(sample)
            if powers is None:
                source.problem(line, "expected a sample with all_power and other powers of 0 W or more")
                continue
            at = stamp(str(sample["timestamp"])) if "timestamp" in sample else None
            if "timestamp" in sample and at is None:
                source.problem(line, f"expected a time in timestamp, found {sample['timestamp']!r:.40}")
                continue
            seen, drew = True, drew or powers.get("cpu_power", 0.0) > 0.0
            for key, watts in powers.items():
                device = _KEYS[key][0]
                if key == "sys_power" and watts == 0.0:
                    trace.missing(device)
                    continue
                t_s = trace.clock(at) if at else trace.tick(device, "; macmon's own default is 1")
                trace.add(device, t_s, watts * factor, line)
        if seen and not drew:
            trace.warn(
                "cpu_power is 0 in every sample: macmon could not read it, and all_power lacks the CPU"
            )
        yield from trace.measurements(scope="machine")


def _inside(trace: Trace, device: str) -> list[str]:
    inside = {"machine": ("CPU + GPU + ANE", *_CHIP, "RAM"), "CPU + GPU + ANE": _CHIP}.get(device, ())
    return [trace.channel_id(part) for part in inside]


def _powers(sample: Any) -> Mapping[str, float] | None:
    """Key to watts of those that are there; None if this is no sample."""
    if not isinstance(sample, dict) or "all_power" not in sample:
        return None
    powers = {key: sample[key] for key in _KEYS if sample.get(key) is not None}
    if not all(_is_number(value) for value in powers.values()):
        return None
    return {key: float(value) for key, value in powers.items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0.0 <= value < 1e300
