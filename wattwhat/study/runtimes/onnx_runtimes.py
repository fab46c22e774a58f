"""Runtimes of other makers that take a model from torch: ONNX Runtime and OpenVINO."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from wattwhat.study.cell import Cell
from wattwhat.study.impossible import NotPossibleError, library
from wattwhat.study.runtimes.base import (
    Prepared,
    arguments_of,
    check_module,
    converted,
    mapped,
    mode_of,
)

__all__ = ["onnxruntime", "openvino"]


def onnxruntime(model: Any, inputs: Any, cell: Cell) -> Prepared:
    """ONNX Runtime on torch's ONNX export, with its own quantisation: int8 dynamic, int8-static static."""
    mode_of(cell, ())
    check_module(model, cell)
    library("onnx", "onnxruntime")
    library("onnxscript", "onnxruntime")
    engine = library("onnxruntime", "onnxruntime")
    provider = _provider(engine, cell)
    if cell.precision == "bf16":
        raise NotPossibleError("onnxruntime takes fp32, fp16 and int8 here, bf16 has no numpy type")
    details: dict[str, Any] = {"provider": provider}
    with tempfile.TemporaryDirectory(prefix="wattwhat-") as folder:
        path = _export(model, inputs, cell, os.path.join(folder, "model.onnx"))
        if cell.precision == "int8":
            path, details["quantisation"] = _quantised(path, folder), "dynamic, by onnxruntime"
        elif cell.precision == "int8-static":
            path = _calibrated(path, folder, engine, _as_numpy(inputs, cell))
            details["quantisation"] = "static, by onnxruntime, calibrated on the cell's own inputs"
        session = engine.InferenceSession(path, _options(engine, cell), providers=[provider])
    feeds = _feeds([one.name for one in session.get_inputs()], _as_numpy(inputs, cell))
    return Prepared(lambda: session.run(None, feeds), details)


def _provider(engine: Any, cell: Cell) -> str:
    kind = cell.device.partition(":")[0]
    name = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}.get(kind)
    if name not in engine.get_available_providers():
        has = ", ".join(engine.get_available_providers())
        raise NotPossibleError(f"this onnxruntime does not run on {cell.device}; it has {has}")
    return str(name)


def _options(engine: Any, cell: Cell) -> Any:
    options = engine.SessionOptions()
    if cell.threads is not None:
        options.intra_op_num_threads = cell.threads
        options.inter_op_num_threads = 1
    return options


def _export(model: Any, inputs: Any, cell: Cell, path: str) -> str:
    import logging
    import warnings

    import torch

    model = model.eval().to("cpu")
    if cell.precision == "fp16":
        model = model.half()
        inputs = mapped(lambda one: one.half() if one.is_floating_point() else one, inputs)
    arguments, named = arguments_of(inputs)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, arguments, path, kwargs=named or None, dynamo=True, verbose=False)
    return path


def _quantised(path: str, folder: str) -> str:
    import logging

    quantization = library("onnxruntime.quantization", "onnxruntime")
    logging.getLogger().setLevel(logging.ERROR)  # it advises, on the root logger
    target = os.path.join(folder, "int8.onnx")
    # Conv in int8 needs unsigned activations and weights on most CPUs; ConvInteger is slow but there.
    quantization.quantize_dynamic(path, target, weight_type=quantization.QuantType.QUInt8)
    return target


def _calibrated(path: str, folder: str, engine: Any, inputs: Any) -> str:
    """The model in int8, with the ranges of its activations as these inputs make them."""
    import logging

    quantization = library("onnxruntime.quantization", "onnxruntime")
    logging.getLogger().setLevel(logging.ERROR)  # it advises, on the root logger
    names = [
        one.name for one in engine.InferenceSession(path, providers=["CPUExecutionProvider"]).get_inputs()
    ]
    batches = iter([_feeds(names, inputs)])

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc, name-defined]
        def get_next(self) -> Any:
            return next(batches, None)

    target = os.path.join(folder, "int8-static.onnx")
    quantization.quantize_static(path, target, Reader())
    return target


def _as_numpy(inputs: Any, cell: Cell) -> Any:
    half = cell.precision == "fp16"
    return mapped(lambda one: (one.half() if half and one.is_floating_point() else one).cpu().numpy(), inputs)


def _feeds(names: list[str], inputs: Any) -> dict[str, Any]:
    """Arrays by the names that the exported model gives its inputs."""
    arguments, named = arguments_of(inputs)
    if set(named) == set(names):
        return named
    flat = [*arguments, *named.values()]
    if len(flat) != len(names):
        raise NotPossibleError(f"the exported model takes {len(names)} inputs, the model {len(flat)}")
    return dict(zip(names, flat, strict=True))


def openvino(model: Any, inputs: Any, cell: Cell) -> Prepared:
    """OpenVINO on the torch model, on the CPU."""
    mode_of(cell, ())
    engine = library("openvino", "openvino")
    if cell.device != "cpu" or cell.precision not in ("fp32", "bf16"):
        raise NotPossibleError(
            f"openvino runs here on the cpu in fp32 or bf16, not {cell.precision} on {cell.device}"
        )
    model, inputs, details = converted(model, inputs, Cell(cell.model))
    config = {"INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[cell.precision]}
    if cell.threads is not None:
        config["INFERENCE_NUM_THREADS"] = str(cell.threads)
    graph = engine.convert_model(model, example_input=inputs)
    compiled = engine.compile_model(graph, "CPU", config)
    arguments, named = arguments_of(mapped(lambda one: one.numpy(), inputs))
    feeds = named or list(arguments)
    return Prepared(lambda: list(compiled(feeds).values()), details)
