"""The verb report: logs and measurements become the comparison page, one HTML file that opens offline."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.cli.inputs import opened
from wattwhat.cli.labels import add_label_options, averaged, relabelled
from wattwhat.cli.options import add_force, add_json
from wattwhat.cli.output import check_destination, deliver, say, wrap
from wattwhat.cli.places import place_of
from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import json_text

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["EXAMPLES", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat report runs.jsonl -o page.html
  wattwhat report logs/ --metrics accuracy.csv --on model --percent -o page.html
  wattwhat report runs.jsonl --metrics table.csv --columns top-1=accuracy,parameters
  wattwhat report runs.jsonl --reference imagenet.json --title "ImageNet models"
  wattwhat report runs.jsonl --reference fit     grades among the given models

The page needs no network and sends nothing anywhere.
"""

_MOST_SAID = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="measurements: files, logs, folders, or FILE#LABEL"
    )
    parser.add_argument("-o", "--output", default="report.html", metavar="PAGE", help="default: report.html")
    parser.add_argument("--title", help="title of the page")
    parser.add_argument(
        "--metric", default="accuracy", metavar="NAME", help="which metric is the accuracy; default: accuracy"
    )
    parser.add_argument(
        "--metrics", metavar="TABLE", help="a CSV table with the accuracy of each model, joined by name"
    )
    parser.add_argument("--on", default="name", metavar="COLUMN", help="its column of names; default: name")
    parser.add_argument(
        "--columns",
        "--take",
        dest="take",
        metavar="A,B=NAME",
        help="its columns to take, B renamed to NAME; default: the column that --metric names",
    )
    parser.add_argument("--percent", action="store_true", help="its accuracies are in percent")
    add_label_options(parser)
    parser.add_argument(
        "--reference",
        action="append",
        metavar="FILE",
        help="grade against this reference; 'fit' makes one of each population of at least 8 models alike "
        "(may be given several times)",
    )
    add_json(parser, "what was written as one JSON object, on standard output or as the content of FILE")
    add_force(parser)


def call(arguments: argparse.Namespace) -> int:
    """Read, join, write the page and say where it is."""
    from wattwhat.report.page import write_page

    check_destination(arguments.json, holds=("page",), arguments=arguments)
    check_destination(arguments.output, "--output", written="page", arguments=arguments)
    measurements, problems = _read(arguments)
    measurements, doubts = _join(relabelled(arguments, measurements, problems), arguments)
    measurements = averaged(arguments, measurements, doubts)
    problems += doubts
    missing = write_page(
        arguments.output,
        measurements,
        title=arguments.title,
        reference=arguments.reference,
        metric=arguments.metric,
    )
    if arguments.reference:  # grades were asked for, so it is said here too why there are none
        problems += [sentence for sentence in missing if sentence.startswith("No grades")]
    _report(arguments, measurements, problems)
    return 0


def _read(arguments: argparse.Namespace) -> tuple[list[Measurement], list[str]]:
    """All measurements; those of several files with its name, unless runs of one label are repeats."""
    from wattwhat.report.page.rows import of_file

    measurements: list[Measurement] = []
    problems: list[str] = []
    apart = len(arguments.files) > 1 and not arguments.repeats
    for name, file in zip(_short_names(arguments.files), arguments.files, strict=True):
        one = opened(file)
        measurements += (of_file(m, name) for m in one) if apart else one
        problems += one.problems
    return measurements, problems


def _short_names(files: Sequence[str]) -> list[str]:
    """The last parts of paths, as many as it takes to tell them apart; one that comes twice has a number.

    Example:
        >>> _short_names(["a/runs.jsonl", "b/runs.jsonl"]), _short_names(["x", "x"])
        (['a/runs.jsonl', 'b/runs.jsonl'], ['x', 'x (2)'])
        >>> _short_names(["x#small", "x#large"])
        ['x', 'x']
    """
    places = [(os.path.abspath(path), label) for path, label in map(place_of, files)]
    parts = [path.split(os.sep) for path, _ in places]
    deep = 1
    while len({tuple(one[-deep:]) for one in parts}) < len({tuple(one) for one in parts}):
        deep += 1
    names: list[str] = []
    for place, one in zip(places, parts, strict=True):
        name = "/".join(one[-deep:])
        times = places[: len(names)].count(place)
        names.append(f"{name} ({times + 1})" if times else name)
    return names


def _join(
    measurements: list[Measurement], arguments: argparse.Namespace
) -> tuple[list[Measurement], list[str]]:
    """Metrics from the table, and sentences about names without a partner."""
    if arguments.metrics is None:
        return measurements, []
    from wattwhat.logs import join_metrics

    joined = join_metrics(
        measurements,
        arguments.metrics,
        on=arguments.on,
        metrics=_columns(arguments.take, arguments.metric),
        percent=arguments.percent,
    )
    sentences = list(joined.problems)
    if joined.unmatched:
        sentences.append(f"not in {arguments.metrics}: {_some(joined.unmatched)}")
    if joined.normalised:
        pairs = [f"{label} = {name}" for label, name in joined.normalised]
        sentences.append(f"matched without case and punctuation: {_some(pairs)}")
    return list(joined.measurements), sentences


def _columns(take: str | None, metric: str) -> dict[str, str]:
    """Which columns to take, and what they are called then.

    Example:
        >>> _columns("top-1=accuracy, parameters", "accuracy")
        {'top-1': 'accuracy', 'parameters': 'parameters'}
    """
    if take is None:
        return {metric: metric}
    pairs = [part.strip().partition("=") for part in take.split(",") if part.strip()]
    if not pairs or not all(old and (new or not equals) for old, equals, new in pairs):
        raise ArgumentError(
            argument="--columns", expected="columns such as top-1=accuracy,parameters", got=take
        )
    return {old: new or old for old, _, new in pairs}


def _some(names: Iterable[str]) -> str:
    names = list(dict.fromkeys(names))
    rest = len(names) - _MOST_SAID
    return ", ".join(names[:_MOST_SAID]) + (f" and {rest} more" if rest > 0 else "")


def _report(
    arguments: argparse.Namespace, measurements: Sequence[Measurement], problems: Sequence[str]
) -> None:
    size = os.path.getsize(arguments.output)
    if arguments.json is not None:
        written: dict[str, Any] = {
            "page": os.path.abspath(arguments.output),
            "bytes": size,
            "measurements": len(measurements),
            "problems": list(problems),
        }
        deliver(json_text(written), arguments.json)
        return
    for sentence in problems[:_MOST_SAID]:
        say("\n".join(wrap(sentence, indent="  ", first="warning: ")), sys.stderr)
    if len(problems) > _MOST_SAID:
        say(f"warning: and {len(problems) - _MOST_SAID} more; --json lists all", sys.stderr)
    count = f"{len(measurements)} measurement{'' if len(measurements) == 1 else 's'}"
    say(f"{arguments.output}: {count}, {size / 1e6:.1f} MB; open it in a browser, no network is needed")
