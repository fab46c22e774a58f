"""What is written over: never an input, never a file that wattwhat did not write, unless it is forced."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.made_runs import simple
from wattwhat.cli import main
from wattwhat.records.atomic_write import GrowingFile
from wattwhat.records.jsonl import read_jsonl, write_jsonl

ENDINGS = {"markdown": ".md", "latex": ".tex", "csv": ".csv", "model-card": ".md"}
LOOK = ["monitor", "--backends", "estimate", "--seconds", "0.12", "--interval", "0.05"]
WRITERS = {
    "report": ["report", "RUNS", "-o"],
    "report --json": ["report", "RUNS", "-o", "page.html", "--json"],
    "badge": ["badge", "RUNS#a", "-o"],
    "badge --json": ["badge", "RUNS#a", "--json"],
    "read --csv": ["read", "RUNS", "--csv"],
    "export --json": ["export", "RUNS", "--json"],
    **{f"export {kind}": ["export", "RUNS", "--format", kind, "-o"] for kind in ENDINGS},
    "reference": ["reference", "fit", "RUNS", "--force", "--bootstrap", "0", "-o"],
    "compare --json": ["compare", "RUNS#a", "RUNS#b", "--json"],
    "check --json": ["check", "RUNS", "--against", "OTHER", "--json"],
    "doctor --json": ["doctor", "--json"],
    "run --json": ["run", "--backends", "estimate", "--json", "FILE", "--", "true"],
    "monitor --json": [
        "monitor",
        "--backends",
        "estimate",
        "--seconds",
        "0.05",
        "--interval",
        "0.05",
        "--json",
    ],
}
UNFORCED = {"reference", "compare --json", "check --json"}  # their --force is about what is compared
READS = [name for name, words in WRITERS.items() if any(word.startswith("RUNS") for word in words)]


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ones = [
        simple(1.0 + n, 0.1, label=name, items=10, metrics={"accuracy": 0.5 + n / 30})
        for n, name in enumerate("abcdefghij")
    ]
    write_jsonl("RUNS", ones)
    write_jsonl("OTHER", ones)


def written(name: str, file: str, *more: str) -> int:
    words = WRITERS[name]
    if "FILE" in words:
        return main([*(file if word == "FILE" else word for word in words), *more])
    return main([*words, file, *more])


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("spelled", ["RUNS", "./RUNS", "link"])
def test_an_input_is_not_replaced(name: str, spelled: str, capsys: Any) -> None:
    os.symlink("RUNS", "link")
    before = Path("RUNS").read_text()
    assert written(name, spelled) == 2
    said = capsys.readouterr().err
    assert "RUNS" in said or "link" in said
    assert Path("RUNS").read_text() == before


FOREIGN = {
    "thesis": "\\documentclass{article}\n\\begin{document}\nYears of work\n\\end{document}\n",
    "table": "label,kept\na,1\n",
    "page": "<!doctype html><html><title>mine</title></html>\n",
    "notes": "# Notes\n\n| model | J |\n|---|---|\n",
    "object": '{"mine": 1}\n',
    "bytes": "\x00\x01",
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_of_somebody_else_is_not_replaced(name: str, kind: str, capsys: Any) -> None:
    Path("kept").write_text(FOREIGN[kind])
    assert written(name, "kept") == 2
    said = capsys.readouterr().err
    assert "'kept'" in said
    assert "name another file" in said
    assert ("--force" in said) == (name not in UNFORCED)
    assert Path("kept").read_text() == FOREIGN[kind]


@pytest.mark.parametrize("name", WRITERS)
def test_what_was_written_is_replaced_by_its_like(name: str, capsys: Any) -> None:
    assert written(name, "out") in (0, 1)
    first = Path("out").read_text()
    assert first
    assert written(name, "out") in (0, 1)
    assert Path("out").read_text()


@pytest.mark.parametrize("name", [name for name in WRITERS if name not in UNFORCED | {"run --json"}])
def test_force_replaces(name: str, capsys: Any) -> None:
    Path("kept").write_text(FOREIGN["notes"])
    assert written(name, "kept", "--force") in (0, 1)
    assert Path("kept").read_text() != FOREIGN["notes"]


@pytest.mark.parametrize("kind", ENDINGS)
def test_what_was_written_and_edited_is_not_replaced(kind: str, capsys: Any) -> None:
    assert written(f"export {kind}", "out") == 0
    text = Path("out").read_text()
    more = {"csv": "my notes\n" + text}.get(kind, text + "\n# And what I wrote below it\n")
    Path("out").write_text(more)
    assert written(f"export {kind}", "out") == 2
    assert Path("out").read_text() == more


@pytest.mark.parametrize("name", WRITERS)
def test_links_in_a_circle_are_refused_and_kept(name: str, capsys: Any) -> None:
    Path("circle").symlink_to("circle")
    assert written(name, "circle") == 2
    assert "circle" in capsys.readouterr().err
    assert Path("circle").is_symlink()


def test_one_file_is_not_written_twice(capsys: Any) -> None:
    Path("out").write_text("")
    assert main(["report", "RUNS", "-o", "out", "--json", "out"]) == 2


def test_the_command_that_is_run_keeps_its_files(capsys: Any) -> None:
    before = Path("RUNS").read_text()
    words = ["run", "--backends", "estimate", "--json", "RUNS", "--", "cat", "RUNS"]
    assert main(words) == 2
    assert Path("RUNS").read_text() == before
    write_jsonl("ONE", read_jsonl("RUNS")[:1])
    assert main([*words[:4], "ONE", "--", "cat", "ONE"]) == 2
    assert "given as command too" in capsys.readouterr().err


def test_a_full_disk_leaves_what_was_there_and_whole_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "looks.jsonl"
    place.write_text("old\n")
    real, room = os.write, [0]

    def write(file: int, data: bytes) -> int:
        done = real(file, data[: room[0]])
        room[0] -= done
        if not done:
            raise OSError(errno.ENOSPC, "No space left on device")
        return done

    monkeypatch.setattr(os, "write", write)

    def fill() -> None:
        with GrowingFile(place) as file:
            for _ in range(3):
                file.write("0123456\n")
                file.flush()

    for bytes_left, expected in ((0, "old\n"), (5, "old\n"), (12, "0123456\n")):
        room[0] = bytes_left
        with pytest.raises(OSError, match=r"No space|no room"):
            fill()
        assert place.read_text() == expected
        assert sorted(os.listdir(tmp_path)) == ["OTHER", "RUNS", "looks.jsonl"]
    room[0] = 1000
    with GrowingFile(place) as file:
        file.write("new\n")
    assert place.read_text() == "new\n"


def test_a_monitor_on_a_full_disk_keeps_the_old_file(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert written("monitor --json", "looks") == 0
    before = Path("looks").read_text()
    assert all({"t_s", "power_w"} <= set(json.loads(line)) for line in before.splitlines())

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        assert written("monitor --json", "looks") == 2
    assert "No space left" in capsys.readouterr().err
    assert Path("looks").read_text() == before


def test_an_error_of_the_system_is_a_sentence_that_begins_with_its_file(tmp_path: Path, capsys: Any) -> None:
    Path("folder").mkdir()
    assert main(["export", "RUNS", "--format", "csv", "-o", "folder"]) == 2
    assert main(["badge", "RUNS#a", "-o", "/dev/full"]) == 2
    said = capsys.readouterr().err
    assert "/dev/full: No space left on device" in said
    assert "Errno" not in said
