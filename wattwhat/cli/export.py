"""The verb export: measurements as a table for a paper, a spreadsheet or a model card."""

from __future__ import annotations

import argparse
import os
from typing import Any

from wattwhat.cli.inputs import given
from wattwhat.cli.options import add_force, add_json
from wattwhat.cli.output import check_destination, deliver, say
from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import json_text

__all__ = ["EXAMPLES", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat export runs.jsonl
  wattwhat export runs.jsonl -o table.tex
  wattwhat export runs.jsonl --format csv > runs.csv
  wattwhat export run.jsonl --format model-card --intensity 380 --location Bern

A model card states emissions only at a carbon intensity that you state.
"""

_FORMATS = ("markdown", "latex", "csv", "model-card")
_ENDINGS = {".md": "markdown", ".tex": "latex", ".csv": "csv"}
_CARD = ("intensity", "intensity_source", "pue", "training_type", "location")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="measurements: files, logs, or FILE#LABEL")
    parser.add_argument(
        "--format", choices=_FORMATS, help="default: by the ending of --output; without it, markdown"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="default: standard output")
    card = parser.add_argument_group("for a model card")
    card.add_argument(
        "--intensity", type=float, metavar="G", help="carbon intensity in g/kWh, yours to state"
    )
    card.add_argument("--intensity-source", metavar="TEXT", help="where that figure comes from")
    card.add_argument("--pue", type=float, metavar="X", help="power usage effectiveness; default: 1")
    card.add_argument("--training-type", choices=("pre-training", "fine-tuning"))
    card.add_argument("--location", metavar="TEXT", help="where it was run")
    add_json(parser, "the table as one JSON object, on standard output or as the content of FILE")
    add_force(parser)


def call(arguments: argparse.Namespace) -> int:
    """Read, and write the table."""
    from wattwhat.report.export import export
    from wattwhat.report.tables import rows

    check_destination(arguments.json, holds=("columns", "rows"), arguments=arguments)
    chosen = arguments.format or _by_ending(arguments.output)
    check_destination(arguments.output, "--output", written=chosen, arguments=arguments)
    options = _card_options(arguments, chosen)
    measurements = given(arguments.files)
    if arguments.json is not None:
        columns, table = rows(measurements)
        data = {"columns": list(columns), "rows": table}
        deliver(json_text(data), arguments.json)
        return 0
    text = export(measurements, chosen, **options)
    deliver(text, arguments.output)
    if arguments.output not in (None, "-"):
        say(f"wrote {arguments.output}: {len(measurements)} measurement(s) as {chosen}")
    return 0


def _by_ending(path: str | None) -> str:
    if path is None:
        return "markdown"
    ending = os.path.splitext(path)[1].lower()
    if ending not in _ENDINGS:
        known = ", ".join(_ENDINGS)
        raise ArgumentError(f"--output: {path!r} names no format (it may end in {known}); add --format")
    return _ENDINGS[ending]


def _card_options(arguments: argparse.Namespace, chosen: str) -> dict[str, Any]:
    given_ones = {name: getattr(arguments, name) for name in _CARD if getattr(arguments, name) is not None}
    if given_ones and chosen != "model-card":
        option = "--" + next(iter(given_ones)).replace("_", "-")
        raise ArgumentError(f"{option} belongs to a model card; add --format model-card")
    if "intensity" in given_ones:
        given_ones["intensity_g_per_kwh"] = given_ones.pop("intensity")
    return given_ones
