"""EcoLogits' relation for requests to language models, as its code has it, beside ours."""

from __future__ import annotations

import math

from wattwhat.errors import ArgumentError

__all__ = ["MEASURED_FACTOR", "ecologits_gpus", "ecologits_wh"]

# Fitted by its authors (mlco2/ecologits) to ML.ENERGY: Wh a token and GPU = A exp(B batch) P + C, P in 1e9.
_A, _B, _C = 1.1665273170451914e-06, -0.011205921025579175, 4.052928146734005e-05
_LATENCY_S = (6.785088094353663e-4, 3.119310311688259e-4, 0.019473717579473387)  # P, batch, constant
_SERVER_W, _SERVER_GPUS, _GPU_GB = 1200.0, 8, 80.0
# Of ML.ENERGY v3 at its real batches: this many times too high or too low at the 10th and 90th percentile.
MEASURED_FACTOR = 4.0


def ecologits_gpus(total_parameters: float, bits: int = 16) -> int:
    """GPUs of 80 GB that hold a model and a fifth more, as a power of two.

    Example:
        >>> ecologits_gpus(8e9), ecologits_gpus(70e9)
        (1, 4)
    """
    gigabytes = 1.2 * total_parameters / 1e9 * bits / 8
    return int(2 ** math.ceil(math.log2(math.ceil(gigabytes / _GPU_GB))))


def ecologits_wh(
    active_parameters: float,
    output_tokens: float,
    *,
    total_parameters: float | None = None,
    batch: float = 64,
    pue: float = 1.0,
) -> float:
    """Energy in Wh of a request: GPUs and their share of the server, over the time it takes.

    A point value, as the tool gives it: of measured requests at their real batches it was 0.3 to 2 times
    (H100, chat) and 0.2 to 3.6 times the energy (B200, GPQA) in the middle 80 %.

    Args:
        active_parameters: that one token uses.
        output_tokens: written.
        total_parameters: None for the active ones.
        batch: requests served together; the tool assumes 64.
        pue: power usage effectiveness, at least 1.

    Raises:
        ArgumentError: a number is out of range.

    Example:
        >>> round(ecologits_wh(8e9, 1e6, pue=1.15), 4)   # its published check: 85 Wh
        85.4379
    """
    total = active_parameters if total_parameters is None else total_parameters
    for name, value in {
        "active_parameters": active_parameters,
        "total_parameters": total,
        "batch": batch,
    }.items():
        if not 0 < value < math.inf:
            raise ArgumentError(argument=name, expected="a number above 0", got=value)
    if not 0 <= output_tokens < math.inf:
        raise ArgumentError(argument="output_tokens", expected="a number of at least 0", got=output_tokens)
    if not 1.0 <= pue < math.inf:
        raise ArgumentError(
            "a data centre takes at least what its machines take, so at least 1",
            argument="pue",
            remedy=f"got {pue!r}",
        )
    active, gpus = active_parameters / 1e9, ecologits_gpus(total)
    gpu_wh = (_A * math.exp(_B * batch) * active + _C) * output_tokens * gpus
    seconds = (_LATENCY_S[0] * active + _LATENCY_S[1] * batch + _LATENCY_S[2]) * output_tokens
    server_wh = seconds / 3600.0 * _SERVER_W * gpus / _SERVER_GPUS / batch
    return pue * (gpu_wh + server_wh)
