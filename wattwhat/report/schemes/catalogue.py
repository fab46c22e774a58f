"""Which schemes there are: those of ours and of other packages, by the same entry points."""

from __future__ import annotations

from wattwhat.errors import ArgumentError
from wattwhat.plugins import find_plugins, load
from wattwhat.report.schemes.scheme import Scheme

__all__ = ["GROUP", "scheme", "scheme_names"]

GROUP = "wattwhat.schemes"


def scheme_names() -> tuple[str, ...]:
    """Names of all schemes; none of them is loaded.

    Example:
        >>> {"sci", "gpai", "boamps", "model-card", "codecarbon"} <= set(scheme_names())
        True
    """
    return tuple(find_plugins(GROUP))


def scheme(name: str) -> Scheme:
    """A scheme by its name.

    Raises:
        ArgumentError: there is none of this name, or what is registered under it is none.

    Example:
        >>> scheme("boamps").title
        'BoAmps report 0.1'
    """
    known = find_plugins(GROUP)
    if name not in known:
        raise ArgumentError(argument="scheme", expected=f"one of {', '.join(known)}", got=name)
    loaded = load(known[name])
    if not isinstance(loaded, Scheme):
        raise ArgumentError(f"{name!r} names a {type(loaded).__name__}, not a Scheme", argument="scheme")
    return loaded
