"""Published relations: the golden rows of their sources, and what none of them takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wattwhat.errors import ArgumentError
from wattwhat.predict.relations import (
    green_algorithms_kwh,
    llmcarbon_mwh,
    operations_j,
    roofline_s,
    training_flops,
    zschache_wh,
)


def test_joules_of_an_operation_on_an_a6000() -> None:
    assert operations_j(1.0, 300.0, 309.7e12) == pytest.approx(9.687e-13, rel=1e-4)


def test_green_algorithms() -> None:
    assert green_algorithms_kwh(1, gpus=1, gpu_w=70, pue=1.56) == pytest.approx(0.1092)
    assert green_algorithms_kwh(10, cores=12, core_w=15.8, memory_gb=64, pue=1.67) == pytest.approx(3.564448)


@pytest.mark.parametrize(
    ("gpu", "gpus", "watts"), [("H100", 1, 673.2), ("V100", 2, 478.8), ("A30", 4, 1062.0)]
)
def test_zschache(gpu: str, gpus: int, watts: float) -> None:
    assert zschache_wh(3600.0, gpus, gpu) == pytest.approx(watts)


def test_training_takes_three_times_the_forward_pass() -> None:
    assert training_flops(1e9, 1e6) == 3 * 2 * 1e9 * 1e6


def test_llmcarbon_is_power_times_time_times_pue() -> None:
    one = llmcarbon_mwh(1e20, 8, 1e14, 0.5, 300.0)
    assert one == pytest.approx(1e20 / (1e14 * 0.5) / 3600 * 300 / 1e6)
    assert llmcarbon_mwh(1e20, 80, 1e14, 0.5, 300.0, 1.2) == pytest.approx(1.2 * one)


def test_a_roofline_is_the_slower_of_two() -> None:
    assert roofline_s(2e12, 1e9, 1e12, 1e9) == 2.0
    assert roofline_s(1e12, 3e9, 1e12, 1e9) == 3.0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: operations_j(-1.0, 1.0, 1.0), "flops: expected a finite number of at least 0"),
        (lambda: operations_j(1.0, 0.0, 1.0), "tdp_w: expected a finite number above 0"),
        (lambda: green_algorithms_kwh(1, gpus=1, gpu_w=70, pue=0.9), "so at least 1; got 0.9"),
        (lambda: green_algorithms_kwh(1, gpus=1, gpu_w=70, usage=1.5), "usage: expected a share"),
        (lambda: llmcarbon_mwh(1e20, 8, 1e14, 40.0, 300.0), "efficiency: expected a share of the peak"),
        (lambda: zschache_wh(1.0, 1, "A100"), "gpu: 'A100' is not one of H100, V100, A30"),
        (lambda: training_flops("1e9", 1.0), "parameters: expected a finite number above 0"),  # type: ignore[arg-type]
    ],
)
def test_what_no_relation_takes(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        call()
