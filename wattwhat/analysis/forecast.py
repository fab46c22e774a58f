"""What a job will take in all, from the part of it that is done."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs

from wattwhat.analysis.series_laws import sum_ahead
from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.records.coverage import coverage_factor, t_quantile, t_tail
from wattwhat.records.escaping import one_line
from wattwhat.records.quantity import Quantity
from wattwhat.records.terminal import shown
from wattwhat.records.validators import listed

__all__ = ["SIGNIFICANT", "Forecast", "forecast"]

SIGNIFICANT = 0.05
_AT_MOST = 64  # pieces that a law is fitted to; more of them are put together


@attrs.frozen
class Forecast:
    """Energy and time that were not measured but follow from what was, with prediction intervals.

    Args:
        energy_j: the forecast; its u is the wider side of the 95 % interval over 1.96.
        low_j: lower end of the 95 % prediction interval of the energy.
        high_j: upper end.
        law: how the value goes on: ``"linear"`` (each piece the mean of those seen), or, where that is
            rejected, ``"drifting"``, ``"settling"`` or, over shares of the data, ``"curved"``.
        p_linear: how likely a departure from linear growth as large as this one would be by chance; None
            where there are too few points to tell.
        reach: how many times further than the measured part this goes.
        duration_s: likewise of the time; None where no durations were given.
        low_s: lower end of its 95 % prediction interval, or None.
        high_s: upper end, or None.
        notes: what is doubtful.
    """

    energy_j: Quantity
    low_j: float
    high_j: float
    law: str
    p_linear: float | None
    reach: float
    duration_s: Quantity | None = None
    low_s: float | None = None
    high_s: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def linear(self) -> bool:
        """Whether linear growth was used; False where it was rejected and another law was used instead."""
        return self.law == "linear"

    def __str__(self) -> str:
        text = _interval_text(self.low_j, self.energy_j.value, self.high_j)
        if self.duration_s is not None and self.low_s is not None and self.high_s is not None:
            text += f"; {self.duration_s.value:.4g} s, 95 % {self.low_s:.4g} to {self.high_s:.4g} s"
        text += f", {self.reach:.3g} times as far as was measured" if self.reach > 1.0 else ", all of it done"
        return shown([text, *(f"  note: {one_line(note)}" for note in self.notes)])


@attrs.frozen
class _Total:
    """A total: its value and the ends of its 95 % interval, the law, and what is to be said."""

    value: float
    low: float
    high: float
    law: str
    p: float | None
    notes: tuple[str, ...]


def forecast(
    energies: Sequence[Quantity | float],
    done: float,
    of: float,
    *,
    durations_s: Sequence[Quantity | float] | None = None,
    gain: float = 0.0,
    skip: int = 0,
) -> Forecast:
    """Energy (and time) of a whole job from equal pieces of the part that is done.

    The pieces to come are taken to cost the mean of those seen, unless these drift (a t test at 5 %): then
    they go on drifting, or settle where that law is likelier. The 95 % interval asks for more than that.
    It reaches over a drift and a settling that could not have been noticed, and over neighbours that are
    alike (`wattwhat.analysis.series_laws.sum_ahead`), and no piece costs less than nothing.

    Args:
        energies: of the pieces in order, joules or Quantities; equal shares of the part that is done.
        done: how much is done, in any unit of progress (epochs, steps, items).
        of: how much there is in all, in the same unit; not less than done.
        durations_s: of the same pieces, in s.
        gain: relative standard uncertainty that all energies have in common (the sensor's gain).
        skip: how many pieces at the beginning count in the total but say nothing of the rest (a warm-up).

    Raises:
        ArgumentError: the numbers do not fit: not finite, below 0, of is less than done.
        ScoreError: fewer than 2 pieces are left to judge from.

    Example:
        >>> ahead = forecast([102.0, 100.5, 101.0, 99.5, 100.0, 101.5, 100.5, 101.0], done=8, of=12)
        >>> print(round(ahead.energy_j.value), ahead.law, round(ahead.low_j), round(ahead.high_j))
        1209 linear 1195 1222
    """
    energies = listed("energies", energies)
    durations_s = None if durations_s is None else listed("durations_s", durations_s)
    done, of = _progress("done", done), _progress("of", of)
    if of < done:
        raise ArgumentError(f"{of:g} in all is less than the {done:g} that are done", argument="of")
    left, reach = of - done, of / done
    energy = _total("energies", "J", energies, left / done, skip, gain)
    value = _quantity(energy, "J")
    if durations_s is None:
        return Forecast(value, energy.low, energy.high, energy.law, energy.p, reach, notes=energy.notes)
    if len(durations_s) != len(energies):
        raise ArgumentError(
            f"{len(durations_s)} beside {len(energies)} energies",
            argument="durations_s",
            remedy="expected one a piece",
        )
    time = _total("durations_s", "s", durations_s, left / done, skip, 0.0)
    return Forecast(
        value,
        energy.low,
        energy.high,
        energy.law,
        energy.p,
        reach,
        _quantity(time, "s"),
        time.low,
        time.high,
        energy.notes,
    )


def _total(
    name: str,
    unit: str,
    given: Sequence[Quantity | float],
    more: float,
    skip: int,
    gain: float,
) -> _Total:
    values = [_amount(f"{name}[{i}]", one, unit) for i, one in enumerate(given)]
    known, pieces = math.fsum(values), values[skip:]
    common = coverage_factor(0.95) * gain
    if not more and values:  # nothing lies ahead: it took what it took
        return _Total(known, known * max(0.0, 1.0 - common), known * (1.0 + common), "linear", None, ())
    if len(pieces) < 2:
        left = "1 piece is" if len(pieces) == 1 else "no pieces are"
        raise ScoreError(f"{left} left to judge from; at least 2 are needed, better 5 or more")
    ahead = more * len(values)
    kept, ahead = _together(pieces, ahead)
    p, slope_half = _drift(kept)
    mean = math.fsum(kept) / len(kept)
    half = _flat_half(kept, ahead)
    flat = ahead * mean - half, ahead * mean, ahead * mean + half
    law, low, value, high = "linear", *flat
    notes: tuple[str, ...] = ()
    if max(kept) - min(kept) > 1e-12 * max(kept):
        law, low, value, high = _reaching(kept, ahead, p, flat)
        notes = _notes(law, p, slope_half, mean, len(kept) / len(pieces))
        if law == "linear" and unit == "J" and p is not None:
            notes += (f"without any drift: {_interval_text(*(known + end for end in flat))}",)
    low, value, high = (known + max(0.0, end) for end in (low, value, high))
    below, above = math.hypot(value - low, common * value), math.hypot(high - value, common * value)
    return _Total(value, max(0.0, value - below), value + above, law, p, notes)


def _reaching(
    kept: Sequence[float], ahead: float, p: float | None, flat: tuple[float, float, float]
) -> tuple[str, float, float, float]:
    """The law, the value of the pieces ahead, and an interval that reaches over what was not ruled out."""
    low, value, high = flat
    if p is None:  # two pieces: the line through them may be the law, upwards or downwards
        steep = abs(kept[1] - kept[0]) * ahead * (0.5 * (ahead + 1.0) + 0.5)
        return "linear", low - steep, value, high + steep
    mixture = sum_ahead(kept, ahead)
    law = "linear"
    if p < SIGNIFICANT:
        law = "settling" if mixture.settles else "drifting"
        value = mixture.mean_of(True) if mixture.settles else _line_above_0(kept, ahead)
    ends = [*mixture.interval(), value]
    if law == "drifting":  # a test finds a drift once in twenty where there is none, and a drift may end
        ends += [low, high]
    return law, min(ends), value, max(ends)


def _line_above_0(kept: Sequence[float], ahead: float) -> float:
    """Sum over the pieces ahead of the least-squares line, where it is above 0."""
    import numpy as np

    slope, height = np.polyfit(np.arange(len(kept)), kept, 1)
    whole = max(1, math.ceil(ahead - 1e-9))
    places = np.arange(len(kept), len(kept) + whole)
    return float(np.maximum(0.0, height + slope * places).sum()) * ahead / whole


def _drift(kept: Sequence[float]) -> tuple[float | None, float]:
    """How likely a slope this steep is by chance (None: two pieces), and half its 95 % interval."""
    import numpy as np

    n = len(kept)
    if n < 3:
        return None, math.inf
    x = np.arange(n) - 0.5 * (n - 1)
    y = np.asarray(kept) - np.mean(kept)
    slope = float(x @ y / (x @ x))
    rest = float(np.square(y - slope * x).sum())
    if not rest > (1e-12 * max(kept)) ** 2:
        return (1.0 if abs(slope) * n <= 1e-12 * max(kept) else 0.0), 0.0
    u = math.sqrt(rest / (n - 2) / float(x @ x))
    return t_tail(slope / u, n - 2), t_quantile(0.95, n - 2) * u


def _flat_half(kept: Sequence[float], ahead: float) -> float:
    """Half of the 95 % interval of the pieces ahead if they are draws like those seen."""
    n, mean = len(kept), math.fsum(kept) / len(kept)
    variance = math.fsum((one - mean) ** 2 for one in kept) / (n - 1)
    return t_quantile(0.95, n - 1) * math.sqrt(variance * (ahead + ahead * ahead / n))


def _together(pieces: Sequence[float], ahead: float) -> tuple[list[float], float]:
    """At most 64 sums of neighbouring pieces, the oldest left out where they do not come out even."""
    size = math.ceil(len(pieces) / _AT_MOST)
    first = len(pieces) % size
    sums = [math.fsum(pieces[i : i + size]) for i in range(first, len(pieces), size)]
    return sums, ahead / size


def _notes(law: str, p: float | None, half: float, mean: float, size: float) -> tuple[str, ...]:
    if p is None:
        return ("too few points to tell whether growth is linear",)
    if law != "linear":
        return (f"growth is not linear (p = {p:.2g}): taken to go on {law}, the interval reaches further",)
    share = half * size * size / abs(mean) if mean else 0.0
    seen = f"a drift of up to {100 * share:.2g} % a piece would not have been noticed and is in the interval"
    return (seen,) if share > 1e-3 else ()


def _quantity(total: _Total, unit: str) -> Quantity:
    wider = max(total.value - total.low, total.high - total.value)
    return Quantity(total.value, wider / coverage_factor(0.95), unit)


def _interval_text(low: float, value: float, high: float) -> str:
    unit, factor = next(((u, f) for u, f in (("MJ", 1e6), ("kJ", 1e3)) if abs(value) >= 10 * f), ("J", 1.0))
    return f"{value / factor:.4g} {unit}, 95 % {low / factor:.4g} to {high / factor:.4g} {unit}"


def _amount(name: str, value: Any, unit: str) -> float:
    number = value.to(unit).value if isinstance(value, Quantity) else value
    if isinstance(number, (str, bytes, bool)) or not hasattr(number, "__float__"):
        raise ArgumentError(argument=name, expected="a number or a Quantity", got=value)
    if not (math.isfinite(float(number)) and float(number) >= 0.0):
        raise ArgumentError(argument=name, expected="a finite amount of at least 0", got=value)
    return float(number)


def _progress(name: str, value: Any) -> float:
    if isinstance(value, (str, bytes, bool)) or not hasattr(value, "__float__"):
        raise ArgumentError(argument=name, expected="a number above 0", got=value)
    if not (math.isfinite(float(value)) and float(value) > 0.0):
        raise ArgumentError(argument=name, expected="a finite number above 0", got=value)
    return float(value)
