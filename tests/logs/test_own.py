"""wattwhat's own files: a hurt line, wherever it is, costs that line alone and is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_runs import simple
from wattwhat.errors import LogError
from wattwhat.logs import read

LINES = [simple(label=f"run {i}").to_json() for i in range(3)]


@given(st.integers(0, 2), st.data())
def test_a_line_that_is_cut_is_named_and_the_others_are_read(tmp_path_factory, hurt, data):
    lines = list(LINES)
    lines[hurt] = lines[hurt][: data.draw(st.integers(40, len(lines[hurt]) - 1))]
    path = tmp_path_factory.mktemp("own") / "runs.jsonl"
    path.write_text("\n".join(lines) + "\n")
    found = read(path)
    assert [one.label for one in found] == [f"run {i}" for i in range(3) if i != hurt]
    (problem,) = found.problems
    assert problem.startswith(f"{path}:{hurt + 1}: ")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"energy_j"', '"enrgy_j"', "energy_j"),
        ('"schema": 2', '"schema": 1.5', "schema"),
        ('"provenance": "measured"', '"provenance": "guessed"', "provenance"),
    ],
)
def test_a_first_line_with_a_wrong_field_says_which(tmp_path, before, after, said):
    path = tmp_path / "runs.jsonl"
    path.write_text("\n".join([LINES[0].replace(before, after), *LINES[1:]]))
    assert before in LINES[0]
    found = read(path)
    assert len(found) == 2
    assert said in found.problems[0]


@pytest.mark.parametrize("text", [LINES[0][:80], LINES[0].replace('"energy_j"', '"joules"')])
def test_a_file_of_one_hurt_line_is_told_of_as_ours(tmp_path, text):
    path = tmp_path / "run.jsonl"
    path.write_text(text)
    with pytest.raises(LogError, match=r"run\.jsonl:1: expected ") as told:
        read(path)
    assert "formats" not in str(told.value)
