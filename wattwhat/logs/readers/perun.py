"""perun's report as text and its tree as JSON: one Measurement a run, hosts added and their sum left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.stated_totals import Totals, short_text, text_of_value
from wattwhat.logs.parsing.cells import is_missing, number
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Perun"]

_SENSOR = Sensor(
    "perun's energy (sensors of CPU, GPU, DRAM and others, as far as the host has them)", 0.05, False
)
_RUN_TYPES = (3, "3", "run", "RUN", "Run")
_MAGNITUDES = {
    "p": 1e-12,
    "n": 1e-9,
    "µ": 1e-6,
    "μ": 1e-6,
    "u": 1e-6,
    "m": 1e-3,
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
}
_QUANTITY = re.compile(r"(-?[\d.]{1,40}(?:e[+-]?\d{1,3})?)\s+([pnµμumkMGT]?)([JsW])")
_NODES_AT_MOST = 1_000_000


class Perun:
    """The row ``All`` of the report and the statistics of several runs are sums, and not added again."""

    name = "perun"

    def sniff(self, head: Head) -> int:
        """Its title and table, or a node of its tree."""
        if head.text.lstrip()[:1] == "{":
            node = head.json
            if isinstance(node, dict):
                return 90 if {"id", "type", "nodes", "metrics"} <= node.keys() else 0
            return 70 if head.has('"metric_md"', '"nodes"', '"metrics"', '"mag"') else 0
        return 90 if any(_columns(line) for line in head.lines[:400]) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a run (of the text: a round)."""
        if head_of(source).text.lstrip()[:1] == "{":
            yield from self._tree(source, options)
        else:
            yield from self._report(source, options)

    def _report(self, source: Source, options: Options) -> Iterator[Measurement]:
        columns: dict[str, int] | None = None
        rounds: dict[str, dict[str, tuple[int, list[str]]]] = {}
        app = run_id = None
        for line, text in source.lines():
            if text.startswith("App name:"):
                app = short_text(text.partition(":")[2])
            elif text.startswith("RUN ID:"):
                run_id = short_text(text.partition(":")[2])
            if not text.lstrip().startswith("|"):
                columns = None if not text.strip() else columns
                continue
            cells = [cell.strip() for cell in text.strip().strip("|").split("|")]
            of_header = _columns(text)
            if of_header is not None:
                columns = of_header
            elif columns is not None and not set(text) <= set("|:- \t"):
                if len(cells) <= max(columns.values()):
                    source.problem(
                        line, f"expected {len(columns)} cells of perun's table, found {text!r:.80}"
                    )
                    continue
                hosts = rounds.setdefault(cells[columns["round"]], {})
                hosts.setdefault(
                    cells[columns["host"]], (line, [cells[columns["energy"]], cells[columns["runtime"]]])
                )
        for number_of, hosts in rounds.items():
            yield from self._round(source, options, f"{app or source.stem} {number_of}", hosts, run_id)

    def _round(
        self,
        source: Source,
        options: Options,
        label: str,
        hosts: dict[str, tuple[int, list[str]]],
        run_id: str | None,
    ) -> Iterator[Measurement]:
        all_hosts = hosts.get("All")
        own = {name: row for name, row in hosts.items() if name != "All"} or hosts
        totals = Totals(source, options, format=self.name, line=next(iter(own.values()))[0])
        runtimes = []
        for host, (line, (energy, runtime)) in own.items():
            _add(totals, host, energy, options)
            seconds = _QUANTITY.fullmatch(runtime)
            runtimes.append(number(seconds[1]) if seconds and seconds[3] == "s" else None)
            if seconds is None and not is_missing(runtime):
                totals.warn(f"line {line}: expected a run time in s, found {runtime!r:.40}")
        stated = _joules(all_hosts[1][0]) if all_hosts else None
        if (
            stated
            and own is not hosts
            and abs(stated - totals.sum_j) > 0.01 * stated
            and not options.energy_unit
        ):
            totals.warn(f"the row All says {stated:.6g} J, the hosts together {totals.sum_j:.6g} J")
        known = [seconds for seconds in runtimes if seconds]
        yield from totals.measurement(
            label=short_text(label),
            duration_s=max(known, default=None),
            scope="host",
            run_id=run_id,
            hosts=len(own),
        )

    def _tree(self, source: Source, options: Options) -> Iterator[Measurement]:
        tree = source.json()
        app = short_text(tree.get("id")) if isinstance(tree, dict) else None
        count = 0
        for run in _runs(source, tree):
            count += 1
            label = f"{app or source.stem} {short_text(run.get('id')) or count}"
            totals = Totals(source, options, format=self.name, line=None)
            hosts = [node for node in _children(run) if _metric(node, "energy")]
            for node in hosts or [run]:
                energy = _metric(node, "energy") or {}
                factor = _factor(energy)
                if factor is None:
                    totals.spoil("expected an energy with its unit J and a magnitude")
                    continue
                host = short_text(node.get("id")) or "host"
                factor = options.energy_factor or factor
                totals.add(host, "host", energy.get("value"), "J", _SENSOR, factor=factor, column="energy")
            runtime, power = _metric(run, "runtime"), _metric(run, "power")
            duration_s = totals.seconds(runtime.get("value"), column="runtime") if runtime else None
            totals.check_power(totals.sum_j, _watts(power), duration_s)
            yield from totals.measurement(
                label=short_text(label),
                duration_s=duration_s,
                scope="host",
                hosts=len(hosts) or None,
            )
        if not count:
            raise source.error(
                None, "holds no run with an energy; export perun's processed data (perun export)"
            )


