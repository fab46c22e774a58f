"""Predictions beside what was measured, on public populations: python -m benchmarks prediction.

Each way is judged on what it has not seen: a model is left out of the fit, an environment out of the spread.
The tables lie in ../shared (or where WATTWHAT_SHARED says); rows of golden figures need none.
"""

from __future__ import annotations

import csv
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.prediction_fits import left_out, single, spread
from benchmarks.prediction_populations import (
    Population,
    Row,
    shared,
    strep,
    text_to_image,
    tiny,
    tiny_macs,
    yolo,
    zeus_power,
)
from benchmarks.table import Limit, Options, Table
from wattwhat.predict.data_sheet import DataSheet, Spread, bound_j, roofline_j
from wattwhat.predict.devices import device
from wattwhat.predict.ecologits import ecologits_wh
from wattwhat.predict.language_models import LanguageModel, predict_request
from wattwhat.predict.loglinear import LogLinear, LogNormal
from wattwhat.predict.relations import green_algorithms_kwh, operations_j

COLUMNS = ("population", "way", "n", "median", "worst", "inside %")
FITS = "left-out fit"
# Llama-3.1-8B on one H100, chat, ML.ENERGY v3: batch, J a token, tokens of a request
GOLDEN = ((8, 0.454798, 388.68), (64, 0.118580, 395.54), (256, 0.076641, 404.18))
_DECODING = (0.84, 1.19)  # means of ln(measured / roofline) of ML.ENERGY v3, which no environment here is

Pair = tuple[float, LogNormal]


def run(options: Options) -> Table:
    """Judge every way on every population that is there."""
    rows: list[Sequence[Any]] = []
    limits: list[Limit] = []
    notes = [
        "median, worst: factor between said and measured, whichever way; inside: share of measured energies "
        "in the 95 % interval; a point value has none",
        "left-out fit: on activations and parameters of the other models of the environment; data sheet: TDP "
        "x roofline with the spread of the other environments",
    ]
    for part in (_vision, _yolo, _images, _tiny, _language, _training):
        try:
            part(rows, limits)
        except FileNotFoundError as err:
            notes.append(f"not judged: {err.filename} is not there")
    return Table("prediction", "said before the run, over what was measured", COLUMNS, rows, limits, notes)


def line(population: str, way: str, pairs: Iterable[Pair]) -> tuple[Any, ...]:
    """A row: how far off the medians are, and how many measured energies lie inside."""
    found = list(pairs)
    factors = [math.exp(abs(math.log(said.median / joules))) for joules, said in found]
    inside = [said.low <= joules <= said.high for joules, said in found]
    share = None if all(said.low == said.high for _, said in found) else 100.0 * statistics.mean(inside)
    return population, way, len(found), statistics.median(factors), max(factors), share


def point(joules: float) -> LogNormal:
    """A value without an interval."""
    return LogNormal(joules, joules, joules)


def _vision(rows: list[Sequence[Any]], limits: list[Limit]) -> None:
    populations = strep()
    above, fitted = [], []
    for one in single(populations):
        sheet = _without(populations, one)
        fit = [(row.joules, said) for row, said in left_out(one.rows)]
        fitted += fit
        rows.append(line(one.name, FITS, fit))
        rows.append(line("", "data sheet", _each(one.rows, lambda row, way=sheet: _said(way, row))))
        rows.append(line("", "from the other device", _transferred(populations, one)))
        rows.append(line("", "operations x TDP / peak", _each(one.rows, lambda row: point(_plain(row)))))
        rows.append(line("", "TDP x measured time", _each(one.rows, _tdp_time)))
        above += [_bound(row) / row.joules for row in one.rows]
    rows.append(line("all of these", FITS, fitted))
    outside = 100.0 - float(rows[-1][-1])
    limits.append(
        Limit("image classifiers outside of the 95 % interval of the left-out fit", outside, 10.0, "%")
    )
    limits.append(Limit("largest bound over a measured energy", max(above), 1.05, "x"))


