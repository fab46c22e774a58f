"""The verb study merge: put the results of shards together."""

from __future__ import annotations

import argparse

from wattwhat.cli.options import add_force, add_json
from wattwhat.cli.output import check_destination, deliver, say
from wattwhat.records.escaping import json_text

__all__ = ["add_arguments", "call"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("into", metavar="DIR", help="the folder to add to; made where it is not there")
    parser.add_argument("others", nargs="+", metavar="SHARD", help="results folders of the same plan")
    add_json(parser, "one JSON object with counts, on standard output or as the content of FILE")
    add_force(parser)


def call(arguments: argparse.Namespace) -> int:
    """Merge, and say what is there now."""
    from wattwhat.study.merging import merge_studies

    check_destination(arguments.json, holds=("total", "measured"), arguments=arguments)
    study = merge_studies(arguments.into, arguments.others)
    finished = study.journal.finished()
    measured = sum(finished.get(key, False) for key in study.cells)
    failed = sum(key in finished for key in study.cells) - measured
    if arguments.json is not None:
        counts = {"total": len(study.cells), "measured": measured, "failed": failed, "out": arguments.into}
        deliver(json_text(counts), arguments.json)
    else:
        left = len(study.cells) - measured - failed
        say(f"{arguments.into}: {measured} cells measured, {failed} with a reason instead, {left} left")
    return 0
