"""Shelly plugs and meters: apower in W and aenergy.total in Wh; the first generation counts watt-minutes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from wattwhat.logs.building.counted_power import CountedPower
from wattwhat.logs.building.device_messages import Message, messages
from wattwhat.logs.parsing.cells import Stamp, stamp
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.readers.tasmota import PLUG
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Shelly"]

_WH_J = 3600.0
_WATT_MINUTE_J = 60.0
_COMPONENT = re.compile(r"(switch|pm1|cover|light|em1data|emdata|em1|em):(\d{1,3})")
_KEYED = re.compile(r'"(?:em|em1|emdata|em1data):\d{1,3}"')
# Where each kind of component has its power and its counter (dots go deeper).
_POWERS = ("apower", "total_act_power", "act_power")
_COUNTERS = ("aenergy.total", "total_act", "total_act_energy")
_SOURCE = re.compile(r"(shelly[\w-]{1,60})", re.IGNORECASE)


class Shelly:
    """What hangs on each output; the counter or the power, whichever is known better; scope: plug."""

    name = "shelly"

    def sniff(self, head: Head) -> int:
        """The keys of its components."""
        if '"apower"' in head.text or '"aenergy"' in head.text:
            return 85
        meters = head.has('"meters"', '"is_valid"') or head.has('"emeters"', '"total"')
        return 80 if meters or _KEYED.search(head.text) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement; a message that tells of something else (temperature, input) is passed over."""
        plugs = CountedPower(source, options, self.name, PLUG, "wall")
        for message in messages(source):
            if not isinstance(message.value, dict):
                source.problem(message.line, "expected an object of a Shelly's status")
                continue
            at = _time(message)
            for reading in _readings(message):
                if reading.wrong:
                    source.problem(message.line, reading.wrong)
                    continue
                factor = options.energy_factor or reading.unit_j
                total = reading.total
                plugs.add(
                    reading.device,
                    at,
                    message.line,
                    power_w=reading.power_w,
                    energy_j=None if total is None else total * factor,
                    step_j=reading.step * factor,
                )
        yield from plugs.measurements(scope="plug")


@attrs.frozen
class _Reading:
    """What one component says, its counter in units of ``unit_j``, to a ``step`` of them."""

    device: str
    power_w: float | None = None
    total: float | None = None
    unit_j: float = _WH_J
    step: float = 1e-3
    wrong: str = ""


def _body(message: Message) -> Mapping[str, Any]:
    """The status inside a notification or the answer to a call."""
    value = message.value
    inner = next((value[key] for key in ("params", "result") if isinstance(value.get(key), dict)), value)
    return inner if isinstance(inner, dict) else {}


def _time(message: Message) -> Stamp | None:
    """When it was: its own time, the system's, the one printed before it, or the minute of its counter."""
    body = _body(message)
    system = body.get("sys")
    for holder, key in ((body, "ts"), (system, "unixtime"), (body, "unixtime")):
        value = holder.get(key) if isinstance(holder, dict) else None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            at = stamp(repr(float(value)))
            return None if at is None else Stamp(at.t_s, at.kind, 0.01 if key == "ts" else 1.0)
    if message.at is not None:
        return message.at
    minute = _at(body, "aenergy.minute_ts")
    at = None if minute is None else stamp(repr(minute))
    return None if at is None else Stamp(at.t_s, at.kind, 60.0)


def _readings(message: Message) -> Iterator[_Reading]:
    body, value = _body(message), message.value
    named = next(filter(None, map(_SOURCE.search, (str(value.get("src", "")), message.topic))), None)
    plug = named[1] if named else "Shelly"
    for key, part in body.items():
        component = _COMPONENT.fullmatch(key)
        if component is not None and isinstance(part, dict):
            yield from _component(f"{plug} {component[1].removesuffix('data')}:{component[2]}", part)
    if any(_at(body, name) is not None for name in (*_POWERS, *_COUNTERS)):
        topic = _COMPONENT.search(message.topic)
        number = topic[0] if topic else f"switch:{body.get('id', 0)!s:.3}"
        yield from _component(f"{plug} {number}", body)
    for key, unit_j, step in (("meters", _WATT_MINUTE_J, 1.0), ("emeters", _WH_J, 0.1)):
        several = body.get(key)
        for k, meter in enumerate(several[:64] if isinstance(several, list) else []):
            if isinstance(meter, dict) and meter.get("is_valid") is not False:
                power, total = _at(meter, "power"), _at(meter, "total")
                yield _checked(_Reading(f"{plug} {key[:-1]} {k}", power, total, unit_j, step))


def _component(device: str, part: Mapping[str, Any]) -> Iterator[_Reading]:
    power = next((one for name in _POWERS if (one := _at(part, name)) is not None), None)
    total = next((one for name in _COUNTERS if (one := _at(part, name)) is not None), None)
    if power is not None or total is not None:
        yield _checked(_Reading(device, power, total))


def _checked(reading: _Reading) -> _Reading:
    """The reading, or what is wrong with it: a plug that feeds in shows a power below 0."""
    if reading.power_w is not None and reading.power_w < 0.0:
        wrong = f"expected a power of 0 W or more from {reading.device}, found {reading.power_w:g} W"
        return attrs.evolve(reading, wrong=f"{wrong}: what feeds in is not what a computer took")
    return reading


def _at(part: Mapping[str, Any], path: str) -> float | None:
    """The number at a path with dots, or None."""
    value: Any = part
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
    return float(value) if known else None
