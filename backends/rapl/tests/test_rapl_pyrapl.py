"""pyRAPL as a named source: the real library over a made /sys in a mount namespace of its own."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rapl_tree import MadeTree

import wattwhat
from wattwhat_rapl import RaplBackend

PATHS = [
    str(Path(__file__).resolve().parents[1]),
    str(Path(__file__).resolve().parent),
    str(Path(wattwhat.__file__).resolve().parents[1]),
]
installed = pytest.mark.skipif(importlib.util.find_spec("pyRAPL") is None, reason="pyRAPL is not installed")


def can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /sys"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run_over(made: MadeTree, code: str) -> object:
    """Run code in a process that sees the made tree's /sys; what it prints last is JSON."""
    if not can_mount():
        pytest.skip("this process may not make a mount namespace (unshare -rm)")
    program = f"import sys, json; sys.path[:0] = {PATHS!r}\nfrom wattwhat_rapl import RaplBackend\n{code}"
    script = f'mount --bind {made.root}/sys /sys && exec "$0" -W error::SyntaxWarning -c "$1"'
    child = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, sys.executable, program],
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    assert child.stderr == ""
    return json.loads(child.stdout.splitlines()[-1])


@pytest.fixture
def made(tmp_path: Path) -> MadeTree:
    made = MadeTree(tmp_path).cpus({0: (0, 0), 1: (1, 0)})
    made.write("sys/devices/system/cpu/present", "0-1")
    # pyRAPL wants its zones below the control type, in the class directory.
    for socket in range(2):
        for key, name, energy_uj in [
            (f"intel-rapl:{socket}", f"package-{socket}", 9_000_000 + socket),
            (f"intel-rapl:{socket}/intel-rapl:{socket}:0", "dram", 4_000_000 + socket),
        ]:
            base = f"sys/class/powercap/intel-rapl/{key}"
            made.write(f"{base}/name", name)
            made.write(f"{base}/energy_uj", energy_uj)
            made.write(f"{base}/max_energy_range_uj", 262143328850)
    return made


@installed
def test_raw_counters_come_with_our_range(made: MadeTree) -> None:
    found = run_over(
        made,
        "b = RaplBackend(sources=['pyrapl'])\n"
        "meters = b.meters()\n"
        "print(json.dumps([b.version, [[m.channel.id.split('/rapl/')[1], m.read().value, m.channel.wrap_j,"
        " m.channel.source] for m in meters]]))",
    )
    version, rows = found  # type: ignore[misc]
    assert version == "0.2.3.1"
    wrap_j = 262143.328851
    assert rows == [
        ["package-0", 9.0, wrap_j, "pyRAPL 0.2.3.1 intel-rapl:0"],
        ["package-1", 9.000001, wrap_j, "pyRAPL 0.2.3.1 intel-rapl:1"],
        ["package-0/dram", 4.0, wrap_j, "pyRAPL 0.2.3.1 intel-rapl:0:0"],
        ["package-1/dram", 4.000001, wrap_j, "pyRAPL 0.2.3.1 intel-rapl:1:0"],
    ]


@installed
def test_importing_it_leaves_the_root_logger_alone(made: MadeTree) -> None:
    state = run_over(
        made,
        "import logging, warnings\n"
        "RaplBackend(sources=['pyrapl']).probe()\n"
        "root = logging.getLogger()\n"
        "print(json.dumps([len(root.handlers), len(root.filters), root.level, 'pyRAPL' in sys.modules]))",
    )
    assert state == [0, 0, 30, True]


@installed
def test_a_failed_reading_and_a_closed_meter_and_a_fork(made: MadeTree) -> None:
    told = run_over(
        made,
        "import os\nfrom wattwhat.errors import MeterError, MeterLostError\n"
        "m = RaplBackend(sources=['pyrapl']).meters()[0]\n"
        "path = '/sys/class/powercap/intel-rapl/intel-rapl:0/energy_uj'\n"
        "out = []\n"
        "pid = os.fork()\n"
        "if pid == 0: os._exit(0 if m.read().value == 9.0 else 1)\n"
        "out.append(os.waitpid(pid, 0)[1])\n"
        "open(path, 'w').write('')\n"
        "try: m.read()\n"
        "except MeterError as err: out.append(type(err).__name__)\n"
        "open(path, 'w').write('5000000\\n'); out.append(m.read().value)\n"
        "m.close(); m.close()\n"
        "try: m.read()\n"
        "except MeterLostError as err: out.append(type(err).__name__)\n"
        "print(json.dumps(out))",
    )
    assert told == [0, "MeterError", 5.0, "MeterLostError"]


@installed
def test_what_pyrapl_cannot_read_is_explained_and_our_reader_serves(made: MadeTree) -> None:
    for file in made.root.glob("sys/class/powercap/intel-rapl/*/*/name"):
        file.write_text("core\n")
    answers = run_over(
        made,
        "names = lambda s: sorted(m.channel.id.split('/rapl/')[1] for m in RaplBackend(sources=s).meters())\n"
        "print(json.dumps([names(['pyrapl']), names(['pyrapl', 'powercap'])]))",
    )
    assert answers == [
        ["package-0", "package-1"],
        ["package-0", "package-0/core", "package-1", "package-1/core"],
    ]


def test_a_machine_without_pyrapl_says_how_to_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyRAPL", None)
    answer = RaplBackend("/", ["pyrapl"]).probe()
    assert not answer
    assert "pyRAPL cannot serve" in answer.reason
    assert "leave WATTWHAT_RAPL_SOURCES unset" in answer.remedy


def test_pyrapl_knows_one_tree_only(made: MadeTree) -> None:
    answer = RaplBackend(made.root, ["pyrapl"]).probe()
    assert "it reads /sys only" in answer.reason
