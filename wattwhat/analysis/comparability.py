"""Whether two measurements may be compared: what differs, what is doubtful, which sensors they share."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from wattwhat.records.channel import names_host
from wattwhat.records.validators import MODELLED

if TYPE_CHECKING:
    from wattwhat.records.channel_energy import ChannelEnergy
    from wattwhat.records.measurement import Measurement

__all__ = ["SAID", "SCOPES", "difference", "differences", "doubts", "facts_of", "shared_ids", "told"]

# What a measurement may say of itself besides its channels; other tools' logs do.
SAID = ("phase", "item", "scope", "device", "task", "dataset")
# What its channels say, in the order in which a difference is looked for.
SCOPES = ("components", "devices", "backends", "origins of the channels", "power models")
_PHASES = frozenset({"train", "training", "infer", "inference", "both"})
# The estimate names the process it counted; that is no difference between two power models.
_PROCESS = re.compile(r"process \d+")


def differences(a: Measurement, b: Measurement, per: str) -> tuple[str, ...]:
    """What makes two measurements unlike, one sentence each; empty if they may be compared.

    Args:
        a: one measurement.
        b: the other one.
        per: what their energies are to be of: ``"item"``, ``"call"`` or ``"total"``.
    """
    reasons = []
    if a.provenance != b.provenance:
        reasons.append(f"A is {a.provenance}, B is {b.provenance}")
    reasons += _scopes(a, b)
    for name, mine, other in zip(SAID, facts_of(a)[1], facts_of(b)[1], strict=True):
        if mine and other and mine != other:
            reasons.append(difference(name, mine, other))
    return (*reasons, *_counts(a, b, per))


def difference(name: str, mine: str, other: str, a: str = "A", b: str = "B") -> str:
    """The sentence about a difference, in a comparison of two as in an order or on a front of many.

    Example:
        >>> difference("device", "A100", "H100")
        "device differs: 'A100' (A), 'H100' (B)"
    """
    return f"{name} differs: {mine!r} ({a}), {other!r} ({b})"


def facts_of(measurement: Measurement) -> tuple[list[str], list[str | None]]:
    """What `differences` looks at besides origin and counts, as texts that a page can compare too.

    Returns:
        One text for each of `SCOPES` and a last one for which of them belong together; and what the
        measurement says under each of the names `SAID`, None where it says nothing.
    """
    kinds = Counter(_kind(entry) for entry in _counted(measurement))
    scopes = [_listed(_column(kinds, number)) for number in range(len(SCOPES))]
    together = "; ".join(f"{count} x {kind}" for kind, count in sorted(kinds.items()))
    return [*scopes, together], [told(measurement, name) for name in SAID]


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
    return None if name == "task" and (value.lower() in _PHASES or value == measurement.label) else value


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


def _scopes(a: Measurement, b: Measurement) -> list[str]:
    """Sentences about the first of scope, device, backend, provenance and model in which they differ."""
    scopes_a, scopes_b = facts_of(a)[0], facts_of(b)[0]
    if scopes_a == scopes_b:
        return []
    for name, mine, other in zip(SCOPES, scopes_a, scopes_b, strict=False):
        if mine != other:
            return [f"{name} differ: {mine} (A), {other} (B)"]
    return ["the same components and devices, but not the same ones together"]


def _column(kinds: Counter[tuple[str, ...]], number: int) -> Counter[str]:
    column: Counter[str] = Counter()
    for kind, count in kinds.items():
        column[kind[number]] += count
    return column


def _listed(parts: Counter[str]) -> str:
    if not parts:
        return "none"
    return " + ".join(f"{count} x {name}" if count > 1 else name for name, count in sorted(parts.items()))


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
