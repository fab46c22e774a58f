"""`make test`: the whole suite on the default interpreter, on every core.

    python3 tools/suites.py [ARGS]             the default interpreter; ARGS go to pytest
    python3 tools/suites.py --others [ARGS]    the part without torch that the interpreter may change, on each
                                               other supported Python that is found
    python3 tools/suites.py --all [ARGS]       both (`make test-all`)

The environments of the other interpreters hold no torch, so tests that need it skip there by themselves.
Exit status 0 means that every run passed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import environment
import pythons

# One process a core and one more, for a fourth of the time tests wait for processes of their own. Tests are
# handed out one by one: a few long laws would keep one process busy at the end. pytest takes the last -n that
# it is given, so ARGS="-n 0" turns it off.
SPREAD = ["-n", str(pythons.cores() + 1), "--dist", "worksteal"]
# What does not depend on the interpreter: what a browser makes of a page, how often intervals hold in made
# worlds, what benchmarks and examples print.
ONCE = ["-m", "not slow"]
WHICH = {"--others": (False, True), "--all": (True, True)}


def run_suite(interpreter: Path, arguments: list[str]) -> bool:
    """Run pytest in one environment; True where it passed."""
    command = [str(interpreter), "-m", "pytest", *SPREAD, *arguments]
    # Hundreds of tests start a command in a process of its own, which without byte code compiles it again.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=environment.ROOT, env=kept, stdin=subprocess.DEVNULL)
    return done.returncode == 0


def suite_on(name: str, python: str, extras: list[str], arguments: list[str]) -> str:
    """Make one environment and run the suite in it; returns "passed" or what went wrong."""
    try:
        interpreter = environment.ensure(environment.ROOT / name, extras, python)
    except subprocess.CalledProcessError as error:
        return f"FAILED: its environment could not be made (status {error.returncode})"
    return "passed" if run_suite(interpreter, arguments) else "FAILED"


def plan(default: str, *, own: bool, others: bool) -> list[tuple[str, str, str | None, list[str]]]:
    """Rows of (title, environment, interpreter or None, extras): the default first, then the others."""
    rows: list[tuple[str, str, str | None, list[str]]] = []
    if own:
        extras = list(environment.DEFAULT_EXTRAS)
        rows.append((f"{default} whole suite", ".venv", sys.executable, extras))
    for version in pythons.SUPPORTED if others else ():
        if version != default:
            rows.append((f"{version} without torch", f".venv-{version}", pythons.find(version), ["test"]))
    return rows


def main(arguments: list[str]) -> int:
    """Plan, say what was found, run, sum up."""
    if environment.too_old():
        return 2
    own, others = WHICH.get(arguments[0] if arguments else "", (True, False))
    arguments = arguments[1:] if others else arguments
    rows = plan("{}.{}".format(*sys.version_info), own=own, others=others)
    for title, _, python, _ in rows:
        print(f"Python {title}: {python or 'not found on this machine'}", flush=True)
    outcomes = []
    for title, name, python, extras in rows:
        if python is not None:
            print(f"\n=== Python {title}", flush=True)
        given = arguments if name == ".venv" else [*ONCE, *arguments]
        outcomes.append("not found" if python is None else suite_on(name, python, extras, given))
    print("\n=== Summary")
    for (title, *_), outcome in zip(rows, outcomes, strict=True):
        print(f"Python {title}: {outcome}")
    return 1 if any(outcome.startswith("FAILED") for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
