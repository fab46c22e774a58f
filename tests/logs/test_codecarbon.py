"""CodeCarbon's known errors: shifted rows, vanished columns, cumulative rows, scopes, PUE."""

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.samples_summaries import codecarbon_csv, codecarbon_row
from wattwhat import logs
from wattwhat.errors import LogError


def read(text, **options):
    return logs.read(io.StringIO(text), **options)


def joules(found):
    return [m.energy_j.value for m in found]


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_columns_changes_nothing(order: random.Random):
    columns = list(codecarbon_row())
    order.shuffle(columns)
    found = read(codecarbon_csv(codecarbon_row(), columns=columns))
    assert joules(found) == pytest.approx([1260.0])
    assert found[0].duration_s == 10.0
    assert found[0].details["scope"] == "machine"


@pytest.mark.parametrize(
    "gone", ["region", "os", "cloud_provider", "gpu_model", "pue", "tracking_mode", "run_id"]
)
def test_a_column_that_vanished_is_none_and_the_energy_stays(gone):
    found = read(
        codecarbon_csv(codecarbon_row(), columns=[name for name in codecarbon_row() if name != gone])
    )
    assert joules(found) == pytest.approx([1260.0])
    if gone == "tracking_mode":
        assert found[0].details["scope"] is None


def dropped(record, *names):
    """A row as 3.3.0 appends it: cells that are None are left out, and those behind move up."""
    return ",".join(cell for name, cell in record.items() if name not in names)


def test_a_row_with_dropped_cells_keeps_energies_and_mode_and_loses_the_shifted_columns():
    short = codecarbon_row(run_id="run-b")
    text = codecarbon_csv(codecarbon_row()) + dropped(short, "region", "longitude", "latitude") + "\n"
    found = read(text)
    assert joules(found) == pytest.approx([1260.0, 1260.0])
    assert found.problems == ()
    assert any("cells and its header" in w for w in found[1].warnings)
    assert found[1].details["scope"] == "machine"
    assert "cpu_model" not in found[1].environment
    assert found[0].environment["cpu_model"] == "A CPU"
    assert found[1].details["pue_included"] is None


def test_a_row_cut_inside_the_energies_is_a_problem_not_a_smaller_energy():
    row = ",".join(codecarbon_row(run_id="run-b").values())
    for cut in range(row.index("3.5e-4") + 6):
        found = read(codecarbon_csv(codecarbon_row()) + row[:cut])
        assert joules(found) == pytest.approx([1260.0])
        assert len(found.problems) == (1 if cut else 0)


def test_a_misplaced_total_is_found_by_its_parts():
    names = list(codecarbon_row())
    wrong = ["x", *codecarbon_row(run_id="run-b").values()]  # one cell too many in front
    found = read(codecarbon_csv(codecarbon_row()) + ",".join(wrong) + "\n")
    assert len(wrong) == len(names) + 1
    assert joules(found) == pytest.approx([1260.0])
    assert "do not add up" in found.problems[0]


def test_two_rows_on_one_line_come_apart():
    first, second = (
        codecarbon_csv(codecarbon_row()).rstrip("\n"),
        ",".join(codecarbon_row(run_id="run-b").values()),
    )
    found = read(first + second + "\n")
    assert joules(found) == pytest.approx([1260.0, 1260.0])
    assert all(any("line end" in w for w in m.warnings) for m in found)
    assert found[1].details["run_id"] == "run-b"


def cumulative(k, **more):
    return codecarbon_row(duration=str(10.0 * k), cpu_energy=f"{k}e-4", gpu_energy="0", ram_energy="0",
                          energy_consumed=f"{k}e-4", **more)  # fmt: skip


def test_of_cumulative_rows_of_one_run_only_the_last_counts():
    rows = [cumulative(1), cumulative(2), cumulative(1, run_id="other"), cumulative(3)]
    found = read(codecarbon_csv(*rows))
    assert joules(found) == pytest.approx([360.0, 1080.0])  # where their last rows stand
    assert found[1].details["rows_of_this_run"] == 3
    assert found[1].duration_s == 30.0


def test_a_run_whose_energy_goes_back_is_not_the_same_run_again():
    assert joules(read(codecarbon_csv(cumulative(3), cumulative(1)))) == pytest.approx([1080.0, 360.0])


def test_rows_without_a_run_id_belong_together_where_they_began_together():
    rows = [
        cumulative(1, run_id="", timestamp="2026-02-03T04:05:10"),
        cumulative(2, run_id="", timestamp="2026-02-03T04:05:20"),
        cumulative(1, run_id="", timestamp="2026-02-03T04:08:00"),
    ]
    found = read(codecarbon_csv(*rows))
    assert joules(found) == pytest.approx([720.0, 360.0])
    assert any("began at the same time" in w for w in found[0].warnings)


def test_tasks_of_one_run_are_added_up_by_nobody_and_kept_apart():
    rows = [dict(task_name=name, **codecarbon_row()) for name in ("load", "fit")]
    found = read(codecarbon_csv(*rows, columns=list(rows[0])))
    assert [(m.label, m.energy_j.value) for m in found] == [
        ("load", pytest.approx(1260.0)),
        ("fit", pytest.approx(1260.0)),
    ]


def test_an_empty_energy_is_a_problem_and_never_0():
    found = read(codecarbon_csv(codecarbon_row(), codecarbon_row(run_id="b", energy_consumed="")))
    assert len(found) == 1
    assert ":3: expected energy_consumed" in found.problems[0]
    with pytest.raises(LogError, match=":3: expected energy_consumed"):
        read(codecarbon_csv(codecarbon_row(), codecarbon_row(run_id="b", energy_consumed="")), strict=True)


