"""The promises that the conformance suite checks, in their order."""

from __future__ import annotations

from wattwhat.testing import _claims, _conduct, _failures, _identity, _truth
from wattwhat.testing._subject import Promise

__all__ = ["PROMISES"]


# The process is looked at first: what an import changes for good shows only once.
PROMISES: tuple[Promise, ...] = (
    *_conduct.FIRST,
    *_identity.PROMISES,
    *_truth.PROMISES,
    *_claims.PROMISES,
    *_failures.PROMISES,
    *_conduct.PROMISES,
)
