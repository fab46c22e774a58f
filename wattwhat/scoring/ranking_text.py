"""A ranking for people: a table that fits the terminal, sentences about its firmness, plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wattwhat.records.escaping import one_line
from wattwhat.records.quantity import Quantity
from wattwhat.records.terminal import shown

if TYPE_CHECKING:
    from wattwhat.scoring.ranking import Ranking, RankingRow

__all__ = ["ranking_dict", "statements", "table"]

_FIRM = 0.95


def table(ranking: Ranking) -> str:
    """The ranking as text; accuracy and energy stand beside every score."""
    labels = [one_line(row.label) for row in ranking.rows]
    width = min(max(5, *map(len, labels)), 14 if ranking.alpha_orders else 16)
    direction = "larger is better" if ranking.higher_is_better else "smaller is better"
    head = f"{'#':>3}  {'model':<{width}} {'score':>10} {'accuracy':>10} {'energy':>13} >next ranks"
    lines = [f"{ranking.name}, {direction}", f"{head}{' alpha  unit' if ranking.alpha_orders else ''}"]
    lines += [_line(row, width) for row in ranking.rows]
    if any(row.dominated for row in ranking.rows):
        lines.append("* dominated: another model is at least as accurate for no more energy")
    lines += [one_line(f"- {sentence}") for sentence in (*statements(ranking), *ranking.notes)]
    return shown(lines)


def statements(ranking: Ranking) -> tuple[str, ...]:
    """What the firmness comes to, in sentences."""
    rows = ranking.rows
    if len(rows) < 2:
        return ()
    open_pairs = [row for row in rows[:-1] if row.beats_next is None or row.beats_next < _FIRM]
    sentences = [_first(ranking)]
    if open_pairs:
        sentences.append(
            f"{len(open_pairs)} of {len(rows) - 1} neighbours are not told apart at {100 * _FIRM:.0f} %"
        )
    else:
        sentences.append(f"every model beats the next one with at least {100 * _FIRM:.0f} %")
    if ranking.alpha_orders:
        sentences += [
            _holds(ranking, "alpha", ranking.alpha_orders),
            _holds(ranking, "unit", ranking.unit_orders),
        ]
    return tuple(sentences)


def ranking_dict(ranking: Ranking) -> dict[str, Any]:
    """Plain data for JSON."""
    return {
        "name": ranking.name,
        "higher_is_better": ranking.higher_is_better,
        "rows": [row.to_dict() for row in ranking.rows],
        "alpha_orders": {str(alpha): list(order) for alpha, order in ranking.alpha_orders.items()},
        "unit_orders": {unit: list(order) for unit, order in ranking.unit_orders.items()},
        "statements": list(statements(ranking)),
        "notes": list(ranking.notes),
    }


def _line(row: RankingRow, width: int) -> str:
    label = one_line(row.label)
    label = label if len(label) <= width else f"{label[: width - 1]}~"
    score = _cell(row.result.value, 10)
    score = f"{row.result.grade} {_cell(row.result.value, 8)}" if row.result.grade else score
    beats = "" if row.beats_next is None else _percent(row.beats_next)
    star = "*" if row.dominated else " "
    line = f"{row.rank:>3}{star} {label:<{width}} {score:>10} {_cell(row.accuracy, 10):>10} "
    line += f"{_cell(row.energy, 13):>13} {beats:>5} {_span(row.ranks):>5}"
    return (
        line + f" {_span(row.alpha_ranks):>5} {_span(row.unit_ranks):>5}" if row.alpha_ranks else line
    ).rstrip()


def _cell(value: Quantity | None, width: int) -> str:
    if value is None:
        return "-"
    text = str(value).removesuffix(" 1")
    if len(text) <= width:
        return text
    unit = "" if value.unit == "1" else f" {value.unit}"
    return f"{value.value:.3g}{unit}"


def _span(ranks: tuple[int, int] | None) -> str:
    if ranks is None:
        return ""
    return str(ranks[0]) if ranks[0] == ranks[1] else f"{ranks[0]}-{ranks[1]}"


def _first(ranking: Ranking) -> str:
    first, second = ranking.rows[:2]
    if first.beats_next is None:
        return f"whether {first.label} truly beats {second.label} is not known: an uncertainty is missing"
    return f"{first.label} truly beats {second.label} with a probability of {_percent(first.beats_next)}"


def _holds(ranking: Ranking, what: str, orders: Mapping[Any, tuple[str, ...]]) -> str:
    labels = ranking.labels
    whole = [key for key, order in orders.items() if order == labels]
    winner = [key for key, order in orders.items() if order[:1] == labels[:1]]
    text = f"over {what} {_listed(list(orders))}: the first place holds for {_listed(winner, len(orders))}"
    return f"{text}, the whole order for {_listed(whole, len(orders))}"


def _listed(keys: list[Any], of: int = 0) -> str:
    if len(keys) == of:
        return "all"
    if len(keys) > 2 and isinstance(keys[0], int) and keys == list(range(keys[0], keys[-1] + 1)):
        return f"{keys[0]} to {keys[-1]}"
    return ", ".join(map(str, keys)) or "none"


def _percent(share: float) -> str:
    return ">99 %" if share > 0.995 else f"{100 * share:.0f} %"
