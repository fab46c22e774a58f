"""From Measurements to the rows of the page: plain data for JSON, and what is unknown left out."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import attrs

from wattwhat.errors import WattwhatError
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity, finite_or_none
from wattwhat.scoring.front_odds import common_errors
from wattwhat.scoring.population import traits_of
from wattwhat.scoring.score_inputs import accuracy_of

__all__ = [
    "PARAMETERS",
    "Texts",
    "accuracy_or_reason",
    "brief",
    "of_file",
    "packed",
    "pair",
    "row_keys",
    "row_of",
]

PARAMETERS = ("parameters", "params", "n_parameters", "num_parameters", "parameter_count", "param_count")


def packed(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows as a table: the keys once, None for what a row lacks, which halves the page.

    Example:
        >>> packed([{"a": 1}, {"b": 2}])
        {'keys': ['a', 'b'], 'cells': [[1], [None, 2]]}
    """
    keys = list(dict.fromkeys(key for row in rows for key in row))
    cells = []
    for row in rows:
        line = [row.get(key) for key in keys]
        while line and line[-1] is None:
            line.pop()
        cells.append(line)
    return {"keys": keys, "cells": cells}


def of_file(measurement: Measurement, name: str) -> Measurement:
    """The measurement with the name of the file that it is from, which the page tells files apart by.

    Example:
        >>> of_file(Measurement(label="net", energy_j=Quantity(6, 1, "J")), "before").details["file"]
        'before'
    """
    return attrs.evolve(measurement, details={**measurement.details, "file": name})


def row_keys(measurements: Sequence[Measurement]) -> list[str]:
    """A short name for each measurement that is the same on every page that shows it, for addresses.

    Example:
        >>> net = Measurement(label="net", energy_j=Quantity(6, 1, "J"))
        >>> row_keys([net, net])
        ['6e26c37f', '6e26c37f-2']
    """
    seen: Counter[str] = Counter()
    keys = []
    for m in measurements:
        device = traits_of(m)["device"]
        identity = [m.label, device, m.energy_j.value, m.calls, m.items, m.provenance]
        key = hashlib.sha256(repr(identity).encode("utf-8", "surrogatepass")).hexdigest()[:8]
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key}-{seen[key]}")
    return keys


class Texts:
    """Sentences that many rows share, kept once; rows carry their numbers.

    Example:
        >>> texts = Texts()
        >>> texts.number("same"), texts.number("same"), texts.kept
        (0, 0, ['same'])
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number under which this text is kept."""
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def kept(self) -> list[str]:
        """All texts, in the order of their numbers."""
        return list(self._numbers)


def pair(quantity: Quantity | None) -> list[float | None] | None:
    """``[value, u]`` with None for an unknown u; None where there is no finite value."""
    if quantity is None or not math.isfinite(quantity.value):
        return None
    return [quantity.value, finite_or_none(quantity.u)]


def accuracy_or_reason(measurement: Measurement, metric: str) -> tuple[Quantity | None, str | None]:
    """The accuracy, or why there is none; u is infinite where neither u nor test items are known."""
    if metric not in measurement.metrics:
        return None, None
    try:
        accuracy = accuracy_of(measurement, metric)
    except WattwhatError as err:
        return None, str(err)
    stated = any(
        name in measurement.metrics for name in (f"{metric}_u", f"{metric}_n", "n_test", "test_items")
    )
    return (accuracy if stated else Quantity(accuracy.value, math.inf, "1")), None


def row_of(measurement: Measurement, texts: Texts, metric: str) -> dict[str, Any]:
    """One row, without grade, SAM and trace (those need the other rows); texts stand as their numbers.

    Args:
        measurement: what to show.
        texts: where shared texts are kept.
        metric: name of the accuracy.

    Returns:
        Only what is known; keys of unknown things are absent. The page divides the energy by calls and
        items itself, as `Measurement` does.
    """
    m = measurement
    traits = traits_of(m)
    accuracy, reason = accuracy_or_reason(m, metric)
    unlike = "scope", "phase", "item", "origin"
    row: dict[str, Any] = {
        "label": m.label,
        "family": _numbered(m.details.get("family"), texts),
        "file": _numbered(m.details.get("file"), texts),
        "device": _numbered(traits["device"], texts),
        "provenance": texts.number(m.provenance),
        "kind": texts.number("\n".join(traits[name] or "" for name in unlike)),
        "accuracy": pair(accuracy),
        "accuracy_problem": reason,
        "energy": pair(m.energy_j),
        "net": pair(m.net_energy_j),
        "idle": pair(m.idle_power_w),
        "duration_s": _number(m.duration_s),
        "calls": m.calls,
        "items": _number(m.items),
        "parameters": _parameters(m.metrics),
        "started_at": None if m.started_at is None else _utc(m.started_at),
        "warnings": [texts.number(sentence) for sentence in m.warnings],
        "budget": _budget(m, texts),
        "advice": texts.number(m.budget.advice) if len(m.budget) else None,
        "channels": [_channel(entry, texts) for entry in m.channels],
        "sensors": _sensors(m, texts),
    }
    return {key: value for key, value in row.items() if value is not None and value != []}


def _budget(m: Measurement, texts: Texts) -> list[list[Any]]:
    """Pairs of source and standard uncertainty as a fraction of the energy."""
    total = abs(m.energy_j.value)
    if not total or not math.isfinite(total):
        return []
    shares = ((source, u / total) for source, u in m.budget)
    return [[texts.number(source), _short(share)] for source, share in shares if math.isfinite(share)]


def _sensors(m: Measurement, texts: Texts) -> list[float] | None:
    """The sensors whose error is common to everything read with them, and its size as a fraction."""
    shared = common_errors(m)
    return None if shared is None else [texts.number(shared[0]), _short(shared[1]), _short(shared[2])]


def _channel(entry: ChannelEnergy, texts: Texts) -> list[Any]:
    channel = entry.channel
    return [
        texts.number(channel.id),
        texts.number(channel.device),
        texts.number(channel.component),
        brief(entry.energy_j),
        texts.number(entry.provenance),
        1 if entry.counted else 0,
    ]


def brief(quantity: Quantity | None) -> list[float | None]:
    """`pair` with six figures, for what is only read; ``[]`` where there is no value.

    Example:
        >>> brief(Quantity(1 / 3, math.inf, "J"))
        [0.333333, None]
    """
    return [None if x is None else float(f"{x:.6g}") for x in pair(quantity) or ()]


def _parameters(metrics: Mapping[str, float]) -> float | None:
    return next((metrics[name] for name in PARAMETERS if metrics.get(name, 0.0) > 0), None)


def _utc(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat()


def _number(value: float | None) -> float | None:
    return None if value is None else finite_or_none(value)


def _numbered(value: Any, texts: Texts) -> int | None:
    return texts.number(value) if isinstance(value, str) and value else None


def _short(value: float) -> float:
    return float(f"{value:.4g}")
