"""The verb run: the program must not notice, its status is ours, and the result says what it took."""

import json
import os
import re
import signal
import sys

import pytest

from tests.cli.made import Counter, Made, channel
from wattwhat import Measurement
from wattwhat.cli import main

PYTHON = sys.executable
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and process groups")


def python(*lines):
    return [PYTHON, "-c", "\n".join(lines)]


def result_of(done):
    """What stands on standard error after the command's own words."""
    return re.search(rb"^\S+: [\d.]+ \xc2\xb1 [\d.]+ J \(k=2\), measured$", done.stderr, re.MULTILINE)


@pytest.mark.parametrize("status", [0, 1, 3, 255])
def test_the_status_of_the_command_is_passed_on(command, status):
    done = command("run", "--", *python(f"raise SystemExit({status})"))
    assert done.returncode == status
    assert result_of(done)
    assert (b"the command ended with status %d" % status in done.stderr) is (status != 0)


@POSIX
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_signal_that_ended_the_command_is_passed_on_as_a_shell_would(command, number):
    done = command("run", "--", *python("import os", f"os.kill(os.getpid(), {int(number)})"))
    assert done.returncode == 128 + number
    assert result_of(done)


def test_every_byte_passes_untouched_in_and_out(command):
    echo = python(
        "import sys",
        "data = sys.stdin.buffer.read()",
        "sys.stdout.buffer.write(data)",
        "sys.stderr.buffer.write(data[::-1])",
    )
    data = bytes(range(256)) * 50
    done = command("run", "--json", "result.jsonl", "--", *echo, input=data)
    assert (done.stdout, done.stderr) == (data, data[::-1])


def test_arguments_pass_untouched_even_those_that_look_like_ours(command):
    show = python("import json, sys", "print(json.dumps(sys.argv[1:]))")
    words = ["--json", "--", "", "a b", "*", "--label=x", "-h"]
    done = command("run", "--", *show, *words)
    assert json.loads(done.stdout) == words


@POSIX
def test_descriptors_of_the_shell_pass_through(command):
    reader, writer = os.pipe()
    try:
        done = command("run", "--", *python("import os", f"os.write({writer}, b'here')"), pass_fds=(writer,))
        os.close(writer)
        assert done.returncode == 0
        assert os.read(reader, 10) == b"here"
    finally:
        os.close(reader)


def test_the_environment_and_folder_are_the_callers(command):
    show = python("import os", "print(os.getcwd(), os.environ['MARK'])")
    done = command("run", "--", *show, env={**command.env, "MARK": "seen"})
    assert done.stdout.decode().split() == [os.path.realpath(command.folder), "seen"]


def test_the_result_counts_the_command_once(command):
    done = command("run", "--json", "result.jsonl", "--label", "mine", "--", *python("raise SystemExit(5)"))
    assert done.returncode == 5
    (line,) = (command.folder / "result.jsonl").read_text(encoding="utf-8").splitlines()
    found = Measurement.from_dict(json.loads(line))
    assert (found.label, found.calls, found.provenance) == ("mine", 1, "measured")
    assert found.details["exit_status"] == 5
    assert found.warnings[0] == "the command ended with status 5"
    low, high = found.energy_j.interval(0.997)
    assert low <= 100.0 * found.duration_s <= high
    assert found.duration_s > 0


def test_json_alone_follows_the_commands_own_output(command):
    done = command("run", "--json", "--", *python("print('its own line')"))
    own, ours = done.stdout.splitlines()
    assert own == b"its own line"
    assert json.loads(ours)["schema"] == 2
    assert done.stderr == b""


def test_the_label_names_the_program_without_its_path(command):
    done = command("run", "--json", "--", *python(""))
    assert json.loads(done.stdout)["label"] == os.path.basename(PYTHON)


def test_the_estimate_counts_the_command_and_its_children(command):
    burn = "import time\nwhile time.process_time() < 0.1: pass\n"
    nested = python("import subprocess, sys", f"subprocess.run([sys.executable, '-c', {burn!r}], check=True)")
    figures = {"WATTWHAT_WATTS_PER_CORE": "1000", "WATTWHAT_IDLE_WATTS_PER_CORE": "0"}
    done = command("run", "--json", "--backends", "model", "--", *nested, env={**command.env, **figures})
    found = Measurement.from_dict(json.loads(done.stdout))
    assert found.provenance == "estimated"
    assert found.energy_j.value >= 90.0  # 0.1 s of CPU time at 1000 W, two clock ticks less at most


