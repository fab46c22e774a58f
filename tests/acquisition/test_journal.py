"""What a window took so far outlives the program: SIGKILL, a torn line, a full disk, two programs on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import wattwhat
from wattwhat import Measurement, Quantity, logs
from wattwhat.acquisition.journal import Journal
from wattwhat.errors import ArgumentError

KILLED = """
import os, signal, sys, wattwhat
window = wattwhat.track("train", backends=["estimate"], items=7, save=sys.argv[1], every_s=0.02).start()
count = 0
while count < 3:
    sum(range(10_000))
    count = open(sys.argv[1]).read().count("\\n") if os.path.exists(sys.argv[1]) else 0
os.kill(os.getpid(), signal.SIGKILL)
"""


def last_lines() -> None:
    """Wait for what the windows that have ended write beside the program."""
    for thread in threading.enumerate():
        if thread.name == "wattwhat journal":
            thread.join(60.0)


class Steps:
    """A journal's clock under the test's control: each step lets it write one line."""

    def __init__(self) -> None:
        self.goes, self.wrote = threading.Semaphore(0), threading.Semaphore(0)
        self.joules = 0.0
        self.first = True

    def wait(self, ended: threading.Event, seconds: float) -> None:
        if not self.first:
            self.wrote.release()
        self.first = False
        self.goes.acquire()

    def so_far(self) -> Measurement:
        self.joules += 1.0
        return Measurement(label="train", energy_j=Quantity(self.joules, 0.1, "J"), duration_s=1.0)

    def step(self) -> None:
        self.goes.release()
        self.wrote.acquire()


def journal(path: Path) -> tuple[Journal, Steps]:
    steps = Steps()
    return Journal(path, 1.0, steps.so_far, steps.wait), steps


def ended(journal: Journal, steps: Steps) -> None:
    journal.end()
    steps.goes.release()
    journal.join()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_job_keeps_its_joules(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    with open(path, "ab") as file:
        file.write(b'{"schema": 1, "label": "tra')  # as power loss in the middle of a line leaves it
    found = logs.read(path)
    (measurement,) = found
    lines = [json.loads(line) for line in path.read_text().splitlines()[:-1]]
    assert measurement.label == "train"
    assert measurement.items == 7
    assert measurement.energy_j.value == max(line["energy_j"]["value"] for line in lines)
    assert len(found.problems) == 1


def test_what_a_window_took_is_in_its_file_when_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wattwhat.acquisition.journal._SOON_S", 60.0)  # for a machine that is slow
    for number in range(20):
        with wattwhat.track("epoch", backends=["estimate"], save=tmp_path / f"{number}.jsonl"):
            pass
        assert [one.label for one in logs.read(tmp_path / f"{number}.jsonl")] == ["epoch"]


def test_a_window_writes_its_last_line_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.jsonl"
    with wattwhat.track("epoch", backends=["estimate"], save=path) as window:
        window.add_items(3)
        window.add_items(4)
    last_lines()
    (kept,) = logs.read(path)
    assert kept.energy_j == window.measurement.energy_j
    assert kept.items == 7


def test_runs_of_one_file_are_one_measurement_each(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for _ in range(2):
        one, steps = journal(path)
        for _ in range(3):
            steps.step()
        ended(one, steps)
    assert [m.energy_j.value for m in logs.read(path)] == [4.0, 4.0]


def test_a_line_that_another_program_left_torn_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(f"{Steps().so_far().to_json()}\n" + '{"schema": 1, "lab')
    one, steps = journal(path)
    steps.step()
    ended(one, steps)
    found = logs.read(path)
    assert [m.energy_j.value for m in found] == [1.0, 2.0]
    assert len(found.problems) == 1


def test_a_full_disk_is_told_once_there_is_room_again(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "run.jsonl"
    one, steps = journal(path)
    real = os.fsync

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    steps.step()
    monkeypatch.setattr(os, "fsync", real)
    ended(one, steps)
    (kept,) = logs.read(path)
    assert any("No space left" in words for words in kept.warnings)


FULL = """
import os, resource, sys, wattwhat
from wattwhat import Measurement, Quantity
from wattwhat.acquisition.journal import _File

def line(joules):
    one = Measurement(label="train", energy_j=Quantity(joules, 0.1, "J"), duration_s=joules,
                      warnings=file.warnings, details={"journal": {"run": "1f"}})
    file.append(one.to_json())

file = _File(os.path.abspath(sys.argv[1]))
line(1.0)
room = os.path.getsize(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (room + 50, resource.RLIM_INFINITY))
line(2.0)
line(3.0)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
line(4.0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limits of that kind")
@pytest.mark.parametrize("killed_at", ["full", "later"])
def test_a_file_that_may_not_grow_keeps_what_was_whole(tmp_path: Path, killed_at: str) -> None:
    path = tmp_path / "run.jsonl"
    program = FULL.replace("line(3.0)", "os._exit(0)") if killed_at == "full" else FULL
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)
    found = logs.read(path)
    (kept,) = found
    assert len(found.problems) == 1  # the line that was cut off
    assert kept.energy_j.value == (1.0 if killed_at == "full" else 4.0)
    assert bool(kept.warnings) is (killed_at == "later")


