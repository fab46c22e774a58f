"""FILE#LABEL means the same to every verb that takes measurements."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Measurement, Quantity
from wattwhat.cli import main
from wattwhat.cli.inputs import opened
from wattwhat.cli.places import place_of
from wattwhat.errors import ArgumentError, LogError
from wattwhat.records.jsonl import write_jsonl


def run(label: str, joules: float) -> Measurement:
    return Measurement(label=label, energy_j=Quantity(joules, 1.0, "J"), items=10, metrics={"accuracy": 0.8})


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_jsonl("runs.jsonl", [run("small", 200.0), run("large", 900.0), run("odd#1", 500.0)])
    return tmp_path / "runs.jsonl"


def out(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    status = main(list(words))
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return captured.out


# Each takes places and answers with one object that names what it was about.
VERBS = {
    "read": lambda place: ["read", place, "--json"],
    "read of options": lambda place: ["read", place, "--json", "--accuracy", "0.5"],
    "score": lambda place: ["score", place, "--json", "--unit", "J"],
    "export": lambda place: ["export", place, "--json"],
    "compare": lambda place: ["compare", place, place, "--json"],
    "check": lambda place: ["check", place, "--against", place, "--json"],
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("label", ["small", "large", "odd#1"])
def test_every_verb_takes_one_label(
    verb: str, label: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = out(capsys, *VERBS[verb](f"runs.jsonl#{label}"))
    assert json.dumps(label) in said
    assert not any(json.dumps(other) in said for other in {"small", "large", "odd#1"} - {label})


def test_a_page_takes_labels_of_one_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = ("runs.jsonl#small", "runs.jsonl#odd#1")
    said = json.loads(out(capsys, "report", *places, "-o", "page.html", "--json"))
    assert (said["measurements"], said["problems"]) == (2, [])


@pytest.mark.parametrize("verb", [*VERBS, "report"])
def test_a_label_that_is_not_there_is_said_with_those_that_are(
    verb: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        ["report", "runs.jsonl#huge", "-o", "p.html"] if verb == "report" else VERBS[verb]("runs.jsonl#huge")
    )
    assert main(words) == 2
    assert "no measurement 'huge'; it holds 'small', 'large', 'odd#1'" in " ".join(
        capsys.readouterr().err.split()
    )
    assert not Path("p.html").exists()


@given(name=st.text("ab#", min_size=1, max_size=6), label=st.text("ab#", max_size=6))
def test_the_longest_path_that_is_there_counts(
    name: str, label: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("places")
    (folder / name).write_text("")
    path = f"{folder}/{name}"
    assert place_of(path) == (path, None)
    assert place_of(f"{path}#{label}") == (path, label)


def test_standard_input_has_labels_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(file.read_bytes()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert [one.energy_j.value for one in opened("-#large")] == [900.0]


def test_what_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(ArgumentError) as caught:
        list(opened("runs.jsonl#huge"))
    assert caught.value.got == "huge"
    with pytest.raises(LogError) as missing:
        opened("none.jsonl#huge")
    assert missing.value.path == "none.jsonl"
