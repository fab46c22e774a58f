"""Numbers with their uncertainty, as a person and as LaTeX's siunitx read them; names as one line."""

from __future__ import annotations

import math

from wattwhat.records.quantity import Quantity

__all__ = ["concise", "one_line", "siunitx", "with_prefix"]

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))


def concise(value: Quantity | float | None) -> str:
    """Value and standard uncertainty without the unit; an unknown one is a dash.

    Example:
        >>> concise(Quantity(12.34, 0.05, "J")), concise(0.9134), concise(None)
        ('12.34(5)', '0.9134', '–')
    """
    if value is None:
        return "–"
    if isinstance(value, Quantity):
        return str(value).removesuffix(f" {value.unit}") if value.known else "–"
    return f"{value:.6g}"


def siunitx(value: Quantity | float | None) -> str:
    r"""The same for LaTeX with siunitx: ``\num{12.34(5)}``; large and small ones with an exponent.

    Two significant digits of the uncertainty, one from 3 on, as `Quantity` shows it.

    Example:
        >>> print(siunitx(Quantity(12.34, 0.05, "J")), siunitx(Quantity(123456.0, 1234.0, "J")))
        \num{12.34(5)} \num{1.235(12)e5}
    """
    if value is None:
        return "--"
    if not isinstance(value, Quantity):
        return rf"\num{{{value:.6g}}}" if math.isfinite(value) else "--"
    if not math.isfinite(value.value):
        return "--"
    if not math.isfinite(value.u):
        return rf"\num{{{value.value:.4g}}} ($u$ unknown)"
    if value.u <= max(1e-14 * abs(value.value), 1e-290):  # none, or beyond the digits that a float has
        return rf"\num{{{value.value:.6g}}}"
    return rf"\num{{{_bracketed(value.value, value.u)}}}"


def _bracketed(value: float, u: float) -> str:
    exponent = math.floor(math.log10(max(abs(value), u)))
    exponent = exponent if not -3 <= exponent < 5 else 0
    value, u = value / 10.0**exponent, u / 10.0**exponent
    place = math.floor(math.log10(u))
    figures = 2 if u / 10.0**place < 2.95 else 1
    decimals = figures - 1 - place
    if decimals <= 0:
        # siunitx counts the bracket in units of the last digit, so all digits of u are written
        text = f"{round(value, decimals):.0f}({round(u, decimals):.0f})"
    else:
        text = f"{value:.{decimals}f}({round(u * 10**decimals)})"
    return text + (f"e{exponent}" if exponent else "")


def with_prefix(value: float, unit: str, figures: int = 3) -> str:
    """A number with the SI prefix that keeps it short; NaN is unknown.

    Example:
        >>> with_prefix(0.001234, "J"), with_prefix(45_600, "J"), with_prefix(math.nan, "J")
        ('1.23 mJ', '45.6 kJ', 'unknown')
    """
    if not math.isfinite(value):
        return "unknown"
    shown = float(f"{value:.{figures}g}")
    if not shown:
        return f"0 {unit}"
    for factor, prefix in _PREFIXES:
        if abs(shown) >= factor * (1.0 - 1e-12) or factor == 1e-9:
            scaled = shown / factor
            decimals = max(figures - 1 - math.floor(math.log10(abs(scaled))), 0) if scaled else 0
            return f"{scaled:.{decimals}f} {prefix}{unit}"
    return f"{shown:g} {unit}"


def one_line(text: str, columns: int | None = None) -> str:
    r"""A name from a file as one line that a terminal can be given: no line ends, no control characters.

    Args:
        text: the name.
        columns: cut it to so many.

    Example:
        >>> one_line("net\n\x1b[31m 18"), one_line("a long name", 7)
        ('net [31m 18', 'a long…')
    """
    line = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    return line if columns is None or len(line) <= columns else f"{line[: columns - 1]}…"
