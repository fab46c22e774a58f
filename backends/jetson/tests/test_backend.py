"""The backend: every board end to end, every refusal with its reason, every remedy followed."""

from __future__ import annotations

import functools
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.jetson import tegrastats as fake
from tests.fakes.jetson.stands import SysfsStand, TegrastatsStand
from tests.fakes.jetson.trees import BOARDS, BoardTree, Chip, Line, Tree
from tests.fakes.jetson.users import as_nobody
from wattwhat.errors import ArgumentError, BackendError
from wattwhat.plugins import Plugin
from wattwhat.records.channel import Channel
from wattwhat.records.containment import counted_ids
from wattwhat.sensing.backend import open_backend
from wattwhat.sensing.host import host_name
from wattwhat.sensing.meter import Meter
from wattwhat_jetson import JetsonBackend

COUNTED = {
    "nano": {"POM_5V_IN"},
    "tx2": {"VDD_IN"},
    "xavier-nx": {"VDD_IN"},
    "agx-xavier": {"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"},
    "agx-orin": {"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"},
    "orin-nano": {"VDD_IN"},
    "thor": {"VIN"},
}

PLUGIN = Plugin("jetson", None, lambda: JetsonBackend)


@contextmanager
def opened(backend: JetsonBackend) -> Iterator[dict[str, Meter]]:
    """The meters by rail, closed at the end."""
    meters = backend.meters()
    try:
        yield {meter.channel.id.rpartition("/")[2]: meter for meter in meters}
    finally:
        for meter in meters:
            meter.close()


def counted_rails(meters: dict[str, Meter]) -> set[str]:
    counted = counted_ids(meter.channel for meter in meters.values())
    return {rail for rail, meter in meters.items() if meter.channel.id in counted}


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_is_read_and_added_up_in_its_own_way(tmp_path: Path, board: str) -> None:
    tree = Tree(tmp_path, board)
    backend = JetsonBackend(root=str(tmp_path))
    assert backend.probe().available
    with opened(backend) as meters:
        assert counted_rails(meters) == COUNTED[board]
        for rail, meter in meters.items():
            assert meter.channel.id == f"{host_name()}/jetson/{rail}"
            assert meter.read().value == pytest.approx(tree.shown_w(rail, tree.lines[rail].watts))
            assert str(tree.value_file(rail)) in str(meter.channel.source)
            assert BOARDS[board].model in meter.channel.device
    assert all(rail in backend.notes[0] for rail in COUNTED[board])


@pytest.fixture(scope="module")
def every_board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Tree, str, Meter]]]:
    """Every rail of every board, open, with its tree."""
    with ExitStack() as stack:
        rails = []
        for board in BOARDS:
            tree = Tree(tmp_path_factory.mktemp(board), board)
            meters = stack.enter_context(opened(JetsonBackend(root=str(tree.root))))
            rails += [(tree, rail, meter) for rail, meter in meters.items()]
        yield rails


@given(st.data(), st.floats(-0.5, 60.0))
def test_what_is_shown_is_within_a_step_of_the_power(
    every_board: list[tuple[Tree, str, Meter]], data: st.DataObject, watts: float
) -> None:
    tree, rail, meter = data.draw(st.sampled_from(every_board))
    tree.set_power(rail, watts)
    # half a step of the current, and the file's own rounding to mA, mV and mW
    limit_w = (meter.channel.resolution or 0.0) / 2.0 + 0.02
    assert abs(meter.read().value - watts) <= limit_w


def test_negative_power_is_kept(tmp_path: Path) -> None:
    Tree(tmp_path, "thor").set_power("VDD_GPU", -0.392)
    with opened(JetsonBackend(root=str(tmp_path))) as meters:
        assert meters["VDD_GPU"].read().value == pytest.approx(-0.392, abs=1e-3)


def test_accuracy_comes_from_the_chip_s_shunt_and_voltage(tmp_path: Path) -> None:
    Tree(tmp_path, "thor")
    with opened(JetsonBackend(root=str(tmp_path))) as meters:
        gpu, carrier = meters["VDD_GPU"].channel, meters["VIN"].channel
    assert gpu.resolution == pytest.approx(40e-6 / 0.002 * 19.6)
    assert gpu.offset_w == pytest.approx(80e-6 / 0.002 * 19.6 / 3**0.5)
    assert gpu.gain_error == pytest.approx(0.05 / 3**0.5)
    assert (carrier.resolution, carrier.offset_w) == (None, None)  # nobody tells the shunt of the INA238


