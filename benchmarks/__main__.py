"""The benchmarks' command line.

    python -m benchmarks                  all that need nothing but this repository's environment
    python -m benchmarks windows memory   some
    python -m benchmarks peers            side by side with other libraries; makes their environments first
    python -m benchmarks --list           what there is
    python -m benchmarks --quick          few repeats: does every line run? the numbers are worth nothing

Each prints a table, the limits it is held to and whether this run kept them, and writes
benchmarks/out/NAME.json.
The exit status is 0 whatever was measured: a busy machine is no defect.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.table import Options

TABLES = {
    "imports": "what importing takes, and what the core brings along",
    "windows": "begin and end of a window, over two counters",
    "steps": "the same inside a training step of torch, where caches are cold",
    "overhead": "a busy loop under an open window; an idle process under one",
    "memory": "what a hundred thousand windows keep",
    "callbacks": "what callbacks of training frameworks and a journal cost a step of 10 ms",
    "prediction": "joules said before a run beside measured ones, on public populations",
    "page": "the comparison page of 1,200 rows in a browser: opening, filtering, sorting, and writing it",
    "readings": "reading a channel beside the bare vendor call; opening all backends",
}
# These print for themselves and have a command line of their own, which is called with these arguments.
PROGRAMS = {
    "scoring": "whether odds of grades and forecasts hold, and how fast scores are",
    "logs": "reading a large log of another tool",
    "streams": "a log of very many runs, run by run, beside pandas and polars",
    "truth": "measured energy beside the true energy of made waveforms",
    "truth_phases": "joules of short phases beside the true ones, on each kind of sensor",
    "fusion": "what a power gauge beside a counter would tell of short windows and of phases",
    "published": "published errors of a part-time sensor beside those of an emulated one",
}
FULL = {"logs": ["--megabytes", "20"], "truth": ["--runs", "100"], "truth_phases": ["--programs", "100"]}
QUICK = {
    "scoring": ["--quick"],
    "logs": ["--megabytes", "0.1", "--rounds", "1"],
    "streams": ["--megabytes", "0.5", "--rounds", "1"],
    "truth": ["--runs", "20", "--classes", "counter 1 ms"],
    "truth_phases": ["--programs", "10", "--classes", "counter 20 ms"],
    "fusion": ["--windows", "24", "--programs", "1"],
    "published": ["--runs", "1", "--phases", "10"],
}
ASKED_FOR = {"peers": "other libraries beside this one, over the same stand-in sensors"}


def there_are() -> dict[str, str]:
    """Names and lines of the benchmarks of this checkout, in the order in which they are run."""
    everything = {**TABLES, **PROGRAMS, **ASKED_FOR}
    return {name: line for name, line in everything.items() if _is_there(name)}


def _is_there(name: str) -> bool:
    return importlib.util.find_spec(f"benchmarks.{name}") is not None


def run(name: str, options: Options) -> None:
    """Run one benchmark and print what it found."""
    begin = perf_counter()
    module = importlib.import_module(f"benchmarks.{name}")
    if name in PROGRAMS:
        print(f"{name}: {PROGRAMS[name]}\n")
        _call(module.main, name, (QUICK if options.quick else FULL).get(name, []))
    else:
        table = module.run(options)
        print(table.text())
        table.write(options.out)
    print(f"\n({name} took {perf_counter() - begin:.0f} s)\n", flush=True)


def _call(program: Callable[[], object], name: str, arguments: Sequence[str]) -> None:
    """Call a program's main() with a command line of its own; its exit status ends nothing else."""
    kept, sys.argv = sys.argv, [f"benchmarks/{name}.py", *arguments]
    try:
        program()
    except SystemExit as end:
        print(f"{name} ended with {end.code!r}")
    finally:
        sys.argv = kept


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, or all but those that have to be asked for."""
    known = there_are()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What measuring costs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(known)}")
    parser.add_argument("--list", action="store_true", help="say what there is and stop")
    parser.add_argument("--quick", action="store_true", help="few repeats, to see that every line runs")
    parser.add_argument("--out", type=Path, default=Options().out, help="folder for the JSON files")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in known]
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(known)}")
    if given.list:
        for name, line in known.items():
            print(f"{name:<10} {line}{' (only when named)' if name in ASKED_FOR else ''}")
        return 0
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}", end="")
    print("; quick: these numbers are worth nothing\n" if given.quick else "\n", flush=True)
    for name in given.names or [name for name in known if name not in ASKED_FOR]:
        run(name, Options(given.quick, given.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
