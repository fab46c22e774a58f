"""What is asked before a run, what a way of predicting answers, and the answer as a Measurement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.predict.devices import Device
from wattwhat.predict.loglinear import LogNormal
from wattwhat.records.channel import Channel
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.coverage import coverage_factor
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity
from wattwhat.records.sources import MODEL
from wattwhat.workloads.counting import Counts

__all__ = ["BYTES", "Case", "Prediction", "as_measurement"]

BYTES = {"fp64": 8, "fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2, "fp8": 1, "int8": 1}
_COMPONENT = {"gpu": "gpu", "accelerator": "board", "edge": "module", "cpu": "cpu"}


@attrs.frozen(kw_only=True)
class Case:
    """One call of a model that has not been run.

    Args:
        counts: operations, activations and weights of the call.
        device: what it will run on.
        runtime: how, for instance ``"eager"``, ``"compile"``, ``"onnxruntime"``.
        precision: of its arithmetic, one of `wattwhat.predict.devices.PRECISIONS`.
        label: its name.
    """

    counts: Counts
    device: Device
    runtime: str = "eager"
    precision: str = "fp32"
    label: str = "model"

    @property
    def items(self) -> int:
        """Samples in the call; 1 where that is not known."""
        return self.counts.items or 1

    @property
    def peak(self) -> float:
        """The fastest arithmetic in FLOP/s that the call may be run with: frameworks run fp32 as tf32 too.

        Raises:
            ArgumentError: the data sheet gives no peak for this precision.
        """
        peak = self.device.peak(self.precision)
        return max(peak, self.device.peak_flops.get("tf32", 0.0)) if self.precision == "fp32" else peak

    @property
    def covariates(self) -> Mapping[str, float]:
        """What fits are made on: of one item, and the items in a call."""
        counts, items = self.counts, self.items
        return {
            "flops": counts.flops / items,
            "activations": counts.activations / items,
            "parameters": float(counts.parameters),
            "batch_size": float(items),
        }


@attrs.frozen(kw_only=True)
class Prediction:
    """What one way says of a case.

    Args:
        energy: joules of one item: median and 95 % interval.
        way: name of the way.
        source: where its figures come from.
        rests_on: sentences about what it took.
        notes: sentences about what is doubtful, for the Measurement's warnings.
        scope: what the joules are of, in words.
    """

    energy: LogNormal
    way: str
    source: str
    rests_on: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    scope: str = "the device"


def as_measurement(
    prediction: Prediction,
    *,
    device: Device,
    label: str,
    items: float,
    calls: int | None = 1,
    bound_j: float | None = None,
    details: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float] | None = None,
) -> Measurement:
    """The prediction for so many items as a Measurement with provenance ``"predicted"``.

    A prediction is known up to a factor, so its interval is lopsided: ``details["interval_j"]`` has it. The
    standard uncertainty is the upper half of it over 1.96, so that ``energy_j.interval()`` holds it too.

    Args:
        prediction: of one item.
        device: what it will run on.
        label: name of what was predicted.
        items: in all.
        calls: in all, or None.
        bound_j: the least that all of it can take, in J, or None where that is not known.
        details: what else to keep.
        metrics: what is known of it besides, of one item.
    """
    energy = prediction.energy * items
    notes = list(prediction.notes)
    if bound_j is not None and energy.low < bound_j:
        energy = LogNormal(max(energy.median, bound_j), bound_j, max(energy.high, bound_j))
    quantity = Quantity(energy.median, (energy.high - energy.median) / coverage_factor(0.95), "J")
    channel: Any = Channel(
        id=f"predicted/{device.name}",
        backend="predict",
        device=device.name,
        component=_COMPONENT[device.kind],  # type: ignore[arg-type]
        quantity="energy",
        gain_error=quantity.relative if math.isfinite(quantity.relative) and quantity.u > 0 else None,
        source=f"{prediction.way}: {prediction.source}",
    )
    kept = {
        "way": prediction.way,
        "source": prediction.source,
        "scope_in_words": prediction.scope,
        "interval_j": [energy.low, energy.high],
        "coverage": 0.95,
        "bound_j": bound_j,
        "rests_on": list(prediction.rests_on),
        **(details or {}),
    }
    return Measurement(
        label=label,
        energy_j=quantity,
        calls=calls,
        items=items,
        channels=(ChannelEnergy(channel, quantity, "predicted"),),
        provenance="predicted",
        budget=((MODEL, quantity.u),),
        metrics=metrics or {},
        warnings=tuple(notes),
        details={name: value for name, value in kept.items() if value is not None},
    )


def check_runtime(runtime: str) -> str:
    """The runtime's name as it is.

    Raises:
        ArgumentError: it is no text, or empty.
    """
    if not isinstance(runtime, str) or not runtime:
        raise ArgumentError(argument="runtime", expected="a name such as 'eager'", got=runtime)
    return runtime
