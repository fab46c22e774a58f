"""The verb run: any program under a window. The program must not notice; its exit status is ours."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wattwhat.cli.options import add_backends, add_json, add_label, backends_of
from wattwhat.cli.output import aside, check_destination, deliver, say
from wattwhat.errors import ArgumentError, WattwhatError

if TYPE_CHECKING:
    from wattwhat.measurement import Measurement

__all__ = ["EXAMPLES", "TAKES_A_COMMAND", "add_arguments", "call"]

TAKES_A_COMMAND = True
# What POSIX shells report for a command that is not there, and for one that cannot be executed.
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
# How long a command may take to answer an interrupt that it may have got, before it is told again.
_PATIENCE_S = 5.0

EXAMPLES = """examples:
  wattwhat run -- python train.py --epochs 3
  wattwhat run --json result.jsonl -- ./bench --size 10
  wattwhat run --json -- make -j4 | tail -n 1

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
    add_json(parser, "one Measurement as JSON, on standard output or as the content of FILE")


def call(arguments: argparse.Namespace) -> int:
    """Run the command, and report what it took."""
    command: list[str] = arguments.command
    if arguments.stray or not command:
        example = " ".join(["wattwhat run --", *(arguments.stray or ["python", "train.py"])])
        raise ArgumentError(f"run: expected -- and a command after the options, as in: {example}")
    check_destination(arguments.json, holds=("schema", "energy_j"))
    status, measurement = measured(command, arguments.label, backends_of(arguments))
    if measurement is None:
        return status
    try:
        _report(measurement, arguments.json)
    except (OSError, WattwhatError) as err:
        say(f"wattwhat: error: the result could not be written: {err}; it was:\n{measurement}", sys.stderr)
        return status or 2
    return status


def measured(
    command: Sequence[str], label: str | None = None, backends: Sequence[str] | None = None
) -> tuple[int, Measurement | None]:
    """Run a command under a window.

    Args:
        command: the program and its arguments.
        label: name of the measurement; None takes the program's name.
        backends: names of backends to use.

    Returns:
        The exit status as a shell gives it, and the measurement, or None if nothing could be started.

    Raises:
        BackendError: a backend cannot serve; the command was not started.
    """
    import attrs

    from wattwhat.window import track

    window = track(label or os.path.basename(command[0]) or "command", backends=backends, sync=False)
    # Opening meters takes a while the first time; it happens before the command's own span.
    with aside():
        window.start()
    try:
        # what the shell passed on stays open in the command, as if it had been started without us
        process = subprocess.Popen(command, close_fds=False)
    except OSError as err:
        window.stop()
        return _cannot_start(command[0], err), None
    status = _wait(process)
    with aside():
        window.stop()
        found = window.measurement
    doubt = (f"the command ended with status {status}",) if status else ()
    return status, attrs.evolve(
        found,
        calls=1,
        warnings=(*doubt, *found.warnings),
        details={**found.details, "exit_status": status},
    )


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end through every Ctrl-C, for the terminal sends it to the command too; its status."""
    reminder = _Reminder(process)
    try:
        return _outlast(process, reminder)
    finally:
        reminder.cancel()


def _outlast(process: subprocess.Popen[bytes], reminder: _Reminder) -> int:
    code: int | None = None
    while True:
        try:
            while True:
                try:
                    code = _ending(process) if code is None else code
                    process.wait()  # only now is its processor time booked as that of a child
                    return code if code >= 0 else 128 - code
                except KeyboardInterrupt:
                    reminder.start()
        except KeyboardInterrupt:  # one that came while another was being passed over
            pass


class _Reminder:
    """Passes an interrupt on that no terminal sent, and that may have been meant for wattwhat's own id only.

    A group's interrupt has reached the command already, and nobody can tell the two apart; so it
    gets a while to end by itself before it is told again.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """Begin to wait, unless the terminal has told the command, or a wait is under way."""
        if _on_terminal() or (self._timer is not None and self._timer.is_alive()):
            return
        self._timer = threading.Timer(_PATIENCE_S, self._process.send_signal, [signal.SIGINT])
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """The command has ended."""
        if self._timer is not None:
            self._timer.cancel()


def _on_terminal() -> bool:
    """Whether Ctrl-C on a terminal reaches this process, and so its command too."""
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _ending(process: subprocess.Popen[bytes]) -> int:
    """The status as `subprocess` gives it; may be interrupted at any moment and asked again."""
    if sys.platform != "win32" and hasattr(os, "waitid"):
        # An interrupt that comes together with the end makes wait() lose the status just taken from the
        # kernel, and report success. Here the kernel keeps it.
        try:
            ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:  # taken already, or SIGCHLD is ignored and nobody will ever know
            ended = None
        if ended is not None:
            return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
    return process.wait()


def _cannot_start(name: str, err: OSError) -> int:
    import shutil

    if isinstance(err, FileNotFoundError) or not name:
        if name and shutil.which(name):
            words = "its interpreter was not found; look at the first line of that script"
        else:
            words = "command not found; look at its spelling and at PATH"
        say(f"wattwhat: error: {name or 'empty name'}: {words}", sys.stderr)
        return _NOT_FOUND
    words = "a folder cannot be run" if os.path.isdir(name) else f"it cannot be executed ({err.strerror})"
    hint = "" if os.path.isdir(name) else "; chmod +x helps a script that begins with #!"
    say(f"wattwhat: error: {name}: {words}{hint}", sys.stderr)
    return _NOT_EXECUTABLE


def _report(measurement: Measurement, destination: str | None) -> None:
    if destination is None:
        say(str(measurement), sys.stderr)
    else:
        deliver(measurement.to_json(), destination)
