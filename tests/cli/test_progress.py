"""Progress: one line, late enough, not too often, on terminals only, and gone at the end."""

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Screen:
    """What a terminal's one line shows after these letters."""

    def __init__(self, text):
        cells, at = [], 0
        for letter in text:
            if letter == "\r":
                at = 0
                continue
            cells[at : at + 1] = [letter]
            at += 1
        self.line = "".join(cells).rstrip()


steps = st.lists(st.tuples(st.floats(0.0, 1.0), st.text(max_size=200)), max_size=20)


@given(steps)
def test_nothing_is_left_at_the_end_and_no_line_is_ever_broken(steps):
    terminal, now = Terminal(), 0.0
    with Progress(terminal, lambda: now) as progress:
        for seconds, arguments in steps:
            now += seconds
            progress(now, arguments)
    assert Screen(terminal.getvalue()).line == ""
    assert "\n" not in terminal.getvalue()


@given(steps)
def test_nothing_is_shown_where_nobody_watches(steps):
    stream = io.StringIO()
    with Progress(stream, lambda: 0.0) as progress:
        for seconds, arguments in steps:
            progress(10.0 + seconds, arguments)
    assert stream.getvalue() == ""


def shown(calls):
    """The lines that are visible after each of (clock, elapsed, arguments)."""
    terminal, now = Terminal(), {"s": 0.0}
    progress = Progress(terminal, lambda: now["s"])
    lines = []
    for clock_s, elapsed_s, arguments in calls:
        now["s"] = clock_s
        progress(elapsed_s, arguments)
        lines.append(Screen(terminal.getvalue()).line)
    return lines


def test_it_waits_two_seconds():
    assert shown([(100.0, 1.9, "early"), (100.1, 2.0, "now")]) == ["", "2 s: now"]


def test_a_shorter_line_leaves_nothing_of_a_longer_one():
    assert shown([(0, 3.0, "a long line"), (1, 4.0, "short")]) == ["3 s: a long line", "4 s: short"]


def test_it_is_not_redrawn_for_every_call():
    assert shown([(0, 3.0, "one"), (0.2, 3.2, "two"), (0.3, 3.3, "three")]) == ["3 s: one"] * 2 + [
        "3 s: three"
    ]


def test_it_never_fills_the_last_column(monkeypatch):
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((40, 24)))
    assert [len(line) for line in shown([(0, 3.0, "x" * 100)])] == [39]


def test_an_interrupt_while_it_is_shown_leaves_nothing_behind():
    class Pressed(Terminal):
        def flush(self):
            if "now" in self.getvalue() and not self.getvalue().endswith("\r"):
                raise KeyboardInterrupt

    terminal = Pressed()
    with pytest.raises(KeyboardInterrupt), Progress(terminal, lambda: 0.0) as progress:
        progress(3.0, "now")
    assert Screen(terminal.getvalue()).line == ""


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("closed")])
def test_a_terminal_that_goes_away_disturbs_nothing(error):
    class Gone(Terminal):
        writes = 0

        def write(self, text):
            self.writes += 1
            raise error

    terminal = Gone()
    with Progress(terminal, lambda: 0.0) as progress:
        progress(3.0, "one")
    assert terminal.writes >= 1
