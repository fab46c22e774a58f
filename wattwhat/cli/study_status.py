"""The verb study status: how far a study is, and what could not be measured."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING

from wattwhat.cli.options import add_force, add_json
from wattwhat.cli.output import check_destination, deliver, say, wrap
from wattwhat.records.escaping import json_text

if TYPE_CHECKING:
    from wattwhat.study.status import Status

__all__ = ["add_arguments", "call"]

_WIDTH = 40
_MOST_REASONS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("folder", metavar="DIR", help="the results folder of study run")
    add_json(parser, "one JSON object, on standard output or as the content of FILE")
    add_force(parser)


def call(arguments: argparse.Namespace) -> int:
    """Count, and report."""
    from wattwhat.study.folder import open_study
    from wattwhat.study.status import status_of

    check_destination(arguments.json, holds=("total", "measured"), arguments=arguments)
    status = status_of(open_study(arguments.folder))
    if arguments.json is not None:
        deliver(json_text(status.to_dict()), arguments.json)
    else:
        say("\n".join(_lines(status)))
    return 0


def _lines(status: Status) -> list[str]:
    from wattwhat.records.escaping import one_line
    from wattwhat.records.formatting import plus_minus, short_time

    done = status.total - status.left
    bar = "#" * (_WIDTH * done // status.total) if status.total else ""
    lines = [f"[{bar:<{_WIDTH}}] {done}/{status.total} cells"]
    lines.append(
        f"{status.measured} measured: {plus_minus(status.energy_j)} in {short_time(status.measured_s)}"
        if status.measured
        else "none measured yet"
    )
    if status.left:
        least, most = status.left_s
        lines.append(f"{status.left} left: {short_time(least)} to {short_time(most)}")
    if status.failed:
        lines += ["", f"{len(status.failed)} could not be measured:"]
        reasons = Counter((row["kind"], row["reason"]) for row in status.failed)
        for (kind, reason), count in reasons.most_common(_MOST_REASONS):
            lines += wrap(f"{one_line(kind)}: {one_line(reason)}", "      ", f"{count:4}  ")
        if len(reasons) > _MOST_REASONS:
            lines.append(f"      and {len(reasons) - _MOST_REASONS} more reasons; --json has all")
    return lines
