"""Accuracies from a table: by name, tag and image size, and never a guess."""

import os
from pathlib import Path

import pytest

from wattwhat.errors import ArgumentError
from wattwhat.study.accuracies import Accuracies
from wattwhat.study.cell import Cell
from wattwhat.study.plan import Plan

TIMM = Path(os.environ.get("WATTWHAT_SHARED", "../shared"), "tables", "timm_results-imagenet.csv").resolve()


def read(tmp_path, text):
    (tmp_path / "table.csv").write_text(text)
    return Accuracies.read(Plan(str(tmp_path / "plan.toml"), {"model": ("m:f",)}, accuracy="table.csv"))


def test_models_are_found_by_name_tag_and_size(tmp_path):
    table = read(tmp_path, "model,img_size,top1\nnet.a,224,70\nnet.b,224,80\nnet.b,384,90\nother,224,60.5\n")
    assert table.of(Cell("timm:net.a"))[0] == {"accuracy": 0.7}
    assert table.of(Cell("timm:net.b", image_size=384))[0] == {"accuracy": 0.9}
    assert table.of(Cell("m:other"))[0] == {"accuracy": 0.605}
    assert table.of(Cell("timm:other", image_size=96)) == (
        {},
        {"accuracy_missing": "table.csv does not name it"},
    )
    metrics, details = table.of(Cell("timm:net"))
    assert metrics == {}
    assert "3 rows of it" in details["accuracy_missing"]
    assert "net.a at 224 px" in table.of(Cell("timm:net.a"))[1]["accuracy_source"]


def test_a_share_stays_one_and_a_gap_is_none(tmp_path):
    table = read(tmp_path, "name,accuracy\na,0.7\nb,\n")
    assert table.of(Cell("m:a"))[0] == {"accuracy": 0.7}
    assert table.of(Cell("m:b"))[0] == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", ":1: expected a column of names"),
        ("model,top1\nnet,700\n", ":2: top1: expected a share, got 700"),
        ("model,top1\nnet\n", ":2: expected 2 cells"),
    ],
)
def test_a_table_that_is_none_is_told_with_its_line(tmp_path, text, words):
    with pytest.raises(ArgumentError, match=words):
        read(tmp_path, text)


@pytest.mark.skipif(not TIMM.exists(), reason="the table of timm's results is not beside the repository")
def test_the_table_of_timm_is_read(tmp_path):
    table = Accuracies.read(
        Plan(str(tmp_path / "plan.toml"), {"model": ("m:f",)}, accuracy=str(TIMM.resolve()))
    )
    accuracy = table.of(Cell("timm:eva02_large_patch14_448.mim_m38m_ft_in22k_in1k"))[0]["accuracy"]
    assert accuracy == 0.90056
