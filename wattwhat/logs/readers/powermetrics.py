"""macOS powermetrics as text: blocks of mean power with their own length of time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from wattwhat.logs.building.power_blocks import PowerBlocks
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Powermetrics"]

_BLOCK = re.compile(r"\*\*\* Sampled system activity \((.{0,60}?)\) \(([\d.]{1,20})ms elapsed\) \*\*\*")
_POWER = re.compile(r"(.{0,80}? Power|Combined Power \(CPU \+ GPU \+ ANE\)): ([\d.]{1,20}) ?(mW|W)\s*")
_INTEL = re.compile(r"Intel energy model derived package power \(.{0,40}?\): ([\d.]{1,20}) ?(W|mW)\s*")
_STAMP = "%a %b %d %H:%M:%S %Y %z"


class Powermetrics:
    """Energy of the chip: its total, with CPU, GPU, ANE and DRAM inside; Apple calls all of it estimates."""

    name = "powermetrics"

    def sniff(self, head: Head) -> int:
        """The line above every block."""
        return 95 if _BLOCK.search(head.text) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement: the sum over the blocks of power times elapsed time."""
        blocks = PowerBlocks(source, self.name, options.power_factor)
        for line, text in source.lines():
            begin = _BLOCK.search(text)
            if begin:
                blocks.begin(line, _moment(begin[1]), (number(begin[2]) or 0.0) / 1e3)
                continue
            power = _POWER.fullmatch(text) or _INTEL.fullmatch(text)
            if power:
                blocks.power(
                    "Package Power" if power.re is _INTEL else power[1],
                    power[power.re.groups - 1],
                    power[power.re.groups],
                )
        yield blocks.measurement()


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _STAMP)
    except ValueError:
        return None
