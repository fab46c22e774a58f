"""The list of scores, ours and others'."""

import re
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from wattwhat.errors import ArgumentError, BackendError, ScoreError
from wattwhat.scoring import (
    SAM,
    FrontierGrade,
    ScoreOption,
    ScoreResult,
    catalog,
    make_score,
    options_of,
    score_class,
)
from wattwhat.scoring.catalogue import GROUP


def entry_point(name, value):
    return EntryPoint(name, value, GROUP)


OUTSIDE = [entry_point("theirs", "wattwhat.scoring:AccuracyPerJoule"), entry_point("sam", "nowhere:SAM")]
BROKEN = [entry_point("broken", "no_such_module_at_all:Score")]


def test_every_score_has_formula_and_source_and_loads():
    for entry in catalog(()):
        assert entry.formula
        assert entry.source
        assert callable(score_class(entry.name, ()))
        assert entry.formula in str(entry)


def test_scores_that_are_fitted_say_so():
    for entry in catalog(()):
        loaded = score_class(entry.name, ())
        assert entry.fitted == (hasattr(loaded, "fit") or hasattr(loaded, "against"))


def test_third_party_scores_are_listed_without_being_imported():
    names = [entry.name for entry in catalog([*OUTSIDE, *BROKEN])]
    assert names[-2:] == ["broken", "theirs"]
    assert names.count("sam") == 1


def test_ours_are_not_given_away():
    assert score_class("sam", OUTSIDE) is SAM
    assert score_class("grade", OUTSIDE) is FrontierGrade
    assert score_class("theirs", OUTSIDE)().name == "accuracy per energy[1/J]"


def test_what_is_not_there_or_broken_is_named():
    with pytest.raises(
        ScoreError, match=r"no score 'smm'; known: accuracy-per-joule, .*sapi, .*stars, theirs$"
    ) as told:
        score_class("smm", OUTSIDE)
    assert str(told.value).count(" sam") == 1  # its own entry point does not name it again
    with pytest.raises(BackendError, match="no_such_module_at_all"):
        score_class("broken", BROKEN)


def test_our_own_scores_come_in_by_entry_point():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    table = text.split('[project.entry-points."wattwhat.scores"]\n')[1].split("\n\n")[0]
    announced = dict(re.findall(r'^([\w-]+) = "([\w.:]+)"$', table, re.MULTILINE))
    assert list(announced) == [entry.name for entry in catalog(())], "a score lacks its line, or its place"
    for name, where in announced.items():
        found = entry_point(name, where).load()
        assert found is score_class(name, ())
        assert found.short_name == name


def test_every_option_that_is_declared_builds_the_score():
    for entry in catalog(()):
        for option in entry.options:
            assert option.help
            assert option.metavar.isupper()
    assert make_score("full-cycle", {"inferences": "1e6", "tau": 2, "unit": "Wh"}).tau == 2
    assert make_score("accuracy-per-joule", {"unit": "kJ"}).unit == "kJ"
    assert make_score("netscore", {"metric": "f1"}).metric == "f1"


class Weighted:
    """A third party's score with an option of its own, as the page on extending says."""

    name = "weighted"
    options = (
        ScoreOption("weight", "of the accuracy", "W", float, needed="the weight of the accuracy"),
        ScoreOption("colour", "of the label"),
    )

    def __init__(self, weight, colour="green"):
        self.weight, self.colour = weight, colour

    def __call__(self, measurement):
        return ScoreResult(self.name, measurement.energy_j * self.weight)


class Careless(Weighted):
    options = "weight"


def test_a_third_partys_score_declares_its_options_and_is_built_from_them():
    points = [entry_point("weighted", f"{__name__}:Weighted")]
    found = score_class("weighted", points) if __name__.startswith("tests") else Weighted
    score = make_score("weighted", {"weight": "2.5"}, cls=found)
    assert (score.weight, score.colour) == (2.5, "green")
    assert options_of(Careless) == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "weight: score weighted needs it: the weight of the accuracy"),
        ({"weight": "heavy"}, "weight: expected a number, got 'heavy'"),
        ({"weight": 1.0, "wait": 2}, "wait: score weighted has no such option; it takes weight, colour"),
    ],
)
def test_an_option_that_does_not_fit_is_named(given, words):
    with pytest.raises(ArgumentError) as told:
        make_score("weighted", given, cls=Weighted)
    assert str(told.value) == words


@pytest.mark.parametrize("found", [lambda measurement: 5, type("Nameless", (), {}), 5])
def test_what_is_no_score_is_refused(found):
    with pytest.raises(ScoreError, match="it has no name or cannot be called"):
        make_score("odd", {}, cls=found)
