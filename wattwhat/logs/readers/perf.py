"""perf stat of the energy events, as text or -x, with -I and per socket, in any locale."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from wattwhat.logs.building.interval_energies import Tally
from wattwhat.logs.building.known_sensors import RAPL
from wattwhat.logs.building.measurement import imported, rounding_j, unused_rows
from wattwhat.logs.parsing.cells import is_missing, number
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["PerfStat"]

_EVENT = re.compile(r"\benergy-(pkg|cores|core|ram|gpu|psys)\b")
# Runs of blanks are one blank here.
_TEXT = re.compile(
    r" ?(?:(?P<t>\d{1,12}[.,]\d{4,9}) )?(?:(?P<agg>[SND]\d[\w-]{0,30}|CPU\d{1,6}) (?:(?P<n>\d{1,6}) )?)?"
    r"(?P<v><not \w{1,20}>|\d[\d.,' \u00a0\u202f]{0,40}|\d) ?(?:Joules)? (?P<e>\S{0,40}energy-\S{1,40})"
    r"(?P<rest>.{0,200})"
)
_ELAPSED = re.compile(r"\s*(\d[\d.,]{0,30})(?: \+- \S{1,20})? seconds time elapsed.{0,40}")
_REPEATS = re.compile(r"\s*Performance counter stats for (.{0,300}?)(?: \((\d{1,9}) runs\))?:\s*")
_SPREAD = re.compile(r"\+-\s*([\d.,]{1,10})\s*%")
_PLACE = re.compile(r"(?:[SND]\d[\w-]*|CPU\d+)")
_COMPONENTS = {"pkg": "cpu", "cores": "core", "core": "core", "ram": "dram", "gpu": "uncore", "psys": "host"}
_INSIDE = {"pkg": ("cores", "core", "gpu"), "psys": ("pkg", "cores", "core", "ram", "gpu")}


@attrs.frozen
class _Count:
    """One count: event, joules as printed (None: not counted), where, and when it ended."""

    event: str
    value: str | None
    where: str = ""
    t_s: float | None = None
    run_ns: float | None = None


class PerfStat:
    """Joules by event; energy-psys holds energy-pkg, which holds cores and graphics. Scope: the CPUs."""

    name = "perf-stat"

    def sniff(self, head: Head) -> int:
        """A line with an energy event, or with joules of one."""
        lines = [line for line in head.lines[:400] if _EVENT.search(line)]
        return 90 if any(_parse(line) for line in lines) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a run of perf; without stamps, an event that comes again begins a new run."""
        run = _Run(source, options)
        for line, text in source.lines():
            begin = _REPEATS.fullmatch(text)
            if begin or text.startswith("# started on"):
                yield from run.measurement()
                run = _Run(source, options, begin[1] if begin else None, int(begin[2] or 1) if begin else 1)
                continue
            elapsed = _ELAPSED.fullmatch(text)
            if elapsed:
                run.elapsed_s = number(elapsed[1])
            if not _EVENT.search(text) or text.lstrip().startswith("#"):
                continue
            count = _parse(text)
            if count is None:
                source.problem(line, f"expected joules of an energy event, found {text.strip()!r:.90}")
                continue
            if run.has(count):
                yield from run.measurement()
                run = _Run(source, options)
            run.add(line, count, text)
        any_run = run.has_any
        yield from run.measurement()
        if not any_run and source.problems.count == 0:
            raise source.error(
                None, "perf counted none of the energy events (not supported here, or not permitted)"
            )


def _parse(text: str) -> _Count | None:
    match = _TEXT.fullmatch(re.sub(r"[ \t]+", " ", text))
    if match is not None and not _separator(text):
        value = match["v"].strip()
        run = _event(match["e"])
        t_s = number(match["t"].replace(",", ".")) if match["t"] else None
        return _Count(run, None if is_missing(value) else value, match["agg"] or "", t_s) if run else None
    return _parse_separated(text)


def _event(text: str) -> str | None:
    match = _EVENT.search(text)
    return match[1] if match else None


def _separator(text: str) -> str | None:
    """What separates the fields of -x: what stands between the unit (or nothing) and the event."""
    match = re.search(r"(?:Joules|>)([,;|\t:])", text)
    return match[1] if match else None


