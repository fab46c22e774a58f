"""The verb monitor: live power of every channel until Ctrl-C; plain lines where no terminal watches."""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO, cast

from wattwhat.cli.options import add_anonymous, add_backends, add_force, add_json, backends_of
from wattwhat.cli.output import aside, check_destination, put, say
from wattwhat.errors import ArgumentError, BackendError
from wattwhat.records.anonymous import anonymous, without_hosts
from wattwhat.records.atomic_write import GrowingFile
from wattwhat.records.escaping import controls_shown, json_text

if TYPE_CHECKING:
    from wattwhat.report.live_power import Look, Monitor

__all__ = ["EXAMPLES", "Screen", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat monitor
  wattwhat monitor --interval 0.5 --seconds 60
  wattwhat monitor --json | jq .power_w

Ctrl-C ends it, with the sum. On a terminal the lines are redrawn in place; into
a pipe goes one line a look, and with --json one JSON object a look.
"""

_OF_THIS_PROCESS = """\
note: where no sensor covers the CPU, the estimate shown here is of this process
  alone, not of others; to estimate a program: wattwhat run -- COMMAND"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument(
        "--interval", type=float, default=1.0, metavar="S", help="seconds between two looks; default: 1"
    )
    parser.add_argument(
        "--seconds", type=float, default=math.inf, metavar="S", help="when to end; default: Ctrl-C"
    )
    parser.add_argument("--plain", action="store_true", help="one line a look, on a terminal too")
    add_backends(parser)
    add_json(parser, "one JSON object a look, on standard output or into FILE")
    add_force(parser)
    add_anonymous(parser)


def call(arguments: argparse.Namespace) -> int:
    """Look until told to stop."""
    if not 0.05 <= arguments.interval <= 3600.0:
        raise ArgumentError(
            argument="--interval", expected="seconds from 0.05 to 3600", got=arguments.interval
        )
    if not arguments.seconds > 0.0:
        raise ArgumentError(argument="--seconds", expected="a number above 0", got=arguments.seconds)
    check_destination(arguments.json, holds=("t_s", "power_w"), single=False, arguments=arguments)
    if arguments.json in (None, "-"):
        _watch(arguments, sys.stdout)
    else:
        with GrowingFile(arguments.json) as stream:
            _watch(arguments, cast(TextIO, stream))
    return 0


def _watch(arguments: argparse.Namespace, stream: TextIO) -> None:
    from wattwhat.acquisition.shared import check_estimate, shared_meter_set
    from wattwhat.acquisition.tracking import track
    from wattwhat.report.live_power import Monitor, looks
    from wattwhat.sensing.host import host_name

    live = arguments.json is None and not arguments.plain and stream.isatty()
    encoding = (getattr(stream, "encoding", None) or "ascii").lower()
    columns = shutil.get_terminal_size().columns - 1 if live else 80
    monitor = Monitor(width=columns, ascii="utf" not in encoding)
    hide = [host_name()] if arguments.anonymous else []
    show = Screen(stream, monitor, json_lines=arguments.json is not None, live=live, hide=hide)
    backends = backends_of(arguments)
    with aside():
        meter_set = shared_meter_set(backends)
    check_estimate(meter_set, backends)
    if not meter_set.inputs:
        raise BackendError("nothing can be read here", remedy="'wattwhat doctor' says why")
    if any(sensor.provenance == "estimated" for sensor in meter_set.inputs):
        say(_OF_THIS_PROCESS, sys.stderr)
    window = track("monitor", backends=backends, sync=False).start()
    try:
        for look in looks(
            window.so_far,
            monitor,
            interval_s=arguments.interval,
            seconds=arguments.seconds,
            clock=time.monotonic,
            sleep=time.sleep,
        ):
            show(look)
    except KeyboardInterrupt:
        show.end()  # the way to end it, and no failure
    finally:
        window.stop()
    if arguments.json is None:
        took = anonymous(window.measurement) if arguments.anonymous else window.measurement
        say(f"{chr(10) if live else ''}{took}", stream)


class Screen:
    """Puts looks on a stream: redrawn in place, line by line, or as JSON.

    Args:
        stream: where to.
        monitor: makes the lines.
        json_lines: one JSON object a look.
        live: redraw in place, on a terminal.
        hide: names of hosts that are left out of the JSON.
    """

    def __init__(
        self, stream: TextIO, monitor: Monitor, *, json_lines: bool, live: bool, hide: Sequence[str] = ()
    ) -> None:
        self._stream, self._monitor = stream, monitor
        self._json, self._live = json_lines, live
        self._drawn, self._hide = 0, hide

    def __call__(self, look: Look) -> None:
        """Show a look."""
        if self._json:
            put(json_text(without_hosts(look.to_dict(), self._hide)), self._stream)
        elif self._live:
            self._redraw([*self._monitor.lines(look), "Ctrl-C ends"])
        else:
            put(self._monitor.plain(look), self._stream)
        self._stream.flush()

    def end(self) -> None:
        """Leave the line on which the terminal shows ^C."""
        if self._live:
            say("", self._stream)

    def _redraw(self, lines: list[str]) -> None:
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        # each line is cleared to its end, and whatever a longer drawing left below it
        text = "".join(f"{controls_shown(line)}\x1b[K\n" for line in lines) + "\x1b[J"
        self._drawn = len(lines)
        self._stream.write(up + text)
