"""The verb predict: joules before a run, of a model, a request to a language model, a training or a plan."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from wattwhat.cli.options import add_force, add_json, add_label
from wattwhat.cli.output import check_destination, deliver, names_an_object, say, wrap
from wattwhat.cli.target import load_object, place_of
from wattwhat.errors import ArgumentError, WorkloadError, error_text

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["EXAMPLES", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat predict torchvision:resnet50 --inputs 1x3x224x224 --device H100
  wattwhat predict nets:model --inputs nets:images --study results/
  wattwhat predict transformers:bert --inputs 8x128:int64 --device T4
  wattwhat predict --parameters 8e9 --output-tokens 400 --device H100
  wattwhat predict --parameters 70e9 --train-tokens 1e12 --device H100
  wattwhat predict --plan plan.toml --device "RTX 4090"

Nothing is run: operations are counted on torch's meta device. The interval says
how wrong the figure may be; with --study it rests on what you have measured.
"""

_NUMBERS = (
    ("--parameters", "N", "of a language model, instead of MODEL"),
    ("--active", "N", "parameters that one token uses (mixture of experts)"),
    ("--output-tokens", "N", "tokens that a request writes"),
    ("--prompt-tokens", "N", "tokens that a request reads; default: 0"),
    ("--train-tokens", "N", "tokens of a training, instead of a request"),
    ("--pue", "X", "power usage effectiveness of the data centre of a training; default: 1"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="torchvision:NAME, timm:NAME, transformers:CONFIG, or MODULE:NAME of a model or its maker",
    )
    parser.add_argument(
        "--inputs",
        metavar="SHAPE",
        help="1x3x224x224, 8x128:int64, several with commas, or MODULE:NAME; default: the source's own",
    )
    parser.add_argument(
        "--device", metavar="NAME", help="such as H100 or 'Xeon Gold 6148'; default: this machine"
    )
    parser.add_argument("--runtime", default="eager", metavar="NAME", help="what will run it; default: eager")
    parser.add_argument(
        "--precision",
        metavar="NAME",
        help="fp64, fp32, tf32, fp16, bf16, fp8 or int8; default: fp32, of language models bf16",
    )
    parser.add_argument("--batch-size", type=int, default=1, metavar="N", help="items in a call; default: 1")
    parser.add_argument(
        "--devices", type=int, metavar="N", help="how many share a language model, or train it"
    )
    for name, unit, help_text in _NUMBERS:
        parser.add_argument(name, type=float, metavar=unit, help=help_text)
    parser.add_argument(
        "--study", metavar="PATH", help="your measurements: results.jsonl, or the folder of a study"
    )
    parser.add_argument(
        "--plan", metavar="PLAN", help="a study's plan: every cell of it, before it is measured"
    )
    add_label(parser, "the model's name")
    add_json(parser, "the Measurement as JSON, on standard output or as the content of FILE")
    add_force(parser)


def call(arguments: argparse.Namespace) -> int:
    """Predict, and report."""
    asked = [name for name in ("model", "parameters", "plan") if getattr(arguments, name) is not None]
    if len(asked) != 1:
        raise ArgumentError(
            f"expected one of MODEL, --parameters or --plan, got {' and '.join(asked) or 'none'}",
            remedy="as in: wattwhat predict torchvision:resnet50 --device H100",
        )
    if arguments.batch_size < 1:
        raise ArgumentError(
            argument="--batch-size", expected="a number of at least 1", got=arguments.batch_size
        )
    if asked == ["plan"]:
        from wattwhat.cli.predict_plan import predict_plan

        return predict_plan(arguments)
    check_destination(arguments.json, holds=("schema", "energy_j"), arguments=arguments)
    measurement = _language(arguments) if asked == ["parameters"] else _model(arguments)
    if arguments.json is None:
        say("\n".join(lines_of(measurement)))
    else:
        deliver(measurement.to_json(), arguments.json)
    return 0


def _language(arguments: argparse.Namespace) -> Measurement:
    """A request to a language model, or its training."""
    from wattwhat.predict import LanguageModel, predict_request, predict_training

    given = arguments
    if given.device is None:
        raise ArgumentError(
            argument="--device",
            expected="the name of what the language model will run on",
            remedy="for instance --device H100",
        )
    if (given.output_tokens is None) == (given.train_tokens is None):
        raise ArgumentError(
            argument="--output-tokens", expected="it for a request, or --train-tokens for a training"
        )
    precision = given.precision or "bf16"
    if given.train_tokens is not None:
        return predict_training(
            given.active or given.parameters,
            given.train_tokens,
            device=given.device,
            precision=precision,
            devices=given.devices or 1,
            pue=given.pue or 1.0,
            label=given.label or "training",
        )
    model = LanguageModel(
        parameters=given.parameters, active=given.active, label=given.label or "language model"
    )
    return predict_request(
        model,
        device=given.device,
        output_tokens=given.output_tokens,
        prompt_tokens=given.prompt_tokens or 0.0,
        batch=given.batch_size,
        precision=precision,
        devices=given.devices,
    ).total


def _model(arguments: argparse.Namespace) -> Measurement:
    from wattwhat.predict import predict

    model, inputs = model_and_inputs(arguments.model, arguments.inputs, arguments.batch_size)
    return predict(
        model,
        inputs,
        device=arguments.device,
        runtime=arguments.runtime,
        precision=arguments.precision or "fp32",
        study=arguments.study,
        label=arguments.label or arguments.model,
    )


def model_and_inputs(spec: str, shapes: str | None, batch_size: int) -> tuple[Any, Any]:
    """The model that a text names, and its inputs.

    Args:
        spec: a source with a name, or MODULE:NAME of a module or of a function that makes one.
        shapes: of the inputs; None for those of the source.
        batch_size: of the inputs that a source makes.

    Raises:
        ArgumentError: it is not there, is no torch module, or needs inputs.
        WorkloadError: making it failed.
    """
    from wattwhat.study.cell import Cell
    from wattwhat.study.models import built
    from wattwhat.study.registry import MODELS, registered

    if spec.partition(":")[0] not in registered(MODELS):
        target = load_object(spec, "MODEL")
        if hasattr(target, "forward") and not isinstance(target, type):
            if shapes is None:
                raise ArgumentError(f"{spec} is a model", remedy="give what it takes: --inputs 1x3x224x224")
            return target, inputs_of(shapes)
    made = built(Cell(spec, batch_size=batch_size))
    if not hasattr(made.model, "forward"):
        raise ArgumentError(
            f"{spec} gives no torch.nn.Module, so it has no operations to count", remedy="measure it"
        )
    return made.model, made.inputs if shapes is None else inputs_of(shapes)


def inputs_of(text: str) -> Any:
    """Inputs from their shapes, on the meta device, or what MODULE:NAME names.

    Args:
        text: ``1x3x224x224``, ``8x128:int64``, or several with commas.

    Raises:
        ArgumentError: it is none of these, or a size is 0.
    """
    if names_an_object(text):
        inputs = load_object(text, "--inputs")
        try:
            return inputs() if callable(inputs) and not hasattr(inputs, "shape") else inputs
        except Exception as err:
            raise WorkloadError(
                f"{text} failed{place_of(err)}: {error_text(err)}", argument="--inputs"
            ) from err
    tensors = [_tensor(one.strip()) for one in text.split(",")]
    return tensors[0] if len(tensors) == 1 else tuple(tensors)


def _tensor(text: str) -> Any:
    import importlib

    try:
        torch: Any = importlib.import_module("torch")
    except ImportError as err:
        raise ArgumentError(
            "counting a model needs torch", remedy="install it, or predict from Counts"
        ) from err
    shape, _, kind = text.partition(":")
    sizes = [int(one) for one in shape.split("x")] if re.fullmatch(r"\d+(x\d+)*", shape) else []
    dtype = getattr(torch, kind or "float32", None)
    if not sizes or not isinstance(dtype, torch.dtype):
        raise ArgumentError(
            argument="--inputs", expected="sizes such as 1x3x224x224 or 8x128:int64", got=text
        )
    if 0 in sizes:
        raise ArgumentError(argument="--inputs", expected="sizes of at least 1", got=text)
    return torch.empty(sizes, dtype=dtype, device="meta")


def lines_of(m: Measurement) -> list[str]:
    """What was predicted, in lines of at most 80 columns."""
    from wattwhat.records.formatting import with_prefix

    low, high = m.details["interval_j"]
    cell = m.details.get("cell", {})
    where = ", ".join(str(cell[name]) for name in ("device", "runtime", "precision") if name in cell)
    items = m.items or 1
    lines = wrap(f"{m.label}, {where}: {with_prefix(m.energy_j.value, 'J')}, predicted")
    lines.append(f"  95 % between {with_prefix(low, 'J')} and {with_prefix(high, 'J')}")
    if items != 1:
        each = [with_prefix(value / items, "J") for value in (m.energy_j.value, low, high)]
        lines.append(f"  per item {each[0]}, between {each[1]} and {each[2]} ({items:g} items)")
    bound = m.details.get("bound_j")
    if bound is not None:
        lines.append(f"  at least {with_prefix(bound, 'J')}: operations x TDP / peak")
    for name in ("prefill_j", "decode_j"):
        if m.details.get(name):
            lines.append(f"  of it {name.removesuffix('_j')} {with_prefix(m.details[name], 'J')}")
    if "days" in m.details:
        lines.append(f"  in {m.details['days']:.3g} days")
    lines += wrap(f"by {m.details['way']}: {m.details['source']}", "    ", "  ")
    for sentence in m.details["rests_on"]:
        lines += wrap(sentence, "    ", "  - ")
    for other in m.details.get("others", ()):
        ends = " to ".join(with_prefix(end, "J") for end in other["interval_j"])
        lines += wrap(
            f"{other['way']} says {with_prefix(other['energy_j'], 'J')}, {ends}", "    ", "  also: "
        )
    for sentence in m.warnings:
        lines += wrap(sentence, "    ", "  warning: ")
    return lines
