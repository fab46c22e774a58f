"""Scrapes of exporters in Prometheus' text format: DCGM, Kepler, node exporter, scaphandre, any by name."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import attrs

from wattwhat.errors import Remedy
from wattwhat.logs.building.counter_series import CounterSeries
from wattwhat.logs.building.power_trace import Trace
from wattwhat.logs.parsing.cells import Stamp
from wattwhat.logs.parsing.exposition import Sample, samples
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.readers.prometheus_metrics import Known, is_energy, is_share, known, named
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["PrometheusText"]

_OURS = re.compile(
    r"^\s*(?:DCGM_FI_DEV_(?:POWER_USAGE|TOTAL_ENERGY_CONSUMPTION)|kepler_node_\w{1,60}_(?:joules_total|watts)"
    r"|node_rapl_\w{1,20}_joules_total|scaph_(?:host|socket)_\w{1,30}|nvidia_smi_power_draw_watts)[\s{]",
    re.MULTILINE,
)
_TYPED = re.compile(r"^# (?:TYPE|HELP) \w", re.MULTILINE)
# Of two exporters that measure one thing the first counts.
_ORDER = (
    "dcgm energy", "kepler energy of GPUs", "dcgm power", "nvidia-smi power",
    "kepler energy", "node exporter energy", "scaphandre energy", "kepler power", "scaphandre power",
)  # fmt: skip
_NAMES_AT_MOST = 30


class PrometheusText:
    """Node and GPU energy between the first and the last scrape of a file; scope: gpu, node or both.

    A counter since boot needs two scrapes. Processes, containers and pods are shares of the node and left
    out; the instances of a divided GPU (MIG) repeat its counter and count once. The option ``metric`` names a
    metric of any other exporter, whose name must end in its unit.
    """

    name = "prometheus"

    def sniff(self, head: Head) -> int:
        """A known energy metric, or the lines above any metric."""
        if _OURS.search(head.text):
            return 85
        return 30 if _TYPED.search(head.text) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement of the counters; where there are gauges only, one of each exporter."""
        chosen = options.more.get("metric")
        scrapes = _Scrapes(source, options)
        for sample in samples(source):
            if chosen is not None:
                what = named(sample.name, sample.labels) if sample.name == str(chosen) else None
            else:
                what = known(sample.name, sample.labels)
            if what is None:
                scrapes.pass_over(sample.name)
            elif math.isnan(sample.value):
                source.problem(
                    sample.line, f"expected a number for {sample.name}, found NaN: it had none then"
                )
            else:
                scrapes.take(sample, what)
        yield from scrapes.measurements()


@attrs.define
class _Family:
    """What one exporter says of one kind of thing."""

    counters: CounterSeries
    trace: Trace
    known: dict[str, Known] = attrs.field(factory=dict)
    last: dict[str, tuple[int, float | None]] = attrs.field(factory=dict)

    @property
    def kind(self) -> str:
        return next(iter(self.known.values())).kind


