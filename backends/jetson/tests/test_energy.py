"""End to end: a window of the core over made boards adds up what the board's rails carry, once."""

from __future__ import annotations

import select
from collections.abc import Iterator

import pytest

from tests.fakes.jetson.stands import SysfsStand, TegrastatsStand
from wattwhat.rig import Rig
from wattwhat.window import Window

TOTALS = {"orin-nano": ["VDD_IN"], "thor": ["VIN"], "agx-orin": ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"]}


@pytest.fixture(params=[SysfsStand, TegrastatsStand], ids=["sysfs", "tegrastats"])
def kind(request: pytest.FixtureRequest) -> Iterator[type[SysfsStand] | type[TegrastatsStand]]:
    yield request.param


@pytest.mark.parametrize("board", TOTALS)
def test_energy_is_the_power_of_the_right_rails_times_the_time(
    kind: type[SysfsStand] | type[TegrastatsStand], board: str
) -> None:
    stand = kind(board)
    backend = stand.open()
    rig = Rig(backend.meters(), backends=[backend])
    try:
        shown_w = {line.channel.id.rpartition("/")[2]: line.meter.read().value for line in rig.lines}
        window = Window("constant power", rig=rig).start()
        select.select([], [], [], 0.05)
        window.stop()
        measured = window.measurement
        assert measured.provenance == "measured"
        expected_j = sum(shown_w[rail] for rail in TOTALS[board]) * measured.duration_s
        assert measured.energy_j.value == pytest.approx(expected_j, rel=1e-3)
        for part in measured.channels:
            rail = part.channel.id.rpartition("/")[2]
            assert part.counted == (rail in TOTALS[board])
    finally:
        rig.close()
        stand.close()
