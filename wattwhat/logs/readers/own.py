"""wattwhat's own JSON Lines: every line is a Measurement and comes back as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.logs.parsing.json_stream import first_keys, values
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.jsonl import run_of
from wattwhat.records.measurement import Measurement

__all__ = ["OwnReader"]

_FIELDS = frozenset(field.name.lstrip("_") for field in attrs.fields(Measurement)) | {
    "schema",
    "warning_codes",
}
# Of these, the names that other tools hardly give to the parts of what they write.
_TELLING = frozenset(
    {"schema", "energy_j", "provenance", "budget", "idle_power_w", "duration_s", "started_at"}
)


# How every line begins that `Measurement.to_json` writes.
_DAMAGED = re.compile(r'\{"schema": ?[12], ?"label": ?"')


class OwnReader:
    """Measurements that wattwhat wrote; their provenance stays what it was."""

    name = "wattwhat"

    def sniff(self, head: Head) -> int:
        """Our schema version, an energy and a provenance in the first object, in whatever order."""
        if isinstance(head.json, dict) and {"schema", "energy_j", "provenance", "label"} <= head.json.keys():
            return 100
        if _DAMAGED.search(head.text):  # the first line is hurt, or what stands before it is none of ours
            return 60
        if head.complete or not head.is_json or isinstance(head.json, dict):
            return 0
        # The first line is longer than the head; what stands late in it has to be taken on trust.
        seen = first_keys(head.text).keys()
        if len(seen & _FIELDS) > 1 and seen & _TELLING:
            return 90 if seen <= _FIELDS or "schema" in seen else 0
        return 20 if seen and seen <= _FIELDS else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a line; of a journal the latest line of each run, which holds the others."""
        runs: dict[str, Measurement] = {}
        for measurement in self._lines(source):
            run = run_of(measurement)
            if run is None:
                yield measurement
            else:
                runs[run] = measurement
        yield from runs.values()

    def _lines(self, source: Source) -> Iterator[Measurement]:
        for line, value in values(source):
            unknown = _unknown_metrics(value)
            if unknown:
                text = f"{' and '.join(unknown)} NaN or infinite, so left out of the metrics"
                source.problem(line, f"expected finite metrics, but {text}")
                value = {
                    **value,
                    "metrics": {k: v for k, v in value["metrics"].items() if k not in unknown},
                    "warnings": [*_list(value.get("warnings")), text],
                }
            try:
                yield Measurement.from_dict(value)
            except (ArgumentError, ValueError, TypeError, AttributeError) as err:
                source.problem(line, f"expected one Measurement as wattwhat writes it, but {err}")


def _unknown_metrics(value: Any) -> list[str]:
    """Metrics that json takes for numbers and that say nothing; the energy beside them is no worse."""
    metrics = value.get("metrics") if isinstance(value, dict) else None
    if not isinstance(metrics, dict):
        return []
    return [name for name, number in metrics.items() if isinstance(number, float) and not isfinite(number)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
