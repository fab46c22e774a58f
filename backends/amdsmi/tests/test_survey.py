from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.amdsmi import standin
from tests.fakes.amdsmi.standin import FOLLOW

MI250 = "AMD INSTINCT MI250 (MCM) OAM AC MBA"
SHOWS_NOTHING = (0, 0, 0)


def sources(backend: Any) -> list[str]:
    return [meter.channel.source for meter in backend.meters()]


def test_a_good_counter_is_taken_before_the_power(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    library.add()
    backend = opened()
    assert sources(backend) == ["amdsmi_get_energy_count"]
    assert backend.notes == ()


@pytest.mark.parametrize("how", ["frozen", "fast", "slow", "zero", "fill", "no resolution", "unsupported"])
def test_a_bad_counter_is_dropped_with_a_reason_and_the_power_read(
    library: standin.Library, opened: Callable[..., Any], how: str
) -> None:
    gpu = library.add(watts=120.0)
    {
        "frozen": lambda: library.c.standin_freeze(gpu, 1),
        "fast": lambda: library.speed(gpu, 20.0),
        "slow": lambda: library.speed(gpu, 0.05),
        "zero": lambda: library.raw(gpu, 0),
        "fill": lambda: library.raw(gpu, 2**64 - 1),
        "no resolution": lambda: library.resolution(gpu, 0.0),
        "unsupported": lambda: library.fail(gpu, "energy", 2),
    }[how]()
    backend = opened()
    [meter] = backend.meters()
    assert meter.channel.quantity == "power"
    assert meter.read().value == 120.0
    [note] = backend.notes
    assert "its power is read instead" in note


def test_a_counter_that_ran_backwards_is_dropped(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    gpu = library.add()

    def sleep(seconds: float) -> None:
        library.tick(seconds)
        library.deposit(gpu, -50.0)

    backend = opened(sleep=sleep)
    assert [meter.channel.quantity for meter in backend.meters()] == ["power"]
    assert "went back" in backend.notes[0]


def test_a_slow_counter_gets_more_time(library: standin.Library, opened: Callable[..., Any]) -> None:
    gpu = library.add()
    library.follow(gpu, [(1.0, 100.0)], update_s=0.25)
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        library.tick(seconds)

    assert sources(opened(sleep=sleep)) == ["amdsmi_get_energy_count"]
    assert len(waits) == 2


def test_opening_waits_once_for_all_gpus_and_never_again(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    for bus in range(8):
        library.add(f"0000:{bus:02x}:00.0", uuid=f"u{bus}")
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        library.tick(seconds)

    backend = opened(sleep=sleep)
    assert backend.probe().available
    assert waits == []
    assert len(backend.meters()) == len(backend.meters()) == 8
    assert sum(waits) <= 0.1


def test_without_power_the_counter_is_taken_and_said_to_be_unchecked(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    library.add(fields=(0xFFFF, 0xFFFFFFFF, 0xFFFF))
    backend = opened()
    assert sources(backend) == ["amdsmi_get_energy_count"]
    assert "unchecked" in backend.notes[0]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(watts=st.lists(st.floats(50.0, 750.0), min_size=1, max_size=4))
def test_both_dies_of_every_mi250_are_counted_once(
    library: standin.Library, opened: Callable[..., Any], watts: list[float]
) -> None:
    library.clear()
    for number, power_w in enumerate(watts):
        first, second = f"0000:{16 * number + 1:02x}:00.0", f"0000:{16 * number + 6:02x}:00.0"
        library.add(first, uuid=f"{number}-a", name=MI250, watts=power_w, fields=(FOLLOW, 0xFFFF, FOLLOW))
        library.add(second, uuid=f"{number}-b", name=MI250, watts=0.0, counted_j=0.0, fields=SHOWS_NOTHING)
    backend = opened()
    meters = backend.meters()
    before = [meter.read().value for meter in meters]
    library.tick(10.0)
    gained = [meter.read().value - value for meter, value in zip(meters, before, strict=True)]
    assert gained == pytest.approx([10.0 * power_w for power_w in watts], abs=1e-3)
    assert [len(meter.pci_bus_ids) for meter in meters] == [2] * len(watts)
    assert sum("second die" in note for note in backend.notes) == len(watts)


def test_a_gpu_that_reads_nothing_is_no_second_die_of_a_single_die_card(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    library.add("0000:01:00.0", uuid="a", name="AMD Instinct MI210")
    library.add(
        "0000:06:00.0", uuid="b", name="AMD Instinct MI210", counted_j=0.0, watts=0.0, fields=SHOWS_NOTHING
    )
    backend = opened()
    [meter] = backend.meters()
    assert meter.pci_bus_ids == ("0000:01:00.0",)
    assert any("0000:06:00.0" in note and "not measured" in note for note in backend.notes)


@pytest.mark.parametrize("others", ["the socket's value", "zero", "error"])
def test_partitions_of_one_package_are_counted_once(
    library: standin.Library, opened: Callable[..., Any], others: str
) -> None:
    for function in range(8):
        gpu = library.add(f"0000:0c:00.{function}", uuid=f"part-{function}", hip_id=function, watts=600.0)
        if function and others == "zero":
            library.raw(gpu, 0)
            library.fields(gpu, *SHOWS_NOTHING)
        if function and others == "error":
            library.fail(gpu, "energy", 2)
            library.fail(gpu, "power", 2)
    library.add("0000:22:00.0", uuid="whole", hip_id=8)
    backend = opened()
    meters = backend.meters()
    assert [len(meter.pci_bus_ids) for meter in meters] == [8, 1]
    assert meters[0].channel.id.endswith("amdsmi/GPU-part-0/gpu")
    assert "shows up as 8 GPUs" in backend.notes[0]


def test_dies_that_share_a_serial_number_are_counted_once(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    for bus in ("01", "06"):
        library.add(f"0000:{bus}:00.0", uuid=bus, serial="00000000deadbeef")
    assert len(opened().meters()) == 1
