"""The fixture in a pytest of its own, over a made supply or over the estimate."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli import made

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[2]
SHORT = "min_seconds=0.01, max_seconds=0.1"
ENOUGH = "min_seconds=0.01, max_seconds=60"  # a busy machine gets as long as the blocks need
# A supply that gives the same joules to every call, however long the machine takes over it.
TEST = f"""
import time
from wattwhat import Availability, Backend, Channel, Meter, Reading

drawn = [0.0]

def step():
    drawn[0] += 1e-5

class Supply(Meter):
    channel = Channel("lab1/made/supply", "made", "a made supply", "wall", "energy",
                      update_period_s=1e-6, gain_error=0.01, max_power_w=1000.0)
    def read(self):
        return Reading(time.monotonic_ns(), drawn[0])

class Steady(Backend):
    def probe(self):
        return Availability(True, "reads a made supply")
    def meters(self):
        return [Supply()]

def test_step(energy):
    measurement = energy(step, items_per_call=4, backends=[Steady()], {ENOUGH})
    assert measurement.items == 4 * measurement.calls
"""

PLAIN = f"""
def test_step(energy):
    energy(lambda: sum(range(1000)), items_per_call=4, {SHORT})
"""


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run pytest over a test file; the made backend is the only one unless another is named."""
    made.install(pytester.path)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{pytester.path}")
    # the plugin may be installed by its entry point here, or not: this way it is loaded once
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(*words: str, test: str = TEST, backend: str = "made", ini: str = "") -> pytest.RunResult:
        monkeypatch.setenv("WATTWHAT_BACKENDS", backend)
        pytester.makepyfile(test_energy=test)
        pytester.makeini(f"[pytest]\n{ini}")
        return pytester.runpytest_subprocess("-p", "wattwhat.integrations.pytest_plugin", "-rs", *words)

    return run


def scale(path: Path, factor: float) -> None:
    """Make the stored baseline cheaper or dearer."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for data in lines:
        for quantity in (data["energy_j"], *(entry["energy_j"] for entry in data["channels"])):
            quantity["value"] *= factor
            quantity["u"] *= factor
        data["budget"] = [[source, u * factor] for source, u in data["budget"]]
    path.write_text("".join(json.dumps(data) + "\n" for data in lines), encoding="utf-8")


def test_store_then_pass_then_fail(inner: Any, pytester: pytest.Pytester) -> None:
    baseline = pytester.path / "energy-baseline.jsonl"
    stored = inner("--energy-update")
    stored.assert_outcomes(passed=1)
    stored.stdout.fnmatch_lines(["*= energy =*", "stored: test_energy.py::test_step: * J (k=2) per call"])
    assert json.loads(baseline.read_text(encoding="utf-8"))["label"] == "test_energy.py::test_step"

    scale(baseline, 10.0)  # now it takes a tenth
    cheaper = inner()
    cheaper.assert_outcomes(passed=1)
    cheaper.stdout.fnmatch_lines(["passed: test_energy.py::test_step: * less energy per item *"])

    scale(baseline, 0.001)  # now it takes a hundred times as much
    dearer = inner()
    dearer.assert_outcomes(failed=1)
    dearer.stdout.fnmatch_lines(["*energy failed: test_energy.py::test_step: * more energy per item *"])
    before = baseline.read_text(encoding="utf-8")
    assert inner("--energy-update").ret == 0
    assert baseline.read_text(encoding="utf-8") != before


def test_what_cannot_be_told_passes_and_is_said(inner: Any, pytester: pytest.Pytester) -> None:
    inner("--energy-update")
    baseline = pytester.path / "energy-baseline.jsonl"
    data = json.loads(baseline.read_text(encoding="utf-8"))
    data["energy_j"]["u"] = data["energy_j"]["value"]
    data["budget"] = [["repeats", data["energy_j"]["value"]]]
    baseline.write_text(json.dumps(data) + "\n", encoding="utf-8")
    found = inner()
    found.assert_outcomes(passed=1)
    found.stdout.fnmatch_lines(["cannot tell: test_energy.py::test_step: *"])


def test_without_a_baseline_it_says_how_to_store_one(inner: Any) -> None:
    found = inner()
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        ["*no baseline of 'test_energy.py::test_step' in energy-baseline.jsonl: run pytest --energy-update*"]
    )


def test_without_a_sensor_it_is_skipped_unless_estimates_are_allowed(
    inner: Any, pytester: pytest.Pytester
) -> None:
    found = inner("--energy-update", backend="model", test=PLAIN)
    found.assert_outcomes(skipped=1)
    found.stdout.fnmatch_lines(["*no energy sensor here*energy_estimates = true*"])
    assert not (pytester.path / "energy-baseline.jsonl").exists()
    ini = "energy_estimates = true"
    inner("--energy-update", backend="model", test=PLAIN, ini=ini).assert_outcomes(passed=1)
    allowed = PLAIN.replace("items_per_call=4", "items_per_call=4, estimates=True")
    inner("--energy-update", backend="model", test=allowed).assert_outcomes(passed=1)


def test_a_baseline_of_another_machine_skips(inner: Any, pytester: pytest.Pytester) -> None:
    inner("--energy-update")
    baseline = pytester.path / "energy-baseline.jsonl"
    baseline.write_text(baseline.read_text(encoding="utf-8").replace("a made supply", "another supply"))
    found = inner()
    found.assert_outcomes(skipped=1)
    found.stdout.fnmatch_lines(["*measured on another supply, this is a made supply*"])


def test_other_items_a_call_are_a_failure(inner: Any) -> None:
    inner("--energy-update")
    found = inner(test=TEST.replace("items_per_call=4", "items_per_call=5").replace("4 *", "5 *"))
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*items per call differ: 5 (A), 4 (B)*"])


def test_a_backend_that_cannot_serve_skips(inner: Any) -> None:
    found = inner(backend="absent", test=PLAIN)
    found.assert_outcomes(skipped=1)
    found.stdout.fnmatch_lines(["*no backend 'absent'*"])


def test_the_file_may_be_named_and_holds_every_test(inner: Any, pytester: pytest.Pytester) -> None:
    two = f"""
