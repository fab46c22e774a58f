"""Why there is nothing to read, and what mends it: sentences for a person, from files and error codes."""

from __future__ import annotations

import os

from wattwhat.records.small_files import read_small_text

__all__ = ["why_no_library", "why_refused"]

_VERSIONS = (
    "reboot, or stop every program that uses the GPU and run: sudo rmmod nvidia_uvm nvidia_drm "
    "nvidia_modeset nvidia && sudo modprobe nvidia; in a container: start it anew"
)
_CODES = {
    4: (
        "the driver refuses this user (no permission)",
        "make /dev/nvidiactl and /dev/nvidia0, 1, ... read-write for this user: ls -l /dev/nvidia*; "
        "then add the user to the group they belong to, or load the driver with NVreg_DeviceFileMode=0666",
    ),
    9: (
        "the NVIDIA library is here, but the driver is not loaded",
        "run: sudo modprobe nvidia, and read: sudo dmesg | grep -i nvrm; in a container: use --gpus all",
    ),
    11: ("the driver cannot get the GPU's interrupts", "read: sudo dmesg | grep -i nvrm, then reboot"),
    8: ("a GPU lacks its external power cable", "connect the cable and start the machine again"),
    12: ("the NVIDIA library cannot be loaded", "install the NVIDIA driver"),
    15: ("a GPU has fallen off the bus (GPU is lost)", "read: sudo dmesg | grep -i xid, then reboot"),
    17: (
        "the operating system or its control groups keep this process from the GPU",
        "in a container, start it with --gpus all; under Slurm, ask for a GPU with --gres=gpu:1",
    ),
    18: ("the NVIDIA library and the loaded driver are of two versions (the driver was updated)", _VERSIONS),
}


def why_refused(code: int, text: str, root: str = "/") -> tuple[str, str]:
    """Reason and remedy for an NVML error at the start.

    Args:
        code: the nvmlReturn value.
        text: the library's own words for it.
        root: where the file system begins (for tests).

    Example:
        >>> why_refused(9, "Driver Not Loaded")[0]
        'the NVIDIA library is here, but the driver is not loaded'
    """
    reason, remedy = _CODES.get(
        code,
        (f"NVML fails with error {code} ({text})", "run: nvidia-smi, and read: sudo dmesg | grep -i nvrm"),
    )
    if code == 18:
        version = _read(root, "proc/driver/nvidia/version").partition("\n")[0]
        reason += f"; loaded is: {version}" if version else ""
    return reason, remedy


def why_no_library(detail: str, root: str = "/") -> tuple[str, str]:
    """Reason and remedy where libnvidia-ml.so.1 cannot be loaded; looks at a few files only.

    Args:
        detail: the loader's words.
        root: where the file system begins (for tests).
    """
    if detail and "no such file" not in detail.lower() and "not found" not in detail.lower():
        return f"the NVIDIA library is broken: {detail}", "reinstall the NVIDIA driver for this architecture"
    if _exists(root, "dev/dxg"):
        return (
            "this is WSL, and the library libnvidia-ml.so.1 is not on the loader's path",
            "install NVIDIA's driver in Windows, run: wsl --update, and set LD_LIBRARY_PATH=/usr/lib/wsl/lib",
        )
    if _exists(root, "etc/nv_tegra_release") or "jetson" in _read(root, "proc/device-tree/model").lower():
        return "this is a Jetson, whose GPU has no NVML energy reading", "run: pip install wattwhat-jetson"
    contained = _exists(root, ".dockerenv") or _exists(root, "run/.containerenv")
    if _exists(root, "dev/nvidiactl") or _exists(root, "proc/driver/nvidia/version"):
        return "the NVIDIA driver runs, but its library libnvidia-ml.so.1 is missing here", (
            "start the container with --gpus all and NVIDIA_DRIVER_CAPABILITIES=compute,utility"
            if contained
            else "install the driver's library (Debian: libnvidia-ml1, Ubuntu: libnvidia-compute-VERSION)"
        )
    gpus = _nvidia_gpus(root)
    if gpus:
        what = f"an NVIDIA GPU is in this machine (PCI {', '.join(gpus)}), but its driver is not installed"
        if contained:
            return f"{what} or not handed to this container", "start the container with --gpus all"
        return what, "install the NVIDIA driver and reboot"
    if contained:
        return (
            "no NVIDIA driver is visible in this container",
            "if the host has an NVIDIA GPU: start the container with --gpus all (NVIDIA container toolkit)",
        )
    return (
        "this machine has no NVIDIA GPU, or its driver is not installed",
        "with a GPU: install the NVIDIA driver",
    )


def _exists(root: str, path: str) -> bool:
    return os.path.exists(os.path.join(root, path))


def _read(root: str, path: str) -> str:
    try:
        return read_small_text(os.path.join(root, path), errors="replace").strip("\0\n ")
    except OSError:
        return ""


def _nvidia_gpus(root: str) -> list[str]:
    """PCI addresses of display controllers (class 03) by NVIDIA (vendor 10de)."""
    folder = os.path.join(root, "sys/bus/pci/devices")
    try:
        devices = sorted(os.listdir(folder))
    except OSError:
        return []
    return [
        device
        for device in devices
        if _read(folder, f"{device}/vendor") == "0x10de"
        and _read(folder, f"{device}/class").startswith("0x03")
    ]
