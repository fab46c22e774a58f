"""The analysis of a study as one object: effects, correlations, best settings, accuracy, drift."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, WattwhatError
from wattwhat.records.measurement import Measurement
from wattwhat.study.analysis.best import Best, best_of
from wattwhat.study.analysis.correlations import Correlation, correlations_of
from wattwhat.study.analysis.effects import Effect, effects_of
from wattwhat.study.analysis.rows import FACTORS, Row, rows_of
from wattwhat.study.analysis.tactics import Tactic, tactics_of
from wattwhat.study.folder import open_study
from wattwhat.study.journal import RESULTS, Journal

__all__ = ["Analysis", "analyse"]

_LEAST_ACCURACIES = 5


def _price(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and 0.0 <= value < math.inf
    if value is not None and not number:
        raise ArgumentError(
            argument=attribute.name, expected="money for a kWh, a number of at least 0", got=value
        )


@attrs.frozen
class Analysis:
    """What a study found.

    Args:
        rows: its measured cells, the returns of the reference among them.
        effects: of each factor.
        correlations: of each property of the models.
        best: setting of each model.
        relations: fits of energy against accuracy, best first; empty where too few accuracies are known.
        no_relations: why there are none, or empty.
        drift: greatest relative deviation of the reference cell from its mean, or None.
        failures: rows of cells that could not be measured.
        tactics: what other runtimes and precisions save.
        price_per_kwh: of electricity, for the money that tactics save; None tells none.
        currency: of that price.
    """

    rows: tuple[Row, ...]
    effects: tuple[Effect, ...]
    correlations: tuple[Correlation, ...]
    best: tuple[Best, ...]
    relations: tuple[Any, ...]
    no_relations: str
    drift: float | None
    failures: tuple[dict[str, Any], ...] = ()
    tactics: tuple[Tactic, ...] = ()
    price_per_kwh: float | None = attrs.field(default=None, validator=_price)
    currency: str = "EUR"

    def __str__(self) -> str:
        from wattwhat.records.terminal import shown
        from wattwhat.study.analysis.text import text_of

        return shown(text_of(self))


def analyse(
    source: str | os.PathLike[str] | Iterable[Measurement],
    *,
    price_per_kwh: float | None = None,
    currency: str = "EUR",
) -> Analysis:
    """Analyse a study.

    Args:
        source: the results folder (its ``results.jsonl`` is enough), or measurements of one.
        price_per_kwh: of electricity; tactics are then told in money, too.
        currency: of that price, as a code or sign.

    Raises:
        ArgumentError: the folder holds no results, or nothing in it was measured.
        LogError: a row of its journal is none.

    Example:
        >>> from wattwhat import Quantity
        >>> def row(model, runtime, joules):
        ...     cell = {"batch_size": 1, "runtime": runtime}
        ...     return Measurement(label=model, energy_j=Quantity(joules, 0.01, "J"), items=1,
        ...                        details={"cell": cell})
        >>> rows = [row("a", "eager", 2.0), row("a", "compile", 1.0), row("b", "eager", 4.0),
        ...         row("b", "compile", 2.0)]
        >>> effect = analyse(rows).effects[0]
        >>> effect.level, round(effect.ratio, 3), effect.models
        ('compile', 0.5, 2)
    """
    failures: tuple[dict[str, Any], ...] = ()
    if isinstance(source, (str, os.PathLike)):
        journal = Journal(source)
        if not (journal.folder / RESULTS).exists():
            journal = open_study(source).journal  # says what is the matter, or that nothing is measured yet
        measurements = [Measurement.from_dict(row) for row in journal.results()]
        failures = tuple(journal.failures().values())
    else:
        measurements = list(source)
    everything = rows_of(measurements)
    if not everything:
        where = source if isinstance(source, (str, os.PathLike)) else "measurements"
        raise ArgumentError(f"{where}: no cell with items and energy was measured; run the study first")
    rows = [row for row in everything if row.reference is None]
    relations, why = _relations(rows)
    effects = tuple(effects_of(rows))
    return Analysis(
        rows=tuple(everything),
        effects=effects,
        correlations=tuple(correlations_of(rows)),
        best=tuple(best_of(rows)),
        relations=relations,
        no_relations=why,
        drift=_drift(everything),
        failures=failures,
        tactics=tuple(tactics_of(rows, effects)),
        price_per_kwh=price_per_kwh,
        currency=currency,
    )


def _relations(rows: Sequence[Row]) -> tuple[tuple[Any, ...], str]:
    """Energy against accuracy, under the setting that most models with an accuracy have."""
    settings: dict[tuple[object, ...], dict[str, Row]] = {}
    for row in rows:
        if row.metric("accuracy") is not None:
            setting = (row.hardware, *(row.setting.get(name) for name in FACTORS))
            settings.setdefault(setting, {}).setdefault(row.model, row)
    most = max(settings.values(), key=len, default={})
    if len(most) < _LEAST_ACCURACIES:
        return (), (
            f"accuracies of {len(most)} models are known, {_LEAST_ACCURACIES} are needed under one setting; "
            "name a table in the plan: accuracy = ..."
        )
    from wattwhat.scoring.scaling import compare_relations

    accuracies = [row.measurement.metrics["accuracy"] for row in most.values()]
    try:
        return compare_relations(accuracies, [row.energy_j for row in most.values()]), ""
    except WattwhatError as err:
        return (), str(err)


def _drift(rows: Sequence[Row]) -> float | None:
    energies = [row.energy_j for row in rows if row.reference is not None]
    if len(energies) < 2:
        return None
    mean = math.fsum(energies) / len(energies)
    return max(abs(energy / mean - 1.0) for energy in energies)