def test_a(energy):
    energy(lambda: sum(range(1000)), {SHORT})
    energy(lambda: sum(range(1000)), label="again", {SHORT})

def test_b(energy):
    energy(lambda: sum(range(1000)), {SHORT})
"""
    inner("--energy-update", test=two, ini="energy_baseline = kept/mine.jsonl").assert_outcomes(passed=2)
    lines = (pytester.path / "kept" / "mine.jsonl").read_text(encoding="utf-8").splitlines()
    labels = [json.loads(line)["label"] for line in lines]
    assert labels == ["test_energy.py::test_a", "test_energy.py::test_a again", "test_energy.py::test_b"]


def test_two_callables_of_one_test_need_labels(inner: Any) -> None:
    twice = f"""
def test_a(energy):
    for _ in range(2):
        energy(lambda: sum(range(1000)), {SHORT})
"""
    found = inner("--energy-update", test=twice)
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*give each its own label=*"])


def test_loading_the_plugin_loads_nothing_of_wattwhat(inner: Any, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
def pytest_sessionfinish(session):
    import sys
    heavy = sorted(name for name in sys.modules if name.split(".")[0] in ("numpy", "attr", "attrs", "torch"))
    ours = sorted(name for name in sys.modules if name.split(".")[0] == "wattwhat")
    print("LOADED", heavy, ours)
"""
    )
    found = inner("-s", test="def test_nothing(): pass")
    found.stdout.fnmatch_lines(
        [
            "*LOADED * ['wattwhat', 'wattwhat._version', 'wattwhat.integrations', *pytest_plugin', "
            "'wattwhat.records', 'wattwhat.records.lazy']*"
        ]
    )
    script = "import sys, pytest; before = set(sys.modules); import wattwhat.integrations.pytest_plugin; " + (
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert eval(done.stdout) == [
        "wattwhat",
        "wattwhat._version",
        "wattwhat.integrations",
        "wattwhat.integrations.pytest_plugin",
        "wattwhat.records",
        "wattwhat.records.lazy",
    ]


def test_without_the_fixture_nothing_is_said(inner: Any) -> None:
    found = inner(test="def test_nothing(): pass")
    found.assert_outcomes(passed=1)
    assert "= energy =" not in found.stdout.str()
