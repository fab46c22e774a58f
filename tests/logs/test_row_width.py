"""A row that does not fit its header is listed: none of its cells is shifted, and none is guessed."""

from __future__ import annotations

import io

import pytest

from tests.logs.samples_traces import SAMPLES
from wattwhat import logs
from wattwhat.errors import LogError

# the last row of each made sample, once with a cell more at each place where one may slip in
TABLES = {
    "smi_units": ",",
    "smi_nounits": ",",
    "smi_noheader": ",",
    "smi_two_gpus": ",",
    "smi_own_header": ",",
    "dmon": " ",
    "dmon_dated": " ",
    "dcgm_power": " ",
}


def read(text: str, **options: object) -> logs.Measurements:
    return logs.read(io.StringIO(text), **options)


@pytest.mark.parametrize("extra", ["7", "123"])
@pytest.mark.parametrize("name", sorted(TABLES))
def test_one_wider_row_costs_that_row_alone(name: str, extra: str) -> None:
    sample, mark = SAMPLES[name], TABLES[name]
    whole = read(sample.text, **sample.options)
    last = sample.text.splitlines()[-1]
    cells = last.split(mark)
    for place in range(1, len(cells)):
        wide = mark.join([*cells[:place], extra, *cells[place:]])
        if len(wide.split()) == len(last.split()) and mark == " ":
            continue
        found = read(sample.text + wide + "\n", **sample.options)
        assert [m.energy_j.value for m in found] == [m.energy_j.value for m in whole]
        assert len(found.problems) == 1


WIDER = {
    "milliseconds of Python's logging": ("timestamp,power_w", "2026-03-01 10:00:0{k},123,250.0"),
    "a name with a comma": ("timestamp, name, power.draw [W]", "2026/03/01 10:00:0{k}.000, A, B, 270.00 W"),
    "two powers under one name": ("timestamp, power.draw [W]", "2026/03/01 10:00:0{k}.000, 135.00, 270.00"),
    "milliseconds and whole watts": ("timestamp,power_w", "2026-03-01 10:00:0{k},123,50 W"),
}


@pytest.mark.parametrize("name", sorted(WIDER))
def test_a_table_whose_rows_are_all_wider_is_refused(name: str) -> None:
    header, row = WIDER[name]
    with pytest.raises(LogError, match="cells"):
        read("\n".join([header, *(row.replace("{k}", str(k)) for k in range(4))]) + "\n")


CUT = {
    "the unit": ("timestamp,power", [f"177235920{k},5000 mW" for k in range(3)], "1772359203,5000"),
    "the unit in capitals": (
        "timestamp,power",
        [f"177235920{k},50.00 kW" for k in range(3)],
        "1772359203,50.00",
    ),
    "decimals": ("timestamp,power_w", [f"177235920{k},100.25" for k in range(3)], "1772359203,1"),
    "decimals of regular rows": (
        "timestamp, power.draw [W]",
        [f"2026/03/01 10:00:0{k}.000, 100.25" for k in range(3)],
        "2026/03/01 10:00:03.000, 10",
    ),
    "a cell": ("timestamp,index,power_w", [f"177235920{k},0,100.0" for k in range(3)], "1772359203,0"),
    "the time": ("power_w,timestamp", [f"100.0,177235920{k}" for k in range(3)], "100.0,177235"),
}


@pytest.mark.parametrize("name", sorted(CUT))
def test_a_last_row_that_is_cut_off_is_left_out_and_listed(name: str) -> None:
    header, rows, last = CUT[name]
    whole = read("\n".join([header, *rows]) + "\n")
    found = read("\n".join([header, *rows, last]))
    assert [m.energy_j for m in found] == [m.energy_j for m in whole]
    assert len(found.problems) == 1


def test_an_unfinished_last_line_counts_where_nothing_is_missing() -> None:
    found = read("timestamp,power_w\n1772359200,100.0\n1772359201,100.0\n1772359202,50.0")
    assert found[0].energy_j.value == pytest.approx(175.0)
    assert found.problems == ()
