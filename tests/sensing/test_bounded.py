"""Calls that are waited for so long: what comes back, what is left behind, and signals meanwhile."""

import signal
import sys
import threading

import pytest

from wattwhat.sensing.bounded import within


def test_what_returns_is_returned_and_what_is_raised_is_raised():
    assert within(5.0, divmod, 7, 2) == (3, 1)
    with pytest.raises(SystemExit) as end:
        within(5.0, exit, 3)
    assert end.value.code == 3


def test_what_hangs_is_left_and_what_it_opens_late_is_closed():
    go_on, closed = threading.Event(), threading.Event()
    opened = []

    def slow():
        go_on.wait()
        return "meters"

    with pytest.raises(TimeoutError, match=r"within 0\.01 s"):
        within(0.01, slow, late=lambda found: (opened.append(found), closed.set()))
    go_on.set()
    assert closed.wait(120.0)
    assert opened == ["meters"]


def test_a_signal_of_the_program_is_heard_while_something_hangs():
    class Stop(Exception):
        pass

    def handler(number, frame):
        raise Stop

    go_on, main = threading.Event(), threading.get_ident()

    def hang():
        signal.pthread_kill(main, signal.SIGALRM)
        go_on.wait()

    before = signal.signal(signal.SIGALRM, handler)
    try:
        with pytest.raises(Stop):
            within(60.0, hang)
    finally:
        signal.signal(signal.SIGALRM, before)
        go_on.set()


def test_no_thread_is_left_of_a_call_that_answered():
    """A program that forks right afterwards is to be as single as it was, however threads take turns."""
    before, turn = set(threading.enumerate()), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        left = [set(threading.enumerate()) - before for n in range(2000) if within(60.0, int, n) >= 0]
    finally:
        sys.setswitchinterval(turn)
    assert len(left) == 2000
    assert not any(left)
