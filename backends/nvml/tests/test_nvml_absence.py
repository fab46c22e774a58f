"""Every absence has its own reason and remedy: made file trees, and the errors of NVML."""

from __future__ import annotations

import pytest

from wattwhat_nvml.absence import why_no_library, why_refused

MISSING = "libnvidia-ml.so.1: cannot open shared object file: No such file or directory"


def write(folder, path, text=""):
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def pci(folder, address, vendor, kind):
    write(folder, f"sys/bus/pci/devices/{address}/vendor", vendor + "\n")
    write(folder, f"sys/bus/pci/devices/{address}/class", kind + "\n")


def test_a_machine_without_nvidia(tmp_path):
    pci(tmp_path, "0000:00:02.0", "0x8086", "0x030000")
    reason, remedy = why_no_library(MISSING, str(tmp_path))
    assert "no NVIDIA GPU" in reason
    assert "install the NVIDIA driver" in remedy


def test_a_card_without_its_driver_is_named_by_address(tmp_path):
    pci(tmp_path, "0000:3b:00.0", "0x10de", "0x030200")
    pci(tmp_path, "0000:3b:00.1", "0x10de", "0x040300")  # its sound controller is no GPU
    reason, remedy = why_no_library(MISSING, str(tmp_path))
    assert "PCI 0000:3b:00.0)" in reason
    assert "reboot" in remedy


def test_a_container_without_the_gpu(tmp_path):
    write(tmp_path, ".dockerenv")
    assert "--gpus all" in why_no_library(MISSING, str(tmp_path))[1]
    pci(tmp_path, "0000:3b:00.0", "0x10de", "0x030200")
    reason, remedy = why_no_library(MISSING, str(tmp_path))
    assert "handed to this container" in reason
    assert "--gpus all" in remedy


def test_a_container_with_the_device_but_without_the_library(tmp_path):
    write(tmp_path, "run/.containerenv")
    write(tmp_path, "dev/nvidiactl")
    assert "utility" in why_no_library(MISSING, str(tmp_path))[1]


def test_a_host_with_the_driver_but_without_the_library(tmp_path):
    write(tmp_path, "proc/driver/nvidia/version", "NVRM version")
    assert "libnvidia-ml1" in why_no_library(MISSING, str(tmp_path))[1]


def test_wsl(tmp_path):
    write(tmp_path, "dev/dxg")
    assert "/usr/lib/wsl/lib" in why_no_library(MISSING, str(tmp_path))[1]


@pytest.mark.parametrize(
    ("path", "text"),
    [("etc/nv_tegra_release", "# R36"), ("proc/device-tree/model", "NVIDIA Jetson Orin NX\0")],
)
def test_a_jetson_is_sent_to_its_own_plugin(tmp_path, path, text):
    write(tmp_path, path, text)
    assert "wattwhat-jetson" in why_no_library(MISSING, str(tmp_path))[1]


def test_a_library_of_another_architecture_is_called_broken(tmp_path):
    reason, _ = why_no_library("libnvidia-ml.so.1: wrong ELF class: ELFCLASS32", str(tmp_path))
    assert "broken" in reason
    assert "ELFCLASS32" in reason


@pytest.mark.parametrize(
    ("code", "reason", "remedy"),
    [
        (4, "no permission", "/dev/nvidia"),
        (9, "not loaded", "modprobe nvidia"),
        (15, "lost", "dmesg"),
        (17, "operating system", "--gpus all"),
        (18, "two versions", "reboot"),
        (999, "error 999 (Unknown Error)", "nvidia-smi"),
    ],
)
def test_every_refusal_has_a_reason_and_a_remedy(tmp_path, code, reason, remedy):
    said, mends = why_refused(code, "Unknown Error", str(tmp_path))
    assert reason in said
    assert remedy in mends


def test_a_mismatch_names_the_loaded_driver(tmp_path):
    write(tmp_path, "proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX 535.1\nGCC version: 12\n")
    assert why_refused(18, "mismatch", str(tmp_path))[0].endswith("NVRM version: NVIDIA UNIX 535.1")
