"""Models in the order of a score as rows for a table or for JSON, or as given where nothing ranks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.cli.sentences import as_options
from wattwhat.errors import ComparisonError, ScoreError, error_text
from wattwhat.records.validators import plain_copy

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.ranking import RankingRow

__all__ = ["ranked_rows"]


def ranked_rows(
    judged: Sequence[tuple[Measurement, Any]], score: Any, force: bool
) -> tuple[Sequence[dict[str, Any]], list[str]]:
    """Rows as plain data, best first, and how firm the order is; as given if nothing ranks them."""
    from wattwhat.scoring import rank

    measurements = {measurement.label: measurement for measurement, _ in judged}
    try:
        ranking = rank(list(measurements.values()), score, force=force)
    except ComparisonError as err:  # what is not ranked together is not put on one front either
        rows = [{**row, "dominated": None} for row in _unranked(judged)]
        sentences = [f"not ranked: {as_options(err)}"]
    except ScoreError as err:
        rows, sentences = _unranked(judged), [f"not ranked: {as_options(err)}"]
    except KeyboardInterrupt:
        raise
    except BaseException as err:  # it is asked again with energy and accuracy moved, and may fail only then
        rows, sentences = _unranked(judged), [f"not ranked: {error_text(err)}"]
    else:
        return _Rows(ranking.rows, measurements), [*ranking.statements(), *ranking.notes]
    return [{**row, **_origin(measurements[row["label"]])} for row in rows], sentences


class _Rows(Sequence[dict[str, Any]]):
    """Rows of a ranking as plain data, each made when it is asked for: of very many, all take much memory."""

    def __init__(self, rows: Sequence[RankingRow], measurements: Mapping[str, Measurement]) -> None:
        self._rows, self._measurements = rows, measurements

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return _Rows(self._rows[place], self._measurements)
        row = self._rows[place]
        return {**row.to_dict(), **_origin(self._measurements[row.label])}


def _origin(measurement: Measurement) -> dict[str, Any]:
    details = measurement.details
    return {
        "provenance": measurement.provenance,
        "file": plain_copy(details.get("file")),
        "line": plain_copy(details.get("line")),
        "warnings": list(measurement.warnings),
    }


def _unranked(judged: Sequence[tuple[Measurement, Any]]) -> list[dict[str, Any]]:
    from wattwhat.records.quantity import Quantity
    from wattwhat.scoring import pareto

    notes = []
    for measurement, result in judged:
        accuracy, energy = result.details.get("accuracy"), result.details.get("electricity")
        if not isinstance(accuracy, Quantity):
            known = measurement.metrics.get("accuracy")
            accuracy = None if known is None else Quantity(known, 0.0, "1")
        notes.append((result, accuracy, energy if isinstance(energy, Quantity) else measurement.energy_j))
    both = [place for place, (_, accuracy, _) in enumerate(notes) if accuracy is not None]
    values = [notes[i][1].value for i in both]
    front = dict(zip(both, pareto(values, [notes[i][2].to("J").value for i in both]), strict=True))
    return [
        {
            "rank": None,
            "label": judged[place][0].label,
            "result": result.to_dict(),
            "accuracy": None if accuracy is None else accuracy.to_dict(),
            "energy": energy.to_dict(),
            "dominated": not front.get(place, True),
        }
        for place, (result, accuracy, energy) in enumerate(notes)
    ]
