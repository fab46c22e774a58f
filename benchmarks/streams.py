"""A CodeCarbon file of many runs, read run by run, beside pandas and polars merely loading it.

`python -m benchmarks.streams --megabytes 200` is the size that the promise is about: within 2 times the
processor time of pandas.read_csv, and within 150 MB. The file is made in a temporary folder and removed
again: runs one after the other, every second of them flushed once before its end. Each reading is a process
of its own, in turns; the least of the rounds counts. Processor time is that of the reading: each process has
read a file of two runs before, so that all that is imported for it is there. "As many bare objects" reads
nothing: it makes a Measurement with its three parts for each run, by copying. What `logs.stream` gives makes
its parts when they are asked for: "run by run" asks for the energy of each run, "with all their parts" for
its channels too. `--score` prints what `wattwhat score` takes of more and more of these runs instead, each of
them with a rank, the ranks that hold 95 % of the draws and the probability of the front.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import textwrap
from itertools import islice
from pathlib import Path

_MEASURE = """
import json, resource, sys, time
sys.path.insert(0, sys.argv[2])
{imported}
for path in (sys.argv[4], sys.argv[1]):
    begin = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
{reading}
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({{"cpu_s": sum(used[:2]) - begin, "process_s": sum(used[:2]), "rows": rows, "joules": joules,
                   "peak_mb": used.ru_maxrss / 1024}}))
"""
READINGS = {
    "wattwhat, run by run": (
        "from wattwhat import logs",
        """
rows, joules = 0, 0.0
for measurement in logs.stream(path):
    rows, joules = rows + 1, joules + measurement.energy_j.value
""",
    ),
    "with all their parts": (
        "from wattwhat import logs",
        """
rows, joules = 0, 0.0
for measurement in logs.stream(path):
    rows, joules = rows + len(measurement.channels) // 3, joules + measurement.energy_j.value
""",
    ),
    "as many bare objects": (
        "from types import MappingProxyType\n"
        "from wattwhat import Channel, Measurement, Quantity\n"
        "from wattwhat.records.channel_energy import ChannelEnergy\n"
        "from wattwhat.records.copies import copier",
        """
joule = Quantity(1.0, 0.1, "J")
part = ChannelEnergy(Channel("h/x/cpu", "x", "a CPU", "cpu", "energy"), joule, "imported", True)
one = Measurement(label="", energy_j=joule, duration_s=1.0, channels=(part,) * 3, provenance="imported")
details, rows, joules = {str(i): i for i in range(20)}, int(sys.argv[3]), None
joule, part = copier(joule, "value", "u"), copier(part, "energy_j")
one = copier(one, "label", "energy_j", "duration_s", "channels", "_budget", "warnings", "details")
for _ in range(rows):
    parts = part(joule(1.0, 0.1)), part(joule(1.0, 0.1)), part(joule(1.0, 0.1))
    one("", joule(3.0, 0.3), 1.0, parts, (), (), MappingProxyType(details.copy()))
