"""What windows keep: with their measurements kept, and without."""

from __future__ import annotations

from typing import Any

from benchmarks.surroundings import child_json, environment, powercap_tree
from benchmarks.table import Limit, Options, Table

PROMISED = 100_000

# Each in a process of its own: what Python allocated (tracemalloc), and what the process grew by (RSS).
CODE = """
import gc, json, os, sys, time
import wattwhat
traced, count = {traced}, {count}
kind = {kind!r}
def rss_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
def windows(number, keep):
    for _ in range(number):
        with wattwhat.track("step", backends=["rapl"]) as window:
            pass
        if kind == "measurement":
            keep.append(window.measurement)
        elif kind == "window":
            keep.append(window)
        else:
            window.measurement
first = []
windows(500, first)
if traced:
    import tracemalloc
    tracemalloc.start()
def now_mb():
    garbage.append(gc.collect())  # what waits for Python's collector, and lists that Python keeps for itself
    return tracemalloc.get_traced_memory()[0] / 1e6 if traced else rss_mb()
garbage, keep, grown = [], [], []
begin = now_mb()
started = time.perf_counter()
for _ in range(2):
    windows(count // 2, keep)
    grown.append(now_mb() - begin)
print(json.dumps([grown, time.perf_counter() - started, sum(garbage[1:])]))
"""
KINDS = {
    "measurement": "every Measurement kept",
    "window": "every Window kept, not asked",
    "": "nothing kept",
}


def grown_mb(kind: str, count: int, traced: bool, tree: str) -> Any:
    """Megabytes after half of the windows and after all."""
    code = CODE.format(traced=traced, count=count, kind=kind)
    return child_json(code, environment(WATTWHAT_RAPL_ROOT=tree), timeout_s=600)


def run(options: Options) -> Table:
    """Open many windows over two powercap counters and see what stays."""
    few, many = options.times(20_000, 200), options.times(PROMISED, 200)
    rows, traced_mb = [], {}
    with powercap_tree() as root:
        for kind, name in KINDS.items():
            (half, whole), _, garbage = grown_mb(kind, few, True, str(root))
            (_, rss), seconds, _ = grown_mb(kind, many, False, str(root))
            traced_mb[kind] = half + (whole - half) * (PROMISED - few / 2) / (few / 2)
            rows.append([name, half, whole, traced_mb[kind], rss, 1e6 * seconds / many, garbage])
    return Table(
        "memory",
        f"MB that windows over two powercap counters leave behind; {few} traced, {many} by RSS",
        ["", f"at {few // 2}", f"at {few}", f"for {PROMISED}", f"RSS at {many}", "us each", "garbage"],
        rows,
        [
            Limit(f"{PROMISED} windows, measurements kept", traced_mb["measurement"], 100.0, "MB"),
            Limit(f"{PROMISED} windows, nothing kept", traced_mb[""], 1.0, "MB"),
        ],
        [
            "Traced by tracemalloc after a collection, and the second half's growth taken for the rest; RSS: "
            "what the process grew by.",
            f"Garbage: objects of {few} windows that waited for Python's collector, in cycles.",
        ],
    )