class _Scrapes:
    def __init__(self, source: Source, options: Options) -> None:
        self._source, self._options = source, options
        self._families: dict[str, _Family] = {}
        self._others: dict[str, None] = {}
        self._warnings: dict[str, None] = {}
        self._timeless = False
        self._scrapes = 0

    def _warn(self, sentence: str) -> None:
        self._warnings[sentence] = None

    def pass_over(self, name: str) -> None:
        """A metric that is not taken: a share is said, another energy is remembered for the message."""
        if is_share(name):
            self._warnings[
                "shares of containers, pods, processes or modes were left out: the node holds them"
            ] = None
        elif is_energy(name) and len(self._others) < _NAMES_AT_MOST:
            self._others[name] = None

    def take(self, sample: Sample, what: Known) -> None:
        family = self._families.get(what.family)
        if family is None:
            source, options, name = self._source, self._options, PrometheusText.name
            family = self._families[what.family] = _Family(
                CounterSeries(source, name, what.sensor),
                Trace(source, options, format=name, sensor=what.sensor, component=what.component),
            )
        device = f"{what.device} of {what.host}" if what.host else what.device
        family.known[device] = what
        here = (sample.scrape, sample.at.t_s if sample.at else None)
        if what.family.startswith("dcgm") and family.last.get(device) == here:
            if "GPU_I_ID" in sample.labels:
                self._warnings["the instances of a divided GPU (MIG) repeat its reading: it counts once"] = (
                    None
                )
            return
        family.last[device] = here
        self._scrapes = max(self._scrapes, sample.scrape)
        value = sample.value * what.factor
        if value < 0.0:
            self._source.problem(sample.line, f"expected {sample.name} of 0 or more, found {sample.value:g}")
        elif what.quantity == "counter":
            self._timeless = self._timeless or self._at(sample) is None
            family.counters.add(
                device,
                what.component,
                self._at(sample),
                value * (self._options.energy_factor or what.factor) / what.factor,
                sample.line,
                series=what.series,
                sensor=what.sensor,
                host=what.host,
            )
        else:
            self._sample(family, device, sample, what, value)

    def _at(self, sample: Sample) -> Stamp | None:
        interval_s = self._options.interval_s
        if sample.at is not None or interval_s is None:
            return sample.at
        return Stamp(sample.scrape * interval_s, "elapsed", 0.1 * interval_s)

    def _sample(self, family: _Family, device: str, sample: Sample, what: Known, value: float) -> None:
        family.trace.channel(device, component=what.component, host=what.host, sensor=what.sensor)
        at = self._at(sample)
        if at is None:
            self._timeless = True
            return
        value *= (self._options.power_factor or what.factor) / what.factor
        family.trace.add(device, family.trace.clock(at), value, sample.line)

    def measurements(self) -> Iterator[Measurement]:
        if not self._families:
            others = ", ".join(self._others)
            raise self._source.error(
                None,
                "expected an energy of DCGM, Kepler, the node exporter or scaphandre"
                + (f", found {others[:400]}" if others else ", found none"),
                Remedy("choose one with {metric}", metric="...") if others else "",
            )
        order = [name for name in (*_ORDER, *self._families) if name in self._families]
        counted = self._first(name for name in order if self._families[name].counters)
        if counted:
            yield from self._counted(counted)
        else:
            yield from self._sampled(order)

    def _first(self, names: Iterator[str]) -> list[str]:
        """The first family of each kind of thing; the others measure the same and are said."""
        best: dict[str, str] = {}
        for name in names:
            if name in best.values():
                continue
            first = best.setdefault(self._families[name].kind, name)
            if first != name:
                self._warn(f"{name} was left out: {first} measures the same")
        return list(best.values())

    def _counted(self, names: list[str]) -> Iterator[Measurement]:
        whole = self._families[names[0]].counters
        devices: dict[str, Known] = {}
        for name in names:
            if name != names[0]:
                whole.absorb(self._families[name].counters)
            devices.update(self._families[name].known)
        for device, what in devices.items():
            parts = [
                part for part, one in devices.items() if what.device in one.inside and one.host == what.host
            ]
            whole.contain(device, *parts)
        if self._timeless:
            self._warn("the scrapes have no times, so u holds nothing for the age of their values")
        yield from whole.measurements(
            warnings=tuple(self._warnings), zone=self._options.timezone, scope=self._scope(names)
        )

    def _sampled(self, order: list[str]) -> Iterator[Measurement]:
        gauges = [name for name in order if self._is_gauge(name)]
        if not gauges or (self._timeless and not self._scrapes):
            raise self._source.error(
                None, "holds one scrape: a power needs a time and a counter a second one, after the work"
            )
        if self._timeless:
            self._families[gauges[0]].trace.interval_s(", or a line with the time before each scrape")
        for name in self._first(iter(gauges)):
            trace = self._families[name].trace
            for sentence in self._warnings:
                trace.warn(sentence)
            label = f"{self._source.stem} ({name})" if len(gauges) > 1 else None
            yield from trace.measurements(label=label, scope=self._scope([name]))

    def _is_gauge(self, name: str) -> bool:
        return any(one.quantity == "gauge" for one in self._families[name].known.values())

    def _scope(self, names: list[str]) -> str:
        return " and ".join(dict.fromkeys(self._families[name].kind for name in names))
