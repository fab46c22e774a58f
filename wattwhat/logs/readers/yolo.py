"""Results of a YOLO compression benchmark: kWh by variant with mean average precisions, in one object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattwhat.logs.building.accuracies import fraction
from wattwhat.logs.building.stated_totals import Totals, short_text, text_of_value
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.readers.codecarbon_runs import CODECARBON_CPU
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["YoloResults"]

_KEYS = {"total_energy", "avg_energy", "total_emissions", "avg_emissions"}


class YoloResults:
    """Its energies are codecarbon's kWh; images are the total by the mean of one."""

    name = "yolo-results"

    def sniff(self, head: Head) -> int:
        """A variant with all of its keys."""
        return 85 if isinstance(head.json, dict) and "model" in head.json and _variants(head.json) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a variant (base model, precisions)."""
        tree = source.json(max_mb=16.0)
        for name, variant in _variants(tree).items():
            totals = Totals(source, options, format=self.name, line=None)
            energy_j = totals.add(
                "total", "host", variant["total_energy"], "kWh", CODECARBON_CPU, column=f"{name} total_energy"
            )
            total, mean = (number(text_of_value(variant[key])) for key in ("total_energy", "avg_energy"))
            images = total / mean if total and mean and total > 0.0 and 1.0 <= total / mean <= 1e12 else None
            rate = number(text_of_value(variant.get("fps_gpu")))
            if energy_j and images and rate and rate > 0.0:
                mean_w = energy_j / images * rate
                if not 0.1 <= mean_w <= 20_000.0:
                    totals.warn(
                        f"energy by image times images by second is {mean_w:.3g} W, which is not plausible"
                    )
            yield from totals.measurement(
                label=f"{short_text(tree.get('model')) or source.stem} {name}"[:200],
                items=round(images) if images and abs(images - round(images)) < 1e-6 * images else images,
                metrics=_metrics(variant),
                model=short_text(tree.get("model")),
                variant=name[:60],
                images_per_s=rate,
            )


def _variants(tree: Any) -> dict[str, dict[str, Any]]:
    items = tree.items() if isinstance(tree, dict) else ()
    return {name: value for name, value in items if isinstance(value, dict) and value.keys() >= _KEYS}


def _metrics(variant: dict[str, Any]) -> dict[str, float]:
    shares = {
        "map50": fraction(variant.get("map50"), percent=False),
        "map50_95": fraction(variant.get("map5095"), percent=False),
    }
    return {name: share for name, share in shares.items() if share is not None}
