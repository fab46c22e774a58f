from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_runs import START, channel, reading, run, simple
from wattwhat import Channel, Measurement, Quantity
from wattwhat.analysis.aggregation import combine
from wattwhat.errors import ArgumentError, ComparisonError
from wattwhat.records.containment import counted_ids

# Laws --------------------------------------------------------------------------------------------

SECONDS = 24


@attrs.frozen
class World:
    """Channels inside channels, the power that each draws by itself second by second, and who saw what."""

    parents: tuple[int, ...]
    own_w: tuple[tuple[int, ...], ...]
    views: tuple[tuple[int, int, frozenset[int]], ...]

    def inside(self, number: int) -> set[int]:
        children = [n for n, parent in enumerate(self.parents) if parent == number]
        return {number}.union(*(self.inside(child) for child in children))

    def channel(self, number: int) -> Channel:
        # all of it, not only the next level: who reads what lies between may be nobody
        contains = [f"h/x/{n}" for n in sorted(self.inside(number) - {number})]
        return channel(f"h/x/{number}", "cpu", contains=contains)

    def measurement(self, view: tuple[int, int, frozenset[int]]) -> Measurement:
        begin, end, numbers = view
        channels = [self.channel(n) for n in sorted(numbers)]
        counted = counted_ids(channels)
        entries = [
            reading(
                self.channel(n),
                float(sum(sum(self.own_w[inner][begin:end]) for inner in self.inside(n))),
                counted=f"h/x/{n}" in counted,
            )
            for n in sorted(numbers)
        ]
        return run(
            *entries, label=f"{view}", begin_s=begin, duration_s=float(end - begin), calls=1, items=2.0
        )

    def measurements(self) -> list[Measurement]:
        return [self.measurement(view) for view in self.views]

    def truth_j(self) -> float:
        """The energy of everything that anybody saw, each joule once."""
        cells = {
            (inner, second)
            for begin, end, numbers in self.views
            for number in numbers
            for inner in self.inside(number)
            for second in range(begin, end)
        }
        return float(sum(self.own_w[number][second] for number, second in cells))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    count = draw(st.integers(1, 5))
    parents = tuple(draw(st.integers(-1, number - 1)) for number in range(count))
    powers = st.lists(st.integers(0, 9), min_size=SECONDS, max_size=SECONDS).map(tuple)
    views = []
    for _ in range(draw(st.integers(1, 5))):
        begin = draw(st.integers(0, SECONDS - 1))
        end = draw(st.integers(begin + 1, SECONDS))
        numbers = draw(st.frozensets(st.integers(0, count - 1), min_size=1))
        views.append((begin, end, numbers))
    return World(parents, tuple(draw(powers) for _ in range(count)), tuple(views))


@given(worlds(), st.randoms())
def test_the_order_does_not_matter(world: World, chance: Any) -> None:
    given_ones = world.measurements()
    shuffled = given_ones.copy()
    chance.shuffle(shuffled)
    assert combine(shuffled) == combine(given_ones)


@given(worlds())
def test_one_alone_is_itself(world: World) -> None:
    for one in world.measurements():
        assert combine([one]) == one


@given(worlds())
def test_never_more_than_the_plain_sum_and_never_less_than_the_largest(world: World) -> None:
    ones = world.measurements()
    found = combine(ones).energy_j.value
    assert found <= sum(one.energy_j.value for one in ones) + 1e-9
    assert found >= max(one.energy_j.value for one in ones) - 1e-9


@given(worlds())
def test_no_joule_is_counted_twice(world: World) -> None:
    assert combine(world.measurements()).energy_j.value <= world.truth_j() + 1e-9


@given(worlds())
def test_what_the_sum_lacks_is_in_its_uncertainty_and_said(world: World) -> None:
    found = combine(world.measurements())
    if found.energy_j.value < world.truth_j() - 1e-9 and found.energy_j.u == 0.0:
        # nothing is missing but what was inside something that drew nothing by itself, or never counted
        assert any("left out" in sentence for sentence in found.warnings)


@given(worlds())
def test_the_sum_is_that_of_the_counted_channels_and_its_u_that_of_the_budget(world: World) -> None:
    found = combine(world.measurements())
    counted = [entry for entry in found.channels if entry.counted and entry.energy_j is not None]
    assert found.energy_j.value == pytest.approx(math.fsum(entry.energy_j.value for entry in counted))
    assert found.energy_j.u == pytest.approx(found.budget.u)
    assert Measurement.from_dict(found.to_dict()) == found


