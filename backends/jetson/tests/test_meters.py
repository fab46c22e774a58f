"""Meters of files: watts are volts times amperes, and every failure has its own sentence."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.jetson.users import as_nobody
from wattwhat.errors import MeterError, MeterLostError
from wattwhat.records.channel import Channel
from wattwhat_jetson._meters import PowerMeter, ProductMeter

CHANNEL = Channel("h/jetson/VDD_IN", "jetson", "a board", "module", "power")


def files(folder: Path, *texts: str) -> tuple[str, ...]:
    paths = []
    for number, text in enumerate(texts):
        (folder / f"file{number}").write_text(text)
        paths.append(str(folder / f"file{number}"))
    return tuple(paths)


@given(st.integers(0, 26_000), st.integers(-80_000, 80_000))
def test_power_is_the_product_and_keeps_its_sign(millivolt: int, milliampere: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        meter = ProductMeter(CHANNEL, files(Path(folder), f"{millivolt}\n", f"{milliampere}\n"), 1e-6)
        try:
            assert meter.read().value == pytest.approx((millivolt * 1e-3) * (milliampere * 1e-3))
        finally:
            meter.close()


@given(st.integers(-400_000, 400_000), st.sampled_from([1e-3, 1e-6]))
def test_power_of_one_file_is_scaled(number: int, scale: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        meter = PowerMeter(CHANNEL, files(Path(folder), f"{number}\n"), scale)
        try:
            assert meter.read().value == pytest.approx(number * scale)
        finally:
            meter.close()


@pytest.mark.parametrize("text", ["", "\n", "N/A\n", "12.5\n", "0x10\n"])
def test_what_is_no_number_is_a_gap_and_never_0(tmp_path: Path, text: str) -> None:
    meter = ProductMeter(CHANNEL, files(tmp_path, "5000\n", text), 1e-6)
    with pytest.raises(MeterError, match="holds no number") as caught:
        meter.read()
    assert not isinstance(caught.value, MeterLostError)
    meter.close()


@pytest.mark.skipif(
    not os.path.exists("/proc/self/mem"), reason="needs a file that gives EIO: /proc/self/mem"
)
def test_an_error_of_the_bus_is_a_gap(tmp_path: Path) -> None:
    volts = files(tmp_path, "5000\n")[0]
    meter = ProductMeter(CHANNEL, (volts, "/proc/self/mem"), 1e-6)  # address 0 is mapped nowhere: EIO
    with pytest.raises(MeterError, match="Input/output error") as caught:
        meter.read()
    assert not isinstance(caught.value, MeterLostError)
    assert isinstance(caught.value.__cause__, OSError)
    meter.close()


def test_a_device_that_is_gone_is_lost(tmp_path: Path) -> None:
    paths = files(tmp_path, "5000\n", "1000\n")
    meter = ProductMeter(CHANNEL, paths, 1e-6)
    os.truncate(paths[1], 0)
    os.unlink(paths[1])
    for _ in range(2):
        with pytest.raises(MeterLostError, match="is gone"):
            meter.read()
    meter.close()


def test_a_missing_file_cannot_be_opened_and_leaves_nothing_open(tmp_path: Path) -> None:
    before = sorted(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else []
    with pytest.raises(MeterLostError, match="is gone"):
        ProductMeter(CHANNEL, (*files(tmp_path, "5000\n"), str(tmp_path / "none")), 1e-6)
    assert not before or sorted(os.listdir("/proc/self/fd")) == before


def test_a_forbidden_file_is_named_with_where_the_remedy_is(public_folder: Path) -> None:
    path = files(public_folder, "5000\n")[0]
    os.chmod(path, 0)
    with as_nobody(), pytest.raises(MeterError, match=r"may not be read; see: wattwhat doctor") as caught:
        PowerMeter(CHANNEL, (path,), 1e-3)
    assert path in str(caught.value)
    os.chmod(path, 0o444)
    with as_nobody():
        meter = PowerMeter(CHANNEL, (path,), 1e-3)
    assert meter.read().value == 5.0
    meter.close()


@pytest.mark.parametrize("kind", [PowerMeter, ProductMeter])
def test_a_closed_meter_says_so(tmp_path: Path, kind: type[PowerMeter] | type[ProductMeter]) -> None:
    meter = kind(CHANNEL, files(tmp_path, "5000\n", "1000\n")[: 1 if kind is PowerMeter else 2], 1e-6)
    meter.close()
    meter.close()
    with pytest.raises(MeterLostError, match="is closed"):
        meter.read()
