"""The front door: which verbs there are, how errors look, how quickly it opens."""

import json
import subprocess
import sys

import pytest

from tests.cli.made import Counter, Made, channel
from wattwhat._version import __version__
from wattwhat.cli import VERBS, main

NAMES = [verb.name for verb in VERBS]


def one_line_error(capsys):
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("wattwhat: error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_the_version_is_that_of_the_library(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"wattwhat {__version__}\n"


def test_without_a_verb_the_help_goes_to_standard_error(capsys):
    assert main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    for name in NAMES:
        assert f"  {name} " in captured.err


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in NAMES)])
def test_help_has_examples_and_fits_a_terminal(words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "examples:\n  wattwhat " in shown
    assert max(map(len, shown.splitlines())) <= 84  # an example is a line to copy, and stays one
    assert words == ["--help"] or "--json" in shown


def test_a_misspelt_verb_is_met_with_the_right_one(capsys):
    assert main(["docter"]) == 2
    assert "did you mean 'doctor'?" in one_line_error(capsys)


def test_an_unknown_verb_is_met_with_all_of_them(capsys):
    assert main(["zzz"]) == 2
    assert all(name in one_line for one_line in [one_line_error(capsys)] for name in NAMES)


@pytest.mark.parametrize("words", [["--nonsense"], ["doctor", "--nonsense"], ["doctor", "--watch", "soon"]])
def test_a_wrong_option_is_one_line_with_where_to_look(words, capsys):
    assert main(words) == 2
    assert "--help" in one_line_error(capsys)


def test_a_message_of_many_lines_becomes_one(capsys, plugins):
    def broken():
        raise RuntimeError("first\nsecond")

    from wattwhat.plugins import Plugin

    plugins(Plugin("broken", "broken-plugin", broken))
    assert main(["run", "--backends", "broken", "--", sys.executable, "-c", ""]) == 2
    assert "first second" in one_line_error(capsys)


def test_an_interrupt_ends_in_130_without_a_traceback(capsys, plugins):
    class Interrupted(Counter):
        def read(self):
            raise KeyboardInterrupt

    plugins(made=Made([Interrupted(channel("a"))]))
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "wattwhat: interrupted\n"


def test_a_reader_that_leaves_early_is_no_error(command):
    process = command.start("doctor", "--json", env={**command.env, "PYTHONUNBUFFERED": "1"})
    process.stdout.close()
    with process:
        assert process.stderr.read() == b""
        process.stdin.close()
    assert process.returncode == 141


def test_a_terminal_without_plus_minus_signs_still_gets_the_result(command):
    done = command("run", "--", sys.executable, "-c", "", env={**command.env, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert b"J (k=2), measured" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no shell that closes streams")
@pytest.mark.parametrize(
    ("words", "closed", "status"),
    [
        ("read -", "<&-", 2),
        ("read no-such-file", "2>&-", 2),
        ("doctor", ">&-", 0),
        ("doctor --json", ">&- 2>&- <&-", 0),
    ],
)
def test_closed_streams_end_in_a_status_and_put_no_error_among_results(command, words, closed, status):
    script = f'"{sys.executable}" -m wattwhat {words} {closed}'
    done = subprocess.run(["sh", "-c", script], env=command.env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (status, "")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use is not removed there")
def test_a_current_folder_that_was_removed_is_named(command, tmp_path):
    (tmp_path / "gone").mkdir()
    script = (
        f'cd "{tmp_path}/gone" && rmdir ../gone && "{sys.executable}" -m wattwhat run --save a.jsonl -- true'
    )
    done = subprocess.run(["sh", "-c", script], env=command.env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "current folder" in done.stderr


def test_opening_the_door_imports_no_verb_and_nothing_heavy(command):
    script = (
        "import json, sys; before = set(sys.modules); from wattwhat.cli import main; main(['--version']); "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    asked = subprocess.run(
        [sys.executable, "-c", script], env=command.env, capture_output=True, text=True, check=True
    )
    brought = set(json.loads(asked.stdout.splitlines()[-1]))
    assert "wattwhat.cli" in brought
    assert not brought & {verb.module for verb in VERBS}
    assert not brought & {
        "numpy",
        "torch",
        "importlib.metadata",
        "wattwhat.records.measurement",
        "made_plugin",
    }


def test_a_file_behind_an_option_is_told_where_it_may_stand(tmp_path, capsys):
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text("")
    assert main(["read", str(tmp_path / "a.jsonl"), "--strict", str(tmp_path / "b.jsonl")]) == 2
    assert "name all files side by side" in capsys.readouterr().err
    assert main(["doctor", "--no-such-option"]) == 2
    assert "side by side" not in capsys.readouterr().err
