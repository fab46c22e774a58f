"""Which GPUs this process may use, from the variables that hide the others: pure, nothing is opened here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wattwhat_amdsmi.devices import Device, in_hip_order

__all__ = ["select", "visible"]


def select(devices: Sequence[Device], text: str) -> list[Device]:
    """The GPUs that one variable's value names, in its order.

    Indices count in the given order; a UUID may be shortened as long as it fits one GPU only. As in the
    runtimes, everything after an entry that names no GPU is ignored, and an empty text hides all.

    Args:
        devices: the GPUs that are still visible.
        text: the variable's value, such as ``"0,2"`` or ``"GPU-4b2c1a9f8d3e6f7a"``.

    Example:
        >>> gpus = [Device("a", serial="00aa"), Device("b", serial="00bb")]
        >>> [gpu.key for gpu in select(gpus, "GPU-00b,0,7,1")]
        ['b', 'a']
    """
    chosen: list[Device] = []
    for entry in text.split(","):
        device = _named(devices, entry.strip())
        if device is None:
            break
        if device not in chosen:
            chosen.append(device)
    return chosen


def _named(devices: Sequence[Device], entry: str) -> Device | None:
    if entry.isascii() and entry.isdigit():
        return devices[int(entry)] if int(entry) < len(devices) else None
    if not entry.lower().startswith("gpu-"):
        return None
    fitting = [device for device in devices if any(name.startswith(entry.lower()) for name in device.names)]
    return fitting[0] if len(fitting) == 1 else None


def visible(devices: Sequence[Device], environ: Mapping[str, str]) -> tuple[list[Device], str]:
    """The GPUs that the environment leaves visible, and the variables that said so.

    ROCR_VISIBLE_DEVICES is applied first, by the lower runtime; HIP_VISIBLE_DEVICES (else
    CUDA_VISIBLE_DEVICES, which HIP honours) then counts among what is left.

    Args:
        devices: every GPU in the library's order.
        environ: the environment.

    Returns:
        The visible GPUs in the program's order, and the settings that hid others ("" if none did).

    Example:
        >>> visible([Device("a"), Device("b"), Device("c")],
        ...         {"ROCR_VISIBLE_DEVICES": "1,2", "HIP_VISIBLE_DEVICES": "1"})[0][0].key
        'c'
    """
    left = in_hip_order(devices)
    notes: list[str] = []
    hip = "HIP_VISIBLE_DEVICES" if "HIP_VISIBLE_DEVICES" in environ else "CUDA_VISIBLE_DEVICES"
    for variable in ("ROCR_VISIBLE_DEVICES", hip):
        if variable in environ:
            left = select(left, environ[variable])
            notes.append(f"{variable}={environ[variable]}")
    return left, " and ".join(notes)
