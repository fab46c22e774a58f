"""The benchmarks run, say what they were asked for, and count right. No time is judged here."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import __main__ as command
from benchmarks import fusion, fusion_phases, imports
from benchmarks.table import Limit, Options, Table, folded, quantile, quartiles, shown, summary, timed_us
from benchmarks.truth_programs import draw
from benchmarks.truth_table import HEADING, line, read

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
values = st.lists(st.floats(-1e6, 1e6), min_size=1)


@given(values)
def test_quantiles_are_values_in_order(numbers: list[float]) -> None:
    least, lower, upper, greatest = (quantile(numbers, share) for share in (0.0, 0.25, 0.75, 1.0))
    assert min(numbers) == least <= lower <= upper <= greatest == max(numbers)
    assert {lower, upper} <= set(numbers)


@given(values)
def test_summaries_hold_the_median(numbers: list[float]) -> None:
    median, least, p99 = summary(numbers)
    assert median == statistics.median(numbers) == quartiles(numbers)[1]
    assert least <= median <= p99


def test_the_99th_percentile_leaves_one_of_a_hundred_above() -> None:
    assert quantile(range(1, 101), 0.99) == 99


@given(st.text(alphabet="ab ", max_size=400), st.integers(5, 40))
def test_folded_lines_fit_and_keep_their_words(line: str, width: int) -> None:
    pieces = folded(line, width)
    assert all(len(piece) <= width for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(line.split())


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, "-"),
        (12.345, "12.3"),
        (0.98765, "0.988"),
        (1234.5, "1234"),
        (7, "7"),
        (0.0, "0.00"),
        ("x", "x"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_are_shown_with_three_digits_that_count(cell: object, text: str) -> None:
    assert shown(cell) == text


def test_a_limit_says_whether_it_was_kept() -> None:
    assert str(Limit("reading", 2.5, 3.0, "x")) == "reading: 2.50x, limit 3.00x: within"
    assert str(Limit("import", 16.0, 15.0, "ms")).endswith("limit 15.0 ms: OVER")
    assert Limit("import", None, 15.0, "ms").within is None


def test_a_table_is_aligned_and_written(tmp_path: Path) -> None:
    table = Table("made", "a title", ["", "us"], [["first", 1.5], ["x", None]], [Limit("x", 1.0, 2.0, "s")])
    lines = table.text().splitlines()
    assert lines[2:6] == ["         us", "-----  ----", "first  1.50", "x         -"]
    written = json.loads(table.write(tmp_path / "new").read_text(encoding="utf-8"))
    assert written["rows"] == [["first", 1.5], ["x", None]]
    assert written["limits"][0]["within"] is True


def test_contestants_take_turns_and_each_call_is_timed() -> None:
    calls: list[str] = []
    taken = timed_us({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=4, calls=5)
    assert {name: len(found) for name, found in taken.items()} == {"a": 20, "b": 20}
    # three rounds of warming up, then one call unseen and five timed in each of four rounds
    assert calls.count("a") == calls.count("b") == 15 + 4 * 6


def test_the_core_alone_brings_attrs_and_numpy() -> None:
    assert set(imports.requirements("wattwhat")) == {"wattwhat", "attrs", "numpy"}
    assert imports.installed_mb(imports.requirements("wattwhat")["wattwhat"]) > 0.1


def test_a_name_that_is_not_there_is_refused_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(["windows", "widnows"])
    assert end.value.code == 2
    said = capsys.readouterr()
    assert "no benchmark 'widnows'; there are imports, windows" in said.err
    assert said.out == ""


def test_the_list_names_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list"]) == 0
    named = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert named == list(command.there_are())
    assert {*command.TABLES, "scoring"} <= set(named)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the benchmarks look into /proc")
def test_every_table_comes_out_quickly_and_fits(tmp_path: Path) -> None:
    names = list(command.TABLES)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *names, "--quick", "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) < 100
    assert "worth nothing" in done.stdout.splitlines()[0]
    for name in names:
        written = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
        assert written["rows"]
        assert all(limit["value"] is not None for limit in written["limits"])
        assert all(len(row) == len(written["columns"]) for row in written["rows"])


def test_the_printed_truth_is_read_again_as_it_was_printed() -> None:
    """The plot in the docs is drawn from the table beside it."""
    printed = (ROOT / "docs" / "explanation" / "truth-table.txt").read_text(encoding="utf-8").splitlines()
    assert printed[0] == HEADING
    assert [line(row) for row in read("\n".join(printed))] == printed[1:]


def test_quick_means_few() -> None:
    assert (Options().times(100, 2), Options(quick=True).times(100, 2)) == (100, 2)


def test_phases_on_each_kind_of_sensor_are_judged_against_the_truth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from benchmarks import truth_phases

    assert truth_phases.main(["--programs", "2", "--classes", "counter 20 ms", "gauge 25/100"]) in (0, 1)
    said = capsys.readouterr().out
    assert said.count("counter 20 ms ") == 6
    assert "both within 8 % in" in said


@given(
    st.sampled_from(fusion.PAIRS),
    st.floats(0.01, 0.2),
    st.integers(0, 3),
    st.tuples(st.integers(0, 7), st.integers(0, 7)),
)
def test_rows_of_a_counter_are_its_gains_and_those_of_a_gauge_means(pair, length_s, given_to_it, phases):
    alone = fusion.readings(pair, length_s, given_to_it - given_to_it % 2, phases)
    both = fusion.readings(pair, length_s, given_to_it, phases)
    assert (both[: len(alone)] == alone).all()
    assert (alone.sum(axis=0) <= 1.0).all()
    assert both[len(alone) :].sum(axis=1) == pytest.approx(1.0)


def test_a_gauge_that_contradicts_the_counter_leaves_phases_to_the_counter() -> None:
    case = fusion_phases.Case("200 ms late, taken for 0", 0.1, 0.025, 0.025, 0.2)
    rng = np.random.default_rng(3)
    program = draw(rng, 0.1, 20e-6, 30.5, 50)
    (alone_j, alone_u_j, _), (both_j, both_u_j, _) = fusion_phases.judged(case, program, rng)
    assert both_j == pytest.approx(alone_j, rel=1e-3)
    assert both_u_j == pytest.approx(alone_u_j, rel=1e-3)