@pytest.fixture
def supply(plugins):
    plugins(made=Made([Counter(channel("supply", component="wall"))]))


# What cannot be run -----------------------------------------------------------------------------


def failed(capfd, *words):
    status = main(["run", "--backends", "made", *words])
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("wattwhat: error: ")
    assert captured.err.count("\n") == 1
    return status, captured.err


@pytest.mark.usefixtures("supply")
class TestRefusals:
    def test_a_command_that_does_not_exist_gives_127(self, capfd):
        status, told = failed(capfd, "--", "no-such-command-anywhere")
        assert status == 127
        assert "no-such-command-anywhere: command not found" in told

    def test_an_empty_name_gives_127(self, capfd):
        assert failed(capfd, "--", "")[0] == 127

    @POSIX
    def test_a_file_that_is_no_program_gives_126(self, capfd, tmp_path):
        file = tmp_path / "notes.txt"
        file.write_text("no program")
        status, told = failed(capfd, "--", str(file))
        assert status == 126
        assert "chmod +x" in told

    @POSIX
    def test_a_program_of_an_unknown_format_gives_126(self, capfd, tmp_path):
        file = tmp_path / "program"
        file.write_bytes(b"\x00\x01\x02 no format")
        file.chmod(0o755)
        assert failed(capfd, "--", str(file))[0] == 126

    @POSIX
    def test_a_script_whose_interpreter_is_missing_gives_127_and_says_so(self, capfd, tmp_path):
        file = tmp_path / "script"
        file.write_text("#!/no/such/interpreter\n")
        file.chmod(0o755)
        status, told = failed(capfd, "--", str(file))
        assert status == 127
        assert "interpreter" in told

    def test_a_folder_gives_126(self, capfd, tmp_path):
        status, told = failed(capfd, "--", str(tmp_path))
        assert status == 126
        assert "a folder cannot be run" in told

    @pytest.mark.parametrize("words", [[], ["--"], ["--label", "x"]])
    def test_without_a_command_it_shows_one(self, words, capfd):
        status, told = failed(capfd, *words)
        assert status == 2
        assert "wattwhat run -- python train.py" in told

    def test_a_command_without_dashes_is_shown_with_them(self, capfd):
        status, told = failed(capfd, "python", "train.py", "--epochs", "3")
        assert status == 2
        assert told.endswith("as in: wattwhat run -- python train.py --epochs 3\n")


@pytest.mark.parametrize(
    "options",
    [["--backends", "absent"], ["--json", os.path.join("missing", "x.jsonl")], ["--nonsense"]],
    ids=["backend", "file", "option"],
)
def test_bad_input_is_told_before_the_command_is_started(command, options):
    done = command("run", *options, "--", *python("open('started', 'w').close()"))
    assert done.returncode == 2
    assert done.stderr.startswith(b"wattwhat: error: ")
    assert not (command.folder / "started").exists()


def test_json_does_not_swallow_a_program(command):
    script = command.folder / "train.py"
    script.write_text("open('started', 'w').close()", encoding="utf-8")
    done = command("run", "--json", "train.py", "--", *python("open('started', 'w').close()"))
    assert done.returncode == 2
    assert b"--json: 'train.py' exists and holds something else" in done.stderr
    assert script.read_text(encoding="utf-8") == "open('started', 'w').close()"
    assert not (command.folder / "started").exists()


@pytest.mark.parametrize(("status", "ours"), [(0, 2), (3, 3)])
def test_a_result_that_cannot_be_written_is_shown_instead(command, status, ours):
    spoil = python("import os", "os.mkdir('result.jsonl')", f"raise SystemExit({status})")
    done = command("run", "--json", "result.jsonl", "--", *spoil)
    assert done.returncode == ours
    assert done.stderr.startswith(b"wattwhat: error: the result could not be written")
    assert b"J (k=2), measured" in done.stderr
