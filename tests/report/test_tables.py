from __future__ import annotations

import csv
import importlib.util
import io
import json
import math
import re
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_runs import channel, reading, run, simple
from wattwhat import Measurement, Quantity, logs
from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import controls_shown
from wattwhat.records.formatting import concise, siunitx, with_prefix
from wattwhat.report.export import export
from wattwhat.report.tables import COLUMNS

TEXTS = st.text(max_size=30)
VALUES = st.floats(1e-9, 1e12)
RELATIVES = st.floats(1e-6, 1.0)


# Numbers -----------------------------------------------------------------------------------------


def parsed(text: str) -> tuple[float, float]:
    """Value and uncertainty as siunitx reads them: the bracket counts in units of the last digit."""
    found = re.fullmatch(r"\\num\{(-?\d+)(?:\.(\d+))?\((\d+)\)(?:e(-?\d+))?\}", text)
    assert found, text
    decimals = len(found[2] or "")
    exponent = int(found[4] or 0)
    value = float(f"{found[1]}.{found[2] or 0}") * 10.0**exponent
    return value, int(found[3]) * 10.0 ** (exponent - decimals)


@given(VALUES, RELATIVES, st.sampled_from([-1, 1]))
def test_siunitx_reads_value_and_uncertainty_back(value: float, relative: float, sign: int) -> None:
    u = relative * value
    found, found_u = parsed(siunitx(Quantity(sign * value, u, "J")))
    assert found_u == pytest.approx(u, rel=0.17)  # one digit from 2.95 on: 3 may stand for 3.49
    assert abs(found - sign * value) <= 0.5 * found_u


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Quantity(12.34, 0.05, "J"), r"\num{12.34(5)}"),
        (Quantity(1234.0, 56.0, "J"), r"\num{1230(60)}"),
        (Quantity(0.000123, 0.000004, "J"), r"\num{1.23(4)e-4}"),
        (Quantity(5.0, 0.0, "J"), r"\num{5}"),
        (Quantity(5.0, math.inf, "J"), r"\num{5} ($u$ unknown)"),
        (Quantity(math.nan, math.inf, "J"), "--"),
        (0.91, r"\num{0.91}"),
        (None, "--"),
    ],
)
def test_siunitx_cases(value: Any, expected: str) -> None:
    assert siunitx(value) == expected


@given(st.floats(1e-8, 1e11))
def test_prefixes_keep_the_number(value: float) -> None:
    text = with_prefix(value, "J")
    number, unit = text.split(" ")
    factor = {"GJ": 1e9, "MJ": 1e6, "kJ": 1e3, "J": 1.0, "mJ": 1e-3, "µJ": 1e-6, "nJ": 1e-9}[unit]
    assert float(number) * factor == pytest.approx(value, rel=0.006)
    assert len(number) <= 5


def test_unknown_is_a_dash_and_never_zero() -> None:
    assert concise(None) == concise(Quantity(math.nan, math.inf, "J")) == "–"
    assert with_prefix(math.nan, "J") == "unknown"


# CSV and pandas ----------------------------------------------------------------------------------


@given(st.lists(st.tuples(TEXTS, VALUES, RELATIVES), min_size=1, max_size=5))
def test_csv_gives_back_what_went_in(entries: list[tuple[str, float, float]]) -> None:
    ones = [simple(value, relative * value, label=label) for label, value, relative in entries]
    table = list(csv.DictReader(io.StringIO(export(ones, "csv"), newline="")))
    assert len(table) == len(entries)
    for row, one in zip(table, ones, strict=True):
        assert float(row["energy_j"]) == one.energy_j.value
        assert float(row["u_energy_j"]) == one.energy_j.u
        label = controls_shown(one.label)
        assert row["label"] in (label, f"'{label}")


