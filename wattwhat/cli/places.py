"""What the places that verbs are given mean: a path, and the label of one of what lies there."""

from __future__ import annotations

import os

__all__ = ["place_of"]


def place_of(text: str) -> tuple[str, str | None]:
    """Path and label of FILE#LABEL; a file whose own name has a # is taken for what it is.

    Example:
        >>> place_of("-#net"), place_of("-"), place_of("nowhere.csv#a")
        (('-', 'net'), ('-', None), ('nowhere.csv', 'a'))
    """
    ends = [len(text), *(k for k in reversed(range(len(text))) if text[k] == "#")]
    end = next((k for k in ends if text[:k] == "-" or os.path.exists(text[:k])), ends[min(1, len(ends) - 1)])
    return text[:end], text[end + 1 :] if end < len(text) else None