@given(worlds())
def test_calls_and_items_add_and_the_duration_is_that_of_the_union(world: World) -> None:
    found = combine(world.measurements())
    assert found.calls == len(world.views)
    assert found.items == 2.0 * len(world.views)
    seconds = {second for begin, end, _ in world.views for second in range(begin, end)}
    assert found.duration_s == pytest.approx(len(seconds))
    assert found.started_at == START + timedelta(seconds=min(begin for begin, _, _ in world.views))


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e3), st.floats(0, 0.3)), min_size=1, max_size=6),
    st.booleans(),
)
def test_unlike_hosts_add_as_the_core_adds_channels(
    values: list[tuple[float, float, float]], overlapping: bool
) -> None:
    """Eight hosts one GPU each, or one host with eight GPUs: the same sum, the same uncertainty."""
    entries = [
        reading(channel(f"host{n}/x/gpu", gain_error=gain), value, random_j=u)
        for n, (value, u, gain) in enumerate(values)
    ]
    together = run(*entries)
    apart = combine([run(entry) for entry in entries], overlapping=overlapping)
    assert apart.energy_j.value == pytest.approx(together.energy_j.value)
    assert apart.energy_j.u == pytest.approx(together.energy_j.u)


@given(st.integers(1, 30), st.floats(0.0, 0.2), st.floats(0.0, 10.0))
def test_parts_of_a_run_add_up_to_the_run(parts: int, gain: float, random_j: float) -> None:
    """One after the other on one sensor: gains add linearly, the rest in quadrature."""
    sensor = channel(gain_error=gain)
    pieces = [
        run(reading(sensor, 100.0, random_j=random_j), begin_s=10.0 * n, label=f"epoch {n}")
        for n in range(parts)
    ]
    found = combine(pieces)
    assert found.energy_j.value == pytest.approx(100.0 * parts)
    assert found.energy_j.u == pytest.approx(math.hypot(gain * 100.0 * parts, random_j * math.sqrt(parts)))
    assert found.duration_s == pytest.approx(10.0 * parts)
    (entry,) = found.channels
    assert entry.energy_j.u == pytest.approx(found.energy_j.u)


# Cases: what contains what -----------------------------------------------------------------------


def nested(outer: str, outer_component: str, inner: Sequence[str], inner_component: str) -> list[Channel]:
    return [
        channel(outer, outer_component, contains=inner),
        *(channel(name, inner_component) for name in inner),
    ]


@pytest.mark.parametrize(
    ("outer", "outer_component", "inner", "inner_component"),
    [
        ("h/rapl/psys", "host", ["h/rapl/package-0"], "cpu"),
        ("h/rapl/package-0", "cpu", ["h/rapl/package-0/core"], "core"),
        ("h/nvml/GPU-1/module", "module", ["h/nvml/GPU-1/board"], "gpu"),
        ("h/jetson/VDD_IN", "board", ["h/jetson/VDD_CPU", "h/jetson/VDD_GPU", "h/jetson/VDD_SOC"], "rail"),
    ],
)
def test_one_process_sees_the_whole_and_another_its_parts(
    outer: str, outer_component: str, inner: list[str], inner_component: str
) -> None:
    whole, *parts = nested(outer, outer_component, inner, inner_component)
    of_whole = run(reading(whole, 100.0, random_j=1.0), label="sees the whole")
    of_parts = run(*(reading(part, 20.0, random_j=1.0) for part in parts), label="sees the parts")
    found = combine([of_parts, of_whole])
    assert found.energy_j.value == 100.0
    assert {entry.channel.id: entry.counted for entry in found.channels} == {
        outer: True,
        **dict.fromkeys(inner, False),
    }
    assert any(inner[0] in sentence for sentence in found.warnings)


def test_parts_that_were_seen_at_another_time_add_up() -> None:
    package, core = nested("h/rapl/package-0", "cpu", ["h/rapl/package-0/core"], "core")
    found = combine([run(reading(package, 100.0)), run(reading(core, 30.0), begin_s=60.0)])
    assert found.energy_j.value == 130.0


def test_mirrored_ranks_count_the_package_once_and_their_gpus_each() -> None:
    package = channel("h/rapl/package-0", "cpu", backend="rapl")

    def rank(number: int) -> Measurement:
        gpu = channel(f"h/nvml/GPU-{number}", backend="nvml")
        seconds = 10.0 - 0.01 * number
        return run(
            reading(package, 10.0 * seconds, random_j=0.1),
            reading(gpu, 50.0 * seconds, random_j=0.1),
            label=f"rank {number}",
            begin_s=0.005 * number,
            duration_s=seconds,
            items=32,
            calls=1,
        )

    ranks = [rank(number) for number in range(8)]
    found = combine(ranks)
    assert found.energy_j.value == pytest.approx(100.0 + sum(50.0 * (10.0 - 0.01 * n) for n in range(8)))
    assert (found.items, found.calls, found.duration_s) == (256, 8, pytest.approx(10.0))
    assert len(found.channels) == 9
    assert "h/rapl/package-0: left out of 7 measurement(s)" in found.warnings[0]
    assert "(10 s)" in found.warnings[0]


