"""With and without: what both measurements err by alike cancels in their difference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel, Measurement, Quantity
from wattwhat.errors import ArgumentError
from wattwhat.records.channel_energy import ChannelEnergy

GAIN = 0.05


def took(*joules: float, random_j: float = 0.0, calls: int | None = 10, host: str = "h") -> Measurement:
    entries = tuple(
        ChannelEnergy(
            Channel(f"{host}/x/{number}", "x", "a GPU", "gpu", "energy", gain_error=GAIN),
            Quantity(one, GAIN * one, "J"),
        )
        for number, one in enumerate(joules)
    )
    whole = sum(joules)
    budget = (("sensor gain", GAIN * whole), ("repeats", random_j))
    u_j = ((GAIN * whole) ** 2 + random_j**2) ** 0.5
    return Measurement(
        label="m",
        energy_j=Quantity(whole, u_j, "J"),
        duration_s=2.0,
        calls=calls,
        channels=entries,
        budget=budget,
    )


powers = st.floats(1.0, 1e4)


@given(powers, powers, st.floats(0.1, 50.0), st.floats(0.1, 50.0))
def test_the_gain_acts_on_the_difference_and_the_rest_is_independent(
    a: float, b: float, ua: float, ub: float
) -> None:
    found = took(a, random_j=ua).minus(took(b, random_j=ub))
    assert found.energy_j.value == pytest.approx(a - b)
    assert found.energy_j.u == pytest.approx(((GAIN * (a - b)) ** 2 + ua**2 + ub**2) ** 0.5)
    assert Measurement.from_dict(found.to_dict()) == found


@given(powers, powers)
def test_it_is_the_same_the_other_way_round(a: float, b: float) -> None:
    one, other = took(a, random_j=1.0), took(b, random_j=2.0)
    assert one.minus(other).energy_j.value == pytest.approx(-other.minus(one).energy_j.value)
    assert one.minus(other).energy_j.u == pytest.approx(other.minus(one).energy_j.u)


def test_unlike_sensors_share_nothing_and_channels_do_not_hide_each_other() -> None:
    assert took(100.0).minus(took(100.0, host="g")).energy_j.u == pytest.approx(GAIN * 100.0 * 2**0.5)
    assert took(100.0, 50.0).minus(took(50.0, 100.0)).energy_j.u == pytest.approx(GAIN * 100.0)


def test_calls_are_made_equal_where_asked() -> None:
    found = took(300.0, calls=30).minus(took(50.0, calls=10), per="call")
    assert found.energy_j.value == pytest.approx(150.0)
    assert found.energy_per_call_j is not None
    assert found.energy_per_call_j.value == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("other", "per"), [(3.0, None), (took(1.0, calls=None), "call"), (took(1.0), "epoch")]
)
def test_what_cannot_be_taken_away_is_refused(other: object, per: str | None) -> None:
    with pytest.raises(ArgumentError):
        took(1.0).minus(other, per=per)  # type: ignore[arg-type]
