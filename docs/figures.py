"""Figures of the pages, drawn from what the library computes: python docs/figures.py FOLDER (matplotlib)."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from wattwhat import Measurement, Quantity
from wattwhat.testing import VirtualClock, VirtualMeter, VirtualSensor, constant, square
from wattwhat.testing.simulation import Simulation

matplotlib.use("Agg")
from figures_more import MORE, write_texts
from matplotlib import pyplot

LEVEL_W, GAIN = 200.0, 0.029  # of every made sensor here: a steady load, and NVML's stated 5 % as a limit


def simulation(sensor: VirtualSensor) -> Simulation:
    clock = VirtualClock()
    channel = sensor.channel("made", gain_error=GAIN, max_power_w=400.0)
    return Simulation([VirtualMeter(sensor, channel, clock=clock)], clock)


def window(sensor: VirtualSensor, seconds: float, after_s: float = 1.0) -> Measurement:
    return simulation(sensor).window(after_s, after_s + seconds)


def budget(axes: Any) -> None:
    """Shares of the variance of windows of three lengths, by source."""
    sensor = VirtualSensor(constant(LEVEL_W), update_period_s=0.1)
    lengths = (0.25, 1.0, 10.0)
    found = [window(sensor, seconds) for seconds in lengths]
    sources = list(dict.fromkeys(name.rpartition(": ")[2] for m in found for name, _ in m.budget))
    left = np.zeros(len(lengths))
    for source in sources:
        u_j = [math.hypot(*(u for name, u in m.budget if name.endswith(source))) for m in found]
        share = np.array([100.0 * (u / m.budget.u) ** 2 for u, m in zip(u_j, found, strict=True)])
        axes.barh([f"{one:g} s" for one in lengths], share, left=left, label=source)
        left += share
    axes.set(xlabel="share of the variance, %", title="A steady load on a counter that ticks every 100 ms")
    axes.legend(fontsize=7, loc="lower right")


def looks_away(axes: Any) -> None:
    """What a part-time gauge averages of a square wave, and what it never sees."""
    wave = square(0.18, 0.5, 350.0, 80.0)
    times = np.linspace(0.0, 1.0, 2001)
    axes.plot(times, wave.power_w(times), color="0.6", label="true power")
    sensor = VirtualSensor(wave, "power", update_period_s=0.1, averaging_window_s=0.025)
    ends = np.arange(0.1, 1.001, 0.1)
    for number, end in enumerate(ends):
        axes.axvspan(end - 0.025, end, color="tab:orange", alpha=0.3, label="" if number else "looked at")
    values = [float(sensor.waveform.energy_j(end - 0.025, end)) / 0.025 for end in ends]
    axes.step(ends, values, where="post", color="tab:red", label="what it shows")
    axes.set(xlabel="time, s", ylabel="power, W", title="A gauge that looks at 25 ms of every 100 ms")
    axes.legend(fontsize=7)


def short_windows(axes: Any) -> None:
    """Half-width of the 95 % interval by the length of a window, for a counter and two gauges."""
    kinds = {
        "counter, 1 ms": VirtualSensor(constant(LEVEL_W), update_period_s=0.001),
        "counter, 100 ms": VirtualSensor(constant(LEVEL_W), update_period_s=0.1),
        "gauge, 25 of 100 ms": VirtualSensor(
            constant(LEVEL_W), "power", update_period_s=0.1, averaging_window_s=0.025
        ),
    }
    lengths = np.geomspace(0.01, 30.0, 12)
    for name, sensor in kinds.items():
        halves = []
        for seconds in lengths:
            energy = window(sensor, float(seconds)).energy_j
            halves.append(
                100.0 * 1.96 * energy.u / energy.value if energy.known and energy.value > 0 else math.nan
            )
        axes.plot(lengths, halves, marker="o", markersize=3, label=name)
    axes.axhline(196.0 * GAIN, color="grey", linewidth=0.8, linestyle="--", label="gain of the sensor alone")
    axes.set(xscale="log", yscale="log", xlabel="length of the window, s", ylabel="half-width, %")
    axes.set_title("How little a short window knows")
    axes.legend(fontsize=7)


def wrap(axes: Any) -> None:
    """A counter of 32 bits that begins again, and the joules that come out."""
    times = np.linspace(0.0, 60.0, 601)
    range_j = 4000.0
    axes.plot(times, (2500.0 + LEVEL_W * times) % range_j, label="what the counter shows")
    axes.plot(times, LEVEL_W * times, color="tab:green", label="joules since the begin")
    axes.set(xlabel="time, s", ylabel="J", title="A counter that wraps is not a reset")
    axes.legend(fontsize=7)


def front(axes: Any) -> None:
    """Made models, the front of the best, and what an interval says about membership."""
    chance = random.Random(3)
    points = []
    for _ in range(24):
        joules = 10.0 ** chance.uniform(-1.0, 1.5)
        points.append((joules, min(0.86, 0.78 + 0.05 * math.log10(joules) - abs(chance.gauss(0.0, 0.03)))))
    points.sort()
    best, members = 0.0, []
    for joules, accuracy in points:
        if accuracy > best:
            best = accuracy
            members.append((joules, accuracy))
    x, y = zip(*points, strict=True)
    axes.errorbar(x, y, xerr=[0.06 * one for one in x], fmt="o", markersize=3, color="0.5", capsize=2)
    axes.step(*zip(*members, strict=True), where="post", color="tab:blue", label="Pareto front")
    axes.set(xscale="log", xlabel="J an image", ylabel="accuracy", title="Is the accuracy worth the joules?")
    axes.legend(fontsize=7)


def sam_map(axes: Any) -> None:
    """SAM over accuracy and electricity (kWh, alpha = beta = 5)."""
    from wattwhat.scoring import sam

    accuracies, kwh = np.linspace(0.5, 1.0, 60), np.geomspace(2.0, 1e4, 60)
    values = [[sam(float(a), float(e)) for e in kwh] for a in accuracies]
    drawn = axes.contour(kwh, accuracies, values, levels=[0.1, 0.2, 0.5, 1.0, 2.0, 4.0], cmap="viridis")
    axes.clabel(drawn, fontsize=7)
    axes.set(xscale="log", xlabel="electricity, kWh", ylabel="accuracy", title="SAM, alpha = beta = 5")


def forecasts(axes: Any) -> None:
    """Forecasts of 60 epochs that settle, after each of the first epochs."""
    from wattwhat.analysis.forecast import forecast

    chance = random.Random(5)
    epochs = [1000.0 * (1.0 + 0.2 * 0.6**n) * chance.gauss(1.0, 0.01) for n in range(60)]
    seen = range(3, 31, 3)
    found = [forecast(epochs[:n], n, 60) for n in seen]
    middle = np.array([one.energy_j.value for one in found]) / 1e3
    low, high = (np.array([getattr(one, end) for one in found]) / 1e3 for end in ("low_j", "high_j"))
    axes.errorbar(
        seen,
        middle,
        yerr=[middle - low, high - middle],
        fmt="o",
        markersize=3,
        capsize=2,
        label="forecast, 95 %",
    )
    axes.axhline(sum(epochs) / 1e3, color="grey", linewidth=0.8, label="what it took")
    axes.set(xlabel="epochs done of 60", ylabel="kJ for all of them", ylim=(0.0, 130.0))
    axes.set_title("A forecast says how sure it is")
    axes.legend(fontsize=7)


def idle(axes: Any) -> None:
    """Power that decays after work, and why the baseline waits for it."""
    times = np.linspace(-2.0, 12.0, 700)
    power = np.where(times < 0.0, 220.0, 60.0 + 100.0 * np.exp(-np.maximum(times, 0.0) / 2.0))
    axes.plot(times, power, color="0.4")
    axes.axvspan(0.0, 6.0, color="tab:red", alpha=0.15, label="still falling: not idle")
    axes.axvspan(6.0, 12.0, color="tab:green", alpha=0.15, label="at rest: the baseline")
    axes.axhline(60.0, color="grey", linewidth=0.8, linestyle="--")
    axes.set(
        xlabel="time after the work, s", ylabel="power, W", title="Idle is measured when the power is at rest"
    )
    axes.legend(fontsize=7)


def study(axes: Any) -> None:
    """Effects of a made study: ratios with their intervals."""
    from wattwhat.study import analyse

    chance = random.Random(1)
    truth = {
        "runtime": {"eager": 1.0, "compile": 0.72, "onnxruntime": 0.8},
        "precision": {"fp32": 1.0, "int8": 0.55},
    }
    rows = []
    for number in range(12):
        taste = {level: chance.gauss(0.0, 0.12) for levels in truth.values() for level in levels}
        for runtime, one in truth["runtime"].items():
            for precision, other in truth["precision"].items():
                joules = 0.5 * (number + 1) * one * other * math.exp(taste[runtime] + taste[precision])
                cell = {"batch_size": 1, "runtime": runtime, "precision": precision}
                energy = Quantity(joules, 0.01 * joules, "J")
                rows.append(Measurement(label=f"m{number}", energy_j=energy, items=1, details={"cell": cell}))
    effects = analyse(rows).effects
    middle = np.array([one.ratio for one in effects])
    ends = [[one.ratio - one.low for one in effects], [one.high - one.ratio for one in effects]]
    axes.errorbar(middle, range(len(effects)), xerr=ends, fmt="o", capsize=3)
    axes.axvline(1.0, color="grey", linewidth=0.8)
    axes.set_yticks(range(len(effects)), [f"{one.level} for {one.baseline}" for one in effects])
    axes.set(xlabel="energy of an item, times", title="What a study says of its factors (made, 12 models)")


def scopes(axes: Any) -> None:
    """Channels inside each other, of which only the outermost are added up."""
    boxes = (
        ("wall", 0.0, 0.0, 10.0, 6.0),
        ("GPU board", 0.5, 0.6, 4.0, 4.4),
        ("GPU memory", 1.0, 1.0, 1.8, 2.6),
        ("CPU package", 5.2, 0.6, 2.5, 4.4),
        ("cores", 5.6, 1.0, 1.6, 2.6),
        ("DRAM", 8.2, 0.6, 1.3, 4.4),
    )
    for name, x, y, wide, tall in boxes:
        axes.add_patch(pyplot.Rectangle((x, y), wide, tall, fill=False, linewidth=1.2))
        axes.text(x + 0.1, y + tall - 0.15, name, va="top", fontsize=8)
    axes.set(xlim=(-0.2, 10.2), ylim=(-0.2, 6.2), title="What contains what: no joule is counted twice")
    axes.axis("off")


def badge(folder: Path) -> None:
    """A badge, as `wattwhat badge` writes it."""
    from wattwhat.report.badge import badge_of

    m = Measurement(label="resnet50", energy_j=Quantity(217.0, 5.6, "J"), items=1000, provenance="measured")
    (folder / "badge.svg").write_text(badge_of(m).svg(), encoding="utf-8")


FIGURES: dict[str, Callable[[Any], None]] = {
    "budget": budget,
    "looks-away": looks_away,
    "short-windows": short_windows,
    "wrap": wrap,
    "front": front,
    "sam": sam_map,
    "forecast": forecasts,
    "idle": idle,
    "study": study,
    "scopes": scopes,
}


def draw(folder: Path) -> None:
    """Draw all of them.

    Args:
        folder: where to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in {**FIGURES, **MORE}.items():
        figure, axes = pyplot.subplots(figsize=(6.5, 3.6), layout="constrained")
        make(axes)
        figure.savefig(folder / f"{name}.svg")
        pyplot.close(figure)
    badge(folder)
    write_texts(folder)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
