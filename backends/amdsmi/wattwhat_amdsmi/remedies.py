"""Why AMD's library cannot serve here, and what mends it: sentences for a person, and looks at files."""

from __future__ import annotations

import os

from wattwhat.errors import error_text
from wattwhat.sensing.backend import Availability

__all__ = [
    "driver_missing",
    "import_failed",
    "init_failed",
    "library_missing",
    "no_access",
    "no_device",
    "package_missing",
]

CONTAINER = "in a container start it with --device /dev/kfd --device /dev/dri"
GROUPS = (
    "add yourself to the groups that own the GPU's device files, then log in again: "
    "sudo usermod -aG render,video $USER; in a container also pass --group-add render --group-add video"
)
INSTALL = (
    "install it: sudo apt install amd-smi-lib (or dnf install amd-smi-lib) from AMD's ROCm repository; "
    "if ROCm is not under /opt/rocm: export ROCM_HOME=<its folder> before Python starts"
)
# Any one of these says that the kernel drives an AMD GPU.
_DRIVER_FILES = ("dev/kfd", "sys/class/kfd", "sys/module/amdgpu")


def driver_missing(root: str) -> Availability | None:
    """The answer for a machine without the amdgpu driver, found by three looks; None where there is one."""
    if any(os.path.exists(os.path.join(root, name)) for name in _DRIVER_FILES):
        return None
    return Availability(
        False,
        "no AMD GPU driver here: neither /dev/kfd nor the kernel module amdgpu is present",
        f"with an AMD GPU in the machine, load its driver: sudo modprobe amdgpu; {CONTAINER}",
    )


def package_missing() -> Availability:
    """The Python wrapper is not installed."""
    return Availability(
        False,
        "the Python package amdsmi is not installed",
        "pip install amdsmi, in the version of your ROCm (cat /opt/rocm/.info/version)",
    )


def library_missing(path: str | None, error: str | None) -> Availability:
    """libamd_smi.so is absent, or present and cannot be loaded.

    Args:
        path: path of the file that did not load; None where there is no file.
        error: what the loader said of it.
    """
    if path is None:
        return Availability(False, "AMD's library libamd_smi.so was not found", INSTALL)
    return Availability(
        False,
        f"{path} is there but does not load: {error}",
        "install what it asks for (sudo apt install libdrm2 libdrm-amdgpu1), or reinstall amd-smi-lib",
    )


def import_failed(err: BaseException, prefix: str, rocm: str | None) -> Availability:
    """The wrapper's own import failed though the library loads.

    Args:
        err: what ``import amdsmi`` raised: KeyError where it does not find the library its way,
            AttributeError where the library lacks a function, OSError where it does not load.
        prefix: ROCm's folder, in which the library was found.
        rocm: ROCm release of the library, such as ``"6.3"``; None if unknown.
    """
    pin = f'pip install "amdsmi=={rocm}.*"' if rocm else "pip install amdsmi in the version of your ROCm"
    if isinstance(err, KeyError):
        return Availability(
            False,
            f"the Python package amdsmi does not find libamd_smi.so (KeyError: {err}): "
            "its older versions look in ROCM_PATH only",
            f"export ROCM_PATH={prefix} before Python starts",
        )
    if isinstance(err, AttributeError):
        return Availability(
            False,
            f"the Python package amdsmi and libamd_smi.so are of different versions ({err})",
            f"install the same release: {pin}; or AMD's own: pip install {prefix}/share/amd_smi",
        )
    return Availability(
        False,
        f"importing amdsmi failed: {error_text(err)}",
        f"reinstall it in the version of your ROCm: {pin}",
    )


def no_access(root: str) -> str | None:
    """The GPU's device file that this user may not open, or None."""
    kfd = os.path.join(root, "dev/kfd")
    if os.path.exists(kfd) and not os.access(kfd, os.R_OK | os.W_OK):
        return "/dev/kfd"
    dri = os.path.join(root, "dev/dri")
    try:
        nodes = sorted(name for name in os.listdir(dri) if name.startswith("renderD"))
    except OSError:
        return None
    closed = [name for name in nodes if not os.access(os.path.join(dri, name), os.R_OK | os.W_OK)]
    return f"/dev/dri/{closed[0]}" if closed and len(closed) == len(nodes) else None


def init_failed(reason: str, root: str) -> Availability:
    """amdsmi_init() refused: for want of permission, of device files, or of a running driver."""
    closed = no_access(root)
    if closed is not None:
        return Availability(False, f"no permission on {closed} ({reason})", GROUPS)
    if not os.path.exists(os.path.join(root, "dev/kfd")):
        return Availability(
            False, f"the amdgpu driver is loaded, but there is no /dev/kfd here ({reason})", CONTAINER
        )
    return Availability(
        False,
        f"AMD's library did not start: {reason}",
        "see whether amd-smi list works; if not, reload the driver: sudo modprobe -r amdgpu && "
        "sudo modprobe amdgpu",
    )


def no_device(root: str) -> Availability:
    """The library runs and lists no GPU."""
    closed = no_access(root)
    if closed is not None:
        return Availability(False, f"AMD's library lists no GPU; no permission on {closed}", GROUPS)
    return Availability(
        False, "AMD's library lists no GPU", f"see whether amd-smi list shows one; {CONTAINER}"
    )
