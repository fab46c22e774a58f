"""The verb study, whole: run, killed, resumed, by two at once; the rest of its verbs on what came of that."""

import json
import os
import re
import signal

import pytest

from wattwhat.cli import main
from wattwhat.study.locks import Locks

pytest.importorskip("fcntl", reason="process groups and locks are those of POSIX")

NETS = """
import os, signal, time

def plain(batch_size):
    path = os.environ.get("TRACE")
    def call():
        if path:
            with open(path, "a") as file:
                file.write(f"{os.getpid()}\\n")
        return sum(range(1000 * batch_size))
    return call

def crash():
    os.kill(os.getpid(), signal.SIGSEGV)
"""
PLAN = """
models = ["nets:plain", "nets:crash"]
batch_size = [1, 2, 3]
[[exclude]]
model = "nets:crash"
batch_size = [2, 3]
[measure]
max_seconds = 0.3
min_seconds = 0.1
idle = false
backends = ["made"]
"""


@pytest.fixture
def study(command, tmp_path):
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "plan.toml").write_text(PLAN)
    (tmp_path / "locks").mkdir()
    command.env["WATTWHAT_LOCKS"] = str(tmp_path / "locks")
    return command


def cells(folder):
    lines = (folder / "results.jsonl").read_text().splitlines()
    rows = [json.loads(line)["details"]["cell"] for line in lines]
    return sorted((row["model"], row["batch_size"]) for row in rows)


WANTED = [("nets:plain", 1), ("nets:plain", 2), ("nets:plain", 3)]


def test_a_crash_costs_one_row_and_nothing_is_repeated(study, tmp_path):
    done = study("study", "run", "plan.toml", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert cells(tmp_path / "out") == WANTED
    assert b"crash: its process was ended by SIGSEGV" in done.stdout
    again = study("study", "run", "plan.toml", "--out", "out", "--json")
    counts = json.loads(again.stdout)
    assert (counts["total"], counts["before"], counts["measured"]) == (4, 4, 0)
    state = json.loads(study("study", "status", "out", "--json").stdout)
    assert (state["measured"], state["failed"], state["left"]) == (3, 1, 0)
    shown = study("study", "status", "out").stdout.decode()
    assert "4/4 cells" in shown
    assert "1 could not be measured" in shown
    read = study("read", "out/results.jsonl", "--json")
    assert len(read.stdout.splitlines()) == 3


def test_a_killed_run_goes_on_and_leaves_nothing_running(study, tmp_path):
    study.env.pop("PYTHONUNBUFFERED", None)  # a line comes when its cell ends, also through a pipe
    with study.start("study", "run", "plan.toml", "--out", "out") as process:
        first = process.stdout.readline().decode()
        assert re.match(r"1/4 ", first)
        process.send_signal(signal.SIGKILL)
        assert b"cells are finished" not in process.stdout.read()
    done = study("study", "run", "plan.toml", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert cells(tmp_path / "out") == WANTED
    assert [name for name in os.listdir(tmp_path / "out") if name.endswith(".lock")] == []


def test_two_runners_on_one_device_never_overlap(study, tmp_path):
    """Each cell's process writes its number at each call: no call of one lies between calls of another."""
    trace = tmp_path / "trace"
    study.env["TRACE"] = str(trace)
    runs = [
        study.start("study", "run", "plan.toml", "--out", f"out-{n}", "--shard", f"{n}/2") for n in (1, 2)
    ]
    for run in runs:
        with run:
            _, err = run.communicate()
            assert run.returncode == 0, err
    pids = trace.read_text().split()
    changes = [pid for pid, before in zip(pids, [None, *pids[:-1]], strict=True) if pid != before]
    assert len(changes) == len(set(changes)) == 3
    merged = study("study", "merge", "all", "out-1", "out-2")
    assert merged.stdout == b"all: 3 cells measured, 1 with a reason instead, 0 left\n"
    assert cells(tmp_path / "all") == WANTED


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["status", "none"], "there is no folder none"),
        (["status", "."], "holds no study"),
        (["merge", "a", "none"], "there is no folder none"),
        (["run", "plan.toml"], "--out"),
        (["run", "plan.toml", "--out", "out", "--shard", "two"], "--shard: expected I/N"),
        (["run", "plan.toml", "--out", "out", "--launcher", "moon"], "is not one of local"),
        (["run", "none.toml", "--out", "out"], "cannot be read"),
    ],
)
def test_bad_input_is_one_sentence_and_2(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "plan.toml").write_text(PLAN)
    assert main(["study", *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "verb",
    [
        ("run", "--exclusive", "--", "true"),
        ("measure", "--exclusive", "--max-seconds", "0.5", "--min-seconds", "0.1", "x:quick"),
    ],
)
def test_exclusive_waits_for_whoever_measures_the_same(study, tmp_path, verb):
    (tmp_path / "x.py").write_text("def quick():\n    pass\n")
    with Locks(["wattwhat-lab1-0-host"], str(tmp_path / "locks")):
        process = study.start(*verb)
        said = process.stderr.readline()
    with process:
        process.communicate()
    assert b"waiting for wattwhat-lab1-0-host" in said
    assert process.returncode == 0
    assert os.listdir(tmp_path / "locks") == []


THEIRS = """
from wattwhat.errors import WattwhatError
from wattwhat.study.impossible import NotPossibleError
from wattwhat.study.models import Built
from wattwhat.study.process import run_in_process

def names():
    return ["one", "two", "other"]

def check(name):
    return "" if name in names() else "one of theirs"

def build(name, cell):
    return Built(lambda: len(name) * cell.batch_size, metrics={"accuracy": 0.5}, weights="random")

def runtime(model, inputs, cell):
    if cell.model == "theirs:two":
        raise NotPossibleError("their runtime does not do two")
    return model

def launch(jobs, keep, options):
    print("launched", len(jobs), options["speed"])
    for job in jobs:
        keep(run_in_process(job))
"""


def test_models_runtimes_and_launchers_may_come_from_another_distribution(study, tmp_path):
    (tmp_path / "their_parts.py").write_text(THEIRS)
    info = tmp_path / "their_parts-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-parts\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[wattwhat.models]\ntheirs = their_parts\n[wattwhat.runtimes]\nfast = their_parts:runtime\n"
        "[wattwhat.launchers]\nfar = their_parts:launch\n"
    )
    (tmp_path / "plan.toml").write_text(
        'models = "theirs:[ot][nw]*"\nruntime = "fast"\n[far]\nspeed = 3\n'
        '[measure]\nmax_seconds = 0.3\nmin_seconds = 0.1\nidle = false\nbackends = ["made"]\n'
    )
    done = study("study", "run", "plan.toml", "--out", "out", "--launcher", "far")
    assert done.returncode == 0, done.stderr
    assert b"launched 2 3" in done.stdout
    assert cells(tmp_path / "out") == [("theirs:one", 1)]
    assert b"not possible: their runtime does not do two" in done.stdout
    row = json.loads((tmp_path / "out" / "results.jsonl").read_text())
    assert row["metrics"]["accuracy"] == 0.5
    assert row["details"]["weights"] == "random"
    (tmp_path / "plan.toml").write_text('models = "theirs:three"\n')
    assert (
        b":1: models: 'theirs:three' is not known; expected one of theirs"
        in study("study", "plan", "plan.toml").stderr
    )
