"""Trainings before they run: 6 P D operations, or a model's own count, on so many devices."""

from __future__ import annotations

import math
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.predict.devices import Device, as_device
from wattwhat.predict.loglinear import LogNormal
from wattwhat.predict.prediction import Prediction, as_measurement
from wattwhat.predict.relations import operations_j, training_flops
from wattwhat.records.coverage import coverage_factor, t_quantile
from wattwhat.records.measurement import Measurement
from wattwhat.workloads.counting import Counts

__all__ = ["predict_training"]

# Share of the dense peak that trainings of large language models reached: PaLM 46.2 %, Gopher 32.5 %, MT-NLG
# 30.2 %, GPT-3 21.3 % (PaLM, arXiv 2204.02311, table 3); mean and standard deviation of their logarithms.
_UTILISATION, _UTILISATION_SD, _TRAININGS = 0.31, 0.32, 4
# A device in training draws 0.58 to 0.99 of its TDP (ML.ENERGY v3, mean power): the middle, and its spread.
_POWER, _POWER_SD = 0.8, 0.14
# Small models reach less of the peak than these, and draw less power: estimates by TDP were up to 4.1 times
# above a measured GPU (CodeGemma 2B on an H100).
_SMALL_SD = 0.7
_LARGE = 1e9


def predict_training(
    parameters: float | None = None,
    tokens: float | None = None,
    *,
    device: Device | str,
    counts: Counts | None = None,
    items: float | None = None,
    precision: str = "bf16",
    devices: int = 1,
    utilisation: float | None = None,
    pue: float = 1.0,
    label: str = "training",
) -> Measurement:
    """Joules of a training before it runs, on so many devices.

    Operations are 6 P D (Kaplan and others 2020) for a language model of P parameters on D tokens, or three
    times a counted forward pass for each item. Time is operations over the share of the peak that is reached;
    energy is that at the share of the TDP that devices draw. Both are spread as in published trainings.

    Args:
        parameters: active parameters P; with `tokens`.
        tokens: tokens D in all epochs.
        device: a name, or a `Device`.
        counts: of a forward call, instead of parameters and tokens; with `items`.
        items: samples in all epochs.
        precision: of the arithmetic.
        devices: how many; more of them take less time, not less energy.
        utilisation: share of the dense peak that is reached, in (0, 1]; None for that of published trainings.
        pue: power usage effectiveness of the data centre, at least 1.
        label: its name.

    Returns:
        A Measurement with provenance ``"predicted"`` whose items are tokens or samples; ``details["days"]``
        is the time it would take.

    Raises:
        ArgumentError: neither parameters and tokens nor counts and items are given, or one is out of range.

    Example:
        >>> gpt3 = predict_training(175e9, 300e9, device="V100", precision="fp16", devices=10_000, pue=1.1)
        >>> low, high = (end / 3.6e9 for end in gpt3.details["interval_j"])
        >>> low < 1287 < high   # MWh that were published
        True
    """
    flops, passed = _operations(parameters, tokens, counts, items)
    sheet = as_device(device)
    if devices < 1:
        raise ArgumentError(argument="devices", expected="at least 1", got=devices)
    if not 1.0 <= pue < math.inf:
        raise ArgumentError(
            "a data centre takes at least what its machines take, so at least 1",
            argument="pue",
            remedy=f"got {pue!r}",
        )
    share, share_sd = (_UTILISATION, _UTILISATION_SD) if utilisation is None else (utilisation, 0.0)
    if not 0.0 < share <= 1.0:
        raise ArgumentError(argument="utilisation", expected="a share of the peak in (0, 1]", got=utilisation)
    size = parameters if counts is None else counts.parameters
    small = size is not None and size < _LARGE and utilisation is None
    sd = math.hypot(share_sd, _POWER_SD, _SMALL_SD if small else 0.0)
    full_j = operations_j(flops, sheet.power(), sheet.peak(precision))
    seconds = flops / (devices * sheet.peak(precision) * share)
    notes = (
        ("a small model reaches less of the peak than published trainings: wider for that",) if small else ()
    )
    prediction = Prediction(
        energy=LogNormal.of(math.log(full_j / share * _POWER * pue / passed), sd, _factor(utilisation)),
        way="6PD" if counts is None else "three forward passes",
        source="operations / (peak x share reached) x TDP x share drawn; shares of published trainings",
        rests_on=(
            f"{flops:.4g} FLOPs on {devices} x {sheet.name} at {share:.0%} of "
            f"{sheet.peak(precision) / 1e12:.4g} TFLOP/s, {_POWER:.0%} of {sheet.power():.4g} W, PUE {pue:g}",
        ),
        notes=notes,
        scope="devices" if pue == 1.0 else "data centre",
    )
    return as_measurement(
        prediction,
        device=sheet,
        label=label,
        items=passed,
        calls=None,
        bound_j=None,
        details={
            "phase": "training",
            "days": seconds / 86_400.0,
            "cell": {"precision": precision, "device": sheet.name, "devices": devices},
        },
    )


def _factor(utilisation: float | None) -> float:
    """How many standard deviations 95 % takes on a side: more where only four trainings tell them."""
    if utilisation is not None:
        return coverage_factor(0.95)
    return t_quantile(0.95, _TRAININGS - 1) * math.sqrt(1.0 + 1.0 / _TRAININGS)


def _operations(
    parameters: float | None, tokens: float | None, counts: Counts | None, items: float | None
) -> tuple[float, float]:
    """Operations in all, and how many tokens or samples pass."""
    by_size, by_count = (parameters, tokens), (counts, items)
    if None not in by_size and by_count == (None, None):
        return training_flops(_above(parameters, "parameters"), _above(tokens, "tokens")), _above(
            tokens, "tokens"
        )
    if None not in by_count and by_size == (None, None):
        passed = _above(items, "items")
        each = 0 if counts is None else counts.flops / (counts.items or 1)
        return 3.0 * _above(each, "counts: flops") * passed, passed
    raise ArgumentError(
        argument="parameters", expected="parameters and tokens, or counts and items, one pair of the two"
    )


def _above(value: Any, name: str) -> float:
    if isinstance(value, (str, bytes)) or not 0.0 < float(value) < math.inf:
        raise ArgumentError(argument=name, expected="a finite number above 0", got=value)
    return float(value)
