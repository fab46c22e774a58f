"""What callbacks of training frameworks and a journal cost a step of 10 ms, beside other libraries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peer_envs import ENVS, reason
from benchmarks.surroundings import ROOT, environment, nvml_environment
from benchmarks.table import Limit, Options, Table, quartiles

# Title, what benchmarks.callback_steps is asked for, the environment, and the limit in % (None: of a peer).
ROWS: tuple[tuple[str, str, str, float | None], ...] = (
    ("transformers", "transformers", "", 1.0),
    ("transformers, phases", "transformers+phases", "", 1.0),
    ("Lightning", "lightning", "", 1.0),
    ("Lightning, phases", "lightning+phases", "", 1.0),
    ("Keras", "keras", "", 1.0),
    ("accelerate", "accelerate", "", 1.0),
    ("accelerate, phases", "accelerate+phases", "", 1.0),
    ("track() a step", "window", "", None),
    ("Zeus, a window a step", "zeus", "zeus", None),
    ("CodeCarbon, a task a step", "codecarbon", "codecarbon", None),
    ("CodeCarbon's callback", "codecarbon_callback", "codecarbon", None),
)
# Seconds between two lines of a journal, unless told otherwise.
JOURNAL_S = 30.0


def steps(which: str, env: dict[str, str], python: str, count: int, folder: str) -> Any:
    """Milliseconds of steps without and with a library; why there are none, as a text."""
    command = [python, "-m", "benchmarks.callback_steps", which, str(count), folder]
    done = subprocess.run(
        command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
    )
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else reason(done.stderr)


def interpreter(name: str) -> str | None:
    """This one, or that of a peer, whose environment `python -m benchmarks peers` makes; None without it."""
    python = ENVS / name / "bin/python" if name else Path(sys.executable)
    return str(python) if python.exists() else None


def slower(without: Sequence[float], within: Sequence[float]) -> tuple[float, float, float, str]:
    """Medians without and with, the cost in percent, and that in words with its standard uncertainty."""
    (q1, before, q3), (p1, after, p3) = quartiles(without), quartiles(within)
    cost = 100 * (after - before) / before
    # 1.253 sigma / sqrt(n), sigma from the quartiles of a normal distribution, of two medians
    u = 0.929 * ((q3 - q1) ** 2 / len(without) + (p3 - p1) ** 2 / len(within)) ** 0.5
    return before, after, cost, f"{cost:+.2f} ± {100 * u / before:.2f}"


def undisturbed(without: Sequence[float], within: Sequence[float]) -> float:
    """The cost in percent from the first deciles: of the steps that other programs disturbed least.

    What they leave of the caches is in the processor time of the first lines that run after them.
    """
    before, after = (sorted(one)[len(one) // 10] for one in (without, within))
    return 100 * (after - before) / before


def run(options: Options) -> Table:
    """Every row in a process of its own, one after the other."""
    count, rows, limits, notes = options.times(400, 20), [], [], []
    sensors = nvml_environment(high=300, update=0.1)
    env = {**(sensors or environment()), "KERAS_BACKEND": "torch"}
    with tempfile.TemporaryDirectory() as folder:
        smi = Path(folder) / "nvidia-smi"  # CodeCarbon looks for GPUs only where this command is
        smi.write_text("#!/bin/sh\nexit 0\n", encoding="ascii")
        smi.chmod(0o755)
        env["PATH"] = f"{folder}:{env.get('PATH', '')}"
        # frameworks take long to import: a quick look leaves them out
        for title, which, name, greatest in (
            ROWS if not options.quick else [r for r in ROWS if r[1] == "window"]
        ):
            python = interpreter(name)
            found = "python -m benchmarks peers makes its environment" if python is None else None
            found = found or steps(which, env, str(python), count, folder)
            if isinstance(found, str):
                notes.append(f"{title} is left out: {found}.")
                continue
            own, clock = ([[one[n] for one in part] for part in found] for n in (1, 0))
            before, after, _, cost = slower(*own)
            least = undisturbed(*own)
            rows.append([title, before, after, cost, f"{least:+.2f}", slower(*clock)[3]])
            if greatest is not None:
                limits.append(Limit(f"a step under the callback, {title}", least, greatest, "%"))
        edges = steps("edges", env, sys.executable, count, folder)
        lines = steps("journal", env, sys.executable, count, folder)
    if not isinstance(edges, str):
        (_, edge_us), *reads = edges[1]
        of = ", ".join(f"{us:.1f} us reading {name}" for name, us in reads)
        notes.append(
            f"One edge of phases right after another takes {edge_us:.1f} us of the processor, with {of}."
        )
    if isinstance(lines, str):
        notes.append(f"the journal is left out: {lines}.")
    else:
        line_ms = quartiles([line[0] for line in lines[1]])[1]
        notes.append(
            f"A line of the journal takes {line_ms:.2f} ms of the processor, in a thread of its own."
        )
        limits.append(Limit("the journal, a line every 30 s", 0.1 * line_ms / JOURNAL_S, 0.1, "%"))
    return Table(
        "callbacks",
        f"steps of 10 ms in one run, half of {count} with the library at work, drawn by lot",
        ["at work in a step", "without, ms", "with, ms", "slower %", "undisturbed %", "by the clock %"],
        rows,
        limits,
        [
            "From step to step, of the main thread's processor time: 10 ms of work, what the framework does, "
            "and the library's part. By the clock all else that this machine does comes on top.",
            "Slower: medians. Undisturbed: first deciles, the steps in which other programs had left the "
            "caches alone; the limits are for these.",
            "Channels: the estimate of the processor, and the energy counter of a stand-in GPU."
            if sensors
            else "Channels: the estimate of the processor.",
            "Callbacks have a budget, so they look once a second at what was spent; the Trainer logs each "
            "50th step. CodeCarbon's callback works at both ends of a training: steps before and after "
            "start().",
            f"Load average: {os.getloadavg()[0]:.1f} (1 minute), {os.cpu_count()} cores.",
            *notes,
        ],
    )
