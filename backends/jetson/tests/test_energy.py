"""End to end: a window of the core over made boards adds up what the board's rails carry, once."""

from __future__ import annotations

import select

import pytest

from tests.fakes.jetson.stands import SysfsStand, TegrastatsStand
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.window import Window

TOTALS = {"orin-nano": ["VDD_IN"], "thor": ["VIN"], "agx-orin": ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"]}


@pytest.mark.parametrize("kind", [SysfsStand, TegrastatsStand], ids=["sysfs", "tegrastats"])
@pytest.mark.parametrize("board", TOTALS)
def test_energy_is_the_power_of_the_right_rails_times_the_time(
    kind: type[SysfsStand] | type[TegrastatsStand], board: str
) -> None:
    stand = kind(board)
    backend = stand.open()
    meter_set = MeterSet(backend.meters(), backends=[backend])
    try:
        shown_w = {line.channel.id.rpartition("/")[2]: line.meter.read().value for line in meter_set.inputs}
        window = Window("constant power", meter_set=meter_set).start()
        select.select([], [], [], 0.05)
        window.stop()
        measured = window.measurement
        assert measured.provenance == "measured"
        expected_j = sum(shown_w[rail] for rail in TOTALS[board]) * measured.duration_s
        # Wide, since a busy machine may stop us between the two looks at the clock; what is added is exact.
        assert measured.energy_j.value == pytest.approx(expected_j, rel=0.2)
        parts_j = {part.channel.id.rpartition("/")[2]: part for part in measured.channels}
        assert sorted(rail for rail, part in parts_j.items() if part.counted) == sorted(TOTALS[board])
        added = [part.energy_j for part in parts_j.values() if part.counted and part.energy_j is not None]
        assert measured.energy_j.value == pytest.approx(sum(energy.value for energy in added))
    finally:
        meter_set.close()
        stand.close()