def test_steps_of_two_ranks_that_interleave_cover_the_whole_time() -> None:
    """Which of two that overlap is a hair longer must not tear holes into a row that covers everything."""
    package = channel("h/rapl/package-0", "cpu")
    steady = [run(reading(package, 1.0), begin_s=1.0 * n, duration_s=1.0) for n in range(50)]
    jittery = [
        run(reading(package, 1.0), begin_s=n + 0.3, duration_s=1.001 if n % 3 else 0.998) for n in range(49)
    ]
    assert combine([*steady, *jittery]).energy_j.value == pytest.approx(50.0)


def test_noise_does_not_choose_the_shorter_span() -> None:
    longer, shorter = simple(100.0, 1.0, duration_s=10.0), simple(100.5, 1.0, duration_s=9.99)
    assert combine([shorter, longer]).energy_j.value == 100.0


def test_spans_that_only_graze_each_other_add_up() -> None:
    first, second = simple(duration_s=10.0), simple(begin_s=9.98)
    assert combine([first, second]).energy_j.value == 200.0


def test_spans_that_overlap_in_part_say_what_is_missing() -> None:
    found = combine([simple(100.0, 0.0, duration_s=10.0), simple(80.0, 0.0, begin_s=5.0, duration_s=8.0)])
    assert found.energy_j.value == 100.0
    assert found.duration_s == pytest.approx(13.0)
    assert "3 s that only they cover are missing" in found.warnings[0]
    assert found.budget.get("lost readings") == pytest.approx(30.0)


def test_estimates_of_processes_add_and_one_process_counts_once() -> None:
    def estimate(process: int, label: str, seconds: float = 10.0) -> Measurement:
        what = channel(
            "h/estimate/cpu", "cpu", backend="estimate", source=f"process {process}", gain_error=0.4
        )
        return run(reading(what, 10.0 * seconds, provenance="estimated"), label=label, duration_s=seconds)

    found = combine([estimate(1, "a"), estimate(2, "b"), estimate(2, "b, a part", 5.0)])
    assert found.energy_j.value == 200.0
    assert found.energy_j.u == pytest.approx(0.4 * 200.0)
    assert found.provenance == "estimated"
    (words,) = [sentence for sentence in found.warnings if "estimates of 2 processes were added" in sentence]
    assert words.startswith("h/estimate/cpu: ")
    assert "power at rest" in words
    assert "more than once" in words
    one = combine([estimate(1, "a"), estimate(1, "a, a part", 5.0)])
    assert not any("power at rest" in sentence for sentence in one.warnings)


@pytest.mark.parametrize(
    ("component", "host", "expected"),
    [("cpu", "h", 100.0), ("host", "h", 100.0), ("gpu", "h", 140.0), ("cpu", "other", 140.0)],
)
def test_an_estimate_gives_way_to_a_sensor_of_the_same_host(
    component: str, host: str, expected: float
) -> None:
    what = channel(f"{host}/estimate/cpu", "cpu", source="process 1")
    estimated = run(reading(what, 40.0, provenance="estimated"))
    measured = run(reading(channel("h/x/0", component), 100.0))
    assert combine([estimated, measured]).energy_j.value == expected
    later = attrs.evolve(estimated, started_at=START + timedelta(hours=1))
    assert combine([later, measured]).energy_j.value == 140.0


@pytest.mark.parametrize("component", ["host", "wall"])
def test_a_host_seen_by_one_measurement_contains_what_another_saw_in_it(component: str) -> None:
    whole = run(reading(channel("h/x/0", component), 100.0))
    part = run(reading(channel("h/y/0", "cpu"), 50.0))
    assert combine([whole, part]).energy_j.value == 100.0
    assert combine([whole, run(reading(channel("g/y/0", "cpu"), 50.0))]).energy_j.value == 150.0


def test_a_lost_channel_is_taken_from_who_saw_it() -> None:
    package, core = nested("h/rapl/package-0", "cpu", ["h/rapl/package-0/core"], "core")
    blind = run(reading(package, None), reading(core, 30.0))
    found = combine([blind, run(reading(package, 100.0))])
    assert found.energy_j.value == 100.0
    nobody = combine([blind, attrs.evolve(blind, label="b")])
    assert nobody.energy_j.value == 30.0
    assert [entry.channel.id for entry in nobody.channels if entry.energy_j is None] == ["h/rapl/package-0"]


