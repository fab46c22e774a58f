"""The verb report: from files to a page, and one clear error for each kind of bad input."""

import argparse
import json

import attrs
import pytest

from tests.report import made
from wattwhat.cli import report
from wattwhat.errors import ArgumentError, LogError
from wattwhat.records.jsonl import write_jsonl


def call(*words):
    parser = argparse.ArgumentParser()
    report.add_arguments(parser)
    return report.call(parser.parse_args([str(word) for word in words]))


def rows_of(page):
    text = page.read_text(encoding="utf-8").split('id="page-data">')[1].split("</script>")[0]
    data = json.loads(text)
    return data, [dict(zip(data["keys"], cells, strict=False)) for cells in data["cells"]]


@pytest.fixture
def runs(tmp_path):
    write_jsonl(tmp_path / "runs.jsonl", [made.model(f"Res-Net {i}", 1.0 + i) for i in range(3)])
    return tmp_path / "runs.jsonl"


def test_files_become_a_page(runs, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert call(runs, runs, "-o", page, "--title", "<Mine>") == 0
    data, rows = rows_of(page)
    assert data["title"] == "<Mine>"
    assert len(rows) == 6
    assert "6 measurements" in capsys.readouterr().out


def test_accuracies_are_joined_and_the_rest_is_named(runs, tmp_path, capsys):
    table = tmp_path / "acc.csv"
    table.write_text("model,top1,params\nresnet0,70,1000000\nRes-Net 1,80,2000000\n")
    page = tmp_path / "page.html"
    call(
        runs,
        "--metrics",
        table,
        "--on",
        "model",
        "--columns",
        "top1=accuracy,params=parameters",
        "--percent",
        "-o",
        page,
        "--json",
    )
    said = json.loads(capsys.readouterr().out)
    _, rows = rows_of(page)
    assert [row.get("accuracy") and row["accuracy"][0] for row in rows] == [0.7, 0.8, None]
    assert [row.get("parameters") for row in rows] == [1e6, 2e6, None]
    assert said["measurements"] == 3
    assert said["bytes"] == page.stat().st_size
    assert any("Res-Net 2" in problem for problem in said["problems"])
    assert any("resnet0" in problem for problem in said["problems"])


def test_percent_is_not_guessed(runs, tmp_path):
    table = tmp_path / "acc.csv"
    table.write_text("name,accuracy\nRes-Net 0,70\n")
    with pytest.raises(LogError, match="percent"):
        call(runs, "--metrics", table, "-o", tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "nowhere/page.html"], "there is no folder"),
        (["-o", "."], "is a folder"),
        (["-o", ""], "the name of the file is empty"),
        (["--metrics", "acc.csv", "--columns", "=x"], "--columns"),
    ],
)
def test_bad_arguments_are_named(runs, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acc.csv").write_text("name,accuracy\n")
    with pytest.raises(ArgumentError, match=said):
        call(runs, *words)


def test_a_file_that_is_no_log_is_named(tmp_path):
    (tmp_path / "x.txt").write_text("nothing of the kind")
    with pytest.raises(LogError, match=r"x\.txt"):
        call(tmp_path / "x.txt", "-o", tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_saved_reference_grades(tmp_path):
    from tests.report.test_grades import reference

    write_jsonl(tmp_path / "runs.jsonl", made.alike())
    reference().save(tmp_path / "ref.json")
    call(tmp_path / "runs.jsonl", "--reference", tmp_path / "ref.json", "-o", tmp_path / "page.html")
    data, rows = rows_of(tmp_path / "page.html")
    assert [one["name"] for one in data["references"]] == ["made"]
    assert all(row["grade"][0] in "ABCDEFG" for row in rows)


@pytest.mark.parametrize(
    ("measurements", "why"),
    [
        (made.alike(3), "at least 8"),
        ([attrs.evolve(m, items=None) for m in made.alike(9)], "do not say how many"),
        ([made.model("a", 1)], "carry no 'accuracy'"),
    ],
)
def test_a_reference_that_cannot_be_fitted_is_said(measurements, why, tmp_path, capsys):
    write_jsonl(tmp_path / "some.jsonl", measurements)
    assert call(tmp_path / "some.jsonl", "--reference", "fit", "-o", tmp_path / "page.html") == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "No grades for" in said
    assert why in said
