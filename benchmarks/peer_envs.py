"""Environments of the libraries that stand side by side: each below benchmarks/.envs, made on first use."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks.surroundings import ROOT

HERE = Path(__file__).parent
ENVS = HERE / ".envs"
OURS = ("", "backends/rapl", "backends/nvml")


def wanted(text: str | None = None) -> dict[str, list[str]]:
    """What pip is to install for each library, by its name: this checkout, then the lines of peers.txt.

    Args:
        text: the lines; None reads the file.

    Example:
        >>> list(wanted("# a comment\\npyJoules[nvidia]==0.5.1\\n").items())[1]
        ('pyJoules', ['pyJoules[nvidia]==0.5.1'])
    """
    text = (HERE / "peers.txt").read_text(encoding="utf-8") if text is None else text
    lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    ours = [word for folder in OURS for word in ("-e", str(ROOT / folder))]
    return {"wattwhat": ours, **{re.split(r"[\[=]", line, maxsplit=1)[0]: [line] for line in lines}}


def python_of(name: str, requirements: list[str], envs: Path = ENVS) -> Path | str:
    """The interpreter of a library's environment, made if it is not there; or why it could not be made."""
    folder = envs / name
    python, mark = folder / "bin/python", folder / "requirement"
    installed = " ".join(requirements)
    if mark.exists() and mark.read_text(encoding="utf-8") == installed:
        return python
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    for command in ([sys.executable, "-m", "venv", "--clear", str(folder)], [*pip, *requirements]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return reason(done.stderr or done.stdout)
    mark.write_text(installed, encoding="utf-8")
    return python


def reason(said: str) -> str:
    """Why pip or venv failed: its first line of an error, else its last line.

    Example:
        >>> reason("WARNING: slow\\nERROR: No matching distribution found for nothing\\nhint: look\\n")
        'ERROR: No matching distribution found for nothing'
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors[-1:] or lines[-1:] or ["no reason given"])[0]
