"""From --score and its options to something that judges measurements, and which rows it is to judge."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.cli.sentences import as_options
from wattwhat.errors import ArgumentError, ScoreError, WattwhatError

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["Reason", "check_applicable", "check_options", "make", "one_a_model", "scorable"]

Reason = tuple[str, str]
_NEEDED = {
    "grade": ("reference", "--reference ref.json; make one with: wattwhat reference fit LOG ... -o ref.json"),
    "reference": ("against", "--against LABEL, the model that all are compared with"),
    "stars": (
        "mode",
        '--mode "equal width" or --mode quintile, for the published rule can be read both ways',
    ),
    "full-cycle": (
        "inferences",
        "--inferences N and --tau T: how many a model serves, and what accuracy weighs",
    ),
}

_SHARE = ("sam", "full-cycle", "accuracy-per-joule", "netscore", "sapi", "grade")
# Which scores look at an option; with any other it would be passed over in silence.
_TAKEN = {
    "alpha": ("sam",),
    "beta": ("sam",),
    "items": ("sam",),
    "unit": ("sam", "full-cycle", "accuracy-per-joule"),
    "reference": ("grade",),
    "against": ("reference",),
    "mode": ("stars",),
    "tau": ("full-cycle",),
    "inferences": ("full-cycle",),
}


def check_applicable(names: Sequence[str], arguments: argparse.Namespace) -> None:
    """Refuse an option that none of the chosen scores looks at, and a metric that no score can take.

    Raises:
        ArgumentError: there is one; the message names those that take it.
    """
    from wattwhat.records.metrics import check_direction

    for option, takers in _TAKEN.items():
        if option == "inferences" and arguments.phase == "both":
            continue
        if getattr(arguments, option) is not None and not set(names) & set(takers):
            raise ArgumentError(_does_not_apply(option, names, takers))
    if arguments.metric != "accuracy" and not set(names) & set(_SHARE):
        raise ArgumentError(_does_not_apply("metric", names, _SHARE))
    check_direction(arguments.metric)


def _does_not_apply(option: str, names: Sequence[str], takers: Sequence[str]) -> str:
    return (
        f"--{option} does not apply to --score {', '.join(names)}; it is for {', '.join(takers)}, "
        "so leave it out"
    )


def check_options(name: str, arguments: argparse.Namespace) -> None:
    """Refuse a score that does not exist, or lacks an option, before any log is read.

    Raises:
        ScoreError: there is no such score.
        ArgumentError: an option is missing.
    """
    from wattwhat.scoring import score_class

    score_class(name)
    option, words = _NEEDED.get(name, ("", ""))
    if option and getattr(arguments, option) is None:
        raise ArgumentError(f"--score {name} needs {words}")
    if name == "grade" and not os.path.isfile(arguments.reference):
        raise ArgumentError(
            f"--reference: there is no file {arguments.reference!r}; wattwhat reference fit makes it"
        )
    if name == "full-cycle" and arguments.tau is None:
        raise ArgumentError(f"--score {name} needs {words}")


def make(name: str, arguments: argparse.Namespace, everything: Sequence[Measurement]) -> Any:
    """The score, fitted where it needs the measurements or a file.

    Args:
        name: as in the catalogue.
        arguments: options of the verb.
        everything: all measurements, of every phase.

    Raises:
        WattwhatError: an option does not fit.
        OSError: a file cannot be read.
    """
    from wattwhat.scoring import score_class

    cls, metric, unit = score_class(name), arguments.metric, arguments.unit
    if name == "sam":
        given = {"alpha": arguments.alpha, "beta": arguments.beta, "unit": unit, "items": arguments.items}
        return cls(metric=metric, **{key: value for key, value in given.items() if value is not None})
    if name == "grade":
        return _with_its_metric(cls.load(arguments.reference), metric)
    if name == "stars":
        counted = [m for m in everything if m.items and m.energy_j.known] or list(everything)
        return cls.fit(counted, mode=arguments.mode, reference="these logs", force=arguments.force)
    if name == "reference":
        return cls.against(_labelled(arguments.against, everything))
    if name == "full-cycle":
        training = {m.label: m for m in everything if m.details.get("phase") == "training"}
        more = {"unit": unit} if unit else {}
        return cls(
            inferences=arguments.inferences, tau=arguments.tau, training=training, metric=metric, **more
        )
    if name == "accuracy-per-joule":
        return cls(metric=metric, **({"unit": unit} if unit else {}))
    if name in ("netscore", "sapi"):
        return cls(metric=metric)
    return _foreign(name, cls)


def _with_its_metric(grade: Any, metric: str) -> Any:
    """The grade, if its reference was fitted with the metric that was asked for."""
    if metric not in ("accuracy", grade.metric):
        raise ArgumentError(
            f"--metric {metric} does not apply to --score grade with this reference, which was fitted with "
            f"{grade.metric!r}; leave --metric out, or fit a reference with it"
        )
    return grade


def _foreign(name: str, found: Any) -> Any:
    """A third party's score: a class is made without arguments."""
    try:
        score = found() if isinstance(found, type) else found
        named = isinstance(getattr(score, "name", None), str)
    except KeyboardInterrupt:
        raise
    except BaseException as err:  # a score that calls sys.exit() ends itself, not the command
        raise ScoreError(f"--score {name}: it failed to start: {type(err).__name__}: {err}") from err
    if not (callable(score) and named):
        raise ScoreError(f"--score {name}: it has no name or cannot be called; see wattwhat.scoring.Score")
    return score


def _labelled(label: str, measurements: Sequence[Measurement]) -> Measurement:
    found = [measurement for measurement in measurements if measurement.label == label]
    if not found:
        names = ", ".join(list(dict.fromkeys(m.label for m in measurements))[:8])
        raise ArgumentError(f"--against: no measurement is labelled {label!r}; there are {names}")
    if len(found) > 1:
        raise ArgumentError(f"--against: {label!r} comes {len(found)} times; choose one with --where")
    return found[0]


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
            found = ", ".join(sorted(str(one) for one in phases))
            reasons.append((label, f"{label!r} has several runs of {found}; choose with --where or --phase"))
            continue
        try:
            chosen = [choose_phase([m], phase)[0] for m in group] if again else None
            kept += _numbered(chosen or choose_phase(group, phase, inferences=inferences))
        except WattwhatError as err:
            reasons.append((label, as_options(str(err))))
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
    from wattwhat.scoring.score_inputs import accuracy_of

    metric = getattr(score, "metric", "accuracy")
    judged: list[tuple[Measurement, Any]] = []
    reasons: list[Reason] = []
    for measurement in measurements:
        try:
            if metric in measurement.metrics:
                accuracy_of(measurement, metric)
            judged.append((measurement, _result(score, measurement)))
        except WattwhatError as err:
            reasons.append((measurement.label, as_options(str(err))))
        except KeyboardInterrupt:
            raise
        except BaseException as err:
            reasons.append((measurement.label, f"{measurement.label!r}: {type(err).__name__}: {err}"))
    return judged, reasons
