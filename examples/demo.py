"""Train four small models on real scans of digits and compare accuracy and energy. Runs on any machine.

python examples/demo.py [--out demo.jsonl] [--epochs 12] [--seconds 3]
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

import attrs
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

import wattwhat
from wattwhat.errors import ScoreDomainError
from wattwhat.records.jsonl import write_jsonl
from wattwhat.report import write_page
from wattwhat.scoring import SAM


def models() -> dict[str, nn.Module]:
    return {
        "linear": nn.Sequential(nn.Flatten(), nn.Linear(64, 10)),
        "mlp": nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)),
        "cnn": cnn(8, 16),
        "wide cnn": cnn(48, 96),
    }


def cnn(first: int, second: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * second, 10),
    )


def digits() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """1797 scans of 8 x 8 pixels: 1257 to train on, 540 to test."""
    images, labels = load_digits(return_X_y=True)
    split = train_test_split(images / 16.0, labels, test_size=540, random_state=0, stratify=labels)
    train_x, test_x = (torch.tensor(x, dtype=torch.float32).reshape(-1, 1, 8, 8) for x in split[:2])
    train_y, test_y = (torch.tensor(y) for y in split[2:])
    return train_x, train_y, test_x, test_y


def train(model: nn.Module, x: torch.Tensor, y: torch.Tensor, epochs: int) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()


def accuracy(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    model.eval()
    with torch.no_grad():
        return float((model(x).argmax(1) == y).double().mean())


def study(
    name: str, model: nn.Module, epochs: int, seconds: float
) -> tuple[wattwhat.Measurement, wattwhat.Measurement]:
    """Train one model, test it, and measure its inference: two measurements, both carrying its accuracy."""
    train_x, train_y, test_x, test_y = digits()
    with wattwhat.track(f"{name}, training") as window:
        train(model, train_x, train_y, epochs)
    known = {
        "accuracy": accuracy(model, test_x, test_y),
        "n_test": float(len(test_x)),
        "parameters": float(sum(p.numel() for p in model.parameters())),
    }
    inference = wattwhat.measure(
        model, test_x, label=f"{name}, inference", min_seconds=seconds / 3, max_seconds=seconds, metrics=known
    )
    training = attrs.evolve(window.measurement.with_metrics(**known), details=kind(name, "training"))
    return training, attrs.evolve(inference, details={**inference.details, **kind(name, "inference")})


def kind(name: str, phase: str) -> dict[str, str]:
    """What tells the rows apart on the page."""
    return {"family": "convolutional" if "cnn" in name else "dense", "phase": phase, "item": "image"}


def row(name: str, training: wattwhat.Measurement, inference: wattwhat.Measurement) -> str:
    p, n = training.metrics["accuracy"], training.metrics["n_test"]
    # the binomial standard uncertainty of a share of n tests
    share = wattwhat.Quantity(100 * p, 100 * math.sqrt(p * (1 - p) / n), "%")
    image, power = inference.energy_per_item_j, inference.power_w
    assert image is not None
    assert power is not None
    try:
        score = SAM(unit="mJ")(training)
        sam = "-" if score.value is None else f"{score.value:.3g}".removesuffix(" 1")
    except ScoreDomainError:
        sam = "undefined"
    rate = inference.items / inference.duration_s if inference.items and inference.duration_s else math.nan
    return (
        f"{name:<9} {short(share):>14} {short(training.energy_j):>14} {short(image.to('mJ')):>17} "
        f"{power.value:>5.1f} {rate:>8.0f} {sam:>7}  {inference.provenance}"
    )


def short(quantity: wattwhat.Quantity) -> str:
    """Value ± U at k = 2, without unit: the table's heading has it."""
    return f"{quantity:U}".split(f" {quantity.unit}")[0]


def write_the_page(path: Path, measurements: list[wattwhat.Measurement]) -> str:
    """The comparison page, where the extra wattwhat[report] is installed; says where it is."""
    try:
        write_page(path, measurements, title="Four models on scikit-learn's digits")
    except wattwhat.WattwhatError as err:
        return f"No page was written: {err}"
    return f"Open {path.resolve().as_uri()} in a browser to compare them."


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", default="demo.jsonl")
    options.add_argument("--epochs", type=int, default=12)
    options.add_argument("--seconds", type=float, default=6.0, help="most time to measure each inference")
    chosen = options.parse_args()
    torch.manual_seed(0)
    train(models()["linear"], *digits()[:2], epochs=1)  # what torch loads on first use is no model's doing
    begun = time.monotonic()
    print("Four models on scikit-learn's digits, 1257 scans to train on, 540 to test.\n")
    print(
        f"{'model':<9} {'accuracy, %':>14} {'to train, J':>14} {'per image, mJ':>17} "
        f"{'W':>5} {'images/s':>8} {'SAM[mJ]':>7}"
    )
    kept = []
    for name, model in models().items():
        training, inference = study(name, model, chosen.epochs, chosen.seconds)
        kept += [training, inference]
        print(row(name, training, inference), flush=True)
    write_jsonl(chosen.out, kept)
    page = write_the_page(Path(chosen.out).with_name("report.html"), kept)
    print("\n± is the expanded uncertainty, k = 2. SAM = 5 accuracy^5 / log10(training energy in mJ).")
    for sentence in dict.fromkeys(sentence for m in kept for sentence in m.warnings):
        print(f"warning: {sentence}")
    if kept[0].provenance == "estimated":
        print("No sensor was found: the joules are a model's (run 'wattwhat doctor' to see what would help).")
    took_s = time.monotonic() - begun
    print(f"{len(kept)} measurements written to {Path(chosen.out).name}, in {took_s:.0f} s.")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
