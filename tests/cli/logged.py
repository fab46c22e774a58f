"""Logs made for the tests of the verbs that read them."""

import json
import os
from pathlib import Path

from wattwhat import Measurement, Quantity


def shared_logs():
    """The folder of real logs beside the checkout, or the one that the environment names; None if absent."""
    named = os.environ.get("WATTWHAT_SHARED")
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    folder = (Path(named) if named else beside) / "logs"
    return folder if folder.is_dir() else None


LOGS = shared_logs()
SMI = (
    "timestamp, index, power.draw [W]\n"
    "2026/03/01 10:00:00.000, 0, 100.00 W\n"
    "2026/03/01 10:00:02.000, 0, 100.00 W\n"
)
BROKEN = SMI + "2026/03/01 10:00:03.000, 0, ???\n"


def net(label, joules, accuracy=None, **fields):
    metrics = {} if accuracy is None else {"accuracy": accuracy, "n_test": 10_000}
    return Measurement(label=label, energy_j=Quantity(joules, joules / 50, "J"), metrics=metrics, **fields)


def jsonl(path, measurements):
    path.write_text("".join(f"{m.to_json()}\n" for m in measurements), encoding="utf-8")
    return str(path)


def population(count=10):
    """Models whose energy doubles with every step of accuracy, one of them four times too hungry."""
    return [
        net(f"net {i}", 100.0 * 2.0**i * (4 if i == 5 else 1), 0.6 + 0.03 * i, items=100)
        for i in range(count)
    ]


def objects(text):
    return [json.loads(line) for line in text.splitlines()]
