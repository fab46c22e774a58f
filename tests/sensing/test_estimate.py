from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattwhat
from wattwhat.acquisition.discovery import open_meter_set
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.window import Window
from wattwhat.errors import ArgumentError, BackendError
from wattwhat.sensing.estimate.backend import (
    DEFAULT_WATTS_PER_CORE,
    EstimateBackend,
    PowerModel,
    watts_per_core,
)
from wattwhat.sensing.estimate.cpu_time import CpuTime, usable_cores
from wattwhat.sensing.meter import Meter

FIGURES = st.floats(0.0, 100.0)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("WATTWHAT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@given(FIGURES, FIGURES, st.integers(1, 256), FIGURES, FIGURES)
def test_the_model_is_linear_in_cpu_time_and_in_time(
    busy: float, idle: float, cores: int, cpu_s: float, elapsed_s: float
) -> None:
    model = PowerModel(busy, min(idle, busy), cores, "test")
    once = model.energy_j(cpu_s, elapsed_s)
    assert once >= 0.0
    assert model.energy_j(2 * cpu_s, 2 * elapsed_s) == pytest.approx(2 * once)
    assert model.energy_j(cores * elapsed_s, elapsed_s) == pytest.approx(busy * cores * elapsed_s, abs=1e-6)


def test_it_says_estimated_and_names_its_model_and_inputs() -> None:
    [meter] = EstimateBackend(watts_per_core=5.0).meters()
    assert meter.provenance == "estimated"
    assert meter.channel.gain_error == 0.4
    assert "5 W per busy core" in (meter.channel.source or "")
    assert "argument watts_per_core" in (meter.channel.source or "")


def test_reading_grows_with_work_and_never_goes_back() -> None:
    [meter] = EstimateBackend(watts_per_core=5.0, idle_watts_per_core=0.0).meters()
    values = [meter.read().value]
    for _ in range(5):
        sum(range(300_000))
        values.append(meter.read().value)
    assert values == sorted(values)
    assert values[-1] > values[0]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("AMD EPYC 7763 64-Core Processor", 280 / 64),
        ("AMD EPYC 9654 96-Core Processor", 360 / 96),
        ("Intel(R) Xeon(R) Platinum 8380 CPU @ 2.30GHz", 270 / 40),
        ("Intel(R) Xeon(R) Platinum 8480+", 350 / 56),
        ("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", 28 / 4),
        ("AMD Ryzen 9 5950X 16-Core Processor", 105 / 16),
        ("Zilog Z80", DEFAULT_WATTS_PER_CORE),
        (None, DEFAULT_WATTS_PER_CORE),
    ],
)
def test_the_table_knows_common_parts_and_has_a_stated_default(model: str | None, expected: float) -> None:
    watts, source = watts_per_core(model)
    assert watts == pytest.approx(expected)
    assert source


def test_argument_before_environment_before_file_before_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = EstimateBackend().model.busy_w
    config = tmp_path / "settings.ini"
    config.write_text("[estimate]\nwatts_per_core = 11\n")
    monkeypatch.setenv("WATTWHAT_CONFIG", str(config))
    assert EstimateBackend().model.busy_w == 11 != table
    monkeypatch.setenv("WATTWHAT_WATTS_PER_CORE", "12")
    assert EstimateBackend().model.busy_w == 12
    assert EstimateBackend(watts_per_core=13).model.busy_w == 13


