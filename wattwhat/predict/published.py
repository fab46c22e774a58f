"""Fits on public populations for the devices they were measured on: coefficients, source, error left out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from wattwhat.predict.loglinear import LogLinear, LogNormal
from wattwhat.predict.own_study import outside
from wattwhat.predict.prediction import Case, Prediction
from wattwhat.predict.ways import Way

__all__ = ["Published", "shipped_fits"]

_FILE = files("wattwhat.predict") / "published.json"
# Getzner and others, arXiv 2304.00897, recomputed from their data on a Xeon Gold 5120: whole AlexNet took
# 1.98e-9 J/MAC (1.58 to 2.43), VGG 2.24e-9, convolutions alone 1.755e-9 and linear layers 1.817e-9.
_GETZNER_J_PER_MAC = 2.0e-9
_GETZNER_SD = 0.25


@lru_cache(maxsize=1)
def shipped_fits() -> tuple[Mapping[str, Any], ...]:
    """The fits that come with the library, as the file has them.

    Example:
        >>> sorted(shipped_fits()[0])
        ['device', 'environment', 'fit', 'left_out_rms', 'precision', 'rows', 'runtime', 'scope', 'source']
    """
    return tuple(json.loads(_FILE.read_text(encoding="utf-8")))


class Published(Way):
    """Log-linear fits of image classifiers, and layers on a CPU, for the devices they were measured on."""

    name = "published"
    source = "fits on public measurements"

    def predict(self, case: Case) -> Prediction | None:
        """Joules of one item; None for a device, or a kind of network, that no public population has."""
        if case.precision != "fp32":
            return None
        if case.device.name == "Xeon Gold 5120":
            return _layers(case)
        if not case.counts.activations_conv:
            return None  # all of the populations are convolutional networks
        entry = _entry(case)
        if entry is None:
            return None
        fit = LogLinear.from_dict(entry["fit"])
        notes = [outside(name, times) for name, times in fit.beyond(case.covariates).items()]
        if entry["runtime"] != case.runtime:
            notes.append(f"the population was run by {entry['environment']}, not by {case.runtime}")
        if case.items != _STREP_BATCH:
            notes.append(f"the population was run in batches of {_STREP_BATCH}, not of {case.items}")
        return Prediction(
            energy=_other_batch(fit.predict(case.covariates), case.items),
            way=self.name,
            source=entry["source"],
            scope=entry["scope"],
            rests_on=(
                f"{entry['rows']} image classifiers on {case.device.name} ({entry['environment']}): "
                f"rms of ln E with each model left out {entry['left_out_rms']:.2f}",
            ),
            notes=tuple(notes),
        )


_STREP_BATCH = 32


def _entry(case: Case) -> Mapping[str, Any] | None:
    there = [one for one in shipped_fits() if one["device"] == case.device.name]
    same = [one for one in there if one["runtime"] == case.runtime]
    return next(iter(same or there), None)


def _other_batch(energy: LogNormal, items: int) -> LogNormal:
    """Wider for a batch that the population did not run: by a factor 2 for each factor 32 away."""
    wider = abs(math.log(items / _STREP_BATCH)) * math.log(2.0) / math.log(32.0)
    return LogNormal(energy.median, energy.low * math.exp(-wider), energy.high * math.exp(wider))


def _layers(case: Case) -> Prediction:
    joules = LogNormal.of(math.log(case.counts.flops / 2.0 * _GETZNER_J_PER_MAC), _GETZNER_SD, 2.2)
    return Prediction(
        energy=joules * (1.0 / case.items),
        way=Published.name,
        source="Getzner and others, arXiv 2304.00897: 2.0e-9 J a multiply-accumulate on a Xeon Gold 5120",
        scope="CPU package",
        rests_on=("AlexNet at 1.98e-9 J (1.58 to 2.43) and VGG at 2.24e-9 J a multiply-accumulate",),
    )
