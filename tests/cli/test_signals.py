"""Signals under the verb run: the command answers them, and the result is told in any case."""

import os
import signal
import subprocess
import sys

import pytest

from tests.cli.test_run import POSIX, PYTHON, python
from wattwhat.cli.signals import Signals

pytestmark = POSIX

ENDINGS = ["SIGINT", "SIGTERM", "SIGHUP"]
RESULT = b"J (k=2), measured"


@pytest.fixture(autouse=True)
def hangup():
    """Under nohup the suite ignores SIGHUP, and so would the commands of these tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def answering(name, *lines):
    """A program that answers one signal by ending with 7, and says so when it waits for it."""
    return python(
        "import signal, sys",
        *lines,
        f"signal.signal(signal.{name}, lambda *_: sys.exit(7))",
        "print('waiting', flush=True)",
        "sys.stdin.read()",
    )


def started(command, child, patience_s):
    """The verb in a process group of its own, with a patience that no busy machine can upset."""
    script = "\n".join(
        [
            "import sys, wattwhat.cli, wattwhat.cli.signals",
            f"wattwhat.cli.signals._PATIENCE_S = {patience_s}",
            "sys.exit(wattwhat.cli.main())",
        ]
    )
    return subprocess.Popen(
        [PYTHON, "-c", script, "run", "--", *child],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=command.env,
        start_new_session=True,
    )


def pressed(command, child, name="SIGINT", presses=1):
    """Send a signal to the whole group, as a terminal or a queue does, whenever the child has said a line."""
    with started(command, child, patience_s=3600.0) as process:
        said = []
        for _ in range(presses):
            said.append(process.stdout.readline())
            os.killpg(process.pid, getattr(signal, name))
        out, err = process.communicate()
    return process.returncode, b"".join([*said, out]), err


def told_alone(command, child, name):
    """Send a signal to wattwhat's own id only; the child's input stays open, so nothing else can end it."""
    with started(command, child, patience_s=0.05) as process:
        process.stdout.readline()
        os.kill(process.pid, getattr(signal, name))
        return process.wait(timeout=300), process.stderr.read()


@pytest.mark.parametrize("name", [*ENDINGS, "SIGUSR1", "SIGUSR2"])
def test_a_signal_to_the_group_is_the_commands_to_answer(command, name):
    status, out, err = pressed(command, answering(name), name)
    assert (status, out) == (7, b"waiting\n")
    assert RESULT in err
    assert b"Traceback" not in err


@pytest.mark.parametrize("name", ENDINGS)
def test_a_command_that_a_signal_ends_has_its_status_and_a_result(command, name):
    child = python(
        "import signal, sys",
        f"signal.signal(signal.{name}, signal.SIG_DFL)",
        "print('waiting', flush=True)",
        "sys.stdin.read()",
    )
    status, _, err = pressed(command, child, name)
    assert status == 128 + getattr(signal, name)
    assert RESULT in err


def test_a_command_may_shrug_off_several_interrupts(command):
    child = python(
        "import os, signal",
        "reader, writer = os.pipe()",
        "signal.signal(signal.SIGINT, lambda *_: os.write(writer, b'x'))",
        "for press in range(3):",
        "    print('waiting', press, flush=True)",
        "    os.read(reader, 1)",
        "print('done', flush=True)",
    )
    status, out, err = pressed(command, child, presses=3)
    assert status == 0
    assert out.endswith(b"done\n")
    assert RESULT in err


@pytest.mark.parametrize("name", ENDINGS)
def test_a_request_to_end_that_only_wattwhat_got_is_passed_on_after_a_while(command, name):
    status, err = told_alone(command, answering(name), name)
    assert status == 7
    assert RESULT in err


def test_a_signal_that_was_ignored_stays_so_for_the_command_too(command):
    """As under nohup: the group's SIGHUP ends neither."""
    child = python(
        "import os, signal, sys",
        "print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN, flush=True)",
        "os.killpg(0, signal.SIGHUP)",
        "sys.exit(5)",
    )
    with_ignored = ["import signal, sys, wattwhat.cli", "signal.signal(signal.SIGHUP, signal.SIG_IGN)"]
    script = "\n".join([*with_ignored, "sys.exit(wattwhat.cli.main())"])
    done = subprocess.run(
        [PYTHON, "-c", script, "run", "--", *child],
        capture_output=True,
        env=command.env,
        start_new_session=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (5, b"True\n")
    assert RESULT in done.stderr


# In this process ---------------------------------------------------------------------------------


def tell_parent(name):
    return python("import os, signal", f"os.kill(os.getppid(), signal.{name})")


def test_the_interrupt_that_ended_the_command_may_come_late_and_the_next_is_ours():
    with Signals() as signals:
        assert signals.run(python("raise SystemExit(3)")) == 3
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_handlers_and_timer_are_given_back():
    kinds = [getattr(signal, name) for name in (*ENDINGS, "SIGUSR1", "SIGUSR2", "SIGALRM")]
    before = [signal.getsignal(kind) for kind in kinds]
    with Signals() as signals:
        signals.run(tell_parent("SIGTERM"))
    assert [signal.getsignal(kind) for kind in kinds] == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_handlers_are_given_back_where_nothing_could_be_started():
    before = signal.getsignal(signal.SIGTERM)
    with Signals() as signals, pytest.raises(FileNotFoundError):
        signals.run(["no-such-command-anywhere"])
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("on_terminal", [True, False])
@pytest.mark.parametrize("name", ENDINGS)
def test_only_an_interrupt_of_the_terminal_is_known_to_have_reached_the_command(
    monkeypatch, name, on_terminal
):
    waits = []
    monkeypatch.setattr("wattwhat.cli.signals._on_terminal", lambda: on_terminal)
    monkeypatch.setattr(signal, "setitimer", lambda kind, duration_s: waits.append(duration_s))
    with Signals() as signals:
        signals.run(tell_parent(name))
    assert any(waits) is not (name == "SIGINT" and on_terminal)


def test_a_thread_other_than_the_main_one_handles_no_signals():
    import concurrent.futures

    before = signal.getsignal(signal.SIGINT)
    with concurrent.futures.ThreadPoolExecutor() as pool, Signals() as signals:
        done = pool.submit(signals.run, [sys.executable, "-c", "raise SystemExit(4)"])
        assert done.result() == 4
        assert signal.getsignal(signal.SIGINT) is before
