"""Every example runs and says something."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wattwhat.records.jsonl import read_jsonl

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[1] / "examples"
NEEDS = {"score_numbers.py": [], "measure_a_model.py": ["torch"], "track_training.py": ["torch"]}


def run(*command: str, cwd: Path) -> str:
    environment = {**os.environ, "WATTWHAT_BACKENDS": "estimate", "PYTHONWARNINGS": "default"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_examples_run(name: str, tmp_path: Path) -> None:
    for module in NEEDS[name]:
        pytest.importorskip(module)
    assert run(str(EXAMPLES / name), cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_every_example_is_known_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {*NEEDS, "demo.py"}


def test_the_demo_trains_measures_and_compares(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    text = run(str(EXAMPLES / "demo.py"), "--epochs", "1", "--seconds", "0.3", cwd=tmp_path)
    for name in ("linear", "mlp", "cnn", "wide cnn"):
        assert f"\n{name} " in text
    measurements = read_jsonl(tmp_path / "demo.jsonl")
    assert len(measurements) == 8
    assert all(m.provenance == "estimated" for m in measurements)
    assert all(0 < m.metrics["accuracy"] <= 1 and m.metrics["n_test"] == 540 for m in measurements)
    assert all(m.items == 540 * (m.calls or 0) for m in measurements if "inference" in m.label)
