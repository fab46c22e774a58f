"""AI Energy Score: the leaderboard's CSV, the batch runner's results CSV and GPU_ENERGY_SUMMARY.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.row_facts import RowFacts
from wattwhat.logs.building.stated_totals import Totals, short_text, text_of_value
from wattwhat.logs.parsing.cells import number, stamp, utc
from wattwhat.logs.parsing.named_rows import NamedRow, named_rows
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["AiEnergyScore"]

_RUN, _PUBLISHED = {"model_name", "gpu_energy_wh"}, {"model", "total_gpu_energy"}
_OWN = ("gpu_energy_wh", "total_gpu_energy", "energy_score", "successful_prompts", "failed_prompts",
        "total_duration_seconds", "avg_energy_per_prompt_wh", "error_message")  # fmt: skip
_SENSOR = Sensor("the benchmark's GPU energy", 0.05, False)
# How many GPUs there are is not in the file: what a whole host draws at most (ours).
_MANY_GPUS_W = 15_000.0
_LOADING = ("load_model_wh", "load_dataset_wh")


class AiEnergyScore:
    """Scope: the GPUs. A run that failed has no energy, and is a problem of its row."""

    name = "ai-energy-score"

    def sniff(self, head: Head) -> int:
        """Its columns, or a total in Wh with phases in Wh."""
        if isinstance(head.json, dict):
            return 85 if _is_summary(head.json) else 0
        return 95 if _is_header(head.cells()) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a run of a model."""
        if head_of(source).text.lstrip()[:1] == "{":
            yield from self._summary(source, options)
            return
        ahead = source.ahead()
        facts = RowFacts(options, lambda: (row.cells for row in named_rows(ahead, _is_header)), _OWN)
        for row in named_rows(source, _is_header):
            if not row.whole:
                source.problem(row.line, f"expected {len(row.header)} cells, found {len(row.all_cells)}")
            elif "total_gpu_energy" in row.cells:
                yield from self._published(source, options, row, facts)
            else:
                yield from self._row(source, options, row, facts)

    def _published(
        self, source: Source, options: Options, row: NamedRow, facts: RowFacts
    ) -> Iterator[Measurement]:
        """A row of the leaderboard: kWh of 1,000 queries, as the project's own page converts them."""
        totals = Totals(source, options, format=self.name, line=row.line)
        how: Any = {"max_power_w": _MANY_GPUS_W, "column": "total_gpu_energy"}
        totals.add("GPUs", "gpu", row.get("total_gpu_energy"), "kWh", _SENSOR, **how)
        yield from totals.measurement(
            **{
                **facts.of(totals, row.cells),
                "label": short_text(row.get("model")),
                "items": 1000,
                "item": "query",
                "scope": "gpu",
                "published_stars": number(row.get("energy_score")),
            }
        )

    def _row(self, source: Source, options: Options, row: NamedRow, facts: RowFacts) -> Iterator[Measurement]:
        energy, error = number(row.get("gpu_energy_wh")), short_text(row.get("error_message"))
        if not energy:
            why = error or "the run failed, or its GPU gave no energy"
            source.problem(row.line, f"expected gpu_energy_wh, found {row.get('gpu_energy_wh')!r:.40}: {why}")
            return
        totals = Totals(source, options, format=self.name, line=row.line)
        energy_j = totals.add(
            "GPUs", "gpu", row.get("gpu_energy_wh"), "Wh", _SENSOR, max_power_w=_MANY_GPUS_W, rounded=True
        )
        items = totals.count(row.get("successful_prompts"), "successful_prompts")
        failed = totals.count(row.get("failed_prompts"), "failed_prompts")
        if failed:
            totals.warn(
                f"{failed:g} prompts failed; their energy is in the sum, and they are not among the items"
            )
        each = number(row.get("avg_energy_per_prompt_wh"))
        if each and items and energy_j and options.energy_unit is None:
            ratio = energy_j / 3600.0 / items / each
            if not 0.98 <= ratio <= 1.02:
                totals.warn(f"energy by prompt is {ratio:.3g} times the file's avg_energy_per_prompt_wh")
        model, state = short_text(row.get("model_name")), short_text(row.get("reasoning_state"))
        fields = facts.of(totals, row.cells)
        fields.update(
            label=model if not state or state.lower() in ("off", "none") else f"{model} {state}",
            duration_s=totals.seconds(row.get("total_duration_seconds")),
            items=items,
            warnings=[f"the tool noted: {error}"] if error else [],
            scope="gpu",
            reasoning_state=state,
            model_class=short_text(row.get("model_class")),
            tokens=number(row.get("total_tokens")),
            written_at=_iso(row, options),
        )
        yield from totals.measurement(**fields)

    def _summary(self, source: Source, options: Options) -> Iterator[Measurement]:
        tree = source.json(max_mb=16.0)
        if not isinstance(tree, dict) or not _is_summary(tree):
            raise source.error(None, "expected units 'Wh' and a total, as the benchmark's summary has them")
        totals = Totals(source, options, format=self.name, line=None)
        source.relative("GPU_ENERGY_WH.txt")  # the same total once more, as a bare number
        phases = {
            name[:-3][:60]: wh
            for name in tree
            if name.endswith("_wh") and (wh := number(text_of_value(tree[name]))) is not None
        }
        loading = sum(number(text_of_value(tree.get(name))) or 0.0 for name in _LOADING)
        if loading:
            totals.warn(
                f"the total includes {loading:g} Wh of loading, which is no inference; it was not removed"
            )
        totals.add(
            "GPUs",
            "gpu",
            tree.get("total"),
            "Wh",
            _SENSOR,
            max_power_w=_MANY_GPUS_W,
            column="total",
            rounded=True,
        )
        yield from totals.measurement(scope="gpu", phases_wh=phases)


def _is_header(names: tuple[str, ...]) -> bool:
    return set(names) >= _RUN or set(names) >= _PUBLISHED


def _is_summary(tree: dict[str, object]) -> bool:
    return tree.get("units") == "Wh" and "total" in tree and any(name.endswith("_wh") for name in tree)


def _iso(row: NamedRow, options: Options) -> str | None:
    moment = stamp(row.get("timestamp"))
    at = utc(moment, options.timezone) if moment is not None else None
    return at.isoformat() if at is not None else short_text(row.get("timestamp"))
