"""The page's table can be drawn, row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.prediction_plot import draw, rows_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "prediction.md"


def test_every_row_of_the_table_is_read() -> None:
    rows = rows_of(PAGE.read_text(encoding="utf-8"))
    assert len(rows) >= 35
    assert all(1.0 <= median <= worst for _, _, median, worst in rows)
    assert ("all of these", "left-out fit") in {(population, way) for population, way, _, _ in rows}


def test_the_drawing_is_made(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    draw(rows_of(PAGE.read_text(encoding="utf-8")), tmp_path / "drawn.svg")
    assert (tmp_path / "drawn.svg").read_text(encoding="utf-8").count("<path") > 50