def _each(rows: Sequence[Row], say: Callable[[Row], LogNormal]) -> list[Pair]:
    return [(row.joules, say(row)) for row in rows]


def _bound(row: Row) -> float:
    return bound_j(row.case) / row.case.items


def _plain(row: Row) -> float:
    return operations_j(row.case.counts.flops, row.case.device.power(), row.case.peak) / row.case.items


def _said(way: DataSheet, row: Row) -> LogNormal:
    said = way.predict(row.case)
    assert said is not None
    return said.energy


def _tdp_time(row: Row) -> LogNormal:
    return point(row.case.device.power() * (row.seconds or math.nan))


def _without(populations: Sequence[Population], left: Population) -> DataSheet:
    """The data sheet's way with the spread of every other environment."""
    others = [entry for entry in spread(populations) if entry[0] != left.name]
    means = [*(mean for _, mean, _ in others), *_DECODING]
    inside = [*(sd for _, _, sd in others), 0.6, 0.6]
    between = statistics.variance(means)
    sd = math.sqrt(between + statistics.mean(one * one for one in inside))
    return DataSheet(Spread(statistics.mean(means), sd, len(means) - 1, "the other environments"))


def _transferred(populations: Sequence[Population], left: Population) -> list[Pair]:
    """The roofline times what the same framework took above it on the other device."""
    here, runtime = left.rows[0].case.device.name, left.rows[0].case.runtime
    others = [
        row
        for one in single(populations)
        for row in one.rows
        if row.case.device.name != here and row.case.runtime == runtime
    ]
    if not others:
        others = [row for one in single(populations) for row in one.rows if row.case.device.name != here]
    logs = [math.log(row.joules * row.case.items / roofline_j(row.case)) for row in others]
    above = math.exp(statistics.mean(logs))
    return _each(left.rows, lambda row: point(above * roofline_j(row.case) / row.case.items))


def _images(rows: list[Sequence[Any]], limits: list[Limit]) -> None:
    found: list[Pair] = []
    for gpu, configurations in text_to_image():
        models = sorted({one["model_id"] for one in configurations})
        pairs: list[Pair] = []
        for model in models:
            others = [one for one in configurations if one["model_id"] != model]
            fit = LogLinear.fit(
                {name: [_covariates(one)[name] for one in others] for name in _covariates(others[0])},
                [one["energy_per_image_joules"] for one in others],
                [one["model_id"] for one in others],
            )
            pairs += [
                (one["energy_per_image_joules"], fit.predict(_covariates(one)))
                for one in configurations
                if one["model_id"] == model
            ]
        rows.append(line(f"text to image, one {gpu}", FITS, pairs))
        found += pairs
    outside = 100.0 * statistics.mean(not said.low <= joules <= said.high for joules, said in found)
    limits.append(Limit("text to image outside of the 95 % interval of the left-out fit", outside, 10.0, "%"))


def _yolo(rows: list[Sequence[Any]], limits: list[Limit]) -> None:
    """Detection, by operations alone: the authors tell neither activations nor the batch."""
    sheet = device("RTX 4090")
    bounds = [(joules, sheet.joules_per_flop(kind) * flops) for kind, flops, joules, _ in yolo()]
    rows.append(
        line(
            "YOLOv8 n, s on an RTX 4090",
            "operations x TDP / peak",
            [(one, point(bound)) for one, bound in bounds],
        )
    )
    times = [(joules, point(sheet.power() * seconds)) for _, _, joules, seconds in yolo()]
    rows.append(line("", "TDP x measured time", times))
    worst = max(bound / joules for joules, bound in bounds)
    limits.append(Limit("largest bound of a detector over a measured energy", worst, 1.05, "x"))


def _covariates(one: dict[str, Any]) -> dict[str, float]:
    return {"work": one["activated_params_billions"] * one["inference_steps"]}


