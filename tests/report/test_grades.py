"""Grades on the page: by which reference, and why not."""

import pytest

from tests.report import made
from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.report.page.grades import band_of, grade_row, references_of
from wattwhat.report.page.rows import Texts
from wattwhat.scoring import FrontierGrade, Member


def reference(name="made", **traits):
    members = [Member(f"m{i}", 0.5 + 0.03 * i, 0.1 * 1.5**i) for i in range(12)]
    return FrontierGrade(reference=name, members=members, intercept=-3.0, slope=2.0, traits=traits)


def test_a_row_is_graded_as_the_reference_grades():
    grade, m, texts = reference(), made.alike()[3], Texts()
    result = grade(m)
    letter, place, odds, excess, words, notes = grade_row(m, [grade], texts.number)["grade"]
    assert (letter, place) == (result.grade, 0)
    assert odds == pytest.approx({k: p for k, p in result.probabilities.items() if p >= 0.005}, abs=0.001)
    assert excess[0] == pytest.approx(result.value.value, rel=1e-5)
    assert words.replace("@", band_of(grade)["bracket"]) == result.details["words"]
    assert [texts.kept[note] for note in notes] == list(result.details["notes"])


def test_the_first_reference_that_takes_it_grades():
    other, own = reference("other", scope="cpu"), reference("own", scope="gpu")
    assert grade_row(made.alike()[0], [other, own], Texts().number)["grade"][1] == 1


def test_a_refusal_is_a_sentence_not_a_letter():
    texts = Texts()
    found = grade_row(
        made.alike()[0], [reference("other", scope="cpu"), reference("third", scope="wall")], texts.number
    )
    assert "grade" not in found
    assert "scope is 'gpu'" in texts.kept[found["ungraded"]]
    assert "1 other" in texts.kept[found["ungraded"]]
    assert grade_row(made.alike()[0], [], texts.number) == {}


def test_bands_stay_inside_the_reference(tmp_path):
    grade = reference()
    band = band_of(grade)
    accuracies = [accuracy for accuracy, _ in band["frontier"]]
    assert (accuracies[0], accuracies[-1]) == pytest.approx(grade.accuracy_range)
    for accuracy, energy in band["frontier"][::20]:
        assert energy == pytest.approx(grade.frontier_j(accuracy), rel=1e-4)


def test_references_come_as_objects_files_and_lists(tmp_path):
    grade = reference()
    grade.save(tmp_path / "ref.json")
    found, notes = references_of([grade, str(tmp_path / "ref.json"), tmp_path / "ref.json"], [], "accuracy")
    assert [one.reference for one in found] == ["made"] * 3
    assert not notes
    (tmp_path / "none.json").write_text("{}")
    with pytest.raises(ScoreError, match="no reference"):
        references_of(tmp_path / "none.json", [], "accuracy")
    with pytest.raises(ArgumentError, match="reference"):
        references_of(5, [], "accuracy")


def test_fit_makes_one_reference_of_each_kind_and_says_what_it_could_not():
    pytest.importorskip("scipy")
    found, notes = references_of("fit", [*made.alike(), *made.odd()], "accuracy")
    assert [one.traits["scope"] for one in found] == ["gpu"]
    assert found[0].traits["origin"] == "sensor"
    assert any("cpu" in note and "at least 8" in note for note in notes)
