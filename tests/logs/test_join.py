"""Metrics joined by name: exact, then normalised; percent only where it is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Measurement, Quantity
from wattwhat.errors import ArgumentError, LogError
from wattwhat.logs import join_metrics


def run(label):
    return Measurement(label=label, energy_j=Quantity(5.0, 0.1, "J"))


def table(tmp_path, text):
    path = tmp_path / "accuracy.csv"
    path.write_text(text)
    return path


def test_names_match_exactly_then_without_case_and_punctuation(tmp_path):
    path = table(tmp_path, "name,accuracy\nresnet50,0.7\nResNet-50,0.8\nVGG_16,0.6\nunused,0.1\n")
    joined = join_metrics([run("ResNet-50"), run("vgg16"), run("alien")], path)
    assert [dict(m.metrics) for m in joined.measurements] == [{"accuracy": 0.8}, {"accuracy": 0.6}, {}]
    assert joined.unmatched == ("alien",)
    assert joined.unused == ("resnet50", "unused")
    assert joined.normalised == (("vgg16", "VGG_16"),)


def test_a_name_that_two_rows_share_once_normalised_matches_neither(tmp_path):
    path = table(tmp_path, "name,accuracy\nresnet50,0.7\nResNet-50,0.8\n")
    assert join_metrics([run("RESNET 50")], path).unmatched == ("RESNET 50",)


def test_percent_is_an_error_until_it_is_said(tmp_path):
    path = table(tmp_path, "name,accuracy\na,76.1\n")
    with pytest.raises(LogError, match=r"accuracy\.csv:2: accuracy is 76\.1.*percent=True"):
        join_metrics([run("a")], path)
    assert join_metrics([run("a")], path, percent=True).measurements[0].metrics["accuracy"] == 0.761


def test_a_small_percentage_is_not_taken_for_a_fraction():
    joined = join_metrics([run("a")], [{"name": "a", "accuracy": 0.5}], percent=True)
    assert joined.measurements[0].metrics["accuracy"] == 0.005


def test_a_percent_sign_says_it():
    joined = join_metrics([run("a")], [{"name": "a", "accuracy": "76.1%"}])
    assert joined.measurements[0].metrics["accuracy"] == 0.761


@pytest.mark.parametrize(("value", "percent"), [("101", True), ("-1", True), ("-0.1", False), ("250", False)])
def test_what_is_no_share_is_refused(value, percent):
    with pytest.raises(LogError, match="expected a"):
        join_metrics([run("a")], [{"name": "a", "accuracy": value}], percent=percent)


def test_columns_are_named_and_renamed(tmp_path):
    path = table(tmp_path, "model;top-1;loss\na;0,8;2,5\n")
    joined = join_metrics([run("a")], path, on="model", metrics={"top-1": "accuracy", "loss": "loss"})
    assert dict(joined.measurements[0].metrics) == {"accuracy": 0.8, "loss": 2.5}
    with pytest.raises(LogError, match="expected a column 'name', found model, top-1, loss"):
        join_metrics([run("a")], path)
    with pytest.raises(ArgumentError, match="metrics"):
        join_metrics([run("a")], path, metrics=())


def test_one_name_with_two_values_is_refused_and_with_one_it_is_fine(tmp_path):
    assert join_metrics([run("a")], table(tmp_path, "name,accuracy\na,0.5\na,0.5\n")).unmatched == ()
    with pytest.raises(LogError, match=r":3: 'a' has other values than in .*:2"):
        join_metrics([run("a")], table(tmp_path, "name,accuracy\na,0.5\na,0.6\n"))


def test_rows_without_a_value_are_listed_and_match_nothing(tmp_path):
    joined = join_metrics([run("a")], table(tmp_path, "name,accuracy\na,N/A\nb\n"))
    assert joined.unmatched == ("a",)
    assert len(joined.problems) == 2


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=6), unique=True, max_size=8))
def test_every_label_is_matched_or_listed_and_every_row_used_or_listed(names):
    rows = [{"name": name, "accuracy": 0.5} for name in names[::2]]
    joined = join_metrics([run(name) for name in names], rows)
    assert len(joined.measurements) == len(names)
    with_metrics = [m.label for m in joined.measurements if m.metrics]
    assert sorted([*with_metrics, *joined.unmatched]) == sorted(names)
    assert len(joined.unused) + len(joined.problems) <= len(rows)


@pytest.mark.parametrize(
    ("name", "share"),
    [
        *((name, True) for name in ("accuracy", "val_acc", "valAcc", "top-1", "top5", "mAP", "mAP50-95")),
        *((name, True) for name in ("auc", "roc_auc", "precision", "recall", "test accuracy", "acc@1")),
        *((name, False) for name in ("acceleration", "heatmap", "loss", "bitmap_size", "half16", "mapping")),
    ],
)
def test_a_share_is_told_by_the_words_of_its_name(name: str, share: bool) -> None:
    run = Measurement(label="net", energy_j=Quantity(5.0, 0.1, "J"))
    rows = [{"name": "net", name: "83.5"}]
    if share:
        assert join_metrics([run], rows, metrics=[name], percent=True).measurements[0].metrics[name] == 0.835
        with pytest.raises(LogError, match="percent"):
            join_metrics([run], rows, metrics=[name])
    else:
        assert join_metrics([run], rows, metrics=[name]).measurements[0].metrics[name] == 83.5


@pytest.mark.parametrize("row", ["a,0.8,5", "a,80,5", "a"])
def test_a_row_that_does_not_fit_its_header_is_listed_and_never_shifted(tmp_path, row):
    joined = join_metrics([run("a")], table(tmp_path, f"name,accuracy\n{row}\nb,0.5\n"), percent=True)
    assert joined.unmatched == ("a",)
    assert [":2:" in problem for problem in joined.problems] == [True]


def test_of_two_columns_of_one_name_the_first_counts_and_it_is_said(tmp_path):
    joined = join_metrics([run("a")], table(tmp_path, "name,accuracy,accuracy\na,0.8,0.1\n"))
    assert joined.measurements[0].metrics == {"accuracy": 0.8}
    assert [":1:" in problem for problem in joined.problems] == [True]


def test_a_header_that_comes_again_is_no_row(tmp_path):
    text = "name,accuracy\na,0.8\n"
    joined = join_metrics([run("a")], table(tmp_path, 2 * text))
    assert (joined.problems, joined.measurements[0].metrics) == ((), {"accuracy": 0.8})


def test_a_table_whose_header_is_no_row_of_csv_is_refused_by_its_line(tmp_path):
    with pytest.raises(LogError) as refused:
        join_metrics([run("a")], table(tmp_path, '{"a":' * 50_000))
    assert refused.value.line == 1
