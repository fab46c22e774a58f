"""Copies of a record are what its class makes of the same values, whichever field is asked for first."""

import copy
import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel, Measurement, Quantity
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.copies import copier, late_copier

GPU = ChannelEnergy(Channel("h/x/0", "x", "a GPU", "gpu", "energy"), Quantity(1.0, 0.1, "J"))
ONE = Measurement(label="a", energy_j=Quantity(1.0, 0.1, "J"), channels=(GPU,), budget=(("x", 0.1),), items=2)
NAMES = [field.name for field in attrs.fields(Measurement)]
LATER = ("calls", "warnings", "channels")


def late(calls: int, made: list[int] | None = None) -> Measurement:
    def make(calls: int) -> tuple[object, ...]:
        if made is not None:
            made.append(calls)
        return calls, ("odd",), (GPU, GPU)

    return late_copier(ONE, ("label", "duration_s"), LATER, make)("b", 2.0, (calls,))


def checked(calls: int) -> Measurement:
    return attrs.evolve(ONE, label="b", duration_s=2.0, calls=calls, warnings=["odd"], channels=(GPU, GPU))


def test_a_copy_is_like_a_checked_record() -> None:
    joules = Quantity(2.0, 0.2, "J")
    assert copier(GPU, "energy_j")(joules) == attrs.evolve(GPU, energy_j=joules)
    copied = copier(ONE, "label", "duration_s")("b", 2.0)
    assert copied == attrs.evolve(ONE, label="b", duration_s=2.0)
    assert copied.budget == ONE.budget


@given(st.permutations([*NAMES, "budget", "power_w", "energy_per_item_j"]), st.integers(0, 9))
def test_a_late_copy_is_like_a_checked_record_in_any_order(names: list[str], calls: int) -> None:
    one, other = late(calls), checked(calls)
    for name in names:
        assert getattr(one, name) == getattr(other, name), name


def test_it_is_made_once_and_only_if_asked_for() -> None:
    made: list[int] = []
    one = late(7, made)
    assert (one.label, one.duration_s, made) == ("b", 2.0, [])
    assert (one.calls, one.items, one.warnings, made) == (7, 2.0, ("odd",), [7])


def through_pickle(one: Measurement) -> Measurement:
    return pickle.loads(pickle.dumps(one))


def through_data(one: Measurement) -> Measurement:
    return Measurement.from_dict(one.to_dict())


@pytest.mark.parametrize("through", [copy.copy, copy.deepcopy, attrs.evolve, through_pickle, through_data])
def test_a_late_copy_travels(through: object) -> None:
    assert through(late(3)) == checked(3)  # type: ignore[operator]


def test_it_has_the_attributes_of_its_class_and_no_others() -> None:
    for one in (late(3), checked(3)):
        assert not hasattr(one, "__array__")
        with pytest.raises(AttributeError, match="'Measurement' object has no attribute 'joules'"):
            one.joules  # noqa: B018
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            one.label = "c"  # type: ignore[misc]
