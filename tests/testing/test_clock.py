"""Virtual time passes when told to, and only forward."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.errors import ArgumentError
from wattwhat.testing import VirtualClock


@given(st.lists(st.integers(0, 10**10), max_size=20))
def test_steps_add_up(steps_ns):
    clock = VirtualClock(start_ns=5)
    for step_ns in steps_ns:
        clock.advance(step_ns * 1e-9)
    assert clock.monotonic_ns() == clock() == 5 + sum(steps_ns)


def test_sleep_returns_at_once_and_later():
    clock = VirtualClock()
    clock.sleep(3600.0)
    assert clock.monotonic() == clock.now_s == pytest.approx(3600.0)


def test_time_does_not_go_back():
    clock = VirtualClock(start_ns=10**9)
    with pytest.raises(ArgumentError, match="does not go back"):
        clock.advance(-0.1)
    clock.advance_to(0.5)
    assert clock.now_s == 1.0
    clock.advance_to(1.5)
    assert clock.now_s == 1.5


def test_threads_lose_no_step():
    clock = VirtualClock()
    threads = [threading.Thread(target=lambda: [clock.advance(1e-9) for _ in range(2000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.monotonic_ns() == 8000
