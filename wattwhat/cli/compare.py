"""The verb compare: does A use less energy than B, and how sure is that."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from wattwhat.analysis.aggregation import combine
from wattwhat.analysis.comparison import by_label, compare
from wattwhat.cli.inputs import fraction_of, given
from wattwhat.cli.options import add_json
from wattwhat.cli.output import check_destination, deliver, say, wrap
from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import json_text

if TYPE_CHECKING:
    from wattwhat.analysis.comparison import Comparison
    from wattwhat.records.measurement import Measurement

__all__ = ["EXAMPLES", "add_arguments", "call"]


EXAMPLES = """examples:
  wattwhat compare before.jsonl after.jsonl
  wattwhat compare runs.jsonl#resnet18 runs.jsonl#resnet50
  wattwhat compare ranks-a.jsonl ranks-b.jsonl --combine --per total

Files with several measurements are compared label by label; measurements of one
label are repeats. What one sensor gets wrong in both cancels. Unlike things
(another device, other components, other items a call) are refused unless
--force is given.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("a", metavar="A", help="a file of measurements, a log, or FILE#LABEL")
    parser.add_argument("b", metavar="B", help="the same; - reads standard input")
    parser.add_argument(
        "--per",
        choices=("item", "call", "total"),
        help="what the energies are of; default: the first of these that both know",
    )
    parser.add_argument("--coverage", default="95%", metavar="P", help="the stated confidence; default: 95%%")
    parser.add_argument("--force", action="store_true", help="compare unlike measurements all the same")
    parser.add_argument(
        "--combine",
        action="store_true",
        help="add up each file first (ranks, processes, phases), repeat by repeat",
    )
    add_json(parser, "one JSON object a comparison, a line each, on standard output or into FILE")


def call(arguments: argparse.Namespace) -> int:
    """Compare, and report."""
    check_destination(arguments.json, holds=("a", "b", "ratio"), single=False, arguments=arguments)
    pairs = _pairs(_side(arguments.a, arguments.combine), _side(arguments.b, arguments.combine))
    confidence = fraction_of(arguments.coverage, "--coverage")
    comparisons = [
        compare(a, b, per=arguments.per, confidence=confidence, force=arguments.force) for a, b in pairs
    ]
    if arguments.json is not None:
        lines = [json_text(one.to_dict()) for one in comparisons]
        deliver("\n".join(lines), arguments.json)
    elif len(comparisons) == 1:
        say(str(comparisons[0]))
    else:
        say("\n".join(_table(comparisons)))
    return 0


def _side(place: str, whole: bool) -> list[Measurement]:
    measurements = given([place], repeats=True)
    return _added_up(place, measurements) if whole else measurements


def _added_up(place: str, measurements: list[Measurement]) -> list[Measurement]:
    """Ranks of one time and labels added up, repeat by repeat: the first of each label, the second, ..."""
    of = {label: _of_one_time(runs) for label, runs in by_label(measurements).items()}
    counts = {label: len(runs) for label, runs in of.items()}
    (first, least), (last, most) = (pick(counts.items(), key=lambda pair: pair[1]) for pick in (min, max))
    if least != most:
        raise ArgumentError(
            f"{place} holds {most} measurements labelled {last!r} and {least} labelled {first!r}, so which "
            "belong together is not known",
            argument="--combine",
            expected="as many repeats of each label",
        )
    return [combine(one for runs in repeat for one in runs) for repeat in zip(*of.values(), strict=True)]


def _of_one_time(runs: list[Measurement]) -> list[list[Measurement]]:
    """Measurements of one label, those together that were taken at the same time: ranks, and no repeats."""
    groups: list[list[Measurement]] = []
    end_s = -math.inf
    for begin_s, one in sorted(((_begin_s(one), one) for one in runs), key=lambda pair: pair[0]):
        lasted_s = one.duration_s or 0.0
        # clocks of logs are whole seconds, so one run may seem to begin before the one before it ends
        if begin_s + 0.5 * lasted_s < end_s:
            groups[-1].append(one)
            end_s = max(end_s, begin_s + lasted_s)
        else:
            groups.append([one])
            end_s = begin_s + lasted_s
    return groups


def _begin_s(one: Measurement) -> float:
    """When a run began, in s; where nobody knows, before all others and at the same time as none."""
    return -math.inf if one.started_at is None else one.started_at.timestamp()


def _pairs(a: list[Measurement], b: list[Measurement]) -> list[tuple[list[Measurement], list[Measurement]]]:
    """Repeats of A and of B, label by label; one label a side is compared whatever it is called."""
    of_a, of_b = by_label(a), by_label(b)
    if len(of_a) == 1 and len(of_b) == 1:
        return [(a, b)]
    pairs = [(runs, of_b[label]) for label, runs in of_a.items() if label in of_b]
    if not pairs:
        raise ArgumentError(
            f"A holds {len(of_a)} label(s) and B {len(of_b)}, and no label is in both",
            remedy="name one of each with FILE#LABEL, or add them up with --combine",
        )
    return pairs


def _table(comparisons: list[Comparison]) -> list[str]:
    """One line a label: name, ratio, interval, verdict."""
    from wattwhat.records.escaping import one_line

    basis = {"item": "energy per item", "call": "energy per call", "total": "energy in total"}
    lines = [f"{'A over B, ' + basis[comparisons[0].per]:<34} {'ratio':>7}  {'interval':<17} verdict"]
    for one in comparisons:
        label = one_line(one.a_label, 34)
        low, high = (f"{end:.3g}" for end in one.interval)
        lines.append(f"{label:<34} {one.ratio.value:>7.3g}  {f'{low} to {high}':<17} {one.outcome}")
    notes = dict.fromkeys(sentence for one in comparisons for sentence in one.warnings)
    for sentence in list(notes)[:10]:
        lines += wrap(one_line(f"note: {sentence}"), "  ", "")
    return lines
