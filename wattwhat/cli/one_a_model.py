"""One measurement a model and phase: which rows are judged, and under which labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import attrs

from wattwhat.cli.sentences import as_options
from wattwhat.errors import WattwhatError

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["OneAModel", "Reason", "one_a_model"]

Reason = tuple[str, str]


class OneAModel:
    """Tells runs that come again apart by a number, and leaves out labels whose phase is not decided.

    Args:
        phase: which electricity, where a model has both.
        inferences: for both: how many items the model will serve.

    Attributes:
        places: label to its place among all labels, in the order in which they first appear.
        reasons: why labels were left out, complete once all measurements were given. Rows of these that
            were given before do not count.
    """

    def __init__(self, phase: str | None, inferences: float | None = None) -> None:
        self._phase, self._inferences = phase, inferences
        self.places: dict[str, int] = {}
        self.reasons: list[Reason] = []

    def of(self, measurements: Iterable[Measurement]) -> Iterator[tuple[str, Measurement]]:
        """What can be judged, each with the label that it came with.

        Without a phase that is asked for, each as it comes: whether its label has other phases too is known
        in the end only. With one, after all have come: it may take a metric of the other.
        """
        return self._as_they_come(measurements) if self._phase is None else self._by_label(measurements)

    def _as_they_come(self, measurements: Iterable[Measurement]) -> Iterator[tuple[str, Measurement]]:
        from wattwhat.scoring.phases import phase_of, undecided

        runs: dict[str | None, dict[str, int]] = {}  # how many of each phase a label has
        for measurement in measurements:
            label, phase = measurement.label, phase_of(measurement)
            self.places.setdefault(label, len(self.places))
            of_phase = runs.setdefault(phase, {})
            of_phase[label] = of_phase.get(label, 0) + 1
            if not any(label in labels for other, labels in runs.items() if other != phase):
                yield label, _numbered(measurement, of_phase[label])
        for label in self.places if len(runs) > 1 else ():
            phases = {phase: labels[label] for phase, labels in runs.items() if label in labels}
            if len(phases) > 1:
                again = max(phases.values()) > 1
                error = (label, as_options(undecided(label, phases)))
                self.reasons.append(_several(label, phases) if again else error)

    def _by_label(self, measurements: Iterable[Measurement]) -> Iterator[tuple[str, Measurement]]:
        groups: dict[str, list[Measurement]] = {}
        for measurement in measurements:
            groups.setdefault(measurement.label, []).append(measurement)
        self.places = {label: place for place, label in enumerate(groups)}
        for label in self.places:
            for measurement in self._chosen(
                label, groups.pop(label)
            ):  # no longer kept than until it is given
                yield label, measurement

    def _chosen(self, label: str, group: list[Measurement]) -> Sequence[Measurement]:
        from wattwhat.scoring import choose_phase
        from wattwhat.scoring.phases import phase_of

        phases = {phase_of(measurement) for measurement in group}
        again = len(phases) < len(group)
        if again and self._phase != "both" and self._phase in phases:
            group = [measurement for measurement in group if phase_of(measurement) == self._phase]
            phases = {self._phase}
        if again and len(phases) > 1:
            self.reasons.append(_several(label, phases))
            return ()
        try:
            if not again:
                return choose_phase(group, self._phase, inferences=self._inferences)
            chosen = [choose_phase([one], self._phase)[0] for one in group]
            return [_numbered(one, count) for count, one in enumerate(chosen, 1)]
        except WattwhatError as err:
            self.reasons.append((label, as_options(err)))
            return ()


def one_a_model(
    measurements: Iterable[Measurement], phase: str | None, inferences: float | None = None
) -> tuple[list[Measurement], list[Reason]]:
    """What can be judged, its labels unique, and reasons for the rest; see `OneAModel`."""
    models = OneAModel(phase, inferences)
    found = list(models.of(measurements))
    left_out = {label for label, _ in models.reasons}
    found = [pair for pair in found if pair[0] not in left_out]
    found.sort(key=lambda pair: models.places[pair[0]])
    return [measurement for _, measurement in found], models.reasons


def _numbered(run: Measurement, count: int) -> Measurement:
    return run if count == 1 else attrs.evolve(run, label=f"{run.label} #{count}")


def _several(label: str, phases: Iterable[str | None]) -> Reason:
    listed = ", ".join(sorted(map(str, phases)))
    return label, f"{label!r} has several runs of {listed}; choose with --where or --phase"
