"""The verb monitor, as a process: lines into a pipe, JSON, a terminal that is redrawn, and its end."""

from __future__ import annotations

import io
import json
import signal
from typing import Any

import pytest

from tests.cli import made
from tests.cli.conftest import Command
from tests.made_runs import simple
from wattwhat.cli import main
from wattwhat.cli.monitor import Screen
from wattwhat.report.live_power import Monitor


def test_ctrl_c_ends_it_with_the_sum(command: Any) -> None:
    process = command.start("monitor", "--interval", "0.1")
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate()
    assert process.returncode == 0
    assert err == b""
    assert b"J so far" in first
    assert b"monitor: " in rest
    assert b"\x1b" not in first + rest


def test_an_estimate_says_whose_it_is_and_leaves_the_output_alone(tmp_path: Any) -> None:
    made.install(tmp_path)
    done = Command(tmp_path, backends="model")("monitor", "--interval", "0.05", "--seconds", "0.05", "--json")
    assert [json.loads(line)["t_s"] > 0 for line in done.stdout.splitlines()] == [True]
    assert b"of this process" in done.stderr


def test_json_lines(command: Any) -> None:
    done = command("monitor", "--interval", "0.1", "--seconds", "0.5", "--json")
    looks = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert looks  # a busy machine may leave time for one
    for look in looks:
        assert look["energy_j"] == pytest.approx(100.0 * look["t_s"], abs=4.0 * look["u_energy_j"])
    assert [channel["id"] for channel in looks[0]["channels"]] == ["lab1/made/supply"]


def test_a_file_of_looks(command: Any) -> None:
    done = command("monitor", "--interval", "0.1", "--seconds", "0.1", "--json", "looks.jsonl")
    assert (done.returncode, done.stdout) == (0, b"")
    assert len((command.folder / "looks.jsonl").read_text().splitlines()) == 1


def test_a_reader_that_leaves_ends_it(command: Any) -> None:
    process = command.start("monitor", "--interval", "0.05")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=300) == 141
    assert process.stderr.read() == b""
    process.stderr.close()
    process.stdin.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--interval", "0"], "--interval"),
        (["--interval", "nan"], "--interval"),
        (["--seconds", "-1"], "--seconds"),
        (["--backends", "absent"], "there is no 'absent' here"),
    ],
)
def test_mistakes(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor", *words]) == 2
    assert told in capsys.readouterr().err


def test_where_nothing_can_be_read_it_says_so(plugins: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor"]) == 2
    assert "wattwhat doctor" in capsys.readouterr().err


def test_a_terminal_is_redrawn_in_place() -> None:
    """What a terminal shows in the end is the last look: earlier ones are written over."""
    stream, monitor = io.StringIO(), Monitor(width=79)
    screen = Screen(stream, monitor, json_lines=False, live=True)
    for second in range(3):
        screen(monitor.take(simple(100.0 * second, 1.0, duration_s=float(second))))
    shown = terminal(stream.getvalue())
    assert shown[0].startswith("2.0 s  100 W")
    assert shown[-1] == "Ctrl-C ends"
    assert len(shown) == 3


def terminal(text: str) -> list[str]:
    """The lines that a terminal shows after this: only the sequences that are used are known here."""
    lines, row = [""], 0
    for number, part in enumerate(text.split("\x1b[")):
        if number and part[:1].isdigit():
            count, _, part = part.partition("A")
            row -= int(count)
        elif part.startswith("K"):
            part = part[1:]
        elif part.startswith("J"):
            part = part[1:]
            del lines[row:]
            lines.append("")
        for down, piece in enumerate(part.split("\n")):
            if down:
                row += 1
                lines += [""] if row == len(lines) else []
            if piece:
                lines[row] = piece
    return [line for line in lines if line]
