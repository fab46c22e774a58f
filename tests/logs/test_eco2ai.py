"""Eco2AI: epochs that add up, quoted commas, implausible energies of look-alikes."""

import io

import pytest

from wattwhat import logs
from wattwhat.errors import LogError

HEADER = (
    "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),"
    "CPU_name,GPU_name,OS,region/country,cost\n"
)


def row(run="a", epoch="N/A", seconds=100.0, kwh=1e-3):
    cpu = '"A CPU/1 device(s), TDP:65.0"'
    return f"{run},made,told,{epoch},2026-03-01 10:00:00,{seconds},{kwh},1e-5,{cpu},A GPU,Linux,NW/X,0\n"


def read(text, **options):
    return logs.read(io.StringIO(text), **options)


def test_epochs_of_a_training_are_added_and_bring_their_accuracy():
    rows = [row(epoch=f'"epoch: {k}, accuracy: 0.{k}, note: x, "', kwh=1e-3) for k in (1, 2, 3)]
    found = read(HEADER + "".join(rows))
    assert [m.energy_j.value for m in found] == [pytest.approx(10800.0)]
    assert found[0].duration_s == 300.0
    assert found[0].metrics == {"accuracy": 0.3}
    assert found[0].details["epochs"] == 3


def test_rows_without_epochs_are_runs_even_with_one_id():
    assert len(read(HEADER + row() + row())) == 2


def test_epochs_that_begin_again_are_another_training():
    rows = [row(epoch=f'"epoch: {k}, "') for k in (1, 2, 1, 2)]
    assert [m.energy_j.value for m in read(HEADER + "".join(rows))] == pytest.approx([7200.0, 7200.0])


@pytest.mark.parametrize("accuracy", ["81.5", "-1", "x"])
def test_an_accuracy_that_is_no_fraction_is_kept_as_text_not_guessed(accuracy):
    found = read(HEADER + row(epoch=f'"epoch: 1, accuracy: {accuracy}, "'))[0]
    assert found.metrics == {}
    assert found.details["epoch_parameters"] == {"accuracy": accuracy}


def test_a_quoted_comma_in_a_name_shifts_nothing():
    assert read(HEADER + row())[0].environment["CPU_name"] == "A CPU/1 device(s), TDP:65.0"


def test_older_files_have_fewer_columns():
    header = "project_name,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg)\n"
    text = header + "made,2026-03-01 10:00:00,50,1e-3,1e-4\n"
    assert read(text)[0].energy_j.value == pytest.approx(3600.0)


def test_a_look_alike_with_another_unit_is_reported_and_converted_only_when_told_to():
    text = HEADER + row(seconds=6.6, kwh=1.5)  # 818 kW
    found = read(text)[0]
    assert found.energy_j.value == pytest.approx(5.4e6)
    assert any("energy_unit" in w for w in found.warnings)
    assert read(text, energy_unit="Wh")[0].energy_j.value == pytest.approx(5400.0)


def test_an_encoded_file_is_refused_with_the_reason():
    with pytest.raises(LogError, match="decode it first"):
        read(HEADER + row(kwh="gAAAAABk"))


def test_the_default_names_are_no_label():
    text = HEADER + row().replace(",made,told,", ",Deafult project name,no experiment description,")
    assert read(text)[0].label == "<stream>"
