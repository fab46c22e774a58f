"""Cells in processes of their own: whatever happens there costs one row."""

import os

import pytest

from wattwhat import Measurement
from wattwhat.study.cell import Cell
from wattwhat.study.job import Job
from wattwhat.study.process import run_in_process

pytest.importorskip("fcntl", reason="process groups and locks are those of POSIX")

NETS = """
import os, signal, subprocess, sys, time

def small(batch_size):
    return lambda: sum(range(100 * batch_size))

def segfault():
    print("I was here", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)

def hangs():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open("pids", "w").write(f"{os.getpid()} {child.pid}")
    time.sleep(600)

def exits():
    raise SystemExit(3)

def leaves():
    os._exit(7)

def fails():
    raise ValueError("no such layer")

def loud():
    print("x" * 1000)
    return lambda: print("y")

def terminated():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(600)

def number():
    return 7
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "nets.py").write_text(NETS)
    monkeypatch.setenv("WATTWHAT_BACKENDS", "estimate")

    def run(name, limit_seconds=300.0, **cell):
        how = {"max_seconds": 0.2, "min_seconds": 0.1, "idle": False, "limit_seconds": limit_seconds}
        return run_in_process(Job("00ff", Cell(f"nets:{name}", **cell), how, str(tmp_path)))

    return run


def test_a_cell_is_a_measurement_with_its_settings(run):
    outcome = run("small", batch_size=8)
    m = Measurement.from_dict(outcome.measurement)
    assert m.label == "nets:small"
    assert m.items == 8 * m.calls
    assert m.details["cell"]["key"] == "00ff"
    assert m.details["cell"]["batch_size"] == 8
    assert 0 < m.metrics["latency_p50_s"] <= m.metrics["latency_p99_s"]
    assert m.metrics["compile_s"] > 0


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("segfault", "crash", "SIGSEGV; it last said: I was here"),
        ("exits", "error", "SystemExit: 3"),
        ("leaves", "crash", "status 7"),
        ("fails", "error", "ValueError: no such layer"),
        ("number", "error", "gave a int; expected a torch module"),
        ("terminated", "interrupted", "SIGTERM"),
    ],
)
def test_what_goes_wrong_is_a_reason(run, name, kind, words):
    outcome = run(name)
    assert (outcome.kind, outcome.measurement) == (kind, None)
    assert words in outcome.reason
    assert outcome.final is (kind != "interrupted")


def test_a_module_may_lie_where_the_study_is_started(run, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.py").write_text("def net():\n    return lambda: None\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    how = {"max_seconds": 0.2, "min_seconds": 0.1, "idle": False}
    assert run_in_process(Job("00ff", Cell("far:net"), how, str(tmp_path))).kind == "measured"


def test_what_it_prints_is_not_taken_for_its_answer(run):
    assert run("loud").kind == "measured"


def test_a_cell_that_takes_too_long_is_ended_with_all_it_started(run, tmp_path):
    outcome = run("hangs", limit_seconds=5.0)
    assert outcome.kind == "limit"
    assert "after 5 s" in outcome.reason
    for pid in (tmp_path / "pids").read_text().split():
        assert ended(int(pid))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"runtime": "compile"}, "is no torch module"),
        ({"precision": "bf16"}, "is no torch module"),
        ({"runtime": "eager:fast"}, "eager has no mode 'fast'"),
        ({"runtime": "onnxruntime"}, "is no torch module"),
        ({"power_limit_w": 100.0}, "only NVIDIA GPUs have one here"),
    ],
)
def test_what_cannot_be_run_here_is_told(run, settings, words):
    outcome = run("small", **settings)
    assert outcome.kind == "not possible"
    assert words in outcome.reason


def ended(pid):
    """Whether a process is gone, or waits only to be asked after; within a minute or so of its SIGKILL."""
    for _ in range(3_000_000):
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] in "ZX":
                    return True
            os.sched_yield()
        except (FileNotFoundError, ProcessLookupError):
            return True
    return False
