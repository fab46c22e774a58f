"""Numbers with their uncertainty, as a person and as LaTeX's siunitx read them."""

from __future__ import annotations

import math

from wattwhat.records.quantity import Quantity

__all__ = [
    "concise",
    "energy_unit",
    "half_width",
    "plus_minus",
    "short_time",
    "si_prefix",
    "siunitx",
    "time_words",
    "with_prefix",
]

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
    factor, prefix = si_prefix(shown)
    scaled = shown / factor
    decimals = max(figures - 1 - math.floor(math.log10(abs(scaled))), 0) if scaled else 0
    return f"{scaled:.{decimals}f} {prefix}{unit}"


def half_width(quantity: Quantity, figures: int = 3) -> str:
    """The expanded uncertainty (k=2) in the unit in which `with_prefix` shows the value.

    Example:
        >>> half_width(Quantity(1.08, 0.0264, "J")), half_width(Quantity(0.131, 0.002, "J"))
        ('± 0.053 J (k=2)', '± 4 mJ (k=2)')
    """
    if not (quantity.known and math.isfinite(quantity.u)):
        return "uncertainty not known"
    factor, prefix = si_prefix(float(f"{quantity.value:.{figures}g}"))
    half = float(f"{2.0 * quantity.u / factor:.2g}")
    return f"± {half:{'.0f' if 10.0 <= half < 1e9 else 'g'}} {prefix}{quantity.unit} (k=2)"


def si_prefix(value: float) -> tuple[float, str]:
    """The SI prefix that keeps a number short, behind its factor.

    Example:
        >>> si_prefix(45_600.0), si_prefix(0.0)
        ((1000.0, 'k'), (1.0, ''))
    """
    large = (pair for pair in _PREFIXES if abs(value) >= pair[0] * (1.0 - 1e-12))
    return next(large, _PREFIXES[-1] if value else (1.0, ""))


def time_words(seconds: float) -> str:
    """A length of time for a sentence, in ms below a second.

    Example:
        >>> time_words(0.1), time_words(1.0004)
        ('100 ms', '1 s')
    """
    return f"{seconds * 1e3:.3g} ms" if seconds < 0.9995 else f"{seconds:.3g} s"


_JOULES = ((1e-3, "uJ", 1e6), (1.0, "mJ", 1e3), (1e3, "J", 1.0), (1e6, "kJ", 1e-3), (math.inf, "MJ", 1e-6))


def energy_unit(joules: float) -> str:
    """The multiple of the joule that shows an energy with one to three digits before its point.

    Example:
        >>> energy_unit(0.02), energy_unit(20.0), energy_unit(2e7)
        ('mJ', 'J', 'MJ')
    """
    size = abs(joules)
    if not 0 < size < float("inf"):
        return "J"
    return next(unit for limit, unit, _ in _JOULES if size < limit)


def plus_minus(quantity: Quantity) -> str:
    """A value with its expanded uncertainty (k=2), energies in a unit that suits their size.

    Example:
        >>> plus_minus(Quantity(53210.0, 120.0, "J"))
        '53.21 ± 0.24 kJ'
    """
    if not quantity.known:
        return "unknown"
    if quantity.unit == "J":
        quantity = quantity.to(energy_unit(quantity.value))
    return f"{quantity:U}".removesuffix(" (k=2)")


def short_time(seconds: float | None) -> str:
    """A length of time in the unit that suits it; a dash where it is not known.

    Example:
        >>> short_time(0.0021), short_time(95.0), short_time(7300.0), short_time(None)
        ('2.1 ms', '95 s', '2.03 h', '-')
    """
    if seconds is None:
        return "-"
    for limit, unit, factor in ((1.0, "ms", 1e3), (120.0, "s", 1.0), (7200.0, "min", 1 / 60)):
        if seconds < limit:
            return f"{seconds * factor:.3g} {unit}"
    hours = seconds / 3600.0
    return f"{hours:.3g} h" if hours < 48.0 else f"{hours / 24.0:.4g} d"
