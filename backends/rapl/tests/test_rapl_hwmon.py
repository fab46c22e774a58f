"""Grace's power meters and amd_energy on made trees."""

from __future__ import annotations

from pathlib import Path

import pytest
from rapl_tree import MadeTree

from wattwhat.records.channel import Channel
from wattwhat.records.containment import counted_ids
from wattwhat.sensing.host import host_name
from wattwhat_rapl import RaplBackend


@pytest.fixture
def made(tmp_path: Path) -> MadeTree:
    return MadeTree(tmp_path)


def look(made: MadeTree, *sources: str) -> tuple[dict[str, Channel], dict[str, float], tuple[str, ...]]:
    backend = RaplBackend(made.root, sources or None, machine="aarch64")
    meters = backend.meters()
    ends = {meter.channel.id.partition("/rapl/")[2]: meter for meter in meters}
    values = {end: meter.read().value for end, meter in ends.items()}
    for meter in meters:
        meter.close()
    return {end: meter.channel for end, meter in ends.items()}, values, backend.notes


def test_grace_shows_power_in_nested_domains(made: MadeTree) -> None:
    channels, values, _ = look(made.grace(sockets=2))
    assert set(channels) == {
        f"{whole}-{socket}{part}"
        for socket in (0, 1)
        for whole, part in [("module", ""), ("package", ""), ("package", "/core"), ("package", "/uncore")]
    }
    assert [channel.component for channel in channels.values()][:4] == ["module", "cpu", "core", "uncore"]
    assert {channel.quantity for channel in channels.values()} == {"power"}
    assert channels["package-0"].averaging_window_s == 0.05
    assert channels["package-0"].source == "hwmon Grace Power Socket 0"
    assert values["package-1"] == pytest.approx(100.000005)
    assert counted_ids(channels.values()) == {f"{host_name()}/rapl/module-{socket}" for socket in (0, 1)}


def test_without_a_module_the_sockets_count(made: MadeTree) -> None:
    channels, _, _ = look(made.grace(sockets=2, labels=("Grace", "CPU", "SysIO")))
    assert counted_ids(channels.values()) == {f"{host_name()}/rapl/package-{socket}" for socket in (0, 1)}


def test_a_meter_of_unknown_place_is_passed_over(made: MadeTree) -> None:
    made.grace(labels=("Grace", "Total"))
    channels, _, notes = look(made)
    assert set(channels) == {"package-0"}
    assert any("'Total Power Socket 0'" in note for note in notes)


def test_a_missing_interval_is_unknown(made: MadeTree) -> None:
    made.grace(labels=("Grace",))
    (made.root / "sys/class/hwmon/hwmon0/device/power1_average_interval").unlink()
    assert look(made)[0]["package-0"].averaging_window_s is None


def test_files_beside_the_name_are_found_too(made: MadeTree) -> None:
    made.write("sys/class/hwmon/hwmon0/name", "power_meter")
    made.write("sys/class/hwmon/hwmon0/power1_oem_info", "Grace Power Socket 0")
    made.write("sys/class/hwmon/hwmon0/power1_average", 80_000_000)
    assert look(made)[1] == {"package-0": 80.0}


def test_amd_energy_counts_whole_sockets(made: MadeTree) -> None:
    made.write("sys/class/hwmon/hwmon3/name", "amd_energy")
    for number, label in enumerate(("Ecore000", "Ecore001", "Esocket0", "Esocket1"), start=1):
        made.write(f"sys/class/hwmon/hwmon3/energy{number}_label", label)
        made.write(f"sys/class/hwmon/hwmon3/energy{number}_input", number * 1_000_000)
    channels, values, _ = look(made)
    assert values == {"package-0": 3.0, "package-1": 4.0}
    assert channels["package-0"].quantity == "energy"
    assert channels["package-0"].wrap_j is None


def test_other_hwmon_devices_are_not_ours(made: MadeTree) -> None:
    made.write("sys/class/hwmon/hwmon0/name", "coretemp")
    made.write("sys/class/hwmon/hwmon0/power1_average", 1)
    assert not RaplBackend(made.root, machine="aarch64").probe()