@pytest.mark.parametrize("board", ["orin-nano", "agx-orin", "thor"])
def test_ids_and_containment_do_not_depend_on_the_boot_or_the_way(tmp_path: Path, board: str) -> None:
    def channels(backend: JetsonBackend) -> dict[str, Channel]:
        with opened(backend) as meters:
            return {meter.channel.id: meter.channel for meter in meters.values()}

    Tree(tmp_path / "first", board)
    Tree(tmp_path / "second", board, first_hwmon=11)
    first = channels(JetsonBackend(root=str(tmp_path / "first")))
    second = channels(JetsonBackend(root=str(tmp_path / "second")))
    stand = TegrastatsStand(board)
    try:
        third = channels(stand.open())
    finally:
        stand.close()
    assert set(first) == set(second) == set(third)
    for channel_id, channel in first.items():
        assert set(channel.contains) == set(second[channel_id].contains) == set(third[channel_id].contains)
        assert channel.component == third[channel_id].component


def test_a_tx2_has_the_same_ids_whatever_its_rails_are_called(tmp_path: Path) -> None:
    Tree(tmp_path, "tx2")
    stand = TegrastatsStand("tx2", "plain")
    stand.rails = dict.fromkeys(["VDD_IN", "VDD_CPU", "VDD_GPU", "VDD_SOC", "VDD_WIFI", "VDD_DDR"], 1000.0)
    stand.heal("")
    try:
        with opened(stand.open()) as told, opened(JetsonBackend(root=str(tmp_path))) as read:
            assert set(told) == set(read)
    finally:
        stand.close()


def test_sysfs_comes_before_tegrastats_and_starts_nothing(tmp_path: Path) -> None:
    Tree(tmp_path, "orin-nano")
    started = tmp_path / "started"
    program = tmp_path / "usr/bin/tegrastats"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\ntouch '{started}'\n")
    program.chmod(0o755)
    with opened(JetsonBackend(root=str(tmp_path))) as meters:
        assert str(meters["VDD_IN"].channel.source).startswith("sysfs")
        meters["VDD_IN"].read()
    assert not started.exists()


def test_probe_starts_nothing_either(tmp_path: Path) -> None:
    stand = TegrastatsStand()
    try:
        started = tmp_path / "started"
        stand.program.write_text(f"#!/bin/sh\ntouch '{started}'\n")
        answer = stand.open().probe()
        assert answer.available
        assert "started when meters are opened" in answer.reason
        assert not started.exists()
    finally:
        stand.close()


def test_tegrastats_is_taken_where_sysfs_has_nothing() -> None:
    stand = TegrastatsStand("agx-orin", "mW")
    try:
        backend = stand.open()
        with opened(backend) as meters:
            assert counted_rails(meters) == COUNTED["agx-orin"]
            assert meters["VDD_CPU_CV"].channel.update_period_s == 0.01
            assert str(meters["VDD_CPU_CV"].channel.source).startswith("tegrastats every 0.01 s")
            assert "VDD_GPU_SOC" in str(meters["VDD_CPU_CV"].channel.source)
        assert "sum of VDD_GPU_SOC + VDD_CPU_CV + VIN_SYS_5V0" in backend.notes[0]
    finally:
        stand.close()


def test_sources_are_taken_in_the_order_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand = TegrastatsStand("orin-nano")
    Tree(stand.root / "tree", "orin-nano")
    (stand.root / "sys").symlink_to(stand.root / "tree/sys")
    try:
        monkeypatch.setenv("WATTWHAT_JETSON_SOURCES", " tegrastats, sysfs")
        with opened(
            open_backend(
                Plugin("jetson", None, lambda: functools.partial(JetsonBackend, root=str(stand.root)))
            )
        ) as meters:
            assert str(meters["VDD_IN"].channel.source).startswith("tegrastats")
        with opened(stand.open(sources=["sysfs", "tegrastats"])) as meters:
            assert str(meters["VDD_IN"].channel.source).startswith("sysfs")
    finally:
        stand.close()


def test_unknown_sources_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArgumentError, match="'nvml' is not one of sysfs, tegrastats, jtop"):
        JetsonBackend(sources=("nvml",))
    monkeypatch.setenv("WATTWHAT_JETSON_SOURCES", "sysfs,magic")
    with pytest.raises(BackendError, match="magic"):
        open_backend(PLUGIN)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("# R35 (release), REVISION: 4.1, GCID: 1, BOARD: generic\n", "Jetson Linux R35.4.1"),
        ("# R32 (release), REVISION: 7.1, GCID: 1\n", "Jetson Linux R32.7.1"),
        ("something else\n", None),
        (None, None),
    ],
)
def test_version_is_the_release_of_jetson_linux(
    tmp_path: Path, text: str | None, version: str | None
) -> None:
    if text is not None:
        (tmp_path / "etc").mkdir()
        (tmp_path / "etc/nv_tegra_release").write_text(text)
    assert JetsonBackend(root=str(tmp_path)).version == version


