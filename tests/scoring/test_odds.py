"""Odds of letters against made populations whose true letters are known."""

import numpy as np
import pytest

from benchmarks.scoring_odds import SHAPES, letters, table

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "other families"])
def test_letters_with_odds_of_about_80_percent_hold_in_about_80_percent(shape):
    pytest.importorskip("scipy")
    rng = np.random.default_rng(7)
    found = np.concatenate([letters(shape, n, 1000 // n, rng) for n in (24, 50)])
    near = found[(found[:, 0] >= 0.7) & (found[:, 0] < 0.9)]
    assert len(near) > 150
    assert abs(near[:, 1].mean() - near[:, 0].mean()) < 0.1  # three standard deviations of so many letters


def test_the_table_names_every_shape_and_says_where_no_odds_are_given():
    pytest.importorskip("scipy")
    lines = list(table(letters_a_cell=60))
    for shape in SHAPES:
        assert sum(line.startswith(shape) for line in lines) == 6
    assert sum("no odds are given" in line for line in lines) == len(SHAPES)
