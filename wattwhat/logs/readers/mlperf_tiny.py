"""MLPerf Tiny: the energy run's results.txt, with the accuracy and performance runs beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import attrs

from wattwhat.energy.joules import Joules
from wattwhat.errors import LogError
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.measurement import channel_of, imported, printed
from wattwhat.logs.building.stated_totals import MOST_J, unit_warning
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement
from wattwhat.records.sources import REPEATS

__all__ = ["MlperfTiny"]

_RUNNER = re.compile(r"\d{1,9}\.\d{3} ulp-ml\w{0,20}:")
_NUMBER = r"([\d.]{1,30}(?:e[+-]?\d{1,3})?)"
_MEDIAN = re.compile(rf"Median energy cost is {_NUMBER} uJ/inf")
_PER_INFERENCE = re.compile(rf"Energy/Inf\.\s*:\s*{_NUMBER} uJ/inf")
_INFERENCES = re.compile(r"# Inferences\s*:\s*(\d{1,12})")
_RUNTIME = re.compile(rf"Runtime\s*:\s*{_NUMBER} sec")
_THROUGHPUT = re.compile(rf"Median throughput is\s*{_NUMBER} inf")
_TOP1 = re.compile(rf"Top-1:\s*{_NUMBER}\s*%")
_AUC = re.compile(rf"AUC:\s*{_NUMBER}(?![\d.]*\s*%)")
_WINDOWS_AT_MOST = 10_000
# The runner's list of energy monitors (JouleScope, LPM01A, IO manager) is good to 1 or 2 % (ours).
_MONITOR = Sensor("the benchmark's energy monitor", 0.02, False)


@attrs.define
class _Results:
    """What the lines of one or more results.txt say."""

    median_uj: str = ""
    each_uj: list[float] = attrs.field(factory=list)
    inferences: list[int] = attrs.field(factory=list)
    runtimes_s: list[float] = attrs.field(factory=list)
    throughput: float | None = None
    metrics: dict[str, float] = attrs.field(factory=dict)
    line: int | None = None


class MlperfTiny:
    """The median window: the published median per inference times the inferences of one window."""

    name = "mlperf-tiny"

    def sniff(self, head: Head) -> int:
        """The runner's prefix, or its sentence about the median."""
        if _MEDIAN.search(head.text):
            return 95
        return 85 if any(_RUNNER.match(line) for line in head.lines[:50]) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement of the energy run; the other two alone hold no energy and are refused."""
        results = _Results()
        _gather(source, results)
        if not results.median_uj:
            raise source.error(None, _refusal(head_of(source).text, results))
        for kind in ("accuracy", "performance"):
            other = _beside(source, kind)
            if other is not None:
                _take_over(other, kind, results)
        yield _measurement(source, options, results)


def _refusal(text: str, results: _Results) -> str:
    if results.metrics:
        return (
            "holds the accuracy run's metrics and no energy; read the energy run's results.txt, which takes "
            "them along"
        )
    if results.each_uj:
        return (
            "expected a line 'Median energy cost is ... uJ/inf.': the energy run was not finished or cut off"
        )
    return "holds the performance run and no energy; read the energy run's results.txt"


def _beside(source: Source, kind: str) -> Source | None:
    """The neighbour of another run: ../accuracy/results.txt, or a name that differs in that word."""
    for own in ("energy_results.txt", "enegy_results.txt"):
        sibling = source.sibling(own, f"{kind}_results.txt")
        if sibling is not None:
            return sibling
    return source.relative(f"../{kind}/results.txt")


def _take_over(other: Source, kind: str, results: _Results) -> None:
    read = _Results()
    try:
        _gather(other, read)
    except LogError:
        return
    if kind == "accuracy":
        results.metrics.update(read.metrics)
    else:
        results.throughput = read.throughput or results.throughput


def _gather(source: Source, results: _Results) -> None:
    for line, text in source.lines():
        if median := _MEDIAN.search(text):
            results.median_uj, results.line = median[1], line
        elif (each := _PER_INFERENCE.search(text)) and len(results.each_uj) < _WINDOWS_AT_MOST:
            value = number(each[1])
            results.each_uj += [value] if value is not None else []
        elif (count := _INFERENCES.search(text)) and len(results.inferences) < _WINDOWS_AT_MOST:
            results.inferences.append(int(count[1]))
        elif (runtime := _RUNTIME.search(text)) and len(results.runtimes_s) < _WINDOWS_AT_MOST:
            seconds = number(runtime[1])
            results.runtimes_s += [seconds] if seconds else []
        elif throughput := _THROUGHPUT.search(text):
            results.throughput = number(throughput[1])
        elif (top1 := _TOP1.search(text)) and (share := number(top1[1])) is not None and share <= 100.0:
            results.metrics["accuracy"] = share / 100.0
        elif (auc := _AUC.search(text)) and (area := number(auc[1])) is not None and area <= 1.0:
            results.metrics["auc"] = area


def _measurement(source: Source, options: Options, results: _Results) -> Measurement:
    each = number(results.median_uj)
    alike = len(set(results.inferences)) == 1 and results.inferences[0] > 0
    items = results.inferences[0] if alike else 1
    factor = (options.energy_factor or 1e-6) * items
    if each is None or not each * factor <= MOST_J:
        raise source.error(results.line, f"expected a median energy in uJ, found {results.median_uj!r}")
    energy_j = each * factor
    joules = printed(results.median_uj, energy_j, factor, _MONITOR)
    parts = [*joules.parts]
    n = len(results.each_uj)
    if n > 1:
        # Standard error of a median of n normal values: 1.2533 s / sqrt(n).
        mean = math.fsum(results.each_uj) / n
        spread = math.sqrt(math.fsum((x - mean) ** 2 for x in results.each_uj) / (n - 1))
        parts.append((REPEATS, 1.2533 * spread * factor / math.sqrt(n)))
    runtimes = sorted(results.runtimes_s)
    middle_s = runtimes[len(runtimes) // 2] if runtimes and alike else None
    warnings = [unit] if (unit := unit_warning(options)) else []
    if not alike:
        warnings.append("how many inferences a window has is not known: one inference is given")
    return imported(
        source,
        [
            (
                channel_of(MlperfTiny.name, "device under test", "board", sensor=_MONITOR),
                Joules(energy_j, tuple(parts), joules.warnings),
            )
        ],
        format=MlperfTiny.name,
        duration_s=middle_s,
        items=items,
        metrics=results.metrics,
        warnings=warnings,
        scope="device under test",
        line=results.line,
        windows=n or None,
        throughput_per_s=results.throughput,
    )
