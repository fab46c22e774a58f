"""Laws of what monitors ask: joules never fall, powers are those of the sensor, what is lost is absent."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.live_host import WATTS, Host
from wattwhat.testing.sensors import Faults


@given(
    st.lists(st.sampled_from([0.0, 0.001, 0.3, 1.0, 2.5]), min_size=1, max_size=12),
    st.sampled_from([(), (101.0,), (100.5, 103.0)]),
    st.sampled_from([(), ((100.9, 102.2),)]),
)
@settings(max_examples=25)
def test_joules_never_fall_and_powers_are_those_of_the_sensor(
    waits: list[float], resets: tuple[float, ...], gaps: tuple[tuple[float, float], ...]
) -> None:
    host = Host(package_0={"sensor": {"resets_s": resets, "faults": Faults(gaps=gaps)}})
    before: dict[str, float] = {}
    for wait_s in waits:
        host.advance(wait_s)
        for one in host.live.read().channels:
            assert one.energy_j >= before.get(one.channel.id, 0.0)
            before[one.channel.id] = one.energy_j
            if one.power_w is not None and one.channel.component == "board":  # nothing befalls this one
                assert one.power_w == pytest.approx(300.0, rel=0.01)


def test_two_monitors_that_ask_at_once_get_the_same_powers() -> None:
    host = Host()
    assert {one.power_w for one in host.live.read().channels} == {None}  # a power needs two questions
    for _ in range(3):
        host.advance(15.0)
        for _ in range(2):
            found = {one.channel.device: one.power_w for one in host.live.read().channels}
            assert found == pytest.approx(WATTS, rel=0.01)
            host.advance(0.001)


def test_a_channel_that_is_lost_is_absent_and_its_energy_is_kept() -> None:
    host = Host(package_0={"sensor": {"faults": Faults(gaps=((102.0, 106.0),))}})
    host.advance(1.5)
    before = {one.channel.id: one.energy_j for one in host.live.read().channels}
    host.advance(2.0)
    reading = host.live.read()
    assert [channel.id for channel in reading.lost] == ["lab/rapl/package-0"]
    assert "lab/rapl/package-0" not in {one.channel.id for one in reading.channels}
    host.advance(4.0)
    after = {one.channel.id: one for one in host.live.read().channels}
    back = after["lab/rapl/package-0"]
    assert back.energy_j == pytest.approx(750.0, rel=0.05)
    assert back.energy_j > before["lab/rapl/package-0"]
    assert back.power_w is None or back.power_w == pytest.approx(100.0, rel=0.3)


def test_counted_channels_do_not_contain_each_other() -> None:
    host = Host()
    counted = {one.channel.device for one in host.live.read().channels if one.counted}
    assert counted == {"wall/plug"}
    parts = Host(only=("rapl/package-0", "rapl/core-0", "nvml/GPU-1/board"))
    counted = {one.channel.device for one in parts.live.read().channels if one.counted}
    assert counted == {"rapl/package-0", "nvml/GPU-1/board"}
