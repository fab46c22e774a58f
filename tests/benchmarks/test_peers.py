"""The side by side with other libraries: its truth, its stand-ins and its cells. No time is judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import peer_cells, peer_drivers, peer_envs, peer_tasks, peers
from benchmarks.live_counters import LATE_MS, lateness, shown_uj
from benchmarks.peer_world import complaint, short_name
from benchmarks.surroundings import RANGE_UJ, nvml_environment
from tests.fakes import nvml

waves = st.builds(
    lambda low, more, period: {"low": low, "high": low + more, "period": period, "t0_ns": 5_000_000_000},
    st.floats(0, 300),
    st.floats(0, 300),
    st.sampled_from([0.0, 0.01, 0.09, 0.2, 3.0]),
)
moments_ns = st.integers(5_000_000_000, 90_000_000_000)


@given(waves, moments_ns, moments_ns)
def test_true_power_lies_between_low_and_high(wave: dict[str, Any], one: int, other: int) -> None:
    begin, end = sorted((one, other))
    gained = peer_tasks.energy_j(wave, end) - peer_tasks.energy_j(wave, begin)
    seconds = (end - begin) * 1e-9
    low = wave["low"] if wave["period"] else wave["high"]
    assert low * seconds - 1e-6 <= gained <= wave["high"] * seconds + 1e-6


@given(waves, st.integers(0, 400))
def test_whole_periods_take_the_mean_power(wave: dict[str, Any], periods: int) -> None:
    seconds = periods * wave["period"]
    mean_w = (wave["low"] + wave["high"]) / 2
    gained = peer_tasks.energy_j(wave, wave["t0_ns"] + round(seconds * 1e9))
    assert gained == pytest.approx(mean_w * seconds, abs=1e-5)


@pytest.mark.parametrize(("at_s", "joules"), [(0.025, 7.5), (0.045, 13.5), (0.055, 14.5), (0.09, 18.0)])
def test_a_square_wave_begins_high(at_s: float, joules: float) -> None:
    wave = {"low": 100.0, "high": 300.0, "period": 0.09, "t0_ns": 0}
    assert peer_tasks.energy_j(wave, round(at_s * 1e9)) == pytest.approx(joules)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_counter_stays_in_its_range(start_j: float, joules: float) -> None:
    shown = shown_uj(start_j * 1e6, joules)
    assert 0 <= shown < RANGE_UJ
    turns = ((start_j + joules) * 1e6 - shown) / RANGE_UJ
    assert turns == pytest.approx(round(turns), abs=1e-6)


@given(st.lists(st.floats(0, 100)))
def test_lateness_counts_what_is_beyond(gaps_ms: list[float]) -> None:
    said = lateness(gaps_ms)
    assert said["updates"] == len(gaps_ms)
    assert (said["longest_ms"] > LATE_MS) == (said["late"] > 0)
    assert said["late"] == len([gap for gap in gaps_ms if gap > LATE_MS])


def test_the_table_notes_how_late_the_counters_were() -> None:
    worlds = [
        {"updates": 10, "late": 1, "longest_ms": 3.25, "ahead": True},
        {"updates": 5, "late": 0, "longest_ms": 1.5, "ahead": True},
    ]
    note = peer_cells.lateness_note(worlds)
    assert "ahead of all other processes: 15 updates, 1 of them" in note
    assert note.endswith("3.2 ms.")
    assert "as an ordinary process" in peer_cells.lateness_note([*worlds, {**worlds[0], "ahead": False}])


def test_every_line_of_the_list_is_an_environment_and_this_checkout_comes_first() -> None:
    made = peer_envs.wanted("# versions\npyJoules[nvidia]==0.5.1\n\nzeus==0.16.0\n")
    assert list(made) == ["wattwhat", "pyJoules", "zeus"]
    assert made["pyJoules"] == ["pyJoules[nvidia]==0.5.1"]
    assert made["wattwhat"][::2] == ["-e"] * 3
    assert all(Path(folder, "pyproject.toml").is_file() for folder in made["wattwhat"][1::2])


def test_every_listed_library_has_a_driver_and_an_import() -> None:
    names = set(peer_envs.wanted())
    assert names | {"bare"} == set(peer_drivers.TOOLS) == set(peers.IMPORTS)


def test_an_environment_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing.whl")
    why = peer_envs.python_of("nothing", [missing], tmp_path / "envs")
    assert isinstance(why, str)
    assert "nothing.whl" in why
    assert not (tmp_path / "envs/nothing/requirement").exists()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("ERROR: no such thing\nnotice: a new pip\n", "ERROR: no such thing"),
        ("first\nlast\n", "last"),
        ("", "no reason given"),
    ],
)
def test_the_reason_is_the_line_with_the_error(said: str, why: str) -> None:
    assert peer_envs.reason(said) == why


@pytest.mark.parametrize(
    ("error", "name"),
    [
        ("ZeusGPULostError", "ZeusGPULost"),
        ("NVMLError_GpuIsLost", "GpuIsLost"),
        ("KeyError", "Key"),
        ("-", "-"),
    ],
)
def test_errors_have_short_names(error: str, name: str) -> None:
    assert short_name(error) == name


def test_a_process_that_failed_is_told_by_its_last_line() -> None:
    assert complaint("Traceback\n  x\npynvml.NVMLError_NotSupported: Not Supported\n", 1) == "NotSupported"
    assert complaint("", 3) == "ended with 3"


def rows(*pairs: tuple[float | None, float]) -> dict[str, Any]:
    return {"1.0": [{"raised": None, "gpu": list(pair)} for pair in pairs]}


def test_error_cells_hold_the_median_and_the_greatest() -> None:
    assert (
        peer_cells.error_cell(rows((101.0, 100.0), (98.0, 100.0), (0.0, 100.0)), "1.0", "gpu") == "2.0 (100)"
    )


def test_windows_without_a_value_are_counted_not_left_out() -> None:
    assert peer_cells.error_cell(rows((101.0, 100.0), (None, 100.0)), "1.0", "gpu") == "1.0 (1.0) -1"
    assert peer_cells.error_cell(rows((None, 100.0)), "1.0", "gpu") == "-"
    raised = {"1.0": [{"raised": "NVMLError_NotSupported", "gpu": [None, 1.0]}]}
    assert peer_cells.error_cell(raised, "1.0", "gpu") == "NotSupported"
    assert peer_cells.error_cell("NotSupported", "1.0", "gpu") == "NotSupported"


def test_coverage_counts_intervals_that_hold_the_truth() -> None:
    found = {"1.0": [{"gpu": [1.0, 2.0, [0.0, 3.0]]}, {"gpu": [1.0, 4.0, [0.0, 3.0]]}, {"gpu": [1.0, 4.0]}]}
    assert peer_cells.held_cell(found, "1.0", "gpu") == "1/2"
    assert peer_cells.held_cell(found, "5.0", "gpu") == "-"


@pytest.mark.parametrize(
    ("found", "cell"),
    [
        ({"raised": None, "cpu": [301.2, 300.0, [266.0, 334.0]]}, "301 ±34 J"),
        ({"raised": None, "cpu": [-261842.0, 300.0]}, "-261842 J"),
        ({"raised": None, "cpu": [None, 300.0]}, "nothing"),
        ({"raised": "ZeusGPULostError", "cpu": [None, 300.0]}, "ZeusGPULost"),
        ("ended with 1", "ended with 1"),
    ],
)
def test_fault_cells_say_what_came_out(found: Any, cell: str) -> None:
    assert peer_cells.fault_cell(found, "cpu") == cell


class _Part:
    def __init__(self, name: str, kwh: list[float]) -> None:
        self.name, self.kwh = name, kwh

    def energy_usage(self, times: list[float]) -> list[float]:
        return self.kwh[: len(times)]


def test_carbontracker_is_asked_for_its_latest_epoch_in_joules() -> None:
    class Thread:
        epoch_times = (5.0, 5.0)
        components = (_Part("cpu", [1.0, 2e-6]), _Part("gpu", [1.0, 4e-6]))

    class Tracker:
        tracker = Thread()

    driver = object.__new__(peer_drivers.Carbontracker)
    driver.tracker, driver.settle_s = Tracker(), 0.0
    assert driver.joules() == pytest.approx((14.4, 7.2))


class _Counting:
    """A library that finds exactly what is true, less a joule."""

    def __init__(self, world: Any) -> None:
        self.world = world

    def begin(self) -> None:
        self.now = 10

    def end(self) -> None:
        self.now = 30

    def joules(self) -> tuple[float, float]:
        return self.world.true_j - 1.0, self.world.true_j - 1.0

    def interval(self, part: str) -> list[float]:
        return [0.0, 1.0]


class _Made:
    """A world of constant power in which a window always took as many joules."""

    true_j = 7.0

    def __init__(self) -> None:
        self.wave = {"begin_ns": 0, "plan": [[0.0, 3, 2], [0.0001, 2, 1]]}

    def gpu_j(self, begin_ns: int, end_ns: int) -> float:
        assert end_ns >= begin_ns
        return self.true_j

    cpu_j = gpu_j


def test_the_plan_says_how_many_windows_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_tasks.time, "sleep", lambda seconds: None)
    world = _Made()
    found = peer_tasks.errors(_Counting(world), world)
    assert {length: len(some) for length, some in found.items()} == {"0.0": 3, "0.0001": 2}
    assert found["0.0"][0] == {"raised": None, "gpu": [6.0, 7.0, [0.0, 1.0]], "cpu": [6.0, 7.0, [0.0, 1.0]]}

    class Slow(_Counting):
        pause_s = 1.0

    fewer = peer_tasks.errors(Slow(world), world)
    assert {length: len(some) for length, some in fewer.items()} == {"0.0": 2, "0.0001": 1}


_ASK = """
import ctypes, json
nvml, gpu, mj, mw, kind = (ctypes.CDLL("libnvidia-ml.so.1"), ctypes.c_void_p(), ctypes.c_ulonglong(),
                           ctypes.c_uint(), ctypes.c_uint())
