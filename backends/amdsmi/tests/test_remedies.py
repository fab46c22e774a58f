from __future__ import annotations

import os
from pathlib import Path

import pytest

from wattwhat_amdsmi import remedies


@pytest.mark.parametrize("found", ["dev/kfd", "sys/class/kfd", "sys/module/amdgpu"])
def test_any_trace_of_the_driver_is_enough_to_go_on(tmp_path: Path, found: str) -> None:
    assert remedies.driver_missing(str(tmp_path)) is not None
    (tmp_path / found).mkdir(parents=True)
    assert remedies.driver_missing(str(tmp_path)) is None


def test_without_the_driver_nothing_is_imported(tmp_path: Path) -> None:
    from wattwhat_amdsmi import AmdSmiBackend

    def load() -> None:
        raise AssertionError("the vendor's library was asked for")

    answer = AmdSmiBackend(root=str(tmp_path), load=load).probe()
    assert not answer.available
    assert "amdgpu" in answer.reason
    assert "modprobe amdgpu" in answer.remedy


@pytest.mark.skipif(
    os.geteuid() == 0, reason="root may open any file; test_closed_files covers it by os.access"
)
def test_a_closed_kfd_asks_for_the_groups(root: Path) -> None:
    (root / "dev/kfd").chmod(0)
    answer = remedies.init_failed("AMDSMI_STATUS_NO_PERM: Permission Denied", str(root))
    assert "no permission on /dev/kfd" in answer.reason


@pytest.mark.parametrize("closed", ["kfd", "renderD128"])
def test_closed_files_ask_for_the_groups(root: Path, monkeypatch: pytest.MonkeyPatch, closed: str) -> None:
    # Root passes every permission: the answer of the system is put in instead of the mode of the file.
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith(closed))
    for answer in (remedies.init_failed("no", str(root)), remedies.no_device(str(root))):
        assert closed in answer.reason
        assert "usermod -aG render,video" in answer.remedy


def test_a_container_without_the_device_is_told_to_pass_it(root: Path) -> None:
    (root / "dev/kfd").unlink()
    answer = remedies.init_failed("AMDSMI_STATUS_DRIVER_NOT_LOADED", str(root))
    assert "there is no /dev/kfd" in answer.reason
    assert "--device /dev/kfd" in answer.remedy


def test_a_failed_start_with_all_files_open_is_the_driver_s(root: Path) -> None:
    answer = remedies.init_failed("AMDSMI_STATUS_INIT_ERROR", str(root))
    assert "AMDSMI_STATUS_INIT_ERROR" in answer.reason
    assert "amd-smi list" in answer.remedy
