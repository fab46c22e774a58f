"""The list of scores, ours and others'."""

from importlib.metadata import EntryPoint

import pytest

from wattwhat.errors import BackendError, ScoreError
from wattwhat.scoring import SAM, FrontierGrade, catalog, score_class
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
    with pytest.raises(ScoreError, match=r"no score 'smm'; known: sam, grade.*theirs") as caught:
        score_class("smm", OUTSIDE)
    assert str(caught.value).count("sam") == 1
    with pytest.raises(BackendError, match="no_such_module_at_all"):
        score_class("broken", BROKEN)
