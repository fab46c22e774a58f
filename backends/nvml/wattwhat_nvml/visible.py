"""Which GPUs a program can use: CUDA_VISIBLE_DEVICES in all its forms, mapped to UUIDs; pure functions.

NVML numbers GPUs by PCI address and knows nothing of CUDA_VISIBLE_DEVICES; CUDA numbers what that variable
leaves, by default fastest first. The rules are those of the CUDA programming guide, section "CUDA environment
variables": https://docs.nvidia.com/cuda/cuda-programming-guide/05-appendices/environment-variables.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.plugins import pass_on

__all__ = ["Gpu", "Selection", "cuda_uuids", "in_use", "pick", "settings", "visible"]

_INDEX = re.compile(r"[+-]?[0-9]+")
_OLD_MIG = re.compile(r"MIG-(GPU-[^/]+)(?:/[0-9]+){1,2}", re.IGNORECASE)


@attrs.frozen
class Gpu:
    """One physical GPU as NVML lists it.

    Args:
        index: its number in NVML.
        uuid: ``GPU-...``, the same in every process and container.
        pci_bus_id: ``00000000:3B:00.0``.
        name: the product's name.
        mig_mode: whether it is split into MIG slices now.
        mig_uuids: ``MIG-...`` of its slices.
    """

    index: int
    uuid: str
    pci_bus_id: str
    name: str
    mig_mode: bool = False
    mig_uuids: tuple[str, ...] = ()


@attrs.frozen
class Selection:
    """The GPUs chosen, in CUDA's order as far as it is known, and what a person should know about it."""

    gpus: tuple[Gpu, ...]
    notes: tuple[str, ...] = ()


def settings(environ: Mapping[str, str], count: int) -> tuple[str | None, str]:
    """CUDA_VISIBLE_DEVICES and the order it counts in; where it is not set, what Slurm gave the job.

    Slurm numbers the GPUs of a node; in a container of devices (cgroups) the driver shows the job's alone,
    numbered anew, and nothing is left to choose.

    Args:
        environ: the environment.
        count: how many GPUs the driver shows.

    Example:
        >>> settings({"SLURM_JOB_GPUS": "2,3"}, 8), settings({"SLURM_JOB_GPUS": "2,3"}, 2)
        (('2,3', 'PCI_BUS_ID'), (None, ''))
    """
    given = environ.get("CUDA_VISIBLE_DEVICES")
    job = environ.get("SLURM_STEP_GPUS") or environ.get("SLURM_JOB_GPUS")
    if given is None and job and len(job.split(",")) < count:
        return job, "PCI_BUS_ID"
    return given, environ.get("CUDA_DEVICE_ORDER", "")


def visible(gpus: Sequence[Gpu], text: str | None, order: str = "") -> Selection:
    """The GPUs that CUDA_VISIBLE_DEVICES leaves visible.

    Args:
        gpus: every GPU of the machine.
        text: the variable's value, None where it is not set.
        order: value of CUDA_DEVICE_ORDER; only ``PCI_BUS_ID`` makes CUDA's indices those of NVML for certain.

    Returns:
        The visible GPUs, each once. An invalid entry hides itself and everything behind it; an entry given
        twice hides everything, as in CUDA. Entries are of one kind: indices or UUIDs, as the first one is.

    Example:
        >>> four = [Gpu(i, f"GPU-{i}a", f"00000000:0{i}:00.0", "A100") for i in range(4)]
        >>> [gpu.index for gpu in visible(four, "2,GPU-0a").gpus]
        [2]
        >>> [gpu.index for gpu in visible(four, "3,1,-1,0").gpus]
        [3, 1]
        >>> [gpu.index for gpu in visible(four, "GPU-1,GPU-3a").gpus]
        [1, 3]
    """
    by_pci = sorted(gpus, key=lambda gpu: gpu.pci_bus_id.lower())
    if text is None:
        return Selection(tuple(by_pci))
    entries = [entry.strip() for entry in text.split(",")]
    if entries == [""]:
        return Selection((), ("CUDA_VISIBLE_DEVICES is set to nothing, which hides every GPU",))
    kind = _kind(entries[0])
    chosen: dict[str, Gpu] = {}
    seen: set[str] = set()
    notes: list[str] = []
    for place, entry in enumerate(entries, start=1):
        gpu, identity = _resolve(entry, kind, by_pci)
        if gpu is None:
            if entry or place < len(entries):
                notes.append(_invalid(place, entry, len(entries), identity))
            break
        if identity in seen:
            return Selection((), (f"CUDA_VISIBLE_DEVICES={text} names {entry} twice, which hides every GPU",))
        seen.add(identity)
        chosen.setdefault(gpu.uuid, gpu)
    if kind == "index" and chosen and order != "PCI_BUS_ID" and len({gpu.name for gpu in gpus}) > 1:
        notes.append(
            "GPUs of different kinds are mixed here and CUDA_DEVICE_ORDER is not PCI_BUS_ID, so CUDA may "
            "number them in another order: the indices in CUDA_VISIBLE_DEVICES were taken in PCI order; set "
            "CUDA_DEVICE_ORDER=PCI_BUS_ID or name the GPUs by UUID"
        )
    return Selection(tuple(chosen.values()), tuple(notes))


