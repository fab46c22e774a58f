"""Models in the order of a score as rows for a table or for JSON, or as given where nothing ranks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.cli.sentences import as_options
from wattwhat.errors import ComparisonError, error_text

if TYPE_CHECKING:
    from wattwhat.cli.judging import Row
    from wattwhat.scoring.ranking import RankingRow

__all__ = ["ranked_rows"]


def ranked_rows(
    rows: Sequence[Row], score: Any, force: bool
) -> tuple[Sequence[Mapping[str, Any]], list[str]]:
    """Rows as plain data, best first, and how firm the order is; as given if nothing ranks them."""
    from wattwhat.scoring.population import check_traits
    from wattwhat.scoring.rank_models import rank_judged

    judged = [row.judged for row in rows if not isinstance(row.judged, str)]
    fails = next((row.judged for row in rows if isinstance(row.judged, str)), None)
    try:
        check_traits(((row.label, row.traits) for row in rows), force)
        ranking = None if fails else rank_judged(judged, score, force=force)
    except ComparisonError as err:  # what is not ranked together is not put on one front either
        unranked = [{**row, "dominated": None} for row in _unranked(rows)]
        return unranked, [f"not ranked: {as_options(err)}"]
    except KeyboardInterrupt:
        raise
    except BaseException as err:  # what a score of others has in common may fail too
        fails, ranking = error_text(err), None
    if ranking is None:
        return _unranked(rows), [f"not ranked: {fails}"]
    by_label = {row.label: row for row in rows}
    return _Rows(ranking.rows, by_label), [*ranking.statements(), *ranking.notes]


class _Rows(Sequence[Mapping[str, Any]]):
    """Rows of a ranking as plain data, each made when it is asked for: of very many, all take much memory."""

    def __init__(self, rows: Sequence[RankingRow], by_label: Mapping[str, Row]) -> None:
        self._rows, self._by_label = rows, by_label

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return _Rows(self._rows[place], self._by_label)
        row = self._rows[place]
        return {**row.to_dict(), **_origin(self._by_label[row.label])}


def _origin(row: Row) -> dict[str, Any]:
    provenance, file, line = row.origin
    return {"provenance": provenance, "file": file, "line": line, "warnings": list(row.warnings)}


def _unranked(rows: Sequence[Row]) -> list[dict[str, Any]]:
    from wattwhat.scoring import pareto

    both = [place for place, row in enumerate(rows) if row.accuracy is not None]
    values = [row.accuracy.value for row in rows if row.accuracy is not None]
    front = dict(zip(both, pareto(values, [rows[i].energy.to("J").value for i in both]), strict=True))
    return [
        {
            "rank": None,
            "label": row.label,
            "result": row.result.to_dict(),
            "accuracy": None if row.accuracy is None else row.accuracy.to_dict(),
            "energy": row.energy.to_dict(),
            "dominated": not front.get(place, True),
            **_origin(row),
        }
        for place, row in enumerate(rows)
    ]
