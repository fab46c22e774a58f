"""The quantile line against brute force over all lines through two points."""

import itertools
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.errors import ScoreError
from wattwhat.scoring.quantile_regression import bootstrap_lines, quantile_line, quantile_lines

pytest.importorskip("scipy")

points = st.lists(
    st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=12, unique_by=lambda p: p[0]
)


def loss(line, x, y, quantile):
    rest = y - line[0] - line[1] * x
    return float(np.where(rest > 0, quantile * rest, (quantile - 1) * rest).sum())


def best_by_force(x, y, quantile):
    """An optimum lies on a line through two points, or on a flat one through one point."""
    lines = [(height, 0.0) for height in y]
    for i, j in itertools.combinations(range(len(x)), 2):
        slope = (y[j] - y[i]) / (x[j] - x[i])
        if slope >= 0:
            lines.append((y[i] - slope * x[i], slope))
    return min(loss(line, x, y, quantile) for line in lines)


@given(points, st.sampled_from([0.05, 0.1, 0.25, 0.5]))
def test_no_other_line_of_slope_not_below_0_loses_less(pairs, quantile):
    x, y = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    line = quantile_line(x, y, quantile)
    assert line[1] >= 0
    assert loss(line, x, y, quantile) == pytest.approx(best_by_force(x, y, quantile), rel=1e-7, abs=1e-7)


@given(points, st.floats(-5, 5), st.floats(0.1, 20))
def test_it_moves_and_stretches_with_the_points(pairs, shift, stretch):
    x, y = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    moved = quantile_line(x, y * stretch + shift, 0.1)
    plain = quantile_line(x, y, 0.1)
    expected = loss(plain, x, y, 0.1) * stretch
    assert loss(moved, x, y * stretch + shift, 0.1) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_a_weight_counts_like_repeated_points():
    x, y = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 0.0, 5.0, 4.0])
    repeated = quantile_line(np.repeat(x, [1, 3, 1, 2]), np.repeat(y, [1, 3, 1, 2]), 0.3)
    weighted = quantile_line(x, y, 0.3, [1, 3, 1, 2])
    assert weighted == pytest.approx(repeated, abs=1e-9)


@given(points, st.sampled_from([0.05, 0.1, 0.25, 0.5]))
def test_many_lines_at_once_lose_no_more_than_the_best(pairs, quantile):
    x, y = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    rows = np.stack([y, y[::-1]])
    for row, *line in zip(rows, *quantile_lines(np.stack([x, x]), rows, quantile), strict=True):
        assert line[1] >= 0
        assert loss(line, x, row, quantile) == pytest.approx(best_by_force(x, row, quantile), abs=1e-4)


def made(count, u=0.0):
    rng = np.random.default_rng(3)
    x = rng.normal(size=count)
    return x, 2.0 * x + rng.exponential(1.0, count) + u * rng.standard_normal(count)


def test_bootstrap_lines_spread_about_the_line_and_repeat_with_their_seed():
    x, y = made(60)
    line = quantile_line(x, y, 0.1)
    lines = bootstrap_lines(x, y, 0.1, 100, np.random.default_rng(0), line=line)
    assert lines == bootstrap_lines(x, y, 0.1, 100, np.random.default_rng(0), line=line)
    assert len(lines) == 100
    slopes = np.array(lines)[:, 1]
    assert 0 < slopes.std() < 1
    assert abs(np.median(slopes) - 2.0) < 0.5


def test_what_members_were_measured_wrong_by_does_not_pass_for_scatter():
    x, y = made(60, u=1.0)
    line = quantile_line(x, y, 0.1)
    plain, known = (
        np.array(bootstrap_lines(x, y, 0.1, 200, np.random.default_rng(0), line=line, u_y=u))
        for u in (0.0, 1.0)
    )
    assert np.median(known[:, 0]) > np.median(plain[:, 0]) + 0.2  # less scatter: the tenth lies higher


def test_populations_of_one_accuracy_are_drawn_again():
    lines = bootstrap_lines([0.0, 1.0], [0.0, 1.0], 0.1, 50, np.random.default_rng(0), line=(0.0, 1.0))
    assert len(lines) == 50
    assert np.isfinite(lines).all()


def test_without_scipy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(ScoreError, match=r"pip install 'wattwhat\[frontier\]'"):
        quantile_line([0.0, 1.0], [0.0, 1.0], 0.1)
