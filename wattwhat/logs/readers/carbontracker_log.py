"""The lines of carbontracker's two logs, as plain records; old and new spellings, wrapped arrays, None."""

from __future__ import annotations

import re

import attrs

from wattwhat.logs.building.stated_totals import LONGEST_S, MOST_J
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.source import Source

__all__ = ["Actual", "Standard", "read_output", "read_standard", "span_s"]

_DATED = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) - (.*)")
_VERSION = re.compile(r"carbontracker version (\S{1,40})")
_PUE = re.compile(r"PUE coefficient of (\d{1,3}(?:\.\d{1,6})?)")
_COMPONENT = re.compile(r"(GPU|CPU) with device\(s\) (.{1,300}?)(?:\.\s|\.$|$)")
_EPOCH = re.compile(r"Epoch (\d{1,9}):?\s*")
_DURATION = re.compile(r"\s*(?:Duration|Time):\s*(.{1,60})")
_POWER = re.compile(r"Average power usage \(W\) for (\w{1,20}):\s*(.{0,20000})", re.DOTALL)
_SPAN = re.compile(r"(?:(\d{1,6}) days?, )?(\d{1,6}):(\d\d):(\d\d(?:\.\d{1,9})?)\s*")
_CONSUMPTION = re.compile(r"(Actual|Predicted) consumption for (\d{1,9}) epoch")
_ENERGY = re.compile(r"\s*Energy:\s*(\S{1,40}) kWh\s*")
_EPOCHS_AT_MOST = 1_000_000


@attrs.define
class Standard:
    """The standard log.

    Args:
        powers: component to (epoch's place to W, the sum over its devices).
        durations: epoch's place to s.
        missing: how many powers were None.
    """

    powers: dict[str, dict[int, float]] = attrs.field(factory=dict)
    durations: dict[int, float] = attrs.field(factory=dict)
    devices: dict[str, str] = attrs.field(factory=dict)
    warnings: list[str] = attrs.field(factory=list)
    missing: int = 0
    version: str | None = None
    pue: float | None = None
    started: str | None = None
    first_line: int | None = None
    finished: bool = False
    has_hundredths: bool = False


@attrs.define
class Actual:
    """The output log: a run's last actual consumption, and whether there was a prediction."""

    energy_kwh: float | None = None
    printed: str = ""
    duration_s: float | None = None
    epochs: int | None = None
    line: int | None = None
    predicted: bool = False


def span_s(text: str) -> float | None:
    """Seconds of a duration as Python prints it.

    Example:
        >>> span_s("0:00:03.00"), span_s("1 day, 0:00:09"), span_s("x")
        (3.0, 86409.0, None)
    """
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    seconds = 86400.0 * int(match[1] or 0) + 3600.0 * int(match[2]) + 60.0 * int(match[3]) + float(match[4])
    return seconds if seconds <= LONGEST_S else None


def read_standard(source: Source) -> Standard:
    """Epochs with their durations and powers; an array that goes on over lines is put together."""
    log = Standard()
    place, open_power, begun = -1, "", 0
    for line, text in source.lines():
        dated = _DATED.match(text)
        if dated is not None and open_power:
            source.problem(begun, "expected the closing bracket of an array of powers")
            open_power = ""
        message = dated[2] if dated is not None else text
        if dated is not None and log.started is None:
            log.started = dated[1]
        if open_power:
            open_power += " " + text
            if "]" in text or len(open_power) > 20_000:
                _add_power(source, log, place, begun, open_power)
                open_power = ""
            continue
        if _EPOCH.fullmatch(message):
            place += 1
            log.first_line = log.first_line or line
            if place >= _EPOCHS_AT_MOST:
                raise source.error(line, f"expected at most {_EPOCHS_AT_MOST} epochs")
        elif message.startswith("Average power usage"):
            if message.count("[") > message.count("]"):
                open_power, begun = message, line
            else:
                _add_power(source, log, place, line, message)
        else:
            _add_message(source, log, place, line, message)
    if open_power:
        source.problem(begun, "expected the closing bracket of an array of powers: the log is cut off")
    _drop_unfinished(log)
    return log


