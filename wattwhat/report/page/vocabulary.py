"""The names in `Measurement.details` that the page reads, and a sentence for a value that is not of its type.

The same table, for people, is in docs/reference/records.md.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from typing import Any

from wattwhat.errors import ArgumentError
from wattwhat.report.page.traces import read_trace
from wattwhat.scoring.phases import phase_name

__all__ = ["VOCABULARY", "wrong_details"]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_phase(value: Any) -> bool:
    try:
        return isinstance(value, str) and phase_name(value) is not None
    except ArgumentError:
        return False


def _is_trace(value: Any) -> bool:
    return read_trace({"trace": value}) is not None


# What fits, and what to say was expected.
VOCABULARY: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "family": (_is_text, "a text"),
    "device": (_is_text, "a text"),
    "scope": (_is_text, "a text such as 'gpu' or 'cpu+dram'"),
    "item": (_is_text, "a text such as 'image'"),
    "phase": (_is_phase, "'training', 'inference' or 'both'"),
    "trace": (_is_trace, "{'t_s': [...], 'power_w': [...]} with as many numbers in both, at least two"),
}


def wrong_details(details: Mapping[str, Any]) -> list[str]:
    """A sentence for each value that the page cannot use, and takes as not set.

    Args:
        details: of a measurement.

    Example:
        >>> wrong_details({"family": 7, "device": "a GPU", "anything": object})
        ["details['family']: expected a text, got 7; it is taken as not set"]
    """
    sentences = []
    for name, (fits, expected) in VOCABULARY.items():
        value = details.get(name)
        if value is None or (isinstance(value, str) and not value) or fits(value):
            continue
        sentences.append(
            f"details[{name!r}]: expected {expected}, got {reprlib.repr(value)}; it is taken as not set"
        )
    return sentences
