"""What may be compared, ranked or put on one front: the traits that must agree, and what is doubtful."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from wattwhat.records.channel import names_host
from wattwhat.records.validators import MODELLED

if TYPE_CHECKING:
    from wattwhat.records.channel_energy import ChannelEnergy
    from wattwhat.records.measurement import Measurement

__all__ = [
    "COARSER",
    "PHASES",
    "SENSORS",
    "TRAITS",
    "difference",
    "differences",
    "doubts",
    "facts_of",
    "shared_ids",
    "told",
    "unlike",
    "unlike_facts",
]

# What must agree in one order, on one front or in one comparison. A difference is told by the first of these.
TRAITS = ("phase", "task", "dataset", "device", "scope", "item", "origin")
# What must agree besides where two are compared: a comparison is about percents, by which sensors differ, an
# order of models about more.
_OF_CHANNELS = ("components", "devices", "backends", "origins of the channels", "power models", "channels")
SENSORS = ("provenance", *_OF_CHANNELS)
# A trait is told only where none of these differs, of which it is a finer one.
COARSER: dict[str, tuple[str, ...]] = {
    "provenance": ("origin",),
    **{name: ("device", "scope", *_OF_CHANNELS[:k]) for k, name in enumerate(_OF_CHANNELS)},
}
# How tools spell the phases that scores know.
PHASES = {
    "training": "training",
    "train": "training",
    "inference": "inference",
    "infer": "inference",
    "both": "both",
}
_ORIGINS = {**dict.fromkeys(MODELLED, "estimate"), "mixed": "estimate", "predicted": "prediction"}
# The estimate names the process it counted; that is no difference between two power models.
_PROCESS = re.compile(r"process \d+")


def unlike(measurements: Iterable[tuple[str, Measurement]], traits: Sequence[str] = TRAITS) -> dict[str, str]:
    """The one rule of what is alike: the first difference in each trait, in words.

    What a measurement does not say counts as no difference.

    Args:
        measurements: each with how it is named.
        traits: which of `TRAITS` and `SENSORS` must agree.

    Returns:
        Trait to sentence; empty if they are alike.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> nets = [(name, Measurement(label=name, energy_j=Quantity(1, 0, "J"), details={"dataset": name}))
        ...         for name in ("mnist", "cifar10")]
        >>> unlike(nets)
        {'dataset': "dataset differs: 'mnist' (mnist), 'cifar10' (cifar10)"}
    """
    return unlike_facts(
        ((label, facts_of(measurement, traits)) for label, measurement in measurements), traits
    )


def unlike_facts(
    named: Iterable[tuple[str, Mapping[str, str | None]]], traits: Sequence[str] = TRAITS
) -> dict[str, str]:
    """As `unlike`, of what measurements say of these traits (`facts_of`)."""
    values: dict[str, dict[str, str]] = {name: {} for name in traits}
    for label, facts in named:
        for name, value in facts.items():
            if value is not None:
                values[name].setdefault(value, label)
    found: dict[str, str] = {}
    for name, of in values.items():
        if len(of) > 1 and not any(coarser in found for coarser in COARSER.get(name, ())):
            (first, a), (second, b) = list(of.items())[:2]
            found[name] = difference(name, first, second, a, b)
    return found


def differences(a: Measurement, b: Measurement, per: str) -> tuple[str, ...]:
    """What makes two measurements unlike, one sentence each; empty if they may be compared.

    Args:
        a: one measurement.
        b: the other one.
        per: what their energies are to be of: ``"item"``, ``"call"`` or ``"total"``.
    """
    return (*unlike([("A", a), ("B", b)], (*TRAITS, *SENSORS)).values(), *_counts(a, b, per))


def difference(name: str, mine: str, other: str, a: str, b: str) -> str:
    """The sentence about a difference, in a comparison of two as in an order or on a front of many.

    Example:
        >>> difference("device", "A100", "H100", "A", "B")
        "device differs: 'A100' (A), 'H100' (B)"
    """
    if name == "channels":
        return f"the same components and devices, but not the same ones together ({a}, {b})"
    verb = "differ" if name in _OF_CHANNELS else "differs"
    return f"{name} {verb}: {mine!r} ({a}), {other!r} ({b})"


def facts_of(measurement: Measurement, traits: Iterable[str] = (*TRAITS, *SENSORS)) -> dict[str, str | None]:
    """What a measurement says of each of these traits, None where it says nothing.

    ``scope``: components of the counted channels (``"cpu+dram"``); ``device``: their devices; ``phase``,
    ``item``, ``task`` and ``dataset``: from ``details`` or the table's own columns; ``origin``:
    ``"sensor"`` for measured or imported energy, ``"estimate"`` for an estimate or a mixture,
    ``"prediction"`` for what was never run. ``details["scope"]`` and ``details["device"]`` go before the
    channels. The `SENSORS` say how many channels of each kind there are, and which belong together.
    """
    return {name: _FACTS[name](measurement) for name in traits}


def told(measurement: Measurement, name: str) -> str | None:
    """What a measurement says of itself by this name, or the column of this name of the table it comes from.

    A phase that a tool calls a task, and a task that is only the label once more, are no task.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> net = Measurement(label="net", energy_j=Quantity(1, 0, "J"), details={"dataset": "cifar10"})
        >>> told(net, "dataset")
        'cifar10'
    """
    value = measurement.details.get(name)
    fields = measurement.details.get("fields")
    if value is None and name not in ("item", "scope", "device") and isinstance(fields, Mapping):
        value = next((fields[key] for key in fields if str(key).strip().lower() == name), None)
    if not isinstance(value, str) or not value:
        return None
    return None if name == "task" and (value.lower() in PHASES or value == measurement.label) else value


def shared_ids(a: Measurement, b: Measurement) -> set[str]:
    """Ids of the channels that both read, on the same device through the same backend, and both count.

    Channels of logs that name no host are not known to be the same thing, so they are not among them.
    """
    of_b = {entry.channel.id: entry for entry in _counted(b)}
    return {
        entry.channel.id
        for entry in _counted(a)
        if names_host(entry.channel.id)
        and entry.channel.id in of_b
        and _kind(entry) == _kind(of_b[entry.channel.id])
    }


def doubts(a: Measurement, b: Measurement) -> tuple[str, ...]:
    """What is doubtful about a comparison of two measurements that may be compared."""
    sentences = []
    if not a.channels and not b.channels:
        sentences.append("neither says which channels were read: that they cover the same is taken on trust")
    elif not all(names_host(entry.channel.id) for m in (a, b) for entry in _counted(m)):
        sentences.append(
            "a log names no host, so the two may come from different sensors: their errors are not taken "
            "to cancel"
        )
    elif len(shared_ids(a, b)) < max(len(_counted(a)), len(_counted(b))):
        sentences.append(
            "not the same sensors: their errors do not cancel, and units of one device differ too"
        )
    if "predicted" in (a.provenance, b.provenance):
        sentences.append("a prediction: nothing was run, so it says what is likely and not what was taken")
    if "estimated" in (a.provenance, b.provenance):
        sentences.append(
            "estimates: how well the power model fits each workload is not in the interval, "
            "only its scale, which cancels where both use one model"
        )
    for name, measurement in (("A", a), ("B", b)):
        sentences += [f"{name}: {sentence}" for sentence in measurement.warnings]
    return tuple(sentences)


def _counted(measurement: Measurement) -> list[ChannelEnergy]:
    return [entry for entry in measurement.channels if entry.counted and entry.energy_j is not None]


def _kind(entry: ChannelEnergy) -> tuple[str, ...]:
    """What must agree between two channels so that their energies compare."""
    channel = entry.channel
    model = _PROCESS.sub("process", channel.source or "") if entry.provenance in MODELLED else ""
    return channel.component, channel.device, channel.backend, entry.provenance, model


def _phase(measurement: Measurement) -> str | None:
    phase = told(measurement, "phase")
    return None if phase is None else PHASES.get(phase.strip().lower(), phase)


def _device(measurement: Measurement) -> str | None:
    columns = (
        measurement.details.get("columns") or ()
    )  # a table's column gives its channel a name, not a device
    devices = {entry.channel.device for entry in measurement.channels if entry.counted}
    return told(measurement, "device") or ", ".join(sorted(devices.difference(columns))) or None


def _scope(measurement: Measurement) -> str | None:
    components = {entry.channel.component for entry in measurement.channels if entry.counted}
    return told(measurement, "scope") or "+".join(sorted(components)) or None


def _column(number: int) -> Callable[[Measurement], str]:
    """How many counted channels have each value of one of the things that `_kind` looks at."""

    def listed(measurement: Measurement) -> str:
        parts = Counter(_kind(entry)[number] for entry in _counted(measurement))
        named = (f"{count} x {name}" if count > 1 else name for name, count in sorted(parts.items()))
        return " + ".join(named) if parts else "none"

    return listed


def _channels(measurement: Measurement) -> str:
    kinds = Counter(_kind(entry) for entry in _counted(measurement))
    return "; ".join(f"{count} x {kind}" for kind, count in sorted(kinds.items()))


_FACTS: dict[str, Callable[[Measurement], str | None]] = {
    "phase": _phase,
    "task": lambda measurement: told(measurement, "task"),
    "dataset": lambda measurement: told(measurement, "dataset"),
    "item": lambda measurement: told(measurement, "item"),
    "device": _device,
    "scope": _scope,
    "origin": lambda measurement: _ORIGINS.get(measurement.provenance, "sensor"),
    "provenance": lambda measurement: measurement.provenance,
    **{name: _column(number) for number, name in enumerate(_OF_CHANNELS[:-1])},
    "channels": _channels,
}


def _counts(a: Measurement, b: Measurement, per: str) -> list[str]:
    reasons = []
    batches = _per_call(a), _per_call(b)
    if per in ("item", "call") and None not in batches and not _close(*batches):
        reasons.append(f"items per call differ: {batches[0]:.6g} (A), {batches[1]:.6g} (B)")
    if per == "total":
        for name in ("items", "calls"):
            mine, other = getattr(a, name), getattr(b, name)
            if mine is not None and other is not None and not _close(mine, other):
                reasons.append(f"{name} in total differ: {mine:g} (A), {other:g} (B)")
    return reasons


def _per_call(measurement: Measurement) -> float | None:
    return measurement.items / measurement.calls if measurement.items and measurement.calls else None


def _close(a: float | None, b: float | None) -> bool:
    return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-6)
