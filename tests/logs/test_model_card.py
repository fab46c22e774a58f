"""Model cards: grams only, in any of their forms; energy with a stated intensity, else a refusal."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.samples_summaries import CARD
from wattwhat import logs
from wattwhat.errors import LogError


def read(text, **options):
    return logs.read(io.StringIO(text), **options)


def test_without_an_intensity_it_is_refused_by_name_of_the_option():
    with pytest.raises(LogError, match=r":4: .*40 g of CO2.*intensity_g_per_kwh"):
        read(CARD)


@given(st.floats(1.0, 2000.0), st.floats(0.001, 1e6))
def test_the_energy_is_grams_by_intensity(intensity, grams):
    found = read(CARD.replace("40.0", repr(grams)), intensity_g_per_kwh=intensity)[0]
    assert found.energy_kwh.value == pytest.approx(grams / intensity)
    assert found.energy_j.relative >= 0.4 - 1e-9
    assert found.details["emissions_g"] == grams


def test_it_brings_its_accuracy_and_hardware():
    found = read(CARD, intensity_g_per_kwh=400)[0]
    assert found.metrics == {"accuracy": 0.8, "macro_f1": 0.75}
    assert found.channels[0].channel.device == "1 x A GPU"


FRONTS = [
    "co2_eq_emissions: 40.0",
    'co2_eq_emissions: "40.0"',
    "co2_eq_emissions: 40.0  # grams",
    "co2_eq_emissions:\n  source: x\n  emissions: 40.0",
]


@pytest.mark.parametrize("front", FRONTS)
def test_forms_of_the_front_matter(front):
    text = f"---\ntags: x\n{front}\n---\n# x\n"
    assert read(text, intensity_g_per_kwh=400)[0].energy_j.value == pytest.approx(360000.0)


def test_the_visible_line_serves_where_there_is_no_front_matter():
    assert read("# x\n- CO2 Emissions (in grams): 40.0\n", intensity_g_per_kwh=400)[
        0
    ].energy_j.value == pytest.approx(360000.0)


@pytest.mark.parametrize("value", ["unknown", "about 5 kg", "[1, 2]", "-3", ""])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(LogError, match="expected grams of CO2"):
        read(f"---\nco2_eq_emissions: {value}\n---\n", intensity_g_per_kwh=400)


def test_a_percentage_is_no_accuracy():
    assert (
        "accuracy"
        not in read(CARD.replace("Accuracy: 0.8", "Accuracy: 80.0"), intensity_g_per_kwh=400)[0].metrics
    )
