"""The regression gate: whether new measurements take more energy than a baseline, as far as can be told.

A test fails only where the increase is established; noise never fails a build, and never hides one either.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.analysis.comparison import Comparison, by_label, compare
from wattwhat.analysis.comparison_text import BASES, REPEATS_NEEDED
from wattwhat.errors import ArgumentError, ComparisonError
from wattwhat.records.escaping import one_line

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["CANNOT_TELL", "FAILED", "MISSING", "NEW", "PASSED", "REFUSED", "Outcome", "check", "worst"]

PASSED, FAILED, CANNOT_TELL = "passed", "failed", "cannot tell"
MISSING, NEW, REFUSED = "missing", "new", "refused"

# Beyond this, "run longer" is no advice any more.
_TOO_LONG = 100.0


@attrs.frozen(repr=False, kw_only=True)
class Outcome:
    """What the gate says of one label.

    Args:
        label: of the measurements.
        result: ``"passed"`` (established to be within the limit), ``"failed"`` (established to be beyond it),
            ``"cannot tell"``, ``"missing"`` (only the baseline has it), ``"new"`` (the baseline lacks it) or
            ``"refused"`` (the two are unlike).
        reason: a sentence.
        max_increase: the limit, as a fraction.
        comparison: new over baseline, or None where they were not compared.
        longer: how many times longer to measure, roughly, where that would tell; else None.
    """

    label: str
    result: str
    reason: str
    max_increase: float
    comparison: Comparison | None = None
    longer: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "label": self.label,
            "result": self.result,
            "reason": self.reason,
            "max_increase": self.max_increase,
            "comparison": None if self.comparison is None else self.comparison.to_dict(),
            "longer": self.longer,
        }

    def __str__(self) -> str:
        return f"{self.result}: {one_line(self.label)}: {one_line(self.reason)}"

    def __repr__(self) -> str:
        return f"<Outcome {self}>"


def check(
    new: Iterable[Measurement],
    baseline: Iterable[Measurement],
    max_increase: float = 0.05,
    coverage: float = 0.95,
    *,
    per: str | None = None,
    force: bool = False,
) -> list[Outcome]:
    """Hold measurements against a baseline, label by label.

    Args:
        new: what was measured now.
        baseline: what was measured then. Measurements with one label are repeats, on either side.
        max_increase: the increase that is allowed, as a fraction: 0.05 is 5 %.
        coverage: the confidence at which a result is established.
        per: ``"item"``, ``"call"`` or ``"total"``; None takes the first of these that both know.
        force: compare unlike measurements all the same.

    Returns:
        One outcome a label, in the order of the baseline, then what it lacks.

    Raises:
        ArgumentError: an argument is outside what is allowed.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> def run(joules, u):
        ...     return Measurement(label="net", energy_j=Quantity(joules, u, "J"), items=100,
        ...                        details={"blocks": 10})
        >>> print(check([run(120.0, 1.0)], [run(100.0, 1.0)])[0])
        failed: net: 20 % more energy per item (95 %: 17 % to 23 % more); 5 % more is allowed
    """
    if isinstance(max_increase, bool) or not -1.0 < float(max_increase) < math.inf:
        raise ArgumentError(
            argument="max_increase", expected="a fraction such as 0.05 for 5 %", got=max_increase
        )
    if per is not None and per not in BASES:
        raise ArgumentError(argument="per", expected=f"one of {', '.join(BASES)}", got=per)
    now, then = by_label(new), by_label(baseline)
    outcomes = []
    for label, old in then.items():
        if label in now:
            outcomes.append(_held(now[label], old, float(max_increase), coverage, per, force))
        else:
            reason = "the baseline has it, the new measurements do not"
            outcomes.append(Outcome(label=label, result=MISSING, reason=reason, max_increase=max_increase))
    for label in now:
        if label not in then:
            reason = "the baseline does not have it; add it there to have it checked"
            outcomes.append(Outcome(label=label, result=NEW, reason=reason, max_increase=max_increase))
    return outcomes


def _held(
    new: list[Measurement], old: list[Measurement], most: float, coverage: float, per: str | None, force: bool
) -> Outcome:
    try:
        comparison = compare(new, old, per=per, confidence=coverage, force=force)
    except ComparisonError as err:
        reason = f"A is the new one, B the baseline: {err}"
        return Outcome(label=new[0].label, result=REFUSED, reason=reason, max_increase=most)
    low, high = comparison.interval
    limit = 1.0 + most
    if not comparison.repeated:
        result, longer = CANNOT_TELL, None
    elif low > limit:
        result, longer = FAILED, None
    elif high <= limit:
        result, longer = PASSED, None
    else:
        result, longer = CANNOT_TELL, comparison.times_longer(limit, only_a=True)
    return Outcome(
        label=new[0].label,
        result=result,
        reason=_reason(comparison, most, result, longer),
        max_increase=most,
        comparison=comparison,
        longer=longer if longer is None or longer <= _TOO_LONG else None,
    )


def _reason(comparison: Comparison, most: float, result: str, longer: float | None) -> str:
    basis = "in total" if comparison.per == "total" else f"per {comparison.per}"
    low, high = comparison.interval
    text = (
        f"{_change(comparison.ratio.value)} energy {basis} "
        f"({100 * comparison.coverage:g} %: {_range(low, high)}); {_change(1.0 + most)} is allowed"
    )
    return f"{text}; {_advice(comparison, most, longer)}" if result == CANNOT_TELL else text


def _advice(comparison: Comparison, most: float, longer: float | None) -> str:
    if not comparison.repeated:
        return REPEATS_NEEDED
    if longer is not None and longer <= _TOO_LONG:
        return f"run longer: about {max(longer, 1.1):.2g} times"
    both = comparison.times_longer(1.0 + most)
    if longer is None and both is not None and both <= _TOO_LONG:
        return f"run longer, the baseline too: about {max(both, 1.1):.2g} times"
    if longer is None and both is None:
        return "running longer would not tell: the sensors' own errors are wider than the difference"
    return "it is too close to the limit to be told from it"


def _change(ratio: float) -> str:
    if math.isnan(ratio):
        return "an unknown amount of"
    percent = 100.0 * (ratio - 1.0)
    return f"{_percent(abs(percent))} {'less' if percent < 0 else 'more'}"


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"from {_change(low)} to no limit"
    if (low < 1.0) == (high < 1.0):
        return f"{_percent(abs(100.0 * (low - 1.0)))} to {_change(high)}"
    return f"{_change(low)} to {_change(high)}"


def _percent(value: float) -> str:
    return f"{value:.0f} %" if 10.0 <= value < 1e6 else f"{value:.2g} %"


def worst(outcomes: Sequence[Outcome]) -> str:
    """The result that decides: failed before refused, before cannot tell, before all others.

    Example:
        >>> worst([])
        'passed'
    """
    results = {outcome.result for outcome in outcomes}
    return next((result for result in (FAILED, REFUSED, CANNOT_TELL) if result in results), PASSED)
