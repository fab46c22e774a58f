"""What a notebook shows of a measurement, of several and of a budget: all of it, and no markup from names."""

from __future__ import annotations

from xml.etree import ElementTree

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.made_runs import simple
from wattwhat import Measurement, Quantity
from wattwhat.logs.dispatch import Measurements
from wattwhat.records.budget import Budget
from wattwhat.records.sources import EDGES, GAIN


def cells(html: str) -> list[str]:
    tree = ElementTree.fromstring(f"<x>{html}</x>")
    return ["".join(cell.itertext()) for cell in tree.iter() if cell.tag in ("th", "td")]


def test_metrics_and_budget_of_a_measurement_are_shown() -> None:
    budget = Budget.of({GAIN: 0.03, EDGES: 0.04})
    run = attrs.evolve(simple(50.0, 0.05), budget=budget).with_metrics(accuracy=0.913)
    shown = cells(run._repr_html_())
    assert shown[shown.index("accuracy") + 1] == "0.913"
    assert shown[shown.index(EDGES) + 1 : shown.index(EDGES) + 3] == ["0.04 J", " 64 %"]
    assert run.budget._repr_html_() in run._repr_html_()


def test_what_was_read_is_a_table_with_a_row_a_measurement() -> None:
    runs = [simple(label="a").with_metrics(accuracy=0.9), simple(label="b").with_metrics(f1=0.8)]
    html = Measurements(runs, ["log.csv, line 3: a row"])._repr_html_()
    rows = [[*row] for row in ElementTree.fromstring(f"<x>{html}</x>").iter("tr")]
    assert len(rows) == 3
    assert {"accuracy", "f1", "a", "b", "0.9", "0.8"} <= set(cells(html))
    assert "log.csv, line 3: a row" in html


def test_an_unknown_uncertainty_is_no_number() -> None:
    html = Measurements([Measurement(label="a", energy_j=Quantity(5.0, float("inf"), "J"))])._repr_html_()
    assert any("unknown" in cell for cell in cells(html))


@given(st.text(), st.text(min_size=1), st.text())
def test_names_are_no_markup(label: str, metric: str, problem: str) -> None:
    run = simple(label=label).with_metrics(**{metric: 0.5})
    for html in (run._repr_html_(), Measurements([run], [problem])._repr_html_()):
        tree = ElementTree.fromstring(f"<x>{html}</x>")
        assert {one.tag for one in tree.iter()} <= {"x", "table", "caption", "tr", "th", "td", "bdi", "p"}
