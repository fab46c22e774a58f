"""jtop: only ever in a child process, with its real client where that is installed, else with a stand-in."""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.jetson import jtop_server
from wattwhat.errors import BackendError, MeterLostError
from wattwhat.records.containment import counted_ids
from wattwhat_jetson import JetsonBackend
from wattwhat_jetson._jtop import command, explain, parse_line, trouble
from wattwhat_jetson._jtop_child import sample

POWER = {
    "rail": {
        "VDD_IN": {"volt": 5000, "curr": 1400, "power": 7000, "avg": 6900, "online": True, "type": "INA3221"},
        "VDD_CPU_GPU_CV": {"volt": 5000, "curr": 200, "power": 1000, "avg": 1000, "online": True},
        "VDD_SOC": {"volt": 5000, "curr": 300, "power": 1500, "avg": 1500, "online": True},
        "ucsi-source-psy-1": {"power": 60000, "online": True, "type": "USB"},
        "VDD_OFF": {"power": 3, "online": False},
        "VDD_SILENT": {"volt": 5000},
    },
    "tot": {"power": 7000, "avg": 6900, "name": "VDD_IN"},
}
real_client = pytest.mark.skipif(
    importlib.util.find_spec("jtop") is None,
    reason="jetson-stats is not installed (AGPL-3.0, so nothing depends on it): pip install jetson-stats",
)


@given(st.dictionaries(st.text(min_size=1), st.integers(-10_000, 400_000), min_size=1))
def test_rails_come_back_in_watts(rails: dict[str, int]) -> None:
    expected = {name: milliwatt / 1000.0 for name, milliwatt in rails.items()}
    assert parse_line(json.dumps({"rails": rails})) == pytest.approx(expected)


@given(st.text())
def test_lines_of_others_are_passed_over(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize("line", ["[]", "{}", '{"rails": []}', '{"rails": {}}', "12", "null"])
def test_json_of_others_is_passed_over(line: str) -> None:
    assert parse_line(line) is None


def test_only_measured_rails_are_taken() -> None:
    assert sample(POWER) == {
        "VDD_IN": 7000,
        "VDD_CPU_GPU_CV": 1000,
        "VDD_SOC": 1500,
        "ucsi-source-psy-1": 60000,
    }
    assert sample({}) == {}
    assert sample(None) == {}


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (
            "The jtop.service is not active. Please run:\nsudo jtop --install-service",
            "enable --now jtop.service",
        ),
        ("I can't access jtop.service.\nPlease logout or reboot this board.", "usermod -aG jtop"),
        ("Mismatch version jtop service: [7.1.0] and client: [7.2.2].", "same version"),
        ("Mismatch of Python versions between library and service", "jtop_python"),
        ("Authentication with jetson-stats server failed", "reinstall jetson-stats"),
        ("No module named 'jtop'", "pip install jetson-stats"),
        ("something new", "journalctl -u jtop.service"),
    ],
)
def test_what_the_client_says_leads_to_what_mends_it(said: str, remedy: str) -> None:
    reason, found = explain(said)
    assert remedy in found
    assert "\n" not in reason
    with pytest.raises(MeterLostError, match="jtop: "):
        parse_line(json.dumps({"error": said}))


def test_the_child_runs_with_the_interpreter_that_was_named() -> None:
    assert command(None, 1.0)[0] == sys.executable
    assert command("/opt/python", 0.5)[::2] == ["/opt/python", "0.5"]


def test_an_interpreter_that_is_none_is_refused(tmp_path: Path) -> None:
    found = trouble(str(tmp_path), str(tmp_path / "python"))
    assert found is not None
    assert "no program" in found[0]


def program(path: Path, *words: str) -> str:
    """A script that stands for an interpreter."""
    path.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in words) + ' "$@"\n')
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def jetson(tmp_path: Path) -> Path:
    folder = tmp_path / "root/proc/device-tree"
    folder.mkdir(parents=True)
    (folder / "model").write_text("NVIDIA Jetson Orin Nano Developer Kit\0")
    return tmp_path / "root"


