"""The verb measure: a callable of the user's own, run until its energy per call is known well enough."""

from __future__ import annotations

import argparse
import contextlib
import inspect
import sys
from typing import TYPE_CHECKING, Any

from wattwhat.cli.options import (
    add_anonymous,
    add_backends,
    add_exclusive,
    add_force,
    add_json,
    add_label,
    backends_of,
    exclusively,
)
from wattwhat.cli.output import check_destination, deliver, names_an_object, say
from wattwhat.cli.progress import Progress
from wattwhat.cli.target import load_object, place_of
from wattwhat.errors import ArgumentError, WorkloadError, error_text
from wattwhat.records.anonymous import anonymous

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["EXAMPLES", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat measure bench:step
  wattwhat measure bench:step --items-per-call 32 --precision 0.02
  wattwhat measure nets:model --inputs nets:images --json result.jsonl

The function is called again and again, so it should do the same each time.
With --json alone, standard output holds nothing but the JSON: what the function
prints goes to standard error.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument(
        "target",
        nargs="?",
        metavar="MODULE:FUNCTION",
        help="a callable without arguments, or a torch.nn.Module with --inputs",
    )
    parser.add_argument(
        "--inputs", metavar="MODULE:NAME", help="inputs of a torch.nn.Module, or a function that makes them"
    )
    numbers = (
        ("--items-per-call", "N", "samples in one call; default: the batch of torch inputs, else 1"),
        ("--precision", "P", "asked relative half-width of the 95%% interval; default: 0.05"),
        ("--min-seconds", "S", "least time to measure; default: 1"),
        ("--max-seconds", "S", "most time to measure; default: 60"),
    )
    for name, unit, help_text in numbers:
        parser.add_argument(name, type=float, metavar=unit, help=help_text)
    add_label(parser, "MODULE:FUNCTION")
    add_backends(parser)
    add_exclusive(parser)
    add_json(parser, "the Measurement as JSON, on standard output or as the content of FILE")
    add_force(parser)
    add_anonymous(parser)


def call(arguments: argparse.Namespace) -> int:
    """Measure, and report."""
    if arguments.target is None and arguments.json is not None and names_an_object(arguments.json):
        # "--json MODULE:FUNCTION": what was taken for the file is the target
        arguments.target, arguments.json = arguments.json, "-"
    if arguments.target is None:
        raise ArgumentError(expected="MODULE:FUNCTION", remedy="as in: wattwhat measure bench:step")
    check_destination(arguments.json, holds=("schema", "energy_j"), arguments=arguments)
    measurement = _measure(arguments)
    if arguments.anonymous:
        measurement = anonymous(measurement)
    if arguments.json is None:
        say(str(measurement))
    else:
        deliver(measurement.to_json(), arguments.json)
    return 0


def _measure(arguments: argparse.Namespace) -> Measurement:
    from wattwhat.measuring.measure import measure

    # standard output is the JSON's alone
    quiet = contextlib.redirect_stdout(sys.stderr) if arguments.json == "-" else contextlib.nullcontext()
    numbers = ("items_per_call", "precision", "min_seconds", "max_seconds")
    given = {name: getattr(arguments, name) for name in numbers if getattr(arguments, name) is not None}
    with quiet:
        target, inputs = _workload(arguments)
        try:
            with exclusively(arguments), Progress() as progress:
                return measure(
                    target,
                    inputs,
                    backends=backends_of(arguments),
                    label=arguments.label or arguments.target,
                    progress=progress,
                    **given,
                )
        except WorkloadError as err:
            raise WorkloadError(f"{err}{place_of(err.__cause__)}") from err
        except SystemExit as err:
            raise WorkloadError(f"{arguments.target} ended the program (SystemExit: {err.code})") from err


def _workload(arguments: argparse.Namespace) -> tuple[Any, Any]:
    """The target and its inputs, each refused here where they cannot be called."""
    spec = arguments.target
    target = load_object(spec, "MODULE:FUNCTION")
    inputs = None if arguments.inputs is None else load_object(arguments.inputs, "--inputs")
    if inspect.isroutine(inputs):
        try:
            inputs = inputs()
        except Exception as err:
            raise WorkloadError(
                f"{arguments.inputs} failed{place_of(err)}: {error_text(err)}", argument="--inputs"
            ) from err
    if not callable(target):
        raise ArgumentError(
            f"{spec} is not callable, it is of type {type(target).__name__}", remedy="name a function"
        )
    if hasattr(target, "forward"):
        if inputs is None:
            raise ArgumentError(f"{spec} is a model", remedy="give what it takes: --inputs MODULE:NAME")
    elif inputs is not None:
        raise ArgumentError(
            f"{spec} is no torch.nn.Module", argument="--inputs", remedy="name a function that takes nothing"
        )
    else:
        _check_takes_nothing(spec, target)
    return target, inputs


def _check_takes_nothing(spec: str, target: Any) -> None:
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):  # some builtins tell none
        return
    try:
        signature.bind()
    except TypeError as err:
        raise ArgumentError(
            f"{spec} takes {signature} ({err})",
            remedy="name a callable without arguments, for instance functools.partial(function, x)",
        ) from err
