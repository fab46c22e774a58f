"""What CodeCarbon prints while it runs: running totals in kWh with six decimals, several runs in one log."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from wattwhat.logs.building.day_clock import DayClock
from wattwhat.logs.building.known_sensors import RAPL, Sensor
from wattwhat.logs.building.stated_totals import Totals, short_text
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.readers.codecarbon_runs import CODECARBON_CPU, CODECARBON_GPU, CODECARBON_RAM
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["CodeCarbonConsole"]

_STAMP = re.compile(r"\[codecarbon [A-Z]{4,8} @ (\d\d:\d\d:\d\d)\]")
_PART = re.compile(
    r"Energy consumed for (RAM|all CPUs|All CPU|all GPUs|AppleSilicon CPU|AppleSilicon GPU) : "
    r"(\d{1,12}\.\d{1,12}) kWh"
)
_TOTAL = re.compile(
    r"(\d{1,12}\.\d{1,12}) kWh of electricity (?:and \S{1,20} L of water were )?used since the begin"
)
_MODE = re.compile(
    r"Delta energy consumed for CPU with (\w[\w ]{0,40}?) :|CPU Tracking Method: ([\w ]{1,40})"
)
_SETUP = re.compile(r"\[setup\]|offline tracker init|Tracker's metadata|CodeCarbon version: ")
_MODEL = re.compile(r"(CPU|GPU) model: (.{1,120})")
_PARTS = {
    "RAM": ("RAM", "dram", CODECARBON_RAM),
    "all CPUs": ("CPU", "cpu", CODECARBON_CPU),
    "All CPU": ("CPU", "cpu", CODECARBON_CPU),
    "AppleSilicon CPU": ("CPU", "cpu", CODECARBON_CPU),
    "all GPUs": ("GPU", "gpu", CODECARBON_GPU),
    "AppleSilicon GPU": ("GPU", "gpu", CODECARBON_GPU),
}
_UNKNOWN = Sensor("codecarbon's total (sensors or models, which is not said)", 0.4, False)
# A total and its three parts are each rounded to the sixth decimal.
_ROUNDING_KWH = 2.5e-6


class CodeCarbonConsole:
    """One Measurement a run, from its last total; what is printed is cumulative and never added.

    A step of 0.000001 kWh is 3.6 J: short runs are known to that only. The lines have no date, and a power
    model of CodeCarbon looks like a sensor unless the line of the CPU says how it was tracked.
    """

    name = "codecarbon-console"

    def sniff(self, head: Head) -> int:
        """One of its sentences about energy, or its stamp."""
        if _TOTAL.search(head.text) or _PART.search(head.text):
            return 85
        return 40 if _STAMP.search(head.text) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """A total that goes down, or a set-up after a total, begins another run."""
        run, ended = _Run(), 0
        for line, text in source.lines():
            for begin, end in _sentences(text):
                sentence = text[begin:end]
                if run.is_over(sentence):
                    ended += 1
                    yield from run.measurement(source, options, ended)
                    run = _Run(implied=not _SETUP.search(sentence))
                run.take(line, sentence)
        if run.total is None and not run.parts and not ended:
            raise source.error(
                None,
                "expected CodeCarbon's 'kWh of electricity used since the beginning.'; the run ended before "
                "the first measurement, or its log_level hides it",
            )
        yield from run.measurement(source, options, ended + 1 if ended else None)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the pieces of a line begin and end: a progress bar may stand before a stamp on the same line."""
    begins = [0, *(match.start() for match in _STAMP.finditer(text) if match.start())]
    yield from zip(begins, [*begins[1:], len(text)], strict=True)


@attrs.define
class _Run:
    """What one tracker has said so far."""

    implied: bool = False
    clock: DayClock = attrs.field(factory=DayClock)
    began_s: float | None = None
    ended_s: float | None = None
    total: str | None = None
    line: int | None = None
    parts: dict[str, str] = attrs.field(factory=dict)
    at_total: dict[str, str] = attrs.field(factory=dict)
    mode: str | None = None
    models: dict[str, str] = attrs.field(factory=dict)

    def is_over(self, sentence: str) -> bool:
        """Whether this sentence is of the next run already."""
        if self.total is None and not self.parts:
            return False
        if _SETUP.search(sentence):
            return True
        total, part = _TOTAL.search(sentence), _PART.search(sentence)
        if total is not None:
            return self.total is not None and float(total[1]) < float(self.total)
        return part is not None and float(part[2]) < float(self.parts.get(_PARTS[part[1]][0], "0"))

    def take(self, line: int, sentence: str) -> None:
        stamped, total, part = _STAMP.search(sentence), _TOTAL.search(sentence), _PART.search(sentence)
        at_s = self.clock.seconds(stamped[1]) if stamped else None
        if total is None and part is None:
            self._take_setup(sentence, at_s)
            return
        self.line = self.line or line
        self.ended_s = at_s if at_s is not None else self.ended_s
        if part is not None:
            self.parts[_PARTS[part[1]][0]] = part[2]
        if total is not None:
            self.total, self.at_total = total[1], dict(self.parts)

    def _take_setup(self, sentence: str, at_s: float | None) -> None:
        if mode := _MODE.search(sentence):
            self.mode = (mode[1] or mode[2]).strip()
        if model := _MODEL.search(sentence):
            self.models[f"{model[1].lower()}_model"] = model[2].strip()
        if at_s is not None and not self.parts and "Delta energy" not in sentence:
            self.began_s = at_s

    def measurement(self, source: Source, options: Options, number_of: int | None) -> Iterator[Measurement]:
        if self.total is None and not self.parts:
            return
        totals = Totals(source, options, format=CodeCarbonConsole.name, line=self.line)
        parts = self.at_total if self.total is not None else self.parts
        for name, component, sensor in dict.fromkeys(_PARTS.values()):
            if name in parts:
                how = RAPL if name == "CPU" and self.mode and "rapl" in self.mode.lower() else sensor
                totals.add(name, component, parts[name], "kWh", how, rounded=True)
        if not parts and self.total is not None:
            totals.add("total", "host", self.total, "kWh", _UNKNOWN, rounded=True)
        self._check(totals, parts)
        totals.warn(source.unfinished())
        span_s = self._span_s()
        yield from totals.measurement(
            label=source.stem if number_of is None else f"{source.stem} ({number_of})",
            duration_s=span_s,
            scope="machine",
            environment=self.models or None,
            cpu_mode=short_text(self.mode),
            pue_included=None,
        )

    def _span_s(self) -> float | None:
        """From the end of the set-up to the last line, which is about the length of the run."""
        if self.began_s is None or self.ended_s is None or self.ended_s <= self.began_s:
            return None
        return self.ended_s - self.began_s

    def _check(self, totals: Totals, parts: dict[str, str]) -> None:
        if self.implied:
            totals.warn(
                "the running total went down without a set-up of CodeCarbon's in between: taken for another "
                "run; if two trackers wrote into this log at once, their lines are mixed up and none counts"
            )
        if self.total is None:
            totals.warn("the log ends before CodeCarbon's first total: the energies of its parts so far")
            return
        together = sum(number(part) or 0.0 for part in parts.values())
        if parts and abs(together - float(self.total)) > _ROUNDING_KWH:
            totals.warn(
                f"CodeCarbon's total is {self.total} kWh, its parts together {together:.6f} kWh: a part was "
                "not printed, or two trackers wrote into this log; the parts are counted"
            )
