"""Fits on the user's own study of a device, on activations, operations and batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.predict.devices import Device
from wattwhat.predict.loglinear import LogLinear
from wattwhat.predict.prediction import BYTES, Case, Prediction
from wattwhat.predict.ways import Way
from wattwhat.records.measurement import Measurement
from wattwhat.workloads.counting import Counts

__all__ = ["OwnStudy", "case_of", "outside"]

# Which covariates are tried, and which exponents are given, since few models fit none. The batch comes
# besides, where it varies.
_SETS: tuple[tuple[tuple[str, ...], Mapping[str, float]], ...] = (
    (("activations",), {"activations": 1.0}),
    (("flops",), {"flops": 1.0}),
    (("activations",), {}),
    (("flops",), {}),
    (("activations", "flops"), {}),
    (("activations", "parameters"), {}),
)
_LEAST = 5


def case_of(measurement: Measurement, find: Callable[[str], Device]) -> Case | None:
    """The case that a study's cell has measured; None where it does not say what was run, or on what.

    Args:
        measurement: a cell: metrics of one item, and ``details["cell"]``.
        find: gives the device of a name.
    """
    metrics, cell = measurement.metrics, measurement.details.get("cell") or {}
    needed = ("flops", "activations_conv", "activations_matmul", "parameters")
    if not all(name in metrics for name in needed) or not isinstance(cell, Mapping):
        return None
    batch = _batch(measurement, cell)
    precision = str(cell.get("precision") or "fp32")
    try:
        sheet = find(_device_name(measurement, cell))
    except ArgumentError:
        return None
    counts = Counts(
        flops=round(metrics["flops"] * batch),
        activations_conv=round(metrics["activations_conv"] * batch),
        activations_matmul=round(metrics["activations_matmul"] * batch),
        parameters=round(metrics["parameters"]),
        weight_bytes=round(metrics.get("weight_bytes", metrics["parameters"] * BYTES.get(precision, 4))),
        method="the study's",
        items=batch,
    )
    runtime = str(cell.get("runtime") or "eager")
    return Case(counts=counts, device=sheet, runtime=runtime, precision=precision, label=measurement.label)


def _batch(measurement: Measurement, cell: Mapping[str, Any]) -> int:
    batch = cell.get("batch_size")
    if isinstance(batch, (int, float)) and batch >= 1:
        return int(batch)
    return max(1, round((measurement.items or 1) / (measurement.calls or 1)))


def _device_name(measurement: Measurement, cell: Mapping[str, Any]) -> str:
    """The device that did the work: by what the cell ran on, else the GPU where one was counted."""
    counted = [entry.channel for entry in measurement.channels if entry.counted]
    where = str(cell.get("device") or "")
    for component in ("cpu",) if where == "cpu" else ("gpu", "board", "cpu"):
        for channel in counted:
            if channel.component == component:
                return channel.device
    if where == "cpu":  # a wall meter, say: it names no processor
        return str(measurement.environment.get("cpu") or "")
    return where or (counted[0].device if counted else "")


class OwnStudy(Way):
    """A log-linear fit for each (device, runtime, precision) that a study has measured often enough.

    Of the sets of covariates, the one with the narrowest interval is taken, as models left out tell it.

    Args:
        fits: by (device, runtime, precision).
        origins: in words how much each rests on.
    """

    name = "own-study"
    rank = 0
    source = "log-linear fit on your own measurements"

    def __init__(
        self,
        fits: Mapping[tuple[str, str, str], LogLinear] | None = None,
        origins: Mapping[tuple[str, str, str], str] | None = None,
    ) -> None:
        self.fits = dict(fits or {})
        self.origins = dict(origins or {})

    @classmethod
    def fit(cls, measurements: Iterable[Measurement]) -> OwnStudy:
        """Fit what a study measured: its ``results.jsonl``, read.

        Raises:
            ArgumentError: no device was measured with at least 5 models that say what was run.
        """
        groups: dict[tuple[str, str, str], list[tuple[Case, float]]] = {}
        kinds: dict[tuple[str, str, str], set[str]] = {}
        for one in measurements:
            case, energy = case_of(one, _named), one.energy_per_item_j
            if case is not None and energy is not None and energy.value > 0:
                key = (case.device.name, case.runtime, case.precision)
                groups.setdefault(key, []).append((case, energy.value))
                kinds.setdefault(key, set()).add(one.provenance)
        tried = {key: _fitted(rows) for key, rows in groups.items()}
        fits = {key: fit for key, fit in tried.items() if fit is not None}
        if not fits:
            most = max((len({case.label for case, _ in rows}) for rows in groups.values()), default=0)
            raise ArgumentError(
                argument="study",
                expected=f"at least {_LEAST} models on one device, runtime and precision, with flops, "
                "activations and parameters in their metrics",
                remedy=f"the most found are {most}",
            )
        origins = {key: f"{len(groups[key])} {' and '.join(sorted(kinds[key]))} cells" for key in fits}
        return cls(fits, origins)

    def predict(self, case: Case) -> Prediction | None:
        """Joules of one item; None where that device was not measured."""
        key = self._closest(case)
        if key is None:
            return None
        fit = self.fits[key]
        given = case.covariates
        notes = [outside(name, times) for name, times in fit.beyond(given).items()]
        if key[1:] != (case.runtime, case.precision):
            notes.append(f"the study ran {key[1]} in {key[2]}, not {case.runtime} in {case.precision}")
        exponents = ", ".join(f"{name}^{value:.2f}" for name, value in fit.exponents.items())
        return Prediction(
            energy=fit.predict(given),
            way=self.name,
            source=self.source,
            rests_on=(f"{self.origins.get(key, 'cells')} on {', '.join(key)}: energy goes as {exponents}",),
            notes=tuple(notes),
        )

    def _closest(self, case: Case) -> tuple[str, str, str] | None:
        there = [key for key in self.fits if _same(key[0], case.device.name)]
        exact = [key for key in there if key[1:] == (case.runtime, case.precision)]
        alike = [key for key in there if key[2] == case.precision]
        return next(iter(exact or alike), None)


def _named(name: str) -> Device:
    """The catalogue's device, or one of this name only: a fit needs no data sheet."""
    from wattwhat.predict.devices import device

    try:
        return device(name)
    except ArgumentError:
        if not name:
            raise
        return Device(name=name, kind="gpu" if "gpu" in name.lower() else "cpu")


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def outside(name: str, times: float) -> str:
    """A sentence about a covariate that lies so many times beyond what a fit has seen."""
    return f"{name} lies {times:.3g} times beyond what the fit has seen: an extrapolation, and wider for that"


def _fitted(rows: Sequence[tuple[Case, float]]) -> LogLinear | None:
    """The best fit, or None for too few models; cells of one model err alike, so models are what counts."""
    models = [case.label for case, _ in rows]
    columns = {
        name: [case.covariates[name] for case, _ in rows]
        for name in ("flops", "activations", "parameters", "batch_size")
    }
    energies = [energy for _, energy in rows]
    groups = []
    for names, fixed in _SETS:
        chosen = {name: columns[name] for name in (*names, "batch_size")}
        if len(set(models)) >= _LEAST and all(min(column) > 0 for column in chosen.values()):
            try:
                groups.append(LogLinear.fit(chosen, energies, models, fixed))
            except ArgumentError:  # too few models for so many covariates
                continue
    return None if not groups else min(groups, key=lambda fit: fit.half_width)