nvml.nvmlInit_v2(), nvml.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(gpu))
energy = nvml.nvmlDeviceGetTotalEnergyConsumption(gpu, ctypes.byref(mj))
power = nvml.nvmlDeviceGetPowerUsage(gpu, ctypes.byref(mw))
nvml.nvmlDeviceGetArchitecture(gpu, ctypes.byref(kind))
print(json.dumps([energy, power, mw.value, kind.value]))
"""


@pytest.mark.skipif(nvml.missing_compiler() is not None, reason=str(nvml.missing_compiler()))
@pytest.mark.parametrize(("power_only", "answers"), [(0, [0, 0, 250000, 7]), (1, [3, 0, 250000, 4])])
def test_a_gpu_before_volta_shows_power_and_no_energy(power_only: int, answers: list[int]) -> None:
    env = nvml_environment(low=250, high=250, update=0.1, power_only=power_only)
    done = subprocess.run([sys.executable, "-c", _ASK], env=env, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == answers


def test_a_library_that_was_not_asked_has_a_cell_all_the_same() -> None:
    pythons = {"wattwhat": Path("a"), "zeus": Path("b"), "pyRAPL": Path("c")}
    found = {"wattwhat": {"0.1": [{"raised": None, "gpu": [3.0, 2.0, [1.0, 4.0]]}]}, "zeus": "NotSupported"}
    made = peers.error_rows(found, "300 W", {"gpu": "gauge"}, [0.1], pythons)
    assert made == [["gauge 300 W, 0.1 s", "1/1", "50 (50)", "NotSupported", "-"]]
    idle = peers.idle_row("idle", "threads", {"wattwhat": {"threads": 2}, "zeus": "Key"}, pythons)
    assert idle == ["idle", "", "2", "Key", "-"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processor clocks by id are Linux's")
def test_processor_time_is_that_of_the_asked_process() -> None:
    begin, here = time.process_time(), os.getpid()
    found = peer_tasks.spent_s(here)
    assert begin <= found <= time.process_time()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_a_family_has_the_children_of_children() -> None:
    inner = "import sys; print(1, flush=True); sys.stdin.read()"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    child = subprocess.Popen([sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"1\n"
        assert child.pid in peer_tasks.family(os.getpid())
        assert len(peer_tasks.family(child.pid)) == 2
    finally:
        child.communicate()


def test_costs_are_the_medians_of_their_rounds() -> None:
    rounds = [{"pair": [us, us / 2, us * 3], "result": us + 1} for us in (9.0, 5.0, 30.0)]
    assert peers.middle(rounds) == {"pair": [9.0, 4.5, 27.0], "result": 10.0}
    assert peers.middle([rounds[0], "NotSupported"]) == "NotSupported"
    assert peers.middle([{**rounds[0], "result": None}])["result"] is None
