"""Several runs of the same thing as one measurement: their mean, with the spread between them as type A."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from wattwhat.analysis.agreement import agreed
from wattwhat.analysis.comparability import facts_of
from wattwhat.analysis.summing import NOT_ITEMISED
from wattwhat.errors import ArgumentError, Remedy
from wattwhat.records.budget import Budget
from wattwhat.records.channel_energy import ChannelEnergy, own_u
from wattwhat.records.coverage import student_factor
from wattwhat.records.measurement import Measurement
from wattwhat.records.metrics import binomial_u
from wattwhat.records.quantity import Quantity
from wattwhat.records.sources import GAIN, MODEL, REPEATS, SYSTEMATIC, remaining_u

__all__ = ["average_repeats"]

# What a run may say besides what comparing looks at, and in which repeats must agree.
_ALSO = ("batch_size", "model", "cpu_model", "gpu_model")


def average_repeats(measurements: Iterable[Measurement]) -> tuple[list[Measurement], list[str]]:
    """One measurement a label: the mean of its runs, the spread between them part of its uncertainty.

    Runs are repeats where label, provenance, channels' kinds, phase, task, data set, batch size, model and
    hardware agree; runs of one label that differ in one of these stay apart, and a sentence says so. Where
    all know their items, each run's energy is first scaled to the mean number of items.

    The type A part is s / sqrt(n), widened by Student's t for few runs (GUM 4.2.3, G.3). What the runs' own
    budgets hold of it (edges, resolution, unseen time) lies in that spread already and is counted once; gain,
    offset and model err alike in all runs, so they are averaged and not shrunk (GUM F.1.1.5). An accuracy
    that differs between runs is their mean, with its own spread and the sampling of its test items.

    Args:
        measurements: runs; a label that comes once is handed on as it is.

    Returns:
        The measurements in the order in which the labels first appear, and sentences about runs of one
        label that were not averaged together.

    Raises:
        ArgumentError: no label comes twice, so there is nothing to average.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> runs = [Measurement(label="net", energy_j=Quantity(joules, 0, "J")) for joules in (98, 100, 102)]
        >>> (mean,), notes = average_repeats(runs)
        >>> mean.energy_j.value, round(mean.budget.get("repeats"), 2), mean.details["repeats"]
        (100.0, 2.53, 3)
    """
    given = list(measurements)
    groups: dict[tuple[Any, ...], list[Measurement]] = {}
    for one in given:
        groups.setdefault((one.label, *_traits(one)), []).append(one)
    if given and len({one.label for one in given}) == len(given):
        raise ArgumentError(
            f"each of {len(given)} labels comes once, so there is nothing to average",
            argument="measurements",
            remedy=Remedy("choose a label that runs share with {label_by}", label_by={"field": ...}),
        )
    return [_mean(runs) for runs in groups.values()], _apart(list(groups))


def _traits(one: Measurement) -> tuple[tuple[str, Any], ...]:
    also = {name: str(one.details.get(name) or one.environment.get(name) or "") for name in _ALSO}
    return tuple({**facts_of(one), **also}.items())


def _apart(keys: Sequence[tuple[Any, ...]]) -> list[str]:
    """Sentences about labels whose runs are of several kinds."""
    first: dict[str, tuple[Any, ...]] = {}
    notes: dict[str, str] = {}
    for label, *traits in keys:
        before = first.setdefault(label, tuple(traits))
        for (name, one), (_, other) in zip(before, traits, strict=True):
            if one != other:
                notes.setdefault(
                    label,
                    f"{label}: runs that differ in {name} ({one!r}, {other!r}) were not averaged together",
                )
                break
    return list(notes.values())


def _mean(runs: Sequence[Measurement]) -> Measurement:
    if len(runs) == 1:
        return runs[0]
    factors, items = _to_common_items(runs)
    values = [run.energy_j.value * factor for run, factor in zip(runs, factors, strict=True)]
    rest = [
        remaining_u(run.energy_j.u, run.budget.u) * factor for run, factor in zip(runs, factors, strict=True)
    ]
    parts: list[tuple[str, float]] = [(NOT_ITEMISED, _mean_u(rest, shared=True))]
    for source in dict.fromkeys(source for run in runs for source, _ in run.budget):
        us = [run.budget.get(source) * factor for run, factor in zip(runs, factors, strict=True)]
        parts.append((source, _mean_u(us, shared=source in SYSTEMATIC)))
    random_j = math.hypot(*(u for source, u in parts[1:] if source not in SYSTEMATIC))
    spread_j = _spread_u(values)
    budget = Budget.of([*parts, (REPEATS, remaining_u(spread_j, random_j))])
    durations, calls = [run.duration_s for run in runs], {run.calls for run in runs}
    known_s = [duration for duration in durations if duration is not None]
    starts = [run.started_at for run in runs if run.started_at is not None]
    details = {**agreed([run.details for run in runs]), "repeats": len(runs), "spread_j": spread_j}
    return attrs.evolve(
        runs[0],
        energy_j=Quantity(math.fsum(values) / len(values), budget.u, "J"),
        budget=budget,
        duration_s=math.fsum(known_s) / len(runs) if len(known_s) == len(runs) else None,
        calls=calls.pop() if len(calls) == 1 else None,
        items=items,
        channels=_channels(runs, factors),
        idle_power_w=None,
        metrics=_metrics(runs),
        warnings=tuple(dict.fromkeys(sentence for run in runs for sentence in run.warnings)),
        environment=agreed([run.environment for run in runs]),
        started_at=min(starts) if len(starts) == len(runs) else None,
        details=details,
    )


def _to_common_items(runs: Sequence[Measurement]) -> tuple[list[float], float | None]:
    """By how much each run's joules are scaled so that all are of as many items, and how many those are."""
    counts = [run.items for run in runs]
    known = [count for count in counts if count]
    if len(known) < len(runs):
        return [1.0] * len(runs), None
    mean = known[0] if len(set(known)) == 1 else math.fsum(known) / len(known)
    return [mean / count for count in known], mean


