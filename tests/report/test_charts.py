"""The chart objects: what they draw, and what they say where a library is missing."""

import json
import sys

import attrs
import pytest

import wattwhat.report
from tests.report import made
from wattwhat import Quantity
from wattwhat.errors import ArgumentError
from wattwhat.report import charts


def drawn(chart):
    spec = chart.to_dict()
    return spec["data"]["values"], spec


def test_the_chart_holds_what_can_be_drawn():
    pytest.importorskip("altair")
    rows, spec = drawn(wattwhat.report.plot([*made.alike(), *made.odd()]))
    assert {row["label"] for row in rows} >= {m.label for m in made.alike()} | {"estimate", made.HOSTILE[0]}
    assert {row["label"] for row in rows}.isdisjoint({"lost", "no accuracy", "no items"})
    first = next(row for row in rows if row["label"] == "net0")
    m = made.alike()[0]
    assert first["energy"] == pytest.approx(m.energy_per_item_j.to("mJ").value)
    assert first["energy_high"] - first["energy"] == pytest.approx(2 * m.energy_per_item_j.to("mJ").u)
    assert first["accuracy"] == 0.5
    assert "energy per item (mJ" in json.dumps(spec)


def test_without_accuracy_it_is_energy_alone():
    pytest.importorskip("altair")
    rows, spec = drawn(charts.plot([made.model("a", 1), made.model("b", 2)]))
    assert [row["accuracy"] for row in rows] == [None, None]
    assert "label" in json.dumps(spec["layer"][-1]["encoding"]["y"])


@pytest.mark.parametrize("accuracy", [0.5, None])
def test_an_energy_of_unknown_uncertainty_does_not_look_exact(accuracy):
    pytest.importorskip("altair")
    known = made.model("known", 1, accuracy=accuracy)
    energy = Quantity(known.energy_j.value, float("inf"), "J")
    unknown = attrs.evolve(known, label="unknown", energy_j=energy)
    rows, spec = drawn(charts.plot([known, unknown]))
    assert [row["u"] for row in rows] == ["known", "not known"]
    assert spec["layer"][-1]["encoding"]["strokeDash"]["title"] == "U of the energy"
    assert "strokeDash" not in json.dumps(drawn(charts.plot([known]))[1])


def test_nothing_to_draw_is_an_error_that_says_so():
    with pytest.raises(ArgumentError, match="none has an energy above 0"):
        charts.plot([made.odd()[1]])


def test_a_missing_library_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(ArgumentError, match=r"altair.*pip install \"wattwhat\[report\]\""):
        charts.plot(made.alike())


def test_importing_the_reports_brings_no_chart_library():
    import subprocess

    script = (
        "import sys, wattwhat.report, wattwhat.report.page;"
        "print([name for name in ('altair', 'numpy', 'vl_convert') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError):
        wattwhat.report.nothing  # noqa: B018
