"""Log-linear fits: they find made powers, cover new rows, and widen beyond what they have seen."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat.errors import ArgumentError
from wattwhat.predict.loglinear import LogLinear, LogNormal

few = settings(max_examples=25, deadline=None)


def made(rng: Any, rows: int, sd: float, exponents: tuple[float, float] = (0.8, 0.2)) -> Any:
    a, b = np.exp(rng.normal(15, 1.5, rows)), np.exp(rng.normal(17, 1.0, rows))
    y = 1e-6 * a ** exponents[0] * b ** exponents[1] * np.exp(rng.normal(0, sd, rows))
    return {"a": a.tolist(), "b": b.tolist()}, y.tolist()


@few
@given(seed=st.integers(0, 10_000), x=st.floats(0.1, 2.0), y=st.floats(-1.0, 1.0))
def test_powers_without_noise_are_found_exactly(seed: int, x: float, y: float) -> None:
    columns, values = made(np.random.default_rng(seed), 12, 0.0, (x, y))
    fit = LogLinear.fit(columns, values)
    assert fit.coefficients[1:] == pytest.approx([x, y], abs=1e-6)


@pytest.mark.parametrize("rows", [8, 25])
def test_a_new_row_lies_in_the_interval_as_often_as_said(rows: int) -> None:
    rng, inside = np.random.default_rng(1), 0
    for _ in range(300):
        columns, values = made(rng, rows + 1, 0.4)
        fit = LogLinear.fit({name: column[:-1] for name, column in columns.items()}, values[:-1])
        case = {name: column[-1] for name, column in columns.items()}
        said = fit.predict(case)
        inside += said.low <= values[-1] <= said.high
    assert inside >= 0.92 * 300  # 4 standard deviations of a share of 0.95 and more leave this much


def test_rows_of_one_model_are_not_taken_for_many() -> None:
    """Ten rows a model that err alike: a new model lies in the interval all the same."""
    rng, inside, said = np.random.default_rng(2), 0, LogNormal(1.0, 1.0, 1.0)
    for _ in range(200):
        columns, values = made(rng, 9, 0.4)
        rows = [n for n in range(8) for _ in range(10)]
        many = {name: [column[n] for n in rows] for name, column in columns.items()}
        noisy = [values[n] * math.exp(rng.normal(0, 0.02)) for n in rows]
        fit = LogLinear.fit(many, noisy, rows)
        said = fit.predict({name: column[8] for name, column in columns.items()})
        inside += said.low <= values[8] <= said.high
    assert inside >= 0.9 * 200
    blind = LogLinear.fit(many, noisy).predict({name: column[8] for name, column in columns.items()})
    assert blind.spread < said.spread


@few
@given(seed=st.integers(0, 1000), times=st.floats(2.0, 1e4))
def test_it_widens_beyond_its_rows_and_says_by_how_much(seed: int, times: float) -> None:
    columns, values = made(np.random.default_rng(seed), 12, 0.3)
    fit = LogLinear.fit(columns, values)
    edge = {name: max(column) for name, column in columns.items()}
    far = {**edge, "a": edge["a"] * times}
    assert fit.beyond(edge) == {}
    assert fit.beyond(far)["a"] == pytest.approx(times)
    assert fit.predict(far).spread > fit.predict(edge).spread


@few
@given(seed=st.integers(0, 1000), power=st.floats(-1.0, 2.0))
def test_a_given_exponent_is_kept_and_the_rest_is_fitted(seed: int, power: float) -> None:
    columns, values = made(np.random.default_rng(seed), 12, 0.0, (power, 0.3))
    fit = LogLinear.fit(columns, values, fixed={"a": power})
    assert fit.exponents == pytest.approx({"a": power, "b": 0.3}, abs=1e-6)
    assert fit.degrees == 10
    assert fit.predict({"a": columns["a"][0], "b": columns["b"][0]}).median == pytest.approx(
        values[0], rel=1e-6
    )
    assert LogLinear.from_dict(json.loads(json.dumps(fit.to_dict()))).exponents == fit.exponents


@few
@given(seed=st.integers(0, 1000), scale=st.floats(1e-6, 1e6))
def test_units_do_not_matter(seed: int, scale: float) -> None:
    columns, values = made(np.random.default_rng(seed), 10, 0.3)
    one = LogLinear.fit(columns, values).predict({"a": 1e6, "b": 1e7})
    columns["a"] = [value * scale for value in columns["a"]]
    other = LogLinear.fit(columns, values).predict({"a": 1e6 * scale, "b": 1e7})
    assert (other.median, other.high) == pytest.approx((one.median, one.high), rel=1e-6)


def test_a_fit_survives_json() -> None:
    columns, values = made(np.random.default_rng(0), 10, 0.3)
    fit = LogLinear.fit(columns, values)
    again = LogLinear.from_dict(json.loads(json.dumps(fit.to_dict())))
    assert again.predict({"a": 1e6, "b": 1e7}) == fit.predict({"a": 1e6, "b": 1e7})


def test_a_column_that_does_not_vary_is_left_out() -> None:
    fit = LogLinear.fit({"a": [1.0, 2.0, 4.0, 8.0], "b": [3.0] * 4}, [1.0, 2.0, 4.0, 8.0])
    assert fit.names == ["a"]


@pytest.mark.parametrize(
    ("columns", "values", "said"),
    [
        ({"a": [1.0, 2.0, 3.0]}, [1.0, 2.0, 3.0], "3 rows are too few for 2 coefficients; 4 are needed"),
        ({"a": [1.0, 2.0, 0.0, 4.0]}, [1.0] * 4, "a: expected 4 finite numbers above 0"),
        ({"a": [1.0, 2.0, 3.0, 4.0]}, [1.0, -1.0, 1.0, 1.0], "y: expected 4 finite numbers above 0"),
    ],
)
def test_what_cannot_be_fitted_is_said(columns: Any, values: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        LogLinear.fit(columns, values)


def test_a_missing_covariate_is_said() -> None:
    fit = LogLinear.fit({"a": [1.0, 2.0, 4.0, 8.0]}, [1.0, 2.0, 4.0, 8.1])
    with pytest.raises(ArgumentError, match="a: the fit needs it"):
        fit.predict({"b": 1.0})


@given(st.floats(-20, 20), st.floats(0.0, 3.0))
def test_a_log_normal_is_symmetric_in_the_logarithm(log: float, sd: float) -> None:
    one = LogNormal.of(log, sd)
    assert one.low <= one.median <= one.high
    assert math.isclose(one.low * one.high, one.median**2, rel_tol=1e-9)
