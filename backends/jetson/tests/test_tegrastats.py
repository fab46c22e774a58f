"""Lines of tegrastats: what is printed comes back, whatever stands around it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.jetson import tegrastats as fake
from wattwhat_jetson._tegrastats import command, find, parse_line

names = st.from_regex(r"\A[A-Z][A-Z0-9]*(_[A-Z0-9]+)*\Z").filter(
    lambda name: name not in ("NC", "RAM", "SWAP", "IRAM")
)
rails = st.dictionaries(names, st.integers(-5_000, 400_000), max_size=8)
noise = st.sampled_from(
    [
        "RAM 2257/30536MB (lfb 2x4MB)",
        "SWAP 0/15268MB (cached 0MB)",
        "IRAM 0/252kB(lfb 252kB)",
        "CPU [2%@729,off,0%@102]",
        "EMC_FREQ 0%@2133",
        "GR3D_FREQ 0%@[0,0]",
        "VIC_FREQ 729 APE 174",
        "Tboard@27C",
        "cpu@52.968C/52.968C",
        "PMIC@100C",
        "NC 0mW/0mW",
        "NC 12/12",
        "MTS fg 0% bg 1%",
        "11-21-2026 08:49:48",
    ]
)


@st.composite
def lines(draw: st.DrawFn) -> tuple[dict[str, int], str]:
    """The power of some rails, and a line that tells it in the manner of some release."""
    told = draw(rails)
    unit = draw(st.sampled_from(["", "mW"]))
    numbers = draw(st.sampled_from([2, 3])) if unit else 2
    words = draw(st.lists(noise, max_size=4))
    for name, milliwatt in told.items():
        rest = [draw(st.integers(-5_000, 400_000)) for _ in range(numbers - 1)]
        words.append(f"{name} " + "/".join(f"{value}{unit}" for value in (milliwatt, *rest)))
    return told, " ".join(draw(st.permutations(words)))


@given(lines())
def test_every_rail_comes_back_in_watts_and_nothing_else(case: tuple[dict[str, int], str]) -> None:
    told, line = case
    assert (parse_line(line) or {}) == pytest.approx(
        {name: milliwatt / 1000.0 for name, milliwatt in told.items()}
    )


@given(st.text())
def test_no_line_whatsoever_breaks_the_parser(line: str) -> None:
    found = parse_line(line)
    assert found is None or all(isinstance(watts, float) for watts in found.values())


@given(rails.filter(bool), st.sampled_from(["plain", "mW", "triple"]))
def test_the_stand_in_writes_what_the_parser_reads(told: dict[str, int], style: str) -> None:
    found = parse_line(fake.line({name: float(value) for name, value in told.items()}, style))
    assert found == pytest.approx({name: value / 1000.0 for name, value in told.items()})


@pytest.mark.parametrize(
    ("line", "watts"),
    [
        ("thermal@29.4C VDD_IN 1038/1134 VDD_WIFI 38/124", {"VDD_IN": 1.038, "VDD_WIFI": 0.038}),
        ("Tboard@27C GPU 1155/1155 CV 0/0 SYS5V 2692/2692", {"GPU": 1.155, "CV": 0.0, "SYS5V": 2.692}),
        ("tj@46C VDD_CPU_CV 796mW/800mW NC 0mW/0mW NC 0mW/0mW", {"VDD_CPU_CV": 0.796}),
        ("GPU@22C VDD_GPU -392mW/-380mW/-401mW", {"VDD_GPU": -0.392}),
        ("GR3D_FREQ 0%@[0,0] VIC_FREQ 729", None),
        ("VDD_IN 12/", None),
        ("VDD_IN 12mW", None),
        ("VDD_IN 1000/1000MB", None),
        ("", None),
    ],
)
def test_lines_of_releases(line: str, watts: dict[str, float] | None) -> None:
    assert parse_line(line) == (watts if watts is None else pytest.approx(watts))


def test_the_interval_is_whole_milliseconds() -> None:
    assert command("/usr/bin/tegrastats", 0.1) == ["/usr/bin/tegrastats", "--interval", "100"]
    assert command("t", 0.0001)[-1] == "1"


def test_the_program_is_looked_for_in_the_systems_own_folders_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find(str(tmp_path)) is None
    program = fake.install(tmp_path / "usr/bin", tmp_path / "state.json")
    assert find(str(tmp_path)) == str(program)
    monkeypatch.chdir(program.parent)
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", str(program.parent)]))
    if not os.access("/usr/bin/tegrastats", os.X_OK):
        assert find("/") is None  # what PATH or the current folder holds is never run
    assert find(str(tmp_path / "etc")) is None
