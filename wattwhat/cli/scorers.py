"""From --score and its options to something that judges measurements."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.cli import sentences
from wattwhat.cli.labels import pair
from wattwhat.errors import ArgumentError

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.result import ScoreOption

__all__ = [
    "add_score_options",
    "check_applicable",
    "check_options",
    "make",
]

# Given by hand in cli/score.py, for more than scores look at it.
_METRIC = "metric"


def add_score_options(group: argparse._ArgumentGroup) -> None:
    """Declare the options of our own scores, each once; others' come by ``--option``."""
    from wattwhat.scoring import catalog

    declared: dict[str, list[tuple[str, ScoreOption]]] = {}
    for entry in catalog(()):
        for option in entry.options:
            declared.setdefault(option.name, []).append((entry.name, option))
    for name, takers in declared.items():
        if name != _METRIC:
            option = takers[0][1]
            whose = ", ".join(taker for taker, _ in takers)
            more = "; also for --phase both" if name == "inferences" else ""
            group.add_argument(
                _flag(name), dest=name, type=option.kind, metavar=option.metavar,
                help=f"{whose}: {option.help}{more}".replace("%", "%%"),
            )  # fmt: skip
    group.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE",
        help="an option of another distribution's score, as its documentation says",
    )  # fmt: skip
    group.set_defaults(declared=tuple(name for name in declared if name != _METRIC))


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _written(name: str, arguments: argparse.Namespace) -> str:
    """How an option is given here: ours by a flag of its own, others' by ``--option``."""
    return _flag(name) if name in (*arguments.declared, _METRIC) else f"--option {name}"


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of scores that the user gave, by name."""
    named = {name: getattr(arguments, name) for name in arguments.declared}
    return {
        **{name: value for name, value in named.items() if value is not None},
        **dict(pair(text, "--option") for text in arguments.option),
    }


def check_applicable(names: Sequence[str], arguments: argparse.Namespace) -> None:
    """Refuse an option that none of the chosen scores looks at, and a metric that no score can take.

    Raises:
        ArgumentError: there is one; the message names those that take it.
    """
    from wattwhat.records.metrics import check_direction

    taken = {option.name for name in names for option in _options(name)}
    given = dict.fromkeys(_given(arguments))
    if arguments.phase == "both":
        given.pop("inferences", None)
    if arguments.metric != "accuracy":
        given[_METRIC] = None
    for option in given:
        if option not in taken:
            raise _does_not_apply(option, names, arguments)
    check_direction(arguments.metric)


def _does_not_apply(option: str, names: Sequence[str], arguments: argparse.Namespace) -> ArgumentError:
    from wattwhat.scoring import catalog

    takers = [one.name for one in catalog(()) if option in {known.name for known in one.options}]
    whom = f"it is for {', '.join(takers)}, so leave it out" if takers else "leave it out"
    flag = _written(option, arguments)
    return ArgumentError(f"does not apply to --score {', '.join(names)}", argument=flag, remedy=whom)


def _options(name: str) -> Sequence[ScoreOption]:
    from wattwhat.scoring import options_of, score_class

    return options_of(score_class(name))


def check_options(name: str, arguments: argparse.Namespace) -> None:
    """Refuse a score that does not exist, or lacks an option, before any log is read.

    Raises:
        ScoreError: there is no such score.
        ArgumentError: an option is missing, or names a file that is not there.
    """
    given = _given(arguments)
    for option in _options(name):
        value, flag = given.get(option.name), _written(option.name, arguments)
        if option.needed is not None and value is None:
            mark = "=" if flag.startswith("--option ") else " "
            raise ArgumentError(
                argument=f"--score {name}", expected=f"{flag}{mark}{option.metavar}: {option.needed}"
            )
        if option.is_file and value is not None and not os.path.isfile(value):
            raise ArgumentError(f"there is no file {value!r}", argument=flag, expected=f"one {option.needed}")


def make(name: str, arguments: argparse.Namespace, everything: Sequence[Measurement]) -> Any:
    """The score, fitted where it needs the measurements or a file.

    Args:
        name: as in the catalogue.
        arguments: options of the verb.
        everything: all measurements, of every phase.

    Raises:
        WattwhatError: an option does not fit, or the score failed to start.
        OSError: a file cannot be read.
    """
    from wattwhat.scoring import make_score, options_of, score_class

    cls = score_class(name)
    takes = {option.name for option in options_of(cls)}
    given = {**_given(arguments), _METRIC: arguments.metric}
    given = {one: value for one, value in given.items() if one in takes}
    try:
        return make_score(name, given, everything, force=arguments.force, cls=cls)
    except ArgumentError as err:
        raise err.renamed(
            lambda name, value: _written(name, arguments) if name in takes else sentences.option(name, value)
        ) from err
