"""Power limits: set where allowed, put back by whoever is left, on a stand-in for nvidia-smi."""

import json
import os
import subprocess
import sys

import pytest

from wattwhat.study import process, worker
from wattwhat.study.cell import Cell
from wattwhat.study.impossible import NotPossibleError
from wattwhat.study.job import Job
from wattwhat.study.power_limit import put_back, set_limit

SMI = """#!{python}
import pathlib, sys
state = pathlib.Path({state!r})
if "-pl" in sys.argv:
    if state.with_name("forbidden").exists():
        print("Insufficient Permissions")
        sys.exit(4)
    state.write_text(sys.argv[-1])
else:
    print(state.read_text() + ", 200.00, 700.00")
"""


@pytest.fixture
def gpu(tmp_path, monkeypatch):
    """The file that holds the limit of a made GPU."""
    state = tmp_path / "limit"
    state.write_text("650")
    tool = tmp_path / "nvidia-smi"
    tool.write_text(SMI.format(python=sys.executable, state=str(state)))
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return state


def test_a_limit_is_set_and_put_back(gpu):
    name, before = set_limit(("12ab",), "cuda", 300.0)
    assert (name, before, gpu.read_text()) == ("GPU-12ab", 650.0, "300")
    put_back(name, before)
    assert gpu.read_text() == "650"


@pytest.mark.parametrize(
    ("uuids", "limit_w", "words"),
    [
        ((), 300.0, "only NVIDIA GPUs"),
        (None, 300.0, "runs on cuda"),
        (("12ab",), 100.0, "outside of the 200 to 700 W"),
        (("12ab",), 300.0, "refuses: Insufficient Permissions"),
    ],
)
def test_what_cannot_be_set_is_told_and_left_alone(gpu, uuids, limit_w, words):
    gpu.with_name("forbidden").touch()
    with pytest.raises(NotPossibleError, match=words):
        set_limit(uuids, "cuda", limit_w)
    assert gpu.read_text() == "650"


def test_no_tool_is_told(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotPossibleError, match="does not answer"):
        set_limit(("12ab",), "cuda", 300.0)


@pytest.mark.parametrize("dies", [True, False])
def test_the_parent_puts_back_what_a_dead_cell_left(gpu, tmp_path, monkeypatch, dies):
    """A made cell that sets its limit and then crashes, or ends well and has put it back itself."""
    end = (
        "os._exit(9)" if dies else "print(json.dumps({'limits': {}})); print(json.dumps({'reason': 'made'}))"
    )
    program = (
        "import json, os, subprocess, sys; sys.stdin.readline();"
        "subprocess.run(['nvidia-smi', '-pl', '300']);"
        f"print(json.dumps({{'limits': {{'GPU-12ab': 650.0}}}}), flush=True); {end}"
    )

    def started(job, said):
        made = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=True,
        )
        made.stdin.write(b"{}\n")
        made.stdin.flush()
        return made

    monkeypatch.setattr(process, "_started", started)
    outcome = process.run_in_process(Job("k", Cell("m:f", power_limit_w=300.0), {}, str(tmp_path)))
    assert outcome.kind == ("crash" if dies else "measured")
    assert gpu.read_text() == ("650" if dies else "300")


def test_the_cell_puts_back_where_its_parent_is_gone(gpu, tmp_path):
    with open(tmp_path / "answers", "w") as answers:
        worker.limit_power(Cell("m:f", device="cuda", power_limit_w=300.0), ("12ab",), answers)
    assert json.loads((tmp_path / "answers").read_text()) == {"limits": {"GPU-12ab": 650.0}}
    assert gpu.read_text() == "300"
    worker.put_back_limits()
    assert gpu.read_text() == "650"
