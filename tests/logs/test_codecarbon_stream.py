"""Large files of CodeCarbon: the quick way gives what the careful one gives, and memory does not grow."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.logs.samples_summaries import codecarbon_csv, codecarbon_row
from wattwhat import Measurement, logs
from wattwhat.errors import LogError
from wattwhat.logs.readers import codecarbon, codecarbon_first, codecarbon_lines
from wattwhat.logs.readers.codecarbon_first import look_through
from wattwhat.logs.source import Source

WORDS = ["net", "codecarbon", "N/A", " net ", "a b", "", "machine", "unknown"]


@st.composite
def row(draw: st.DrawFn) -> dict[str, str]:
    """A row of one of a few runs, whose numbers mostly add up."""
    cpu, gpu, ram = (draw(st.one_of(st.sampled_from([0.0, 1e-5]), st.floats(0.0, 2e-3))) for _ in range(3))
    total = draw(st.sampled_from([cpu + gpu + ram] * 6 + [1.0]))
    known = {
        "timestamp": f"2026-03-01T10:{draw(st.integers(0, 59)):02d}:00",
        "run_id": draw(st.sampled_from(["a-1", "b-2", "c-3", "d-4", ""])),
        "project_name": draw(st.sampled_from(WORDS)),
        "duration": draw(st.sampled_from(["10.0", "20.0", "600.5", "0", "x"])),
        "cpu_energy": repr(cpu),
        "gpu_energy": repr(gpu),
        "ram_energy": repr(ram),
        "energy_consumed": draw(st.sampled_from([repr(total)] * 8 + ["", "nan", "-1", "1_0"])),
        "gpu_count": draw(st.sampled_from(["", "1", "2"])),
        "tracking_mode": draw(st.sampled_from(["machine", "process"])),
        "pue": draw(st.sampled_from(["1.0", "1.2"])),
        "cpu_power": draw(st.sampled_from(["42.5", "42.5", "10"])),
    }
    return {**codecarbon_row(), **known}


ODD = st.sampled_from(["short", "quoted", "blank", "header", "glued", "other header"])


def text_of(rows: list[dict[str, str]], odd: list[tuple[int, str]], end: str) -> str:
    lines = codecarbon_csv(*rows).rstrip("\n").split("\n")
    for place, kind in odd:
        k = 1 + place % (len(lines) - 1)
        if kind == "short":
            lines[k] = lines[k].rpartition(",")[0]
        elif kind == "quoted":
            head, mark, rest = lines[k].partition(",")
            lines[k] = f'"{head}"{mark}{rest}'
        elif kind == "blank":
            lines.insert(k, "")
        elif kind == "header":
            lines.insert(k, lines[0])
        elif kind == "other header":
            lines.insert(k, lines[0].replace("os,python_version", "python_version,os"))
        elif k + 1 < len(lines):
            lines[k : k + 2] = [lines[k] + lines[k + 1]]
    return "\n".join(lines) + end


def both(text: str, **options: object) -> tuple[logs.Measurements | str, logs.Measurements | str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codecarbon_lines, "_BLOCK", 1 << 12)  # ten rows
        patch.setattr(codecarbon_lines, "_FIRST_PART", 2)
        quick = reading(text, **options)
        patch.setattr(codecarbon, "may_be_regular", lambda source: False)
        return quick, reading(text, **options)


def reading(text: str, **options: object) -> logs.Measurements | str:
    try:
        return logs.read(io.StringIO(text), **options)
    except LogError as err:
        return str(err)


def plain(one: Measurement) -> dict[str, object]:
    data = attrs.asdict(one, recurse=False)
    data["details"], data["environment"] = dict(one.details), dict(one.environment)
    return data


@settings(max_examples=50)
@given(st.lists(row(), min_size=1, max_size=30), st.lists(st.tuples(st.integers(0, 20), ODD), max_size=3),
       st.sampled_from(["\n", "", "\r\n"]))  # fmt: skip
@example([codecarbon_row()] * 3, [(1, "short")], "\n")
@example(
    [codecarbon_row(run_id="a", duration="0.001"), codecarbon_row(run_id="b")], [], "\n"
)  # a power of MW
def test_the_quick_way_gives_what_the_careful_one_gives(
    rows: list[dict[str, str]], odd: list[tuple[int, str]], end: str
) -> None:
    quick, careful = both(text_of(rows, odd, end))
    if isinstance(quick, str) or isinstance(careful, str):
        assert quick == careful
        return
    assert [one.details["line"] for one in quick] == [one.details["line"] for one in careful]
    assert quick.problems == careful.problems
    for one, other in zip(quick, careful, strict=True):
        assert (one.energy_j, one.budget) == (other.energy_j, other.budget)
        mine, others = plain(one), plain(other)
        for name in ("label", "duration_s", "calls", "items", "channels", "provenance", "metrics", "warnings",
                     "environment", "started_at", "details"):  # fmt: skip
            assert mine[name] == others[name], name
        assert Measurement.from_dict(one.to_dict()) == one


@pytest.mark.parametrize("options", [{"energy_unit": "Wh"}, {"timezone": "UTC"}])
def test_options_are_minded_on_both_ways(options: dict[str, object]) -> None:
    quick, careful = both(codecarbon_csv(codecarbon_row(), codecarbon_row(run_id="other")), **options)
    assert quick == careful


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "odd",
    [{"duration": "5e-324"}, {"energy_consumed": "1e308"}, {"cpu_energy": "1e308", "gpu_energy": "1e308"}],
)
def test_numbers_that_no_machine_has_pass_without_a_word_of_numpy(odd: dict[str, str]) -> None:
    quick, careful = both(codecarbon_csv(codecarbon_row(), codecarbon_row(run_id="other", **odd)))
    assert not isinstance(quick, str)
    assert not isinstance(careful, str)
    assert [m.to_dict() for m in quick] == [m.to_dict() for m in careful]
    assert quick.problems == careful.problems


@given(st.integers(1000, 3000), st.sampled_from(["\n", "\r\n"]))
def test_lines_that_a_block_cuts_are_as_regular_as_others(size: int, end: str) -> None:
    rows = [codecarbon_row(run_id=f"run-{k}") for k in range(20)]
    text = codecarbon_csv(*rows).replace("\n", end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codecarbon_lines, "_BLOCK", size)
        looked = look_through(Source.of_text(text))
    assert looked.rows["line"].tolist() == [*range(2, 22)]
    assert looked.rows["rows"].tolist() == [1] * 20


@given(st.lists(st.sampled_from(["a", "b", "a-run-of-a-longer-name", "run"]), max_size=20), st.booleans())
def test_rows_are_put_together_by_their_runs_whatever_their_words_are_mixed_to(
    names: list[str], alike: bool
) -> None:
    runs = numpy.array([name.encode() for name in names], dtype="S30")
    with pytest.MonkeyPatch.context() as patch:
        if alike:
            patch.setattr(codecarbon_first, "_FACTOR", 0)
        order, first = codecarbon_first._by_run(runs)
    groups: list[list[int]] = []
    for place, begins in zip(order.tolist(), first.tolist(), strict=True):
        if begins:
            groups.append([])
        groups[-1].append(place)
    assert sorted(groups) == sorted([k for k, one in enumerate(names) if one == name] for name in {*names})


def test_a_file_that_changes_while_it_is_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "emissions.csv"
    text = codecarbon_csv(*(codecarbon_row(run_id=f"run-{k}") for k in range(200)))
    path.write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codecarbon_lines, "_BLOCK", 1 << 12)
        found = logs.stream(path)
        next(found)
        path.write_text(text + "what is written since does not count")
        assert len([*found]) == 199
        found = logs.stream(path)
        next(found)
        path.write_text(text[:-20_000])
        with pytest.raises(LogError, match=r"emissions\.csv: changed while it was read; read a copy of it"):
            list(found)


def long_file(path: Path, runs: int) -> Path:
    with open(path, "w") as file:
        for number in range(runs):
            one = codecarbon_csv(codecarbon_row(run_id=f"run-{number:08d}"))
            file.write(one if number == 0 else one.split("\n", 1)[1])
    return path


def test_there_is_no_limit_to_the_runs_and_memory_is_for_one(tmp_path: Path) -> None:
    def peak(runs: int) -> int:
        path = long_file(tmp_path / f"{runs}.csv", runs)
        tracemalloc.start()
        try:
            assert sum(1 for _ in logs.stream(path)) == runs
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is imported and remembered once
    small, large = peak(4_000), peak(10_000)  # of more than one block each
    assert large - small < 6_000 * 600  # entries of the index; a Measurement has 3 kB and more


def test_a_stream_gives_measurements_and_problems_as_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "emissions.csv"
    bad = codecarbon_row(run_id="bad", energy_consumed="")
    path.write_text(codecarbon_csv(codecarbon_row(), bad, codecarbon_row(run_id="last")))
    found = logs.stream(path)
    assert isinstance(found, Iterator)
    assert next(found).details["run_id"] == codecarbon_row()["run_id"]
    assert found.problems == ()
    assert [one.details["run_id"] for one in found] == ["last"]
    assert [":3:" in problem for problem in found.problems] == [True]
    assert list(logs.read(path)) == list(logs.stream(path))
    with pytest.raises(LogError, match="does not exist"):
        logs.stream(tmp_path / "none.csv")
