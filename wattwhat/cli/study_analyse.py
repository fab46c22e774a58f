"""The verb study analyse: what a study found, on the terminal and as files."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from wattwhat.cli.options import add_force, add_json
from wattwhat.cli.output import check_destination, deliver, say, wrap
from wattwhat.records.escaping import json_text

if TYPE_CHECKING:
    from wattwhat.study.analysis.analysed import Analysis

__all__ = ["add_arguments", "call"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("folder", metavar="DIR", help="the results folder of study run")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        help="where to write report, tables, plots and page; default: analysis in DIR",
    )
    parser.add_argument(
        "--price", type=float, metavar="X", help="of a kWh: what tactics save is told in money, too"
    )
    parser.add_argument("--currency", default="EUR", metavar="CODE", help="of the price; default: EUR")
    add_json(parser, "the findings as one JSON object, on standard output or as the content of FILE")
    add_force(parser)


def call(arguments: argparse.Namespace) -> int:
    """Analyse, write, and report."""
    from wattwhat.study.analysis.analysed import analyse
    from wattwhat.study.analysis.files import write_analysis

    check_destination(arguments.json, holds=("effects", "correlations"), arguments=arguments)
    analysis = analyse(arguments.folder, price_per_kwh=arguments.price, currency=arguments.currency)
    output = arguments.output or os.path.join(arguments.folder, "analysis")
    written, lacking = write_analysis(analysis, output, replace=arguments.replace)
    if arguments.json is not None:
        deliver(json_text(_content(analysis, output, written)), arguments.json)
    else:
        say(str(analysis))
        say(f"\n{output}: {', '.join(written)}")
    for sentence in lacking:
        say("\n".join(wrap(sentence, "  ", "warning: ")), sys.stderr)
    return 0


def _content(analysis: Analysis, output: str, written: list[str]) -> dict[str, Any]:
    from wattwhat.study.analysis.files import tables_of

    content: dict[str, Any] = {}
    for name, (heading, *rows) in tables_of(analysis).items():
        if name != "cells.csv":
            content[name.removesuffix(".csv")] = [
                {column: _finite(value) for column, value in zip(heading, row, strict=True)} for row in rows
            ]
    return {
        **content,
        "cells": len(analysis.rows),
        "failures": len(analysis.failures),
        "drift": analysis.drift,
        "relations": [_relation(fit) for fit in analysis.relations],
        "no_relations": analysis.no_relations,
        "folder": output,
        "files": written,
    }


def _relation(fit: Any) -> dict[str, Any]:
    numbers = {"r_squared": fit.r_squared, "aicc": _finite(fit.aicc)}
    return {"relation": fit.relation, **numbers, "models": fit.count}


def _finite(value: Any) -> Any:
    """None for what JSON cannot hold: an interval without an end."""
    return None if isinstance(value, float) and value in (float("inf"), float("-inf")) else value