def test_a_file_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    import shutil

    path = tmp_path / "deep" / "run.jsonl"
    one, steps = journal(path)
    steps.step()
    path.unlink()
    steps.step()
    assert [m.energy_j.value for m in logs.read(path)] == [2.0]
    shutil.rmtree(path.parent)
    steps.step()
    path.rename(tmp_path / "deep" / "older.jsonl")
    ended(one, steps)
    assert [m.energy_j.value for m in logs.read(path)] == [4.0]


def test_a_place_that_is_lost_harms_no_program(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.jsonl"
    path.parent.write_text("a file where a folder should be")
    one, steps = journal(path)
    steps.step()
    assert any("could not be written" in words for words in one.warnings)
    path.parent.unlink()
    ended(one, steps)
    (kept,) = logs.read(path)
    assert kept.energy_j.value == 2.0
    assert kept.warnings


def test_a_place_that_may_not_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArgumentError, match="save"):
        wattwhat.track("a", save=tmp_path / "file" / "run.jsonl")
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(ArgumentError, match="save"):
        wattwhat.track("a", save=tmp_path / "deep" / "run.jsonl")


@pytest.mark.parametrize("ranks", ["1", "2"])
def test_without_locks_ranks_keep_to_files_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ranks: str
) -> None:
    monkeypatch.setattr("wattwhat.acquisition.journal.take_lock", lambda number: None)
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", ranks)
    path = tmp_path / "run.jsonl"
    one, steps = journal(path)
    ended(one, steps)
    (written,) = (file for file in tmp_path.iterdir() if file.stat().st_size)
    assert (written == path) is (ranks == "1")


def test_a_measurement_and_the_lines_of_its_run_are_one(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with wattwhat.track("epoch", backends=["estimate"], items=5, save=path) as window:
        pass
    last_lines()
    both = wattwhat.combine([*logs.read(path), window.measurement])
    assert both.energy_j == window.measurement.energy_j
    assert both.items == 5


@pytest.mark.skipif(sys.platform == "win32", reason="locks of another kind there")
def test_two_programs_on_one_path_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    one, steps = journal(path)
    program = (
        "import sys, wattwhat\n"
        "with wattwhat.track('other', backends=['estimate'], save=sys.argv[1]) as window: pass\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)
    steps.step()
    ended(one, steps)
    (other,) = [file for file in tmp_path.iterdir() if file != path]
    assert [m.label for m in logs.read(path)] == ["train"]
    (kept,) = logs.read(other)
    assert kept.label == "other"
    assert any("another program" in words for words in kept.warnings)


def test_windows_of_one_program_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with (
        wattwhat.track("outer", backends=["estimate"], save=path),
        wattwhat.track("inner", backends=["estimate"], save=path),
    ):
        pass
    last_lines()
    assert sorted(m.label for m in logs.read(path)) == ["inner", "outer"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "options",
    [{"every_s": 3}, {"save": ""}, {"save": 3}, {"save": ".", "every_s": 1}, {"save": "x", "every_s": 0},
     {"save": "x", "every_s": float("nan")}, {"items": -1}, {"items": "7"}, {"items": float("inf")}],
)  # fmt: skip
def test_nonsense_is_refused_before_anything_is_written(options: dict[str, Any], tmp_path: Path) -> None:
    os.chdir(tmp_path)
    with pytest.raises(ArgumentError, match=r"save|every_s|items"):
        wattwhat.track("x", **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["\\documentclass{article}\n", "a,b\n1,2\n", '{"mine": 1}\n', "x"])
def test_nothing_is_added_to_a_file_of_somebody_else(content: str, tmp_path: Path) -> None:
    place = tmp_path / "thesis.tex"
    place.write_text(content)
    with pytest.raises(ArgumentError, match=r"save: .*thesis\.tex' holds something else"):
        wattwhat.track("x", backends=["estimate"], save=place)
    assert place.read_text() == content


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArgumentError, match="no regular file"):
        wattwhat.track("x", backends=["estimate"], save=tmp_path / "pipe")


def test_where_no_thread_can_be_started_the_last_line_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("wattwhat.plugins.OwnThread.start", refused)
    steps = Steps()
    alone = Journal(tmp_path / "run.jsonl", 1.0, steps.so_far)
    alone.end()
    alone.join()
    assert [one.energy_j.value for one in logs.read(tmp_path / "run.jsonl")] == [1.0]
