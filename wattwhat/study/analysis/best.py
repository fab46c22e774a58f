"""The best setting of each model: least energy of one item among those whose outputs are right."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from wattwhat.analysis.comparison import knows_repeats
from wattwhat.analysis.ratio import ratio_interval, spread_of
from wattwhat.study.analysis.rows import Row

__all__ = ["PARITY", "Best", "best_of"]

# The greatest output error, against eager fp32, with which a setting still counts as the same model.
PARITY = 0.05


@attrs.frozen
class Best:
    """The setting of a model that takes least.

    Args:
        model: its label.
        row: the cell.
        saving: the share of energy that it saves against the setting that takes most among those with the
            right outputs.
        alike: settings that cannot be told apart from it by their 95 % intervals, or of which only one block
            was measured, so that nobody knows how repeats differ.
        wrong: how many settings were left out because their outputs are too far off, or unlike.
    """

    model: str
    row: Row
    saving: float
    alike: tuple[Row, ...]
    wrong: int


def best_of(rows: Sequence[Row], parity: float = PARITY) -> list[Best]:
    """The best setting of every model on each hardware, by its name.

    Args:
        rows: of a study.
        parity: the greatest output error that is let through.
    """
    models: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        models.setdefault((row.model, row.hardware), []).append(row)
    bests = []
    for (model, _), those in sorted(models.items()):
        right = [row for row in those if row.measurement.metrics.get("parity_error", 0.0) <= parity]
        if not right:
            continue
        best = min(right, key=lambda row: row.energy_j)
        most = max(row.energy_j for row in right)
        alike = tuple(row for row in right if row.setting != best.setting and not _more(row, best))
        bests.append(Best(model, best, 1.0 - best.energy_j / most, alike, len(those) - len(right)))
    return bests


def _more(row: Row, best: Row) -> bool:
    """Whether a row takes more than the best one, beyond doubt."""
    if not (knows_repeats(row.measurement) and knows_repeats(best.measurement)):
        return False
    counts = (row.measurement.items or 1.0, best.measurement.items or 1.0)
    spread = spread_of(row.measurement, best.measurement, counts)
    low, _ = ratio_interval(row.energy_j, spread.a_u, best.energy_j, spread.b_u, spread.covariance)
    return low > 1.0
