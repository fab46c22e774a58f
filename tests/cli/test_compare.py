"""The verbs that work on files: compare, check, export, badge."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import attrs
import pytest

from tests.made_runs import channel, simple
from wattwhat.cli import main
from wattwhat.records.jsonl import write_jsonl
from wattwhat.scoring import FrontierGrade
from wattwhat.scoring.population import Member


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_jsonl("a.jsonl", [simple(95.0, 1.0, label="small"), simple(40.0, 0.5, label="tiny")])
    write_jsonl(
        "b.jsonl", [simple(100.0, 1.0, label="small"), simple(40.5, 0.5, label="tiny"), simple(label="x")]
    )
    write_jsonl("one.jsonl", [simple(13.13, 0.16, label="net", metrics={"accuracy": 0.7})])
    write_jsonl(
        "other.jsonl", [simple(13.0, 0.1, label="net", channel=channel("h/y/0", device="another GPU"))]
    )
    return tmp_path


def out(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    assert main(list(words)) == status
    captured = capsys.readouterr()
    assert all(
        len(line) <= 80 for line in captured.out.splitlines() if not line.startswith(("{", "%", "\\", "|"))
    )
    return captured.out


def error(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 2
    told = capsys.readouterr().err
    assert "wattwhat: error: " in told
    return told


# compare -----------------------------------------------------------------------------------------


def test_two_of_many_are_compared_by_name(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "compare", "a.jsonl#small", "b.jsonl#small")
    assert "A uses less than B: 0.95 times as much energy per item" in text
    assert out(capsys, "compare", "b.jsonl#small", "a.jsonl#small").count("A uses more than B") == 1


def test_files_are_compared_label_by_label(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(capsys, "compare", "a.jsonl", "b.jsonl").splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["small", "tiny"]
    assert lines[1].endswith("A uses less")
    assert lines[2].endswith("cannot tell")


@pytest.mark.parametrize(
    "words",
    [
        ["export", "--json", "one.jsonl", "a.jsonl"],
        ["report", "--json", "one.jsonl", "a.jsonl"],
        ["check", "--against", "a.jsonl", "--json", "one.jsonl", "b.jsonl"],
        ["compare", "a.jsonl", "b.jsonl", "--json", "one.jsonl"],
        ["badge", "a.jsonl#small", "--json", "one.jsonl"],
        ["doctor", "--json", "one.jsonl"],
        ["calibrate", "--dry-run", "--json", "one.jsonl"],
        ["monitor", "--seconds", "0.1", "--json", "one.jsonl"],
    ],
)
def test_json_never_replaces_measurements(
    words: list[str], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path("one.jsonl").read_bytes()
    assert "'one.jsonl' exists and holds something else" in error(capsys, *words)
    assert Path("one.jsonl").read_bytes() == before


def test_each_verb_replaces_what_it_wrote(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        out(capsys, "compare", "a.jsonl", "b.jsonl", "--json", "compared.json")
        out(capsys, "check", "a.jsonl", "--against", "b.jsonl", "--json", "checked.json")
        out(capsys, "export", "a.jsonl", "--json", "table.json")
        out(capsys, "badge", "one.jsonl", "--json", "badge.json")
        out(capsys, "doctor", "--watch", "0", "--json", "found.json")


def test_a_comparison_as_json(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(capsys, "compare", "a.jsonl", "b.jsonl", "--json", "--coverage", "99.9%").splitlines()
    found = [json.loads(line) for line in lines]
    assert [one["a"]["label"] for one in found] == ["small", "tiny"]
    assert found[0]["coverage"] == 0.999
    assert found[0]["ratio"]["value"] == pytest.approx(0.95)


def test_ranks_are_added_up_first(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ranks = [simple(100.0, 1.0, label=f"rank {n}", channel=channel(f"h/x/gpu-{n}")) for n in range(2)]
    write_jsonl("ranks.jsonl", ranks)
    write_jsonl("less.jsonl", [attrs.evolve(ranks[0], energy_j=ranks[0].energy_j * 0.5), ranks[1]])
    text = out(capsys, "compare", "ranks.jsonl", "ranks.jsonl", "--combine", "--per", "total", "--json")
    assert json.loads(text)["a"]["energy_j"]["value"] == 200.0


@pytest.mark.parametrize("seconds", [1e12, 1e300])
def test_ranks_may_last_longer_than_any_calendar(
    seconds: float, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = datetime(2026, 1, 1, tzinfo=timezone.utc)
    ranks = [
        attrs.evolve(simple(100.0, 1.0, label="rank 0"), duration_s=seconds, started_at=at)
        for at in (None, began)
    ]
    for name, one in zip(("unknown.jsonl", "long.jsonl"), ranks, strict=True):
        other = simple(100.0, 1.0, label="rank 0", channel=channel("h/x/gpu-1"))
        write_jsonl(name, [one, attrs.evolve(other, duration_s=seconds, started_at=one.started_at)])
        text = out(capsys, "compare", name, name, "--combine", "--per", "total", "--json")
        assert json.loads(text)["a"]["energy_j"]["value"] == (100.0 if one is ranks[0] else 200.0)
    write_jsonl("one.jsonl", ranks[1:])
    assert main(["export", "one.jsonl", "--as", "codecarbon"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith(",")


def test_repeats_stay_repeats_when_ranks_and_phases_are_added_up(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def part(label: str, gpu: int, begin_s: float, joules: float) -> Any:
        where = channel(f"h/x/gpu-{gpu}")
        return simple(joules, 1.0, label=label, channel=where, begin_s=begin_s, details={})

    runs = [
        part(label, gpu, 100.0 * repeat + 20.0 * place, 10.0 * (1 + place) + repeat)
        for repeat in range(3)
        for place, label in enumerate(("forward", "backward"))
        for gpu in range(2)
    ]
    write_jsonl("phases.jsonl", runs)
    text = out(capsys, "compare", "phases.jsonl", "phases.jsonl", "--combine", "--per", "total", "--json")
    found = json.loads(text)
    assert found["a"]["energy_j"]["value"] == pytest.approx(2 * (10 + 20) + 4, rel=1e-6)  # of the middle one
    assert found["repeated"] is True
    write_jsonl("uneven.jsonl", runs[:-2])
    assert "as many repeats" in error(capsys, "compare", "uneven.jsonl", "phases.jsonl", "--combine")


def test_unlike_things_are_refused_unless_forced(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "device differs: 'a GPU' (A), 'another GPU' (B)" in error(
        capsys, "compare", "one.jsonl", "other.jsonl"
    )
    assert "note: forced: device differs" in out(capsys, "compare", "one.jsonl", "other.jsonl", "--force")


def test_labels_of_a_file_cannot_command_the_terminal(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_jsonl("evil.jsonl", [simple(label="\x1b[2J\nnet", warnings=("\x1b[31m",))])
    for words in (
        ["compare", "evil.jsonl", "evil.jsonl"],
        ["check", "evil.jsonl", "--against", "evil.jsonl"],
    ):
        assert "\x1b" not in out(capsys, *words)


# check -------------------------------------------------------------------------------------------


def test_only_an_established_increase_fails(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "check", "b.jsonl", "--against", "a.jsonl", "--max-increase", "2%", status=1)
    assert "failed: small: 5.3 % more energy per item" in text
    assert "cannot tell: tiny: " in text
    assert "run longer" in text
    assert text.splitlines()[-1] == "1 failed, 1 cannot tell, 1 new"
    text = out(capsys, "check", "b.jsonl", "--against", "a.jsonl", "--max-increase", "10%")
    assert "2 passed" in text
    assert "new: x: the baseline does not have it" in text
    text = out(capsys, "check", "a.jsonl", "--against", "b.jsonl")
    assert "missing: x: the baseline has it, the new measurements do not" in text


def test_outcomes_as_json(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", "b.jsonl", "--against", "a.jsonl", "--max-increase", "0.02", "--json"]
    data = json.loads(out(capsys, *words, status=1))
    assert data["result"] == "failed"
    assert [one["result"] for one in data["outcomes"]] == ["failed", "cannot tell", "new"]


def test_what_cannot_be_compared_is_bad_input(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "could be compared" in error(capsys, "check", "other.jsonl", "--against", "one.jsonl")
    assert "nothing was checked" in error(capsys, "check", "one.jsonl", "--against", "a.jsonl")


# export ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "begins"), [("t.md", "| model"), ("t.tex", "% "), ("t.csv", "label,provenance")]
)
def test_the_ending_chooses_the_format(
    name: str, begins: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out(capsys, "export", "a.jsonl", "-o", name)
    assert (files / name).read_text(encoding="utf-8").startswith(begins)


def test_an_ending_of_no_format_is_refused_and_nothing_written(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ".md, .tex, .csv" in error(capsys, "export", "a.jsonl", "-o", "t.xlsx")
    assert not (files / "t.xlsx").exists()
    assert "there is no folder 'away'" in error(capsys, "export", "a.jsonl", "-o", "away/t.md")
    out(capsys, "export", "a.jsonl", "-o", "t.txt", "--format", "latex")
    assert (files / "t.txt").read_text(encoding="utf-8").startswith("% ")


def test_several_files_make_one_table(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(out(capsys, "export", "a.jsonl", "one.jsonl").splitlines()) == 5
    data = json.loads(out(capsys, "export", "a.jsonl", "one.jsonl#net", "--json"))
    assert [row["label"] for row in data["rows"]] == ["small", "tiny", "net"]
    assert set(data["rows"][2]) == set(data["columns"])


def test_a_model_card_only_with_an_intensity(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export", "one.jsonl", "--format", "model-card"]
    assert main(words) == 0
    assert "co2_eq_emissions" not in capsys.readouterr().out
    assert main([*words, "--intensity", "400", "--location", "Bern"]) == 0
    assert 'geographical_location: "Bern"' in capsys.readouterr().out
    assert "--intensity" in error(capsys, *words, "--pue", "1.3")
    assert "--as model-card" in error(capsys, "export", "one.jsonl", "--intensity", "400")


# badge -------------------------------------------------------------------------------------------


def test_a_label_with_a_grade(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    members = [Member("small", 0.6, 0.1), Member("large", 0.8, 1.0)]
    FrontierGrade(reference="demo", intercept=-3.0, slope=1.0, members=members).save("ref.json")
    text = out(capsys, "badge", "one.jsonl", "--reference", "ref.json", "-o", "net.svg")
    assert text.startswith("wrote net.svg: ")
    said = "".join(ElementTree.parse(files / "net.svg").getroot().itertext())
    assert "reference: demo" in said
    assert "131 mJ" in said


def test_a_label_for_shields(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(out(capsys, "badge", "one.jsonl", "--json"))
    assert data["message"] == "131 mJ/item"
    assert not (files / "badge.svg").exists()
    out(capsys, "badge", "one.jsonl")
    assert (files / "badge.svg").exists()


# what is wrong ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["compare", "a.jsonl", "missing.jsonl"], "missing.jsonl: does not exist"),
        (["compare", "a.jsonl", "missing.jsonl#net"], "missing.jsonl: does not exist"),
        (["compare", "a.jsonl#huge", "b.jsonl"], "holds no measurement 'huge'; it holds 'small', 'tiny'"),
        (["compare", "a.jsonl", "one.jsonl"], "no label is in both"),
        (["compare", "a.jsonl", "b.jsonl", "--coverage", "high"], "--coverage"),
        (["compare", "a.jsonl", "b.jsonl", "--coverage", "100%"], "coverage"),
        (["compare", "a.jsonl"], "see: wattwhat compare --help"),
        (["check", "a.jsonl"], "--against"),
        (["check", "a.jsonl", "--against", "b.jsonl", "--max-increase", "5"], "write 5% for percent"),
        (["check", "a.jsonl", "--against", "b.jsonl", "--max-increase", "lots"], "--max-increase"),
        (["badge", "a.jsonl"], "name one: a.jsonl#LABEL"),
        (["badge", "one.jsonl", "-o", "nowhere/b.svg"], "--output"),
        (["badge", "one.jsonl", "--accuracy", "70"], "write 0.7 for 70 %"),
        (["export", "a.jsonl", "--json", "nowhere/x.json"], "there is no folder"),
    ],
)
def test_mistakes(words: list[str], told: str, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in error(capsys, *words)


# Every verb that takes one measurement by FILE#LABEL; the sides of `compare` are repeats of a label.
ONE_MEANT = {
    "badge": ["badge", "three.jsonl#net"],
    "check": ["check", "three.jsonl#net", "--against", "one.jsonl"],
    "check against": ["check", "one.jsonl", "--against", "three.jsonl#net"],
    "combine": ["combine", "one.jsonl", "three.jsonl#net"],
    "export": ["export", "three.jsonl#net"],
    "export of a scheme": ["export", "three.jsonl#net", "--as", "codecarbon"],
}


@pytest.mark.parametrize("verb", ONE_MEANT)
def test_a_label_that_several_have_is_refused_with_all_of_them_where_one_is_meant(
    verb: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_jsonl("three.jsonl", [simple(value, 1.0, label="net") for value in (111.0, 222.0, 333.0)])
    before = set(files.iterdir())
    told = " ".join(error(capsys, *ONE_MEANT[verb]).split())
    assert all(value in told for value in ("111", "222", "333"))
    assert set(files.iterdir()) == before


def test_measurements_of_one_label_are_repeats_of_a_side(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [("old", 100.0), ("old", 101.0), ("old", 99.0), ("new", 80.0), ("new", 81.0), ("new", 79.0)]
    write_jsonl("runs.jsonl", [simple(joules, 0.1, label=label, details={}) for label, joules in runs])
    assert "A uses less than B: 0.8 times" in out(capsys, "compare", "runs.jsonl#new", "runs.jsonl#old")


def test_standard_input_is_read(files: Path, command: Any) -> None:
    text = (files / "one.jsonl").read_bytes()
    done = command("compare", "-", files / "one.jsonl", input=text)
    assert done.returncode == 0, done.stderr
    assert b"cannot tell" in done.stdout
