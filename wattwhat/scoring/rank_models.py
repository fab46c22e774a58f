"""Ranking models by a score, with how firm each place is and which lie on the Pareto front."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError, ScoreDomainError, ScoreError
from wattwhat.records.quantity import Quantity
from wattwhat.scoring.front_odds import common_errors, front_odds
from wattwhat.scoring.monte_carlo import draw_values, sensitivity_of
from wattwhat.scoring.pareto_front import pareto
from wattwhat.scoring.phases import choose_phase, phase_of
from wattwhat.scoring.population import check_together, common_traits
from wattwhat.scoring.ranking import _CELLS, _UNITS, ALPHAS, Ranking, RankingRow
from wattwhat.scoring.sam_score import SAM
from wattwhat.scoring.score_inputs import accuracy_of, check_measurement, energy_of, metric_of

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.result import Score, ScoreResult

__all__ = ["extremes", "rank", "ranks_of_most"]

_PIECE = 1 << 18  # numbers of a copy that is made of a part of the draws


def rank(
    measurements: Iterable[Measurement],
    score: Score | None = None,
    *,
    phase: str | None = None,
    force: bool = False,
    draws: int = 4000,
    seed: int = 0,
) -> Ranking:
    """Order models by a score and tell how firm the order is.

    Draws of energy and accuracy within their uncertainties give the probability that each model truly
    beats the next one. The gain, the offset and the model error of a sensor are common to all that was
    measured with the same channels, so they move those together and hardly change their order; accuracies
    are drawn independently, which is cautious where the test items are the same. The frontier of a
    `FrontierGrade` moves for all models together: between models of one accuracy it cancels, between
    unlike ones it blurs the order. For SAM the order is also worked out for alpha from 1 to 10 and for
    other units of energy.

    Args:
        measurements: one a model, with what the score needs.
        score: default ``SAM()``, in kWh; third-party scores may set ``higher_is_better = False``, and have
            ``common_factors(measurements, draws, generator)`` as `FrontierGrade` has.
        phase: which electricity where the set has both (`choose_phase`).
        force: rank unlike phases, tasks, data sets, devices, scopes or origins all the same, and note it.
        draws: how many; fewer are taken for very many models.
        seed: of the draws.

    Raises:
        ScoreError: there is nothing to rank, the score gives no value, or something is missing.
        ComparisonError: phases, tasks, data sets, devices, scopes, items or origins differ.
        ArgumentError: draws is below 1.

    Example:
        >>> from wattwhat import Measurement
        >>> models = [Measurement(label=name, energy_j=Quantity(wh * 3600, 20 * wh, "J"),
        ...                       metrics={"accuracy": a, "n_test": 10_000})
        ...           for name, wh, a in (("small", 20, 0.85), ("large", 900, 0.87), ("odd", 1000, 0.80))]
        >>> ranking = rank(models, SAM(unit="Wh"))
        >>> ranking.labels, [row.dominated for row in ranking.rows]
        (('small', 'large', 'odd'), [False, False, True])
    """
    chosen: Score = SAM() if score is None else score
    _check_score(chosen)
    population = _population(measurements)
    if draws < 1:
        raise ArgumentError(argument="draws", expected="at least 1", got=draws)
    if phase is not None or any(phase_of(measurement) for measurement in population):
        population = choose_phase(population, phase)
    check_together(population, force)
    results = [_named(chosen(measurement), measurement.label, chosen) for measurement in population]
    sign = 1.0 if getattr(chosen, "higher_is_better", True) else -1.0
    keys = [sign * _value(result, chosen) for result in results]
    order = sorted(range(len(keys)), key=lambda i: -keys[i])
    alpha_orders, unit_orders = _scans(population, chosen)
    energies = [_energy(m, result) for m, result in zip(population, results, strict=True)]
    accuracies = [_accuracy(m, chosen) for m in population]
    front = _front(accuracies, energies)
    firm = _firmness(population, chosen, results, order, sign, draws, seed)
    chances = _chances(population, accuracies, energies)
    alphas, units = extremes(alpha_orders, len(order)), extremes(unit_orders, len(order))
    rows = tuple(
        RankingRow(
            place + 1,
            results[i],
            accuracies[i],
            energies[i],
            not front[i],
            *firm[place],
            alphas[i],
            units[i],
            chances[i],
        )
        for place, i in enumerate(order)
    )
    _, notes = common_traits(population, {}, force=True)
    return Ranking(
        chosen.name,
        rows,
        sign > 0,
        {alpha: tuple(population[i].label for i in ordered) for alpha, ordered in alpha_orders.items()},
        {unit: tuple(population[i].label for i in ordered) for unit, ordered in unit_orders.items()},
        tuple(note.removeprefix("forced: ") for note in notes),
    )


def _population(measurements: Iterable[Measurement]) -> list[Measurement]:
    if isinstance(measurements, (str, bytes)) or not isinstance(measurements, Iterable):
        raise ArgumentError(argument="measurements", expected="a list of Measurements", got=measurements)
    population = list(measurements)
    for measurement in population:
        check_measurement(measurement)
    if not population:
        raise ScoreError("there is nothing to rank: no measurement was given")
    return population


def _check_score(score: Any) -> None:
    if isinstance(score, type) or not callable(score) or not isinstance(getattr(score, "name", None), str):
        raise ArgumentError(
            argument="score",
            expected="a Score, which has a name and takes a Measurement",
            got=score,
            remedy="see wattwhat.scoring.Score",
        )


def _named(result: ScoreResult, label: str, score: Score) -> ScoreResult:
    """The result with the name of what it judged, which a score of others may have left out."""
    from wattwhat.scoring.result import ScoreResult

    if not isinstance(result, ScoreResult):
        raise ScoreError(f"{score.name} gave {result!r:.200}, expected a wattwhat.scoring.ScoreResult")
    if result.details.get("label") == label:
        return result
    return attrs.evolve(result, details={**result.details, "label": label})


def _value(result: ScoreResult, score: Score) -> float:
    if result.value is None or math.isnan(result.value.value):
        raise ScoreError(f"{score.name} gives no value to rank by, only {result.grade!r}")
    return result.value.value


def _energy(measurement: Measurement, result: ScoreResult) -> Quantity:
    judged = result.details.get("electricity")
    return judged if isinstance(judged, Quantity) else energy_of(measurement)


def _accuracy(measurement: Measurement, score: Score) -> Quantity | None:
    metric = metric_of(score)
    return accuracy_of(measurement, metric) if metric in measurement.metrics else None


def _front(accuracies: Sequence[Quantity | None], energies: Sequence[Quantity]) -> Sequence[bool]:
    known = [i for i, accuracy in enumerate(accuracies) if accuracy is not None]
    values = [accuracy.value for accuracy in accuracies if accuracy is not None]
    front = [True] * len(accuracies)  # what has no accuracy is not said to be dominated
    for i, on_front in zip(known, pareto(values, [energies[i].value for i in known]), strict=True):
        front[i] = on_front
    return front


def _chances(
    population: Sequence[Measurement], accuracies: Sequence[Quantity | None], energies: Sequence[Quantity]
) -> list[float | None]:
    """The probability of each model to be on the front."""
    rows = [
        {
            "energy": _pair(energy.to("J")),
            "accuracy": None if accuracy is None else _pair(accuracy),
            "sensors": common_errors(measurement),
        }
        for measurement, accuracy, energy in zip(population, accuracies, energies, strict=True)
    ]
    return front_odds(rows)


def _pair(quantity: Quantity) -> list[float | None]:
    return [quantity.value, quantity.u if math.isfinite(quantity.u) else None]


def _firmness(
    population: Sequence[Measurement],
    score: Score,
    results: Sequence[ScoreResult],
    order: Sequence[int],
    sign: float,
    draws: int,
    seed: int,
) -> list[tuple[float | None, tuple[int, int]]]:
    """For each place: probability of beating the next one, and the ranks that hold 95 % of the draws."""
    import numpy as np

    sensitivities = [sensitivity_of(population[i], score, results[i]) for i in order]
    draws = max(100, min(draws, _CELLS // len(order)))
    generator = np.random.default_rng(seed)
    values = draw_values(sensitivities, draws, generator)
    values *= sign
    common = getattr(score, "common_factors", None)
    if common is not None:
        values *= common([population[i] for i in order], draws, generator)
    known = [math.isfinite(one.own) for one in sensitivities]
    ends = ranks_of_most(values)
    firm: list[tuple[float | None, tuple[int, int]]] = []
    for i in range(len(order)):
        beats = None
        if i + 1 < len(order) and known[i] and known[i + 1]:
            more = values[i] > values[i + 1]
            beats = float((more + 0.5 * (values[i] == values[i + 1])).mean())
        firm.append((beats, (int(ends[0][i]), int(ends[1][i])) if known[i] else (1, len(order))))
    return firm


def ranks_of_most(values: Any) -> Any:
    """The lowest and the highest rank of each model (a line of ``values``) that hold 95 % of the draws.

    Models of one value share their ranks, whichever was given first. Some draws at a time, and then some
    models, so that no second array of floats is as large as the first.
    """
    import numpy as np

    count, draws = values.shape
    best = np.empty(values.shape, dtype=np.int32)
    worst = best  # an array of its own once two values are equal
    step = max(1, _PIECE // count)
    for begin in range(0, draws, step):
        piece = slice(begin, begin + step)
        order = np.argsort(-values[:, piece], axis=0, kind="stable")
        first, last = _shared_ranks(np.take_along_axis(values[:, piece], order, axis=0))
        if worst is best and last is not first:
            worst = best.copy()
        np.put_along_axis(best[:, piece], order, first, axis=0)
        if worst is not best:
            np.put_along_axis(worst[:, piece], order, last, axis=0)
    ends = np.empty((2, count), dtype=np.int64)
    step = max(1, _PIECE // draws)
    for begin in range(0, count, step):
        piece = slice(begin, begin + step)
        for end, places, share in zip(ends, (best, worst), (0.025, 0.975), strict=True):
            end[piece] = np.quantile(places[piece], share, axis=1, method="nearest") + 1
    return ends


def _shared_ranks(falling: Any) -> tuple[Any, Any]:
    """First and last place, from 0, of what equals each value in falling columns; one array without ties."""
    import numpy as np

    numbers = np.arange(len(falling), dtype=np.int32)[:, None]
    equal = falling[1:] == falling[:-1]
    if not equal.any():
        return numbers, numbers
    edge = np.zeros((1, falling.shape[1]), dtype=bool)
    first = np.maximum.accumulate(np.where(np.vstack([edge, equal]), np.int32(0), numbers), axis=0)
    most = np.where(np.vstack([equal, edge]), np.int32(len(falling)), numbers)
    return first, np.minimum.accumulate(most[::-1], axis=0)[::-1]


def _scans(
    population: Sequence[Measurement], score: Score
) -> tuple[dict[int, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Orders (as indices) of SAM for each alpha and for each unit that leaves every energy above 1."""
    if not isinstance(score, SAM):
        return {}, {}
    alphas = {alpha: _order(population, attrs.evolve(score, alpha=alpha)) for alpha in ALPHAS}
    units = {}
    for unit in dict.fromkeys((score.unit, *_UNITS)):
        try:
            units[unit] = _order(population, attrs.evolve(score, unit=unit))
        except ScoreDomainError:
            continue
    return alphas, units


def _order(population: Sequence[Measurement], score: SAM) -> tuple[int, ...]:
    values = [score.plain_value(measurement) for measurement in population]
    return tuple(sorted(range(len(values)), key=lambda i: -values[i]))


def extremes(orders: Mapping[Any, Sequence[int]], count: int) -> list[tuple[int, int] | None]:
    """The best and the worst rank of each of so many models in these orders; None where there is none."""
    if not orders:
        return [None] * count
    best, worst = [count] * count, [1] * count
    for order in orders.values():
        for place, i in enumerate(order, 1):
            best[i], worst[i] = min(best[i], place), max(worst[i], place)
    return list(zip(best, worst, strict=True))
