"""optimum-benchmark's report: energy by phase; inference is summed without loading the model and the data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattwhat.errors import Remedy
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.stated_totals import Totals, short_text, text_of_value
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.readers.codecarbon_runs import CODECARBON_CPU, CODECARBON_GPU, CODECARBON_RAM
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["OptimumBenchmark"]

# Phases that are the work itself. "overall" of a training holds "warmup" and "train"; per_token lies in
# decode.
_WORK = ("prefill", "decode", "forward", "call", "train")
_AROUND = (
    "load_dataset",
    "preprocess_dataset",
    "load_model",
    "load",
    "overall",
    "warmup",
    "per_token",
    "generate",
)
_PARTS: tuple[tuple[str, str, str, Sensor], ...] = (
    ("cpu", "cpu", "CPU", CODECARBON_CPU),
    ("gpu", "gpu", "GPU", CODECARBON_GPU),
    ("ram", "dram", "RAM", CODECARBON_RAM),
)
_UNITS = {"kWh": "kWh", "Wh": "Wh", "J": "J", "kwh": "kWh", "wh": "Wh", "joules": "J"}


class OptimumBenchmark:
    """One Measurement of the work: the sum of prefill and decode, or of forward, call or train.

    Every phase's joules, those of loading and preprocessing too, are in ``details["phases_j"]``. The option
    ``phases`` (names between commas) chooses other phases.
    """

    name = "optimum-benchmark"

    def sniff(self, head: Head) -> int:
        """A phase with an energy and its unit, in benchmark_report.json or inside benchmark.json."""
        if head.text.lstrip()[:1] != "{":
            return 0
        if isinstance(head.json, dict):
            return 90 if _phases(head.json) else 0
        return 60 if head.has('"energy"', '"efficiency"', '"throughput"', '"latency"') else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement."""
        tree = source.json(max_mb=16.0)
        phases = _phases(tree)
        if not phases:
            raise source.error(None, "expected phases with an energy, but the energy of every phase is null")
        chosen = _chosen(phases, options.more.get("phases"))
        if not chosen:
            raise source.error(
                None,
                f"none of the phases ({', '.join(list(phases)[:12])}) is known to be the work itself",
                Remedy("choose with {phases}", phases="name,name"),
            )
        yield from self._measurement(source, options, tree, phases, chosen)

    def _measurement(
        self,
        source: Source,
        options: Options,
        tree: dict[str, Any],
        phases: dict[str, dict[str, Any]],
        chosen: list[str],
    ) -> Iterator[Measurement]:
        totals = Totals(source, options, format=self.name, line=None)
        sums_j: dict[str, float] = {}
        for name in chosen:
            _add_phase(totals, name, phases[name]["energy"], source)
        for name, phase in phases.items():
            value, unit = number(text_of_value(phase["energy"].get("total"))), _unit(phase["energy"])
            if value is not None and unit is not None:
                sums_j[name[:60]] = value * {"kWh": 3.6e6, "Wh": 3.6e3, "J": 1.0}[unit]
        left = [name for name in phases if name not in chosen and name not in _AROUND]
        if left:
            totals.warn(f"phases {', '.join(left)[:200]} are not known here and were not added")
        latencies = [_latency_s(phases[name]) for name in chosen]
        config = tree.get("config")
        yield from totals.measurement(
            label=_model(config),
            duration_s=sum(known) if len(known := [s for s in latencies if s]) == len(chosen) else None,
            items=_items(phases, chosen, "samples", "images") or None,
            scope=None,
            phases=chosen,
            phases_j=sums_j,
            tokens=_items(phases, chosen, "tokens"),
        )


def _phases(tree: Any) -> dict[str, dict[str, Any]]:
    """Phases that have an energy."""
    if not isinstance(tree, dict):
        return {}
    report = tree.get("report") if isinstance(tree.get("report"), dict) else tree
    phases: dict[str, dict[str, Any]] = {}
    for name, phase in report.items() if isinstance(report, dict) else ():
        energy = phase.get("energy") if isinstance(phase, dict) else None
        if isinstance(energy, dict) and "unit" in energy and {"total", "gpu", "cpu"} & energy.keys():
            phases[name] = phase
    return phases


def _chosen(phases: dict[str, dict[str, Any]], wanted: Any) -> list[str]:
    if wanted is None:
        return [name for name in _WORK if name in phases]
    names = wanted.split(",") if isinstance(wanted, str) else list(wanted)
    return [name.strip() for name in names if name.strip() in phases]


def _unit(energy: dict[str, Any]) -> str | None:
    return _UNITS.get(text_of_value(energy.get("unit")))


def _add_phase(totals: Totals, phase: str, energy: dict[str, Any], source: Source) -> None:
    """CPU, GPU and RAM of a phase where they are there, else its total."""
    unit = _unit(energy)
    if unit is None:
        totals.spoil(
            f"{phase}: expected an energy in kWh, Wh or J, found the unit {energy.get('unit')!r:.20}"
        )
        return
    parts = [part for part in _PARTS if number(text_of_value(energy.get(part[0]))) is not None]
    total = number(text_of_value(energy.get("total")))
    summed = sum(number(text_of_value(energy.get(key))) or 0.0 for key, _, _, _ in parts)
    if parts and (total is None or abs(summed - total) <= 1e-6 * abs(total) + 1e-15):
        for key, component, device, sensor in parts:
            if number(text_of_value(energy.get(key))):
                fields: dict[str, Any] = {"max_power_w": 15_000.0} if key == "gpu" else {}
                totals.add(
                    device,
                    component,
                    energy.get(key),
                    unit,
                    sensor,
                    column=f"{phase} {key}",
                    part=phase,
                    **fields,
                )
        return
    totals.add(
        "total", "host", energy.get("total"), unit, CODECARBON_CPU, column=f"{phase} total", part=phase
    )


def _latency_s(phase: dict[str, Any]) -> float | None:
    latency = phase.get("latency")
    if not isinstance(latency, dict) or latency.get("unit") != "s":
        return None
    value = number(text_of_value(latency.get("total")))
    return value if value is not None and 0.0 < value < 1e10 else None


def _items(phases: dict[str, dict[str, Any]], chosen: list[str], *units: str) -> float | None:
    """Items of a phase: the efficiency is items by energy, so their product gives the count back."""
    for name in chosen:
        efficiency = phases[name].get("efficiency")
        energy = phases[name]["energy"]
        if not isinstance(efficiency, dict):
            continue
        what, _, per = text_of_value(efficiency.get("unit")).partition("/")
        value, total = (
            number(text_of_value(efficiency.get("value"))),
            number(text_of_value(energy.get("total"))),
        )
        if what in units and per == energy.get("unit") and value and total and 0.0 < value * total < 1e15:
            count = value * total
            return float(round(count)) if abs(count - round(count)) < 1e-3 and round(count) else count
    return None


def _model(config: Any) -> str | None:
    backend = config.get("backend") if isinstance(config, dict) else None
    return short_text(backend.get("model")) if isinstance(backend, dict) else None