# --- where nothing can be read: the reason, and the remedy followed ---


def refused(root: Path, reason: str) -> str:
    """The remedy for what stands in the way, after the reason was looked at; meters() has to agree."""
    backend = JetsonBackend(root=str(root))
    answer = backend.probe()
    assert not answer.available
    assert re.search(reason, answer.reason), answer.reason
    with pytest.raises(BackendError) as caught:
        backend.meters()
    assert answer.reason in str(caught.value)
    return answer.remedy


def test_another_machine_is_no_jetson(tmp_path: Path) -> None:
    assert refused(tmp_path, "this is not a Jetson") == ""


def test_a_missing_driver_is_named_and_loading_it_helps(tmp_path: Path) -> None:
    bare = BoardTree("NVIDIA Jetson Orin Nano Developer Kit", "nvidia,tegra234", ())
    Tree(tmp_path, bare)
    remedy = refused(tmp_path, "no INA3221 or INA238 is bound in .*; tegrastats: tegrastats is not installed")
    assert "sudo modprobe ina3221" in remedy
    Tree(tmp_path, "orin-nano")  # what modprobe does
    assert JetsonBackend(root=str(tmp_path)).probe().available


def test_a_nano_2gb_has_no_monitor_at_all(tmp_path: Path) -> None:
    Tree(tmp_path, BoardTree("NVIDIA Jetson Nano 2GB Developer Kit", "nvidia,tegra210", ()))
    assert "wall meter" in refused(tmp_path, "Nano 2GB has no power monitor")


@pytest.mark.parametrize("jetson", [True, False])
def test_a_container_is_given_the_folders_it_lacks(tmp_path: Path, jetson: bool) -> None:
    host, container = tmp_path / "host", tmp_path / "container"
    Tree(host, "orin-nano")
    container.mkdir()
    (container / ".dockerenv").touch()
    if jetson:
        (container / "proc/device-tree").mkdir(parents=True)
        (container / "proc/device-tree/model").write_text(BOARDS["orin-nano"].model)
    remedy = refused(container, "container")
    for volume in re.findall(r"-v (\S+)", remedy):  # what docker run does with them
        source, target, _ = volume.split(":")
        (container / target[1:]).parent.mkdir(parents=True, exist_ok=True)
        (container / target[1:]).symlink_to(host / source[1:])
    with opened(JetsonBackend(root=str(container))) as meters:
        assert counted_rails(meters) == {"VDD_IN"}


def test_a_channel_that_is_switched_off_is_switched_on(tmp_path: Path) -> None:
    line = Line("VDD_IN", 5.0, 0.005, enabled=False)
    tree = Tree(
        tmp_path,
        BoardTree("NVIDIA Jetson Orin Nano", "nvidia,tegra234", (Chip("ina3221", "1-0040", (line,)),)),
    )
    remedy = refused(tmp_path, "no channel is connected and enabled")
    assert "in1_enable" in remedy
    (tree.value_file("VDD_IN").parent / "in1_enable").write_text("1\n")
    assert JetsonBackend(root=str(tmp_path)).probe().available


def test_unknown_rails_are_named_and_the_user_can_place_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (Line("PP5000", 5.0, 0.005, 3.0), Line("PP3300", 3.3, 0.005, 1.0))
    Tree(tmp_path, BoardTree("Own Board", "own,board\0nvidia,tegra234", (Chip("ina3221", "1-0040", lines),)))
    remedy = refused(tmp_path, "PP5000, PP3300 of an unknown board")
    variable = re.search(r"(WATTWHAT_JETSON_ADD)=", remedy)
    assert variable is not None
    monkeypatch.setenv(variable[1], "PP5000")
    monkeypatch.setenv("WATTWHAT_JETSON_ROOT", str(tmp_path))
    with opened(open_backend(PLUGIN)) as meters:
        assert set(meters) == {"PP5000"}
    with opened(JetsonBackend(root=str(tmp_path), add=("PP5000", "PP3300"))) as meters:
        assert counted_rails(meters) == {"PP5000", "PP3300"}


