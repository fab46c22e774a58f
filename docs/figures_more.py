"""More figures of the pages: what two runs share, letters and their odds, phases, a notebook, labels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from wattwhat import Channel, Measurement, Quantity, compare
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.report.badge import badge_of
from wattwhat.scoring import FrontierGrade, ScoreResult

BLUE, ORANGE, GREY = "#3f74b0", "#d9700a", "#8a8a8a"
LETTERS = ("#1a9850", "#66bd63", "#a6d96a", "#f2d43d", "#fdae61", "#f46d43", "#d73027")


def timeline(axes: Any) -> None:
    """Phases on the time axis, and the ticks of a counter that mixes them."""
    begin = 0.0
    for number in range(6):
        for name, length, watts, colour in (("prefill", 0.03, 400, BLUE), ("decode", 0.12, 150, ORANGE)):
            axes.bar(begin, watts, length, align="edge", color=colour, label=name if number == 0 else None)
            begin += length
    for tick in np.arange(0.04, begin, 0.1):
        axes.axvline(tick, color="black", linewidth=0.8, linestyle=":")
    axes.set(xlabel="time (s)", ylabel="power (W)", title="Dotted: when a 100 ms counter changes")
    axes.legend(fontsize=8)


def shared_gain(axes: Any) -> None:
    """Two energies of one sensor: each is known to 10 %, their ratio to 4 %."""
    board = Channel("lab/nvml/GPU-0/board", "nvml", "a GPU", "gpu", "energy")

    def run(label: str, joules: float) -> Measurement:
        energy = Quantity(joules, joules * float(np.hypot(0.05, 0.014)), "J")
        parts = [("sensor gain", 0.05 * joules), ("repeats", 0.014 * joules)]
        return Measurement(
            label=label,
            energy_j=energy,
            calls=10,
            items=10,
            channels=[ChannelEnergy(board, energy, "measured")],
            budget=parts,
        )

    a, b = run("A", 15.1), run("B", 10.0)
    ratio = compare(a, b, per="total").ratio
    low, high = ratio.interval()
    apart = float(np.hypot(a.energy_j.relative, b.energy_j.relative)) * 1.96
    axes.errorbar(
        [ratio.value], [1], xerr=[[ratio.value - low], [high - ratio.value]], fmt="o", color=BLUE, capsize=4
    )
    axes.errorbar([ratio.value], [0], xerr=ratio.value * apart, fmt="o", color=GREY, capsize=4)
    axes.set(yticks=[0, 1], yticklabels=["as if independent", "what is common\ntaken out"], ylim=(-0.6, 1.6))
    axes.set(xlabel="energy of A over energy of B (95 %)", title="The same sensor errs alike in both")


def _population(count: int, seed: int) -> tuple[Any, Any]:
    """Accuracies and joules of made-up models: what is more accurate needs more, with a scatter."""
    rng = np.random.default_rng(seed)
    accuracies = rng.uniform(0.55, 0.86, count)
    joules = np.exp(9 * (accuracies - 0.72) + rng.normal(0, 0.45, count).clip(-0.6, 2))
    return accuracies, joules


def _fitted(bootstrap: int) -> tuple[FrontierGrade, Any, Any]:
    accuracies, joules = _population(80, 5)
    ones = [
        Measurement(
            label=str(i), energy_j=Quantity(e, 0.05 * e, "J"), items=1, metrics={"accuracy": a, "n_test": 1e4}
        )
        for i, (a, e) in enumerate(zip(accuracies, joules, strict=True))
    ]
    return FrontierGrade.fit(ones, reference="made", bootstrap=bootstrap), accuracies, joules


def grades(axes: Any) -> None:
    """The bands of a fitted grade over its own population."""
    grade, accuracies, joules = _fitted(50)
    levels = np.linspace(*grade.accuracy_range, 60)
    needs = np.array([grade.frontier_j(level) for level in levels])
    ends = [1e-3, *grade.edges, 1e3]
    for letter, low, high, colour in zip("ABCDEFG", ends, ends[1:], LETTERS, strict=False):
        axes.fill_betweenx(100 * levels, low * needs, high * needs, color=colour, alpha=0.35, label=letter)
    axes.scatter(joules, 100 * accuracies, s=10, color="#1b1f24")
    axes.set(xscale="log", xlim=(joules.min() / 2, joules.max() * 2), xlabel="energy per item (J)")
    axes.set(ylabel="accuracy (%)", title="Grades: how many times the energy that the frontier needs")
    axes.legend(fontsize=8, ncols=7, loc="lower right")


def odds(axes: Any) -> None:
    """The letter of a model between two bands, and how probable each letter is."""
    grade, accuracies, _ = _fitted(200)
    level = float(np.median(accuracies))
    edge = grade.frontier_j(level) * grade.edges[2]
    for place, (share, words) in enumerate(((0.05, "u = 5 %"), (0.15, "u = 15 %"))):
        one = Measurement(label="x", energy_j=Quantity(edge * 1.03, share * edge, "J"), items=1)
        found = grade(one.with_metrics(accuracy=level, n_test=10_000)).probabilities or {}
        left = 0.0
        for letter, colour in zip("ABCDEFG", LETTERS, strict=True):
            width = 100 * found.get(letter, 0.0)
            axes.barh(place, width, left=left, color=colour)
            if width > 6:
                axes.text(
                    left + width / 2, place, f"{letter} {width:.0f} %", ha="center", va="center", fontsize=8
                )
            left += width
        axes.text(-1, place, words, ha="right", va="center", fontsize=9)
    axes.set(yticks=[], xlim=(0, 100), xlabel="probability of each letter (%)")
    axes.set_title("The same energy just above an edge, known well and known badly")


def _run() -> Measurement:
    return Measurement(
        label="resnet18",
        energy_j=Quantity(131.2, 3.4, "J"),
        duration_s=2.1,
        calls=32,
        items=1024,
        budget=[("sensor gain", 3.0), ("window edges", 1.2), ("repeats", 1.0)],
        metrics={"accuracy": 0.698},
        started_at=datetime(2026, 3, 1, tzinfo=timezone.utc),
    )


def write_texts(folder: Path) -> None:
    """A graded label, and a table as a notebook shows it."""
    graded = ScoreResult("grade", None, "B", {"B": 0.87, "C": 0.13}, {"reference": "ImageNet classifiers"})
    # a picture may hold HTML, as a notebook does
    style = "font: 13px sans-serif; padding: 10px; color: #111"
    table = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="430" height="330"><rect width="100%" height="100%" '
        'fill="#fff"/><foreignObject width="430" height="330"><div xmlns="http://www.w3.org/1999/xhtml" '
        f'style="{style}">{_run()._repr_html_()}</div></foreignObject></svg>'
    )
    files = {
        "badge-graded.svg": badge_of(_run(), graded).svg(),
        "notebook.svg": table,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


MORE: dict[str, Callable[[Any], None]] = {
    "timeline": timeline,
    "shared-gain": shared_gain,
    "grades": grades,
    "odds": odds,
}
