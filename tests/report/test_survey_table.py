"""A survey's table: every model, every score, in three formats that their readers read."""

import csv
import io

import attrs
import pytest

from tests.scoring.tables import measured
from wattwhat.errors import ArgumentError
from wattwhat.report.survey_table import FORMATS, Scored, agreements, survey_table
from wattwhat.scoring import AccuracyPerJoule, EnergyStars, rank

MODELS = [measured(name, a, j) for name, a, j in (("s|1", 0.7, 2.0), ("m_2", 0.8, 3.0), ("l&3", 0.75, 9.0))]


def scored(score, models=MODELS):
    ranking = rank(models, score)
    return Scored(score.name, ranking.to_dict()["rows"], ranking.higher_is_better)


BOTH = [scored(AccuracyPerJoule()), scored(EnergyStars.fit(MODELS, reference="made"), MODELS[:2])]


def test_csv_has_a_row_a_model_and_a_column_for_all_that_was_said():
    header, *rows = csv.reader(io.StringIO(survey_table(BOTH, "csv", 0.02)))
    table = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert list(table) == ["s|1", "m_2", "l&3"]  # best first by the first score
    stars = "energy stars[equal width, made]"
    for name in ("accuracy", "energy (J)", "accuracy per energy[1/J]", stars):
        assert {name, f"u {name}"} <= set(header)
    assert float(table["m_2"]["accuracy per energy[1/J]"]) == pytest.approx(0.8 / 3.0)
    assert table["s|1"][f"{stars}: letter"] == "5"
    assert 0 < float(table["s|1"][f"{stars}: odds"]) <= 1
    assert [table["l&3"][f"{stars}{part}"] for part in ("", ": letter", ": odds", ": rank")] == [""] * 4
    assert [row["dominated"] for row in table.values()] == ["no", "no", "yes"]
    assert [row["stands for all to 2 %"] for row in table.values()] == ["yes", "yes", "no"]


def test_accuracy_and_energy_are_the_first_scores_only():
    header, *rows = csv.reader(io.StringIO(survey_table(BOTH[::-1], "csv")))
    last = dict(zip(header, rows[-1], strict=True))
    assert (last["model"], last["accuracy"], last["energy (Wh)"]) == ("l&3", "", "")


def test_markup_in_names_is_text_and_all_rows_are_as_wide():
    latex = survey_table(BOTH, "latex").splitlines()
    assert any(line.startswith(r"m\_2 &") for line in latex)
    assert any(line.startswith(r"l\&3 &") for line in latex)
    markdown = survey_table(BOTH, "markdown").splitlines()
    assert any(line.startswith(r"| s\|1 |") for line in markdown)
    assert len({line.replace(r"\|", "").count("|") for line in markdown}) == 1


@pytest.mark.parametrize("format", FORMATS)
def test_what_a_score_did_not_judge_is_never_0(format):
    line = next(line for line in survey_table(BOTH, format).splitlines() if line.lstrip("| ")[:1] == "l")
    assert {"csv": ",,", "latex": "--", "markdown": "–"}[format] in line


def test_agreement_is_told_of_each_pair_that_has_one():
    whole = [BOTH[0], scored(EnergyStars.fit(MODELS, reference="made"))]
    ((one, other, found),) = agreements(whole)
    assert (one, other) == (whole[0].name, whole[1].name)
    assert (found.spearman, found.kendall, found.count) == (1.0, 1.0, 3)
    assert agreements(BOTH) == []  # two models in common have no order to speak of


def test_what_is_not_ranked_together_agrees_with_nothing():
    unlike = [attrs.evolve(BOTH[0], rows=[{**row, "rank": None} for row in BOTH[0].rows])] * 2
    assert agreements(unlike) == []


def test_bad_requests_are_refused():
    with pytest.raises(ArgumentError, match="format: 'word'"):
        survey_table(BOTH, "word")
    with pytest.raises(ArgumentError, match="at least one"):
        survey_table([], "csv")
    with pytest.raises(ArgumentError, match="epsilon"):
        survey_table(BOTH, "csv", -1.0)
