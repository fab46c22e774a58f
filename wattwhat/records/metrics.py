"""What is known of a workload besides its energy: numbers by name, accuracy as a fraction."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from wattwhat.errors import ArgumentError

__all__ = [
    "as_metrics",
    "binomial_u",
    "check_direction",
    "check_metrics",
    "check_share",
    "frozen_mapping",
    "lower_is_better",
]

_EMPTY: Mapping[str, Any] = MappingProxyType({})
# Of these less is better; those of the second group have no upper end either.
_SHARES = frozenset(
    [
        "wer",
        "cer",
        "ter",
        "eer",
        "err",
        "error",
        "errors",
        "errorrate",
        "fpr",
        "fnr",
        "ece",
        "brier",
        "misclassification",
        "hallucination",
    ]
)
# Of these more is better, but they are no share: some reach below 0, some have no upper end.
_SIGNED = frozenset(
    ["mcc", "matthews", "kappa", "spearman", "pearson", "kendall", "silhouette", "correlation"]
)
_SQUARED = re.compile(r"(^|_)(r_?2|r_?squared)(_score)?$")
_ENDLESS = frozenset(["psnr", "snr", "elo", "reward", "return", "throughput", "inception"])
_UNBOUNDED = frozenset(
    [
        "loss",
        "losses",
        "nll",
        "perplexity",
        "ppl",
        "mae",
        "mse",
        "rmse",
        "rmsle",
        "mape",
        "smape",
        "fid",
        "bpc",
        "bpb",
        "distance",
        "latency",
        "divergence",
        "crossentropy",
        "entropy",
    ]
)


def lower_is_better(name: str) -> bool:
    """Whether less of a metric is better, by its name: an error, a loss, a perplexity.

    Example:
        >>> [lower_is_better(name) for name in ("val_loss", "WER", "top1", "mAP")]
        [True, True, False, False]
    """
    return bool(_parts(name) & (_SHARES | _UNBOUNDED))


def check_direction(name: str) -> None:
    """Refuse a metric that is no share of which more is better, where a score takes one.

    Raises:
        ArgumentError: less of it is better, it reaches below 0 or it has no upper end; the message says what
            to give instead.

    Example:
        >>> check_direction("wer")
        Traceback (most recent call last):
        wattwhat.errors.ArgumentError: metric: of 'wer' less is better, a score takes a share of which ...
    """
    if not lower_is_better(name):
        _check_range(name)
        return
    instead = (
        "it has no range from 0 to 1, so choose an accuracy, F1, mAP or BLEU"
        if _parts(name) & _UNBOUNDED
        else f"give 1 - {name} under another name, for instance accuracy"
    )
    raise ArgumentError(
        f"of {name!r} less is better, a score takes a share of which more is better",
        argument="metric",
        remedy=instead,
    )


def _check_range(name: str) -> None:
    parts = _parts(name)
    below = bool(parts & _SIGNED or _SQUARED.search(name.lower()))
    if below or parts & _ENDLESS:
        where = "reaches below 0" if below else "has no upper end"
        raise ArgumentError(
            f"{name!r} {where}, a score takes a share from 0 to 1, as an accuracy, F1 or mAP",
            argument="metric",
        )


@lru_cache(maxsize=256)  # an order asks for one name thousands of times
def _parts(name: str) -> frozenset[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Za-z])|(?<=[a-z])(?=[0-9])", " ", name)
    return frozenset(re.split(r"[\W_]+", spaced.lower()))


def frozen_mapping(value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A mapping that nobody can change; the same empty one for nothing."""
    if not value:
        return _EMPTY
    return value if isinstance(value, MappingProxyType) else MappingProxyType(dict(value))


def as_metrics(value: Mapping[str, float] | None) -> Mapping[str, float]:
    """Metrics as a frozen mapping of floats; NaN and what is no number are refused."""
    if value is not None and not isinstance(value, Mapping):
        raise ArgumentError(argument="metrics", expected="names with numbers, {'accuracy': 0.91}", got=value)
    for name, number in (value or {}).items():
        if not isinstance(name, str):
            raise ArgumentError(argument="metrics", expected="names as texts", got=name)
        if isinstance(number, str) or not hasattr(number, "__float__"):
            raise ArgumentError(argument=f"metrics[{name!r}]", expected="a number", got=number)
        try:
            plain = float(number)
        except (TypeError, ValueError, OverflowError) as err:
            raise ArgumentError(argument=f"metrics[{name!r}]", expected="one number", got=number) from err
        if not math.isfinite(plain):
            shown = "NaN" if math.isnan(plain) else "infinite"
            raise ArgumentError(
                f"is {shown}", argument=f"metrics[{name!r}]", remedy="leave out a metric that is not known"
            )
    return frozen_mapping({name: float(number) for name, number in (value or {}).items()})


def check_metrics(metrics: Mapping[str, float]) -> Mapping[str, float]:
    """The metrics as a frozen mapping of floats.

    Raises:
        ArgumentError: one is NaN or no number, or an accuracy lies outside [0, 1].

    Example:
        >>> dict(check_metrics({"accuracy": 0.91}))
        {'accuracy': 0.91}
    """
    known = as_metrics(metrics)
    if "accuracy" in known:
        check_share(known["accuracy"], "accuracy")
    return known


def check_share(value: Any, name: str) -> float:
    """The value if it is a fraction from 0 to 1: the one check that measuring and scoring share.

    Args:
        value: what was given.
        name: of the metric, for the message.

    Raises:
        ArgumentError: it is not; 76.1 is told apart from nonsense, NaN is refused.

    Example:
        >>> check_share(0.761, "top1")
        0.761
    """
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        raise ArgumentError(argument=name, expected="a number between 0 and 1", got=value)
    number = float(value)
    if 0.0 <= number <= 1.0:
        return number
    if math.isnan(number):
        raise ArgumentError(
            "is NaN", argument=name, remedy=f"leave out what has no {name}, or say what it is"
        )
    hint = f"; write {number / 100:g} for {number:g} %" if 1.0 < number <= 100.0 else ""
    shown = f"{number:g}"
    if shown == "1":  # rounding beside the limit, no percent
        shown, hint = repr(number), ""
    raise ArgumentError(f"{shown} is not a fraction between 0 and 1{hint}", argument=name)


def binomial_u(accuracy: float, test_items: float) -> float:
    """Standard uncertainty of an accuracy counted on so many test items: sqrt(a (1 - a) / n).

    At exactly 0 or 1, where that formula gives 0, the accuracy is first drawn in by half a hit,
    a = (k + 1/2) / (n + 1) (the mean of Jeffreys' posterior), because n successes do not prove certainty.

    Args:
        accuracy: fraction from 0 to 1.
        test_items: how many items it was counted on.

    Example:
        >>> round(binomial_u(0.9, 360), 4)
        0.0158
    """
    if accuracy in (0.0, 1.0):
        accuracy = (accuracy * test_items + 0.5) / (test_items + 1.0)
    return math.sqrt(accuracy * (1.0 - accuracy) / test_items)
