"""How far those laws go whose cases hypothesis does not draw.

They are marked ``lengthy``: a brief run goes some of the way, and a run of every law in full all of it.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings

__all__ = ["far"]

_BRIEF = settings.get_profile("brief").max_examples  # conftest.py registers it


def far(brief: Any, full: Any) -> Any:
    """The first in a brief run, the second in every other."""
    return brief if settings().max_examples == _BRIEF else full
