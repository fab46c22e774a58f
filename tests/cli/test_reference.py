"""The verb reference: fit, keep and show the population that grades are given against."""

import json

import pytest

from tests.cli.logged import jsonl, net, objects, population
from wattwhat.cli import main

pytest.importorskip("scipy")


def run(capsys, *words):
    status = main([str(word) for word in words])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


@pytest.fixture
def logs(tmp_path):
    return jsonl(tmp_path / "models.jsonl", population())


def test_what_is_fitted_can_be_shown_and_graded_against(logs, tmp_path, capsys):
    target = tmp_path / "ref.json"
    words = ["--name", "made-2026", "--task", "made images", "--bootstrap", "20"]
    status, out, err = run(capsys, "reference", "fit", logs, "-o", target, *words)
    assert (status, err) == (0, "")
    assert "made-2026: 10 models" in out
    assert "task: made images" in out
    assert run(capsys, "reference", "show", target)[1] in out
    assert "e+0" not in out
    status, graded, _ = run(capsys, "score", logs, "--score", "grade", "--reference", target, "--json")
    letters = {row["label"]: row["result"]["grade"] for row in objects(graded)}
    assert status == 0
    assert letters["net 5"] in "EFG"
    assert letters["net 0"] in "AB"
    status, table, _ = run(capsys, "score", logs, "--score", "grade", "--reference", target)
    assert status == 0
    assert "probability" in table
    assert "smaller is better" in table


def test_as_json_it_is_what_the_file_holds(logs, tmp_path, capsys):
    target = tmp_path / "ref.json"
    out = run(capsys, "reference", "fit", logs, "-o", target, "--bootstrap", "0", "--json")[1]
    assert json.loads(out) == json.loads(target.read_text())
    assert json.loads(out)["reference"] == "ref"
    assert run(capsys, "reference", "show", target, "--json")[1] == out


def test_members_that_lack_something_are_left_out_and_named(tmp_path, capsys):
    runs = [*population(), net("blind", 5.0, items=1), net("uncounted", 5.0, 0.7)]
    words = ["-o", tmp_path / "ref.json", "--bootstrap", "0"]
    status, out, err = run(capsys, "reference", "fit", jsonl(tmp_path / "m.jsonl", runs), *words)
    assert status == 0
    assert "10 models" in out
    assert "'blind' lacks accuracy" in err
    assert "'uncounted' lacks a number of items" in err


@pytest.mark.parametrize(
    ("runs", "named"),
    [
        (population(5), "at least 8"),
        ([*population(), population()[0]], "come more than once"),
        ([*population(), net("guess", 5.0, 0.7, items=1, provenance="estimated")], "origin differs"),
    ],
    ids=["few", "repeated", "unlike"],
)
def test_a_doubtful_population_is_refused_unless_forced(runs, named, tmp_path, capsys):
    target = tmp_path / "ref.json"
    words = ["reference", "fit", jsonl(tmp_path / "m.jsonl", runs), "-o", target, "--bootstrap", "0"]
    status, _, err = run(capsys, *words)
    assert status == 2
    assert named in err
    assert "--force" in err
    assert not target.exists()
    assert run(capsys, *words, "--force")[0] == 0
    assert target.exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--quantile", "2"], "quantile"),
        (["--link", "magic"], "link"),
        (["--bootstrap", "-1"], "--bootstrap"),
        (["-o", "no-such-folder/ref.json"], "-o: there is no folder"),
        (["-o", "-"], "-o: expected"),
        (["--metric", "beauty"], "none of"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_by_name(words, named, logs, tmp_path, capsys):
    status, _, err = run(capsys, "reference", "fit", logs, "-o", tmp_path / "ref.json", *words)
    assert status == 2
    assert named in err


def test_no_file_that_is_something_else_is_replaced(logs, tmp_path, capsys):
    other = tmp_path / "thesis.json"
    other.write_text("{}")
    for target in (other, logs):
        status, _, err = run(capsys, "reference", "fit", logs, "-o", target)
        assert status == 2
        assert "-o:" in err
    assert other.read_text() == "{}"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"kind": "wattwhat frontier reference", "version": 9}']
)
def test_what_is_no_reference_is_refused_by_name(content, tmp_path, capsys):
    path = tmp_path / "ref.json"
    path.write_text(content)
    status, out, err = run(capsys, "reference", "show", path)
    assert (status, out) == (2, "")
    assert "ref.json" in err


@pytest.mark.parametrize("words", [[], ["fit"], ["show"], ["burn"], ["show", "none.json"]])
def test_a_verb_without_what_it_needs_is_refused(words, capsys):
    status, _, err = run(capsys, "reference", *words)
    assert status == 2
    assert err.startswith("wattwhat: error:")
