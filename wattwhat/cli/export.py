"""The verb export: measurements as a table for a paper or a spreadsheet, or as a reporting scheme asks."""

from __future__ import annotations

import argparse
import os

from wattwhat.cli.export_scheme import OPTIONS, add_scheme_options, reported
from wattwhat.cli.inputs import given
from wattwhat.cli.options import add_force, add_json
from wattwhat.cli.output import check_destination, deliver, say
from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import json_text
from wattwhat.report.tables import TABLES, rows

__all__ = ["EXAMPLES", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat export runs.jsonl
  wattwhat export runs.jsonl -o table.tex
  wattwhat export runs.jsonl --format csv > runs.csv
  wattwhat export run.jsonl --as model-card --intensity 380 --location Bern
  wattwhat export run.jsonl --as sci --check
  wattwhat export run.jsonl --as boamps --facts facts.toml -o report.json

A scheme gets what was measured and what you state; nothing else is filled in.
--check lists what is missing: exit status 0 nothing is, 1 something is.
"""

_ENDINGS = {table.ending: name for name, table in TABLES.items() if table.ending}
_FORMATS = (*_ENDINGS.values(), "model-card")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="measurements: files, logs, or FILE#LABEL")
    parser.add_argument(
        "--format", choices=_FORMATS, help="default: by the ending of --output; without it, markdown"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="default: standard output")
    add_scheme_options(parser)
    add_json(parser, "the table as one JSON object, on standard output or as the content of FILE")
    add_force(parser)


def call(arguments: argparse.Namespace) -> int:
    """Read, and write the table or the scheme."""
    if arguments.format == "model-card":  # both a table's and a scheme's name
        arguments.scheme, arguments.format = arguments.scheme or "model-card", None
    if arguments.scheme is not None:
        if arguments.format is not None:
            raise ArgumentError(
                "one is a table, the other a scheme", argument="--format and --as", remedy="give one of them"
            )
        return reported(arguments)
    _refuse_scheme_options(arguments)
    return _table(arguments)


def _refuse_scheme_options(arguments: argparse.Namespace) -> None:
    for name in (*OPTIONS, "check", "set", "facts"):
        if getattr(arguments, name):
            option = f"--{name.replace('_', '-')}"
            raise ArgumentError(
                "belongs to a reporting scheme", argument=option, remedy="add --as, such as --as model-card"
            )


def _table(arguments: argparse.Namespace) -> int:
    from wattwhat.report.export import export

    check_destination(arguments.json, holds=("columns", "rows"), arguments=arguments)
    chosen = arguments.format or _by_ending(arguments.output)
    check_destination(arguments.output, "--output", written=chosen, arguments=arguments)
    measurements = given(arguments.files)
    if arguments.json is not None:
        columns, table = rows(measurements)
        data = {"columns": list(columns), "rows": table}
        deliver(json_text(data), arguments.json)
        return 0
    text = export(measurements, chosen)
    deliver(text, arguments.output)
    if arguments.output not in (None, "-"):
        say(f"wrote {arguments.output}: {len(measurements)} measurement(s) as {chosen}")
    return 0


def _by_ending(path: str | None) -> str:
    if path is None:
        return "markdown"
    ending = os.path.splitext(path)[1].lower()
    if ending not in _ENDINGS:
        raise ArgumentError(
            argument="--output",
            expected=f"an ending of {', '.join(_ENDINGS)}",
            got=path,
            remedy="add --format",
        )
    return _ENDINGS[ending]
