"""From --score and its options to something that judges measurements, and which rows it is to judge."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.cli import sentences
from wattwhat.cli.labels import pair
from wattwhat.cli.sentences import as_options
from wattwhat.errors import ArgumentError, ScoreError, WattwhatError, error_text

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement
    from wattwhat.scoring.result import ScoreOption

__all__ = [
    "Reason",
    "add_score_options",
    "check_applicable",
    "check_options",
    "make",
    "one_a_model",
    "scorable",
]

Reason = tuple[str, str]
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


def one_a_model(
    measurements: Sequence[Measurement], phase: str | None, inferences: float | None
) -> tuple[list[Measurement], list[Reason]]:
    """One measurement a model and phase; runs that come again are told apart by a number.

    Args:
        measurements: in any order.
        phase: which electricity, where a model has both.
        inferences: for both: how many items the model will serve.

    Returns:
        What can be judged, its labels unique, and reasons for the rest.
    """
    from wattwhat.scoring import choose_phase
    from wattwhat.scoring.phases import phase_of

    groups: dict[str, list[Measurement]] = {}
    for measurement in measurements:
        groups.setdefault(measurement.label, []).append(measurement)
    kept: list[Measurement] = []
    reasons: list[Reason] = []
    for label, group in groups.items():
        phases = {phase_of(measurement) for measurement in group}
        again = len(phases) < len(group)
        if again and phase not in (None, "both") and phase in phases:
            group = [measurement for measurement in group if phase_of(measurement) == phase]
            phases = {phase}
        if again and len(phases) > 1:
            listed = ", ".join(sorted(str(one) for one in phases))
            reasons.append((label, f"{label!r} has several runs of {listed}; choose with --where or --phase"))
            continue
        try:
            chosen = [choose_phase([m], phase)[0] for m in group] if again else None
            kept += _numbered(chosen or choose_phase(group, phase, inferences=inferences))
        except WattwhatError as err:
            reasons.append((label, as_options(err)))
    return kept, reasons


def _numbered(runs: Sequence[Measurement]) -> list[Measurement]:
    return [
        run if place == 1 else attrs.evolve(run, label=f"{run.label} #{place}")
        for place, run in enumerate(runs, 1)
    ]


def _result(score: Any, measurement: Measurement) -> Any:
    from wattwhat.scoring import ScoreResult

    result = score(measurement)
    if not isinstance(result, ScoreResult):
        raise ScoreError(f"{score.name} gave {result!r}, expected a wattwhat.scoring.ScoreResult")
    return result


def scorable(
    measurements: Sequence[Measurement], score: Any
) -> tuple[list[tuple[Measurement, Any]], list[Reason]]:
    """Each measurement with its result, and reasons for those that the score refuses.

    Args:
        measurements: with unique labels.
        score: a third party's may raise anything.
    """
    from wattwhat.scoring.score_inputs import accuracy_of, metric_of

    metric = metric_of(score)
    judged: list[tuple[Measurement, Any]] = []
    reasons: list[Reason] = []
    for measurement in measurements:
        try:
            if metric in measurement.metrics:
                accuracy_of(measurement, metric)
            judged.append((measurement, _result(score, measurement)))
        except WattwhatError as err:
            reasons.append((measurement.label, as_options(err)))
        except KeyboardInterrupt:
            raise
        except BaseException as err:
            reasons.append((measurement.label, f"{measurement.label!r}: {error_text(err)}"))
    return judged, reasons
