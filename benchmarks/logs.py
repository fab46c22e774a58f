"""How long a large nvidia-smi log takes to integrate, beside pandas merely loading it, and its memory.

Run `python benchmarks/logs.py --megabytes 1000` for the size that the promise is about: no more time than
pandas.read_csv in the same run, in under 150 MB. The log is made in a temporary folder and removed again.
Each reading runs in a process of its own, so that its memory is its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_OURS = """
import json, resource, sys, time
sys.path.insert(0, sys.argv[2])
from wattwhat import logs
begin = time.perf_counter()
found = logs.read(sys.argv[1])
seconds = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "peak_mb": peak, "joules": found[0].energy_j.value,
                  "problems": len(found.problems)}))
"""
_PANDAS = """
import json, resource, sys, time
import pandas
begin = time.perf_counter()
table = pandas.read_csv(sys.argv[1])
seconds = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "peak_mb": peak, "rows": len(table)}))
"""


def make_log(path, megabytes, gpus=2, seed=1):
    """A log of ``megabytes`` with ``gpus`` boards sampled every 100 ms; the joules it holds."""
    import numpy as np

    generator = np.random.default_rng(seed)
    joules, last = 0.0, [None] * gpus
    tick = 0
    with open(path, "wb") as file:
        file.write(b"timestamp, index, power.draw [W], utilization.gpu [%], memory.used [MiB]\n")
        while file.tell() < megabytes * 1_000_000:
            powers = np.round(generator.uniform(60.0, 400.0, size=(20_000, gpus)), 2)
            lines = []
            for row in powers:
                seconds, tenth = divmod(tick, 10)
                day, rest = divmod(seconds, 86_400)
                clock = time.strftime("%H:%M:%S", time.gmtime(rest))
                moment = f"2026/{1 + day // 28 % 12:02d}/{1 + day % 28:02d} {clock}.{tenth}00"
                lines += [f"{moment}, {g}, {p:.2f} W, 97 %, 40123 MiB\n" for g, p in enumerate(row)]
                tick += 1
            file.write("".join(lines).encode())
            steps = np.vstack([last, powers]) if last[0] is not None else powers
            joules += float(np.sum((steps[1:] + steps[:-1]) / 2.0 * 0.1))
            last = powers[-1].tolist()
    return joules


def run(script, path):
    """One reading in a process of its own; None where pandas is not installed."""
    root = str(Path(__file__).resolve().parents[1])
    done = subprocess.run([sys.executable, "-c", script, path, root], capture_output=True, text=True)
    if done.returncode and "No module named 'pandas'" in done.stderr:
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def main():
    """Make the log, read it both ways, print what was found as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=100.0)
    parser.add_argument("--rounds", type=int, default=3, help="each reading is repeated; the fastest counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "gpu.csv")
        joules = make_log(path, arguments.megabytes)
        found = {"megabytes": Path(path).stat().st_size / 1e6, "joules_written": joules}
        for name, script in (("wattwhat", _OURS), ("pandas", _PANDAS)):
            results = [run(script, path) for _ in range(arguments.rounds)]
            found[name] = None if None in results else min(results, key=lambda result: result["seconds"])
    print(json.dumps(found, indent=1))
    if abs(found["wattwhat"]["joules"] / joules - 1.0) > 1e-6:
        raise SystemExit("the joules differ from those that were written")


if __name__ == "__main__":
    main()
