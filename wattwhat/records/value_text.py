"""A value and its standard uncertainty as text, from 1e-300 to 1e300."""

from __future__ import annotations

import math

__all__ = ["concise", "plus_minus"]


def concise(value: float, u: float) -> str:
    """``12.34(5)``: the last digits' uncertainty in brackets; ``1.23(5)e-12`` where zeros would hide it."""
    if math.isnan(value):
        return "unknown"
    if not math.isfinite(u):
        return f"{value:.4g}(unknown u)"
    if u == 0 or math.isinf(value):
        return f"{value:.6g}"
    if u < 1e-15 * abs(value):  # more digits than a float has
        return f"{value:.15g} (u = {u:.2g})"
    if exponent := _exponent(value, u):
        scaled = concise(_scaled(value, exponent), _scaled(u, exponent))
        return f"({scaled})e{exponent}" if " " in scaled else f"{scaled}e{exponent}"
    if u >= 0.5 * abs(value):
        return f"{_plain(value, _digits(u, 2))} (u = {_plain(u, _digits(u, 2))})"
    decimals = _digits(u, _figures(u))
    if decimals <= 0:
        return f"{round(value, decimals):.0f}({round(u, decimals):.0f})"
    shown = round(u * 10**decimals)
    if u >= 10 and "." in f"{u:.{decimals}f}":
        return f"{value:.{decimals}f}({u:.{decimals}f})"
    return f"{value:.{decimals}f}({shown})"


def plus_minus(value: float, half: float) -> str:
    """``12.34 ± 0.10``: two figures of the half-width, and the value to the same place."""
    if math.isnan(value):
        return "unknown"
    if not math.isfinite(half):
        return f"{value:.4g} ± unknown"
    if half == 0 or math.isinf(value) or half < 1e-15 * abs(value):
        return f"{value:.6g} ± {half:.2g}"
    if exponent := _exponent(value, half):
        return f"({plus_minus(_scaled(value, exponent), _scaled(half, exponent))})e{exponent}"
    decimals = _digits(half, 2)
    return f"{_plain(value, decimals)} ± {_plain(half, decimals)}"


def _digits(u: float, figures: int) -> int:
    """Decimals that show ``u`` with so many figures (negative: left of the point)."""
    return figures - 1 - math.floor(math.log10(u))


def _exponent(value: float, u: float) -> int:
    """The power of ten to print in front of: 0 for what reads well as it is."""
    # beyond these, digits before or behind the point would fill lines, or not fit a float
    largest = max(abs(value), u)
    return 0 if largest < 1e15 and u > 1e-12 else math.floor(math.log10(largest))


def _scaled(value: float, exponent: int) -> float:
    """``value / 10**exponent`` by its digits: 10.0**-310 has none left."""
    if value == 0:
        return value
    digits, own = f"{value:.16e}".split("e")
    return float(digits) * 10.0 ** (int(own) - exponent)


def _figures(u: float) -> int:
    # One figure says "1" for anything from 0.95 to 1.5; below 3 a second one is shown (PDG's habit, coarser).
    return 2 if float(f"{u:.3e}".split("e")[0]) < 2.95 else 1


def _plain(value: float, decimals: int) -> str:
    return f"{round(value, decimals):.{max(decimals, 0)}f}"
