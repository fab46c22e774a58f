"""Which files wattwhat wrote: only those are replaced without a word from the user."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wattwhat.report.tables import TABLES

__all__ = ["WRITTEN"]

_COUNTED = "Digits in brackets are the standard uncertainty (k=1)"


def _page(text: str) -> bool:
    return '<meta name="generator" content="wattwhat ' in text[:4000]


def _badge(text: str) -> bool:
    return text.startswith("<svg ") and ' aria-label="Energy of ' in text[:1000]


def _card(text: str) -> bool:
    begins = text.startswith(("---\nco2_eq_emissions:\n", "## Energy\n"))
    return begins and _COUNTED in text and sum(line.startswith("#") for line in text.split("\n")) == 1


def _never(text: str) -> bool:
    """Of a scheme: a person may have filled in by hand what nobody stated."""
    return False


# By what is written: whether a text is such a one, and nothing that somebody put more into.
WRITTEN: Mapping[str, Callable[[str], bool]] = {
    "page": _page,
    "badge": _badge,
    "model-card": _card,
    "scheme": _never,
    **{name: table.wrote or _never for name, table in TABLES.items() if table.ending},
}
