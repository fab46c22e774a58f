"""What is printed for people fits their terminal and their encoding, and loses no word by it."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattwhat
from tests.made_runs import channel, reading, run
from wattwhat.cli import main
from wattwhat.records.jsonl import write_jsonl
from wattwhat.records.terminal import columns_of, folded, line_width, spelled
from wattwhat.scoring import SAM, rank

texts = st.text(st.characters(categories=("L", "M", "N", "P", "S", "Zs")), max_size=200)


def measured(label: str = "a model with a rather long name", joules: float = 10.0, accuracy: float = 0.7):
    made = run(
        reading(channel("h/nvml/GPU-7/board", device="NVIDIA A100-SXM4-80GB", gain_error=0.02), joules),
        label=label,
        duration_s=2.0,
        calls=10,
        items=100,
        warnings=("the counter was stale by up to 100 ms at both edges of the window, which is in u",),
    )
    return made.with_metrics(accuracy=accuracy, n_test=1000)


def said(of: Any) -> list[str]:
    return [str(one) for one in of]


@given(texts, st.integers(20, 100))
def test_no_line_is_wider_than_asked_and_no_sign_is_lost(line: str, width: int) -> None:
    lines = folded([line], width)
    assert all(columns_of(one) <= width for one in lines)
    assert "".join("".join(lines).split()) == "".join(line.split())


@given(texts)
def test_what_fits_is_left_as_it_is(line: str) -> None:
    assert folded([line], max(columns_of(line), 20)) == [line]


@pytest.mark.parametrize(("columns", "width"), [("40", 40), ("200", 80), ("1", 20), ("no", 80)])
def test_the_terminal_says_how_wide(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert line_width() == width


@pytest.mark.parametrize("columns", [80, 60, 40, 25])
def test_everything_that_prints_itself_obeys_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    a, b = measured(), measured("模型" * 20, 20.0, 0.8)
    for one in said((a, b, a.budget, wattwhat.compare(a, b), rank([a, b], SAM(unit="mJ")))):
        assert max(map(columns_of, one.splitlines())) <= columns


@pytest.mark.parametrize("verb", ["read", "score --unit mJ", "compare", "reference fit -o {ref}", "doctor"])
def test_verbs_obey_the_terminal(
    verb: str, tmp_path: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    path = str(tmp_path / "runs.jsonl")
    accuracies = [0.6 + 0.02 * i for i in range(9)]
    write_jsonl(path, [measured(f"model number {i} of nine", 10.0 + i, a) for i, a in enumerate(accuracies)])
    words = verb.format(ref=tmp_path / "ref.json").split()
    files = {"compare": [path, path], "doctor": []}.get(words[0], [path])
    assert main([*words, *files]) == 0
    captured = capsys.readouterr()
    assert max(map(columns_of, (captured.out + captured.err).splitlines())) <= 40


def test_what_programs_read_keeps_its_lines(
    tmp_path: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    path = str(tmp_path / "runs.jsonl")
    write_jsonl(path, [measured()])
    for words in (["read", "--json"], ["score", "--unit", "mJ", "--json"], ["export", "--format", "csv"]):
        assert main([words[0], path, *words[1:]]) == 0
        narrow = capsys.readouterr().out
        monkeypatch.setenv("COLUMNS", "80")
        assert main([words[0], path, *words[1:]]) == 0
        assert capsys.readouterr().out == narrow
        monkeypatch.setenv("COLUMNS", "40")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_everything_can_be_printed_in_every_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    monkeypatch.setattr(sys, "stdout", stream)
    a, b = measured("Müller 模型"), measured("net", 20.0, 0.8)
    shown = [a, b, repr(a), wattwhat.compare(a, b), rank([a, b], SAM(unit="mJ")), a.budget]
    for one in shown:
        stream.write(f"{one}\n")
    stream.flush()
    written = stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert ("+/-" in written) == (encoding == "ascii")
    assert "net" in written


@given(texts)
def test_ascii_is_enough_and_everything_else_is_left(text: str) -> None:
    ascii_stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert spelled(text, ascii_stream).isascii()
    assert spelled(text, io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) == text
    assert spelled(text, io.StringIO()) == text
