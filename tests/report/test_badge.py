from __future__ import annotations

import json
import math
from typing import Any
from xml.etree import ElementTree

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_runs import simple
from wattwhat import Measurement, Quantity
from wattwhat.errors import ArgumentError
from wattwhat.report.badge import badge_of
from wattwhat.scoring import ScoreResult

NAMESPACE = "{http://www.w3.org/2000/svg}"


def graded(letter: str, scale: str = "ABCDEFG", **details: Any) -> ScoreResult:
    odds = {one: float(one == letter) for one in scale}
    return ScoreResult("frontier grade[demo]", None, letter, odds, details)


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{NAMESPACE}text")]


@given(st.text(), st.text(), st.floats(0.0, 1e15), st.floats(0.0, 1e15), st.sampled_from("ABCDEFG"))
def test_the_svg_is_xml_whatever_the_names(
    label: str, reference: str, value: float, u: float, letter: str
) -> None:
    badge = badge_of(simple(value, u, label=label), graded(letter), reference=reference)
    root = ElementTree.fromstring(badge.svg())
    assert root.tag == f"{NAMESPACE}svg"
    assert {element.tag for element in root.iter()} <= {
        f"{NAMESPACE}{name}" for name in ("svg", "title", "rect", "path", "text")
    }
    assert json.loads(json.dumps(badge.shields()))["message"].startswith(f"{letter} · ")


def test_markup_in_a_name_is_shown_as_text() -> None:
    badge = badge_of(simple(label="</svg><script>x"))
    assert "<script" not in badge.svg()
    assert "</svg><script>x" in texts(badge.svg())


@given(st.sampled_from("ABCDEFG"))
def test_the_pointer_stands_at_the_grade(letter: str) -> None:
    root = ElementTree.fromstring(badge_of(simple(), graded(letter)).svg())
    shown = [(text.text, float(text.get("y", "0"))) for text in root.iter(f"{NAMESPACE}text")]
    heights = [y for text, y in shown if text == letter]
    assert len(heights) == 2, "the letter of the scale and that of the pointer"
    assert abs(heights[0] - heights[1]) < 6


def test_better_letters_are_greener() -> None:
    def red_less_green(letter: str) -> int:
        colour = badge_of(simple(), graded(letter)).colour
        return int(colour[1:3], 16) - int(colour[3:5], 16)

    order = [red_less_green(letter) for letter in "ABCDEFG"]
    assert order == sorted(order)


def test_what_is_on_the_label() -> None:
    run = simple(13.13, 0.16, label="resnet18", provenance="estimated")
    result = ScoreResult(
        "grade", None, "B", {"A": 0.0, "B": 0.87, "C": 0.13, "G": 0.0}, {"reference": "imagenet-2026"}
    )
    shown = texts(badge_of(run, result).svg())
    assert {"131 mJ", "per item, estimated", "± 3.2 mJ (k=2)", "odds: B 87 %, C 13 %"} <= set(shown)
    assert {"reference: imagenet-2026", "2026-01-01", "resnet18"} <= set(shown)
    assert badge_of(run, result).shields() == {
        "schemaVersion": 1,
        "label": "energy",
        "message": "B · 131 mJ/item (estimated)",
        "color": "#52ae32",
    }


def test_reference_and_date_may_be_stated() -> None:
    badge = badge_of(simple(), graded("C"), reference="ours", date="2025")
    assert (badge.reference, badge.date) == ("ours", "2025")
    assert badge_of(simple(), graded("C")).reference == "frontier grade[demo]"


@pytest.mark.parametrize(("scale", "letters"), [("ABCDE", "ABCDE"), ("ABCDEFG", "ABCDEFG"), ("AB", "ABCDE")])
def test_scales_of_five_and_of_seven(scale: str, letters: str) -> None:
    assert badge_of(simple(), graded("B", scale)).letters == letters


def test_a_label_without_a_grade_says_so() -> None:
    badge = badge_of(attrs.evolve(simple(50.0), items=None))
    assert "not graded" in texts(badge.svg())
    assert (badge.shields()["message"], badge.per) == ("5.00 J/call", "call")
    assert "G" not in texts(badge.svg()), "no ladder that nothing stands on"


def test_an_uncertainty_that_is_not_known_is_said() -> None:
    badge = badge_of(Measurement(label="a", energy_j=Quantity(5, math.inf, "J")))
    assert badge.interval == "uncertainty not known"
    assert badge.interval in texts(badge.svg())


@given(st.floats(1e-9, 1e12), st.floats(1e-6, 10.0))
def test_value_and_uncertainty_stand_in_one_unit_and_are_those_of_the_measurement(
    value: float, relative: float
) -> None:
    badge = badge_of(Measurement(label="a", energy_j=Quantity(value, relative * value, "J")))
    (number, unit), (sign, half, same, factor) = badge.energy.split(), badge.interval.split()
    assert (sign, same, factor) == ("±", unit, "(k=2)")
    assert float(half) / float(number) == pytest.approx(2.0 * relative, rel=0.06)


def test_a_reference_is_shown_whole() -> None:
    reference = "ImageNet-1k validation, one image at a time, fp16 eager PyTorch on an NVIDIA L4, autumn 2026"
    svg = badge_of(simple(), graded("B"), reference=reference).svg()
    assert reference in " ".join(texts(svg))
    root = ElementTree.fromstring(svg)
    lowest = max(float(text.get("y", "0")) for text in root.iter(f"{NAMESPACE}text"))
    assert lowest < float(root.get("height", "0")) - 4


def test_a_long_name_is_cut() -> None:
    shown = texts(badge_of(simple(label="x" * 500), reference="y" * 500).svg())
    assert max(len(text) for text in shown) <= 42
    assert any(text.endswith("…") for text in shown)


def test_what_cannot_be_labelled_is_refused() -> None:
    with pytest.raises(ArgumentError, match="not known"):
        badge_of(simple(math.nan))
    with pytest.raises(ArgumentError, match="one letter"):
        badge_of(simple(), ScoreResult("SAM", Quantity(1, 0, "1")))
    with pytest.raises(ArgumentError, match="one letter"):
        badge_of(simple(), ScoreResult("stars", None, "4 stars"))


def test_a_label_links_to_its_row_of_the_page_and_to_nothing_that_runs() -> None:
    from tests.report import made
    from tests.report.test_payload import content

    measurements = made.alike(3)
    _, rows = content(measurements)
    badge = badge_of(measurements[1], page='https://example.org/a"b.html#old')
    assert badge.link == f'https://example.org/a"b.html#row={rows[1]["key"]}'
    root = ElementTree.fromstring(badge.svg())
    assert [a.get("href") for a in root.iter("{http://www.w3.org/2000/svg}a")] == [badge.link]
    for page in ("javascript:alert(1)", "data:text/html,x", " "):
        with pytest.raises(ArgumentError):
            badge_of(measurements[1], page=page)
