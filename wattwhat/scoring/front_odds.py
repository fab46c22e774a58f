"""How probable it is that a model lies on the Pareto front, among models of one kind."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.records.channel import names_host
from wattwhat.records.sources import GAIN, MODEL, OFFSET

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["common_errors", "contenders", "front_odds"]

_DRAWS = 500  # a probability is then known to 0.02
_SURE = 4.5  # standard deviations: three in a million
_KEEP_AT_ONCE = 250_000  # numbers: 2 MB, of which a dozen are needed


def common_errors(measurement: Measurement) -> tuple[str, float, float] | None:
    """The sensors whose error is common to everything read with them, and its size as a fraction.

    Channels of logs that name no host are not known to be the same thing, so they share nothing.

    Returns:
        A name for the sensors, and the relative standard uncertainties of gain and offset; None where
        nothing is known to be shared.
    """
    m = measurement
    ids = sorted(entry.channel.id for entry in m.channels if entry.counted)
    total = abs(m.energy_j.value)
    if not ids or not all(map(names_host, ids)) or not total or not math.isfinite(total):
        return None
    gain = math.hypot(m.budget.get(GAIN), m.budget.get(MODEL)) / total
    offset = m.budget.get(OFFSET) / total
    # An estimate for a channel has nothing in common with a reading of it.
    return ("\n".join([m.provenance, *ids]), gain, offset) if math.isfinite(gain + offset) else None


def front_odds(rows: Sequence[Mapping[str, Any]]) -> list[float | None]:
    """The probability of each row to be on the front of high accuracy and low energy, among rows of one kind.

    Energies are drawn log-normal and accuracies normal. What two energies of the same sensors have in common
    (gain and offset) is drawn once for both, so it cancels between them. Where the uncertainty of an accuracy
    is not known, its value is taken.

    Args:
        rows: of one kind, each with ``energy`` and ``accuracy`` as ``[value, u]`` (u None where unknown) and,
            where known, ``sensors`` as ``[number, gain, offset]``, relative standard uncertainties.

    Returns:
        A probability for each row; None where energy, its uncertainty or accuracy is missing. An energy of
        unknown uncertainty stands in the others' way with its value.

    Example:
        >>> good = {"energy": [1.0, 0.0], "accuracy": [0.8, None]}
        >>> front_odds([good, {"energy": [2.0, 0.0], "accuracy": [0.7, None]}])
        [1.0, 0.0]
        >>> front_odds([{**good, "energy": [1.0, None]}])
        [None]
    """
    import numpy as np

    usable: list[int] = []
    odds: list[float | None] = [None] * len(rows)
    names: set[Any] = set()
    for i, row in enumerate(rows):
        if row.get("sensors"):
            names.add(row["sensors"][0])
        if _usable(row):
            usable.append(i)
            odds[i] = None if row["energy"][1] is None else 0.0
    places = [usable[n] for n in contenders(rows[i] for i in usable)]
    if not places:
        return odds
    rng = np.random.default_rng(20_261_129)
    sensors = sorted(names)
    counts, left = np.zeros(len(places)), _DRAWS
    middles, spreads = _columns([rows[i] for i in places], sensors)
    while left:
        draws = min(left, max(1, _KEEP_AT_ONCE // len(places)))
        nothing = np.zeros((1, 2, draws))
        shared = np.concatenate([rng.standard_normal((len(sensors), 2, draws)), nothing])
        energies, accuracies = _drawn(middles, spreads, shared, rng)
        counts += _on_front(energies, accuracies).sum(axis=0)
        left -= draws
    for i, count in zip(places, counts, strict=True):
        if odds[i] is not None:
            odds[i] = round(float(count) / _DRAWS, 2)
    return odds


def contenders(rows: Iterable[Mapping[str, Any]]) -> list[int]:
    """Rows that are not dominated beyond doubt; the others change nobody's probability.

    Beyond doubt: another one needs less and is no less accurate where both lie `_SURE` standard deviations on
    the far side. That ignores what cancels between them, so nobody is left out who has a chance.
    """
    import numpy as np

    logs, reach, accuracies, accuracy_reach = (array("d") for _ in range(4))
    for row in rows:
        logs.append(math.log(row["energy"][0]))
        reach.append(_SURE * _log_spread(_relative(row)))
        accuracies.append(row["accuracy"][0])
        accuracy_reach.append(_SURE * (row["accuracy"][1] or 0.0))
    log, u, accuracy, v = map(np.asarray, (logs, reach, accuracies, accuracy_reach))
    # most energy that a row may need, with the least accuracy that it may have, from cheap to dear
    order = np.argsort(log + u)
    best = np.maximum.accumulate((accuracy - v)[order])
    cheaper = np.searchsorted((log + u)[order], log - u)
    found: list[int] = np.flatnonzero((cheaper == 0) | (best[cheaper - 1] < accuracy + v)).tolist()
    return found


def _usable(row: Mapping[str, Any]) -> bool:
    energy, accuracy = row.get("energy"), row.get("accuracy")
    return bool(energy and accuracy and energy[0] > 0)


def _relative(row: Mapping[str, Any]) -> float:
    value, u = row["energy"]
    return float((u or 0.0) / value)


def _log_spread(share: float) -> float:
    return math.sqrt(math.log1p(share * share))


def _columns(rows: Sequence[Mapping[str, Any]], sensors: Sequence[Any]) -> tuple[Any, Any]:
    """Of each row (a column) the logarithm of the energy and the accuracy; and their spreads.

    The spreads are those of the energy's own error, of the gain and the offset of its sensors, and of the
    accuracy; then the place of the sensors, the last one for those that share nothing.
    """
    import numpy as np

    place_of = {one: place for place, one in enumerate(sensors)}
    middles, spreads = np.empty((2, len(rows))), np.zeros((5, len(rows)))
    for k, row in enumerate(rows):
        name, gain, offset = row.get("sensors") or (None, 0.0, 0.0)
        whole, accuracy_u = _relative(row), row["accuracy"][1] or 0.0
        own = math.sqrt(max(0.0, whole**2 - gain**2 - offset**2))
        middles[:, k] = math.log(row["energy"][0]), row["accuracy"][0]
        if row["energy"][1] is None:
            name = None  # it stands in the others' way with its value
        shared = (0.0, 0.0) if name is None else (_log_spread(gain), _log_spread(offset))
        spreads[:, k] = _log_spread(own), *shared, accuracy_u, place_of.get(name, len(sensors))
    return middles, spreads


def _drawn(middles: Any, spreads: Any, shared: Any, rng: Any) -> tuple[Any, Any]:
    """Drawn logarithms of energies and accuracies, a line a draw and a column a row."""
    draws, count = shared.shape[2], middles.shape[1]
    own, gain, offset, accuracy_u, place = (column[:, None] for column in spreads)
    energies = middles[0][:, None] + own * rng.standard_normal((count, draws))
    for size, which in ((gain, 0), (offset, 1)):
        if size.any():
            energies += size * shared[place[:, 0].astype(int), which]
    accuracies = middles[1][:, None] + accuracy_u * rng.standard_normal((count, draws))
    return energies.T, accuracies.T


def _on_front(energies: Any, accuracies: Any) -> Any:
    """For each draw (a line), which models no other one dominates; equals share the front."""
    import numpy as np

    order = np.lexsort((-accuracies, energies), axis=1)
    sorted_accuracies = np.take_along_axis(accuracies, order, axis=1)
    sorted_energies = np.take_along_axis(energies, order, axis=1)
    best = np.maximum.accumulate(sorted_accuracies, axis=1)
    rises = np.ones_like(best, dtype=bool)
    rises[:, 1:] = sorted_accuracies[:, 1:] > best[:, :-1]
    # an equal of the one that rose last is on the front with it
    last = np.maximum.accumulate(np.where(rises, np.arange(best.shape[1]), 0), axis=1)
    same = np.take_along_axis(sorted_energies, last, axis=1) == sorted_energies
    front = np.empty_like(rises)
    np.put_along_axis(front, order, rises | (same & (best == sorted_accuracies)), axis=1)
    return front