def _kind(entry: str) -> str:
    upper = entry.upper()
    return "GPU-" if upper.startswith("GPU-") else "MIG-" if upper.startswith("MIG-") else "index"


def _resolve(entry: str, kind: str, by_pci: Sequence[Gpu]) -> tuple[Gpu | None, str]:
    """The GPU an entry means and the identity by which it counts as given twice; or None and the reason."""
    if _kind(entry) != kind:
        return None, "it is of another kind than the first one"
    if kind == "index":
        # CUDA reads a number as strtol does: what follows the digits is passed over.
        match = _INDEX.match(entry)
        if match is None or not 0 <= int(match.group()) < len(by_pci):
            return (
                None,
                f"this machine has GPUs 0 to {len(by_pci) - 1}" if by_pci else "this machine has no GPU",
            )
        return by_pci[int(match.group())], str(int(match.group()))
    old = _OLD_MIG.fullmatch(entry)
    if old is not None:
        gpu, reason = _by_prefix(old.group(1), [(gpu.uuid, gpu) for gpu in by_pci])
        return gpu, entry.lower() if gpu is not None else reason
    names = [(gpu.uuid, gpu) for gpu in by_pci] if kind == "GPU-" else _slices(by_pci)
    return _by_prefix(entry, names)


def _slices(gpus: Sequence[Gpu]) -> list[tuple[str, Gpu]]:
    return [(uuid, gpu) for gpu in gpus for uuid in gpu.mig_uuids]


def _by_prefix(prefix: str, names: Sequence[tuple[str, Gpu]]) -> tuple[Gpu | None, str]:
    matches = [(name, gpu) for name, gpu in names if name.lower().startswith(prefix.lower())]
    exact = [match for match in matches if match[0].lower() == prefix.lower()]
    if len(exact or matches) == 1:
        name, gpu = (exact or matches)[0]
        return gpu, name
    return (
        None,
        "several devices begin like this" if matches else "no device of this machine begins like this",
    )


def _invalid(place: int, entry: str, count: int, reason: str) -> str:
    rest = " and the entries after it" if place < count else ""
    return f"entry {place} of CUDA_VISIBLE_DEVICES, {entry!r}, is not valid ({reason}): CUDA hides it{rest}"


def in_use(gpus: Sequence[Gpu], uuids: Sequence[str]) -> Selection | None:
    """The GPUs behind the UUIDs that CUDA itself reports, whatever its order; None if one is unknown.

    Args:
        gpus: every GPU of the machine.
        uuids: as CUDA gives them, with or without ``GPU-`` or ``MIG-``; of MIG slices too.

    Example:
        >>> in_use([Gpu(0, "GPU-0a", "0:1", "A100"), Gpu(1, "GPU-1b", "0:2", "T4")], ["1b"]).gpus[0].name
        'T4'
    """
    homes = {_bare(uuid): gpu for gpu in gpus for uuid in (gpu.uuid, *gpu.mig_uuids)}
    chosen = {}
    for uuid in uuids:
        gpu = homes.get(_bare(uuid))
        if gpu is None:
            return None
        chosen[gpu.uuid] = gpu
    return Selection(tuple(chosen.values()))


def _bare(uuid: str) -> str:
    lower = uuid.lower()
    return lower[4:] if lower.startswith(("gpu-", "mig-")) else lower


def cuda_uuids() -> list[str] | None:
    """UUIDs of the devices of a torch that already runs CUDA, in CUDA's order; None otherwise."""
    import sys

    torch = sys.modules.get("torch")
    try:
        if torch is None or not torch.cuda.is_initialized():
            return None
        return [str(torch.cuda.get_device_properties(i).uuid) for i in range(torch.cuda.device_count())]
    except Exception as err:  # an old torch without uuid, a forked child: the variable must do
        pass_on(err)
        return None


def pick(gpus: Sequence[Gpu], wanted: Sequence[int | str]) -> Selection:
    """The GPUs that a caller names: NVML indices, UUIDs or their beginnings, PCI addresses, MIG UUIDs.

    Raises:
        ArgumentError: one of them is not here; the message lists what is.

    Example:
        >>> pick([Gpu(0, "GPU-0a", "00000000:3B:00.0", "A100")], ["3b:00.0"]).gpus[0].uuid
        'GPU-0a'
    """
    chosen: dict[str, Gpu] = {}
    for name in wanted:
        gpu = _named(gpus, name)
        if gpu is None:
            here = ", ".join(f"{gpu.index} = {gpu.uuid} at {gpu.pci_bus_id}" for gpu in gpus) or "none"
            raise ArgumentError(
                f"{name!r} is not one GPU of this machine", argument="devices", remedy=f"here are: {here}"
            )
        chosen[gpu.uuid] = gpu
    return Selection(tuple(chosen.values()))


def _named(gpus: Sequence[Gpu], name: int | str) -> Gpu | None:
    if isinstance(name, int):
        return next((gpu for gpu in gpus if gpu.index == name), None)
    if _kind(name) != "index":
        return _resolve(name, _kind(name), gpus)[0]
    matches = [gpu for gpu in gpus if name and gpu.pci_bus_id.lower().endswith(name.lower())]
    return matches[0] if len(matches) == 1 else None
