"""How late a gauge shows a load: found from looks, or not said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.energy.gauge_lateness import shown_until_s


def looks(late_s: float, rest_w: float = 60.0, load_w: float = 300.0, noise_w: float = 0.0) -> Any:
    """A load from 0 to 1 s, shown late; a look every 10 ms until 4 s."""
    times = [0.01 * number for number in range(-20, 400)]
    return [
        (t, (load_w if late_s < t <= 1.0 + late_s else rest_w) + noise_w * (-1) ** number)
        for number, t in enumerate(times)
    ]


@given(st.floats(0.0, 1.5), st.floats(0.0, 500.0), st.floats(0.0, 500.0))
def test_the_time_is_found_to_one_look(late_s: float, rest_w: float, load_w: float) -> None:
    found = shown_until_s([(looks(late_s, rest_w, load_w), 0.0, 1.0)])
    if rest_w == load_w:
        assert found is None
    elif abs(rest_w - load_w) > 1e-6 * rest_w:
        assert found == pytest.approx(late_s, abs=0.0101)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4))
def test_the_longest_of_several_counts(times_s: list[float]) -> None:
    parts = [(looks(late_s), 0.0, 1.0) for late_s in times_s]
    assert shown_until_s(parts) == pytest.approx(max(times_s), abs=0.0101)


def test_a_part_that_showed_nothing_is_outvoted_by_one_that_did() -> None:
    flat = [(t, 60.0) for t, _ in looks(0.0)]
    assert shown_until_s([(flat, 0.0, 1.0), (looks(0.3), 0.0, 1.0)]) == pytest.approx(0.3, abs=0.0101)


def test_nothing_is_found_in_noise_or_in_nothing() -> None:
    assert shown_until_s([(looks(0.2, 60.0, 80.0, noise_w=5.0), 0.0, 1.0)]) is None
    assert shown_until_s([([(0.5, 100.0)], 0.0, 1.0)]) is None
    assert shown_until_s([]) is None


@given(st.floats(0.05, 0.6), st.floats(0.7, 2.0))
def test_nothing_is_found_while_work_from_before_still_falls(run_s: float, window_s: float) -> None:
    """A mean over a window that falls just to where the load then keeps it looks like rest on both sides."""
    rest_s = 0.8 * window_s

    def shown_w(t_s: float) -> float:
        before_s = max(min(-rest_s - (t_s - window_s), window_s), 0.0)  # work ended rest_s before the load
        load_s = max(min(t_s, run_s) - max(t_s - window_s, 0.0), 0.0)
        return 60.0 + 240.0 * (before_s + load_s) / window_s

    times = [0.01 * number for number in range(-int(100 * rest_s), int(100 * (run_s + rest_s)))]
    assert shown_until_s([([(t, shown_w(t)) for t in times], 0.0, run_s)]) is None
