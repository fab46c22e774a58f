"""The verb check: the regression gate; status 1 only where an increase is established."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import TYPE_CHECKING

from wattwhat.cli.inputs import fraction_of, given
from wattwhat.cli.options import add_json
from wattwhat.cli.output import check_destination, deliver, say, wrap
from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import json_text

if TYPE_CHECKING:
    from wattwhat.analysis.regression_check import Outcome

__all__ = ["EXAMPLES", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat check new.jsonl --against baseline.jsonl
  wattwhat check new.jsonl --against old.jsonl --max-increase 10% --per call

Measurements are matched by label. The status is 1 only if an increase beyond
the limit is established at the stated confidence; where that cannot be told,
the answer says how much longer to run. It is 2 where they cannot be compared.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("new", nargs="+", metavar="NEW", help="new measurements: files, logs, or FILE#LABEL")
    parser.add_argument(
        "--against", required=True, action="append", metavar="BASELINE", help="what they are held against"
    )
    parser.add_argument(
        "--max-increase", default="5%", metavar="X", help="allowed increase, 5%% or 0.05; default: 5%%"
    )
    parser.add_argument("--coverage", default="95%", metavar="P", help="the stated confidence; default: 95%%")
    parser.add_argument(
        "--per",
        choices=("item", "call", "total"),
        help="what the energies are of; default: the first of these that both know",
    )
    parser.add_argument("--force", action="store_true", help="compare unlike measurements all the same")
    add_json(parser, "one JSON object with all outcomes, on standard output or as the content of FILE")


def call(arguments: argparse.Namespace) -> int:
    """Check, and report."""
    from wattwhat.analysis import regression_check as gate

    check_destination(arguments.json, holds=("result", "outcomes"), arguments=arguments)
    outcomes = gate.check(
        given(arguments.new),
        given(arguments.against),
        fraction_of(arguments.max_increase, "--max-increase"),
        fraction_of(arguments.coverage, "--coverage"),
        per=arguments.per,
        force=arguments.force,
    )
    if all(outcome.result in (gate.MISSING, gate.NEW) for outcome in outcomes):
        raise ArgumentError(
            "no label of the new measurements is in the baseline, so nothing was checked: "
            + "; ".join(f"{outcome.label!r} is {outcome.result}" for outcome in outcomes[:6]),
            remedy="give both the same label, or compare two: wattwhat compare FILE#LABEL FILE#LABEL",
        )
    worst = gate.worst(outcomes)
    if arguments.json is not None:
        data = {"result": worst, "outcomes": [outcome.to_dict() for outcome in outcomes]}
        deliver(json_text(data), arguments.json)
    else:
        say("\n".join(_lines(outcomes)))
    if worst == gate.REFUSED:
        say("wattwhat: error: not everything could be compared; see above, or --force", sys.stderr)
    return {gate.FAILED: 1, gate.REFUSED: 2}.get(worst, 0)


def _lines(outcomes: list[Outcome]) -> list[str]:
    from wattwhat.records.escaping import one_line

    lines = [line for outcome in outcomes for line in wrap(one_line(str(outcome)), "  ", "")]
    counts = Counter(outcome.result for outcome in outcomes)
    return [*lines, ", ".join(f"{count} {result}" for result, count in counts.items())]
