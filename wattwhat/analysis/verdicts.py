"""What a comparison may be of, and what it says where it cannot tell."""

from __future__ import annotations

__all__ = ["BASES", "CANNOT_TELL"]


BASES = ("item", "call", "total")


CANNOT_TELL = "cannot tell"
