"""Training or inference electricity: which one a score judges is said, never guessed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wattwhat.analysis.comparability import PHASES, told
from wattwhat.errors import ArgumentError, Remedy, ScoreError
from wattwhat.scoring.score_inputs import check_measurement

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["check_phase", "choose_phase", "phase_name", "phase_of", "undecided"]


def phase_name(phase: str | None) -> str | None:
    """``"training"``, ``"inference"`` or ``"both"`` (written ``train`` and ``infer`` too); None stays.

    Raises:
        ArgumentError: it is none of these.
    """
    if phase is None:
        return None
    if phase not in PHASES:
        raise ArgumentError(argument="phase", expected="one of training, inference, both", got=phase)
    return PHASES[phase]


def phase_of(measurement: Measurement) -> str | None:
    """The phase a measurement says it is of, in ``details["phase"]``; None where it does not say."""
    check_measurement(measurement)
    phase = told(measurement, "phase")
    return None if phase is None else PHASES.get(phase.strip().lower())


def check_phase(measurement: Measurement, phase: str | None) -> None:
    """Refuse a measurement that says it is of another phase than the asked one.

    Raises:
        ScoreError: it does.
    """
    own = phase_of(measurement)
    if phase is not None and own is not None and own != phase:
        raise ScoreError(
            f"{measurement.label!r} is a measurement of {own}, but phase={phase!r} was asked for",
            remedy=Remedy("pick or add up the phases with {choose_phase}", choose_phase={"phase": ...}),
        )


def choose_phase(
    measurements: Iterable[Measurement], phase: str | None = None, *, inferences: float | None = None
) -> list[Measurement]:
    """One measurement a model: of training, of inference, or of both added up.

    Measurements belong to one model if they have one label; the phase is what ``details["phase"]`` says.
    The accuracy (any metric) of one phase is carried over to the other where that lacks it.

    Args:
        measurements: of one or more models, of one or more phases.
        phase: ``"training"``, ``"inference"`` or ``"both"``; may be None only if no label has both.
        inferences: for ``"both"``: how many items the model will serve in its life; None adds the
            inference span as it was measured.

    Returns:
        In the order in which the labels first appear. The sum of both says so in ``details["phase"]``.

    Raises:
        ScoreError: a label has both phases and none was chosen, or it lacks the chosen one.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> train = Measurement(label="net", energy_j=Quantity(9e3, 90, "J"), details={"phase": "training"})
        >>> infer = Measurement(label="net", energy_j=Quantity(50, 1, "J"), items=100,
        ...                     metrics={"accuracy": 0.9}, details={"phase": "inference"})
        >>> both, = choose_phase([train, infer], "both", inferences=1000)
        >>> print(both.energy_j, both.metrics["accuracy"])
        9500(90) J 0.9
    """
    wanted = phase_name(phase)
    by_label: dict[str, dict[str | None, Measurement]] = {}
    for measurement in measurements:
        check_measurement(measurement)
        phases = by_label.setdefault(measurement.label, {})
        own = phase_of(measurement)
        if own in phases:
            raise ScoreError(
                f"{measurement.label!r} comes twice with phase {own!r}",
                remedy=Remedy("give the runs different labels, or tell them apart by {details}", details=...),
            )
        phases[own] = measurement
    return [_chosen(label, phases, wanted, inferences) for label, phases in by_label.items()]


def undecided(label: str, phases: Iterable[str | None]) -> ScoreError:
    """The error of a label that has several phases, of which none was chosen."""
    return ScoreError(
        f"{label!r} has measurements of {', '.join(map(str, phases))}",
        remedy=Remedy(
            "say which electricity is to be judged with {phase}: training, inference or both", phase=...
        ),
    )


def _chosen(
    label: str, phases: dict[str | None, Measurement], wanted: str | None, inferences: float | None
) -> Measurement:
    if len(phases) == 1:
        (only,) = phases.values()
        if wanted != "both" or phase_of(only) == "both":
            check_phase(only, wanted)
            return only
    if wanted is None:
        raise undecided(label, phases)
    if wanted in phases:
        return _with_metrics_of(phases[wanted], phases)
    if wanted == "both" and "training" in phases and "inference" in phases:
        from wattwhat.scoring.phase_sums import add_phases

        return _with_metrics_of(add_phases(phases["training"], phases["inference"], inferences), phases)
    raise ScoreError(
        f"{label!r} has no measurement of {'training and inference' if wanted == 'both' else wanted}"
    )


def _with_metrics_of(measurement: Measurement, phases: dict[str | None, Measurement]) -> Measurement:
    import attrs

    gathered = {name: value for other in phases.values() for name, value in other.metrics.items()}
    return attrs.evolve(measurement, metrics={**gathered, **measurement.metrics})