def test_columns_are_stable_and_what_is_missing_is_empty() -> None:
    bare = Measurement(label="bare", energy_j=Quantity(math.nan, math.inf, "J"))
    text = export([bare, simple().with_metrics(loss=2.5, accuracy=0.9)], "csv")
    head, first, second = csv.reader(io.StringIO(text, newline=""))
    assert tuple(head) == (*COLUMNS, "metric_accuracy", "metric_loss")
    assert first == ["bare", "measured", *[""] * (len(head) - 2)]
    assert second[-2:] == ["0.9", "2.5"]


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is not installed")
def test_pandas_has_the_same_columns_and_numbers() -> None:
    ones = [simple(100.0 * n, float(n), label=f"run {n}", metrics={"accuracy": 0.1 * n}) for n in (1, 2)]
    frame = export([*ones, Measurement(label="bare", energy_j=Quantity(1.0, 0.1, "J"))], "pandas")
    assert list(frame.columns) == [*COLUMNS, "metric_accuracy"]
    assert list(frame["energy_j"]) == [100.0, 200.0, 1.0]
    assert frame["items"].isna().tolist() == [False, False, True]
    assert frame["started_at"][0] == ones[0].started_at


def test_without_pandas_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ArgumentError, match="pip install pandas"):
        export(simple(), "pandas")


# Markdown and LaTeX ------------------------------------------------------------------------------


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_label_never_breaks_a_markdown_table(labels: list[str]) -> None:
    text = export([simple(label=label) for label in labels], "markdown")
    lines = text.split("\n")
    assert len(lines) == 2 + len(labels)
    bars = {len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in lines}
    assert len(bars) == 1
    assert "<" not in text


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_label_never_breaks_a_latex_table(labels: list[str]) -> None:
    lines = export([simple(label=label) for label in labels], "latex").split("\n")
    body = lines[lines.index(r"\midrule") + 1 : lines.index(r"\bottomrule")]
    assert len(body) == len(labels)
    for line in body:
        plain = re.sub(r"\\[a-z]+|\\[&%$#_{}\\]", "", line)
        assert plain.count("&") == 4
        assert not set("%$#_^~") & set(plain)
        assert plain.count("{") == plain.count("}")


def test_the_tables_as_a_person_sees_them() -> None:
    ones = [
        simple(13.13, 0.16, label="resnet_18", items=100, metrics={"accuracy": 0.6976}),
        simple(26.2, 0.3, label="R&D 100%", items=100, provenance="estimated"),
    ]
    assert export(ones, "markdown").split("\n") == [
        "| model | J/item (k=1) | J (k=1) | W (k=1) | accuracy | source |",
        "|---|---:|---:|---:|---:|---|",
        "| resnet\\_18 | 0.1313(16) | 13.13(16) | 1.313(16) | 0.6976 | measured |",
        "| R&amp;D 100% | 0.262(3) | 26.2(3) | 2.62(3) | – | estimated |",
    ]
    latex = export(ones, "latex")
    assert (
        r"resnet\_18 & \num{0.1313(16)} & \num{13.13(16)} & \num{1.313(16)} & \num{0.6976} & measured \\"
        in latex
    )
    assert r"R\&D 100\% & " in latex


def test_columns_that_nobody_fills_are_left_out() -> None:
    bare = Measurement(label="a", energy_j=Quantity(1.0, 0.1, "J"))
    assert export(bare, "markdown").startswith("| model | J (k=1) | source |")


# Model card --------------------------------------------------------------------------------------


def front(card: str) -> Any:
    """The block as YAML reads it; without PyYAML, by the part of YAML that is JSON."""
    assert card.startswith("---\nco2_eq_emissions:\n")
    block = card.split("\n---\n")[0].removeprefix("---\n")
    if importlib.util.find_spec("yaml") is not None:
        import yaml

        return yaml.safe_load(block)["co2_eq_emissions"]
    pairs = (line.strip().split(": ", 1) for line in block.split("\n")[1:])
    return {name: json.loads(value) for name, value in pairs}


