"""Resuming: whatever is killed, and whenever, the rows are those of an undisturbed run."""

import json
import os
import tempfile
import time
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.study.made import KilledError, StandIn, each, failed, measured, plan_of, rows_of
from wattwhat.errors import ArgumentError
from wattwhat.records.jsonl import read_jsonl
from wattwhat.study import merge_studies, open_study, run_study, status_of
from wattwhat.study.cell import Cell
from wattwhat.study.job import Job
from wattwhat.study.journal import Journal


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 60), st.booleans()), max_size=6),
    st.integers(1, 2),
)
def test_any_interleaving_of_kills_and_resumes_gives_the_same_rows(kills, repeats):
    """A kill may come between cells, or in the middle of a line that is being written."""
    plan = plan_of(2, 3, repeats=repeats)
    with tempfile.TemporaryDirectory() as folder:
        whole, cut = Path(folder, "whole"), Path(folder, "cut")
        run_study(plan, whole, launcher=StandIn())
        ran = []
        for after, torn, in_results in kills:
            launcher = StandIn(kill_after=after)
            try:
                run_study(plan, cut, launcher=launcher)
            except KilledError:
                file = cut / ("results.jsonl" if in_results else "failures.jsonl")
                if launcher.ran and file.exists() and file.stat().st_size:
                    lines = file.read_bytes().splitlines(keepends=True)
                    os.truncate(file, file.stat().st_size - min(torn, len(lines[-1])))
            ran.append(len(launcher.ran))
        last = StandIn()
        run_study(plan, cut, launcher=last)
        assert sorted(rows_of(cut)) == sorted(rows_of(whole))
        assert run_study(plan, cut, launcher=last).measured == 0
        # nothing that had a whole row was run again: at most one cell is lost in each kill
        assert sum(ran) + len(last.ran) <= len(rows_of(whole)) + len(kills)


@given(st.integers(1, 5))
@settings(max_examples=5, deadline=None)
def test_shards_together_are_the_whole(count):
    plan = plan_of()
    with tempfile.TemporaryDirectory() as folder:
        whole, merged = Path(folder, "whole"), Path(folder, "merged")
        run_study(plan, whole, launcher=StandIn())
        parts = [Path(folder, f"part-{number}") for number in range(1, count + 1)]
        for number, part in enumerate(parts, 1):
            run_study(plan, part, shard=(number, count), launcher=StandIn())
        merge_studies(merged, parts)
        assert sorted(rows_of(merged)) == sorted(rows_of(whole))
        merge_studies(merged, parts)  # nothing is added twice
        assert sorted(rows_of(merged)) == sorted(rows_of(whole))


def test_shards_may_share_a_folder(tmp_path):
    for number in (1, 2):
        run_study(plan_of(), tmp_path / "out", shard=(number, 2), launcher=StandIn())
    assert status_of(open_study(tmp_path / "out")).left == 0


def test_the_results_are_measurements_labelled_by_their_model(tmp_path):
    run_study(plan_of(), tmp_path / "out", launcher=each(measured))
    found = read_jsonl(tmp_path / "out" / "results.jsonl")
    assert len(found) == 12
    assert {(m.label, m.details["cell"]["batch_size"]) for m in found} == {
        (f"m:f{model}", batch) for model in range(3) for batch in range(1, 5)
    }


def test_what_failed_is_tried_again_only_when_asked(tmp_path):
    out = tmp_path / "out"
    assert run_study(plan_of(), out, launcher=each(failed)).failed
    assert run_study(plan_of(), out, launcher=StandIn()).before == 12
    again = run_study(plan_of(), out, retry=True, launcher=each(measured))
    assert again.measured == 12
    status = status_of(open_study(out))
    assert (status.measured, status.failed, status.left) == (12, (), 0)


def test_the_state_of_a_study_adds_joules_and_lists_reasons(tmp_path):
    run_study(plan_of(), tmp_path / "out", launcher=StandIn())
    status = status_of(open_study(tmp_path / "out"))
    assert status.measured + len(status.failed) == status.total == 12
    assert status.energy_j.value == pytest.approx(status.measured)
    assert status.energy_j.u == pytest.approx(0.1 * status.measured)  # one sensor: its errors do not average
    assert {row["reason"] for row in status.failed} == {"it was made to fail"}


