"""The public populations that predictions are judged on, each a list of cases with measured joules."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from benchmarks.prediction_counts import ROWS, counts_of
from wattwhat.predict.devices import Device, device
from wattwhat.predict.prediction import Case

BATCH = 32  # of strep's runs, as a log of the same authors has it
_DEVICES = {"RTX 5000": "Quadro RTX 5000", "Xeon W-2155": "Xeon W-2155", "A100 x8": "A100 SXM4 40GB"}
_RUNTIMES = {"PyTorch": "eager", "TensorFlow": "tensorflow", "ONNX": "onnxruntime"}
SOURCE = (
    "strep's database of image classifiers (raphischer/strep at a8c6024, measurements of Fischer and others "
    "2022), operations and activations counted by wattwhat"
)


@attrs.frozen
class Row:
    """One measured model: what was run, and joules and seconds of one item."""

    case: Case
    joules: float
    seconds: float | None


@attrs.frozen
class Population:
    """One environment: its name, what its joules are of, and its rows."""

    name: str
    scope: str
    rows: tuple[Row, ...]


def shared() -> Path:
    """The folder of public tables: WATTWHAT_SHARED, else ../shared beside the checkout."""
    given = os.environ.get("WATTWHAT_SHARED")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "shared"


def strep() -> list[Population]:
    """Image classifiers, inference, one environment each."""
    path = shared() / "tables" / "strep_imagenet_classification.csv"
    with open(path, encoding="utf-8", newline="") as stream:
        rows = [one for one in csv.DictReader(stream) if one["task"] == "infer" and one["model"] in ROWS]
    found = []
    for name in sorted({one["environment"] for one in rows}):
        board, _, software = name.partition(" - ")
        sheet = device(_DEVICES[board])
        runtime = _RUNTIMES[software.split()[0]]
        members = [one for one in rows if one["environment"] == name]
        scope = "as the authors sum it: GPUs where there are any, and the CPU where RAPL could be read"
        found.append(
            Population(name, scope, tuple(_row(one, sheet, runtime) for one in members)),
        )
    return found


def _row(one: dict[str, str], sheet: Device, runtime: str) -> Row:
    case = Case(
        counts=counts_of(one["model"], BATCH),
        device=sheet,
        runtime=runtime,
        precision="fp32",
        label=one["model"],
    )
    return Row(case, float(one["power_draw"]), float(one["running_time"]) / 1e3)


def text_to_image() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """ML.ENERGY v3, text to image, one GPU: (GPU, configurations)."""
    path = shared() / "tables" / "mlenergy_v3_text-to-image.json"
    everything = json.loads(path.read_text(encoding="utf-8"))["configurations"]
    for gpu in ("H100", "B200"):
        yield gpu, [one for one in everything if one["gpu_model"] == gpu and one["num_gpus"] == 1]


# Multiply-accumulates of MLPerf Tiny's four reference models (Banbury and others 2021, arXiv 2106.07597).
_TINY_MACS = {"ad": 264_192.0, "kws": 2_656_768.0, "vww": 7_489_664.0, "ic": 12_501_632.0}


def tiny() -> dict[str, dict[str, float]]:
    """MLPerf Tiny, closed division: of each system joules an inference by task, the least handed in."""
    path = shared() / "tables" / "mlperf_tiny_energy_accuracy.csv"
    found: dict[str, dict[str, float]] = {}
    with open(path, encoding="utf-8", newline="") as stream:
        for one in csv.DictReader(stream):
            if one["division"] == "closed" and one["benchmark"] in _TINY_MACS:
                joules = 1e-6 * float(one["median_energy_uJ_per_inference"])
                tasks = found.setdefault(f"{one['round']} {one['submitter']} {one['system']}", {})
                tasks[one["benchmark"]] = min(joules, tasks.get(one["benchmark"], joules))
    return {system: tasks for system, tasks in found.items() if len(tasks) == len(_TINY_MACS)}


def tiny_macs(task: str) -> float:
    """Multiply-accumulates of one inference."""
    return _TINY_MACS[task]


def yolo() -> list[tuple[str, float, float, float]]:
    """YOLOv8 on an RTX 4090: (precision, FLOPs, joules and seconds of an image); no activations are told."""
    found = []
    for name in ("yolo_4090_n.json", "yolo_4090_s.json"):
        told = json.loads((shared() / "tables" / name).read_text(encoding="utf-8"))
        for precision in ("fp32", "fp16", "int8"):
            run = told[precision]
            flops = 1e9 * told["model_info"]["flops"]
            found.append((precision, flops, 3.6e6 * run["avg_energy"], 1.0 / run["fps_gpu"]))
    return found


def zeus_power() -> list[dict[str, float]]:
    """Trainings on one V100 at its full power limit (Zeus, NSDI 2023): seconds an epoch, mean watts."""
    path = shared() / "tables" / "zeus_summary_power_v100.csv"
    with open(path, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [
        {"seconds": float(one["time_per_epoch"]), "watts": float(one["average_power"])}
        for one in rows
        if float(one["power_limit"]) == max(float(row["power_limit"]) for row in rows)
    ]
