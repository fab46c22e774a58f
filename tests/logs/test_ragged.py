"""Ragged files beyond the kit: what comes twice counts once, and what is no number is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs import samples_summaries, samples_traces
from wattwhat.errors import ArgumentError, LogError
from wattwhat.logs import read
from wattwhat.logs.building.day_clock import DayClock

SAMPLES = {**samples_traces.SAMPLES, **samples_summaries.SAMPLES}


def joules_of(tmp_path, text, **options):
    path = tmp_path / "log.csv"
    path.write_text(text, newline="")
    found = read(path, **options)
    return [one.energy_j.value for one in found], found


def sample(name):
    return SAMPLES[name].text, SAMPLES[name].options


# Columns and rows that come twice ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "column"),
    [("pyjoules", "package_0"), ("pyjoules", "nvidia_gpu_0"), ("zeus", "gpu0_energy"), ("pyrapl", "pkg")],
)
def test_a_column_that_comes_twice_counts_once_and_is_named(name, column, tmp_path):
    text, options = sample(name)
    delimiter = ";" if ";" in text.splitlines()[0] else ","
    lines = [line.split(delimiter) for line in text.splitlines()]
    place = lines[0].index(column)
    twice = "\n".join(delimiter.join([*line, line[place]]) for line in lines) + "\n"
    whole, _ = joules_of(tmp_path, text, **options)
    joules, found = joules_of(tmp_path, twice, **options)
    assert joules == pytest.approx(whole)
    assert any(column in problem for problem in found.problems)


@pytest.mark.parametrize("name", ["pyrapl", "joule_profiler"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_row_that_comes_twice_counts_once_and_is_named(name, times, tmp_path):
    text, options = sample(name)
    whole, _ = joules_of(tmp_path, text, **options)
    joules, found = joules_of(tmp_path, text + times * (text.splitlines()[-1] + "\n"), **options)
    assert joules == pytest.approx(whole)
    assert len(found.problems) == times


# What is no number --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("xpu_smi_counter", None, ""),
        ("prometheus_power", None, "NaN"),
        ("powermetrics", "Package Power: 1000 mW", "Package Pow"),
    ],
)
def test_a_value_that_is_lost_is_said(name, before, after, tmp_path):
    text, options = sample(name)
    if before is None:
        *lines, last = text.splitlines()
        delimiter = "," if name.startswith("xpu") else " "
        cells = last.split(delimiter)
        place = -1 if name.startswith("xpu") else 1
        cells[place] = after
        hurt = "\n".join([*lines, delimiter.join(cells)]) + "\n"
    else:
        assert before in text
        hurt = text.replace(before, after, 1)
    whole, _ = joules_of(tmp_path, text, **options)
    joules, found = joules_of(tmp_path, hurt, **options)
    assert found.problems
    assert sum(joules) < sum(whole)


def test_a_counter_that_no_machine_reaches_is_no_reading(tmp_path):
    text, options = sample("xpu_smi_counter")
    lines = text.splitlines()
    lines[-1] = ",".join([*lines[-1].split(",")[:-1], "1e300"])
    joules, found = joules_of(tmp_path, "\n".join(lines) + "\n", **options)
    assert all(0.0 <= one <= 1e15 for one in joules)
    assert found.problems


# Times of day --------------------------------------------------------------------------------------


@given(st.integers(0, 86399), st.lists(st.integers(1, 600), min_size=2, max_size=8), st.data())
def test_rows_out_of_order_make_no_day(begin, steps, data):
    times, at = [begin], begin
    for step in steps:
        at += step
        times.append(at)
    place = data.draw(st.integers(0, len(times) - 2))
    shuffled = [*times[:place], times[place + 1], times[place], *times[place + 2 :]]
    clock = DayClock()
    seen = [clock.seconds(f"{t // 3600 % 24:02}:{t // 60 % 60:02}:{t % 60:02}") for t in shuffled]
    assert max(seen) - min(seen) <= at - begin + 1e-9


# Accuracies in tables ------------------------------------------------------------------------------


def accuracies(tmp_path, text, metric="accuracy", **options):
    _, found = joules_of(tmp_path, text, **options)
    return [one.metrics.get(metric) for one in found], [str(w) for one in found for w in one.warnings]


HEAD = "model,energy_wh,accuracy\n"


@pytest.mark.parametrize("cells", [("93.1%", "94 %"), ("93.1%", "0.94"), ("0.931", "94%")])
def test_a_cell_may_say_percent_itself(cells, tmp_path):
    found, _ = accuracies(tmp_path, HEAD + f"a,10,{cells[0]}\nb,20,{cells[1]}\n")
    assert found == pytest.approx([0.931, 0.94])


def test_what_is_no_accuracy_is_said_and_what_may_be_a_share_in_percent_is_doubted(tmp_path):
    found, said = accuracies(tmp_path, HEAD + "a,10,good\nb,20,0.9\n")
    assert found == [None, 0.9]
    assert any("'good'" in sentence for sentence in said)
    found, said = accuracies(tmp_path, "model,energy_wh,accuracy (%)\na,10,93.1\nb,20,0.94\n")
    assert found == pytest.approx([0.931, 0.0094])
    assert any("write 94 if it is a share" in sentence for sentence in said)


@pytest.mark.parametrize("name", ["bleu", "BLEU-4", "rougeL", "mIoU", "dice", "pass@1", "ndcg@10", "auc"])
def test_shares_of_which_more_is_better_are_metrics(name, tmp_path):
    found, _ = accuracies(tmp_path, f"model,energy_wh,{name}\na,10,0.35\n", name.lower())
    assert found == [0.35]


@pytest.mark.parametrize("name", ["wer", "perplexity", "rmse", "mae", "top1_error", "loss", "latency"])
def test_what_is_no_share_or_better_the_less_it_is_is_none(name, tmp_path):
    _, found = joules_of(tmp_path, f"model,energy_wh,{name}\na,10,0.35\n")
    assert dict(found[0].metrics) == {}


def test_a_unit_of_accuracies_that_is_none_is_refused(tmp_path):
    with pytest.raises((ArgumentError, LogError), match="accuracy_unit"):
        joules_of(tmp_path, HEAD + "a,10,0.9\n", accuracy_unit="permille")
    found, _ = accuracies(tmp_path, HEAD + "a,10,90\n", accuracy_unit="%")
    assert found == [0.9]


# Tables that were appended, and rows that are of others -------------------------------------------


def test_an_appended_table_is_read_in_its_own_unit(tmp_path):
    joules, found = joules_of(tmp_path, "model,energy_wh\na,10\nmodel,energy_kwh,seed\nb,10,1\n")
    assert joules == pytest.approx([36e3, 36e6])
    assert found.problems == ()


def test_an_appended_table_that_does_not_say_its_energy_is_left_out_and_listed(tmp_path):
    text = "model,energy_wh\na,10\nmodel,energy_kwh,energy_j\nb,10,5\nmodel,energy_wh\nc,10\n"
    joules, found = joules_of(tmp_path, text)
    assert joules == pytest.approx([36e3, 36e3])
    assert any(":4: " in problem for problem in found.problems)


@pytest.mark.parametrize(("name", "doubted"), [("Total", True), ("average", True), ("totalnet", False)])
def test_a_row_of_sums_or_means_is_doubted(name, doubted, tmp_path):
    _, found = joules_of(tmp_path, f"model,energy_wh\na,10\nb,20\n{name},30\n")
    assert any(name in str(sentence) for sentence in found[2].warnings) == doubted
