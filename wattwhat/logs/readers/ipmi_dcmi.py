"""ipmitool dcmi power reading, again and again: what a server's BMC says that the machine draws."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone

import attrs

from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import Stamp, number, stamp
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["IpmiDcmi"]

_SENSOR = Sensor(
    "the BMC's power reading (DCMI)",
    0.029,
    False,
    update_period_s=1.0,
    averaging_window_s=1.0,
    note="+-5 % taken: the power supplies' own monitors; most BMCs renew the value every second",
)
_POWER = re.compile(r"(?:Instantaneous power reading|Current Power)\s*:\s*(\S{1,30})\s*watts?", re.IGNORECASE)
_TIME = re.compile(r"(?:IPMI timestamp|Time ?stamp)\s*:\s*(.{1,60})", re.IGNORECASE)
_STATE = re.compile(r"(?:Power reading state is|Power Measurement)\s*:\s*(.{1,30})", re.IGNORECASE)
_FORMS = (
    "%a %b %d %H:%M:%S %Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%y %H:%M:%S",
    "%m/%d/%Y - %H:%M:%S",
    "%a %b %d %H:%M:%S %Z %Y",
)
# A BMC whose clock was never set counts from here; its differences still tell the time.
_SET_S = 946_684_800.0


class IpmiDcmi:
    """Power of the machine in whole watts; a 0 is a BMC that does not fill the field in, so no reading."""

    name = "ipmi-dcmi"

    def sniff(self, head: Head) -> int:
        """The sentence of a reading."""
        lines = [line for line in head.lines[:400] if _POWER.fullmatch(line.strip()[:200])]
        return 85 if lines and ("power reading" in head.text or "sampling" in head.text) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement; a time that the user printed before a reading counts before the BMC's own."""
        trace = Trace(source, options, format=self.name, sensor=_SENSOR, component="host")
        trace.channel("machine", resolution=1.0)
        reading: _Reading | None = None
        mine: Stamp | None = None
        for line, whole in source.lines():
            text = whole.strip()[:200]
            power = _POWER.fullmatch(text)
            if power is not None:
                _take(source, options, trace, reading)
                reading, mine = _Reading(line, power[1], mine), None
            elif reading is None or not reading.detail(text):
                mine = _printed(text.strip("#= ")) or mine
        _take(source, options, trace, reading)
        yield from trace.measurements(scope="machine")


@attrs.define
class _Reading:
    """One reading: its line, its number, when it was and what state the BMC gave."""

    line: int
    watts: str
    mine: Stamp | None
    bmc: Stamp | None = None
    state: str = ""

    def detail(self, text: str) -> bool:
        """Whether this line belongs to the reading."""
        if time := _TIME.fullmatch(text):
            self.bmc = _moment(time[1]) or stamp(time[1])
            return True
        if state := _STATE.fullmatch(text):
            self.state = state[1].lower()
            return True
        return False


def _printed(text: str) -> Stamp | None:
    """A line that is a date or seconds since 1970; a plain number is none."""
    at = stamp(text) or _moment(text)
    return None if at is None or at.kind == "elapsed" else at


def _take(source: Source, options: Options, trace: Trace, reading: _Reading | None) -> None:
    """Add a reading that is complete: nothing more of it follows."""
    if reading is None:
        return
    value = number(reading.watts)
    if value is None or value < 0.0:
        source.problem(reading.line, f"expected whole watts, found {reading.watts!r:.40}")
        return
    if value == 0.0:
        trace.missing("machine")
        trace.warn("the BMC said 0 W, as one does that leaves the field empty: it is no reading, not 0")
        return
    if reading.state in ("deactivated", "not available", "inactive"):
        trace.warn(f"the BMC calls its power measurement {reading.state}: the watts may be old")
    at = reading.mine or reading.bmc
    if options.interval_s is not None or at is None:
        t_s = trace.tick("machine", ", or print the date before each reading")
    else:
        if at.t_s < _SET_S and at.kind != "elapsed":
            trace.warn("the BMC's clock is not set (1970): it tells how long, not when")
            at = Stamp(at.t_s, "elapsed", at.step_s)
        t_s = trace.clock(at)
    trace.add("machine", t_s, value * (options.power_factor or 1.0), reading.line)


def _moment(text: str) -> Stamp | None:
    """A date as C's ctime writes it, or month/day/year; UTC only where it says so."""
    for form in _FORMS:
        for end, kind in (("", "local"), (" UTC", "utc")):
            if "%Z" in form and end:
                continue
            try:
                at = datetime.strptime(text, form + end)
            except ValueError:
                continue
            is_utc = kind == "utc" or " UTC " in text or " GMT " in text
            t_s = at.replace(tzinfo=timezone.utc).timestamp()
            return Stamp(t_s, "utc" if is_utc else "local", 1.0)
    return None
