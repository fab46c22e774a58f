"""What importing the scores costs and gives, in every order."""

import json
import subprocess
import sys

import pytest

import wattwhat
from wattwhat import scoring


def fresh(code):
    """Run code in a fresh interpreter and give what it prints as JSON."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_scoring_brings_nothing_heavy():
    brought = fresh(
        "import json, sys\nimport wattwhat.scoring\nfrom wattwhat.scoring import sam, SAM\nsam(0.9, 10.0)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    heavy = {"numpy", "scipy", "torch", "importlib.metadata", "wattwhat.scoring.frontier"}
    assert not heavy & set(brought)


@pytest.mark.parametrize(
    "first", ["wattwhat.scoring", "wattwhat.scoring.sam_score", "wattwhat.scoring.ranking"]
)
@pytest.mark.parametrize(
    "second", ["wattwhat.scoring.sam_score", "wattwhat.scoring.scaling", "wattwhat.scoring"]
)
def test_names_are_functions_whatever_is_imported_first(first, second):
    names = ["sam", "rank", "pareto", "catalog", "choose_phase", "leave_one_out"]
    types = fresh(
        f"import json\nimport {first}\nimport {second}\nfrom wattwhat import scoring\n"
        f"print(json.dumps([type(getattr(scoring, name)).__name__ for name in {names}]))"
    )
    assert types == ["function"] * len(names)


def test_every_public_name_is_there():
    assert {name for name in scoring.__all__ if getattr(scoring, name, None) is None} == set()
    assert set(scoring.__all__) <= set(dir(scoring))


def test_the_core_hands_out_the_same_score_interface():
    assert wattwhat.Score is scoring.Score


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'smm'"):
        scoring.smm  # noqa: B018
