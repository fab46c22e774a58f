"""The conformance suite over the emulated library: each kind of card keeps every promise of a backend."""

from __future__ import annotations

import pytest

from tests.fakes.nvml import NvmlStand, missing_compiler
from wattwhat.testing import BackendConformance

pytestmark = pytest.mark.skipif(missing_compiler() is not None, reason=str(missing_compiler()))


def _with_memory(fake):
    for i in range(2):
        fake.set_power_mw(i, 2, 0, 20000.0)


def _power_only(fake):
    fake.fail("nvmlDeviceGetTotalEnergyConsumption", -1, 3)


def _old_power_only(fake):
    _power_only(fake)
    for i in range(2):
        fake.set_power_mw(i, 0, 185, -1.0)
        fake.set_power_mw(i, 0, 186, -1.0)


def _superchip(fake):
    fake.set_c2c(0, 1)
    fake.set_power_mw(0, 1, 0, 250000.0)
    fake.set_power_mw(0, 2, 0, 20000.0)


def _split(fake):
    for i in range(2):
        fake.set_mig(i, 1, 1)
        fake.add_mig(i, f"MIG-{i}1111111-1111-1111-1111-111111111111")


class TestCounter(BackendConformance):
    def stand(self):
        return NvmlStand()


class TestCounterAndMemory(BackendConformance):
    def stand(self):
        return NvmlStand(_with_memory)


class TestPowerOnly(BackendConformance):
    def stand(self):
        return NvmlStand(_power_only)


class TestOldPowerOnly(BackendConformance):
    def stand(self):
        return NvmlStand(_old_power_only)


class TestSuperchip(BackendConformance):
    def stand(self):
        return NvmlStand(_superchip, gpus=1)


class TestMig(BackendConformance):
    def stand(self):
        return NvmlStand(_split)
