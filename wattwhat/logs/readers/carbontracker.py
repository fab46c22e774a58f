"""carbontracker's logs: the standard one (power by epoch, no PUE) and its output log (energy with PUE)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from wattwhat.energy.joules import Joules
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.measurement import channel_of, imported, printed
from wattwhat.logs.building.stated_totals import unit_warning
from wattwhat.logs.parsing.cells import stamp, utc
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.readers.carbontracker_log import Actual, Standard, read_output, read_standard
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement
from wattwhat.records.sources import LOST, RESOLUTION

__all__ = ["Carbontracker"]

_STANDARD, _OUTPUT, _ERRORS = "_carbontracker.log", "_carbontracker_output.log", "_carbontracker_err.log"
_SENSOR = Sensor("carbontracker's power by epoch", 0.05, False)
_MODEL = Sensor(
    "carbontracker's CPU power (a sensor or half the TDP; version 2 does not say which)", 0.4, False
)
_TOTAL = Sensor("carbontracker's total (sensors or models, PUE included)", 0.4, False)
_ERROR_LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - \S{1,60} - (?:DEBUG|INFO|WARNING|ERROR|CRITICAL) - "
)


class Carbontracker:
    """Energy from the measured epochs of the standard log; the output log's actual consumption is the check.

    Where only the output log is there, its actual consumption is taken, PUE included and said. The predicted
    consumption is never taken: it is no measurement.
    """

    name = "carbontracker"

    def sniff(self, head: Head) -> int:
        """Sentences that it writes."""
        if head.has("carbontracker version ") or "Average power usage (W) for " in head.text:
            return 90
        if "CarbonTracker:" in head.text and (
            " consumption for " in head.text or "following components" in head.text
        ):
            return 90
        errors = any(_ERROR_LINE.match(line) for line in head.lines[:20])
        return 30 if errors and "arbon" in head.text else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a training."""
        text = head_of(source).text
        if "CarbonTracker:" in text:
            output: Source | None = source
            standard = source.sibling(_OUTPUT, _STANDARD)
            source.sibling(_OUTPUT, _ERRORS)
        elif "carbontracker version " in text or "Average power usage (W) for " in text:
            standard, output = source, source.sibling(_STANDARD, _OUTPUT)
            source.sibling(_STANDARD, _ERRORS)
        else:
            raise source.error(
                None, "is carbontracker's error log, which holds no energy; read the log beside it"
            )
        epochs = read_standard(standard) if standard is not None else None
        runs = read_output(output) if output is not None else []
        actual = runs[-1] if runs else None
        if standard is not None and epochs is not None and epochs.powers:
            yield _measured(standard, options, epochs, actual)
        elif output is not None and actual is not None and actual.energy_kwh is not None:
            for number, run in enumerate(runs, 1):
                label = None if len(runs) == 1 else f"{output.stem} ({number})"
                yield _stated(output, options, run, epochs, label)
        else:
            raise source.error(None, _nothing(epochs, actual))


def _nothing(epochs: Standard | None, actual: Actual | None) -> str:
    if actual is not None and actual.predicted:
        return (
            "holds a predicted consumption only, which is no measurement; expected an actual consumption or "
            "a standard log (..._carbontracker.log) with epochs beside it"
        )
    if epochs is not None and epochs.missing:
        return "says None for every epoch's power: the components gave no reading"
    return "holds no epoch with its duration and power: the training was aborted before its first epoch ended"


def _measured(source: Source, options: Options, log: Standard, actual: Actual | None) -> Measurement:
    """Power times duration of each epoch, by component."""
    warnings = list(log.warnings)
    factor = options.power_factor or 1.0
    energies = []
    for name, powers in log.powers.items():
        component = name if name in ("gpu", "cpu") else "host"
        sensor = _MODEL if name != "gpu" and (log.version or "2")[0] != "1" else _SENSOR
        energy_j = math.fsum(power * factor * log.durations[epoch] for epoch, power in powers.items())
        step_s = 0.01 if log.has_hundredths else 1.0
        mean_w = factor * math.fsum(powers.values()) / len(powers)
        rounding_j = mean_w * step_s / math.sqrt(12.0) * math.sqrt(len(powers))
        joules = printed(energy_j, energy_j, 1.0, sensor)
        parts = [*joules.parts, (RESOLUTION, rounding_j)]
        lost_s = math.fsum(seconds for epoch, seconds in log.durations.items() if epoch not in powers)
        if lost_s:
            parts.append((LOST, mean_w * lost_s))
            warnings.append(
                f"{name}: no power in epochs of {lost_s:.4g} s together; their energy is not in the sum, and "
                "what it would be at the mean power is in the uncertainty"
            )
        channel = channel_of(
            Carbontracker.name, log.devices.get(name, name), component, sensor=sensor, part=name
        )
        energies.append((channel, Joules(joules.value_j, tuple(parts), joules.warnings)))
    duration_s = math.fsum(log.durations.values())
    warnings += _check(math.fsum(j.value_j for _, j in energies), actual, log, options)
    return imported(
        source,
        energies,
        format=Carbontracker.name,
        duration_s=duration_s,
        calls=len(log.durations),
        warnings=warnings,
        started_at=utc(stamp(log.started or ""), options.timezone),
        scope="components",
        call="epoch",
        line=log.first_line,
        epochs=len(log.durations),
        pue_included=None,
        pue_of_the_tool=log.pue,
        actual_kwh_with_pue=actual.energy_kwh if actual else None,
        started_local=log.started,
        tool_version=log.version,
        finished=log.finished,
    )


def _check(energy_j: float, actual: Actual | None, log: Standard, options: Options) -> Iterator[str]:
    """Compare with the output log: its energy is this one times the PUE."""
    if not log.finished:
        yield "the log does not end as a finished training does: it was aborted, or still running"
    if actual is None or actual.energy_kwh is None or log.pue is None or not energy_j:
        return
    ratio = actual.energy_kwh * 3.6e6 / log.pue / energy_j
    epochs = f" ({actual.epochs} epochs there, {len(log.durations)} here)"
    if not 0.9 < ratio < 1.1:
        yield (
            f"the output log's actual consumption without its PUE of {log.pue:g} is {ratio:.3g} times the "
            f"energy of the epochs{epochs}; the epochs were taken"
        )


def _stated(
    source: Source, options: Options, actual: Actual, log: Standard | None, label: str | None
) -> Measurement:
    """The actual consumption as the output log states it, PUE inside."""
    factor = options.energy_factor or 3.6e6
    energy_j = (actual.energy_kwh or 0.0) * factor
    pue = log.pue if log is not None else None
    unit = unit_warning(options)
    known = f"a PUE of {pue:g}" if pue else "a PUE (1.55 to 1.67 by version; the standard log states it)"
    channel = channel_of(Carbontracker.name, "components", "host", sensor=_TOTAL)
    return imported(
        source,
        [(channel, printed(actual.printed, energy_j, factor, _TOTAL))],
        format=Carbontracker.name,
        label=label,
        duration_s=actual.duration_s,
        calls=actual.epochs,
        warnings=[f"the energy includes {known}, which was not removed", *([unit] if unit else [])],
        scope="components and PUE",
        call="epoch",
        line=actual.line,
        epochs=actual.epochs,
        pue_included=pue or True,
    )
