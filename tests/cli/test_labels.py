"""--label and --repeats: whole folders of runs become one row a model, or a refusal that says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wattwhat.cli import main

HEADER = "timestamp,project_name,run_id,duration,emissions,energy_consumed,accuracy,n_test\n"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs"
    folder.mkdir()
    for number, (project, kwh, accuracy) in enumerate(
        [("small", 20.0, 0.90), ("small", 22.0, 0.92), ("large", 90.0, 0.95), ("large", 94.0, 0.95)]
    ):
        row = f"2026-03-0{number + 1}T10:00:00,{project},r{number},10000.0,0.1,{kwh},{accuracy},1000\n"
        (folder / f"{number}.csv").write_text(HEADER + row)
    return folder


def called(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main([str(word) for word in words])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def test_many_files_of_codecarbon_become_one_row_a_model(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = called(capsys, "read", runs, "--label", "project_name", "--repeats", "--json")
    assert (status, err) == (0, "")
    found = {one["label"]: one for one in map(json.loads, out.splitlines())}
    assert {label: one["energy_j"]["value"] / 3.6e6 for label, one in found.items()} == pytest.approx(
        {"small": 21.0, "large": 92.0}
    )
    assert [one["details"]["repeats"] for one in found.values()] == [2, 2]
    assert found["small"]["metrics"]["accuracy"] == pytest.approx(0.91)
    assert "accuracy_u" in found["small"]["metrics"]
    assert "accuracy_u" not in found["large"]["metrics"]


def test_a_score_of_repeats_has_one_row_a_model(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = called(capsys, "score", runs, "--label", "project-name", "--repeats", "--json")
    assert status == 0
    assert sorted(json.loads(line)["label"] for line in out.splitlines()) == ["large", "small"]


def test_a_page_takes_them_too(runs: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    words = ("report", runs, "--label", "project_name", "--repeats", "-o", page, "--json")
    status, out, _ = called(capsys, *words)
    assert (status, json.loads(out)["measurements"]) == (0, 2)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--label", "colour"], "--label: none of 4 measurement(s) has 'colour'; fields to choose by: "),
        (["--label", "run_id", "--repeats"], "--repeats: each of 4 labels comes once"),
    ],
)
def test_what_does_not_apply_is_refused(
    runs: Path, capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    for verb in ("read", "score"):
        status, out, err = called(capsys, verb, runs, *words)
        assert (status, out) == (2, "")
        assert why in " ".join(err.split())


def test_runs_without_the_field_are_listed_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("model,energy_wh,seed\na,1.0,7\nb,2.0,\n")
    status, out, err = called(capsys, "read", table, "--label", "seed", "--json")
    assert (status, [json.loads(line)["label"] for line in out.splitlines()]) == (0, ["7"])
    assert "t.csv:3: expected 'seed' as the label of 'b', found none" in " ".join(err.split())
