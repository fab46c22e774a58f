"""The device catalogue: every row holds together, names are found, files of the user's own are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wattwhat.errors import ArgumentError
from wattwhat.predict.devices import ENV_DEVICES, PRECISIONS, Device, catalogue, device, read_devices

EVERYTHING = catalogue()


def test_there_are_some_sixty_and_more_of_every_kind() -> None:
    assert len(EVERYTHING) >= 60
    assert {one.kind for one in EVERYTHING} == {"gpu", "accelerator", "edge", "cpu"}


@pytest.mark.parametrize("one", EVERYTHING, ids=lambda one: one.name)
def test_a_row_holds_together(one: Device) -> None:
    assert one.source
    assert one.tdp_w is not None
    assert one.year is not None
    assert 2010 <= one.year <= 2030
    assert one.peak_flops
    # from wide to narrow numbers a chip is never slower, and half a nanojoule an operation is much since 2014
    order = [one.peak_flops[name] for name in ("fp64", "fp32", "fp16", "fp8") if name in one.peak_flops]
    assert order == sorted(order)
    assert all(1e-14 < one.joules_per_flop(name) < 5e-10 for name in one.peak_flops)
    # arithmetic takes 1 to 2000 operations a byte to be what limits
    if one.bandwidth_bytes_s is not None:
        fastest = max(one.peak_flops.values()) / one.bandwidth_bytes_s
        assert 1.0 < fastest < 3000.0


@pytest.mark.parametrize("one", EVERYTHING, ids=lambda one: one.name)
def test_every_name_finds_its_device(one: Device) -> None:
    for name in (one.name, *one.aliases):
        assert device(name) is one
        assert device(name.upper()) is one


def test_names_are_apart() -> None:
    names = [name.lower() for one in EVERYTHING for name in (one.name, *one.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("NVIDIA H100 80GB HBM3", "H100 SXM5"),
        ("NVIDIA A100-SXM4-40GB", "A100 SXM4 40GB"),
        ("NVIDIA GeForce RTX 4090", "GeForce RTX 4090"),
        ("Tesla V100-SXM2-16GB", "Tesla V100 SXM2"),
        ("Intel(R) Xeon(R) Gold 5120 CPU @ 2.20GHz", "Xeon Gold 5120"),
        ("AMD EPYC 7763 64-Core Processor", "EPYC 7763"),
        ("rtx4090", "GeForce RTX 4090"),
    ],
)
def test_drivers_names_are_found(name: str, found: str) -> None:
    assert device(name).name == found


@pytest.mark.parametrize("name", ["NVIDIA GeForce RTX 3080 Ti", "RTX 4090 Laptop GPU", "A100 x8", "8x H100"])
def test_a_variant_is_not_taken_for_its_like(name: str) -> None:
    with pytest.raises(ArgumentError, match="not in the catalogue; closest: "):
        device(name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("A101", "closest: A10"),
        ("Jetson Orin", "may be Jetson Orin NX 16GB, Jetson Orin Nano 8GB; say which"),
        ("", "expected a name such as 'H100'"),
        (None, "expected a name such as 'H100'"),
    ],
)
def test_an_unknown_device_is_said_in_one_sentence(name: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said) as caught:
        device(name)
    assert "\n" not in str(caught.value)


def test_golden_figures_of_data_sheets() -> None:
    assert device("H200").peak("bf16") == pytest.approx(989.5e12)
    assert (device("B200").peak("bf16"), device("B200").bandwidth_bytes_s) == (2250e12, 7.7e12)
    assert device("MI300X").peak("bf16") == pytest.approx(1307.4e12)
    assert device("RTX A6000").peak("fp16") == pytest.approx(309.7e12 / 2, rel=1e-3)  # dense, not sparse


def test_a_precision_that_the_device_lacks_is_said() -> None:
    with pytest.raises(ArgumentError, match="Tesla V100 SXM2 gives no peak for fp8; it has fp64, fp32, fp16"):
        device("V100").peak("fp8")
    with pytest.raises(ArgumentError, match=f"not one of {', '.join(PRECISIONS)}"):
        device("V100").peak("float32")


def test_a_users_file_adds_to_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("name,kind,tdp_w,fp32\nMy Chip,accelerator,5,0.1\nH100,gpu,1,1\n")
    monkeypatch.setenv(ENV_DEVICES, str(path))
    assert device("my chip").peak("fp32") == 1e11
    assert device("my chip").bandwidth_bytes_s is None
    assert device("H100").tdp_w == 1.0  # the user's own goes first
    assert len(catalogue()) == len(EVERYTHING) + 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nx\n", "mine.csv:1: expected the columns name and kind; missing: kind"),
        ("name,kind,tdp_w\nx,gpu,-5\n", "mine.csv:2: tdp_w: expected a number above 0"),
        ("name,kind,tdp_w\nx,gpu,lots\n", "mine.csv:2: tdp_w: expected a number above 0"),
        ("name,kind\nx,toaster\n", "mine.csv:2: kind: 'toaster' of device 'x' is not one of gpu"),
        ("name,kind\n,gpu\n", "mine.csv:2: name: expected a name, got nothing"),
    ],
)
def test_a_file_that_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(ArgumentError, match=said):
        read_devices(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="the devices cannot be read"):
        read_devices(tmp_path / "none.csv")


def test_what_is_not_stated_is_not_zero() -> None:
    chip = Device(name="x", kind="edge")
    assert (chip.tdp_w, chip.bandwidth_bytes_s, chip.year) == (None, None, None)
    with pytest.raises(ArgumentError, match="no TDP is known of x"):
        chip.power()
