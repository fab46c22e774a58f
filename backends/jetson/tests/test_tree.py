"""sysfs: what is found in made trees of every board, and what its timing files mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.jetson.trees import BOARDS, BoardTree, Chip, Line, Tree
from wattwhat_jetson._machine import in_container, model_of
from wattwhat_jetson._tree import scan, timing

CONVERSION_US = (140, 204, 332, 588, 1100, 2116, 4156, 8244)
SAMPLES = (1, 4, 16, 64, 128, 256, 512, 1024)


@given(
    st.integers(1, 3),
    st.sampled_from(SAMPLES),
    st.sampled_from(CONVERSION_US),
    st.sampled_from(CONVERSION_US),
    st.booleans(),
)
def test_timing_is_right_for_every_setting_of_the_chip(
    channels: int, samples: int, shunt_us: int, bus_us: int, new_kernel: bool
) -> None:
    """Old kernels tell the round times samples, new ones the round: the update period of both."""
    round_s = channels * (shunt_us + bus_us) * 1e-6
    told_ms = round((round_s if new_kernel else round_s * samples) * 1e3)
    period_s, window_s = timing(
        float(told_ms), float(samples), channels, "6.8.12" if new_kernel else "5.10.120"
    )
    if told_ms == 0:
        assert (period_s, window_s) == (None, None)
        return
    assert period_s is not None
    assert window_s is not None
    assert period_s == pytest.approx(round_s, abs=0.51e-3)
    looked_s = round_s * samples if samples > 1 else round_s / channels
    assert window_s == pytest.approx(looked_s, abs=0.51e-3 * samples)


def test_timing_is_unknown_without_files() -> None:
    assert timing(None, None, 3, "5.10.0") == (None, None)
    assert timing(0.0, 1.0, 3, "5.10.0") == (None, None)
    assert timing(7.0, None, 0, "5.10.0") == (None, None)
    assert timing(7.0, None, 3, "") == pytest.approx((0.007, 0.007 / 3))


@pytest.mark.parametrize("board", BOARDS)
def test_every_connected_rail_of_a_board_is_found(tmp_path: Path, board: str) -> None:
    tree = Tree(tmp_path, board)
    found = scan(str(tmp_path))
    assert [rail.label for rail in found.rails] == list(tree.lines)
    assert not found.denied
    for rail in found.rails:
        assert rail.bus_v == pytest.approx(tree.lines[rail.label].volts, abs=5e-4)
        if rail.shunt_ohm is not None:
            assert rail.shunt_ohm == pytest.approx(tree.lines[rail.label].ohm)


@pytest.mark.parametrize("board", BOARDS)
def test_the_model_is_known_for_a_jetson(tmp_path: Path, board: str) -> None:
    Tree(tmp_path, board)
    assert model_of(str(tmp_path)).startswith(BOARDS[board].model)


def test_other_machines_have_no_model(tmp_path: Path) -> None:
    assert model_of(str(tmp_path)) == ""
    folder = tmp_path / "proc/device-tree"
    folder.mkdir(parents=True)
    (folder / "model").write_text("Raspberry Pi 5 Model B Rev 1.0\0")
    assert model_of(str(tmp_path)) == ""


def test_the_other_place_of_the_device_tree_serves_too(tmp_path: Path) -> None:
    folder = tmp_path / "sys/firmware/devicetree/base"
    folder.mkdir(parents=True)
    (folder / "model").write_text("NVIDIA Jetson Nano Developer Kit\0")
    assert model_of(str(tmp_path)) == "NVIDIA Jetson Nano Developer Kit"


def test_channels_that_are_switched_off_are_no_rails_and_shorten_the_round(tmp_path: Path) -> None:
    lines = (Line("VDD_IN", 5.0, 0.005), Line("VDD_SOC", 5.0, 0.005, enabled=False))
    Tree(
        tmp_path,
        BoardTree("NVIDIA Jetson Orin Nano", "nvidia,tegra234", (Chip("ina3221", "1-0040", lines, 4, 1),)),
    )
    (tmp_path / "sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon2/in3_enable").write_text("0\n")
    rails = scan(str(tmp_path)).rails
    assert [rail.label for rail in rails] == ["VDD_IN"]
    assert rails[0].averaging_window_s == pytest.approx(0.004)


def test_an_empty_driver_folder_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "sys/bus/i2c/drivers/ina3221").mkdir(parents=True)
    (tmp_path / "sys/bus/i2c/drivers/ina3221/module").mkdir()
    found = scan(str(tmp_path))
    assert (found.rails, found.drivers) == ((), ())


def test_a_label_on_the_ina238_is_believed(tmp_path: Path) -> None:
    Tree(tmp_path, "thor")
    folder = next((tmp_path / "sys/bus/i2c/drivers/ina238/2-0044/hwmon").iterdir())
    assert scan(str(tmp_path)).rails[-1].label == "VIN"
    (folder / "in1_label").write_text("PP12\n")
    assert scan(str(tmp_path)).rails[-1].label == "PP12"


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_containers_are_told_by_their_marks(tmp_path: Path, mark: str) -> None:
    assert not in_container(str(tmp_path))
    (tmp_path / mark).parent.mkdir(exist_ok=True)
    (tmp_path / mark).touch()
    assert in_container(str(tmp_path))
