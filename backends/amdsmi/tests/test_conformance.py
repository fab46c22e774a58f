"""The plugin through the conformance suite, over the real wrapper and the stand-in."""

from __future__ import annotations

import pytest

from tests.fakes.amdsmi import standin

testing = pytest.importorskip("wattwhat.testing.conformance", reason="the core has no conformance suite yet")


class TestAmdSmi(testing.BackendConformance):  # type: ignore[misc, name-defined]
    @pytest.fixture(autouse=True)
    def _needs(self, library: standin.Library) -> None:
        """Skips with the reason where the stand-in cannot be built."""

    def stand(self) -> standin.AmdSmiStand:
        return standin.AmdSmiStand()