def test_the_users_own_file_is_found(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "wattwhat"
    folder.mkdir(parents=True)
    (folder / "config.ini").write_text("[estimate]\nidle_watts_per_core = 0.5\n")
    assert EstimateBackend().model.idle_w == 0.5


def test_memory_is_estimated_only_if_asked_for(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "meminfo").write_text("MemTotal:       16000000 kB\n")
    assert len(EstimateBackend(root=str(tmp_path)).meters()) == 1
    _, memory = EstimateBackend(ram_watts_per_gb=0.4, root=str(tmp_path)).meters()
    assert memory.channel.component == "dram"
    assert "16.4 GB x 0.4 W per GB" in (memory.channel.source or "")


WRONG = ["-1", "many", "nan", "1e9"]
VARIABLES = ["WATTWHAT_WATTS_PER_CORE", "WATTWHAT_IDLE_WATTS_PER_CORE", "WATTWHAT_RAM_WATTS_PER_GB"]


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("value", WRONG)
def test_a_figure_that_is_none_is_told_by_the_probe_with_its_remedy(
    value: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    backend = EstimateBackend()
    answer = backend.probe()
    assert not answer.available
    assert answer.reason == f"environment variable {variable}: expected watts as a number >= 0, got {value!r}"
    assert answer.remedy == f"set {variable} to a number such as 6.5, or unset it"
    with pytest.raises(BackendError, match=variable):
        backend.meters()


@pytest.mark.parametrize("value", [-1, "many", float("nan"), 1e9])
def test_an_argument_that_is_no_figure_is_refused_at_once(value: object) -> None:
    with pytest.raises(ArgumentError, match="argument ram_watts_per_gb"):
        EstimateBackend(ram_watts_per_gb=value)  # type: ignore[arg-type]


def test_a_setting_that_an_argument_overrides_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTWHAT_WATTS_PER_CORE", "many")
    assert EstimateBackend(watts_per_core=5.0).probe().available


@pytest.mark.parametrize(
    ("content", "reason", "remedy"),
    [
        (None, "there is no file", "unset WATTWHAT_CONFIG"),
        (b"watts = 3", "settings.ini: expected an INI file", "mend or remove"),
        (b"[estimate]\nwatts_per_core = \xff\n", "settings.ini: expected an INI file", "mend or remove"),
        (b"[estimate]\nwatts_per_core = 5%\n", "settings.ini, watts_per_core: expected watts", "that line"),
    ],
    ids=["missing", "no ini", "no text", "percent"],
)
def test_a_configuration_file_that_cannot_be_used_is_told(
    content: bytes | None, reason: str, remedy: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "settings.ini"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("WATTWHAT_CONFIG", str(file))
    answer = EstimateBackend().probe()
    assert not answer.available
    assert reason in answer.reason
    assert remedy in answer.remedy


# With a wrong setting: measuring refuses before anything is run, where the estimate would have served.


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTWHAT_WATTS_PER_CORE", "abc")


def opening(monkeypatch: pytest.MonkeyPatch, meters: list[Meter]) -> None:
    """Opening meters gives these, as on a machine that has no others."""
    for module in ("measuring.measure", "acquisition.shared"):
        monkeypatch.setattr(f"wattwhat.{module}.shared_meter_set", lambda backends=None: MeterSet(meters))


def test_measuring_without_a_sensor_names_the_wrong_setting(
    wrong: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening(monkeypatch, [])
    calls: list[int] = []
    with pytest.raises(BackendError, match=r"WATTWHAT_WATTS_PER_CORE: expected watts.*'abc'; set WATTWHAT_"):
        wattwhat.measure(lambda: calls.append(1))
    with pytest.raises(BackendError, match="WATTWHAT_WATTS_PER_CORE"), wattwhat.track():
        calls.append(1)
    assert calls == []


def test_the_estimate_that_was_asked_for_by_name_tells_the_wrong_setting(wrong: None) -> None:
    with pytest.raises(BackendError, match=r"'estimate' cannot serve: .*WATTWHAT_WATTS_PER_CORE.*unset it"):
        open_meter_set(["estimate"])


def test_a_wrong_setting_of_an_estimate_that_is_not_needed_keeps_nobody_from_measuring(
    wrong: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    [meter] = EstimateBackend(watts_per_core=5.0).meters()
    opening(monkeypatch, [meter])
    with wattwhat.track() as window:
        pass
    assert window.measurement.channels


def test_cpu_time_of_children_counts_living_and_dead() -> None:
    cpu = CpuTime()
    busy = "import time\nwhile time.process_time() < 0.15: pass\nprint('done', flush=True)\ninput()"
    child = subprocess.Popen(
        [sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    cpu.living.forget()  # look for children now rather than in a moment
    living = cpu.seconds()
    if not Path("/proc/self/task").exists():
        pytest.skip("/proc does not list children here")
    assert living >= 0.12
    child.communicate("\n")
    assert cpu.seconds() >= living


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_window_stopped_in_a_forked_child_keeps_what_its_parent_and_it_spent() -> None:
    """The kernel's accounts begin at 0 in a child; the parent's part, not read since the start, was lost."""

    def spend(cpu_s: float) -> None:
        until_s = time.process_time() + cpu_s
        while time.process_time() < until_s:
            pass

    window = Window("inherited", meter_set=MeterSet(EstimateBackend(10.0, 0.0).meters()))
    window.start()
    spend(0.3)
    child = os.fork()
    if child == 0:
        code = 2
        try:
            spend(0.3)
            energy_j = window.stop().measurement.energy_j.value
            # what the fork itself took of a busy machine, a millisecond or two, is in neither account
            code = 0 if energy_j >= 0.95 * 10.0 * 0.6 else 1
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert window.stop().measurement.energy_j.value >= 10.0 * 0.6  # the child is one of the parent's


def test_the_containers_quota_bounds_the_cores(tmp_path: Path) -> None:
    folder = tmp_path / "sys" / "fs" / "cgroup"
    folder.mkdir(parents=True)
    (folder / "cpu.max").write_text("50000 100000\n")
    assert usable_cores(str(tmp_path)) == 0.5
    (folder / "cpu.max").write_text("max 100000\n")
    assert usable_cores(str(tmp_path)) == usable_cores("/nowhere")


def test_settings_are_looked_for_in_the_users_folder_for_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from wattwhat.sensing.user_paths import config_path

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path() == str(tmp_path / "wattwhat" / "config.ini")
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_path() == str(tmp_path / ".config" / "wattwhat" / "config.ini")
