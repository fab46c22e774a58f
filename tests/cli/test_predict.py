"""The verb predict, as somebody types it."""

import importlib.util
import json
import sys

import pytest

from wattwhat import Measurement
from wattwhat.cli import main

NETS = """
import torch

def model(batch_size=1):
    return torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU())

net = torch.nn.Linear(10, 5)
x = torch.zeros(4, 10)

def rows():
    return torch.zeros(2, 10)

def broken():
    raise OSError("the disk is gone")

def nothing():
    return print
"""
LLM = ["predict", "--parameters", "8e9", "--device", "H100"]

NO_TRANSFORMERS = importlib.util.find_spec("transformers") is None


@pytest.fixture
def nets(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    (tmp_path / "cli_nets.py").write_text(NETS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("cli_nets", None)


@pytest.fixture
def sized_nets(nets, monkeypatch):
    """The same, found by the study's own import."""
    monkeypatch.syspath_prepend(str(nets))
    return nets


def told(words, capsys):
    assert main(words) == 0
    return json.loads(capsys.readouterr().out)


def test_a_model_is_predicted_in_words(nets, capsys):
    assert main(["predict", "cli_nets:model", "--inputs", "2x3x32x32", "--device", "H100"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("cli_nets:model, H100 SXM5, eager, fp32: ")
    for part in ("95 % between", "per item", "at least", "operations x TDP / peak", "by data-sheet"):
        assert part in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.torch
def test_its_json_is_a_measurement(nets, capsys):
    words = ["predict", "cli_nets:model", "--inputs", "2x3x32x32", "--device", "A100", "--precision", "bf16"]
    m = Measurement.from_dict(told([*words, "--label", "small", "--json"], capsys))
    assert (m.provenance, m.label, m.items) == ("predicted", "small", 2)
    assert m.metrics["flops"] == 2 * 32 * 32 * 8 * 27
    assert m.details["cell"]["precision"] == "bf16"


@pytest.mark.torch
@pytest.mark.parametrize(("inputs", "items"), [("cli_nets:x", 4), ("cli_nets:rows", 2), ("7x10", 7)])
def test_inputs_are_shapes_or_names(nets, capsys, inputs, items):
    found = told(["predict", "cli_nets:net", "--inputs", inputs, "--device", "T4", "--json"], capsys)
    assert found["items"] == items


@pytest.mark.torch
def test_a_source_of_models_makes_its_own_inputs(nets, capsys):
    pytest.importorskip("transformers")
    (nets / "config.json").write_text(
        json.dumps(
            {
                "model_type": "bert",
                "hidden_size": 8,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "intermediate_size": 16,
                "vocab_size": 20,
            }
        )
    )
    words = ["predict", "transformers:config.json", "--batch-size", "3", "--device", "T4", "--json"]
    assert told(words, capsys)["items"] == 3


def test_a_request_to_a_language_model(capsys):
    found = told([*LLM, "--output-tokens", "400", "--batch-size", "64", "--json"], capsys)
    low, high = found["details"]["interval_j"]
    assert low < 400 * 0.118580 < high  # J a token: Llama-3.1-8B by ML.ENERGY v3
    assert main([*LLM, "--output-tokens", "400", "--prompt-tokens", "50"]) == 0
    out = capsys.readouterr().out
    assert "of it prefill" in out
    assert "of it decode" in out


def test_a_training(capsys):
    found = told([*LLM, "--train-tokens", "1e12", "--devices", "64", "--pue", "1.2", "--json"], capsys)
    assert found["provenance"] == "predicted"
    assert found["details"]["days"] > 1


def test_a_file_of_devices_of_ones_own(tmp_path, capsys, monkeypatch):
    (tmp_path / "mine.csv").write_text("name,kind,tdp_w,bf16,bandwidth_gb_s\nMy Chip,gpu,50,10,500\n")
    monkeypatch.setenv("WATTWHAT_DEVICES", str(tmp_path / "mine.csv"))
    words = ["predict", "--parameters", "1e9", "--output-tokens", "10", "--device", "my chip", "--json"]
    assert told(words, capsys)["channels"][0]["channel"]["device"] == "My Chip"


@pytest.mark.torch
def test_a_plan_is_predicted_cell_by_cell(sized_nets, capsys, monkeypatch):
    monkeypatch.setattr("os.getloadavg", lambda: (0.5, 0.5, 0.5))  # the plan's time goes by it
    (sized_nets / "plan.toml").write_text(
        'models = ["cli_nets:model", "cli_nets:nothing"]\nbatch_size = [1, 8]\nimage_size = 16\n'
    )
    words = ["predict", "--plan", "plan.toml", "--device", "Xeon Gold 6148"]
    found = told([*words, "--json"], capsys)
    assert found["count"] == len(found["cells"]) == 4
    known = {cell["batch_size"]: cell for cell in found["cells"] if "reason" not in cell}
    assert set(known) == {1, 8}
    assert known[1]["bound_j"] < known[1]["interval_j"][0] < known[1]["energy_per_call_j"]
    assert known[1]["energy_per_call_j"] < known[8]["energy_per_call_j"]
    assert found["most_j"] is None  # of two cells nothing is known
    assert all("expected a torch.nn.Module" in cell["reason"] for cell in found["cells"] if "reason" in cell)
    same = told(["study", "plan", "plan.toml", "--predict", "--device", "Xeon Gold 6148", "--json"], capsys)
    assert same == found
    assert main(["study", "plan", "plan.toml", "--device", "Xeon Gold 6148"]) == 2
    assert "add --predict" in capsys.readouterr().err
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "not predicted: model: expected a torch.nn.Module" in out
    assert "4 cells, one after the other" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "expected one of MODEL, --parameters or --plan, got none"),
        (["m:n", "--parameters", "1e9"], "got model and parameters"),
        (
            ["--parameters", "8e9", "--output-tokens", "9"],
            "--device: expected the name of what the language model will run on",
        ),
        (LLM[1:], "--output-tokens: expected it for a request, or --train-tokens"),
        ([*LLM[1:], "--output-tokens", "0"], "--output-tokens: expected a number above 0"),
        (
            [*LLM[1:], "--output-tokens", "9", "--batch-size", "0"],
            "--batch-size: expected a number of at least 1",
        ),
        (["--plan", "none.toml"], "none.toml"),
    ],
)
def test_bad_input_is_one_sentence_and_2(words, said, capsys):
    assert main(["predict", *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.torch
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["cli_nets:net"], "cli_nets:net is a model; give what it takes: --inputs"),
        (["cli_nets:net", "--inputs", "0x10"], "expected sizes of at least 1, got '0x10'"),
        (["cli_nets:net", "--inputs", "axb"], "expected sizes such as 1x3x224x224"),
        (["cli_nets:net", "--inputs", "1x10:float"], "is not in the catalogue"),
        (["cli_nets:net", "--inputs", "1x10:flat"], "expected sizes such as 1x3x224x224"),
        (["cli_nets:net", "--inputs", "cli_nets:broken"], "cli_nets:broken failed"),
        (["cli_nets:nothing"], "gives no torch.nn.Module"),
        pytest.param(
            ["transformers:brt"],
            "did you mean bert",
            marks=pytest.mark.skipif(NO_TRANSFORMERS, reason="no transformers"),
        ),
        (["cli_nets:none"], "has no 'none'"),
        (["cli_nets:net", "--inputs", "1x11"], "cannot run on shapes alone"),
        (["cli_nets:net", "--inputs", "1x10", "--study", "nowhere"], "'nowhere' cannot be read"),
    ],
)
def test_a_model_that_cannot_be_predicted_is_one_sentence(nets, words, said, capsys):
    assert main(["predict", *words, "--device", "A101" if "catalogue" in said else "A100"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_models_beside_the_plan_are_found_from_anywhere(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "nets_beside_the_plan.py").write_text(
        "import torch\n\n\ndef small():\n    return torch.nn.Linear(4, 2), torch.zeros(1, 4)\n"
    )
    plan = folder / "plan.toml"
    plan.write_text('models = ["nets_beside_the_plan:small"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    status = main(["predict", "--plan", str(plan), "--device", "H100"])
    told = capsys.readouterr().out
    assert "cannot be imported" not in told
    assert status == (2 if "not predicted" in told else 0)