""",
    ),
    "pandas.read_csv": ("import pandas", "rows, joules = len(pandas.read_csv(path)), None"),
    "polars.read_csv": ("import polars", "rows, joules = len(polars.read_csv(path)), None"),
}
HEADER = (
    "timestamp,project_name,run_id,experiment_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,"
    "cpu_energy,gpu_energy,ram_energy,energy_consumed,water_consumed,country_name,country_iso_code,region,"
    "cloud_provider,cloud_region,os,python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,"
    "longitude,latitude,ram_total_size,tracking_mode,cpu_utilization_percent,gpu_utilization_percent,"
    "ram_utilization_percent,ram_used_gb,on_cloud,pue,wue\n"
)
LIMIT_TIMES, LIMIT_MB = 2.0, 150.0


def make_log(path, megabytes, seed=1):
    """A file of about this size; how many runs it holds and their joules."""
    import random
    import uuid
    from datetime import datetime, timedelta

    chance = random.Random(seed)
    at, runs, joules = datetime(2020, 1, 1), 0, 0.0
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEADER)
        while file.tell() < megabytes * 1e6:
            lines = []
            for _ in range(1000):
                run, seconds = uuid.UUID(int=chance.getrandbits(128)), chance.uniform(10.0, 2000.0)
                watts = [chance.uniform(20, 90), chance.uniform(30, 300), chance.uniform(3, 20)]
                rows = 2 if runs % 2 else 1
                for share in (0.5, 1.0)[2 - rows :]:
                    at += timedelta(seconds=seconds / rows)
                    parts = [power * seconds * share / 3.6e6 for power in watts]
                    lines.append(_row(at, run, f"project{runs % 111}", seconds * share, parts, chance))
                joules += sum(parts) * 3.6e6
                runs += 1
            file.write("".join(lines))
    return runs, joules


def _row(at, run, project, seconds, parts, chance):
    cpu, gpu, ram = parts
    total = cpu + gpu + ram
    loads = ",".join(repr(chance.uniform(0.0, 100.0)) for _ in range(3))
    return (
        f"{at:%Y-%m-%dT%H:%M:%S},{project},{run},5b0fa12a-3dd7-45bb-9766-cc326314d9f1,{seconds!r},"
        f"{0.3 * total!r},{0.3 * total / seconds!r},{chance.uniform(20, 90)!r},{chance.random()!r},20,"
        f"{cpu!r},{gpu!r},{ram!r},{total!r},0.0,Germany,DEU,hesse,,,Linux-6.8.0-49-generic-x86_64,3.12.3,3.2.3,"
        f"16,AMD Ryzen 7 5800H with Radeon Graphics,1,1 x NVIDIA GeForce RTX 3060 Laptop GPU,13.4,52.5,31.2,"
        f"machine,{loads},{chance.uniform(0, 30)!r},N,1.0,0.0\n"
    )


def run(name, path, runs, small):
    """One reading in a process of its own; None where its library is not installed."""
    imported, reading = READINGS[name]
    reading = textwrap.indent(reading.strip(), "    ")
    script = _MEASURE.format(imported=imported, reading=reading)
    root = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-c", script, path, root, str(runs), small], capture_output=True, text=True
    )
    if done.returncode and "No module named" in done.stderr:
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


_SCORE = """
import resource, sys, time
sys.path.insert(0, sys.argv[2])
from wattwhat.cli import main
status = main(["score", sys.argv[1], "--unit", "J", "--accuracy", "0.8", "--json"])
used = resource.getrusage(resource.RUSAGE_SELF)
print(sum(used[:2]), used.ru_maxrss / 1024, file=sys.stderr)
sys.exit(status)
"""


def score(path, runs, lines):
    """Print what scoring and ranking the first so many runs takes, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        part = str(Path(folder) / "part.csv")
        with open(path, encoding="utf-8") as file, open(part, "w", encoding="utf-8") as other:
            other.writelines(islice(file, 1 + lines))
        root = str(Path(__file__).resolve().parents[1])
        with open(Path(folder) / "rows.jsonl", "w", encoding="utf-8") as rows:
            done = subprocess.run(
                [sys.executable, "-c", _SCORE, part, root], stdout=rows, stderr=subprocess.PIPE, text=True
            )
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds, peak = map(float, done.stderr.split()[-2:])
    print(f"{runs:8d}   {seconds:11.1f}   {1e6 * seconds / runs:8.0f}   {peak:7.0f}", flush=True)


def main():
    """Make the file, read it in turns, print a table and whether the limits are kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3, help="the least processor time of the rounds counts")
    parser.add_argument("--score", action="store_true", help="print what `wattwhat score` takes instead")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "emissions.csv")
        runs, joules = make_log(path, arguments.megabytes)
        if arguments.score:
            print("    runs   processor s   us a run   peak MB")
            for some in (*(n for n in (5_000, 20_000, 50_000) if n < runs), runs // 2 * 2):
                score(path, some, some // 2 * 3)
            return
        size = Path(path).stat().st_size / 1e6
        small = str(Path(folder) / "small.csv")
        with open(path, encoding="utf-8") as file, open(small, "w", encoding="utf-8") as other:
            other.writelines(islice(file, 4))
        rounds = [{name: run(name, path, runs, small) for name in READINGS} for _ in range(arguments.rounds)]
    print(f"streams: {size:.0f} MB of CodeCarbon, {runs} runs, {arguments.rounds} rounds\n")
    print("                        processor s   with imports   peak MB       rows")
    best = {}
    for name in READINGS:
        found = [one[name] for one in rounds if one[name] is not None]
        if not found:
            print(f"{name:<22}  not installed")
            continue
        best[name] = min(found, key=lambda one: one["cpu_s"])
        one = best[name]
        seconds = f"{one['cpu_s']:11.2f}   {one['process_s']:12.2f}"
        print(f"{name:<22}  {seconds}   {one['peak_mb']:7.0f}   {one['rows']:8d}")
    ours, theirs = best["wattwhat, run by run"], best.get("pandas.read_csv")
    if ours["rows"] != runs or abs(ours["joules"] / joules - 1.0) > 1e-9:
        raise SystemExit(f"{ours['rows']} runs of {ours['joules']} J read, {runs} of {joules} J written")
    print()
    if theirs is not None:
        times = ours["cpu_s"] / theirs["cpu_s"]
        kept = "within" if times <= LIMIT_TIMES else "beyond"
        print(f"processor time beside pandas.read_csv: {times:.1f}x, limit {LIMIT_TIMES:.1f}x: {kept}")
    kept = "within" if ours["peak_mb"] <= LIMIT_MB else "beyond"
    print(f"peak: {ours['peak_mb']:.0f} MB, limit {LIMIT_MB:.0f} MB: {kept}")


if __name__ == "__main__":
    main()
