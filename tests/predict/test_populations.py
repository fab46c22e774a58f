"""Predictions on public populations: what they hold, and that what is shipped follows from them."""

from __future__ import annotations

import math

import pytest

from benchmarks import prediction_fits as fits
from benchmarks import prediction_populations as populations
from benchmarks.prediction import run
from benchmarks.table import Options
from wattwhat.predict.data_sheet import PUBLISHED, bound_j
from wattwhat.predict.published import shipped_fits

pytestmark = pytest.mark.skipif(
    not (populations.shared() / "tables").is_dir(), reason="the public tables (../shared) are not here"
)


def test_a_left_out_model_lies_in_the_interval_nine_times_of_ten() -> None:
    inside, count = 0, 0
    for one in fits.single(populations.strep()):
        for row, said in fits.left_out(one.rows):
            inside += said.low <= row.joules <= said.high
            count += 1
    assert count >= 100
    assert inside >= 0.9 * count


def test_no_bound_lies_above_what_was_measured() -> None:
    for one in populations.strep():
        for row in one.rows:
            assert bound_j(row.case) / row.case.items <= 1.05 * row.joules, (one.name, row.case.label)


def test_what_is_shipped_follows_from_the_tables() -> None:
    made = [fits.entry(one) for one in fits.single(populations.strep())]
    for shipped, again in zip(shipped_fits(), made, strict=True):
        assert shipped["environment"] == again["environment"]
        assert shipped["left_out_rms"] == pytest.approx(again["left_out_rms"], abs=1e-3)
        assert shipped["fit"]["coefficients"] == pytest.approx(again["fit"]["coefficients"], rel=1e-4)


def test_the_spread_of_the_data_sheet_follows_from_the_tables() -> None:
    found = fits.spread(populations.strep())
    means = [*(mean for _, mean, _ in found), 0.84, 1.19]
    inside = [*(sd for _, _, sd in found), 0.6, 0.6]
    level = math.fsum(means) / len(means)
    between = math.fsum((mean - level) ** 2 for mean in means) / (len(means) - 1)
    assert pytest.approx(level, abs=0.01) == PUBLISHED.log
    assert pytest.approx(math.sqrt(between + math.fsum(x * x for x in inside) / 8), abs=0.02) == PUBLISHED.sd
    assert len(means) - 1 == PUBLISHED.degrees


def test_the_benchmark_keeps_its_limits() -> None:
    table = run(Options(quick=True))
    assert len(table.limits) == 6
    assert all(limit.within for limit in table.limits), table.text()
