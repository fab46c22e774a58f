"""The backend as the core meets it: created without arguments, lazy, with sources in order of preference."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

import pytest
from rapl_tree import MadeKernel, MadeTree

import wattwhat
from wattwhat.acquisition.discovery import survey
from wattwhat.errors import ArgumentError, BackendError
from wattwhat.plugins import Plugin
from wattwhat.sensing.backend import open_backend
from wattwhat_rapl import RaplBackend
from wattwhat_rapl.backend import DEFAULT_SOURCES, SOURCES

HERE = Path(__file__).resolve().parent
PATHS = [str(HERE.parent), str(Path(wattwhat.__file__).resolve().parents[1])]


@pytest.fixture
def made(tmp_path: Path) -> MadeTree:
    return MadeTree(tmp_path).cpus({0: (0, 0)}).perf().intel()


def source_of(backend: RaplBackend) -> str:
    meters = backend.meters()
    words = {
        meter.channel.id.partition("/rapl/")[2]: (meter.channel.source or "").split()[0] for meter in meters
    }
    for meter in meters:
        meter.close()
    return words["package-0"]


def run(code: str) -> str:
    program = f"import sys; sys.path[:0] = {PATHS!r}\n{code}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_it_is_opened_as_any_plugin_is() -> None:
    backend = open_backend(Plugin("rapl", "wattwhat-rapl", lambda: RaplBackend))
    assert backend.name == "rapl"
    answer = backend.probe()
    assert answer.reason
    assert answer.available or answer.remedy


def test_importing_the_plugin_brings_nothing_else() -> None:
    loaded = run(
        "import wattwhat_rapl\n"
        "print([name for name in sys.modules if name.startswith(('wattwhat', 'attr', 'ctypes', 'numpy'))])"
    )
    assert loaded.strip() == "['wattwhat_rapl']"


def test_a_machine_without_sensors_costs_neither_ctypes_nor_numpy(tmp_path: Path) -> None:
    loaded = run(
        f"from wattwhat_rapl import RaplBackend\nassert not RaplBackend({str(tmp_path)!r}).probe()\n"
        "print([name for name in ('ctypes', 'numpy', 'logging', 'pyRAPL') if name in sys.modules])"
    )
    assert loaded.strip() == "[]"


def test_the_default_is_perf_then_powercap(made: MadeTree) -> None:
    assert source_of(RaplBackend(made.root, machine="x86_64", kernel=MadeKernel(made))) == "perf_event"
    assert "pyrapl" in set(SOURCES) - set(DEFAULT_SOURCES), "pyRAPL is taken only when asked for"


def test_sources_override_the_order(made: MadeTree) -> None:
    kernel = MadeKernel(made)
    assert source_of(RaplBackend(made.root, ["powercap", "perf"], kernel=kernel)) == "powercap"
    assert kernel.opened == []


def test_sources_may_be_named_in_the_environment(made: MadeTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTWHAT_RAPL_ROOT", str(made.root))
    monkeypatch.setenv("WATTWHAT_RAPL_SOURCES", "powercap, perf")
    kernel = MadeKernel(made)
    made_of = functools.partial(RaplBackend, kernel=kernel)
    assert source_of(open_backend(Plugin("rapl", None, lambda: made_of))) == "powercap"


@pytest.mark.parametrize("sources", [["msr"], [], "all"])
def test_a_source_that_does_not_exist_is_named(sources: object) -> None:
    with pytest.raises(ArgumentError, match="expected one or more of perf, powercap, hwmon, pyrapl"):
        RaplBackend(sources=sources)  # type: ignore[arg-type]


def test_a_wrong_option_is_told_with_what_there_is_and_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTWHAT_RAPL_SOURCES", "msr")
    [found] = survey(plugins={"rapl": Plugin("rapl", None, lambda: RaplBackend)})
    assert not found.availability
    assert "'msr'; expected one or more of perf" in found.availability.reason
    assert "WATTWHAT_RAPL_SOURCES" in found.availability.reason
    assert "option" in found.availability.remedy


def test_meters_may_be_opened_twice_and_closed_apart(made: MadeTree) -> None:
    backend = RaplBackend(made.root, ["powercap"])
    first, second = backend.meters(), backend.meters()
    assert [one.channel for one in first] == [one.channel for one in second]
    for meter in first:
        meter.close()
    assert second[0].read().value == 9000.0
    for meter in second:
        meter.close()


def test_all_sources_refused_is_a_backend_error(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="modprobe"):
        RaplBackend(MadeTree(tmp_path).root, machine="x86_64").meters()


def test_ids_are_the_same_in_another_process(made: MadeTree) -> None:
    here = [meter.channel.id for meter in RaplBackend(made.root, ["powercap"]).meters()]
    there = run(
        "from wattwhat_rapl import RaplBackend\n"
        f"print([meter.channel.id for meter in RaplBackend({str(made.root)!r}, ['powercap']).meters()])"
    )
    assert there.strip() == str(here)
