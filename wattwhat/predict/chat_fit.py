"""Decoding in chat on two GPUs: our fit to ML.ENERGY v3, on active and total parameters and the batch."""

from __future__ import annotations

import math

from wattwhat.predict.loglinear import EXPONENT_SD, LogNormal
from wattwhat.predict.own_study import outside
from wattwhat.predict.prediction import Prediction

__all__ = ["chat_token"]

# ln(J/token) = c0 + c1 ln P_active + c2 ln P_total + c3 ln B with P in 1e9, and its rms with each model left
# out: our fit to ML.ENERGY v3, chat, each model at its real batch and number of GPUs.
_FITS = {
    "H100 SXM5": ((-1.474, 0.215, 0.624, -0.505), 0.36),
    "B200": ((-1.721, 0.187, 0.675, -0.491), 0.34),
}
# Smallest and largest parameters (1e9) among its models, and the batches whose rows are known to us.
_RANGES = {"active": (3.0, 405.0), "total": (8.0, 671.0), "batch": (8.0, 256.0)}


def chat_token(device: str, active: float, total: float, batch: float, precision: str) -> Prediction | None:
    """Joules of one token, wider beyond what the fit has seen; None for what it has not seen at all.

    Args:
        device: name in the catalogue.
        active: parameters that one token uses.
        total: all parameters.
        batch: requests served together.
        precision: of the weights.

    Example:
        >>> round(chat_token("H100 SXM5", 8.03e9, 8.03e9, 8, "bf16").energy.median, 2)  # measured: 0.455
        0.46
    """
    if device not in _FITS or precision not in ("bf16", "fp16", "fp8"):
        return None
    case = {"active": active / 1e9, "total": total / 1e9, "batch": batch}
    (constant, *powers), rms = _FITS[device]
    log = constant + math.fsum(power * math.log(x) for power, x in zip(powers, case.values(), strict=True))
    times = {name: max(case[name] / high, low / case[name]) for name, (low, high) in _RANGES.items()}
    beyond = {name: factor for name, factor in times.items() if factor > 1.0}
    sd = math.hypot(rms, *(EXPONENT_SD * math.log(factor) for factor in beyond.values()))
    return Prediction(
        energy=LogNormal.of(log, sd),
        way="published",
        source="ML.ENERGY v3, chat: our fit on active and total parameters and batch",
        rests_on=(f"decode: rms of ln(J/token) with each model left out {rms:.2f}, {device}",),
        notes=(
            "the fit is of chat: its joules a token hold the reading of short prompts, too",
            *(outside(name, factor) for name, factor in beyond.items()),
        ),
    )
