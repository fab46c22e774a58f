"""Runtimes, and what a row says of a torch model: like outputs, counted, or a reason why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.study.cell import Cell
from wattwhat.study.impossible import NotPossibleError
from wattwhat.study.job import Job
from wattwhat.study.measured_cell import measure_cell
from wattwhat.study.models import Built
from wattwhat.study.models.function import build
from wattwhat.study.parity import flat_arrays, parity
from wattwhat.study.runtimes import prepared

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def net():
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(4 * 6 * 6, 5)]
    return torch.nn.Sequential(*layers)


def images(batch=2):
    return torch.randn(batch, 3, 8, 8, generator=torch.Generator().manual_seed(1))


class Named(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = net()

    def forward(self, pixels, scale):
        return {"logits": self.inner(pixels) * scale}


def outputs(runtime, precision="fp32", model=None, inputs=None):
    built = Built(net() if model is None else model, images() if inputs is None else inputs)
    return prepared(built, Cell("m:net", batch_size=2, runtime=runtime, precision=precision)).call()


def reference():
    with torch.inference_mode():
        return net().eval()(images())


@pytest.mark.parametrize(
    ("runtime", "precision", "most"),
    [
        ("eager", "fp32", 0.0),
        ("eager", "bf16", 0.05),
        ("eager", "int8", 0.1),
        ("export", "fp32", 1e-5),
        ("onnxruntime", "fp32", 1e-4),
        ("onnxruntime", "fp16", 0.05),
        ("onnxruntime", "int8", 0.2),
        ("onnxruntime", "int8-static", 0.2),
    ],
)
def test_a_runtime_gives_nearly_the_same_outputs(runtime, precision, most):
    if runtime == "onnxruntime":
        for library in ("onnx", "onnxscript", "onnxruntime"):
            pytest.importorskip(library)
    found = parity(reference(), outputs(runtime, precision))
    assert found.reason == ""
    assert found.error <= most
    if precision != "fp32":
        assert found.error > 0


def test_compile_is_given_its_mode(monkeypatch):
    asked = []
    monkeypatch.setattr(torch, "compile", lambda model, **how: asked.append(how) or model)
    assert parity(reference(), outputs("compile:max-autotune")).error == 0
    outputs("compile")
    assert asked == [{"mode": "max-autotune"}, {"mode": None}]


@pytest.mark.parametrize("runtime", ["eager", "export", "onnxruntime"])
def test_inputs_may_have_names(runtime):
    if runtime == "onnxruntime":
        for library in ("onnx", "onnxscript", "onnxruntime"):
            pytest.importorskip(library)
    inputs = {"pixels": images(), "scale": torch.tensor(2.0)}
    with torch.inference_mode():
        wanted = Named().eval()(**inputs)
    assert parity(wanted, outputs(runtime, model=Named(), inputs=inputs)).error < 1e-4


@pytest.mark.parametrize(
    ("runtime", "precision", "words"),
    [
        ("eager:fast", "fp32", "eager has no mode 'fast'"),
        ("compile:fast", "fp32", "its modes are default"),
        ("onnxruntime", "bf16", "bf16 has no numpy type"),
        ("eager", "int8-static", "static quantisation is ONNX Runtime's"),
        ("tensorrt", "fp32", "tensorrt"),
        ("openvino", "fp16", "openvino"),
    ],
)
def test_what_a_runtime_cannot_do_is_told(runtime, precision, words):
    if runtime == "onnxruntime":
        pytest.importorskip("onnxscript", reason="onnxscript, which torch exports with")
    with pytest.raises(NotPossibleError, match=words):
        outputs(runtime, precision)


def test_a_model_without_linear_layers_is_not_called_quantised():
    with pytest.raises(NotPossibleError, match="this model has none"):
        outputs("eager", "int8", model=torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3)))


@given(st.floats(0.05, 0.95))
def test_pruning_sets_that_part_of_each_layer_to_zero_and_says_so(part):
    model = net()
    ready = prepared(Built(model, images()), Cell("m:net", batch_size=2, pruning=part))
    for layer in (model[0], model[3]):
        zeros = int((layer.weight == 0).sum())
        assert zeros == round(part * layer.weight.numel())
    assert "2 layers" in ready.details["pruned"]
    assert parity(reference(), ready.call()).error > 0


def test_what_has_no_layers_is_not_called_pruned():
    with pytest.raises(NotPossibleError, match="this model has none"):
        prepared(Built(torch.nn.ReLU(), images()), Cell("m:net", pruning=0.5))


def test_a_row_counts_operations_of_one_item(tmp_path, monkeypatch):
    monkeypatch.setenv("WATTWHAT_BACKENDS", "estimate")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "nets_of_the_row.py").write_text(
        "import torch\ndef build(batch_size):\n    return torch.nn.Linear(8, 4), torch.zeros(batch_size, 8)\n"
    )
    how = {"max_seconds": 0.2, "min_seconds": 0.1, "idle": False}
    cell = Cell("nets_of_the_row:build", batch_size=4, precision="bf16")
    m = measure_cell(Job("k", cell, how, str(tmp_path), {"accuracy": 0.5}, {"accuracy_source": "a table"}))
    assert m.metrics["flops"] == 2 * 8 * 4
    assert (m.metrics["activations_matmul"], m.metrics["activations_conv"]) == (4, 0)
    assert (m.metrics["parameters"], m.metrics["weight_bytes"]) == (36, 72)
    assert m.metrics["accuracy"] == 0.5
    assert 0 < m.metrics["parity_error"] < 0.01  # zeros in, a rounded bias out
    assert m.details["accuracy_source"] == "a table"
    assert "flop_counter" in m.details["counting_method"]
    assert m.items == 4 * m.calls


def test_a_function_is_given_what_it_takes_by_name(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "nets_by_name.py").write_text(
        "import torch\n"
        "def sized(image_size, batch_size):\n    return torch.nn.Identity(), (batch_size, image_size)\n"
        "def bare():\n    return torch.nn.Identity()\n"
    )
    assert build("nets_by_name:sized", Cell("m", batch_size=3, image_size=7)).inputs == (3, 7)
    assert build("nets_by_name:bare", Cell("m", batch_size=3, image_size=7)).inputs.shape == (3, 3, 7, 7)


def test_outputs_that_cannot_be_compared_say_why():
    assert parity(torch.zeros(2), torch.zeros(3)).error is None
    assert "infinite" in parity([1.0], [float("nan")]).reason
    assert parity([torch.ones(2), {"a": torch.ones(1)}], [torch.ones(2)]).reason == "2 outputs and 1"
    assert len(list(flat_arrays((torch.ones(2), None, {"x": [1.0, 2.0]})))) == 2
