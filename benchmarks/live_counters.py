"""Advances a made powercap tree along a wave, a thousand times a second: a process of its own.

    python -m benchmarks.live_counters ROOT

The wave, the counters' beginning and the share of the DRAM come as JSON in WATTWHAT_BENCH. It runs ahead of
everything else where that is allowed (SCHED_FIFO): a counter that stands still because other programs have
the cores is no counter that a machine has. When its standard input ends it prints, as JSON, how late it was.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import time
from pathlib import Path

from benchmarks.peer_tasks import energy_j
from benchmarks.surroundings import RANGE_UJ, energy_files

TICK_S = 0.001
LATE_MS = 2.0


def shown_uj(start_uj: float, energy: float, range_uj: int = RANGE_UJ) -> int:
    """What a wrapping counter shows after so many joules, in uJ."""
    return int((start_uj + 1e6 * energy) % range_uj)


def lateness(gaps_ms: list[float]) -> dict[str, float]:
    """How far apart the updates were: how many, how many of them beyond `LATE_MS`, and the longest, in ms."""
    late = sum(gap > LATE_MS for gap in gaps_ms)
    return {"updates": len(gaps_ms), "late": late, "longest_ms": max(gaps_ms, default=0.0)}


def ahead_of_others() -> bool:
    """Ask for a place before all ordinary processes; whether it was given."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        return True
    return False


def main() -> None:
    """Write until the standard input ends."""
    wave = json.loads(os.environ["WATTWHAT_BENCH"])
    package, dram = (os.open(path, os.O_WRONLY) for path in energy_files(Path(sys.argv[1])))
    first = ahead_of_others()
    gaps_ms: list[float] = []
    before = time.monotonic_ns()
    while not select.select([sys.stdin], [], [], 0)[0]:
        now = time.monotonic_ns()
        joules = energy_j(wave, now)
        # Always as many digits, so that no reader meets a file that is being cut.
        os.pwrite(package, b"%012d\n" % shown_uj(wave["start_uj"], joules), 0)
        os.pwrite(dram, b"%012d\n" % shown_uj(100e9, wave["dram_share"] * joules), 0)
        gaps_ms.append((now - before) * 1e-6)
        before = now
        time.sleep(TICK_S - (now * 1e-9) % TICK_S)
    print(json.dumps({**lateness(gaps_ms), "ahead": first}))


if __name__ == "__main__":
    main()
