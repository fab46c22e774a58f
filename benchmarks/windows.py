"""What beginning and ending a window costs, over two counters of a made powercap tree."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.surroundings import energy_files, plugin, powercap_tree
from benchmarks.table import Limit, Options, Table, summary, timed_us


def four_preads(files: list[int]) -> Callable[[], None]:
    """What a window cannot do without: both counters read twice, on descriptors kept open."""
    pread = os.pread
    first, second = files

    def read() -> None:
        pread(first, 32, 0)
        pread(second, 32, 0)
        pread(first, 32, 0)
        pread(second, 32, 0)

    return read


def opening(path: Path) -> Callable[[], None]:
    """The same for who keeps nothing open."""

    def read() -> None:
        with open(path, encoding="ascii") as file:
            int(file.read())

    return read


def contestants(root: Path, files: list[int]) -> dict[str, Callable[[], Any]]:
    """Everything that is timed."""
    import wattwhat

    backends = [plugin("rapl").RaplBackend(str(root), ["powercap"])]
    window = wattwhat.track("kept", backends=backends)
    once = wattwhat.track("read once", backends=backends)

    def begin_end() -> None:
        window.start()
        window.stop()

    def statement() -> None:
        with wattwhat.track("step", backends=backends):
            pass

    def measured() -> None:
        once.start()
        once.stop()
        _ = once.measurement

    reading = opening(energy_files(root)[0])
    return {
        "four bare preads": four_preads(files),
        "begin and end of a window": begin_end,
        "with wattwhat.track(...): pass": statement,
        "begin, end and the Measurement": measured,
        "for scale: open, read, close once": reading,
    }


def run(options: Options) -> Table:
    """Time windows and bare reads in turns."""
    with powercap_tree() as root:
        files = [os.open(path, os.O_RDONLY) for path in energy_files(root)]
        try:
            taken = timed_us(contestants(root, files), options.times(300, 3))
        finally:
            from wattwhat.acquisition.shared import close_all

            close_all()
            for file in files:
                os.close(file)
    bare_us = statistics.median(taken["four bare preads"])
    rows = [[name, *summary(values), statistics.median(values) / bare_us] for name, values in taken.items()]
    ratio = statistics.median(taken["begin and end of a window"]) / bare_us
    return Table(
        "windows",
        f"us a call over package-0 and its DRAM, made powercap tree, {len(taken['four bare preads'])} calls",
        ["", "median", "min", "p99", "times the bare preads"],
        rows,
        [Limit("begin and end beside four bare preads", ratio, 5.0, "x")],
        [
            "A made tree in memory answers in half a microsecond; a real counter takes longer, for both.",
        ],
    )
