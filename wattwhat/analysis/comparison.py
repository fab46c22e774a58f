"""Two measurements side by side: the ratio of their energies with its interval, and a careful verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.analysis.comparability import differences, doubts
from wattwhat.analysis.comparison_text import BASES, CANNOT_TELL, REPEATS_NEEDED
from wattwhat.analysis.ratio import ratio_interval, spread_of
from wattwhat.errors import ArgumentError, ComparisonError, Remedy
from wattwhat.records.coverage import coverage_factor
from wattwhat.records.quantity import Quantity, finite_or_none
from wattwhat.records.sources import REPEATS

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["Comparison", "basis", "by_label", "compare", "knows_repeats"]


def _sentences(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(value)


@attrs.frozen(repr=False, weakref_slot=False, kw_only=True)
class Comparison:
    """What came out of comparing measurement A with measurement B.

    Args:
        a_label: name of A.
        b_label: name of B.
        per: ``"item"``, ``"call"`` or ``"total"``: what the energies are of.
        a: A's energy on that basis, in J.
        b: B's.
        ratio: A's energy over B's, with its first-order standard uncertainty.
        interval: where the ratio lies with probability `coverage`; its upper end may be infinite.
        coverage: the stated confidence.
        parts: relative standard uncertainties of the ratio: what repeats of A would shrink, what repeats of
            B would, and what the sensors' errors leave after those that both share have cancelled.
        repeated: whether it is known of both sides how repeats of the same work differ. Where it is not, the
            outcome is of these runs only, and says nothing about the work.
        warnings: what is doubtful about it, forced differences among them.
    """

    a_label: str
    b_label: str
    per: str
    a: Quantity
    b: Quantity
    ratio: Quantity
    interval: tuple[float, float]
    coverage: float = 0.95
    parts: tuple[float, float, float] = (0.0, 0.0, 0.0)
    repeated: bool = True
    warnings: tuple[str, ...] = attrs.field(default=(), converter=_sentences)

    @property
    def outcome(self) -> str:
        """``"A uses less"``, ``"A uses more"`` or ``"cannot tell"``; of two single runs whose repeats nobody
        knows, ``"A used less in these runs"`` or ``"A used more in these runs"``.
        """
        low, high = self.interval
        if low <= 1.0 <= high:
            return CANNOT_TELL
        direction = "less" if high < 1.0 else "more"
        return f"A uses {direction}" if self.repeated else f"A used {direction} in these runs"

    @property
    def decided(self) -> bool:
        """Whether it is established which work takes less, not only which run did."""
        return self.repeated and self.outcome != CANNOT_TELL

    @property
    def verdict(self) -> str:
        """The outcome in a sentence, with the ratio and its interval."""
        low, high = (f"{end:.3g}" for end in self.interval)
        basis = "in total" if self.per == "total" else f"per {self.per}"
        known = f"{self.ratio.value:.3g}" if self.ratio.known else "an unknown number of"
        text = f"{known} times as much energy {basis} ({100 * self.coverage:g} % interval {low} to {high})"
        if self.outcome == CANNOT_TELL:
            return f"cannot tell: A uses {text}"
        if not self.repeated:
            direction = "less" if self.interval[1] < 1.0 else "more"
            return f"in these runs A used {direction} than B: {text}; {REPEATS_NEEDED}"
        return f"{self.outcome} than B: {text}"

    def times_longer(self, limit: float = 1.0, *, only_a: bool = False) -> float | None:
        """How many times longer to measure, roughly, until the ratio can be told from ``limit``.

        What repeats shrink falls with the square root of the time.

        Args:
            limit: the ratio to be told apart from.
            only_a: only A is measured again.

        Returns:
            The factor, infinite for a ratio that is the limit itself; None where more time would not help.
        """
        if not (self.ratio.value > 0.0 and limit > 0.0):
            return None
        a_u, b_u, sensors_u = self.parts
        # the test of a - limit * b against 0, in units of a
        share = limit / self.ratio.value
        of_a, of_b = a_u * a_u, (share * b_u) * (share * b_u)
        moving, fixed = (of_a, of_b) if only_a else (of_a + of_b, 0.0)
        needed = abs(1.0 - share) / coverage_factor(self.coverage)
        allowed = needed * needed - sensors_u * sensors_u - fixed
        if allowed <= 0.0 and not (sensors_u or fixed):
            return math.inf
        return moving / allowed if allowed > 0.0 and math.isfinite(moving) else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; what is not finite becomes None."""
        return {
            "a": {"label": self.a_label, "energy_j": self.a.to_dict()},
            "b": {"label": self.b_label, "energy_j": self.b.to_dict()},
            "per": self.per,
            "ratio": self.ratio.to_dict(),
            "interval": [finite_or_none(end) for end in self.interval],
            "coverage": self.coverage,
            "outcome": self.outcome,
            "repeated": self.repeated,
            "verdict": self.verdict,
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        from wattwhat.analysis.comparison_text import describe_comparison

        return describe_comparison(self)

    def __repr__(self) -> str:
        return f"<Comparison {self.a_label!r} / {self.b_label!r}: {self.ratio.value:.4g}, {self.outcome}>"

    def _repr_html_(self) -> str:
        from wattwhat.analysis.comparison_text import comparison_html

        return comparison_html(self)


def compare(
    a: Measurement | Iterable[Measurement],
    b: Measurement | Iterable[Measurement],
    *,
    per: str | None = None,
    confidence: float = 0.95,
    force: bool = False,
) -> Comparison:
    """Compare the energies of two workloads: a over b, with an interval and a verdict.

    The verdict is about the work only where it is known on both sides how repeats differ: from the blocks of
    measure(), or from two runs and more a side. Their spread is widened by Student's t on each side (Welch
    1947; GUM G.3). Of single windows and single runs it says what was seen in these, and asks for repeats.

    Errors of gain, model and offset that both share (the same channel read both) cancel (GUM 5.2); those
    of different sensors, and everything that varies from run to run, do not.

    Args:
        a: one measurement, or repeats of it.
        b: the other one, or repeats of it.
        per: compare the energy per ``"item"``, per ``"call"``, or the ``"total"``; None takes the first of
            these that both know.
        confidence: at which the verdict holds, between 0 and 1.
        force: compare unlike measurements all the same; what differs is then in the warnings.

    Raises:
        ComparisonError: they are unlike (another device, other components, another origin, other items
            a call, another phase), or one lacks what ``per`` needs, or its energy, or that is not above 0;
            the message names it.
        ArgumentError: an argument is outside what is allowed.

    Example:
        >>> from wattwhat import Channel, Measurement, Quantity
        >>> from wattwhat.records.channel_energy import ChannelEnergy
        >>> gpu = Channel("h/nvml/0", "nvml", "a GPU", "gpu", "energy", gain_error=0.03)
        >>> def run(label, joules):
        ...     energy = Quantity(joules, 0.03 * joules, "J")
        ...     return Measurement(label=label, energy_j=energy, items=100, calls=10,
        ...                        channels=(ChannelEnergy(gpu, energy),),
        ...                        budget=(("sensor gain", 0.0299 * joules), ("repeats", 0.002 * joules)))
        >>> print(compare(run("small", 95.0), run("large", 100.0)).verdict)
        A uses less than B: 0.95 times as much energy per item (95 % interval 0.944 to 0.956)
    """
    if per is not None and per not in BASES:
        raise ArgumentError(argument="per", expected=f"one of {', '.join(BASES)}", got=per)
    k = coverage_factor(confidence)
    a, b = _side("a", "A", a), _side("b", "B", b)
    per = per or basis(a, b)
    counts = _count(a, "A", per), _count(b, "B", per)
    reasons = differences(a, b, per)
    if reasons and not force:
        raise ComparisonError(reasons[0], remedy=Remedy("pass {force} to compare all the same", force=True))
    energy_a, energy_b = a.energy_j / counts[0], b.energy_j / counts[1]
    _check_energies((a, energy_a), (b, energy_b))
    x, y = energy_a.value, energy_b.value
    try:
        spread = spread_of(a, b, counts)
        interval = ratio_interval(x, spread.a_u, y, spread.b_u, spread.covariance, k)
        ratio, parts = spread.ratio(x, y), spread.parts(x, y)
    except (OverflowError, ZeroDivisionError) as err:
        raise _beyond_numbers(energy_a, energy_b) from err
    if not math.isfinite(ratio.value) or any(map(math.isnan, interval)):
        raise _beyond_numbers(energy_a, energy_b)
    return Comparison(
        a_label=a.label,
        b_label=b.label,
        per=per,
        a=energy_a,
        b=energy_b,
        ratio=ratio,
        interval=interval,
        coverage=confidence,
        parts=parts,
        repeated=knows_repeats(a) and knows_repeats(b),
        warnings=(*(f"forced: {sentence}" for sentence in reasons), *doubts(a, b)),
    )


def _side(argument: str, name: str, given: Any) -> Measurement:
    """One measurement for a side; repeats as their mean, with the spread between them."""
    from wattwhat.records.measurement import Measurement

    if isinstance(given, Measurement):
        return given
    runs = list(given) if isinstance(given, Iterable) and not isinstance(given, (str, bytes)) else [given]
    if not runs or not all(isinstance(run, Measurement) for run in runs):
        raise ArgumentError(argument=argument, expected="a Measurement or repeats of one", got=given)
    if len(runs) == 1:
        one: Measurement = runs[0]
        return one
    from wattwhat.analysis.repeats import average_repeats

    averaged, notes = average_repeats(attrs.evolve(run, label=runs[0].label) for run in runs)
    if len(averaged) > 1:
        raise ComparisonError(
            f"the repeats of {name} are unlike: {notes[0] if notes else 'see their details'}"
        )
    return averaged[0]


def by_label(measurements: Iterable[Measurement]) -> dict[str, list[Measurement]]:
    """Measurements under their labels: those of one label are repeats."""
    groups: dict[str, list[Measurement]] = {}
    for one in measurements:
        groups.setdefault(one.label, []).append(one)
    return groups


def basis(a: Measurement, b: Measurement) -> str:
    """What energies can be compared per: the first of item, call and total that both know."""
    if a.items and b.items:
        return "item"
    return "call" if a.calls and b.calls else "total"


def knows_repeats(measurement: Measurement) -> bool:
    """Whether the spread between repeats is in its uncertainty: of blocks, of runs, or stated."""
    counts = (measurement.details.get("blocks"), measurement.details.get("repeats"))
    return measurement.budget.get(REPEATS) > 0.0 or any(
        isinstance(count, (int, float)) and count >= 2 for count in counts
    )


def _check_energies(*sides: tuple[Measurement, Quantity]) -> None:
    """Refuse what has no ratio; an energy that is not above 0 is a fault of its sensor, no saving."""
    for name, (measurement, energy) in zip("AB", sides, strict=True):
        if not math.isfinite(energy.value):
            raise ComparisonError(
                f"the energy of {name} ({measurement.label!r}) is not known: see its warnings"
            )
        if not energy.value > 0.0:
            raise ComparisonError(
                f"the energy of {name} ({measurement.label!r}) is {energy}, which is not above 0, so there "
                "is no ratio; measure it again, for longer"
            )


def _beyond_numbers(a: Quantity, b: Quantity) -> ComparisonError:
    return ComparisonError(
        f"the energies {a.value:g} J and {b.value:g} J, or their uncertainties, are too large or too small "
        "to be put into a ratio; check their units"
    )


def _count(measurement: Measurement, name: str, per: str) -> float:
    if per == "total":
        return 1.0
    count = measurement.items if per == "item" else measurement.calls
    if not count:
        raise ComparisonError(
            f"{name} ({measurement.label!r}) does not say how many {per}s it covers, so there is no energy "
            f"per {per}; choose per='call' or per='total' (--per total)"
        )
    return float(count)
