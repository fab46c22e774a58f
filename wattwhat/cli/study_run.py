"""The verb study run: measure what is not finished, a line for each cell as it ends."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from wattwhat.cli.options import add_force, add_json
from wattwhat.cli.output import check_destination, deliver, say
from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import json_text

if TYPE_CHECKING:
    from wattwhat.study.job import Outcome
    from wattwhat.study.running import Summary

__all__ = ["add_arguments", "call"]

_SHARD = re.compile(r"(\d+)/(\d+)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("plan", metavar="PLAN", help="the plan, a TOML file")
    parser.add_argument(
        "--out", required=True, metavar="DIR", help="the results folder; a run may be resumed"
    )
    parser.add_argument(
        "--shard", metavar="I/N", help="the I-th of N shares of the cells; default: all of them"
    )
    parser.add_argument(
        "--launcher",
        default="local",
        metavar="NAME",
        help="where cells run: local, slurm or ray; default: local",
    )
    parser.add_argument("--retry", action="store_true", help="run cells again that failed before")
    parser.add_argument(
        "--changed",
        action="store_true",
        help="go on where the plan or software has changed; rows of cells that are the same are kept",
    )
    add_json(parser, "one JSON object with counts at the end, on standard output or as the content of FILE")
    add_force(parser)


def call(arguments: argparse.Namespace) -> int:
    """Run, and say what came of each cell."""
    from wattwhat.study.running import run_study

    check_destination(arguments.json, holds=("total", "measured"), arguments=arguments)
    summary = run_study(
        arguments.plan,
        arguments.out,
        shard=_shard(arguments.shard),
        launcher=arguments.launcher,
        retry=arguments.retry,
        changed=arguments.changed,
        on_outcome=_teller(sys.stderr if arguments.json == "-" else sys.stdout),
    )
    if arguments.json is not None:
        import attrs

        deliver(json_text({**attrs.asdict(summary), "out": arguments.out}), arguments.json)
    else:
        say(_sentence(summary, arguments.out))
    return 0


def _shard(text: str | None) -> tuple[int, int]:
    """Which share of the cells.

    Example:
        >>> _shard("2/8"), _shard(None)
        ((2, 8), (1, 1))
    """
    if text is None:
        return 1, 1
    match = _SHARD.fullmatch(text)
    if match is None:
        raise ArgumentError(argument="--shard", expected="I/N such as 2/8", got=text)
    return int(match[1]), int(match[2])


def _teller(stream: TextIO) -> Callable[[Outcome, int, int], None]:
    from wattwhat.records.escaping import one_line
    from wattwhat.records.formatting import short_time

    def tell(outcome: Outcome, done: int, total: int) -> None:
        from wattwhat.study.cell import Cell

        name = str(Cell(**outcome.cell))
        came = _energy(outcome) if outcome.measurement is not None else f"{outcome.kind}: {outcome.reason}"
        say(f"{done}/{total} {one_line(name)}: {one_line(came)} ({short_time(outcome.seconds)})", stream)
        stream.flush()  # a cell takes long: whoever follows a log sees it when it ends

    return tell


def _energy(outcome: Outcome) -> str:
    from wattwhat.records.formatting import plus_minus
    from wattwhat.records.measurement import Measurement

    m = Measurement.from_dict(dict(outcome.measurement or {}))
    each = m.energy_per_item_j
    return "energy unknown" if each is None else f"{plus_minus(each)} an item, {m.provenance}"


def _sentence(summary: Summary, out: str) -> str:
    done = summary.before + summary.measured + summary.failed
    text = f"{out}: {done} of {summary.total} cells are finished: {summary.measured} measured and "
    text += f"{summary.failed} without a result in this run, {summary.before} before it"
    if summary.interrupted:
        text += f"; {summary.interrupted} ended from outside, run the same command again for them"
    return text
