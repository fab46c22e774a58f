"""References as files: back and forth, and clear about what is wrong with one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring.tables import measured
from wattwhat.errors import ScoreError
from wattwhat.scoring import FrontierGrade, Member
from wattwhat.scoring.reference_file import reference_from_dict, reference_to_dict

numbers = st.floats(-1e6, 1e6)
members = st.builds(
    Member,
    label=st.text(min_size=1),
    accuracy=st.floats(0, 1),
    energy_per_item_j=st.floats(1e-9, 1e9),
    test_items=st.none() | st.floats(1, 1e9),
    u_energy_j=st.none() | st.floats(0, 1e9),
)
grades = st.builds(
    FrontierGrade,
    reference=st.text(),
    members=st.lists(members, min_size=2, max_size=5),
    intercept=numbers,
    slope=st.floats(0, 1e3),
    lines=st.lists(st.tuples(numbers, numbers), max_size=3),
    link=st.sampled_from(["logit", "linear"]),
    traits=st.just({"scope": "gpu", "device": None, "phase": None, "item": None, "origin": "sensor"}),
    notes=st.lists(st.text(), max_size=2),
)


@given(grades)
def test_a_reference_survives_json(grade):
    assert reference_from_dict(FrontierGrade, json.loads(json.dumps(reference_to_dict(grade)))) == grade


def made():
    two = [Member("small", 0.6, 1.5), Member("large", 0.8, 4.0)]
    return FrontierGrade(
        reference="made", members=two, intercept=0.1, slope=1.0, lines=[(0.0, 1.0), (0.2, 1.1)]
    )


def test_a_loaded_reference_grades_as_the_saved_one(tmp_path):
    made().save(tmp_path / "reference.json")
    loaded = FrontierGrade.load(tmp_path / "reference.json")
    net = measured("net", 0.7, 3.0)
    assert loaded(net) == made()(net)
    assert [path.name for path in tmp_path.iterdir()] == ["reference.json"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "x"}, "expected a JSON object with kind"),
        ({"version": 2}, "version: expected 1, found 2"),
        ({"slope": None}, "slope: expected a number"),
        ({"slope": "1"}, "slope"),
        ({"members": 3}, "not as expected"),
        ({"members": [{}]}, "'label' is missing"),
        ({"edges": [1]}, "edges"),
        ({"link": "x"}, "link"),
        ({"members": [{"label": "a", "accuracy": 76.1, "energy_per_item_j": 1}]}, "write 0.761"),
        ({"lines": [[1]]}, "not as expected"),
        ({"traits": []}, "not as expected"),
        ({"reference": 5}, "reference"),
    ],
)
def test_a_wrong_field_is_named_with_its_file(tmp_path, change, message):
    path = tmp_path / "reference.json"
    path.write_text(json.dumps({**reference_to_dict(made()), **change}))
    with pytest.raises(ScoreError, match=message) as refused:
        FrontierGrade.load(path)
    assert str(refused.value).startswith(str(path))


@pytest.mark.parametrize(
    "field", ["reference", "members", "intercept", "slope", "quantile", "edges", "traits"]
)
def test_a_missing_field_is_named(field):
    data = reference_to_dict(made())
    del data[field]
    with pytest.raises(ScoreError, match=field):
        reference_from_dict(FrontierGrade, data)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"[" * 100_000, b'{"slope": NaN}']
)
def test_what_is_no_reference_is_one_clear_error(tmp_path, content):
    path = tmp_path / "reference.json"
    path.write_bytes(content)
    with pytest.raises(ScoreError, match="this is no reference"):
        FrontierGrade.load(path)
