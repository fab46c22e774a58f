"""ML.ENERGY: the leaderboard's task files (v3, JSON) and its CSV of 2023 with its scores, one item each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattwhat.errors import LogError
from wattwhat.logs.building.accuracies import fraction
from wattwhat.logs.building.known_sensors import NVML
from wattwhat.logs.building.row_facts import RowFacts
from wattwhat.logs.building.stated_totals import Totals, short_text, text_of_value
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.parsing.named_rows import named_rows
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["MlEnergy"]

_PER_ITEM = (
    ("energy_per_request_joules", "request"),
    ("energy_per_image_joules", "image"),
    ("energy_per_video_joules", "video"),
    ("energy_per_generation_joules", "generation"),
    ("energy_per_token_joules", "token"),
)
_LEGACY = ("model", "throughput", "response_length", "latency", "energy")
_SCORES = ("model", "arc", "hellaswag", "truthfulqa")
_ROWS_AT_MOST = 200_000


class MlEnergy:
    """Steady-state GPU energy of one request, image or video: ``items`` is 1. There is no accuracy in v3."""

    name = "mlenergy"

    def sniff(self, head: Head) -> int:
        """A list of configurations with joules an item, or the header of 2023."""
        if head.text.lstrip()[:1] == "{":
            keys = ('"configurations"', '"model_id"')
            return 85 if head.has(*keys) and any(f'"{name}"' in head.text for name, _ in _PER_ITEM) else 0
        return 85 if head.cells() == _LEGACY else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a configuration, or a model of 2023."""
        if head_of(source).text.lstrip()[:1] == "{":
            yield from self._tasks(source, options)
        else:
            yield from self._legacy(source, options)

    def _tasks(self, source: Source, options: Options) -> Iterator[Measurement]:
        tree = source.json()
        rows = tree.get("configurations") if isinstance(tree, dict) else None
        if not isinstance(rows, list):
            raise source.error(None, "expected a list of configurations")
        model = next((name for key in ("model_id", "model") if (name := short_text(tree.get(key)))), None)
        facts = RowFacts(options, lambda: map(_cells, rows), (name for name, _ in _PER_ITEM))
        for place, row in enumerate(rows, 1):
            if isinstance(row, dict):
                every = {"model_id": model, "task": short_text(tree.get("task"))}
                yield from self._configuration(source, options, place, {**every, **row}, facts)
            else:
                source.problem(None, f"configuration {place}: expected an object, found {type(row).__name__}")

    def _configuration(
        self,
        source: Source,
        options: Options,
        place: int,
        row: dict[str, Any],
        facts: RowFacts,
    ) -> Iterator[Measurement]:
        totals = Totals(source, options, format=self.name, line=None)
        column, item = next(
            ((name, item) for name, item in _PER_ITEM if row.get(name) is not None), (None, None)
        )
        if column is None:
            source.problem(
                None, f"configuration {place}: expected {_PER_ITEM[0][0]} or another energy of an item"
            )
            return
        gpus = totals.count(row.get("num_gpus"), "num_gpus") or 1.0
        device = short_text(row.get("gpu_model")) or "GPU"
        energy_j = totals.add(
            device, "gpu", row.get(column), "J", NVML, column=column, max_power_w=1500.0 * gpus
        )
        latency, batch = (
            totals.seconds(row.get("batch_latency_s")),
            number(text_of_value(row.get("batch_size"))),
        )
        duration_s = latency / batch if latency and batch and batch >= 1.0 else None
        totals.check_power(energy_j, number(text_of_value(row.get("avg_power_watts"))), duration_s)
        if item == "request":
            totals.warn(
                "the energy of a request is that of a token times the mean output length, by the maker"
            )
        fields = facts.of(totals, _cells(row))
        fields.update(
            label=short_text(row.get("model_id")),
            duration_s=duration_s,
            items=1,
            scope="gpu",
            item=item,
            configuration=place,
            energy_per_token_j=number(text_of_value(row.get("energy_per_token_joules"))),
        )
        yield from totals.measurement(**fields)

    def _legacy(self, source: Source, options: Options) -> Iterator[Measurement]:
        scores = _scores_beside(source)
        for row in named_rows(source, lambda names: names == _LEGACY):
            if not row.whole:
                source.problem(row.line, f"expected {len(row.header)} cells, found {len(row.all_cells)}")
                continue
            totals = Totals(source, options, format=self.name, line=row.line)
            totals.add("GPU", "gpu", row.get("energy"), "J", NVML, column="energy", max_power_w=1500.0 * 8)
            yield from totals.measurement(
                label=short_text(row.get("model")),
                duration_s=totals.seconds(row.get("latency")),
                items=1,
                metrics=scores.get(row.get("model").lower()),
                scope="gpu",
                item="response",
                response_length=number(row.get("response_length")),
            )


def _cells(row: Any) -> dict[str, str]:
    """A configuration as the row of a table; what is no number or text is left out."""
    cells = ((name, text_of_value(value)) for name, value in row.items()) if isinstance(row, dict) else ()
    return {name: cell for name, cell in cells if cell}


def _scores_beside(source: Source) -> dict[str, dict[str, float]]:
    """The percentages of score.csv, which the same repository keeps beside it."""
    other = source.relative("score.csv")
    scores: dict[str, dict[str, float]] = {}
    if other is None:
        return scores
    try:
        for row in named_rows(other, lambda names: names == _SCORES):
            if not row.whole:
                continue  # of whom an accuracy is would be a guess
            shares = {name: fraction(row.get(name), percent=True) for name in _SCORES[1:]}
            scores[row.get("model").lower()] = {
                name: share for name, share in shares.items() if share is not None
            }
            if len(scores) > _ROWS_AT_MOST:
                break
    except LogError:
        return {}
    return scores
