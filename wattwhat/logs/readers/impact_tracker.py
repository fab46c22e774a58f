"""experiment-impact-tracker's data.json: one object a line, total and attributed power; never its pickle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattwhat.logs.building.known_sensors import NVML, RAPL
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import Stamp, stamp
from wattwhat.logs.parsing.json_stream import values
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["ImpactTracker"]

# what the machine drew -> what the tool attributes to the experiment, a part of it
_POWERS = {
    "rapl_power_draw_absolute": ("cpu", RAPL, "rapl_estimated_attributable_power_draw"),
    "nvidia_draw_absolute": ("gpu", NVML, "nvidia_estimated_attributable_power_draw"),
}


class ImpactTracker:
    """Power of CPU and GPUs; the machine's is counted, the experiment's estimated share is kept uncounted."""

    name = "experiment-impact-tracker"

    def sniff(self, head: Head) -> int:
        """Its keys in the first object."""
        known = {*_POWERS, *(share for _, _, share in _POWERS.values())}
        return 90 if isinstance(head.json, dict) and known & head.json.keys() else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement; PUE is not applied."""
        trace = Trace(source, options, format=self.name, sensor=RAPL, component="cpu")
        factor = options.power_factor or 1.0
        for name, (component, sensor, share) in _POWERS.items():
            trace.channel(share, component=component, sensor=sensor)
            trace.channel(name, component=component, sensor=sensor, contains=[trace.channel_id(share)])
        for line, row in values(source):
            moment = _moment(row)
            if moment is None:
                source.problem(line, f"expected an object with a timestamp, found {str(row)[:60]}")
                continue
            t_s = trace.clock(moment)
            for name in (name for whole, (_, _, share) in _POWERS.items() for name in (whole, share)):
                power_w = row.get(name)
                if power_w is None:
                    continue
                if (
                    isinstance(power_w, bool)
                    or not isinstance(power_w, (int, float))
                    or not 0 <= power_w < 1e300
                ):
                    source.problem(
                        line, f"expected a power of 0 W or more in {name}, found {str(power_w)[:40]!r}"
                    )
                    continue
                trace.add(name, t_s, float(power_w) * factor, line)
        yield from trace.measurements(scope="machine")


def _moment(row: Any) -> Stamp | None:
    value = row.get("timestamp") if isinstance(row, dict) else None
    if isinstance(value, str):
        return stamp(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e300:
        return None
    return stamp(repr(float(value)))
