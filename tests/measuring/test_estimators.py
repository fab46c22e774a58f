"""measure() of what other libraries run, without a lambda: estimators, sessions, functions of inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wattwhat
from wattwhat.errors import ArgumentError
from wattwhat.workloads.choose import make_workload

SHORT: dict[str, Any] = {"max_seconds": 0.2, "min_seconds": 0.05, "idle": None, "backends": ["estimate"]}


class Plain:
    """An estimator of nobody's library: fitted by fit, and it remembers how often."""

    def __init__(self) -> None:
        self.fits: list[int] = []
        self.seen: list[int] = []

    def fit(self, x: Any, y: Any) -> Plain:
        self.fits.append(len(x))
        return self

    def predict(self, x: Any) -> Any:
        self.seen.append(len(x))
        return x


def test_an_estimator_predicts_and_its_rows_are_items() -> None:
    model = Plain()
    found = wattwhat.measure(model, [1, 2, 3], **SHORT)
    assert found.items == 3 * (found.calls or 0) > 0
    assert (found.label, found.details["phase"]) == ("Plain", "inference")
    assert set(model.seen) == {3}


def test_a_fit_leaves_the_estimator_as_it_was() -> None:
    model = Plain()
    found = wattwhat.measure(model.fit, ([1, 2], [0, 1]), **SHORT)
    assert model.fits == []
    assert (found.details["phase"], found.items) == ("training", 2 * (found.calls or 0))


def test_more_arguments_than_predict_takes_are_refused_with_what_to_give_instead() -> None:
    with pytest.raises(ArgumentError, match=r"inputs: .*fit"):
        make_workload(Plain(), ([1, 2], [0, 1]))


def test_rows_are_items_of_what_transforms_too() -> None:
    class Scaler:
        def transform(self, x: Any) -> Any:
            return x

    workload = make_workload(Scaler().transform, np.ones((5, 3)))
    assert (workload.items_per_call, workload.phase) == (5, "inference")


def test_a_function_is_called_with_its_inputs() -> None:
    got: list[Any] = []
    make_workload(lambda *given: got.append(given), (1, 2)).run()
    make_workload(got.append, {"a": 1}).run()
    assert got == [(1, 2), {"a": 1}]
    assert make_workload(got.append, [1, 2, 3]).items_per_call == 1  # who knows what a function's rows are


@pytest.mark.parametrize("target", [3, object(), "text"])
def test_what_cannot_be_run_on_inputs_is_refused(target: Any) -> None:
    with pytest.raises(ArgumentError, match="target"):
        make_workload(target, [1])


def test_train_is_for_modules_only() -> None:
    with pytest.raises(ArgumentError, match=r"train: .*fit"):
        make_workload(Plain(), [1], train=True)


def test_scikit_learn() -> None:
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn, whose estimators are run")
    x, y = np.arange(20.0).reshape(10, 2), np.arange(10) % 2
    model = linear.LogisticRegression()
    fitted = wattwhat.measure(model.fit, (x, y), **SHORT)
    assert not hasattr(model, "coef_")
    assert (fitted.label, fitted.items) == ("LogisticRegression", 10 * (fitted.calls or 0))
    predicted = wattwhat.measure(model.fit(x, y), x[:4], **SHORT)
    assert predicted.items == 4 * (predicted.calls or 0)


def test_xgboost_and_lightgbm() -> None:
    xgboost = pytest.importorskip("xgboost", reason="xgboost, whose boosters are run")
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm, whose estimators are run")
    x, y = np.random.default_rng(0).random((40, 3)), np.arange(40) % 2
    data = xgboost.DMatrix(x, label=y)
    booster = xgboost.train({"max_depth": 2, "nthread": 1}, data, num_boost_round=2)
    assert make_workload(booster, data).items_per_call == 40
    make_workload(booster, data).run()
    tree = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1, n_jobs=1)
    make_workload(tree.fit, (x, y)).run()
    assert not hasattr(tree, "booster_") or tree._Booster is None
    make_workload(tree.fit(x, y), x).run()


def test_an_onnx_session_and_its_feeds() -> None:
    onnx = pytest.importorskip("onnx", reason="onnx, which makes the graph")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime, whose session is run")
    kind = onnx.TensorProto.FLOAT
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Relu", ["x"], ["y"])],
        "g",
        [value("x", kind, ["n", 3])],
        [value("y", kind, ["n", 3])],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    workload = make_workload(session, {"x": np.ones((5, 3), np.float32)})
    (out,) = workload.run()
    assert (out.shape, workload.items_per_call, workload.label) == ((5, 3), 5, "InferenceSession")
    again = make_workload(session.run, (["y"], {"x": np.ones((2, 3), np.float32)}))
    assert (len(again.run()), again.items_per_call, again.phase) == (1, 2, "inference")
    with pytest.raises(ArgumentError, match=r"inputs: .*dict.*'x'"):
        make_workload(session, np.ones((5, 3)))
