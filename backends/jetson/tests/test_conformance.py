"""The conformance suite of wattwhat.testing over boards whose rails are files, and over tegrastats."""

from __future__ import annotations

import pytest

from tests.fakes.jetson.stands import SysfsStand, TegrastatsStand

conformance = pytest.importorskip(
    "wattwhat.testing.conformance", reason="the conformance suite is not in this version of wattwhat"
)


class TestOrinNano(conformance.BackendConformance):  # type: ignore[misc, name-defined]
    def stand(self) -> SysfsStand:
        return SysfsStand("orin-nano")


class TestAgxOrin(conformance.BackendConformance):  # type: ignore[misc, name-defined]
    def stand(self) -> SysfsStand:
        return SysfsStand("agx-orin")


class TestNanoOfJetPack4(conformance.BackendConformance):  # type: ignore[misc, name-defined]
    def stand(self) -> SysfsStand:
        return SysfsStand("nano")


class TestThor(conformance.BackendConformance):  # type: ignore[misc, name-defined]
    def stand(self) -> SysfsStand:
        return SysfsStand("thor")


class TestTegrastats(conformance.BackendConformance):  # type: ignore[misc, name-defined]
    def stand(self) -> TegrastatsStand:
        return TegrastatsStand("agx-orin", "triple")