def _columns(text: str) -> dict[str, int] | None:
    """Places of the columns that are used, if this is the header of the table of hosts."""
    if not text.lstrip().startswith("|"):
        return None
    names = [cell.strip().lower() for cell in text.strip().strip("|").split("|")]
    if "host" not in names or "energy" not in names or "runtime" not in names:
        return None
    first = next((k for k, name in enumerate(names) if name.startswith("round")), 0)
    return {
        "round": first,
        "host": names.index("host"),
        "energy": names.index("energy"),
        "runtime": names.index("runtime"),
    }


def _add(totals: Totals, host: str, cell: str, options: Options) -> None:
    match = _QUANTITY.fullmatch(cell)
    if match is None and not is_missing(cell):
        totals.spoil(f"expected an energy like 960.506 kJ, found {cell!r:.40}")
    elif match is None or match[3] != "J":
        totals.add(host, "host", "", "J", _SENSOR)
    else:
        factor = options.energy_factor or _MAGNITUDES[match[2]]
        totals.add(host, "host", match[1], "J", _SENSOR, factor=factor, rounded=True)


def _joules(cell: str) -> float | None:
    match = _QUANTITY.fullmatch(cell)
    value = number(match[1]) if match else None
    return None if value is None or match is None else value * _MAGNITUDES[match[2]]


def _runs(source: Source, tree: Any) -> Iterator[dict[str, Any]]:
    """Nodes of single runs, wherever they are in the tree."""
    todo, seen = [tree], 0
    while todo:
        node = todo.pop(0) if len(todo) < 1000 else todo.pop()
        seen += 1
        if seen > _NODES_AT_MOST:
            raise source.error(None, f"expected at most {_NODES_AT_MOST} nodes in perun's tree")
        if not isinstance(node, dict):
            continue
        if node.get("type") in _RUN_TYPES and _metric(node, "energy"):
            yield node
        else:
            todo.extend(_children(node))


def _children(node: Any) -> list[Any]:
    """A node's children: a mapping, which some versions put into a list of one."""
    nodes = node.get("nodes") if isinstance(node, dict) else None
    maps = nodes if isinstance(nodes, list) else [nodes]
    return [child for of in maps if isinstance(of, dict) for child in of.values() if isinstance(child, dict)]


def _metric(node: Any, name: str) -> dict[str, Any] | None:
    metrics = node.get("metrics") if isinstance(node, dict) else None
    metric = metrics.get(name) if isinstance(metrics, dict) else None
    return metric if isinstance(metric, dict) and not is_missing(text_of_value(metric.get("value"))) else None


def _watts(metric: dict[str, Any] | None) -> float | None:
    value = number(text_of_value(metric.get("value"))) if metric else None
    factor = _factor(metric, "W") if metric else None
    return None if value is None or factor is None else value * factor


def _factor(metric: dict[str, Any], unit: str = "J") -> float | None:
    """J (or W) per unit: perun always writes unit and magnitude."""
    about = metric.get("metric_md")
    if not isinstance(about, dict) or about.get("unit") != unit:
        return None
    magnitude = number(text_of_value(about.get("mag")))
    return magnitude if magnitude is not None and 1e-12 <= magnitude <= 1e12 else None
