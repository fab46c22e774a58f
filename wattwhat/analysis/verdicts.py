"""What a comparison may be of, and what it says where it cannot tell."""

from __future__ import annotations

__all__ = ["BASES", "CANNOT_TELL", "REPEATS_NEEDED"]


BASES = ("item", "call", "total")


CANNOT_TELL = "cannot tell"
# What single runs lack.
REPEATS_NEEDED = "how the same work differs from run to run is not known: give repeats of both, or measure()"
