"""perun: sums beside their summands, magnitudes, runs in a tree, counters and gauges in its samples."""

import io
import json

import pytest

from tests.logs.samples_summaries import PERUN, PERUN_SAMPLES, PERUN_TREE
from wattwhat import logs
from wattwhat.errors import LogError


def read(text, **options):
    return logs.read(io.StringIO(text), **options)


def test_hosts_are_added_and_their_sum_is_not_added_again():
    found = read(PERUN)[0]
    assert found.energy_j.value == pytest.approx(3000.0)
    assert [c.channel.device for c in found.channels] == ["node1", "node2"]
    assert found.duration_s == 10.0


def test_a_sum_that_is_not_its_hosts_is_said():
    found = read(PERUN.replace("3.000 kJ", "4.000 kJ"))[0]
    assert found.energy_j.value == pytest.approx(3000.0)
    assert any("the row All says 4000 J" in w for w in found.warnings)


def test_only_the_sum_is_better_than_nothing():
    text = "\n".join(line for line in PERUN.split("\n") if "| node" not in line)
    assert read(text)[0].energy_j.value == pytest.approx(3000.0)


@pytest.mark.parametrize(
    ("cell", "joules"), [("2.000 MJ", 2e6), ("2.000 J", 2.0), ("2.000 mJ", 2e-3), ("2.000 µJ", 2e-6)]
)
def test_magnitudes(cell, joules):
    text = PERUN.replace("2.000 kJ", cell).replace("1.000 kJ ", "0.000 J ")
    assert read(text)[0].energy_j.value == pytest.approx(joules)


def test_an_energy_in_another_unit_spoils_its_round():
    with pytest.raises(LogError, match=r"expected an energy like 960\.506 kJ"):
        read(PERUN.replace("2.000 kJ", "2.000 kX"))


def test_two_rounds_are_two_measurements():
    more = "|         1 | node1 | 5.000 s  | 0.500 kJ  | 100.000 W   |"
    text = PERUN.replace("\n\nApplication Summary", f"\n{more}\n\nApplication Summary").replace(
        "|\n\n|         1", "|\n|         1"
    )
    assert sorted(m.energy_j.value for m in read(text)) == pytest.approx([500.0, 3000.0])


def test_the_tree_gives_runs_and_not_their_statistics():
    found = read(json.dumps(PERUN_TREE))
    assert [m.energy_j.value for m in found] == pytest.approx([700.0])
    assert found[0].duration_s == 5.0
    assert found[0].details["hosts"] == 2


def test_a_tree_without_units_or_runs_is_refused():
    tree = json.loads(json.dumps(PERUN_TREE))
    run = tree["nodes"][0]["m0"]["nodes"][0]["0"]
    run["nodes"] = []
    run["metrics"]["energy"]["metric_md"] = {}
    with pytest.raises(LogError, match="its unit J"):
        read(json.dumps(tree))
    del run["metrics"]["energy"]
    with pytest.raises(LogError, match="no run with an energy"):
        read(json.dumps(tree))


def test_samples_join_counters_and_gauges():
    found = read(PERUN_SAMPLES)[0]
    assert found.energy_j.value == pytest.approx(60.0 + 200.0)
    assert found.duration_s == 2.0
    assert sorted(c.channel.component for c in found.channels) == ["cpu", "gpu"]


def test_a_counter_that_goes_back_loses_that_step_and_says_so():
    found = read(PERUN_SAMPLES.replace("2.0,61000000", "2.0,500000"))
    assert found[0].energy_j.value == pytest.approx(30.0 + 200.0)
    assert "it was reset" in found.problems[0]


def test_samples_of_several_runs():
    second = "".join(
        line.replace(",0,node1", ",1,node1", 1) + "\n" for line in PERUN_SAMPLES.splitlines()[1:]
    )
    assert [m.energy_j.value for m in read(PERUN_SAMPLES + second)] == pytest.approx([260.0, 260.0])


def test_the_mean_power_of_a_run_is_checked():
    tree = json.loads(json.dumps(PERUN_TREE))
    run = tree["nodes"][0]["m0"]["nodes"][0]["0"]
    run["metrics"]["power"] = {"type": "power", "value": 0.14, "metric_md": {"unit": "W", "mag": 1000.0}}
    assert not any("mean power" in w for w in read(json.dumps(tree))[0].warnings)
    run["metrics"]["power"]["value"] = 140.0
    assert any("W and mW" in w for w in read(json.dumps(tree))[0].warnings)


def test_a_time_that_is_none_is_listed_and_not_integrated():
    (clean,) = read(PERUN_SAMPLES)
    row = next(line for line in PERUN_SAMPLES.splitlines() if ",W," in line)
    cells = row.split(",")
    cells[-2] = "1e300"
    (found,) = read(f"{PERUN_SAMPLES.rstrip()}\n{','.join(cells)}\n")
    assert found.energy_j.value == pytest.approx(clean.energy_j.value)
    assert any("1e300" in sentence for sentence in found.warnings)
