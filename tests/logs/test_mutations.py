"""Every reader of ours holds what the kit of mutations asks of any, and the kit sees readers that do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.logs import samples_summaries, samples_traces
from wattwhat.logs.building.known_sensors import NVML
from wattwhat.logs.building.stated_totals import Totals
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.registry import readers
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement
from wattwhat.testing import log_faults, mutated

SAMPLES = {**samples_traces.SAMPLES, **samples_summaries.SAMPLES}
# Tables: what separates their cells. Without a header of one line: how many there are.
COMMA = [
    "smi_units", "smi_nounits", "smi_noheader", "smi_two_gpus", "smi_own_header", "rocm_csv", "amd_csv",
    "powerjoular", "wandb", "mlperf", "powerjoular_process", "xpu_smi", "xpu_smi_counter", "hwinfo",
    "codecarbon", "codecarbon_1", "zeus", "zeus_power", "zeus_trace", "eco2ai", "perun_samples", "pyrapl",
    "aies", "mlenergy_2023", "table_total", "table_parts", "table_item", "strep",
]  # fmt: skip
SEMICOLON = ["pyjoules", "joule_profiler"]
NO_HEADER = ["smi_noheader", "mlperf"]
# Nothing in these says when a run ends.
UNTIMED = ["dmon", "dcgm_power", "rocm_json", "rocm_csv", "tegra_nano", "macmon_old"]


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_reader_reads_mutated_files_right_or_says_why_not(name: str) -> None:
    sample = SAMPLES[name]
    delimiter = "," if name in COMMA else ";" if name in SEMICOLON else None
    header_lines = 1 if delimiter and name not in NO_HEADER else 0
    faults = log_faults(
        readers()[sample.format],
        sample.text,
        delimiter=delimiter,
        header_lines=header_lines,
        timed=name not in UNTIMED,
        **sample.options,
    )
    assert faults == ()


def test_every_format_is_among_the_samples() -> None:
    left = {"metrics-table", "wattwhat-monitor"}  # the one holds no energy, the other: test_left_unread.py
    assert {sample.format for sample in SAMPLES.values()} >= set(readers()) - left


# A reader as a stranger may write it, and what the kit says of it ------------------------------------

SAMPLE = "what,when,joules\nfirst,2026-03-01 10:00:00,10.5\nsecond,2026-03-01 10:00:05,20.5\n"


class Careless:
    """Takes cells by their place, whatever the row looks like."""

    name = "careless"
    minds_width = minds_header = minds_end = False

    def sniff(self, head: Head) -> int:
        return 50

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        for line, text in source.lines():
            cells = text.split(",")
            if line == 1 or not text.strip() or (self.minds_header and cells[0] == "what"):
                continue
            if self.minds_width and (len(cells) != 3 or number(cells[2]) is None):
                source.problem(line, f"expected three cells, found {len(cells)}")
                continue
            totals = Totals(source, options, format=self.name, line=line if self.minds_end else None)
            totals.add("GPU", "gpu", float(cells[2]), "J", NVML)
            yield from totals.measurement(label=cells[0])


def kinds(reader: object) -> set[str]:
    return {fault.partition(":")[0].rstrip("0123456789 ") for fault in log_faults(reader, SAMPLE)}  # type: ignore[arg-type]


def test_the_kit_sees_each_carelessness() -> None:
    reader = Careless()
    assert {"wider by a cell at", "narrower by the first cell", "the header again after row"} <= kinds(reader)
    reader.minds_header = True
    assert "the header again after row" not in kinds(reader)
    reader.minds_width = True
    assert kinds(reader)
    assert all(kind.startswith(("cut after", "no line end")) for kind in kinds(reader))
    reader.minds_end = True
    assert kinds(reader) == set()


def test_a_reader_that_adds_the_runs_of_appended_files_wrongly_is_seen() -> None:
    class Last(Careless):
        def read(self, source: Source, options: Options) -> Iterator[Measurement]:
            yield list(super().read(source, options))[-1]

    reader = Last()
    reader.minds_header = reader.minds_width = reader.minds_end = True
    assert not any("appended" in kind for kind in kinds(reader))  # all runs as one is allowed, and this is

    class Half(Last):
        def read(self, source: Source, options: Options) -> Iterator[Measurement]:
            found = list(Careless.read(self, source, options))
            yield from found[: max(2, len(found) - 1)]

    half = Half()
    half.minds_header = half.minds_width = half.minds_end = True
    assert any("appended" in fault for fault in log_faults(half, SAMPLE))


def test_a_sample_with_problems_of_its_own_is_no_sample() -> None:
    reader = Careless()
    reader.minds_width = True
    assert log_faults(reader, "what,when,joules\na,2026-03-01 10:00:00,1.0\nb,1.0\n") == (
        "the sample itself has a problem: sample:3: expected three cells, found 2",
    )


def test_mutations_leave_the_sample_alone_where_they_can() -> None:
    found = {one.name: one for one in mutated(SAMPLE)}
    assert found["line ends of Windows"].data == SAMPLE.replace("\n", "\r\n").encode()
    assert found["2 files appended"].data == (SAMPLE * 2).encode()
    assert found["every row under one stamp"].data.count(b"10:00:00") == 2
    assert b"10:00:00;10,5\n" in found["decimal commas, semicolons"].data
    quoted = next(iter(mutated('a,b\n"x, y",1.5\n')))
    assert quoted.data == b'a,b\n"x, y",1.5\n"x, y",7,1.5\n'
    assert not any(one.holds == "each run" for one in mutated(SAMPLE, timed=False))
