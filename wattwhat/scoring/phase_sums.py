"""Two measurements of one model made one: training plus a life of inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattwhat.analysis.summing import predicted_in
from wattwhat.errors import ScoreError
from wattwhat.records.budget import Budget
from wattwhat.records.quantity import Quantity
from wattwhat.records.sources import GAIN, MODEL, OFFSET

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["add_phases"]

# One sensor (or model) is wrong by the same factor in both, so these parts add up straight.
_CORRELATED = (GAIN, MODEL, OFFSET)


def add_phases(training: Measurement, inference: Measurement, inferences: float | None = None) -> Measurement:
    """Energy of training plus that of `inferences` items (None: of the inference span as measured).

    The parts of the budgets that come from the sensor's gain, its offset or a model are taken as fully
    correlated between the two (the same sensor), the rest as independent (GUM 5.2.2).

    Raises:
        ScoreError: an energy was lost, or inferences are asked for and items were not counted.
    """
    import attrs

    for measurement in (training, inference):
        if not measurement.energy_j.known:
            raise ScoreError(f"{measurement.label!r} has no energy to add; see its warnings")
    if inferences is None:
        scale, items = 1.0, inference.items
    elif inference.items:
        scale, items = inferences / inference.items, inferences
    else:
        raise ScoreError(
            f"{inference.label!r}: inferences= needs the items of the inference measurement counted"
        )
    parts = [
        (training.provenance, training.energy_j.value),
        (inference.provenance, scale * inference.energy_j.value),
    ]
    warnings: Any = (*training.warnings, *inference.warnings, *predicted_in(parts))
    budget = _added(_budget(training), _budget(inference), scale)
    return attrs.evolve(
        training,
        energy_j=Quantity(training.energy_j.value + scale * inference.energy_j.value, budget.u, "J"),
        items=items,
        calls=None,
        duration_s=None,
        channels=(),
        idle_power_w=None,
        budget=budget,
        provenance=training.provenance if training.provenance == inference.provenance else "mixed",
        warnings=warnings,
        details={"phase": "both", "inferences": items},
    )


def _budget(measurement: Measurement) -> Budget:
    """The budget, brought to the energy's own u where it does not explain all of it."""
    u, explained = measurement.energy_j.u, measurement.budget.u
    if u <= explained:
        return measurement.budget
    return Budget.of([*measurement.budget, ("unexplained", (u * u - explained * explained) ** 0.5)])


def _added(first: Budget, second: Budget, scale: float) -> Budget:
    straight = {source: first.get(source) + scale * second.get(source) for source in _CORRELATED}
    rest = [*first.without(*_CORRELATED)]
    rest += [(source, scale * u) for source, u in second.without(*_CORRELATED)]
    return Budget.of([*straight.items(), *rest])
