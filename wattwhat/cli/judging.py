"""What one score says of the models, kept row by row while the logs are read, without the measurements."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.cli.one_a_model import Reason
from wattwhat.cli.sentences import as_options
from wattwhat.errors import ScoreError, WattwhatError, error_text
from wattwhat.records.quantity import Quantity
from wattwhat.records.validators import plain_copy

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.judged import Judged
    from wattwhat.scoring.result import ScoreResult

__all__ = ["Judging", "Row"]


@attrs.frozen
class Row:
    """What a table shows of a model, and what ranks it.

    Args:
        came_as: the label before runs of one label were told apart.
        label: of the model.
        result: what the score said of it.
        judged: what ranks it, or the sentence why nothing does.
        traits: what its energy is of.
        accuracy: of the result, or the metric of that name.
        energy: that the score judged.
        origin: provenance, file and line.
        warnings: of the measurement.
    """

    came_as: str
    label: str
    result: ScoreResult
    judged: Judged | str
    traits: Mapping[str, str | None]
    accuracy: Quantity | None
    energy: Quantity
    origin: tuple[Any, ...]
    warnings: tuple[str, ...]


class Judging:
    """Judges measurements one after the other by one score.

    Args:
        score: a third party's may raise anything.
        items: as energies are looked at for a unit in which the score is defined.

    Attributes:
        rows: of the models that it judged.
        refused: label that a measurement came with, its own, the reason, and its joules where another unit
            would do.
    """

    def __init__(self, score: Any, items: float | None) -> None:
        self.score, self._items = score, items
        self.rows: list[Row] = []
        self.refused: list[tuple[str, str, str, float]] = []
        self._alike: dict[Any, Any] = {}  # what many rows share is kept once

    def add(self, came_as: str, measurement: Measurement) -> None:
        """Judge one more.

        Args:
            came_as: the label before runs of one label were told apart.
            measurement: with a label of its own.
        """
        try:
            result = self._result(measurement)
        except WattwhatError as err:
            reason = as_options(err)
            self.refused.append((came_as, measurement.label, reason, self._joules(measurement, reason)))
        except KeyboardInterrupt:
            raise
        except BaseException as err:
            sentence = f"{measurement.label!r}: {error_text(err)}"
            self.refused.append((came_as, measurement.label, sentence, 0.0))
        else:
            self.rows.append(self._row(came_as, measurement, result))

    def settle(self, places: Mapping[str, int], left_out: Collection[str]) -> list[Reason]:
        """Leave out labels, and put the rows into the order in which their labels first came.

        Args:
            places: label to its place, as `OneAModel` has them.
            left_out: labels whose rows do not count.

        Returns:
            The reasons of the others that were refused.
        """
        self.rows = [row for row in self.rows if row.came_as not in left_out]
        self.rows.sort(key=lambda row: places[row.came_as])
        self.refused = [one for one in self.refused if one[0] not in left_out]
        self.refused.sort(key=lambda one: places[one[0]])
        return [(label, reason) for _, label, reason, _ in self.refused]

    @property
    def least_joules(self) -> float:
        """The least energy in J for which another unit would do; 0 where there is none."""
        return min((joules for *_, joules in self.refused if joules > 0.0), default=0.0)

    def _result(self, measurement: Measurement) -> ScoreResult:
        from wattwhat.scoring import ScoreResult
        from wattwhat.scoring.score_inputs import accuracy_of, metric_of

        metric = metric_of(self.score)
        if metric in measurement.metrics:
            accuracy_of(measurement, metric)
        result = self.score(measurement)
        if not isinstance(result, ScoreResult):
            raise ScoreError(f"{self.score.name} gave {result!r}, expected a wattwhat.scoring.ScoreResult")
        return result

    def _row(self, came_as: str, measurement: Measurement, result: ScoreResult) -> Row:
        from wattwhat.scoring.judged import judge
        from wattwhat.scoring.population import traits_of

        judged: Judged | str
        try:
            judged = judge(measurement, self.score, result)
            result = judged.result
        except ScoreError as err:
            judged = as_options(err)
        except KeyboardInterrupt:
            raise
        except (
            BaseException
        ) as err:  # it is asked again with energy and accuracy moved, and may fail only then
            judged = error_text(err)
        traits = traits_of(measurement) if isinstance(judged, str) else judged.traits
        accuracy, energy = result.details.get("accuracy"), result.details.get("electricity")
        if not isinstance(accuracy, Quantity):
            known = measurement.metrics.get("accuracy")
            accuracy = None if known is None else Quantity(known, 0.0, "1")
        if not isinstance(energy, Quantity):
            energy = measurement.energy_j
        details, warnings = measurement.details, measurement.warnings
        origin = (measurement.provenance, plain_copy(details.get("file")), plain_copy(details.get("line")))
        warnings = self._alike.setdefault(warnings, warnings)
        return Row(came_as, measurement.label, result, judged, traits, accuracy, energy, origin, warnings)

    def _joules(self, measurement: Measurement, reason: str) -> float:
        from wattwhat.scoring.score_inputs import energy_of

        return energy_of(measurement, self._items).value if "--unit" in reason else 0.0
