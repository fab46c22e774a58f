"""Measurements out of numbers in files: channels, totals with their rounding, what every import states."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from wattwhat.energy.joules import Joules
from wattwhat.energy.totals import total
from wattwhat.errors import ArgumentError
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.source import Source
from wattwhat.records.assumptions import power_limit_w
from wattwhat.records.channel import UNKNOWN_HOST, Channel, ChannelQuantity, Component
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.containment import counted_ids
from wattwhat.records.measurement import Measurement
from wattwhat.records.sources import GAIN, MODEL, RESOLUTION

# No GPU, processor or computer draws less on average, switched on (ours); a rail or a microcontroller may.
_LEAST_W = 0.1
_NEVER_TINY = ("gpu", "cpu", "host", "wall")

__all__ = ["channel_of", "imported", "plausible", "plausible_range_w", "printed", "rounding_j", "unused_rows"]


def channel_of(
    format: str,
    device: str | None,
    component: str,
    quantity: str = "energy",
    *,
    host: str | None = None,
    part: str | None = None,
    contains: Iterable[str] = (),
    sensor: Sensor | None = None,
    **more: Any,
) -> Channel:
    """A channel of an imported log; what the file does not name is called unknown.

    Args:
        format: the log's format; stands where the backend does.
        device: the device in words as the file has it, or None.
        component: the best-known component, one of `wattwhat.records.channel.COMPONENTS`.
        quantity: ``"energy"`` or ``"power"``.
        host: the host's name where the file has it.
        part: distinguishes channels of one device.
        contains: ids of the channels whose energy is inside this one.
        sensor: states gain error, update period and averaging window.
        more: further fields of `Channel`.

    Example:
        >>> channel_of("zeus", "GPU 0", "gpu").id
        'unknown-host/zeus/GPU 0'
    """
    if sensor is not None:
        more.setdefault("gain_error", sensor.gain_error)
        more.setdefault("update_period_s", sensor.update_period_s)
        more.setdefault("averaging_window_s", sensor.averaging_window_s)
    pieces = (host or UNKNOWN_HOST, format, device or "unknown device", *([part] if part else []))
    return _channel(pieces, component, quantity, tuple(contains), **more)


@lru_cache(maxsize=1024, typed=True)  # very many rows are of few channels, each of which is made once
def _channel(
    pieces: tuple[str, ...], component: str, quantity: str, contains: tuple[str, ...], **more: Any
) -> Channel:
    _, format, name, *_ = pieces
    return Channel(
        "/".join(piece.replace("/", "-") or "-" for piece in pieces),
        format,
        name,
        cast(Component, component),  # from a log: Channel itself refuses others, by name
        cast(ChannelQuantity, quantity),
        contains=cast(Any, contains),
        source=more.pop("source", f"{format} log"),
        **more,
    )


def rounding_j(text: str, unit_j: float) -> float:
    """Standard uncertainty in J of a number as printed: half its last digit, rectangular (GUM 4.3.7).

    Args:
        text: the number as it stands in the file, for instance ``"0.000444"``.
        unit_j: joules per unit of it.

    Example:
        >>> round(rounding_j("0.000444", 3.6e6), 2)
        1.04
    """
    mantissa, _, exponent = text.strip().lower().partition("e")
    decimals = (
        len(mantissa.replace(",", ".").rpartition(".")[2]) if ("." in mantissa or "," in mantissa) else 0
    )
    try:
        return float(10.0 ** (int(exponent or 0) - decimals) * unit_j / math.sqrt(12.0))
    except (ValueError, OverflowError):
        return 0.0


def printed(
    text: str | float, value_j: float, unit_j: float, sensor: Sensor, warnings: Sequence[str] = ()
) -> Joules:
    """Joules of a total that a file states: the rounding of its digits and the gain error of its sensor.

    Args:
        text: the number as printed (its digits tell the rounding), or a float, taken as exact.
        value_j: the energy in J.
        unit_j: joules per unit of ``text``.
        sensor: where the number came from.
        warnings: sentences to keep.

    Example:
        >>> from wattwhat.logs.building.known_sensors import NVML
        >>> printed("100.0", 100.0, 1.0, NVML).quantity
        Quantity(100.0(29) J)
    """
    rounding = rounding_j(text, unit_j) if isinstance(text, str) else 0.0
    gain = MODEL if sensor.gain_error >= 0.2 else GAIN
    parts = [(RESOLUTION, rounding), (gain, sensor.gain_error * abs(value_j))]
    sentences = [*warnings, *([sensor.warning] if sensor.warning else [])]
    return Joules(value_j, tuple((s, u) for s, u in parts if u), tuple(sentences))


def imported(
    source: Source,
    energies: Iterable[tuple[Channel, Joules]],
    *,
    format: str,
    label: str | None = None,
    duration_s: float | None = None,
    calls: int | None = None,
    items: float | None = None,
    metrics: Mapping[str, float] | None = None,
    warnings: Iterable[str] = (),
    started_at: datetime | None = None,
    environment: Mapping[str, Any] | None = None,
    scope: str | None = None,
    **details: Any,
) -> Measurement:
    """The Measurement of one import: counted channels added, the rest kept beside them.

    Args:
        source: the file.
        energies: channels with their joules; those inside another one (`Channel.contains`) are not added.
        format: the reader's name.
        label: what was measured; None takes the file's name without its ending.
        duration_s: length of the span in s, or None.
        calls: calls in the span, or None.
        items: items in the span, or None.
        metrics: accuracy (a fraction) and others that the file holds.
        warnings: sentences.
        started_at: the beginning in UTC, or None.
        environment: host, hardware and versions that the file names.
        scope: what the energy covers ("process", "machine", "gpu only", ...), None where unknown.
        details: whatever else is worth keeping (line, run_id, ...), JSON values only.

    Raises:
        LogError: a number of the file is none that a Measurement can have, such as a negative time.

    Example:
        >>> from wattwhat.logs.building.known_sensors import NVML
        >>> made = Source.of_text("x", "made.csv")
        >>> joules = printed("5", 5.0, 1.0, NVML)
        >>> m = imported(made, [(channel_of("zeus", "GPU 0", "gpu"), joules)], format="zeus")
        >>> m.provenance, m.label, m.details["file"]
        ('imported', 'made', 'made.csv')
    """
    pairs = list(energies)
    counted = counted_ids(channel for channel, _ in pairs)
    channels: Any = [ChannelEnergy(c, j.quantity, "imported", c.id in counted) for c, j in pairs]
    energy, budget = total(pair for pair in pairs if pair[0].id in counted)
    sentences: Any = dict.fromkeys(
        [*warnings, *(sentence for _, joules in pairs for sentence in joules.warnings)]
    )
    if duration_s:
        sentences.update(dict.fromkeys(_doubts(pairs, counted, duration_s)))
    try:
        return Measurement(
            label=label or source.stem,
            energy_j=energy,
            duration_s=duration_s,
            calls=calls,
            items=items,
            channels=channels,
            provenance="imported",
            budget=budget,
            metrics=metrics,
            warnings=tuple(sentences),
            environment=environment,
            started_at=started_at,
            details={"format": format, "file": source.name, "scope": scope, **details},
        )
    except ArgumentError as err:  # a number in the file that no measurement can have
        raise source.error(details.get("line"), f"holds what cannot be: {err}") from err


def _doubts(pairs: Iterable[tuple[Channel, Joules]], counted: set[str], duration_s: float) -> Iterator[str]:
    """Doubts about the channels that count; a part, such as an idle GPU of a chip, may draw nothing."""
    for channel, joules in pairs:
        if duration_s < (channel.update_period_s or 0.0):
            continue  # a counter that need not have moved, or moved for more, tells no power
        doubt = plausible(channel, joules.value_j / duration_s) if channel.id in counted else None
        if doubt:
            yield doubt


def unused_rows(source: Source) -> list[str]:
    """Sentences about rows that could not be used or may be cut, for a Measurement that they are part of."""
    sentences = [sentence] if (sentence := source.unfinished()) else []
    if not source.problems.count:
        return sentences
    first = source.problems.listed[0].replace(source.shown, source.name, 1)
    return [f"{source.problems.count} row(s) of the file could not be used; the first: {first}", *sentences]


def plausible_range_w(channel: Channel) -> tuple[float, float]:
    """The least and the most in W that a device of this kind draws on average.

    Example:
        >>> plausible_range_w(channel_of("x", "GPU 0", "gpu"))
        (0.1, 1500.0)
    """
    return (_LEAST_W if channel.component in _NEVER_TINY else 0.0), power_limit_w(channel)


def plausible(channel: Channel, mean_w: float) -> str | None:
    """A sentence if no device of this kind draws this much, or anything so little; None if it may be right.

    Example:
        >>> plausible(channel_of("x", "GPU 0", "gpu", "power"), 4939.0)
        'a mean of 4939 W on GPU 0 is more than a gpu draws (1500 W): the file may hold mW instead of ...'
        >>> plausible(channel_of("x", "GPU 0", "gpu", "power"), 49.0)
    """
    least, limit = plausible_range_w(channel)
    if mean_w > limit:
        return (
            f"a mean of {mean_w:.4g} W on {channel.device} is more than a {channel.component} draws "
            f"({limit:g} W): the file may hold mW instead of W, or kWh instead of Wh; nothing was converted, "
            "power_unit or energy_unit does so"
        )
    if mean_w < least:
        return (
            f"a mean of {mean_w:.4g} W on {channel.device} is not plausible: the file may hold kW instead of "
            "W, or Wh instead of J; nothing was converted, power_unit or energy_unit does so"
        )
    return None
