"""Laws of the domains: containment is an order, ids are distinct, names come back as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wattwhat.records.channel import COMPONENTS, Channel, with_enclosed
from wattwhat.records.containment import counted_ids
from wattwhat_rapl.accuracy import gain_error
from wattwhat_rapl.domain import Domain, contained, parse_name

sockets = st.integers(0, 3)
dies = st.none() | st.integers(0, 3)
on_sockets = st.builds(Domain, st.sampled_from(["package", "core", "uncore", "dram"]), sockets, dies)
platforms = st.builds(Domain, st.just("psys"), st.none() | st.integers(1, 3))
modules = st.builds(Domain, st.just("module"), sockets)
domains = on_sockets | platforms | modules
machines = st.lists(domains, unique=True, max_size=12)


def channels_of(machine: list[Domain]) -> list[Channel]:
    return [
        Channel(
            f"h/rapl/{domain.path}",
            "rapl",
            "CPU",
            domain.component,
            "energy",
            contains=tuple(f"h/rapl/{inner.path}" for inner in contained(domain, machine)),
        )
        for domain in machine
    ]


@given(machines)
def test_ids_tell_domains_apart(machine: list[Domain]) -> None:
    assert len({domain.path for domain in machine}) == len(machine)


@given(domains)
def test_every_domain_has_a_component_of_the_contract(domain: Domain) -> None:
    assert domain.component in COMPONENTS
    assert 0.0 < gain_error(domain.part) < 0.2


@given(machines)
def test_nothing_contains_itself_and_no_two_contain_each_other(machine: list[Domain]) -> None:
    inside = {domain: set(contained(domain, machine)) for domain in machine}
    for outer, inner in inside.items():
        assert outer not in inner
        assert all(outer not in inside[one] for one in inner)


@given(machines)
def test_what_is_inside_a_part_is_inside_the_whole(machine: list[Domain]) -> None:
    inside = {domain: set(contained(domain, machine)) for domain in machine}
    for outer in machine:
        for inner in inside[outer]:
            assert inside[inner] <= inside[outer]


@given(machines)
def test_no_counted_domain_lies_in_another_and_none_is_forgotten(machine: list[Domain]) -> None:
    channels = list(with_enclosed({channel.id: channel for channel in channels_of(machine)}).values())
    counted = counted_ids(channels)
    inside_counted = {one for channel in channels if channel.id in counted for one in channel.contains}
    assert not counted & inside_counted
    assert counted | inside_counted == {channel.id for channel in channels}


@given(sockets, dies)
def test_package_names_come_back(socket: int, die: int | None) -> None:
    package = Domain("package", socket, die)
    assert parse_name(package.path) == package
    for part in ("core", "uncore", "dram"):
        assert parse_name(part, package) == Domain(part, socket, die)
        assert parse_name(part) is None


@given(st.text())
def test_any_name_is_understood_or_passed_over(name: str) -> None:
    domain = parse_name(name)
    assert domain is None or domain.path == name


def test_a_package_holds_core_and_uncore_but_not_its_dram() -> None:
    package = Domain("package", 0)
    machine = [package, Domain("core", 0), Domain("uncore", 0), Domain("dram", 0), Domain("core", 1)]
    assert contained(package, machine) == (Domain("core", 0), Domain("uncore", 0))


def test_one_platform_counter_holds_every_socket_and_several_hold_their_own() -> None:
    machine = [Domain("package", 0), Domain("dram", 0), Domain("package", 1)]
    assert contained(Domain("psys"), [*machine, Domain("psys")]) == tuple(machine)
    both = [*machine, Domain("psys"), Domain("psys", 1)]
    assert contained(Domain("psys"), both) == (Domain("package", 0), Domain("dram", 0))
    assert contained(Domain("psys", 1), both) == (Domain("package", 1),)


def test_dies_are_inside_a_counter_of_the_whole_package_only() -> None:
    whole, die = Domain("package", 0), Domain("package", 0, 1)
    machine = [whole, die, Domain("core", 0, 1)]
    assert contained(whole, machine) == (die, Domain("core", 0, 1))
    assert contained(die, machine) == (Domain("core", 0, 1),)


def test_amd_is_trusted_less_and_grace_is_not_amd() -> None:
    assert gain_error("package", is_amd=True) > gain_error("package")
    assert gain_error("package", is_amd=True, quantity="power") == gain_error("package")
