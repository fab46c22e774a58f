"""Processes of ours: a module that lies in the current folder is never taken for one of theirs."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from wattwhat.calibration.loads import busy_gpus, busy_processors
from wattwhat.errors import BackendError
from wattwhat.sensing.estimate.backend import EstimateBackend
from wattwhat.testing._ids import ids_elsewhere
from wattwhat.workloads.python_child import python_child

ROOT = Path(__file__).resolve().parents[2]
SHADOWS = (
    "select",
    "time",
    "json",
    "pickle",
    "torch",
    "encodings",
    "numpy",
    "attrs",
    "runpy",
    "os",
    "threading",
)


@pytest.fixture(autouse=True)
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with modules that leave a mark when they are run."""
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'a').write({name!r})\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mark"


def test_a_plain_child_of_python_would_run_them(hostile: Path) -> None:
    plain = [python_child("")[0], "-c", "import select"]
    subprocess.run(plain, check=True)
    assert hostile.read_text() == "select"


def test_a_child_of_ours_does_not(hostile: Path) -> None:
    words = ", ".join(name for name in SHADOWS if name != "torch")
    done = subprocess.run(python_child(f"import {words}; print(sys.argv[1])", "word"), capture_output=True)
    assert done.stdout.split() == [b"word"], done.stderr
    assert not hostile.exists()


def test_a_load_does_not(hostile: Path) -> None:
    load = busy_processors()
    try:
        load.switch(True)
        assert load.switches_s()
    finally:
        load.close()
    assert not hostile.exists()


def test_a_load_on_gpus_does_not(hostile: Path) -> None:
    try:
        busy_gpus().close()
    except BackendError:  # no torch, or it sees no GPU
        pass
    assert not hostile.exists()


def test_the_conformance_suite_does_not(hostile: Path) -> None:
    found, why = ids_elsewhere(EstimateBackend, 60.0)
    assert found, why
    assert not hostile.exists()


def python_lists(path: Path) -> list[str]:
    """Lists of words that start this interpreter with code or a module, and so with the current folder."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lists = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.List)]
    return [words for words in lists if "sys.executable, '-" in words]


def test_every_child_of_python_is_started_in_one_way() -> None:
    files = [*(ROOT / "wattwhat").rglob("*.py"), *ROOT.glob("backends/*/wattwhat_*/*.py")]
    found = [path.name for path in files for _ in python_lists(path)]
    assert found == ["python_child.py"]