def test_forbidden_files_are_named_with_two_ways_to_open_them(public_folder: Path) -> None:
    tree = Tree(public_folder, "orin-nano")
    files = [tree.value_file(rail) for rail in tree.lines]
    for path in files:
        path.chmod(0)
    with as_nobody():
        remedy = refused(public_folder, "curr1_input and 2 more may not be read by this user")
    assert "leak" in remedy
    assert " a+r" not in remedy
    now = re.search(r"until the next boot: sudo (chgrp [^;&]*?) && sudo (chmod [^;]*?) ;", remedy)
    assert now is not None
    of_nobody = now[1].replace("power-readers", str(os.getegid()))  # as if nobody were in that group
    for command in (of_nobody, now[2]):
        subprocess.run(shlex.split(command), check=True)
    with as_nobody(), opened(JetsonBackend(root=str(public_folder))) as meters:
        assert set(meters) == set(tree.lines)
    for path in files:
        path.chmod(0)
    rule = re.search(r"'z (\S+) (\d+) root power-readers -'", remedy)
    assert rule is not None
    folder, pattern = os.path.split(rule[1])  # what systemd-tmpfiles does at boot
    for path in Path(folder).glob(pattern):
        path.chmod(int(rule[2], 8))
    with as_nobody():
        assert JetsonBackend(root=str(public_folder)).probe().available


def test_one_forbidden_rail_does_not_hide_the_others(public_folder: Path) -> None:
    Tree(public_folder, "orin-nano").value_file("VDD_SOC").chmod(0)
    with as_nobody():
        backend = JetsonBackend(root=str(public_folder))
        answer = backend.probe()
        assert answer.available
        assert "may not be read" in answer.reason
        assert "chmod g+r" in answer.remedy
        with opened(backend) as meters:
            assert set(meters) == {"VDD_IN", "VDD_CPU_GPU_CV"}
    assert any("may not be read" in note for note in backend.notes)


def test_tegrastats_without_power_says_who_gets_it(tmp_path: Path) -> None:
    Tree(tmp_path, BoardTree("NVIDIA Jetson AGX Orin", "nvidia,tegra234", ()))
    state = tmp_path / "state.json"
    fake.write_state(state, {"mode": "garble"})
    fake.install(tmp_path / "usr/bin", state)
    with pytest.raises(BackendError, match=r"tells no power.*try sudo tegrastats"):
        JetsonBackend(root=str(tmp_path), interval_s=0.001).meters()


def test_probe_survives_a_root_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not JetsonBackend(root=str(tmp_path / "file")).probe().available
    assert not JetsonBackend(root="\0").probe().available


def test_importing_and_probing_is_light() -> None:
    code = (
        "import sys; sys.path[:] = {path!r}\n"
        "import attrs, wattwhat.sensing.backend\n"  # on old Pythons attrs itself brings subprocess in
        "before = set(sys.modules)\n"
        "from wattwhat_jetson import JetsonBackend\n"
        "backend = JetsonBackend(root={root!r})\n"
        "backend.probe(); [meter.read() for meter in backend.meters()]\n"
        "print(*(set(sys.modules) - before))"
    )
    stand = SysfsStand()
    try:
        ran = subprocess.run(
            [sys.executable, "-c", code.format(path=sys.path, root=str(stand.root))],
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        stand.close()
    loaded = set(ran.stdout.split())
    assert "wattwhat_jetson._meters" in loaded
    heavy = {"numpy", "jtop", "multiprocessing", "subprocess", "importlib.metadata", "logging"}
    assert not loaded & {*heavy, "wattwhat_jetson._child"}


def test_mode_clock_and_temperature_of_the_module_are_conditions(tmp_path: Path) -> None:
    Tree(tmp_path, "agx-orin")
    assert JetsonBackend(root=str(tmp_path)).device_conditions() == {}
    for name, text in {
        "var/lib/nvpmodel/status": "pmode:0002 fmode:quiet",
        "sys/class/devfreq/17000000.ga10b/cur_freq": "1300500000",
        "sys/class/thermal/thermal_zone1/type": "gpu-thermal",
        "sys/class/thermal/thermal_zone1/temp": "48031",
        "sys/class/thermal/thermal_zone0/type": "cpu-thermal",
        "sys/class/thermal/thermal_zone0/temp": "60000",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    (told,) = JetsonBackend(root=str(tmp_path)).device_conditions().values()
    assert told == {"profile": "nvpmodel 2", "clock_mhz": 1300.5, "temperature_c": 48.031}
