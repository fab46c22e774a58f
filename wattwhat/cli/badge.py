"""The verb badge: a small label of one measurement, as SVG, or as JSON for shields-like services."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from wattwhat.cli.inputs import one_of
from wattwhat.cli.options import add_force, add_json
from wattwhat.cli.output import check_destination, deliver, say
from wattwhat.records.escaping import json_text, one_line

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.result import ScoreResult

__all__ = ["EXAMPLES", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat badge result.jsonl --reference imagenet.json -o energy.svg
  wattwhat badge runs.jsonl#resnet18 --accuracy 0.69 --reference ref.json
  wattwhat badge result.jsonl --json energy.json      for shields.io

The letter is the grade against the reference, a file that FrontierGrade.save
wrote; without one the label shows the joules alone.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("file", metavar="FILE", help="a measurement: a file, a log, or FILE#LABEL")
    parser.add_argument("-o", "--output", metavar="SVG", help="default: badge.svg, unless --json is given")
    parser.add_argument("--reference", metavar="FILE", help="grade against this reference")
    parser.add_argument("--accuracy", type=float, metavar="A", help="accuracy, where the file has none")
    parser.add_argument("--date", metavar="TEXT", help="default: that of the measurement")
    parser.add_argument(
        "--page", metavar="URL", help="the comparison page that shows it: the label links to its row"
    )
    add_json(parser, "the label as JSON of a shields.io endpoint, on standard output or into FILE")
    add_force(parser)


def call(arguments: argparse.Namespace) -> int:
    """Make the label."""
    from wattwhat.report.badge import badge_of

    check_destination(arguments.json, holds=("schemaVersion", "message"), arguments=arguments)
    path = arguments.output or (None if arguments.json is not None else "badge.svg")
    check_destination(path, "--output", written="badge", arguments=arguments)
    measurement = one_of(arguments.file)
    if arguments.accuracy is not None:
        measurement = measurement.with_metrics(accuracy=arguments.accuracy)
    grade = _grade(measurement, arguments.reference)
    badge = badge_of(measurement, grade, date=arguments.date, page=arguments.page)
    if path is not None:
        deliver(badge.svg(), path)
    if arguments.json is not None:
        deliver(json_text(badge.shields()), arguments.json)
    else:
        say(f"wrote {path}: {badge.shields()['message']}")
        if badge.link and path is not None:
            # a picture in a page cannot be pressed: the link goes around it
            say(f"Markdown: [![{one_line(badge.description)}]({path})]({badge.link})")
    return 0


def _grade(measurement: Measurement, reference: str | None) -> ScoreResult | None:
    if reference is None:
        return None
    from wattwhat.scoring import FrontierGrade

    return FrontierGrade.load(reference)(measurement)
