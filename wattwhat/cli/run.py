"""The verb run: any program under a window. The program must not notice; its exit status is ours."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

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
from wattwhat.cli.output import aside, check_destination, deliver, say
from wattwhat.cli.signals import Signals
from wattwhat.errors import ArgumentError, WattwhatError
from wattwhat.records.anonymous import anonymous

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["EXAMPLES", "TAKES_A_COMMAND", "add_arguments", "call"]

TAKES_A_COMMAND = True
# What POSIX shells report for a command that is not there, and for one that cannot be executed.
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126

EXAMPLES = """examples:
  wattwhat run -- python train.py --epochs 3
  wattwhat run --json result.jsonl -- ./bench --size 10
  wattwhat run --json -- make -j4 | tail -n 1
  wattwhat run --save train.jsonl -- python train.py
  srun wattwhat run --json out.jsonl -- python train.py

--save keeps what it took so far, so a job that is killed has its joules. Ranks of
torchrun, mpirun or srun write a file each: combine adds them up.

The command keeps the terminal, its input and its output, and nothing is shown
while it runs. The result goes to standard error, or as JSON into a file, or with
--json alone to standard output after the command's own output has ended.

The exit status is the command's (128 + n if signal n ended it); 127 if there is
no such command, 126 if it cannot be executed, 2 if nothing was run.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.usage = "wattwhat run [options] -- COMMAND [ARGUMENT ...]"
    # Only here to catch a command that was given without the two dashes.
    parser.add_argument("stray", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    add_label(parser, "the command's name")
    add_backends(parser)
    add_exclusive(parser)
    add_json(parser, "one Measurement as JSON, on standard output or as the content of FILE")
    parser.add_argument(
        "--save", metavar="FILE", help="append what it took so far to FILE, for wattwhat is killed too"
    )
    parser.add_argument("--every", metavar="S", type=float, help="seconds between two lines; default: 30")
    add_force(parser)
    add_anonymous(parser)


def call(arguments: argparse.Namespace) -> int:
    """Run the command, and report what it took."""
    command: list[str] = arguments.command
    if arguments.stray or not command:
        example = " ".join(["wattwhat run --", *(arguments.stray or ["python", "train.py"])])
        raise ArgumentError(expected="-- and a command after the options", remedy=f"as in: {example}")
    if arguments.anonymous and arguments.save is not None:
        raise ArgumentError(
            "a journal names this machine, for its runs are to be told apart",
            argument="--anonymous and --save",
            remedy="leave --anonymous out, and share what wattwhat combine --anonymous makes of it",
        )
    if arguments.every is not None and arguments.save is None:
        raise ArgumentError(
            "says how often --save is written", argument="--every", remedy="give --save FILE too"
        )
    if arguments.save is not None and arguments.save == arguments.json:
        raise ArgumentError(
            "the result would replace the journal", argument="--json and --save", remedy="name two files"
        )
    arguments.json, arguments.save = _of_this_rank([arguments.json, arguments.save])
    check_destination(arguments.json, holds=("schema", "energy_j"), arguments=arguments)
    # the signals are ours until the result is out: that of a command that a signal ended is told too
    with exclusively(arguments), Signals() as signals:
        keep = (arguments.save, arguments.every)
        status, measurement = measured(command, arguments.label, backends_of(arguments), signals, keep)
        if measurement is None:
            return status
        if arguments.anonymous:
            measurement = anonymous(measurement)
        return _reported(measurement, arguments.json, status)


def _of_this_rank(paths: Sequence[str | None]) -> list[str | None]:
    """The files of this rank, where several do one thing together; the first of them says so."""
    from wattwhat.sensing.launch import rank_of, ranked

    rank = rank_of()
    named = [
        path for path in paths if path and path != "-" and (os.path.isfile(path) or not os.path.exists(path))
    ]
    if rank is None or not named:
        return list(paths)
    if rank.number == 0:
        stem, ending = os.path.splitext(named[0])
        say(
            f"wattwhat: each of {rank.of} ranks of {rank.launcher} writes files of its own; "
            f"to add them up: wattwhat combine {stem}-rank*{ending}",
            sys.stderr,
        )
    return [ranked(path, rank) if path and path in named else path for path in paths]


def measured(
    command: Sequence[str],
    label: str | None,
    backends: Sequence[str] | None,
    signals: Signals,
    keep: tuple[str | None, float | None] = (None, None),
) -> tuple[int, Measurement | None]:
    """Run a command under a window.

    Args:
        command: the program and its arguments.
        label: name of the measurement; None takes the program's name.
        backends: names of backends to use.
        signals: what runs the command, and keeps its signals from ending us.
        keep: the file of a journal and the seconds between its lines, or None.

    Returns:
        The exit status as a shell gives it, and the measurement, or None if nothing could be started.

    Raises:
        BackendError: a backend cannot serve; the command was not started.
    """
    import attrs

    from wattwhat.acquisition.tracking import track

    name = label or os.path.basename(command[0]) or "command"
    window = track(name, backends=backends, sync=False, save=keep[0], every_s=keep[1])
    # Opening meters takes a while the first time; it happens before the command's own span.
    with aside():
        window.start()
    try:
        status = signals.run(command)
    except OSError as err:
        window.stop()
        return _cannot_start(command[0], err), None
    with aside():
        window.stop()
        measurement = window.measurement
    doubt = (f"the command ended with status {status}",) if status else ()
    return status, attrs.evolve(
        measurement,
        calls=1,
        warnings=(*doubt, *measurement.warnings),
        details={**measurement.details, "exit_status": status},
    )


def _cannot_start(name: str, err: OSError) -> int:
    import shutil

    if isinstance(err, FileNotFoundError) or not name:
        if name and shutil.which(name):
            reason = "its interpreter was not found; look at the first line of that script"
        else:
            reason = "command not found; look at its spelling and at PATH"
        say(f"wattwhat: error: {name or 'empty name'}: {reason}", sys.stderr)
        return _NOT_FOUND
    reason = "a folder cannot be run" if os.path.isdir(name) else f"it cannot be executed ({err.strerror})"
    hint = "" if os.path.isdir(name) else "; chmod +x helps a script that begins with #!"
    say(f"wattwhat: error: {name}: {reason}{hint}", sys.stderr)
    return _NOT_EXECUTABLE


def _reported(measurement: Measurement, destination: str | None, status: int) -> int:
    try:
        if destination is None:
            say(str(measurement), sys.stderr)
        else:
            deliver(measurement.to_json(), destination)
    except (OSError, WattwhatError) as err:
        say(f"wattwhat: error: the result could not be written: {err}; it was:\n{measurement}", sys.stderr)
        return status or 2
    return status
