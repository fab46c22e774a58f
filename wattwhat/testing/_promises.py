"""The promises that the conformance suite checks, in their order."""

from __future__ import annotations

from wattwhat.testing import (
    _availability,
    _channels,
    _claims,
    _conduct,
    _failures,
    _ids,
    _readings,
    _sharing,
    _truth,
)
from wattwhat.testing._outcomes import Promise

__all__ = ["PROMISES"]


# The process is looked at first: what an import changes for good shows only once.
PROMISES: tuple[Promise, ...] = (
    *_conduct.FIRST,
    *_availability.PROMISES,
    *_channels.PROMISES,
    *_ids.PROMISES,
    *_readings.PROMISES,
    *_truth.PROMISES,
    *_claims.PROMISES,
    *_failures.PROMISES,
    *_sharing.PROMISES,
    *_conduct.PROMISES,
)
