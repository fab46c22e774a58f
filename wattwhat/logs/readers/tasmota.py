"""Tasmota plugs: Power in W and Total in kWh of the wall socket, as MQTT telemetry or as a status."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wattwhat.logs.building.counted_power import CountedPower
from wattwhat.logs.building.device_messages import Message, messages
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.parsing.cells import stamp
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["PLUG", "Tasmota"]

PLUG = Sensor(
    "the plug's metering chip", 0.02, False, note="ours; 1 to 2 % after calibration, more without it"
)
_KWH_J = 3.6e6
# EnergyRes, which says how many decimals Total has, is 3 unless somebody changed it.
_STEP_KWH = 1e-3
_TOPIC = re.compile(r"(?:tele|stat)/(.{1,80})/[A-Z0-9]+")


class Tasmota:
    """What hangs on the plug; the counter or the power, whichever is known better; scope: plug.

    Today and Yesterday begin anew at midnight and are not used. The three decimals of Total are steps
    of 3.6 kJ.
    """

    name = "tasmota"

    def sniff(self, head: Head) -> int:
        """Its ENERGY object with a total or a power."""
        return 85 if head.has('"ENERGY"') and ('"Total"' in head.text or '"Power"' in head.text) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement; each plug, and each channel of one, is a channel."""
        plugs = CountedPower(source, options, self.name, PLUG, "wall")
        for message in messages(source):
            status, energy = _energy(message.value)
            if energy is None:
                source.problem(message.line, "expected a message with ENERGY, as a plug that meters sends")
                continue
            _take(source, options, plugs, message, status, energy)
        yield from plugs.measurements(scope="plug")


def _energy(value: Any) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """The object with Time in it, and its ENERGY, of telemetry or of the answer to Status 8 or 10."""
    if not isinstance(value, dict):
        return {}, None
    status = next((value[key] for key in ("StatusSNS", "cid") if isinstance(value.get(key), dict)), value)
    energy = status.get("ENERGY")
    return status, energy if isinstance(energy, dict) else None


def _take(
    source: Source,
    options: Options,
    plugs: CountedPower,
    message: Message,
    status: Mapping[str, Any],
    energy: Mapping[str, Any],
) -> None:
    topic = _TOPIC.search(message.topic)
    plug = topic[1] if topic else "plug"
    at = stamp(str(status["Time"])) if "Time" in status else message.at
    powers, totals = _numbers(energy.get("Power")), _numbers(energy.get("Total"))
    if (at is None and "Time" in status) or powers is None or totals is None or not (powers or totals):
        readings = {key: energy.get(key) for key in ("Power", "Total")}
        source.problem(
            message.line, f"expected Power in W or Total in kWh and a Time, found {readings!r:.80}"
        )
        return
    if len(totals) == 1 and len(powers) > 1:
        powers = [sum(powers)]  # one counter for all channels of the plug
    factor = options.energy_factor or _KWH_J
    began = str(energy.get("TotalStartTime", ""))[:40]
    for k in range(max(len(powers), len(totals))):
        power_w = powers[k] if k < len(powers) else None
        total = totals[k] if k < len(totals) else None
        plugs.add(
            f"{plug} {k + 1}" if max(len(powers), len(totals)) > 1 else plug,
            at,
            message.line,
            power_w=power_w,
            energy_j=None if total is None else total * factor,
            step_j=_STEP_KWH * factor,
            series=began,
        )


def _numbers(value: Any) -> list[float] | None:
    """A number, or one for each channel of a plug; empty where there is none, None where it is no number."""
    several = value if isinstance(value, list) else [] if value is None else [value]
    try:
        numbers = [float(one) for one in several if not isinstance(one, bool)]
    except (TypeError, ValueError, OverflowError):
        return None
    known = all(0.0 <= number < 1e300 for number in numbers) and len(numbers) == len(several) <= 64
    return numbers if known else None
