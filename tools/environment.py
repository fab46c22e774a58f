"""Making an environment: a venv with the core, the checkout's plugins and some extras, all editable.

    python3 tools/environment.py .venv            everything that demo, tests and lint need
    python3 tools/environment.py .venv-docs docs  the extras named
    python3 tools/environment.py .venv-study --constraints examples/study/constraints.txt study onnx
                                                  with other pinned versions than constraints.txt has

A second call costs a few milliseconds: the environment remembers what it was made from and is left alone
until one of those files, the extras or the interpreter changes.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
OLDEST = (3, 10)
# What `make demo`, `make test` and `make lint` need.
DEFAULT_EXTRAS = ("demo", "report", "test", "frameworks", "lint")
# The builder goes in first, pinned: then five editable installs need no build environment each.
BUILDER = ("hatchling", "editables")


def plugins() -> list[Path]:
    """The plugin folders named in backends/requirements.txt that are there."""
    lines = (ROOT / "backends" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    folders = [ROOT / line.split(maxsplit=1)[1] for line in lines if line.startswith("-e ")]
    return [folder for folder in folders if (folder / "pyproject.toml").exists()]


def fingerprint(extras: list[str], constraints: Path = CONSTRAINTS) -> str:
    """A digest of all that decides what the environment holds."""
    sources = [constraints, ROOT / "wattwhat" / "_version.py", Path(__file__).resolve()]
    sources += [folder / "pyproject.toml" for folder in (ROOT, *plugins())]
    digest = hashlib.sha256(repr(sorted(extras)).encode())
    for source in sources:
        digest.update(f"{source.relative_to(ROOT)}\n".encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


def foundation(python: str) -> str:
    """What an environment cannot outlive: its interpreter, and where the checkout lies."""
    asked = "import sys; print(sys.version, sys.base_prefix)"
    answer = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    return f"{answer.stdout.strip()} {ROOT}"


def pip(interpreter: Path, *arguments: str, constraints: Path = CONSTRAINTS) -> None:
    """Run pip under the pinned versions; WATTWHAT_PIP adds arguments."""
    command = [str(interpreter), "-m", "pip", "install", "-qq", "-c", str(constraints)]
    command += shlex.split(os.environ.get("WATTWHAT_PIP", ""))
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=True,
    )


def ensure(
    place: Path, extras: list[str], python: str = sys.executable, constraints: Path = CONSTRAINTS
) -> Path:
    """Make the environment, or bring it up to date, or leave it alone if it is; returns its interpreter.

    Args:
        place: folder of the virtual environment.
        extras: extras of the core to install.
        python: interpreter to make it with.
        constraints: the pinned versions.

    Raises:
        subprocess.CalledProcessError: venv or pip failed; what they said is on stderr.
    """
    interpreter = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    ready = place / ".made-from"
    made_from = ready.read_text(encoding="utf-8").splitlines() if ready.exists() else []
    wanted = [" ".join(foundation(python).split()), fingerprint(extras, constraints)]
    if made_from == wanted:
        return interpreter
    say(f"installing into {place.name}: wattwhat[{','.join(extras)}] and {len(plugins())} plugins")
    if made_from[:1] != wanted[:1]:
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run(
            [python, "-m", "venv", str(place)], stdin=subprocess.DEVNULL, stdout=sys.stderr, check=True
        )
    pip(interpreter, *BUILDER, constraints=constraints)
    editable = [part for folder in plugins() for part in ("-e", str(folder))]
    core = f"{ROOT}[{','.join(extras)}]"
    pip(interpreter, "--no-build-isolation", "-e", core, *editable, constraints=constraints)
    ready.write_text("\n".join(wanted), encoding="utf-8")
    return interpreter


def say(sentence: str) -> None:
    """Tell the person at the terminal what takes so long, at once and apart from any result."""
    print(sentence, file=sys.stderr, flush=True)


def too_old() -> bool:
    """Whether this interpreter cannot run wattwhat; says so and what to do."""
    if sys.version_info >= OLDEST:
        return False
    say("wattwhat needs Python 3.10 or newer; name one: make PYTHON=python3.12 ...")
    return True


def main(arguments: list[str]) -> int:
    """The command line: the folder, then the extras."""
    if too_old():
        return 2
    if not arguments or arguments[0].startswith("-"):
        say(__doc__ or "")
        return 2
    place, extras, constraints = arguments[0], arguments[1:], CONSTRAINTS
    if extras[:1] == ["--constraints"]:
        constraints, extras = ROOT / extras[1], extras[2:]
    try:
        ensure(ROOT / place, extras or list(DEFAULT_EXTRAS), constraints=constraints)
    except subprocess.CalledProcessError as error:
        say(f"could not make {arguments[0]}: {shlex.join(error.cmd)} ended with {error.returncode}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
