from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wattwhat_amdsmi.checks import FAST_RATIO, SLOW_RATIO, WELL_ABOVE_W, Sample, doubt, reads_nothing

powers_w = st.floats(WELL_ABOVE_W, 1500.0)
seconds = st.floats(0.01, 10.0)


def pair(gained_j: float, power_w: float | None, duration_s: float) -> tuple[Sample, Sample]:
    return Sample(0, 1e4, power_w), Sample(round(duration_s * 1e9), 1e4 + gained_j, power_w)


@given(powers_w, seconds, st.floats(SLOW_RATIO * 1.01, FAST_RATIO * 0.99))
def test_a_counter_that_goes_with_the_power_is_believed(
    power_w: float, duration_s: float, ratio: float
) -> None:
    assert doubt(*pair(ratio * power_w * duration_s, power_w, duration_s)) is None


@given(powers_w, seconds, st.floats(0.001, SLOW_RATIO * 0.99) | st.floats(FAST_RATIO * 1.01, 1e6))
def test_a_counter_far_from_the_power_is_doubted(power_w: float, duration_s: float, ratio: float) -> None:
    assert "gained" in str(doubt(*pair(ratio * power_w * duration_s, power_w, duration_s)))


@given(powers_w, seconds)
def test_a_frozen_counter_is_doubted_while_power_flows(power_w: float, duration_s: float) -> None:
    assert "stood still" in str(doubt(*pair(0.0, power_w, duration_s)))


@given(st.floats(0.1, WELL_ABOVE_W * 0.99), seconds)
def test_a_sleeping_gpu_may_leave_its_counter_alone(power_w: float, duration_s: float) -> None:
    assert doubt(*pair(0.0, power_w, duration_s)) is None


@given(st.none() | powers_w, seconds, st.floats(1e-3, 1e3))
def test_a_counter_that_goes_back_is_doubted(power_w: float | None, duration_s: float, lost_j: float) -> None:
    assert "went back" in str(doubt(*pair(-lost_j, power_w, duration_s)))


def test_a_counter_at_0_is_doubted_even_without_power() -> None:
    assert doubt(Sample(0, 0.0, None), Sample(10**8, 0.0, None)) == "its energy counter reads 0"


def test_no_counter_is_said_to_be_none() -> None:
    assert doubt(Sample(0, None, 90.0), Sample(1, None, 90.0)) == "it gives no energy counter"


def test_only_a_gpu_without_energy_and_power_reads_nothing() -> None:
    assert reads_nothing(Sample(0, 0.0, None))
    assert reads_nothing(Sample(0, None, None))
    assert not reads_nothing(Sample(0, 3.0, None))
    assert not reads_nothing(Sample(0, None, 3.0))