def test_pue_inside_is_said_and_not_removed():
    found = read(codecarbon_csv(codecarbon_row(pue="1.58")))
    assert joules(found) == pytest.approx([1260.0])
    assert found[0].details["pue_included"] == 1.58
    assert any("PUE of 1.58" in w for w in found[0].warnings)


def test_wrong_rates_and_powers_are_not_used():
    odd = codecarbon_row(emissions_rate="1e9", cpu_power="99999", gpu_power="-3", ram_power="x")
    found = read(codecarbon_csv(odd))
    assert joules(found) == pytest.approx([1260.0])
    assert found.problems == ()


def test_a_total_that_is_not_its_parts_counts_and_the_parts_do_not():
    found = read(codecarbon_csv(codecarbon_row(energy_consumed="1e-3")))
    assert joules(found) == pytest.approx([3600.0])
    assert any("do not add up" in w for w in found[0].warnings)
    assert [c.counted for c in found[0].channels] == [False, False, False, True]


def test_a_missing_gpu_is_no_channel_and_an_idle_one_is():
    without = read(codecarbon_csv(codecarbon_row(gpu_count="", gpu_energy="0.0", energy_consumed="1.5e-4")))[
        0
    ]
    assert [c.channel.component for c in without.channels] == ["cpu", "dram"]
    idle = read(codecarbon_csv(codecarbon_row(gpu_energy="0.0", energy_consumed="1.5e-4")))[0]
    assert [c.channel.component for c in idle.channels] == ["cpu", "gpu", "dram"]


def test_runs_of_the_whole_machine_at_one_time_say_that_they_overlap():
    ranks = [codecarbon_row(run_id=f"rank-{k}") for k in range(3)]
    assert all(any("must not be added" in w for w in m.warnings) for m in read(codecarbon_csv(*ranks)))
    one_by_one = [codecarbon_row(), codecarbon_row(run_id="b", timestamp="2026-02-03T04:05:16")]
    assert not any("must not be added" in w for m in read(codecarbon_csv(*one_by_one)) for w in m.warnings)
    processes = [codecarbon_row(run_id=f"rank-{k}", tracking_mode="process") for k in range(3)]
    assert not any("must not be added" in w for m in read(codecarbon_csv(*processes)) for w in m.warnings)


def test_the_stamp_is_the_end_and_has_no_zone():
    text = codecarbon_csv(codecarbon_row())
    assert read(text)[0].started_at is None
    assert read(text, timezone="+01:00")[0].started_at.isoformat() == "2026-02-03T03:04:56+00:00"


def test_a_constant_cpu_power_is_noticed():
    rows = [codecarbon_row(run_id=run, cpu_power="42.5") for run in "ab"]
    found = read(codecarbon_csv(*rows))
    assert found[0].details["cpu_mode"] == "constant"
    rows[1]["cpu_power"] = "43.1"
    assert read(codecarbon_csv(*rows))[0].details["cpu_mode"] == "unknown"


def test_a_unit_slip_is_reported_and_converted_only_when_told_to():
    slip = codecarbon_row(
        cpu_energy="100", gpu_energy="200", ram_energy="50", energy_consumed="350"
    )  # Wh in a kWh column
    found = read(codecarbon_csv(slip))
    assert joules(found) == pytest.approx([350 * 3.6e6])
    assert any("energy_unit" in w and "more than" in w for w in found[0].warnings)
    mended = read(codecarbon_csv(slip), energy_unit="J")
    assert joules(mended) == pytest.approx([350.0])


def test_older_files_beside_it_are_mentioned_and_still_read_by_themselves(tmp_path):
    (tmp_path / "emissions.csv").write_text(codecarbon_csv(codecarbon_row()))
    (tmp_path / "emissions.csv.bak").write_text(codecarbon_csv(codecarbon_row(run_id="old")))
    found = logs.read(tmp_path / "emissions.csv")
    assert any("emissions.csv.bak" in w for w in found[0].warnings)
    assert len(logs.read(tmp_path)) == 2


def test_a_header_that_changes_inside_the_file_is_followed():
    other = [name for name in codecarbon_row() if name not in ("water_consumed", "wue")]
    text = codecarbon_csv(codecarbon_row()) + codecarbon_csv(codecarbon_row(run_id="b"), columns=other)
    assert joules(read(text)) == pytest.approx([1260.0, 1260.0])


def test_a_spreadsheet_with_semicolons_and_decimal_commas_gives_the_same_joules():
    plain = codecarbon_csv(codecarbon_row())
    local = plain.replace(",", ";").replace(".", ",")
    assert joules(read(local)) == pytest.approx(joules(read(plain)))
    assert read(local)[0].duration_s == read(plain)[0].duration_s


def with_accuracy(name, *cells):
    """A file to which a column was added by hand."""
    rows = [codecarbon_row(run_id=f"run-{k}") | {name: cell} for k, cell in enumerate(cells)]
    return codecarbon_csv(*rows, columns=[*codecarbon_row(), name])


@pytest.mark.parametrize("name", ["accuracy", "test_acc", "Top-1"])
def test_an_accuracy_that_stands_in_the_row_comes_along(name):
    found = read(with_accuracy(name, "0.7", "", "0.8"))
    assert [m.metrics.get("accuracy") for m in found] == [0.7, None, 0.8]


def test_percent_in_an_accuracy_column_is_told_by_its_name_or_by_the_user_and_never_guessed():
    assert read(with_accuracy("accuracy [%]", "76.1"))[0].metrics["accuracy"] == pytest.approx(0.761)
    text = with_accuracy("accuracy", "76.1", "0.9")
    assert [dict(m.metrics) for m in read(text)] == [{}, {}]
    assert any("accuracy_unit" in w for w in read(text)[0].warnings)
    assert read(text, accuracy_unit="percent")[0].metrics["accuracy"] == pytest.approx(0.761)
