"""The powercap reader on made trees: every shape of zones that machines are known to show."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapl_tree import RANGE_UJ, MadeTree

from wattwhat.records.channel import Channel
from wattwhat.records.containment import counted_ids
from wattwhat.sensing.host import host_name
from wattwhat.sensing.meter import Meter
from wattwhat_rapl import RaplBackend
from wattwhat_rapl.powercap import find_zones
from wattwhat_rapl.tree import Tree


@pytest.fixture
def made(tmp_path: Path) -> MadeTree:
    return MadeTree(tmp_path)


def backend_of(made: MadeTree) -> RaplBackend:
    return RaplBackend(made.root, ["powercap"], machine="x86_64")


def look(made: MadeTree) -> tuple[dict[str, Channel], dict[str, float], tuple[str, ...]]:
    """Channels and values by the end of their id, and the notes."""
    backend = backend_of(made)
    meters = backend.meters()
    try:
        ends = {meter.channel.id.partition("/rapl/")[2]: meter for meter in meters}
        assert len(ends) == len(meters)
        return (
            {end: meter.channel for end, meter in ends.items()},
            {end: meter.read().value for end, meter in ends.items()},
            backend.notes,
        )
    finally:
        close(meters)


def close(meters: object) -> None:
    for meter in meters:  # type: ignore[attr-defined]
        meter.close()


def counted(channels: dict[str, Channel]) -> set[str]:
    return {channel_id.partition("/rapl/")[2] for channel_id in counted_ids(channels.values())}


def test_one_socket(made: MadeTree) -> None:
    channels, values, notes = look(made.cpuinfo().intel())
    package = channels["package-0"]
    assert package.id == f"{host_name()}/rapl/package-0"
    assert package.component == "cpu"
    assert package.quantity == "energy"
    assert package.device == "Example CPU @ 3 GHz (package-0)"
    assert package.source == "powercap intel-rapl:0/energy_uj"
    assert package.update_period_s == 0.001
    assert package.wrap_j == pytest.approx(262143.328851, abs=1e-7)
    assert package.resolution == pytest.approx(61.035e-6, rel=1e-5)
    assert [channel.component for channel in channels.values()] == ["cpu", "core", "uncore", "dram"]
    assert values == {
        "package-0": 9000.0,
        "package-0/core": 1000.0,
        "package-0/uncore": 1007.0,
        "package-0/dram": 1014.0,
    }
    assert notes == ()
    assert counted(channels) == {"package-0", "package-0/dram"}


@pytest.mark.parametrize("folder", ["sys/class/powercap", "sys/class/powercap/"])
def test_the_folder_of_the_zones_will_do(made: MadeTree, folder: str) -> None:
    made.intel()
    backend = RaplBackend(root=os.path.join(made.root, folder), sources=["powercap"])
    assert backend.probe().available
    meters = backend.meters()
    assert [meter.channel.component for meter in meters] == ["cpu", "core", "uncore", "dram"]
    assert meters[0].read().value == 9000.0
    close(meters)


def test_two_sockets(made: MadeTree) -> None:
    channels, values, _ = look(made.intel(sockets=2))
    assert counted(channels) == {"package-0", "package-0/dram", "package-1", "package-1/dram"}
    assert values["package-1"] == 18000.0
    assert channels["package-1"].contains == (
        f"{host_name()}/rapl/package-1/core",
        f"{host_name()}/rapl/package-1/uncore",
    )


def test_sockets_with_equal_counters_are_still_two(made: MadeTree) -> None:
    made.zone("intel-rapl:0", "package-0", 5_000_000_000)
    made.zone("intel-rapl:1", "package-1", 5_000_000_000)
    assert counted(look(made)[0]) == {"package-0", "package-1"}


def test_amd_shows_package_and_core(made: MadeTree) -> None:
    channels, _, _ = look(made.cpuinfo("AMD EPYC", "AuthenticAMD").intel(parts=("core",)))
    assert counted(channels) == {"package-0"}
    assert channels["package-0"].gain_error == pytest.approx(0.10 / 3**0.5)


def test_dies_have_a_channel_each(made: MadeTree) -> None:
    for die, energy_uj in enumerate((4_000_000_000, 6_000_000_000)):
        made.zone(f"intel-rapl:{die}", f"package-0-die-{die}", energy_uj)
        made.zone(f"intel-rapl:{die}:0", "core", energy_uj // 2)
    channels, _, notes = look(made)
    assert counted(channels) == {"package-0-die-0", "package-0-die-1"}
    assert channels["package-0-die-1"].contains == (f"{host_name()}/rapl/package-0-die-1/core",)
    assert notes == ()


@pytest.mark.parametrize("drift_uj", [0, 300_000])
def test_dies_that_mirror_their_socket_are_counted_once(made: MadeTree, drift_uj: int) -> None:
    for die in range(4):
        made.zone(f"intel-rapl:{die}", f"package-0-die-{die}", 68_000_000_000 + drift_uj * (die % 2))
        made.zone(f"intel-rapl:{die}:0", "core", 1_000_000_000 * die)
    channels, values, notes = look(made)
    assert set(channels) == {"package-0", "package-0/core"}
    assert values["package-0"] == 68_000.0
    assert "intel-rapl:1, intel-rapl:2, intel-rapl:3" in notes[0]
    assert "counted once as package-0" in notes[0]


def test_mirrors_among_separate_dies_leave_the_others(made: MadeTree) -> None:
    for die, energy_uj in enumerate((50_000_000_000, 50_000_000_000, 70_000_000_000)):
        made.zone(f"intel-rapl:{die}", f"package-1-die-{die}", energy_uj)
    channels, _, notes = look(made)
    assert set(channels) == {"package-1-die-0", "package-1-die-2"}
    assert len(notes) == 1


def test_dies_at_zero_are_no_mirrors(made: MadeTree) -> None:
    made.zone("intel-rapl:0", "package-0-die-0", 0)
    made.zone("intel-rapl:1", "package-0-die-1", 0)
    assert set(look(made)[0]) == {"package-0-die-0", "package-0-die-1"}


def test_a_die_that_shows_twice_is_no_mirror_of_itself(made: MadeTree) -> None:
    for zone in (0, 1):
        made.zone(f"intel-rapl:{zone}", "package-0-die-0", 68_000_000_000)
    channels, values, notes = look(made)
    assert values == {"package-0-die-0": 68_000.0}
    assert set(channels) == {"package-0-die-0"}
    assert "shows package-0-die-0 again" in notes[0]


def test_psys_contains_everything(made: MadeTree) -> None:
    made.intel(sockets=2).zone("intel-rapl:2", "psys", 88_000_000)
    channels, _, _ = look(made)
    assert counted(channels) == {"psys"}
    assert channels["psys"].component == "host"
    assert len(channels["psys"].contains) == 8


def test_psys_of_each_socket_contains_its_own(made: MadeTree) -> None:
    made.intel(sockets=2).zone("intel-rapl:2", "psys", 88_000_000)
    made.zone("intel-rapl:3", "psys-1", 99_000_000)
    channels, _, _ = look(made)
    assert counted(channels) == {"psys", "psys-1"}
    assert f"{host_name()}/rapl/package-1" in channels["psys-1"].contains
    assert f"{host_name()}/rapl/package-0" not in channels["psys-1"].contains


def test_psys_that_nobody_feeds_does_not_swallow_the_packages(made: MadeTree) -> None:
    made.intel().zone("intel-rapl:1", "psys", 0)
    channels, _, notes = look(made)
    assert counted(channels) == {"package-0", "package-0/dram"}
    assert "psys stands at 0" in notes[0]


def test_psys_at_zero_on_a_machine_that_is_all_at_zero_stays(made: MadeTree) -> None:
    made.zone("intel-rapl:0", "package-0", 0)
    made.zone("intel-rapl:1", "psys", 0)
    assert counted(look(made)[0]) == {"psys"}


def test_mmio_shows_the_package_a_second_time(made: MadeTree) -> None:
    made.zone("intel-rapl-mmio:0", "package-0", 3_000_000)
    made.intel()
    channels, values, notes = look(made)
    assert len(channels) == 4
    assert values["package-0"] == 9000.0
    assert notes == ("intel-rapl-mmio:0: shows package-0 again, as intel-rapl:0 does; dropped",)


def test_mmio_serves_where_it_is_alone(made: MadeTree) -> None:
    made.zone("intel-rapl-mmio:0", "package-0", 3_000_000)
    channels, _, notes = look(made)
    assert channels["package-0"].source == "powercap intel-rapl-mmio:0/energy_uj"
    assert notes == ()


def test_mmio_serves_where_msr_cannot_be_read(made: MadeTree) -> None:
    made.zone("intel-rapl-mmio:0", "package-0", 3_000_000)
    made.zone("intel-rapl:0", "package-0", None)
    channels, _, notes = look(made)
    assert channels["package-0"].source == "powercap intel-rapl-mmio:0/energy_uj"
    assert notes == ()


def test_ids_are_hexadecimal(made: MadeTree) -> None:
    for socket in range(12):
        made.zone(f"intel-rapl:{socket:x}", f"package-{socket}", 1_000_000_000 * (socket + 1))
        made.zone(f"intel-rapl:{socket:x}:a", "dram", 1_000_000 * (socket + 1))
    channels, values, _ = look(made)
    assert len(channels) == 24
    assert values["package-10"] == 11_000.0
    assert values["package-10/dram"] == 11.0
    assert list(channels)[9:12] == ["package-9", "package-10", "package-11"]


def test_zones_are_found_nested_as_well_as_linked(made: MadeTree) -> None:
    made.intel()
    linked = look(made)
    (made.root / "sys/class").rename(made.root / "sys/elsewhere")
    assert look(made) == linked
    base = made.root / "sys/class/powercap"
    base.mkdir(parents=True)
    (made.root / "sys/devices/virtual/powercap/intel-rapl").rename(base / "intel-rapl")
    assert look(made) == linked


@pytest.mark.parametrize("range_uj", [None, "", "unlimited", 0, -1])
def test_a_range_that_is_missing_or_nonsense_is_unknown(made: MadeTree, range_uj: object) -> None:
    made.zone("intel-rapl:0", "package-0", range_uj=range_uj)
    channels, _, notes = look(made)
    assert channels["package-0"].wrap_j is None
    assert channels["package-0"].resolution is None
    assert "max_energy_range_uj cannot be read" in notes[0]


def test_names_that_are_not_known_are_passed_over_with_a_note(made: MadeTree) -> None:
    made.intel().zone("intel-rapl:0:9", "tape-drive")
    made.zone("intel-rapl:8", "core")
    channels, _, notes = look(made)
    assert len(channels) == 4
    assert sorted(notes) == [
        "intel-rapl:0:9: passed over, 'tape-drive' is not a domain that is known here",
        "intel-rapl:8: passed over, 'core' is not a domain that is known here",
    ]


@pytest.mark.parametrize("content", ["", "garbage", "12 34", "nan"])
def test_a_counter_that_is_no_number_gives_no_channel(made: MadeTree, content: str) -> None:
    made.intel().zone("intel-rapl:1", "package-1", content)
    assert "package-1" not in look(made)[0]
    answer = backend_of(made).probe()
    assert answer.available
    assert "package-1" not in answer.reason.partition(";")[0]
    assert "intel-rapl:1/energy_uj exists but gives no number" in answer.reason


def test_power_limits_bound_the_power(made: MadeTree) -> None:
    limits = {
        "constraint_0_power_limit_uw": 125_000_000,
        "constraint_0_max_power_uw": 65_000_000,
        "constraint_1_power_limit_uw": 188_000_000,
        "constraint_1_name": "short_term",
    }
    made.zone("intel-rapl:0", "package-0", **limits)
    made.zone("intel-rapl:0:0", "core", constraint_0_power_limit_uw=0)
    channels, _, _ = look(made)
    assert channels["package-0"].max_power_w == 188.0
    assert channels["package-0/core"].max_power_w is None


def test_a_small_range_has_the_step_of_the_file(made: MadeTree) -> None:
    made.zone("intel-rapl:0", "package-0", 5, range_uj=999_999)
    channel = look(made)[0]["package-0"]
    assert channel.wrap_j == 1.0
    assert channel.resolution == 1e-6


def test_other_control_types_are_not_rapl(made: MadeTree) -> None:
    made.intel()
    made.write("sys/class/powercap/dtpm:0/name", "package-0")
    made.write("sys/class/powercap/intel-rapl/enabled", 1)
    assert len(find_zones(Tree(str(made.root)))[0]) == 4


texts = st.sampled_from(
    [
        "package-0",
        "package-0-die-0",
        "package-0-die-1",
        "package-1",
        "core",
        "uncore",
        "dram",
        "psys",
        "psys-1",
    ]
) | st.text(max_size=5).filter(lambda text: "\x00" not in text)
contents = st.none() | st.integers(0, RANGE_UJ) | st.sampled_from(["", "x", "-3"])
keys = st.builds(
    lambda control, numbers: ":".join([control, *(f"{number:x}" for number in numbers)]),
    st.sampled_from(["intel-rapl", "intel-rapl-mmio"]),
    st.lists(st.integers(0, 11), min_size=1, max_size=2),
)


@given(st.dictionaries(keys, st.tuples(texts, contents, contents), max_size=8))
def test_any_tree_gives_distinct_valid_channels_that_add_up(
    zones: dict[str, tuple[str, object, object]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = MadeTree(Path(folder))
        for key in sorted(zones, key=len):
            name, energy_uj, range_uj = zones[key]
            made.root.joinpath("sys/class/powercap", key).mkdir(parents=True)
            directory = f"sys/class/powercap/{key}"
            made.root.joinpath(directory, "name").write_text(name, encoding="utf-8", errors="ignore")
            for file, value in (("energy_uj", energy_uj), ("max_energy_range_uj", range_uj)):
                if value is not None:
                    made.write(f"{directory}/{file}", value)
        backend = backend_of(made)
        answer = backend.probe()
        meters: list[Meter] = list(backend.meters()) if answer.available else []
        close(meters)
        assert answer.available == bool(meters)
        assert answer.reason
        channels = {meter.channel.id: meter.channel for meter in meters}
        assert len(channels) == len(meters)
        added = counted_ids(channels.values())
        assert not added & {inner for one in added for inner in channels[one].contains}
        assert bool(added) == bool(meters)


def test_the_sustained_limit_of_each_package_is_a_condition(made: MadeTree) -> None:
    made.zone("intel-rapl:0", "package-0", constraint_0_power_limit_uw=65_000_000)
    made.zone("intel-rapl:0:0", "core", constraint_0_power_limit_uw=40_000_000)
    made.zone("intel-rapl:1", "package-1")
    assert backend_of(made).device_conditions() == {"package-0": {"power_limit_w": 65.0}}