def _spread_u(values: Sequence[float]) -> float:
    """Standard uncertainty of a mean from the scatter of its values, widened where they are few."""
    n, mean = len(values), math.fsum(values) / len(values)
    square = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    return student_factor(n) * math.sqrt(square / n)


def _mean_u(us: Sequence[float], *, shared: bool) -> float:
    """Of a mean: what all share stays, what each draws anew adds in quadrature."""
    return math.fsum(us) / len(us) if shared else math.hypot(*us) / len(us)


def _channels(runs: Sequence[Measurement], factors: Sequence[float]) -> tuple[ChannelEnergy, ...]:
    """Each channel's mean, where all runs have the same ones with a known energy."""
    sets = [{entry.channel.id: entry for entry in run.channels} for run in runs]
    channels = []
    for entry in runs[0].channels:
        alike = [entries.get(entry.channel.id) for entries in sets]
        energies = [other.energy_j for other in alike if other is not None and other.energy_j is not None]
        if len(energies) < len(runs):
            channels.append(attrs.evolve(entry, energy_j=None))
            continue
        values = [energy.value * factor for energy, factor in zip(energies, factors, strict=True)]
        mean = attrs.evolve(entry, energy_j=Quantity(math.fsum(values) / len(values), 0.0, "J"))
        gain = math.hypot(own_u(GAIN, mean), own_u(MODEL, mean))
        random = [
            remaining_u(energy.u * factor, gain) for energy, factor in zip(energies, factors, strict=True)
        ]
        u = math.hypot(gain, max(_spread_u(values), _mean_u(random, shared=False)))
        channels.append(attrs.evolve(entry, energy_j=Quantity(math.fsum(values) / len(values), u, "J")))
    return tuple(channels)


def _metrics(runs: Sequence[Measurement]) -> dict[str, float]:
    """The mean of each metric, an accuracy's spread beside it; of test items the fewest."""
    names = dict.fromkeys(name for run in runs for name in run.metrics)
    values = {name: [run.metrics[name] for run in runs if name in run.metrics] for name in names}
    metrics: dict[str, float] = {}
    tested = next((min(values[name]) for name in ("n_test", "test_items") if name in values), None)
    for name, known in values.items():
        mean = math.fsum(known) / len(known)
        if name in ("n_test", "test_items") or name.endswith("_n"):
            metrics[name] = min(known)
        elif not name.endswith("_u"):
            metrics[name] = known[0] if len(set(known)) == 1 else mean
            own = _mean_u(values[f"{name}_u"], shared=True) if f"{name}_u" in values else None
            if len(set(known)) > 1 and 0.0 <= min(known) <= max(known) <= 1.0:
                sampled = binomial_u(mean, tested) if own is None and tested else own or 0.0
                metrics[f"{name}_u"] = math.hypot(_spread_u(known), sampled)
            elif own is not None:
                metrics[f"{name}_u"] = own
    return metrics