def refused(*arguments, **named):
    with pytest.raises(ArgumentError) as error:
        run_study(*arguments, **named)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_changed_plan_says_which_cells_are_other_ones(tmp_path):
    out = tmp_path / "out"
    run_study(plan_of(3, 2), out, launcher=StandIn())
    before = rows_of(out)
    said = refused(plan_of(3, 3), out, launcher=StandIn())
    assert "new are 3 (" in said
    assert "batch 3" in said
    assert rows_of(out) == before
    summary = run_study(plan_of(3, 3), out, launcher=StandIn(), changed=True)
    assert (summary.before, summary.total) == (6, 9)
    assert run_study(plan_of(3, 3), out, launcher=StandIn()).before == 9


def test_other_software_is_told(tmp_path):
    out = tmp_path / "out"
    run_study(plan_of(), out, launcher=StandIn())
    manifest = json.loads((out / "study.json").read_text())
    manifest["versions"]["python"] = "2.7"
    (out / "study.json").write_text(json.dumps(manifest))
    assert "python 2.7 before" in refused(plan_of(), out, launcher=StandIn())


def test_the_folder_of_another_study_is_refused(tmp_path):
    run_study(plan_of(3, 2), tmp_path / "out", launcher=StandIn())
    other = plan_of(3, 2, max_seconds=7.0)
    assert "of another study" in refused(other, tmp_path / "out", launcher=StandIn())


def test_somebody_elses_folder_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    assert "holds something else" in refused(plan_of(), tmp_path, launcher=StandIn())
    assert "is a file" in refused(plan_of(), tmp_path / "thesis.tex", launcher=StandIn())
    assert list(tmp_path.iterdir()) == [tmp_path / "thesis.tex"]


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    run_study(plan_of(), tmp_path / "out", launcher=StandIn())
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "cannot be written" in refused(plan_of(), tmp_path / "out", launcher=StandIn())


def test_two_runs_do_not_share_a_folder(tmp_path):
    def meanwhile(jobs, keep, options):
        said.append(refused(plan_of(), tmp_path / "out", launcher=StandIn()))

    said = []
    run_study(plan_of(), tmp_path / "out", launcher=meanwhile)
    assert "another run is at work" in said[0]
    run_study(plan_of(), tmp_path / "out", launcher=StandIn())  # and it gives the folder back


@pytest.mark.parametrize("shard", [(0, 2), (3, 2)])
def test_a_shard_that_is_none_is_refused(tmp_path, shard):
    assert "--shard" in refused(plan_of(), tmp_path / "out", shard=shard, launcher=StandIn())
    assert not (tmp_path / "out").exists()


def test_an_unknown_launcher_is_refused(tmp_path):
    assert "is not one of local" in refused(plan_of(), tmp_path / "out", launcher="moon")


def test_a_full_disk_loses_nothing(tmp_path, monkeypatch):
    journal = Journal(tmp_path)
    jobs = [Job(f"{number:04x}", Cell("m:f"), {}, ".") for number in range(3)]
    journal.append(measured(jobs[0]))
    write = os.write

    def full(descriptor, data):
        if len(data) < 100:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match=r"No space left on device\), nothing else is lost.*results.jsonl"):
        journal.append(measured(jobs[1]))
    monkeypatch.undo()
    assert journal.finished() == {"0000": True}
    journal.append(measured(jobs[2]))
    assert journal.finished() == {"0000": True, "0002": True}


def test_a_label_that_looks_like_a_key_is_none(tmp_path):
    journal = Journal(tmp_path)
    trap = Job("00aa", Cell('x"cell": {"key": "beef"'), {}, ".")
    journal.append(measured(trap))
    journal.append(failed(trap))
    assert journal.finished() == {"00aa": True}


def test_a_hundred_thousand_finished_cells_are_found_at_once(tmp_path):
    """In CPU seconds of this process; rows as long as real ones."""
    journal = Journal(tmp_path)
    row = measured(Job("0" * 20, Cell("m:f"), {}, ".")).measurement
    row["warnings"] = ["x" * 3000]
    line = json.dumps(row) + "\n"
    with open(tmp_path / "results.jsonl", "w") as file:
        for number in range(100_000):
            file.write(line.replace("0" * 20, f"{number:020x}"))
    begin = time.process_time()
    assert len(journal.finished()) == 100_000
    assert time.process_time() - begin < 3.0


def test_the_time_that_is_left_follows_the_pace(tmp_path):
    def paced(job):
        return attrs.evolve(measured(job), seconds=10.0)

    run_study(
        plan_of(), tmp_path / "out", launcher=lambda jobs, keep, _: [keep(paced(job)) for job in jobs[:5]]
    )
    assert status_of(open_study(tmp_path / "out")).left_s == pytest.approx((70.0, 70.0))
