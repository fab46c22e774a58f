"""Ranking models by a score, with how firm each place is and which lie on the Pareto front."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.scoring.front_odds import front_odds
from wattwhat.scoring.judged import Judged, OddsRows, judge, scans
from wattwhat.scoring.monte_carlo import draw_values
from wattwhat.scoring.pareto_front import pareto
from wattwhat.scoring.phases import choose_phase, phase_of
from wattwhat.scoring.population import check_together, check_traits, common_traits_of
from wattwhat.scoring.ranking import CELLS, Ranking, RankingRow
from wattwhat.scoring.sam_score import SAM
from wattwhat.scoring.score_inputs import check_measurement

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.result import Score, ScoreResult

__all__ = ["extremes", "rank", "rank_judged", "ranks_of_most"]

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
        >>> from wattwhat import Measurement, Quantity
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
    judged = [judge(measurement, chosen, chosen(measurement)) for measurement in population]
    return rank_judged(judged, chosen, force=force, draws=draws, seed=seed)


def rank_judged(
    judged: Sequence[Judged], score: Score, *, force: bool = False, draws: int = 4000, seed: int = 0
) -> Ranking:
    """As `rank`, of models that were judged one by one, so that no measurement need be there any more.

    Args:
        judged: each by `judge`.
        score: that judged them.
        force: as `rank` has it.
        draws: likewise.
        seed: likewise.

    Raises:
        ComparisonError: phases, tasks, data sets, devices, scopes, items or origins differ.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> net = Measurement(label="net", energy_j=Quantity(7.2e6, 1e5, "J"), metrics={"accuracy": 0.9})
        >>> rank_judged([judge(net, SAM(), SAM()(net))], SAM()) == rank([net])
        True
    """
    import numpy as np

    check_traits(((one.label, one.traits) for one in judged), force)
    sign = 1.0 if getattr(score, "higher_is_better", True) else -1.0
    keys = sign * np.array([_value(one.result) for one in judged])
    places, ranks = _order(keys)
    order = places.tolist()
    firm = _firmness([judged[i] for i in order], score, sign, draws, seed)
    front = _front(judged)
    chances = front_odds(OddsRows(judged))
    scanned = scans(judged, score)
    alphas = {alpha: _order(values) for alpha, values in scanned[0].items()}
    units = {unit: _order(values) for unit, values in scanned[1].items()}
    by_alpha = extremes([ranks for _, ranks in alphas.values()], len(judged))
    by_unit = extremes([ranks for _, ranks in units.values()], len(judged))
    rows = tuple(
        RankingRow(
            int(ranks[i]),
            judged[i].result,
            judged[i].accuracy,
            judged[i].energy,
            not front[i],
            *firm[place],
            by_alpha[i],
            by_unit[i],
            chances[i],
        )
        for place, i in enumerate(order)
    )
    labels = [one.label for one in judged]
    _, notes = common_traits_of(((one.label, one.traits) for one in judged), {}, force=True)
    return Ranking(
        score.name,
        rows,
        sign > 0,
        {alpha: tuple(labels[i] for i in places.tolist()) for alpha, (places, _) in alphas.items()},
        {unit: tuple(labels[i] for i in places.tolist()) for unit, (places, _) in units.items()},
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


def _value(result: ScoreResult) -> float:
    assert result.value is not None  # `judge` takes no other
    return result.value.value


def _order(values: Any) -> tuple[Any, Any]:
    """Which value comes at each place, the largest first, and the rank of each value: equals share theirs."""
    import numpy as np

    order = np.argsort(-values, kind="stable")
    falling = values[order]
    first = np.arange(1, len(values) + 1)
    first[1:][falling[1:] == falling[:-1]] = 0
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.maximum.accumulate(first)
    return order, ranks


def extremes(ranks: Sequence[Any], count: int) -> list[tuple[int, int] | None]:
    """The best and the worst rank of each of so many models; None where there is none.

    Args:
        ranks: for each order an array with the rank of each model.
        count: of models.
    """
    import numpy as np

    if not ranks:
        return [None] * count
    best, worst = np.min(ranks, axis=0).tolist(), np.max(ranks, axis=0).tolist()
    return list(zip(best, worst, strict=True))


def _front(judged: Sequence[Judged]) -> Sequence[bool]:
    known = [i for i, one in enumerate(judged) if one.accuracy is not None]
    values = [one.accuracy.value for one in judged if one.accuracy is not None]
    front = [True] * len(judged)  # what has no accuracy is not said to be dominated
    for i, on_front in zip(known, pareto(values, [judged[i].energy.value for i in known]), strict=True):
        front[i] = on_front
    return front


def _firmness(
    ordered: Sequence[Judged], score: Score, sign: float, draws: int, seed: int
) -> list[tuple[float | None, tuple[int, int]]]:
    """For each place: probability of beating the next one, and the ranks that hold 95 % of the draws."""
    import numpy as np

    draws = max(100, min(draws, CELLS // len(ordered)))
    generator = np.random.default_rng(seed)
    values = draw_values([one.sensitivity for one in ordered], draws, generator)
    values *= sign
    common = getattr(score, "common_factors", None)
    if common is not None:
        values *= common([one.measurement for one in ordered], draws, generator)
    known = [math.isfinite(one.sensitivity.own) for one in ordered]
    chances = [_chance(values[i], values[i + 1]) for i in range(len(ordered) - 1)]
    ends = ranks_of_most(values).tolist()
    firm: list[tuple[float | None, tuple[int, int]]] = []
    for i in range(len(ordered)):
        beats = chances[i] if i + 1 < len(ordered) and known[i] and known[i + 1] else None
        firm.append((beats, (ends[0][i], ends[1][i]) if known[i] else (1, len(ordered))))
    return firm


def _chance(mine: Any, other: Any) -> float:
    """The share of draws in which one is above the other, half of those in which they are equal."""
    return float(((mine > other) + 0.5 * (mine == other)).mean())


def ranks_of_most(values: Any) -> Any:
    """The lowest and the highest rank of each model (a line of ``values``) that hold 95 % of the draws.

    Models of one value share their ranks, whichever was given first. The ranks take the place of the values,
    some draws at a time, so that without equal ones no second array is as large.
    """
    import numpy as np

    count, draws = values.shape
    best = worst = values  # an array of its own once two values are equal
    step = max(1, _PIECE // count)
    for begin in range(0, draws, step):
        piece = slice(begin, begin + step)
        order = np.argsort(-values[:, piece], axis=0, kind="stable")
        first, last = _shared_ranks(np.take_along_axis(values[:, piece], order, axis=0))
        if worst is best and last is not first:
            worst = np.empty(values.shape, dtype=np.int32)
            worst[:, :begin] = best[:, :begin]
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
