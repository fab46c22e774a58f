"""macOS powermetrics -f plist: property lists with NUL between them, each with its own length of time."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from wattwhat.logs.building.power_blocks import PowerBlocks
from wattwhat.logs.building.stated_totals import short_text
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.plugins import pass_on
from wattwhat.records.measurement import Measurement

__all__ = ["PowermetricsPlist"]

_CHARS_AT_MOST = 16_000_000
# Keys of "processor", the unit of each and its name in the text form; mJ become mW by the elapsed time.
_KEYS = {
    "combined_power": ("mW", "Combined Power (CPU + GPU + ANE)"),
    "package_power": ("mW", "Package Power"),
    "package_watts": ("W", "Package Power"),
    "package_energy": ("mJ", "Package Power"),
    "cpu_power": ("mW", "CPU Power"),
    "cpu_energy": ("mJ", "CPU Power"),
    "gpu_power": ("mW", "GPU Power"),
    "gpu_energy": ("mJ", "GPU Power"),
    "ane_power": ("mW", "ANE Power"),
    "ane_energy": ("mJ", "ANE Power"),
    "dram_power": ("mW", "DRAM Power"),
    "dram_energy": ("mJ", "DRAM Power"),
}


class PowermetricsPlist:
    """Energy of the chip: its total, with CPU, GPU, ANE and DRAM inside; Apple calls all of it estimates."""

    name = "powermetrics-plist"

    def sniff(self, head: Head) -> int:
        """A property list with the length of a sample."""
        if not head.has("<plist", "<key>elapsed_ns</key>"):
            return 0
        return 95 if head.has("<key>processor</key>") else 70

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement: the sum over the lists of power times elapsed_ns."""
        blocks = PowerBlocks(source, self.name, options.power_factor)
        model = None
        for line, sample in _samples(source):
            elapsed_ns, processor = _number(sample.get("elapsed_ns")), sample.get("processor")
            if elapsed_ns is None or not isinstance(processor, dict):
                source.problem(line, "expected a sample with elapsed_ns and processor")
                continue
            elapsed_s = elapsed_ns / 1e9
            blocks.begin(line, _moment(sample.get("timestamp")), elapsed_s)
            model = model or short_text(sample.get("hw_model"))
            for name, (value, unit) in _powers(processor, elapsed_s).items():
                blocks.power(name, value, unit)
        yield blocks.measurement(model=model)


def _powers(processor: Mapping[str, Any], elapsed_s: float) -> dict[str, tuple[str, str]]:
    """The name of each power to its value and unit; a power is taken before an energy."""
    powers: dict[str, tuple[str, str]] = {}
    for key, (unit, name) in _KEYS.items():
        value = _number(processor.get(key))
        if name in powers or value is None:
            continue
        if unit == "mJ":
            value, unit = (value / elapsed_s if elapsed_s > 0.0 else 0.0), "mW"
        powers[name] = (repr(value), unit)
    return powers


def _samples(source: Source) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each property list with the line it begins on; one that is cut off or broken is a problem."""
    pieces: list[str] = []
    begin, length = 1, 0
    for line, text in source.lines():
        for piece in text.split("\0"):
            if not pieces and not piece.strip():
                continue
            begin = begin if pieces else line
            pieces.append(piece)
            length += len(piece)
            if length > _CHARS_AT_MOST:
                raise source.error(begin, f"expected property lists of at most {_CHARS_AT_MOST} characters")
            if "</plist>" in piece:
                sample = _parsed("\n".join(pieces))
                if sample is None:
                    source.problem(begin, "expected a whole property list")
                else:
                    yield begin, sample
                pieces, length = [], 0
    if pieces:
        source.problem(begin, "expected a whole property list, but the file ends in it")


def _parsed(text: str) -> Mapping[str, Any] | None:
    try:
        value = plistlib.loads(text.encode("utf-8", "surrogatepass"), fmt=plistlib.FMT_XML)
    except Exception as err:  # expat's errors and whatever a value of nonsense raises
        pass_on(err)
        return None
    return value if isinstance(value, dict) else None


def _moment(value: Any) -> datetime | None:
    """The stamp: a date of a property list is UTC."""
    return value.replace(tzinfo=timezone.utc) if isinstance(value, datetime) else None


def _number(value: Any) -> float | None:
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and 0.0 <= value < 1e300
    return float(value) if known else None