@given(VALUES, st.floats(1.0, 2000.0), TEXTS, TEXTS)
def test_the_front_matter_is_yaml_whatever_the_names(
    joules: float, intensity: float, device: str, source: str
) -> None:
    one = run(reading(channel(device=device + "x"), joules, random_j=0.01 * joules))
    found = front(export(one, "model-card", intensity_g_per_kwh=intensity, intensity_source=source))
    assert found["emissions"] == pytest.approx(joules / 3.6e6 * intensity, rel=1e-3)
    assert isinstance(found["hardware_used"], str)
    assert set(found) == {"emissions", "source", "hardware_used"}


def test_our_own_reader_finds_the_energy_again() -> None:
    card = export(simple(7.2e6, 7.2e4), "model-card", intensity_g_per_kwh=400, location="Bern")
    (found,) = logs.read(io.StringIO(card), intensity_g_per_kwh=400)
    assert found.energy_j.value == pytest.approx(7.2e6)


def test_no_intensity_no_emissions_but_joules() -> None:
    card = export(simple(12.0, 0.1), "model-card")
    assert "co2_eq_emissions" not in card
    assert not card.startswith("---")
    assert "12.00(10)" in card
    assert "gpu (a GPU, measured)" in card


def test_everything_stated_is_in_the_card() -> None:
    card = export(
        simple(3.6e6, 3.6e4),
        "model-card",
        intensity_g_per_kwh=(400, 20),
        intensity_source="ENTSO-E, mean of 2026-01",
        pue=1.5,
        training_type="fine-tuning",
        location="Bern, Switzerland",
    )
    found = front(card)
    assert found == {
        "emissions": 600,
        "source": "wattwhat: 1.000(10) kWh (measured) x PUE 1.5 x 400(20) g/kWh, ENTSO-E, mean of 2026-01",
        "training_type": "fine-tuning",
        "geographical_location": "Bern, Switzerland",
        "hardware_used": "a GPU",
    }
    assert "Emissions: 600(30) g of CO2-equivalent, at" in card


def test_several_are_added_up_and_no_joule_twice() -> None:
    ranks = [simple(3.6e6, 0.0, label=f"rank {n}") for n in range(2)]
    assert front(export(ranks, "model-card", intensity_g_per_kwh=100))["emissions"] == 100


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"location": "Bern"}, "intensity_g_per_kwh"),
        ({"pue": 1.2}, "intensity_g_per_kwh"),
        ({"training_type": "cooking", "intensity_g_per_kwh": 1}, "training_type"),
        ({"intensity_g_per_kwh": -4}, "intensity_g_per_kwh"),
    ],
)
def test_a_card_refuses_nonsense(options: Any, named: str) -> None:
    with pytest.raises(ArgumentError, match=named):
        export(simple(), "model-card", **options)


def test_an_unknown_energy_makes_no_emissions() -> None:
    with pytest.raises(ArgumentError, match="not known"):
        export(simple(math.nan), "model-card", intensity_g_per_kwh=400)


@pytest.mark.parametrize("format", ["markdown", "latex", "csv", "model-card"])
def test_what_json_can_hold_can_be_written_as_utf_8(format: str) -> None:
    name = "\ud800\x00\x1b[31m\u2028net"
    one = run(reading(channel(device=name), 1.0), label=name)
    options = {"intensity_g_per_kwh": 400} if format == "model-card" else {}
    text = export(one, format, **options)
    assert text.encode("utf-8")
    assert "net" in text


# Arguments ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_ones", "format", "options", "named"),
    [
        (simple(), "excel", {}, "format"),
        ([], "csv", {}, "at least one"),
        (["a"], "csv", {}, "expected Measurements, got str"),
        (simple(), "csv", {"pue": 1.2}, "pue"),
    ],
)
def test_arguments_are_checked(given_ones: Any, format: str, options: Any, named: str) -> None:
    with pytest.raises(ArgumentError, match=named):
        export(given_ones, format, **options)
