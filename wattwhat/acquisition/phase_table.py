"""The table of phases: share, joules, watts and joules of an item, each with its 95 % half-width."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from wattwhat.records.escaping import one_line
from wattwhat.records.formatting import plus_minus, short_time
from wattwhat.records.terminal import shown

if TYPE_CHECKING:
    from wattwhat.acquisition.phases import Phases
    from wattwhat.records.measurement import Measurement
    from wattwhat.records.quantity import Quantity

__all__ = ["table"]

_HEADS = ("phase", "spans", "time", "share", "energy", "power", "an item")


def table(phases: Phases) -> str:
    """Phases as lines of text, largest first as they came; ± is twice the standard uncertainty.

    Args:
        phases: what is shown; spans that are open count until now.
    """
    results = phases._results()
    measured, total = tuple(results.parts.values()), results.total
    rows = [_row(one, total) for one in measured] + [_row(total, total)]
    rows[-1] = ("all of them", str(sum(one.calls or 0 for one in measured)), *rows[-1][2:])
    cells = [_HEADS, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADS))]
    lines = [f"{one_line(phases.label)}: {total.energy_j:U}, {total.provenance}"]
    lines += [
        "  ".join(
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    warnings = dict.fromkeys(sentence for one in (*measured, total) for sentence in one.warnings)
    return shown([*lines, *(f"warning: {one_line(sentence)}" for sentence in warnings)])


def _row(one: Measurement, total: Measurement) -> tuple[str, ...]:
    share = one.energy_j.value / total.energy_j.value if total.energy_j.value else math.nan
    return (
        one_line(one.label),
        str(one.calls or 0),
        short_time(one.duration_s),
        "–" if math.isnan(share) else f"{100.0 * share:.1f} %",
        _shown(one.energy_j),
        _shown(one.power_w),
        _shown(one.energy_per_item_j),
    )


def _shown(quantity: Quantity | None) -> str:
    return "–" if quantity is None or not quantity.known else plus_minus(quantity)