def _parse_separated(text: str) -> _Count | None:
    """-x: [stamp,][socket,number,]value,unit,event,run time,...; a decimal comma splits numbers in two."""
    separator = _separator(text)
    if separator is None:
        return None
    fields = [field.strip() for field in text.split(separator)]
    place = next((k for k, field in enumerate(fields) if _event(field)), None)
    if place is None or place < 2:
        return None
    event = _event(fields[place]) or ""
    before = fields[: place - 1]
    split = separator == "," and not any("." in field for field in before) and not is_missing(before[-1])
    placed = next((k for k, field in enumerate(before) if _PLACE.fullmatch(field)), None)
    if split and placed is not None:
        # Behind a socket stand its number of counts and the value: a third field is the value's decimals.
        split = len(before) - placed > (2 if before[placed].startswith("CPU") else 3)
    where = ""
    stamp: list[str] = []
    width = 2 if split else 1
    value = ".".join(before[-width:])
    rest = before[:-width]
    if len(rest) >= 2 and _PLACE.fullmatch(rest[-2]):
        where, rest = rest[-2], rest[:-2]
    elif rest and _PLACE.fullmatch(rest[-1]):
        where, rest = rest[-1], rest[:-1]
    if rest:
        stamp = rest
    if len(stamp) > width or any(not re.fullmatch(r"[\d.,]+", field) for field in stamp):
        return None
    t_s = number(".".join(stamp).replace(",", ".")) if stamp else None
    run_ns = number(fields[place + 1]) if len(fields) > place + 1 else None
    missing = is_missing(value)
    if not missing and _joules(value) is None:
        return None
    return _Count(event, None if missing else value, where, t_s, run_ns)


def _joules(text: str) -> float | None:
    """Perf prints joules with two decimals, which settles what a single comma or point means."""
    match = re.fullmatch(r"([\d.,'   ]*?\d)[.,](\d\d)", text)
    if match is None:
        return number(text)
    return number(f"{re.sub(r'[^0-9]', '', match[1])}.{match[2]}")


class _Run:
    """The counts of one run of perf."""

    def __init__(
        self, source: Source, options: Options, command: str | None = None, repeats: int = 1
    ) -> None:
        self._source, self._command, self._repeats = source, command, repeats
        self._factor = options.energy_factor or 1.0
        self._tally = Tally(source, PerfStat.name, RAPL)
        self._seen: set[tuple[str, str, float | None]] = set()
        self._warnings: list[str] = []
        self._line: int | None = None
        self._run_ns: float | None = None
        self._last_s: float | None = None
        self._spread: dict[str, float] = {}
        self.elapsed_s: float | None = None
        self.has_any = False

    def has(self, count: _Count) -> bool:
        return (count.event, count.where, count.t_s) in self._seen or (
            count.t_s is not None and self._last_s is not None and count.t_s < self._last_s
        )

    def add(self, line: int, count: _Count, text: str) -> None:
        self._seen.add((count.event, count.where, count.t_s))
        if count.t_s is not None:
            # Only the newest stamp can come again: what is remembered stays small.
            self._seen = {key for key in self._seen if key[2] == count.t_s}
            self._last_s = count.t_s
        self._line = self._line or line
        if count.value is None:
            self._warn(f"perf did not count energy-{count.event}: it is absent, not 0")
            return
        energy_j = _joules(count.value)
        if energy_j is None:
            self._source.problem(
                line, f"expected joules, found {count.value!r:.40}, which can be read in two ways"
            )
            return
        self.has_any = True
        self._run_ns = count.run_ns or self._run_ns
        device = f"{count.where} energy-{count.event}".strip()
        inside = [f"{count.where} energy-{part}".strip() for part in _INSIDE.get(count.event, ())]
        self._tally.add(
            device,
            _COMPONENTS[count.event],
            energy_j * self._factor,
            rounding_j=rounding_j("0.01", self._factor),
            contains=[self._tally.id_of(part) for part in inside],
        )
        spread = _SPREAD.search(text)
        if spread and self._repeats > 1:
            self._warn(f"a mean of {self._repeats} runs, whose standard error is {spread[1]} %")

    def _warn(self, sentence: str) -> None:
        if sentence not in self._warnings:
            self._warnings.append(sentence)

    def measurement(self) -> Iterator[Measurement]:
        if not self.has_any:
            return
        yield imported(
            self._source,
            self._tally.energies(),
            format=PerfStat.name,
            label=self._command.strip("' ") if self._command else None,
            duration_s=self.elapsed_s or self._last_s,
            warnings=[*self._warnings, *unused_rows(self._source)],
            scope="cpu",
            line=self._line,
            counter_run_time_s=None if self._run_ns is None else self._run_ns / 1e9,
        )
