"""The device catalogue: peak by precision, bandwidth and power of data sheets, and finding a name in it."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.records.small_files import read_small_text

__all__ = ["ENV_DEVICES", "KINDS", "PRECISIONS", "Device", "as_device", "catalogue", "device", "read_devices"]

PRECISIONS = ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "int8")
KINDS = ("gpu", "accelerator", "edge", "cpu")
ENV_DEVICES = "WATTWHAT_DEVICES"
_HERE = files("wattwhat.predict") / "devices.csv"
_VARIANTS = {"ti", "super", "laptop", "mobile", "max", "q", "d", "xt", "xtx", "gre", "nvl", "pcie", "ada"}
_COUNT = re.compile(r"x\d+|\d+x")  # several devices are not one
_MAKERS = {"nvidia", "amd", "intel", "r", "tm", "corporation", "gpu", "processor", "cpu", "with", "graphics"}


def _positive_or_none(name: str, value: Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0.0 < number < math.inf:
        raise ArgumentError(
            argument=name, expected="a number above 0, or nothing where it is not stated", got=value
        )
    return number


def _frozen(peaks: Mapping[str, float]) -> Mapping[str, float]:
    return MappingProxyType(dict(peaks))


@attrs.frozen(kw_only=True)
class Device:
    """What a data sheet says of one device; whatever it does not say is None, never 0.

    Args:
        name: the maker's name, without the maker.
        kind: one of gpu, accelerator, edge, cpu.
        tdp_w: thermal design (or board) power in W.
        peak_flops: FLOP/s (or operations/s) by precision, dense: without structured sparsity.
        bandwidth_bytes_s: memory bandwidth in byte/s.
        memory_bytes: memory in bytes.
        year: first year of sale.
        sparsity: by how much structured sparsity multiplies the peaks of the tensor units; 1 without it.
        aliases: other names, as drivers give them.
        source: where the figures come from.

    Raises:
        ArgumentError: a figure is not above 0, or the kind is none of these.

    Example:
        >>> device("H100").joules_per_flop("bf16") * 1e12   # picojoules at full power and full speed
        0.707...
    """

    name: str
    kind: str
    tdp_w: float | None = None
    peak_flops: Mapping[str, float] = attrs.field(factory=dict, converter=_frozen)
    bandwidth_bytes_s: float | None = None
    memory_bytes: float | None = None
    year: int | None = None
    sparsity: float = 1.0
    aliases: tuple[str, ...] = ()
    source: str = ""

    def __attrs_post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ArgumentError(
                f"{self.kind!r} of device {self.name!r} is not one of {', '.join(KINDS)}", argument="kind"
            )

    def peak(self, precision: str) -> float:
        """Dense peak in FLOP/s (operations/s for int8).

        Raises:
            ArgumentError: the precision is unknown, or the data sheet gives no peak for it.
        """
        if precision not in PRECISIONS:
            raise ArgumentError(
                argument="precision", expected=f"one of {', '.join(PRECISIONS)}", got=precision
            )
        if precision not in self.peak_flops:
            has = ", ".join(self.peak_flops) or "no precision at all"
            raise ArgumentError(
                f"the data sheet of {self.name} gives no peak for {precision}",
                argument="precision",
                remedy=f"it has {has}",
            )
        return self.peak_flops[precision]

    def joules_per_flop(self, precision: str) -> float:
        """TDP / peak: joules of one operation at full power and full speed (arXiv 2109.05472).

        Raises:
            ArgumentError: the data sheet lacks the peak or the power.
        """
        return self.power() / self.peak(precision)

    def power(self) -> float:
        """The TDP in W.

        Raises:
            ArgumentError: the maker states none.
        """
        if self.tdp_w is None:
            raise ArgumentError(
                f"no TDP is known of {self.name}",
                argument="device",
                remedy=f"add it to a file that {ENV_DEVICES} names",
            )
        return self.tdp_w


def catalogue() -> tuple[Device, ...]:
    """Every device: those of the file that WATTWHAT_DEVICES names, then those that come with the library.

    Raises:
        ArgumentError: the user's file cannot be read; the message names file, line and column.

    Example:
        >>> len(catalogue()) >= 60 and all(one.source for one in catalogue())
        True
    """
    own = os.environ.get(ENV_DEVICES)
    return (*(read_devices(own) if own else ()), *_shipped())


@lru_cache(maxsize=1)
def _shipped() -> tuple[Device, ...]:
    with as_file(_HERE) as path:  # a file of its own where the library is run out of a zip file
        return read_devices(path)


def read_devices(path: str | Path) -> tuple[Device, ...]:
    """Devices of a CSV file with the columns of the library's own: peaks in TFLOP/s, bandwidth in GB/s.

    Args:
        path: the file; only ``name`` and ``kind`` must be there, an empty cell says that it is not stated.

    Raises:
        ArgumentError: the file cannot be read, or a cell is not understood; file and line are named.
    """
    try:
        with io.StringIO(read_small_text(path), newline="") as stream:
            reader = csv.DictReader(stream)
            missing = {"name", "kind"} - set(reader.fieldnames or ())
            if missing:
                raise ArgumentError(
                    expected="the columns name and kind",
                    remedy=f"missing: {', '.join(missing)}",
                    path=str(path),
                    line=1,
                )
            return tuple(_device(row, path, reader.line_num) for row in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise ArgumentError(
            f"the devices cannot be read ({err})", path=str(path), remedy="expected a CSV file"
        ) from err


def _device(row: Mapping[str, Any], path: Any, line: int) -> Device:
    def number(column: str, scale: float = 1.0) -> float | None:
        value = _positive_or_none(column, row.get(column))
        return None if value is None else value * scale

    try:
        if not row.get("name"):
            raise ArgumentError("expected a name, got nothing", argument="name")
        peaks = {name: number(name, 1e12) for name in PRECISIONS}
        year = number("year")
        return Device(
            name=row["name"],
            kind=row["kind"] or "",
            tdp_w=number("tdp_w"),
            peak_flops={name: value for name, value in peaks.items() if value is not None},
            bandwidth_bytes_s=number("bandwidth_gb_s", 1e9),
            memory_bytes=number("memory_gb", 1e9),
            year=None if year is None else int(year),
            sparsity=number("sparsity") or 1.0,
            aliases=tuple(filter(None, (row.get("aliases") or "").split("|"))),
            source=row.get("source") or "the user's own file",
        )
    except ArgumentError as err:
        raise err.at(str(path), line) from None


def as_device(given: Device | str) -> Device:
    """A Device as it is, a name looked up."""
    return given if isinstance(given, Device) else device(given)


def device(name: str) -> Device:
    """The device of this name, as a data sheet or a driver writes it.

    Args:
        name: for instance ``"H100"``, ``"NVIDIA A100-SXM4-80GB"`` or ``"Intel(R) Xeon(R) Gold 5120 CPU"``.

    Raises:
        ArgumentError: none or several have that name; the message gives the closest names.

    Example:
        >>> device("NVIDIA A100-SXM4-80GB").tdp_w
        400.0
        >>> device("A101")
        Traceback (most recent call last):
        wattwhat.errors.ArgumentError: device: 'A101' is not in the catalogue; closest: ...
    """
    if not isinstance(name, str) or not _words(name):
        raise ArgumentError(argument="device", expected="a name such as 'H100'", got=name)
    everything = catalogue()
    asked = _words(name)
    for one in everything:
        if any("".join(asked) == "".join(_words(known)) for known in (one.name, *one.aliases)):
            return one
    inside = [one for one in everything if any(_within(known, asked) for known in (one.name, *one.aliases))]
    most = max((_length(one, asked) for one in inside), default=0)
    matches = [one for one in inside if _length(one, asked) == most]
    if not matches:
        matches = [one for one in everything if _within_words(asked, _words(one.name))]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise ArgumentError(
            f"{name!r} may be {', '.join(one.name for one in matches)}", argument="device", remedy="say which"
        )
    raise ArgumentError(
        f"{name!r} is not in the catalogue",
        argument="device",
        remedy=f"closest: {', '.join(_closest(name, everything))}; add it to a CSV file that "
        f"{ENV_DEVICES} names",
    )


def _words(name: str) -> tuple[str, ...]:
    """The words of a name that tell devices apart."""
    cut = re.split(r"\s@\s", name.lower())[0]
    return tuple(word for word in re.findall(r"[a-z0-9+]+", cut) if word not in _MAKERS)


def _within(known: str, asked: Sequence[str]) -> bool:
    """Whether a longer name is still that of the device, and not of a variant with figures of its own."""
    words = _words(known)
    more = set(asked) - set(words)
    return _within_words(words, asked) and not (more & _VARIANTS or any(map(_COUNT.fullmatch, more)))


def _within_words(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether the words stand in the other ones, side by side and in that order."""
    return any(tuple(whole[i : i + len(part)]) == tuple(part) for i in range(len(whole) - len(part) + 1))


def _length(one: Device, asked: Sequence[str]) -> int:
    return max(len(_words(known)) for known in (one.name, *one.aliases) if _within(known, asked))


def _closest(name: str, everything: Sequence[Device]) -> list[str]:
    import difflib

    names = {" ".join(_words(known)): one.name for one in everything for known in (one.name, *one.aliases)}
    near = difflib.get_close_matches(" ".join(_words(name)), names, 6, 0.3)
    return list(dict.fromkeys(names[word] for word in near))[:3] or [everything[0].name]
