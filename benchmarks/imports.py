"""What `import wattwhat` takes, and what installing the core brings along."""

from __future__ import annotations

import random
import re
import statistics
import subprocess
import sys
import time
from importlib.metadata import Distribution, distribution
from pathlib import Path

from benchmarks.surroundings import ROOT, child_json, environment, powercap_tree
from benchmarks.table import Limit, Options, Table, summary

FIRST_WINDOW = "import wattwhat\nwith wattwhat.track(backends=[{name!r}]) as w: pass"
ANSWER = "\nw.measurement.energy_j"
HEAVY = ("numpy", "torch", "scipy", "pandas", "pynvml", "amdsmi", "jtop", "pyRAPL")


def contestants() -> dict[str, tuple[str, float | None]]:
    """Code to run in a fresh process, and the limit in ms over a process that runs nothing."""
    return {
        "import wattwhat": ("import wattwhat", 15.0),
        "import wattwhat.scoring": ("import wattwhat.scoring", 30.0),
        "import and a window, rapl": (FIRST_WINDOW.format(name="rapl"), 80.0),
        "the same, with its Measurement": (FIRST_WINDOW.format(name="rapl") + ANSWER, 80.0),
        "import and a window, default": ("import wattwhat\nwith wattwhat.track() as w: pass", 80.0),
        "the same, with its Measurement ": (
            "import wattwhat\nwith wattwhat.track() as w: pass" + ANSWER,
            80.0,
        ),
        "for scale: import numpy": ("import numpy", None),
    }


def wall_ms(code: str, env: dict[str, str]) -> float:
    """Start a process, run the code in it, wait for its end."""
    begin = time.perf_counter_ns()
    subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, check=True)
    return (time.perf_counter_ns() - begin) * 1e-6


def over_bare_ms(codes: dict[str, str], env: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """Milliseconds beyond those of a process that runs nothing, each round on its own."""
    draw = random.Random(20261121)
    over: dict[str, list[float]] = {name: [] for name in codes}
    for code in codes.values():
        wall_ms(code, env)  # writes the compiled modules
    for _ in range(rounds):
        order = list(codes)
        draw.shuffle(order)
        bare_ms = [wall_ms("", env)]
        taken = {name: wall_ms(codes[name], env) for name in order}
        bare_ms.append(wall_ms("", env))
        for name in order:
            over[name].append(taken[name] - statistics.fmean(bare_ms))
    return over


def brought(code: str, env: dict[str, str]) -> str:
    """Which heavy or vendor modules the code leaves in sys.modules."""
    names = child_json(f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))", env)
    return ", ".join(name for name in HEAVY if name in names) or "none"


def requirements(name: str) -> dict[str, Distribution]:
    """A distribution and all that its requirements without extras bring, by name."""
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        one = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if one not in found:
            found[one] = distribution(one)
            wanted = [line for line in found[one].requires or () if "extra ==" not in line]
            plain = [line for line in wanted if "python_version" not in line and "sys_platform" not in line]
            waiting += [re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0] for line in plain]
    return found


def installed_mb(dist: Distribution) -> float:
    """Megabytes of the files that a distribution installed, without compiled Python."""
    if re.sub(r"[-_.]+", "-", dist.metadata["Name"]).lower() == "wattwhat":  # editable here: take the source
        files = [path for path in (ROOT / "wattwhat").rglob("*") if path.is_file()]
    else:
        files = [Path(str(dist.locate_file(file))) for file in dist.files or ()]
    plain = [file for file in files if "__pycache__" not in file.parts and file.exists()]
    return sum(file.stat().st_size for file in plain) / 1e6


def run(options: Options) -> Table:
    """Time imports in fresh processes, each against bare Python beside it."""
    rounds = options.times(15, 1)
    codes = {name: code for name, (code, _) in contestants().items()}
    with powercap_tree() as root:
        env = environment(WATTWHAT_RAPL_ROOT=str(root))
        over = over_bare_ms(codes, env, rounds)
        rows = [
            [name.strip(), *summary(over[name]), limit, brought(codes[name], env)]
            for name, (_, limit) in contestants().items()
        ]
    limits = [
        Limit(name.strip(), statistics.median(over[name]), limit, "ms")
        for name, (_, limit) in contestants().items()
        if limit is not None
    ]
    dists = requirements("wattwhat")
    sizes = {name: installed_mb(dist) for name, dist in sorted(dists.items())}
    listed = ", ".join(f"{name} {dists[name].version} {size:.1f} MB" for name, size in sizes.items())
    return Table(
        "imports",
        f"ms beyond a process of bare Python, {rounds} rounds",
        ["in a fresh process", "median", "min", "p99", "limit", "heavy modules brought in"],
        rows,
        limits,
        [
            "rapl: a package and its DRAM in a made tree; default: every backend of this environment",
            f"pip install wattwhat brings {len(dists)} distributions, {sum(sizes.values()):.1f} MB: {listed}",
        ],
    )
