"""Which files wattwhat wrote: only those are replaced without a word from the user."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["WRITTEN"]

_COUNTED = "Digits in brackets are the standard uncertainty (k=1)"


def _page(text: str) -> bool:
    return '<meta name="generator" content="wattwhat ' in text[:4000]


def _badge(text: str) -> bool:
    return text.startswith("<svg ") and ' aria-label="Energy of ' in text[:1000]


def _latex(text: str) -> bool:
    ours = r"% \usepackage{booktabs,siunitx}; uncertainties in brackets are standard uncertainties (k=1)"
    return text.startswith(ours) and text.rstrip().endswith(r"\end{tabular}")


def _csv(text: str) -> bool:
    head = text.partition("\n")[0].split(",")
    return head[0] == "label" and {"energy_j", "u_energy_j", "provenance", "warnings"} <= set(head)


def _markdown(text: str) -> bool:
    lines = text.strip().split("\n")
    return lines[0].startswith("| model |") and "(k=1)" in lines[0] and all(line[:1] == "|" for line in lines)


def _card(text: str) -> bool:
    begins = text.startswith(("---\nco2_eq_emissions:\n", "## Energy\n"))
    return begins and _COUNTED in text and sum(line.startswith("#") for line in text.split("\n")) == 1


def _scheme(text: str) -> bool:
    """Never: a person may have filled in by hand what nobody stated."""
    return False


# By what is written: whether a text is such a one, and nothing that somebody put more into.
WRITTEN: Mapping[str, Callable[[str], bool]] = {
    "page": _page,
    "badge": _badge,
    "latex": _latex,
    "csv": _csv,
    "markdown": _markdown,
    "model-card": _card,
    "scheme": _scheme,
}
