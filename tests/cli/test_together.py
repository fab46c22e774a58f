"""What is never ranked or graded together unasked: one rule, in Python and on the command line."""

import json

import pytest

from tests.unlike import ALIKE, population
from wattwhat.cli import main
from wattwhat.errors import ComparisonError
from wattwhat.records.jsonl import write_jsonl
from wattwhat.scoring import SAM, FrontierGrade, rank
from wattwhat.scoring.population import TRAITS, traits_of


def test_every_trait_is_tried():
    for trait in TRAITS:  # what is told apart in none would not be found here
        assert len({traits_of(one)[trait] for one in population(trait)}) == 2


@pytest.mark.parametrize("trait", TRAITS)
def test_unlike_ones_are_refused_by_name_and_said_when_forced(trait):
    together = population(trait)
    with pytest.raises(ComparisonError) as told:
        rank(together, SAM(unit="J"))
    assert ("training" in str(told.value)) == (trait == "phase")
    with pytest.raises(ComparisonError, match=trait):
        FrontierGrade.fit(together)
    if trait != "phase":  # which electricity is to be judged is asked before anything else
        assert f"{trait} differs: " in str(told.value)
        assert any(trait in note for note in rank(together, SAM(unit="J"), force=True).notes)


@pytest.mark.parametrize("trait", [one for one in TRAITS if one != "phase"])
def test_the_command_line_ranks_none_of_them_and_says_the_same(trait, tmp_path, capsys):
    path = str(tmp_path / "runs.jsonl")
    together = population(trait)
    write_jsonl(path, together)
    with pytest.raises(ComparisonError) as told:
        rank(together, SAM(unit="J"))
    assert main(["score", path, "--unit", "J", "--json"]) == 0
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert {row["rank"] for row in rows} == {row["dominated"] for row in rows} == {None}
    assert str(told.value).partition(";")[0] in " ".join(captured.err.split())
    like = traits_of(together[0])[trait]
    assert main(["score", path, "--unit", "J", "--json", "--where", f"{trait}={like}"]) == 0
    assert [json.loads(line)["rank"] for line in capsys.readouterr().out.splitlines()] == list(range(1, 9))


def test_one_score_that_refuses_does_not_take_the_others_with_it(tmp_path, capsys):
    path = str(tmp_path / "runs.jsonl")
    write_jsonl(path, population("dataset"))
    assert main(["score", path, "--unit", "J", "--score", "sam", "--score", "pepr", "--format", "csv"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("model,")
    assert "not scored by pepr" in captured.err
    assert "rank correlation" not in captured.err


def test_how_far_scores_agree_is_in_the_json(tmp_path, capsys):
    path = str(tmp_path / "runs.jsonl")
    write_jsonl(path, ALIKE)
    assert main(["score", path, "--unit", "J", "--score", "sam", "--score", "pepr", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["score"] for row in rows] == ["sam"] * 8 + ["pepr"] * 8
    names = [rows[0]["result"]["name"], rows[8]["result"]["name"]]
    ((other, agreed),) = rows[0]["rank_correlation"].items()
    assert other == names[1]
    assert rows[8]["rank_correlation"] == {names[0]: agreed}
    assert agreed["count"] == 8
    assert all(-1.0 <= agreed[name] <= 1.0 for name in ("kendall", "spearman"))
