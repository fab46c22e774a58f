"""Options that several verbs share, so that they are spelled and explained alike."""

from __future__ import annotations

import argparse

__all__ = ["add_backends", "add_json", "add_label", "backends_of"]


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """``--json [FILE]``: None if not given, ``-`` for standard output."""
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help=what)


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


def backends_of(arguments: argparse.Namespace) -> list[str] | None:
    """The names of ``--backends``, or None if it was not given.

    Example:
        >>> backends_of(argparse.Namespace(backends="rapl, nvml"))
        ['rapl', 'nvml']
    """
    if arguments.backends is None:
        return None
    return [name.strip() for name in arguments.backends.split(",") if name.strip()]