def _tiny(rows: list[Sequence[Any]], limits: list[Limit]) -> None:
    """One task on a system from its three other tasks, by what the same step took on other systems."""
    systems = tiny()
    cases = []
    for system, tasks in systems.items():
        each = {task: math.log(joules / tiny_macs(task)) for task, joules in tasks.items()}
        for task, joules in tasks.items():
            others = [value for name, value in each.items() if name != task]
            case = {"macs": tiny_macs(task), "others": math.exp(statistics.mean(others))}
            cases.append((system, case, joules))
    pairs: list[Pair] = []
    for left in systems:
        rest = [one for one in cases if one[0] != left]
        fit = LogLinear.fit(
            {name: [case[name] for _, case, _ in rest] for name in ("macs", "others")},
            [joules for _, _, joules in rest],
            [system for system, _, _ in rest],
        )
        pairs += [(joules, fit.predict(case)) for system, case, joules in cases if system == left]
    rows.append(line("MLPerf Tiny, microcontrollers", "left-out system, its other tasks", pairs))
    outside = 100.0 * statistics.mean(not said.low <= joules <= said.high for joules, said in pairs)
    limits.append(Limit("MLPerf Tiny outside of the 95 % interval of the left-out fit", outside, 10.0, "%"))


def _language(rows: list[Sequence[Any]], limits: list[Limit]) -> None:
    llama = LanguageModel(parameters=8.03e9, layers=32, kv_heads=8, head_size=128)
    ours, sheet, eco = [], [], []
    for batch, token_j, tokens in GOLDEN:
        joules = token_j * tokens
        ours.append((joules, _request(llama, "H100", tokens, batch)))
        sheet.append((joules, _request(llama, "H200", tokens, batch)))
        eco.append((joules, point(3600.0 * ecologits_wh(8.03e9, tokens, batch=batch))))
    rows.append(line("Llama-3.1-8B, H100, batches", "published fit", ours))
    rows.append(line("", "data sheet (of the H200)", sheet))
    rows.append(line("", "EcoLogits", eco))
    path = shared() / "tables" / "mlenergy_legacy_A100_chat_excerpt.csv"
    with open(path, encoding="utf-8", newline="") as stream:
        legacy = [one for one in csv.DictReader(stream) if _billions(one["model"])]
    said, eco = [], []
    for one in legacy:
        parameters, tokens = 1e9 * _billions(one["model"]), float(one["response_length"])
        joules = float(one["energy"])
        model = LanguageModel(parameters=parameters)
        said.append((joules, _request(model, "A100", tokens, 1)))
        eco.append((joules, point(3600.0 * ecologits_wh(parameters, tokens, batch=1))))
    rows.append(line("chat in 2023, A100, batch 1", "data sheet", said))
    rows.append(line("", "EcoLogits", eco))
    bounds = [2e9 * _billions(one["model"]) * device("A100").joules_per_flop("fp16") for one in legacy]
    worst = max(
        bound * float(one["response_length"]) / float(one["energy"])
        for bound, one in zip(bounds, legacy, strict=True)
    )
    limits.append(Limit("largest bound of a language model over a measured energy", worst, 1.05, "x"))


def _billions(name: str) -> float:
    """Parameters in 1e9 from a name such as vicuna-13b; 0 where it says none."""
    import re

    found = re.search(r"(\d+(?:\.\d+)?)b\b", name.lower())
    return float(found[1]) if found else 0.0


def _request(model: LanguageModel, name: str, tokens: float, batch: float) -> LogNormal:
    m = predict_request(model, device=name, output_tokens=tokens, batch=batch, precision="fp16").total
    low, high = m.details["interval_j"]
    return LogNormal(m.energy_j.value, low, high)


def _training(rows: list[Sequence[Any]], limits: list[Limit]) -> None:
    watts = device("V100 PCIe").power()
    pairs = [
        (
            one["watts"] * one["seconds"],
            point(3.6e6 * green_algorithms_kwh(one["seconds"] / 3600.0, gpus=1, gpu_w=watts)),
        )
        for one in zeus_power()
    ]
    rows.append(line("trainings on a V100 (Zeus)", "Green Algorithms, time given", pairs))
