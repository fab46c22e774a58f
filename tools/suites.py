"""`make test`: the whole suite on the default interpreter, then its torch-free part on every other one found.

Arguments are handed to pytest. The environments of the other interpreters hold no torch, so tests that need
it skip there by themselves. Exit status 0 means that every run passed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import environment
import pythons


def run_suite(interpreter: Path, arguments: list[str]) -> bool:
    """Run pytest in one environment; True where it passed."""
    command = [str(interpreter), "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=environment.ROOT, stdin=subprocess.DEVNULL).returncode == 0


def suite_on(name: str, python: str, extras: list[str], arguments: list[str]) -> str:
    """Make one environment and run the suite in it; returns "passed" or what went wrong."""
    try:
        interpreter = environment.ensure(environment.ROOT / name, extras, python)
    except subprocess.CalledProcessError as error:
        return f"FAILED: its environment could not be made (status {error.returncode})"
    return "passed" if run_suite(interpreter, arguments) else "FAILED"


def plan(default: str) -> list[tuple[str, str, str | None, list[str]]]:
    """Rows of (title, environment, interpreter or None, extras): the default first, then the others."""
    rows: list[tuple[str, str, str | None, list[str]]] = [
        (f"{default} whole suite", ".venv", sys.executable, list(environment.DEFAULT_EXTRAS))
    ]
    for version in pythons.SUPPORTED:
        if version != default:
            rows.append((f"{version} without torch", f".venv-{version}", pythons.find(version), ["test"]))
    return rows


def main(arguments: list[str]) -> int:
    """Plan, say what was found, run, sum up."""
    if environment.too_old():
        return 2
    rows = plan("{}.{}".format(*sys.version_info))
    for title, _, python, _ in rows:
        print(f"Python {title}: {python or 'not found on this machine'}", flush=True)
    outcomes = []
    for title, name, python, extras in rows:
        if python is not None:
            print(f"\n=== Python {title}", flush=True)
        outcomes.append("not found" if python is None else suite_on(name, python, extras, arguments))
    print("\n=== Summary")
    for (title, *_), outcome in zip(rows, outcomes, strict=True):
        print(f"Python {title}: {outcome}")
    return 1 if any(outcome.startswith("FAILED") for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
