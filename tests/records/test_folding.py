"""Measurements and places that are kept in few bytes are the same as before."""

from __future__ import annotations

import copy
import math
import pickle
import struct
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import channels, joules, names
from wattwhat import Measurement, Quantity
from wattwhat.records.caution import Caution, code_of
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.folding import LATER, folded
from wattwhat.records.timeline_points import Place, TimelinePoints, packed, spent, unpacked

figures = st.floats(-1e9, 1e9, width=32)
errors = st.lists(st.tuples(st.integers(-1, 9) | st.integers(0, 2**31 - 1), figures), max_size=12).map(tuple)
spreads = st.one_of(
    st.just((-1, 0.0, 0.0, 0.0)),
    st.tuples(
        st.integers(-1, 2**31 - 1),
        st.floats(0.0, 1.0, width=32),
        st.floats(0.0, 1e9, width=32),
        st.floats(0.0, 1e9, width=32),
    ),
)


@st.composite
def runs_of_places(draw: st.DrawFn, count: int | None = None) -> list[Place]:
    """Places as windows have them: most err by what the one before errs by, some of it by other amounts."""
    places: list[Place] = []
    for _ in range(draw(st.integers(0, 5)) if count is None else count):
        shared = draw(errors)
        if places and draw(st.booleans()):
            shared = tuple(
                (number, draw(st.one_of(st.just(u_j), figures))) for number, u_j in places[-1].shared
            )
        energy_j = draw(st.floats(0.0, 1e12))
        places.append(Place(energy_j, *draw(spreads), shared))
    return places


@given(runs_of_places())
def test_places_come_back_as_they_were(places: list[Place]) -> None:
    assert unpacked(packed(places)) == places


@given(st.floats(), st.floats(0.0, 1e38), st.integers(1, 300))
def test_errors_keep_single_precision_however_many_there_are(energy_j: float, u_j: float, count: int) -> None:
    place = Place(energy_j, shared=tuple((number, u_j) for number in range(count)))
    first, second = unpacked(packed([place, place]))
    assert (
        first.shared
        == second.shared
        == tuple((n, struct.unpack("f", struct.pack("f", u_j))[0]) for n in range(count))
    )
    assert struct.pack("d", first.energy_j) == struct.pack("d", energy_j)


def test_the_second_edge_of_a_span_takes_little_where_it_errs_alike() -> None:
    shared = tuple((number, 1.0 + number) for number in range(10))
    one, other = Place(1.0, shared=shared), Place(2.0, shared=((0, 5.0), *shared[1:]))
    assert len(packed([one, other])) < 1.4 * len(packed([one]))


@st.composite
def measurements(draw: st.DrawFn) -> Measurement:
    entries = []
    for channel in draw(st.lists(channels(), max_size=3, unique_by=lambda one: one.id)):
        energy = draw(st.none() | joules)
        entries.append(
            ChannelEnergy(
                channel, energy, draw(st.sampled_from(["measured", "estimated"])), draw(st.booleans())
            )
        )
    timeline = None
    if draw(st.booleans()):
        places = draw(runs_of_places(2))
        times = draw(st.tuples(st.integers(0, 2**62), st.integers(0, 2**62)))
        timeline = TimelinePoints.of("run", ("a",), times, places)
    return Measurement(
        label=draw(names),
        energy_j=draw(st.one_of(joules, st.just(Quantity(math.nan, math.inf, "J")))),
        duration_s=draw(st.none() | st.floats(0.0, 1e9)),
        items=draw(st.none() | st.integers(0, 10**9)),
        calls=draw(st.none() | st.just(3)),
        channels=entries,
        provenance=draw(st.sampled_from(["measured", "mixed"])),
        idle_power_w=draw(st.none() | st.just(Quantity(5.0, 1.0, "W"))),
        budget=draw(
            st.dictionaries(names, st.one_of(st.floats(0.0, 1e9), st.just(math.inf)), max_size=3)
        ).items(),
        metrics=draw(st.sampled_from([{}, {"accuracy": 0.5}])),
        warnings=draw(st.lists(st.sampled_from(["odd", Caution("short", "too short")]), max_size=2)),
        environment=draw(st.sampled_from([{}, {"host": "h"}])),
        started_at=draw(st.none() | st.datetimes(timezones=st.just(timezone.utc))),
        details=draw(st.sampled_from([{}, {"why": "asked"}])),
        timeline=timeline,
    )


@given(measurements(), st.sampled_from([copy.copy, pickle.dumps, str, repr, Measurement.to_dict]))
def test_a_folded_measurement_is_equal_whatever_is_asked_first(one: Measurement, asked: Any) -> None:
    small = folded(one)
    asked(small)
    assert small == one
    assert small.to_dict() == one.to_dict()
    assert list(map(code_of, small.warnings)) == list(map(code_of, one.warnings))
    assert small.budget == one.budget


@given(measurements(), st.sampled_from(LATER))
def test_each_field_is_the_same_when_it_is_asked_for_first(one: Measurement, name: str) -> None:
    assert getattr(folded(one), name) == getattr(one, name)


def test_folded_ones_of_one_kind_share_what_they_have_in_common() -> None:
    started = datetime(2026, 11, 30, 12, 0, 0, 123457, tzinfo=timezone.utc)
    environment = {"host": "h"}
    one = Measurement(
        label="a",
        energy_j=Quantity(1.0, 0.1, "J"),
        environment=environment,
        started_at=started,
        warnings=("odd",),
    )
    first, second = folded(one), folded(one)
    assert first.environment is second.environment
    assert first.warnings is second.warnings
    assert first.started_at == started


@given(runs_of_places())
def test_joules_of_packed_places_are_those_of_the_places(places: list[Place]) -> None:
    edges = [(place, 1.0 if number % 2 else -1.0) for number, place in enumerate(places)]
    again = [(place, sign) for place, (_, sign) in zip(unpacked(packed(places)), edges, strict=True)]
    assert spent(again) == pytest.approx(spent(edges))
