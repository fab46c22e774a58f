"""Joules before the run: bounds from data sheets, fits on measurements, and how wrong each of them is.

Example:
    >>> from wattwhat.predict import Counts, predict
    >>> small = Counts(flops=2e9, activations_conv=6e6, activations_matmul=1e3, parameters=5e6,
    ...                weight_bytes=20e6, method="by hand", items=1)
    >>> predict(small, device="Xeon W-2155").details["way"]
    'published'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattwhat.records.lazy import lazy

if TYPE_CHECKING:
    from wattwhat.predict.asking import predict, predict_case
    from wattwhat.predict.data_sheet import DataSheet
    from wattwhat.predict.devices import Device, catalogue, device
    from wattwhat.predict.efficiency import trends
    from wattwhat.predict.language_models import LanguageModel, Request, predict_request
    from wattwhat.predict.loglinear import LogLinear, LogNormal
    from wattwhat.predict.own_study import OwnStudy
    from wattwhat.predict.prediction import Case, Prediction
    from wattwhat.predict.published import Published
    from wattwhat.predict.training import predict_training
    from wattwhat.predict.ways import Way
    from wattwhat.workloads.counting import Counts, count

_HOMES = {
    "Case": "wattwhat.predict.prediction",
    "Counts": "wattwhat.workloads.counting",
    "DataSheet": "wattwhat.predict.data_sheet",
    "Device": "wattwhat.predict.devices",
    "LanguageModel": "wattwhat.predict.language_models",
    "LogLinear": "wattwhat.predict.loglinear",
    "LogNormal": "wattwhat.predict.loglinear",
    "OwnStudy": "wattwhat.predict.own_study",
    "Prediction": "wattwhat.predict.prediction",
    "Published": "wattwhat.predict.published",
    "Request": "wattwhat.predict.language_models",
    "Way": "wattwhat.predict.ways",
    "catalogue": "wattwhat.predict.devices",
    "count": "wattwhat.workloads.counting",
    "device": "wattwhat.predict.devices",
    "predict": "wattwhat.predict.asking",
    "predict_case": "wattwhat.predict.asking",
    "predict_request": "wattwhat.predict.language_models",
    "predict_training": "wattwhat.predict.training",
    "trends": "wattwhat.predict.efficiency",
}

__all__ = [  # noqa: RUF022 - in the order in which a reader meets them
    "predict",
    "predict_case",
    "predict_request",
    "predict_training",
    "count",
    "Counts",
    "Case",
    "LanguageModel",
    "Request",
    "Prediction",
    "device",
    "Device",
    "catalogue",
    "trends",
    "Way",
    "OwnStudy",
    "Published",
    "DataSheet",
    "LogLinear",
    "LogNormal",
]

__getattr__, __dir__ = lazy(__name__, _HOMES)
