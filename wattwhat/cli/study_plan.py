"""The verb study plan: what a plan would run, before anything runs."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.cli.options import add_force, add_json
from wattwhat.cli.output import check_destination, deliver, say, wrap
from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import json_text

if TYPE_CHECKING:
    from wattwhat.study.cell import Cell
    from wattwhat.study.plan import Plan

__all__ = ["add_arguments", "call"]

_SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("plan", metavar="PLAN", help="the plan, a TOML file")
    parser.add_argument("--all", action="store_true", help=f"list every cell, not only the first {_SHOWN}")
    parser.add_argument(
        "--predict",
        action="store_true",
        help="say of each cell what it is likely to take, before it is measured",
    )
    parser.add_argument("--device", metavar="NAME", help="what the cells will run on; default: this machine")
    parser.add_argument("--study", metavar="PATH", help="predict from what was measured already")
    add_json(parser, "one JSON object with all cells, on standard output or as the content of FILE")
    add_force(parser)


def call(arguments: argparse.Namespace) -> int:
    """Read the plan, check it, and list its cells."""
    if arguments.predict:
        from wattwhat.cli.predict_plan import predict_plan

        return predict_plan(arguments)
    if arguments.device is not None or arguments.study is not None:
        raise ArgumentError(
            "they say how to predict", argument="--device and --study", remedy="add --predict"
        )
    from wattwhat.study.expansion import cells_of
    from wattwhat.study.plan import read_plan

    check_destination(arguments.json, holds=("cells",), arguments=arguments)
    plan = read_plan(arguments.plan)
    cells = cells_of(plan)
    if arguments.json is not None:
        deliver(json_text(_content(plan, cells)), arguments.json)
    else:
        say("\n".join(_lines(plan, cells, len(cells) if arguments.all else _SHOWN)))
    return 0


def _content(plan: Plan, cells: Sequence[Cell]) -> dict[str, Any]:
    from wattwhat.study.duration import busy_now, cell_seconds

    least_s, most_s = cell_seconds(plan.measure, busy_now())
    return {
        "plan": plan.path,
        "count": len(cells),
        "least_s": least_s * len(cells),
        "most_s": most_s * len(cells),
        "most_j": _sum(_most_j(cell, most_s) for cell in cells),
        "cells": [
            {**cell.settings(), "least_s": least_s, "most_s": most_s, "most_j": _most_j(cell, most_s)}
            for cell in cells
        ],
    }


def _most_j(cell: Cell, most_s: float) -> float | None:
    """TDP of the cell's device times its longest time; None where that device is not known."""
    from wattwhat.study.duration import device_watts

    watts = device_watts(cell.device)
    return None if watts is None else watts * most_s


def _sum(joules: Iterable[float | None]) -> float | None:
    known = list(joules)
    return None if None in known else math.fsum(one for one in known if one is not None)


def _lines(plan: Plan, cells: Sequence[Cell], most: int) -> list[str]:
    from wattwhat.records.formatting import short_time, with_prefix
    from wattwhat.report.text_table import Column, listing
    from wattwhat.study.duration import busy_now, cell_seconds

    busy = busy_now()
    least_s, most_s = cell_seconds(plan.measure, busy)
    names = [name for name in cells[0].settings() if name not in ("repeat", "reference")]
    names += [name for name in ("repeat", "reference") if any(getattr(cell, name) for cell in cells)]
    rows = [
        [str(number), *(_shown(name, getattr(cell, name)) for name in names)]
        for number, cell in enumerate(cells[:most], 1)
    ]
    columns = [Column("cell", right=True)]
    columns += [
        Column(name, right=name.endswith(("_size", "_length")), shrinks=name == "model") for name in names
    ]
    models = len({cell.model for cell in cells})
    most_j = _sum(_most_j(cell, most_s) for cell in cells)
    energy = "" if most_j is None else f", at most {with_prefix(most_j, 'J')} (TDP x time)"
    return [
        *listing(columns, rows),
        *([f"... and {len(cells) - most} more; --all lists them"] if len(cells) > most else []),
        "",
        *wrap(
            f"{len(cells)} cells of {models} model{'' if models == 1 else 's'}, one after the other: "
            f"{short_time(least_s * len(cells))} to {short_time(most_s * len(cells))}{energy}; loading and "
            f"compiling of large models not included{_busy_note(busy)}"
        ),
        "what each cell is likely to take, before it is measured: --predict",
    ]


def _busy_note(busy: float) -> str:
    if busy < 1.5:
        return ""
    return f"; others want this machine's cores too, so starting takes {busy:.0f} times as long as at rest"


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "-"
    return str(value + 1) if name in ("repeat", "reference") else str(value)
