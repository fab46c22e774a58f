"""Made measurements for the tests of the page: alike models on one sensor, and odd ones."""

import math
import random
from datetime import datetime, timedelta, timezone

import attrs

from wattwhat import Channel, Measurement, Quantity
from wattwhat.records.channel_energy import ChannelEnergy

BOARD = Channel("lab/nvml/GPU-0/board", "nvml", "Example GPU", "gpu", "energy")
PACKAGE = Channel("lab/rapl/package-0", "rapl", "package 0", "cpu", "energy")
GAIN, OWN = 0.05, 0.02
HOSTILE = (
    "</script><img src=x onerror=\"document.title='owned'\">",
    "<svg onload=\"document.title='owned'\">",
    'comma, "quote"\nand a second line',
    "\u2028 café 模型 ]]> --> {{x}} @@DATA@@ &amp;",
    "=1+1",
)


def model(
    label, energy_j, *, accuracy=None, items=100, channel=BOARD, provenance="measured", day=0, **details
):
    """One measurement: `energy_j` joules an item, 5 % of it common to the sensor and 2 % its own."""
    total = energy_j * items
    energy = Quantity(total, total * math.hypot(GAIN, OWN), "J")
    metrics = (
        {} if accuracy is None else {"accuracy": accuracy, "n_test": 10_000.0, "parameters": 1e6 * (1 + day)}
    )
    return Measurement(
        label=label,
        energy_j=energy,
        duration_s=total / 200.0,
        calls=10,
        items=items,
        channels=[ChannelEnergy(channel, energy, provenance)],
        provenance=provenance,
        budget=[("sensor gain", GAIN * total), ("repeats", OWN * total)],
        metrics=metrics,
        started_at=datetime(2026, 3, 1, 12, tzinfo=timezone.utc) + timedelta(days=day),
        details={"phase": "inference", **details},
    )


def alike(count=12):
    """Models of two families on one GPU, from cheap and inaccurate to dear and accurate."""
    return [
        model(f"net{i}", 0.1 * 1.5**i, accuracy=0.5 + 0.03 * i, day=i, family=("Alpha", "Beta")[i % 2])
        for i in range(count)
    ]


def many(count):
    """Models around a line, a few of each of 60 families."""
    rng = random.Random(7)
    return [
        model(
            f"family_{i % 60}_b{i}.some_pretraining_in1k_224",
            0.01 * 1.007**i * rng.uniform(0.5, 2),
            accuracy=min(0.97, 0.3 + 0.0005 * i + rng.uniform(-0.05, 0.05)),
            day=i % 300,
            family=f"F{i % 60}",
        )
        for i in range(count)
    ]


def settings():
    """Two models at three batch sizes and two precisions."""
    return [
        attrs.evolve(
            model(f"net{n}", (1 + n) * (1 + 4 / batch) * share, accuracy=0.6 + n / 10, dtype=dtype),
            calls=100 // batch,
        )
        for n in range(2)
        for batch in (1, 5, 20)
        for dtype, share in (("fp32", 1.0), ("int8", 0.4))
    ]


def odd():
    """An estimate, a lost energy, no accuracy, no items, unknown uncertainty, and hostile names."""
    lost = Measurement(
        label="lost", energy_j=Quantity(math.nan, math.inf, "J"), items=5, warnings=["all lost"]
    )
    unknown_u = Measurement(
        label="unknown u",
        energy_j=Quantity(30.0, math.inf, "J"),
        items=10,
        provenance="imported",
        metrics={"accuracy": 0.7},
    )
    return [
        model("estimate", 0.5, accuracy=0.66, channel=PACKAGE, provenance="estimated"),
        lost,
        model("no accuracy", 0.4),
        Measurement(label="no items", energy_j=Quantity(9.0, 0.1, "J"), metrics={"accuracy": 0.6}),
        unknown_u,
        *(model(name, 0.3, accuracy=0.55, family=name) for name in HOSTILE),
    ]
