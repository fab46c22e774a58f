"""The GPUs as AMD's library lists them, and which of them are one physical package: facts, no meters."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from wattwhat.records.small_files import read_small_text
from wattwhat_amdsmi.library import Library
from wattwhat_amdsmi.values import cap_w

__all__ = ["Device", "in_hip_order", "packages", "read_devices", "slot"]

# PCI device ids of MI250X and MI250 (pci.ids, vendor 1002); MI210, 0x740f, has one die.
_DUAL_DIE_IDS = frozenset({"0x7408", "0x740c"})


@attrs.frozen
class Device:
    """One logical GPU: a card, one of its dies, or a partition of it.

    Args:
        key: PCI address, by which its handle is found again.
        uuid: AMD SMI's UUID; None if unknown.
        serial: the chip's serial number as 16 hexadecimal digits; None if unknown.
        name: the product in words.
        hip_id: number under which HIP lists it when no variable hides any; None if unknown.
        hip_uuid: its UUID in HIP ("GPU-..."); None if unknown.
        max_power_w: the most that its package may draw, in W; None if unknown.
        dual_die: whether two of these are the dies of one package, as on MI250 and MI250X.
    """

    key: str
    uuid: str | None = None
    serial: str | None = None
    name: str = "AMD GPU"
    hip_id: int | None = None
    hip_uuid: str | None = None
    max_power_w: float | None = None
    dual_die: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every text by which this GPU is called, in lower case."""
        called = [self.uuid, self.hip_uuid, self.key]
        if self.uuid and not self.uuid.lower().startswith("gpu-"):
            called.append(f"gpu-{self.uuid}")
        if self.serial:
            called.append(f"gpu-{self.serial}")
        return tuple(text.lower() for text in called if text)


def slot(key: str) -> str:
    """The PCI address without its function: partitions of one package share it.

    Example:
        >>> slot("0000:c1:00.3"), slot("0000:c1:00.0#2")
        ('0000:c1:00', '0000:c1:00')
    """
    return key.partition("#")[0].rpartition(".")[0] or key


def packages(devices: Iterable[Device]) -> list[tuple[Device, ...]]:
    """Logical GPUs grouped into physical packages, by PCI slot and by serial number.

    A partitioned MI300 (DPX, QPX, CPX) shows up as several GPUs; energy and power are the socket's, so the
    package is counted once, whatever each partition answers.

    Args:
        devices: the logical GPUs in any order.

    Returns:
        One tuple a package, its members and the packages by PCI address.

    Example:
        >>> pair = [Device("0000:0c:00.0"), Device("0000:0c:00.1"), Device("0000:22:00.0")]
        >>> [len(package) for package in packages(pair)]
        [2, 1]
    """
    groups: list[set[Device]] = []
    marks: list[set[str]] = []
    for device in sorted(devices, key=lambda device: device.key):
        group, mark = {device}, {slot(device.key)} | ({f"serial {device.serial}"} if device.serial else set())
        for index in reversed(range(len(groups))):
            if marks[index] & mark:
                group |= groups.pop(index)
                mark |= marks.pop(index)
        groups.append(group)
        marks.append(mark)
    members = [tuple(sorted(group, key=lambda device: device.key)) for group in groups]
    return sorted(members, key=lambda package: package[0].key)


def read_devices(library: Library, root: str = "/") -> list[Device]:
    """Every logical GPU, in the library's order, with what can be learned about it.

    Args:
        library: the started library.
        root: where the file system begins (for tests).
    """
    return [_device(library, key, handle, root) for key, handle in library.handles().items()]


def _device(library: Library, key: str, handle: Any, root: str) -> Device:
    asic = library.ask_versioned("amdsmi_get_gpu_asic_info", handle) or {}
    place = library.ask_versioned("amdsmi_get_gpu_enumeration_info", handle) or {}
    cap = library.ask_versioned("amdsmi_get_power_cap_info", handle) or {}
    hip_id = place.get("hip_id")
    name = _text(asic.get("market_name"))
    return Device(
        key=key,
        uuid=_text(library.ask("amdsmi_get_gpu_device_uuid", handle)),
        serial=_serial(_pci_file(key, "unique_id", root)) or _serial(asic.get("asic_serial")),
        name=name or f"AMD GPU {key}",
        hip_id=hip_id if isinstance(hip_id, int) else None,
        hip_uuid=_text(place.get("hip_uuid")),
        max_power_w=cap_w(cap),
        dual_die="MI250" in (name or "").upper() or _pci_file(key, "device", root) in _DUAL_DIE_IDS,
    )


def _text(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if text and text.upper() != "N/A" else None


def _serial(value: Any) -> str | None:
    """A serial number as 16 hexadecimal digits; 0 and all bits set are no serial."""
    try:
        number = int(str(value), 16)
    except ValueError:
        return None
    return f"{number:016x}" if 0 < number < (1 << 64) - 1 else None


def _pci_file(key: str, name: str, root: str) -> str | None:
    """A file that the kernel keeps for this GPU: it needs no struct of the library."""
    path = os.path.join(root, "sys/bus/pci/devices", key.partition("#")[0], name)
    try:
        return read_small_text(path, encoding="ascii").strip()
    except (OSError, ValueError):
        return None


def in_hip_order(devices: Sequence[Device]) -> list[Device]:
    """The GPUs in the order in which HIP counts them, as far as the library knows it; else as listed.

    Example:
        >>> [gpu.key for gpu in in_hip_order([Device("a", hip_id=1), Device("b", hip_id=0)])]
        ['b', 'a']
    """
    numbers = [device.hip_id for device in devices]
    if None in numbers or len(set(numbers)) != len(numbers):
        return list(devices)
    return sorted(devices, key=lambda device: device.hip_id or 0)
