"""Options that several verbs share, so that they are spelled and explained alike."""

from __future__ import annotations

import argparse
import contextlib
import sys
from contextlib import AbstractContextManager

from wattwhat.errors import ArgumentError

__all__ = [
    "add_anonymous",
    "add_backend_options",
    "add_backends",
    "add_exclusive",
    "add_force",
    "add_json",
    "add_label",
    "backends_of",
    "exclusively",
    "take_backend_options",
]


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """``--json [FILE]``: None if not given, ``-`` for standard output."""
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help=what)


def add_force(parser: argparse.ArgumentParser) -> None:
    """``--force``, which `wattwhat.cli.output.check_destination` looks at."""
    parser.add_argument(
        "--force",
        dest="replace",
        action="store_true",
        help="replace the file that is written to, also if it is an input or not made by wattwhat",
    )


def add_anonymous(parser: argparse.ArgumentParser) -> None:
    """``--anonymous``."""
    parser.add_argument(
        "--anonymous", action="store_true", help="a pseudonym in place of the name of the machine"
    )


def add_label(parser: argparse.ArgumentParser, default: str) -> None:
    """``--label NAME``."""
    parser.add_argument("--label", metavar="NAME", help=f"name of the measurement; default: {default}")


def add_backends(parser: argparse.ArgumentParser) -> None:
    """``--backends A,B``."""
    parser.add_argument(
        "--backends",
        metavar="A,B",
        help="backends to use; default: every available one, estimates only for what no sensor covers",
    )
    add_backend_options(parser)


def add_exclusive(parser: argparse.ArgumentParser) -> None:
    """``--exclusive``, for `exclusively`."""
    parser.add_argument(
        "--exclusive",
        action="store_true",
        help="wait until no study and no other --exclusive measures the same devices, and keep them waiting",
    )


def exclusively(arguments: argparse.Namespace) -> AbstractContextManager[object]:
    """Have every channel that is measured to ourselves, where ``--exclusive`` asks for that.

    Raises:
        BackendError: a backend that was asked for cannot serve.
    """
    if not arguments.exclusive:
        return contextlib.nullcontext()
    from wattwhat.acquisition.shared import shared_meter_set
    from wattwhat.cli.output import say
    from wattwhat.study.locks import Locks, lock_names

    def waiting(name: str) -> None:
        say(f"wattwhat: waiting for {name}, which another measurement holds", sys.stderr)

    meter_set = shared_meter_set(backends_of(arguments))
    return Locks(lock_names(sensor.channel for sensor in meter_set.inputs), waiting=waiting)


def add_backend_options(parser: argparse.ArgumentParser) -> None:
    """``--backend-option NAME.KEY=VALUE``, as often as needed."""
    parser.add_argument(
        "--backend-option",
        action="append",
        default=[],
        metavar="NAME.KEY=VALUE",
        help="an option of a backend, such as wallplug.url=http://192.168.1.20; may be repeated",
    )


def take_backend_options(arguments: argparse.Namespace) -> None:
    """Hand the values of ``--backend-option`` to the backends that are opened from now on.

    Raises:
        ArgumentError: one is not of the form NAME.KEY=VALUE, or names no backend that is installed.
        BackendError: a backend takes no such option, or not this value.
    """
    from wattwhat.sensing.backend_options import give, given_names, options_for

    give(arguments.backend_option)
    if arguments.backend_option:
        from wattwhat.plugins import find_plugins, load

        known = find_plugins()
        for name in given_names():
            if name not in known:
                raise ArgumentError(
                    argument="--backend-option", expected=f"one of {', '.join(known)}", got=name
                )
            options_for(name, load(known[name]))


def backends_of(arguments: argparse.Namespace) -> list[str] | None:
    """The names of ``--backends``, or None if it was not given; the backends' options are taken on the way.

    Example:
        >>> backends_of(argparse.Namespace(backends="rapl, nvml", backend_option=[]))
        ['rapl', 'nvml']
    """
    take_backend_options(arguments)
    if arguments.backends is None:
        return None
    return [name.strip() for name in arguments.backends.split(",") if name.strip()]