def _add_message(source: Source, log: Standard, place: int, line: int, message: str) -> None:
    duration = _DURATION.fullmatch(message)
    if duration is not None and place >= 0:
        seconds = span_s(duration[1].strip())
        if seconds is None:
            source.problem(line, f"expected a duration like 0:00:03.00, found {duration[1]!r:.60}")
        elif place not in log.durations:
            log.durations[place] = seconds
            log.has_hundredths = log.has_hundredths or "." in duration[1]
        return
    version, pue = _VERSION.search(message), _PUE.search(message)
    log.version = version[1] if version and log.version is None else log.version
    if pue and log.pue is None:
        log.pue = float(pue[1]) or None
    if "components were found" in message:
        log.devices.update({kind.lower(): names.strip() for kind, names in _COMPONENT.findall(message)})
    log.finished = log.finished or "Monitoring thread ended" in message


def _add_power(source: Source, log: Standard, place: int, line: int, message: str) -> None:
    """The sum over a component's devices; None is no power, not 0."""
    match = _POWER.fullmatch(message)
    if match is None or place < 0:
        source.problem(line, f"expected a power after an epoch, found {message!r:.80}")
        return
    inside = re.sub(r"[\[\](),]|array", " ", match[2]).split()
    if not inside or all(text in ("None", "nan") for text in inside):
        log.missing += 1
        return
    values = [number(text, decimal=".") for text in inside]
    if any(value is None or not 0.0 <= value <= MOST_J for value in values):
        source.problem(line, f"expected powers in W, found {match[2]!r:.80}")
        return
    log.powers.setdefault(match[1].lower(), {}).setdefault(place, sum(value or 0.0 for value in values))


def _drop_unfinished(log: Standard) -> None:
    """Powers of epochs without a duration are no energy."""
    unknown = {place for powers in log.powers.values() for place in powers if place not in log.durations}
    if unknown:
        log.warnings.append(f"{len(unknown)} epoch(s) have a power and no duration: they were left out")
    for name in list(log.powers):
        log.powers[name] = {place: w for place, w in log.powers[name].items() if place not in unknown}
        if not log.powers[name]:
            del log.powers[name]


def read_output(source: Source) -> list[Actual]:
    """What each run says at its end; predictions are noted and passed over.

    An actual consumption is cumulative within a run, so of one run the last counts. A run begins by naming
    its components, and also where what accumulates goes down. A file with predictions alone gives one
    record without an energy.
    """
    runs: list[Actual] = []
    block: Actual | None = None
    predicted, anew = False, True
    for line, text in source.lines():
        begin = _CONSUMPTION.search(text)
        if "components were found" in text:
            predicted, anew, block = False, True, None
        elif begin:
            block = Actual(epochs=int(begin[2]) or None, line=line) if begin[1] == "Actual" else None
            predicted = predicted or begin[1] == "Predicted"
        elif block is not None and (duration := _DURATION.fullmatch(text)):
            block.duration_s = span_s(duration[1].strip()) or None
        elif block is not None and (energy := _ENERGY.fullmatch(text)):
            value = number(energy[1], decimal=".")
            if value is None or not 0.0 <= value * 3.6e6 <= MOST_J:
                source.problem(line, f"expected an energy in kWh, found {energy[1]!r:.40}")
            else:
                block.energy_kwh, block.printed, block.predicted = value, energy[1], predicted
                if runs and not anew and _goes_on(runs[-1], block):
                    runs.pop()
                runs.append(block)
                anew = False
            block = None
    return runs or [Actual(predicted=predicted)]


def _goes_on(before: Actual, after: Actual) -> bool:
    """Whether a consumption can hold the one before it: nothing that accumulates went down."""
    return all(
        old is None or new is None or new >= old
        for old, new in (
            (before.energy_kwh, after.energy_kwh),
            (before.epochs, after.epochs),
            (before.duration_s, after.duration_s),
        )
    )
