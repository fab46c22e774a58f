"""The verb measure: options reach measure(), standard output is the JSON's alone, mistakes are told first."""

import functools
import importlib.util
import json
import math
import sys

import pytest

from tests.cli.made import Counter, Made, channel
from wattwhat import Measurement
from wattwhat.cli import main

SHORT = ["--min-seconds", "0.01", "--max-seconds", "0.2"]

BENCH = """
import functools

calls = []

def step():
    calls.append(1)
    print("a line of the function's own")

def needs(batch):
    return batch

bound = functools.partial(needs, 3)

def fails():
    return 1 / 0

def quits():
    raise SystemExit(4)

number = 3

class Net:
    def forward(self, x):
        return x
    __call__ = forward

net = Net()

def no_inputs():
    raise OSError("the disk is gone")
"""


@pytest.fixture
def bench(tmp_path, monkeypatch, plugins):
    """A module of the user's own in the current folder, and a made supply to measure it with."""
    (tmp_path / "cli_bench.py").write_text(BENCH, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    plugins(made=Made([Counter(channel("supply", gain_error=0.01, update_period_s=1e-5))]))
    yield tmp_path
    sys.modules.pop("cli_bench", None)


def error_of(capsys, *words):
    assert main(["measure", *words]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("wattwhat: error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_json_alone_leaves_standard_output_to_one_measurement(bench, capsys):
    assert main(["measure", "cli_bench:step", "--json", *SHORT]) == 0
    captured = capsys.readouterr()
    (line,) = captured.out.splitlines()
    found = Measurement.from_dict(json.loads(line))
    assert (found.label, found.provenance) == ("cli_bench:step", "measured")
    # the meter is read just outside of each block, so it cannot show less
    assert 0.0 < 100.0 * found.duration_s <= found.energy_j.interval(0.997)[1]
    assert "a line of the function's own" in captured.err


def test_text_goes_to_standard_output(bench, capsys):
    assert main(["measure", "cli_bench:bound", "--label", "mine", *SHORT]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("mine: ")
    assert "J (k=2), measured" in captured.out
    assert captured.err == ""


def test_a_file_holds_the_measurement_as_one_line(bench, capsys):
    assert main(["measure", "cli_bench:bound", "--json", "result.jsonl", *SHORT]) == 0
    (line,) = (bench / "result.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["schema"] == 2
    assert capsys.readouterr().out == ""


def test_json_may_stand_before_the_target(bench, capsys):
    assert main(["measure", *SHORT, "--json", "cli_bench:bound"]) == 0
    assert json.loads(capsys.readouterr().out)["label"] == "cli_bench:bound"


def test_json_does_not_swallow_what_was_meant_otherwise(bench, capsys):
    source = (bench / "cli_bench.py").read_bytes()
    assert "looks like MODULE:FUNCTION" in error_of(capsys, "--json", "cli_bench:bound", "cli_bench:step")
    assert "cli_bench.py' exists" in error_of(capsys, "--json", "cli_bench.py", "cli_bench:step")
    assert "expected MODULE:FUNCTION" in error_of(capsys, "--json", "cli_bench.py")
    assert (bench / "cli_bench.py").read_bytes() == source
    assert not (bench / "cli_bench:bound").exists()


def test_a_result_replaces_the_one_before(bench, capsys):
    for label in ("first", "second"):
        words = ["cli_bench:bound", "--label", label, "--json", "result.jsonl", *SHORT]
        assert main(["measure", *words]) == 0
    (line,) = (bench / "result.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["label"] == "second"


def test_options_reach_measure(bench, capsys, monkeypatch):
    asked = {}

    def measure(target, inputs=None, **options):
        asked.update(options, target=target, inputs=inputs)
        return Measurement.from_dict(
            {
                "schema": 1,
                "label": "x",
                "provenance": "measured",
                "energy_j": {"value": 1, "u": 1, "unit": "J"},
            }
        )

    monkeypatch.setattr("wattwhat.measuring.measure.measure", measure)
    options = ["--items-per-call", "32", "--precision", "0.02", "--min-seconds", "2", "--max-seconds", "9"]
    assert main(["measure", "cli_bench:bound", *options, "--backends", "made, other", "--label", "mine"]) == 0
    del asked["progress"]
    assert isinstance(asked.pop("target"), functools.partial)
    assert asked == {
        "inputs": None,
        "items_per_call": 32.0,
        "precision": 0.02,
        "min_seconds": 2.0,
        "max_seconds": 9.0,
        "backends": ["made", "other"],
        "label": "mine",
    }
    asked.clear()
    assert main(["measure", "cli_bench:bound"]) == 0
    assert set(asked) == {"target", "inputs", "backends", "label", "progress"}  # its own defaults hold


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "expected MODULE:FUNCTION"),
        (["cli_bench:stp"], "did you mean 'step'?"),
        (["cli_bench:number"], "is not callable, it is of type int"),
        (["cli_bench:needs"], "takes (batch)"),
        (["cli_bench:net"], "--inputs MODULE:NAME"),
        (["cli_bench:step", "--inputs", "cli_bench:number"], "no torch.nn.Module"),
        (["cli_bench:net", "--inputs", "cli_bench:no_inputs"], "OSError: the disk is gone"),
        (["cli_bench:net", "--inputs", "cli_bench:nothing"], "--inputs: cli_bench has no 'nothing'"),
        (["cli_bench:step", "--precision", "nan"], "precision"),
        (["cli_bench:step", "--precision", "5"], "precision"),
        (["cli_bench:step", "--precision", "low"], "--precision"),
        (["cli_bench:step", "--items-per-call", "0"], "--items-per-call"),
        (["cli_bench:step", "--min-seconds", "4", "--max-seconds", "2"], "--min-seconds"),
        (["cli_bench:step", "--backends", "absent"], "there is no 'absent' here"),
        (["cli_bench:step", "--backends", ""], "backends"),
        (["cli_bench:step", "--json", "missing/result.jsonl"], "there is no folder 'missing'"),
    ],
)
def test_a_mistake_is_told_before_anything_is_run(words, told, bench, capsys):
    assert told in error_of(capsys, *words)
    module = sys.modules.get("cli_bench")
    assert module is None or module.calls == []


def test_a_function_that_fails_is_told_with_its_place(bench, capsys):
    told = error_of(capsys, "cli_bench:fails", *SHORT)
    line = 1 + BENCH.splitlines().index("    return 1 / 0")
    assert f"ZeroDivisionError: division by zero at cli_bench.py, line {line}" in told


def test_a_function_that_quits_does_not_pass_for_a_success(bench, capsys):
    assert "ended the program (SystemExit: 4)" in error_of(capsys, "cli_bench:quits", *SHORT)


@pytest.mark.torch
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_a_torch_model_is_measured_on_its_inputs(bench, capsys):
    (bench / "cli_nets.py").write_text(
        "import torch\n\nmodel = torch.nn.Linear(4, 2)\n\ndef images():\n    return torch.zeros(8, 4)\n"
    )
    try:
        words = ["cli_nets:model", "--inputs", "cli_nets:images", "--json", *SHORT]
        assert main(["measure", *words]) == 0
    finally:
        sys.modules.pop("cli_nets", None)
    found = json.loads(capsys.readouterr().out)
    assert found["items"] == 8 * found["calls"]
    assert math.isfinite(found["energy_j"]["value"])