def test_nothing_known_stays_unknown() -> None:
    lost = run(reading(channel(), None))
    found = combine([lost, attrs.evolve(lost, label="b")])
    assert not found.energy_j.known
    assert found.energy_j.u == math.inf


# Cases: everything else --------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["started_at", "duration_s"])
def test_a_span_that_is_not_known_must_be_stated(missing: str) -> None:
    nothing: dict[str, Any] = {missing: None}
    unknown = attrs.evolve(simple(label="b"), **nothing)
    with pytest.raises(ComparisonError, match=f"'b' has no {missing}.*overlapping"):
        combine([simple(), unknown])
    assert combine([simple(), unknown], overlapping=True).energy_j.value == 100.0
    assert combine([simple(), unknown], overlapping=False).energy_j.value == 200.0


def test_what_is_stated_goes_before_the_clocks() -> None:
    assert combine([simple(), simple(begin_s=60.0)], overlapping=True).energy_j.value == 100.0
    assert combine([simple(), simple(begin_s=1.0)], overlapping=False).duration_s == 20.0


def test_nothing_to_combine_and_no_channels_are_refused() -> None:
    with pytest.raises(ComparisonError, match="at least one"):
        combine([])
    bare = Measurement(label="bare", energy_j=Quantity(1, 0, "J"), duration_s=1.0, started_at=START)
    with pytest.raises(ComparisonError, match="'bare' names no channels"):
        combine([bare, simple()])


@pytest.mark.parametrize("given", [5, [5], simple(), [simple(), None], "runs.jsonl"])
def test_what_is_no_list_of_measurements_is_refused_by_name(given: Any) -> None:
    with pytest.raises(ArgumentError, match=r"measurements: .*combine\(\[first, second\]\)"):
        combine(given)


def test_counts_that_one_does_not_know_are_not_known() -> None:
    found = combine([simple(), simple(items=None, begin_s=60.0)])
    assert found.items is None
    assert found.calls == 20
    assert any("items are known of 1 of 2" in sentence for sentence in found.warnings)


def test_power_at_rest_keeps_its_energy() -> None:
    idle = Quantity(20.0, 1.0, "W")
    found = combine([simple(idle_power_w=idle), simple(idle_power_w=idle, begin_s=60.0)])
    assert found.idle_power_w == idle
    assert combine([simple(idle_power_w=idle), simple(begin_s=60.0)]).idle_power_w is None


def test_what_all_agree_on_is_kept() -> None:
    a = simple(
        metrics={"accuracy": 0.9, "loss": 1.0}, environment={"host": "a", "os": "Linux"}, warnings=("w",)
    )
    b = simple(
        metrics={"accuracy": 0.9, "loss": 2.0},
        environment={"host": "b", "os": "Linux"},
        warnings=("w",),
        channel=channel("b/x/0"),
    )
    found = combine([a, b])
    assert dict(found.metrics) == {"accuracy": 0.9}
    assert dict(found.environment) == {"os": "Linux", "hosts": ["a", "b"]}
    assert found.warnings == ("w",)


def test_names() -> None:
    assert combine([simple(), simple(begin_s=60)]).label == "run"
    assert combine([simple(label="a"), simple(label="b", begin_s=60)]).label == "a + b"
    assert combine([simple(label="a"), simple(label="b", begin_s=60)], label="job").label == "job"
    assert combine([simple()], label="job").label == "job"
    assert combine([simple(label=f"{n}", begin_s=60 * n) for n in range(4)]).label == "4 measurements"


def test_it_is_a_method_of_measurement() -> None:
    assert combine([simple(), simple(begin_s=60)], label="two").energy_j.value == 200.0


def test_spread_between_repeats_comes_along() -> None:
    a = simple(100.0, 3.0)
    repeats = attrs.evolve(
        a, energy_j=Quantity(100.0, 5.0, "J"), budget=(("repeats", 4.0), ("resolution", 3.0))
    )
    found = combine([repeats, attrs.evolve(repeats, started_at=START + timedelta(hours=1))])
    assert found.budget.get("repeats") == pytest.approx(4.0 * math.sqrt(2))
    assert found.energy_j.u == pytest.approx(5.0 * math.sqrt(2))


def test_an_uncertainty_without_a_budget_is_kept() -> None:
    bare = attrs.evolve(simple(100.0, 3.0), budget=())
    found = combine([bare, simple(50.0, 4.0, begin_s=60)])
    assert found.energy_j.u == pytest.approx(5.0)
    assert found.budget.get("not itemised") == pytest.approx(3.0)
