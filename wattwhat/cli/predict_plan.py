"""predict --plan: every cell of a study with its time and its joules, before anything is measured."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.cli.output import check_destination, deliver, say, wrap
from wattwhat.errors import WattwhatError
from wattwhat.records.escaping import json_text

if TYPE_CHECKING:
    from wattwhat.study.cell import Cell

__all__ = ["predict_plan"]

_SHOWN = 40


def predict_plan(arguments: argparse.Namespace) -> int:
    """Read the plan, predict each of its cells, and list them."""
    from wattwhat.study.duration import busy_now, cell_seconds
    from wattwhat.study.expansion import cells_of
    from wattwhat.study.plan import read_plan

    check_destination(arguments.json, holds=("cells",), arguments=arguments)
    plan = read_plan(arguments.plan)
    cells = cells_of(plan)
    for place in (os.getcwd(), plan.folder):  # where the study's own processes look for modules
        if place not in sys.path:
            sys.path.insert(0, place)
    rows = _predicted(cells, arguments)
    least_s, most_s = cell_seconds(plan.measure, busy_now())
    watts = [row["tdp_w"] for row in rows if row.get("tdp_w") is not None]
    most_j = math.fsum(watts) * most_s if len(watts) == len(rows) else None
    content = {
        "plan": plan.path,
        "count": len(cells),
        "least_s": least_s * len(cells),
        "most_s": most_s * len(cells),
        "most_j": most_j,
        "cells": rows,
    }
    if arguments.json is not None:
        deliver(json_text(content), arguments.json)
    else:
        say("\n".join(_lines(content)))
    return 2 if rows and all("reason" in row for row in rows) else 0


def _predicted(cells: Sequence[Cell], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each cell: its settings and what is predicted, or the reason why nothing is."""
    from wattwhat.predict.asking import study_of

    study = None if arguments.study is None else study_of(arguments.study)
    counted: dict[Any, Any] = {}
    rows = []
    for cell in cells:
        row: dict[str, Any] = cell.settings()
        try:
            row |= _row(cell, arguments.device, study, counted)
        except WattwhatError as err:
            row["reason"] = " ".join(str(err).split())
        rows.append(row)
    return rows


def _row(cell: Cell, device: str | None, study: Any, counted: dict[Any, Any]) -> dict[str, Any]:
    from wattwhat.predict import Case, predict_case
    from wattwhat.predict.here import device_for

    sheet, notes = device_for(device or cell.device)
    key = (cell.model, cell.batch_size, cell.image_size, cell.sequence_length)
    if key not in counted:
        counted[key] = _counts(cell)
    if isinstance(counted[key], WattwhatError):
        raise counted[key]
    case = Case(
        counts=counted[key],
        device=sheet,
        runtime=cell.runtime.partition(":")[0],
        precision=cell.precision,
        label=cell.model,
    )
    m = predict_case(case, study=study, notes=notes)
    return {
        "energy_per_call_j": m.energy_j.value,
        "interval_j": m.details["interval_j"],
        "bound_j": m.details.get("bound_j"),
        "way": m.details["way"],
        "on": sheet.name,
        "tdp_w": sheet.tdp_w,
    }


def _counts(cell: Cell) -> Any:
    """The counts of a cell's model, or the error that stood in the way."""
    from wattwhat.predict import count
    from wattwhat.study.models import built

    try:
        made = built(cell)
        return count(made.model, made.inputs)
    except WattwhatError as err:
        return err


def _lines(content: dict[str, Any]) -> list[str]:
    from wattwhat.records.formatting import short_time, with_prefix
    from wattwhat.report.text_table import Column, listing

    rows = content["cells"]
    shown = []
    for row in rows[:_SHOWN]:
        cell = f"{row['model']} batch {row['batch_size']} {row['precision']} {row['runtime']}"
        if "reason" in row:
            shown.append([cell, "-", "-", "-"])
            continue
        ends = " to ".join(with_prefix(end, "J") for end in row["interval_j"])
        shown.append([cell, with_prefix(row["energy_per_call_j"], "J"), ends, row["way"]])
    columns = [Column("cell", shrinks=True), Column("a call", True), Column("95 %", True), Column("by")]
    lines = listing(columns, shown)
    if len(rows) > _SHOWN:
        lines.append(f"... and {len(rows) - _SHOWN} more; --json has them all")
    lines.append("")
    for reason in dict.fromkeys(row["reason"] for row in rows if "reason" in row):
        lines += wrap(reason, "    ", "  not predicted: ")
    time = f"{short_time(content['least_s'])} to {short_time(content['most_s'])}"
    energy = (
        ""
        if content["most_j"] is None
        else f" and at most {with_prefix(content['most_j'], 'J')} (TDP x time)"
    )
    return [*lines, *wrap(f"{content['count']} cells, one after the other: {time}{energy}")]
