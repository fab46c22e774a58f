"""One Measurement of many: of ranks, processes, hosts or phases, and no joule counted twice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs

from wattwhat.analysis.agreement import (
    added,
    agreed,
    counting,
    joint_environment,
    joint_label,
    joint_provenance,
)
from wattwhat.analysis.machines import by_machine
from wattwhat.analysis.overlap import Seen, Span, choose, covered_s
from wattwhat.analysis.summing import merged_channels, predicted_in, summed
from wattwhat.analysis.united import united
from wattwhat.errors import ArgumentError, ComparisonError, Remedy
from wattwhat.records.channel import Channel
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.containment import COVERED_BY, related
from wattwhat.records.jsonl import run_of
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity
from wattwhat.records.validators import MODELLED

__all__ = ["combine"]


def combine(
    measurements: Iterable[Measurement], *, label: str | None = None, overlapping: bool | None = None
) -> Measurement:
    """Add measurements up, each joule once.

    * The same channel seen by several at the same time counts once: the longest span of those that overlap.
      Seen at different times, it adds up.
    * Containers of one machine are that machine, and machines of one name are several
      (`wattwhat.analysis.machines`).
    * A channel inside another one that was counted at the same time is not added.
    * Estimates of different processes add up; where a sensor covers the same component of the same host at
      the same time, they are left out.
    * Of one run that a journal kept (`track(save=...)`), the longest line counts.
    * Calls and items add; the duration is the time that at least one of them covers.

    Windows of one run are added on its timeline: their union, each moment once, and what they
    err by alike is not averaged away.

    Gains, offsets and models of one backend add linearly, everything else in quadrature
    (`wattwhat.energy.totals.total`); a measurement that is used in part brings its random part in proportion
    to its energy.

    Args:
        measurements: at least one.
        label: name of the sum; None joins their names.
        overlapping: True says that all were taken at the same time, False that no two were; None goes by
            ``started_at`` and ``duration_s``, which all must then have.

    Raises:
        ArgumentError: these are no measurements.
        ComparisonError: there is none, it is not known when one was taken, or one names no channels.

    Example:
        >>> from datetime import datetime, timezone
        >>> from wattwhat import Channel
        >>> package = Channel("h/rapl/package-0", "rapl", "socket 0", "cpu", "energy")
        >>> def rank(number, seconds):
        ...     energy = Quantity(100.0 * seconds, 1.0, "J")
        ...     return Measurement(label=f"rank {number}", energy_j=energy, duration_s=seconds, items=64,
        ...                        channels=(ChannelEnergy(package, energy),),
        ...                        started_at=datetime(2026, 1, 1, tzinfo=timezone.utc))
        >>> both = combine([rank(0, 10.0), rank(1, 9.9)])
        >>> both.energy_j.value, both.items
        (1000.0, 128)
    """
    given = sorted(_each_run_once(_checked(measurements)), key=_order)
    if not given:
        raise ComparisonError("combine: expected at least one measurement, got none")
    given, renamed = by_machine(given)
    given = given if overlapping else sorted(united(given), key=_order)
    if len(given) == 1:
        return given[0] if label is None else attrs.evolve(given[0], label=label)
    spans = _spans(given, overlapping)
    seen = _seen(given, spans)
    kept, covered = _without_covered_estimates(seen)
    relatives, depth = related({one.key: one.entry.channel for one in kept})
    chosen = choose(kept, relatives, depth)
    energy, budget, notes = summed(given, kept, chosen, relatives)
    channels = merged_channels(given, kept, chosen)
    parts = [(one.entry.provenance, one.value_j) for one in chosen]
    return Measurement(
        label=label or joint_label(given),
        energy_j=energy,
        duration_s=_duration(given, spans, overlapping),
        calls=added([one.calls for one in given]),
        items=added([one.items for one in given]),
        channels=channels,
        provenance=joint_provenance(channels),
        idle_power_w=_idle(given, chosen, _duration(given, spans, overlapping)),
        budget=budget,
        metrics=agreed([one.metrics for one in given]),
        warnings=dict.fromkeys(
            [
                *renamed,
                *covered,
                *notes,
                *predicted_in(parts),
                *counting(given),
                *(w for m in given for w in m.warnings),
            ]
        ),
        environment=joint_environment(given),
        started_at=min((m.started_at for m in given if m.started_at), default=None),
        details={"combined": len(given), "labels": sorted({m.label for m in given})[:100]},
    )


def _checked(measurements: Any) -> list[Measurement]:
    runs = list(measurements) if isinstance(measurements, Iterable) else [measurements]
    if isinstance(measurements, Measurement) or not all(isinstance(one, Measurement) for one in runs):
        raise ArgumentError(
            argument="measurements", expected="some in a list, combine([first, second])", got=measurements
        )
    return runs


def _each_run_once(runs: list[Measurement]) -> list[Measurement]:
    """Of several lines of one run, each of which holds the ones before it, the longest."""
    longest: dict[str, Measurement] = {}
    for one in runs:
        run = run_of(one)
        if run is not None and _length(one) >= _length(longest.get(run, one)):
            longest[run] = one
    return [one for one in runs if (run := run_of(one)) is None or longest[run] is one]


def _length(measurement: Measurement) -> tuple[float, bool]:
    """How much of a run a line holds; its result, which knows its calls, goes before its last line."""
    return measurement.duration_s or 0.0, measurement.calls is not None


def _order(measurement: Measurement) -> tuple[float, float, str, str]:
    """A key that does not depend on the order in which the measurements were given."""
    started = measurement.started_at
    began_s = -math.inf if started is None else started.timestamp()
    return began_s, measurement.duration_s or 0.0, measurement.label, measurement.to_json()


def _spans(given: Sequence[Measurement], overlapping: bool | None) -> list[Span]:
    if overlapping is None:
        for measurement in given:
            if measurement.started_at is None or measurement.duration_s is None:
                missing = "started_at" if measurement.started_at is None else "duration_s"
                raise ComparisonError(
                    f"{measurement.label!r} has no {missing}, so nobody knows what it overlaps",
                    remedy=Remedy(
                        "say with {overlapping} whether all were at the same time or in turn",
                        overlapping=...,
                    ),
                )
    lengths = [measurement.duration_s or 0.0 for measurement in given]
    if overlapping:
        # A common middle: whatever is shorter lies inside what is longer. Even spans of no length meet there.
        return [Span(-0.5 * max(length, 1e-9), 0.5 * max(length, 1e-9)) for length in lengths]
    if overlapping is False:
        begins = [math.fsum(lengths[:number]) for number in range(len(lengths))]
        return [Span(begin, begin + length) for begin, length in zip(begins, lengths, strict=True)]
    first = min(_began(measurement) for measurement in given)
    begins = [(_began(measurement) - first).total_seconds() for measurement in given]
    return [Span(begin, begin + length) for begin, length in zip(begins, lengths, strict=True)]


def _began(measurement: Measurement) -> datetime:
    assert measurement.started_at is not None
    return measurement.started_at


def _seen(given: Sequence[Measurement], spans: Sequence[Span]) -> list[Seen]:
    seen = []
    for owner, (measurement, span) in enumerate(zip(given, spans, strict=True)):
        if not measurement.channels and measurement.energy_j.known:
            raise ComparisonError(
                f"{measurement.label!r} names no channels, so it cannot be told whether its joules are in "
                "another one's too; combine what was measured with channels"
            )
        for entry in measurement.channels:
            if entry.energy_j is not None and entry.energy_j.known:
                seen.append(Seen(owner, _key(entry), entry, span))
    return seen


def _key(entry: ChannelEnergy) -> str:
    """What counts once: the physical thing, and of an estimate the process whose work it estimates."""
    if entry.provenance in MODELLED:
        return f"{entry.channel.id}\n{entry.channel.source}"
    return entry.channel.id


def _without_covered_estimates(seen: list[Seen]) -> tuple[list[Seen], list[str]]:
    """Readings less the estimates whose joules a sensor of the same host has seen at the same time."""
    sensors: dict[tuple[str, str], list[Span]] = {}
    for one in seen:
        if one.entry.provenance != "estimated":
            channel = one.entry.channel
            sensors.setdefault((_host(channel), channel.component), []).append(one.span)
    kept, notes = [], []
    for one in seen:
        channel = one.entry.channel
        covering = COVERED_BY.get(channel.component, {channel.component})
        if one.entry.provenance == "estimated" and any(
            _meet(one.span, span)
            for component in covering
            for span in sensors.get((_host(channel), component), ())
        ):
            notes.append(f"{channel.id}: an estimate was left out, for a sensor covers the same time")
        else:
            kept.append(one)
    return kept, notes


def _host(channel: Channel) -> str:
    return channel.id.split("/", 1)[0]


def _meet(a: Span, b: Span) -> bool:
    return a.inner[0] < b.inner[1] and b.inner[0] < a.inner[1]


def _duration(given: Sequence[Measurement], spans: Sequence[Span], overlapping: bool | None) -> float | None:
    lengths = [one.duration_s for one in given if one.duration_s is not None]
    if len(lengths) < len(given):
        return None
    return max(lengths) if overlapping else covered_s(spans)


def _idle(given: Sequence[Measurement], chosen: Sequence[Seen], duration_s: float | None) -> Quantity | None:
    """Power at rest over the whole span; known only where every measurement that counts counts in full."""
    used: dict[int, int] = {}
    for one in chosen:
        used[one.owner] = used.get(one.owner, 0) + 1
    value_j = u_j = 0.0
    for owner, count in used.items():
        measurement = given[owner]
        whole = sum(entry.counted and entry.energy_j is not None for entry in measurement.channels)
        idle, length_s = measurement.idle_power_w, measurement.duration_s
        if idle is None or length_s is None or count != whole:
            return None
        value_j += idle.value * length_s
        u_j += idle.u * length_s  # of like sensors, as a rule: they err alike
    return Quantity(value_j / duration_s, u_j / duration_s, "W") if duration_s and used else None
