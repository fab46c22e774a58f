"""Doubtful conditions become sentences; what is normal stays silent."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat_nvml import NvmlBackend
from wattwhat_nvml.conditions import held_down, shared_with


def process(root, pid, parent, name="python"):
    folder = root / f"proc/{pid}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stat").write_text(f"{pid} ({name}) S {parent} 1 1 0 -1\n")


@given(st.integers(0, 0x1FF))
def test_every_reason_that_slows_the_clocks_is_told_and_no_other(mask):
    assert bool(held_down(mask)) == bool(mask & 0xFC)


@pytest.mark.parametrize(
    ("mask", "words"), [(0x4, "power cap"), (0x20, "too hot"), (0x80, "power supply"), (0x8, "slowdown")]
)
def test_reasons_are_in_words(fake, mask, words):
    fake.set_reasons(1, mask)
    (sentence,) = NvmlBackend(environ={}).conditions()
    assert words in sentence
    assert "000000000001" in sentence  # which of the two


def test_the_older_name_is_asked_where_the_newer_one_fails(fake):
    fake.set_reasons(0, 0x4)
    fake.fail("nvmlDeviceGetCurrentClocksEventReasons", -1, 3)
    assert "power cap" in NvmlBackend(environ={}).conditions()[0]
    fake.fail("nvmlDeviceGetCurrentClocksThrottleReasons", -1, 3)
    assert NvmlBackend(environ={}).conditions() == []


def test_this_process_and_its_children_are_no_strangers(tmp_path):
    process(tmp_path, 100, 1)
    process(tmp_path, 101, 100)
    process(tmp_path, 102, 101, name="a (b) c")
    assert shared_with([100, 101, 102], 100, str(tmp_path)) == ""


def test_others_are_named(tmp_path):
    process(tmp_path, 200, 1)
    process(tmp_path, 201, 200)
    assert "processes 200, 201 of other programs" in shared_with([100, 200, 201], 100, str(tmp_path))


def test_in_a_container_one_unknown_process_is_most_likely_this_one(tmp_path):
    assert shared_with([4711], 7, str(tmp_path)) == ""
    assert "with 2 processes outside this container" in shared_with([4711, 4712], 7, str(tmp_path))
    assert "with 1 process outside" in shared_with([7, 4712], 7, str(tmp_path))


def test_the_list_of_processes_is_read_through_the_bindings(fake):
    fake.add_process(0, os.getpid())
    assert NvmlBackend(environ={}).conditions() == []
    fake.add_process(0, os.getppid())
    assert f"process {os.getppid()} of other programs" in NvmlBackend(environ={}).conditions()[0]


def test_mig_is_a_warning(fake):
    fake.set_mig(0, 1, 1)
    (sentence,) = NvmlBackend(environ={}).conditions()
    assert "MIG mode" in sentence
    assert "whole GPU" in sentence


def test_only_gpus_in_use_are_told_about(fake):
    fake.set_reasons(0, 0x4)
    fake.set_reasons(1, 0x4)
    assert len(NvmlBackend(environ={"CUDA_VISIBLE_DEVICES": "1"}).conditions()) == 1


def test_a_gpu_that_fell_off_is_told_and_nothing_is_raised(fake):
    backend = NvmlBackend(environ={})
    backend.probe()
    fake.fail("nvmlDeviceGetHandleByUUID", 0, 15)
    assert "does not answer" in backend.conditions()[0]
    fake.fail("nvmlDeviceGetCount_v2", -1, 999)
    assert backend.conditions() == []


def test_the_state_of_each_gpu_is_told_by_uuid_and_what_nvml_does_not_know_is_absent(fake):
    fake.set_reasons(1, 0x4)
    told = NvmlBackend(environ={}).device_conditions()
    assert len(told) == 2
    first, second = told.values()
    assert first["throttled"] == []
    assert second["throttled"] == ["the power cap is reached"]
    assert second["power_limit_w"] > 0.0
    fake.fail("nvmlDeviceGetEnforcedPowerLimit", -1, 3)
    assert all("power_limit_w" not in one for one in NvmlBackend(environ={}).device_conditions().values())
