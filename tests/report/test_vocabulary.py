"""What the page reads in details: a wrong type is a sentence, never a broken page."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Measurement, Quantity
from wattwhat.report.page.payload import payload_of
from wattwhat.report.page.vocabulary import VOCABULARY, wrong_details

ROOT = Path(__file__).resolve().parents[2]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
traces = st.fixed_dictionaries({}, optional={"t_s": anything, "power_w": anything})


def made(**details):
    return Measurement(label="net", energy_j=Quantity(6, 1, "J"), details=details)


@given(st.dictionaries(st.sampled_from(sorted(VOCABULARY)), anything | traces))
def test_whatever_details_hold_the_page_is_made_and_says_what_is_wrong(details):
    payload = payload_of([made(**details)], title="t")
    json.dumps(payload, allow_nan=False)
    for sentence in wrong_details(details):
        assert sentence in payload["texts"]


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("family", "ResNet", ["ResNet"]),
        ("device", "RTX 5000", 0),
        ("scope", "gpu", {"gpu": 1}),
        ("item", "image", 3.5),
        ("phase", "train", "evaluation"),
        ("phase", "inference", ["training"]),
        ("trace", {"t_s": [0, 1], "power_w": [5, 6]}, {"t_s": [0, 1], "power_w": [5]}),
        ("trace", {"t_s": (0, 1), "power_w": (5, 6)}, [[0, 5], [1, 6]]),
        ("trace", {"t_s": [0, 1, 2], "power_w": [5, None, 6]}, {"t_s": [0, 1], "power_w": [5, 10**400]}),
    ],
)
def test_a_right_value_is_silent_and_a_wrong_one_is_a_sentence(name, right, wrong):
    assert wrong_details({name: right}) == []
    (sentence,) = wrong_details({name: wrong})
    assert sentence.startswith(f"details[{name!r}]: expected ")
    assert sentence.endswith("it is taken as not set")
    assert len(sentence) < 300


def test_the_sentence_stands_among_the_warnings_of_its_measurement_alone():
    payload = payload_of([made(family=7), made(family="ResNet")], title="t")
    column = payload["keys"].index("warnings")
    first, second = payload["cells"]
    assert [payload["texts"][number] for number in first[column]] == wrong_details({"family": 7})
    assert len(second) <= column or not second[column]


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_is_not_set_is_not_wrong(nothing):
    assert wrong_details(dict.fromkeys(VOCABULARY, nothing)) == []


def test_the_reference_lists_every_name():
    text = (ROOT / "docs" / "reference" / "records.md").read_text(encoding="utf-8")
    assert all(f"\n| `{name}` | " in text for name in VOCABULARY)
