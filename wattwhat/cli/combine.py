"""The verb combine: files of ranks, hosts or phases as one measurement, no joule counted twice."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wattwhat.cli.inputs import given
from wattwhat.cli.options import add_anonymous, add_force, add_json
from wattwhat.cli.output import check_destination, deliver, say
from wattwhat.records.anonymous import anonymous

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["EXAMPLES", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat combine runs/train-rank*.jsonl
  wattwhat combine runs/ --json job.jsonl
  srun wattwhat run --json out.jsonl -- python train.py
  wattwhat combine out-rank*.jsonl

A package or board that several ranks of one host measured at the same time
counts once, and hosts add up. Measurements that nobody timed need --same-time or
--in-turn.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="measurements: files, logs, or FILE#LABEL")
    parser.add_argument("--label", metavar="NAME", help="name of the sum; default: that of its parts")
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--same-time", action="store_true", help="all were taken at the same time")
    when.add_argument("--in-turn", action="store_true", help="no two were taken at the same time")
    add_json(parser, "one Measurement as JSON, on standard output or as the content of FILE")
    add_force(parser)
    add_anonymous(parser)


def call(arguments: argparse.Namespace) -> int:
    """Read, add up, and report."""
    check_destination(arguments.json, holds=("schema", "energy_j"), arguments=arguments)
    parts = _without_copies(given(arguments.files))
    whole = _combined(parts, arguments)
    if arguments.anonymous:
        whole = anonymous(whole)
    if arguments.json is not None:
        deliver(whole.to_json(), arguments.json)
    else:
        say(f"{len(parts)} measurements, each joule once")
        say(str(whole))
    return 0


def _combined(parts: Sequence[Measurement], arguments: argparse.Namespace) -> Measurement:
    from wattwhat.analysis.aggregation import combine

    overlapping = True if arguments.same_time else False if arguments.in_turn else None
    label = arguments.label
    if label is None and len({one.label for one in parts}) == 1:
        label = parts[0].label
    return combine(parts, label=label, overlapping=overlapping)


def _without_copies(measurements: Sequence[Measurement]) -> list[Measurement]:
    """A measurement that stands in two files, to the last digit, is one measurement."""
    return list({one.to_json(): one for one in measurements}.values())
