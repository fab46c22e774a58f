"""The verbs combine and run among ranks: a file each, each joule once, and what was killed is kept."""

import json
import os
import signal
import sys
from datetime import datetime, timedelta, timezone

import pytest

from wattwhat import Channel, Measurement, Quantity
from wattwhat.cli import main
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.jsonl import write_jsonl

STARTED = datetime(2026, 1, 1, tzinfo=timezone.utc)
WORK = [sys.executable, "-c", "pass"]


def made(host="one", joules=100.0, seconds=10.0, begin_s=0.0, **more):
    channel = Channel(f"{host}/rapl/package-0", "rapl", "package 0", "cpu", "energy")
    energy = Quantity(joules, 1.0, "J")
    known = {
        "label": "train",
        "energy_j": energy,
        "duration_s": seconds,
        "items": 64,
        "channels": (ChannelEnergy(channel, energy),),
        "started_at": STARTED + timedelta(seconds=begin_s),
    }
    return Measurement(**{**known, **more})


@pytest.fixture
def combined(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*files, words=()):
        names = []
        for number, parts in enumerate(files):
            names.append(f"{number}.jsonl")
            write_jsonl(names[-1], parts)
        status = main(["combine", *names, *words, "--json", "-"])
        said = capsys.readouterr()
        return (status, json.loads(said.out)) if status == 0 else (status, said.err)

    return run


def test_a_package_counts_once_and_hosts_add_up(combined):
    status, whole = combined([made(), made(seconds=9.9)], [made("two", 50.0)])
    assert status == 0
    assert whole["energy_j"]["value"] == 150.0
    assert (whole["items"], whole["label"]) == (192, "train")


def test_a_rank_that_was_started_again_adds_what_came_after(combined):
    _, whole = combined([made(joules=40.0, seconds=4.0)], [made(joules=60.0, seconds=6.0, begin_s=5.0)])
    assert whole["energy_j"]["value"] == 100.0
    assert whole["duration_s"] == 10.0


def test_a_journal_and_the_result_of_its_run_are_one(combined):
    early, late = (
        made(joules=10.0 * s, seconds=s, details={"journal": {"run": "1f", "line": int(s)}})
        for s in (3.0, 10.0)
    )
    for files in ([[early], [late]], [[late], [early]], [[early, late]]):
        _, whole = combined(*files, [made("two", 50.0)])
        assert whole["energy_j"]["value"] == 150.0
        assert whole["items"] == 128


def test_a_file_given_twice_counts_once(combined):
    _, whole = combined([made()], [made()])
    assert whole["items"] == 64


def test_what_nobody_timed_needs_a_word(combined):
    parts = [[made(started_at=None)], [made("two", 50.0, started_at=None)]]
    status, words = combined(*parts)
    assert status == 2
    assert "--same-time" in words
    assert "--in-turn" in words
    assert combined(*parts, words=["--same-time"])[1]["duration_s"] == 10.0
    assert combined(*parts, words=["--in-turn"])[1]["duration_s"] == 20.0
    assert combined(*parts, words=["--same-time", "--in-turn"])[0] == 2


def test_the_sum_gets_a_name_and_a_file(combined, tmp_path):
    write_jsonl("a.jsonl", [made(), made("two")])
    assert main(["combine", "a.jsonl", "--label", "job 7", "--json", "job.jsonl"]) == 0
    assert json.loads((tmp_path / "job.jsonl").read_text())["label"] == "job 7"
    assert main(["combine", "a.jsonl", "--json", "a.jsonl"]) == 2


# run among ranks --------------------------------------------------------------------------------


def test_ranks_write_a_file_each_and_the_first_says_how_to_add_them_up(command, tmp_path):
    said = []
    for rank, again in (("0", "0"), ("1", "0"), ("1", "1")):
        command.env.update(RANK=rank, WORLD_SIZE="2", TORCHELASTIC_RESTART_COUNT=again)
        done = command("run", "--json", "out.jsonl", "--save", "kept.jsonl", "--", *WORK)
        assert done.returncode == 0, done.stderr
        said.append(b"wattwhat combine out-rank*.jsonl" in done.stderr)
    assert said == [True, False, False]
    names = ["rank0", "rank1", "rank1-restart1"]
    written = {path.name for path in tmp_path.glob("*.jsonl")}
    assert written == {f"{kind}-{name}.jsonl" for kind in ("out", "kept") for name in names}
    assert main(["combine", *map(str, tmp_path.glob("*.jsonl")), "--json", str(tmp_path / "all.json")]) == 0
    parts = [json.loads((tmp_path / f"out-{name}.jsonl").read_text()) for name in names]
    whole = json.loads((tmp_path / "all.json").read_text())
    assert whole["energy_j"]["value"] == pytest.approx(sum(part["energy_j"]["value"] for part in parts))
    assert whole["calls"] == 3


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_run_that_is_killed_keeps_its_joules(command, tmp_path):
    kept = tmp_path / "kept.jsonl"
    work = (
        "import os, signal, time\n"
        f"while not (os.path.exists({str(kept)!r}) and open({str(kept)!r}).read().count(chr(10)) > 1): pass\n"
        "os.kill(os.getppid(), signal.SIGKILL)\n"
    )
    done = command("run", "--save", "kept.jsonl", "--every", "0.02", "--", sys.executable, "-c", work)
    assert done.returncode == -signal.SIGKILL
    assert main(["combine", str(kept), "--json", str(tmp_path / "sum.json")]) == 0
    assert json.loads((tmp_path / "sum.json").read_text())["energy_j"]["value"] > 0


def test_a_place_that_cannot_be_written_is_told_before_anything_runs(command, tmp_path):
    (tmp_path / "file").write_text("")
    ran = [sys.executable, "-c", "open('ran', 'w')"]
    for place in ("file/kept.jsonl", ".", ""):
        done = command("run", "--save", place, "--", *ran)
        assert done.returncode == 2, place
    assert command("run", "--every", "3", "--", *ran).returncode == 2
    assert command("run", "--save", "a.jsonl", "--anonymous", "--", *ran).returncode == 2
    assert command("run", "--save", "a.jsonl", "--json", "a.jsonl", "--", *ran).returncode == 2
    assert not os.path.exists(tmp_path / "ran")