def stand_in(tmp_path: Path, body: str) -> str:
    """An interpreter that finds a module jtop with this class body."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "jtop.py").write_text(
        "import multiprocessing, time\n"
        "multiprocessing.set_start_method('fork', force=True)\n"
        "print('jtop greets on stdout')\n"
        f"class jtop:\n    def __init__(self, interval): self.interval = interval\n{body}"
        "    def __exit__(self, *error): pass\n"
    )
    return program(tmp_path / "python", "/usr/bin/env", f"PYTHONPATH={folder}", sys.executable)


SERVES = (
    "    def __enter__(self): return self\n"
    "    def ok(self): time.sleep(0.01); return True\n"
    f"    power = {POWER!r}\n"
)


def test_rails_are_read_through_a_child_and_this_process_stays_as_it_is(tmp_path: Path, jetson: Path) -> None:
    method = multiprocessing.get_start_method(allow_none=True)
    before = "jtop" in sys.modules
    backend = JetsonBackend(
        root=str(jetson),
        sources=("jtop",),
        jtop_python=stand_in(tmp_path, SERVES),
        interval_s=0.05,
        start_s=300.0,
    )
    assert backend.probe().available
    meters = backend.meters()
    watts = {meter.channel.id.rpartition("/")[2]: meter.read().value for meter in meters}
    assert watts == pytest.approx({"VDD_IN": 7.0, "VDD_CPU_GPU_CV": 1.0, "VDD_SOC": 1.5})
    assert counted_ids(meter.channel for meter in meters) == {meters[0].channel.id}
    assert any("ucsi-source-psy-1" in note for note in backend.notes)
    for meter in meters:
        meter.close()
    assert multiprocessing.get_start_method(allow_none=True) == method
    assert ("jtop" in sys.modules) == before


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "    def __enter__(self): raise RuntimeError('I can\\'t access jtop.service')\n",
            "usermod -aG jtop",
        ),
        (
            "    def __enter__(self): return self\n    def ok(self): return False\n",
            "no data for three intervals",
        ),
        ("    def __enter__(self): raise SystemExit('The jtop.service is not active')\n", "systemctl enable"),
    ],
)
def test_a_refusal_becomes_reason_and_remedy(tmp_path: Path, jetson: Path, body: str, said: str) -> None:
    python = stand_in(tmp_path, body)
    backend = JetsonBackend(root=str(jetson), sources=("jtop",), jtop_python=python, start_s=300.0)
    with pytest.raises(BackendError, match=said):
        backend.meters()


def test_an_interpreter_without_jtop_is_told_how_to_get_it(tmp_path: Path, jetson: Path) -> None:
    python = program(tmp_path / "python", sys.executable, "-SE")  # -S: without site-packages
    backend = JetsonBackend(root=str(jetson), sources=("jtop",), jtop_python=python, start_s=300.0)
    with pytest.raises(BackendError, match=r"No module named 'jtop'.*pip install jetson-stats"):
        backend.meters()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Any]:
    """Start a stand-in of the service; gives an interpreter whose jtop talks to it."""
    running: list[subprocess.Popen[bytes]] = []

    def start(version: str) -> str:
        socket, state = tmp_path / "jtop.sock", tmp_path / "power.json"
        state.write_text(json.dumps(POWER))
        server = [sys.executable, jtop_server.__file__, str(socket), str(state), version]
        running.append(subprocess.Popen(server, stdout=subprocess.PIPE))
        assert running[-1].stdout is not None
        assert running[-1].stdout.readline() == b"ready\n"
        patch = tmp_path / "patch.py"
        patch.write_text(jtop_server.PATCH.format(socket=str(socket)))
        return program(tmp_path / "python", sys.executable, str(patch))

    yield start
    for process in running:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def client_version() -> str:
    from importlib.metadata import version

    return version("jetson-stats")


@real_client
def test_the_real_client_reads_our_service(service: Any, jetson: Path) -> None:
    python = service(client_version())
    backend = JetsonBackend(
        root=str(jetson), sources=("jtop",), jtop_python=python, interval_s=0.2, start_s=300.0
    )
    meters = backend.meters()
    watts = {meter.channel.id.rpartition("/")[2]: meter.read().value for meter in meters}
    assert watts == pytest.approx({"VDD_IN": 7.0, "VDD_CPU_GPU_CV": 1.0, "VDD_SOC": 1.5})
    for meter in meters:
        meter.close()


@real_client
def test_the_real_client_refuses_another_version_in_our_words(service: Any, jetson: Path) -> None:
    backend = JetsonBackend(root=str(jetson), sources=("jtop",), jtop_python=service("0.1.0"), start_s=300.0)
    with pytest.raises(BackendError, match=r"Mismatch version.*same version"):
        backend.meters()


@real_client
@pytest.mark.skipif(os.path.exists("/run/jtop.sock"), reason="the real service runs here")
def test_the_real_client_without_a_service_says_how_to_start_it(jetson: Path) -> None:
    assert trouble("/", None) == explain("The jtop.service is not active (/run/jtop.sock is missing)")
    backend = JetsonBackend(root=str(jetson), sources=("jtop",), jtop_python=sys.executable, start_s=300.0)
    with pytest.raises(BackendError, match=r"not active.*systemctl enable --now jtop.service"):
        backend.meters()
