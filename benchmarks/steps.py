"""What a window costs inside a training step of torch, whose own work has emptied the processor's caches."""

from __future__ import annotations

import importlib.util
import itertools
import os
import random
import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from benchmarks.surroundings import energy_files, plugin, powercap_tree
from benchmarks.table import Limit, Options, Table, quantile

MOST_TIMES, MOST_SO_FAR_US = 3.0, 100.0
BARE, KEPT, SO_FAR = "four bare preads", "begin and end of a window", "so_far(), and its joules"

Pair = tuple[Callable[[], Any], Callable[[], Any]]


def training_step() -> Callable[[], None]:
    """One step of about 0.7 ms: forward, backward and the optimizer of a small network, in one thread."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(1)
    wide = [torch.nn.Linear(128, 128) for _ in range(5)]
    layers = [layer for linear in wide for layer in (linear, torch.nn.ReLU())]
    net = torch.nn.Sequential(*layers, torch.nn.Linear(128, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    inputs, labels = torch.randn(80, 128), torch.randint(0, 10, (80,))

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(inputs), labels).backward()
        optimizer.step()

    return step


def contestants(root: Path, files: list[int]) -> dict[str, Pair]:
    """What is called before a step and after it."""
    import wattwhat

    backends = [plugin("rapl").RaplBackend(str(root), ["powercap"])]
    kept = wattwhat.track("kept", backends=backends)
    outer = wattwhat.track("outer", backends=backends).start()
    opened: list[Any] = []
    pread, (first, second) = os.pread, files

    def reads() -> None:
        pread(first, 32, 0)
        pread(second, 32, 0)

    def enter() -> None:
        opened.append(wattwhat.track("step", backends=backends).__enter__())

    def leave() -> None:
        opened.pop().__exit__(None, None, None)

    return {
        "": (_nothing, _nothing),
        BARE: (reads, reads),
        KEPT: (kept.start, kept.stop),
        "with wattwhat.track(...):": (enter, leave),
        SO_FAR: (_nothing, lambda: outer.so_far().energy_j),
    }


def _nothing() -> None:
    pass


def moving(root: Path) -> Callable[[], None]:
    """Lets both counters go on as if their devices drew 60 W and 6 W."""
    counters = [
        (os.open(path, os.O_RDWR), watts) for path, watts in zip(energy_files(root), (60, 6), strict=True)
    ]
    begun = [int(os.pread(file, 32, 0)) for file, _ in counters]
    begun_ns = perf_counter_ns()

    def move() -> None:
        for (file, watts), first in zip(counters, begun, strict=True):
            os.pwrite(file, b"%d\n" % (first + watts * (perf_counter_ns() - begun_ns) // 1000), 0)

    return move


def timed_us(
    pairs: dict[str, Pair], step: Callable[[], None], move: Callable[[], None], rounds: int
) -> dict[str, list[Any]]:
    """Microseconds before a step, in it and after it, the contestants taking turns in random order."""
    taken: dict[str, list[Any]] = {name: [] for name in pairs}
    draw, clock = random.Random(20261130), perf_counter_ns
    for _ in range(min(rounds, 100)):
        for before, after in pairs.values():
            before()
            move()
            step()
            after()
    for _ in range(rounds):
        for name in draw.sample(list(pairs), len(pairs)):
            before, after = pairs[name]
            move()
            step()
            times = [clock()]
            before()
            times.append(clock())
            step()
            times.append(clock())
            after()
            times.append(clock())
            taken[name].append([(late - early) * 1e-3 for early, late in itertools.pairwise(times)])
    return taken


def run(options: Options) -> Table:
    """Time windows around steps beside bare reads at the same place."""
    title = "us before and after a training step of torch, one thread, over package-0 and its DRAM"
    columns = ["", "begin", "end", "both", "q1", "p90", "times the bare preads"]
    if importlib.util.find_spec("torch") is None:
        missing = [Limit(KEPT, None, MOST_TIMES, "x"), Limit(SO_FAR, None, MOST_SO_FAR_US, "us")]
        return Table("steps", title, columns, [], missing, ["skipped: needs torch"])
    step = training_step()
    with powercap_tree() as root:
        files = [os.open(path, os.O_RDONLY) for path in energy_files(root)]
        try:
            taken = timed_us(contestants(root, files), step, moving(root), options.times(1000, 3))
        finally:
            from wattwhat.acquisition.shared import close_all

            close_all()
            for file in files:
                os.close(file)
    step_us = statistics.median(one[1] for one in taken[""])
    rows = _rows(taken)
    both = {row[0]: row[3] for row in rows}
    return Table(
        "steps",
        title,
        columns,
        rows,
        [
            Limit(f"{KEPT} beside four bare preads", both[KEPT] / both[BARE], MOST_TIMES, "x"),
            Limit(SO_FAR, both[SO_FAR], MOST_SO_FAR_US, "us"),
        ],
        [f"A step takes {step_us:.0f} us. Medians of {len(taken[''])} steps, less what the clock takes."],
    )


def _rows(taken: dict[str, list[Any]]) -> list[list[Any]]:
    """A row a contestant; what the clock takes is the median of the steps around which nothing was called."""
    clock_us = [statistics.median(one[side] for one in taken[""]) for side in (0, 2)]
    rows: list[list[Any]] = []
    for name, times in taken.items():
        begin, end = ([one[side] for one in times] for side in (0, 2))
        both = [first + last - sum(clock_us) for first, last in zip(begin, end, strict=True)]
        middles = [statistics.median(one) - us for one, us in zip((begin, end), clock_us, strict=True)]
        if name:
            rows.append([name, *middles, statistics.median(both), quantile(both, 0.25), quantile(both, 0.9)])
    return [[*row, row[3] / rows[0][3]] for row in rows]
