"""A machine is known by its kernel: containers of one are one, and machines of one name are several."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Channel, Measurement, Quantity, combine
from wattwhat.analysis.machines import by_machine
from wattwhat.records.anonymous import anonymous
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.sensing.host import machine_id

STARTED = datetime(2026, 1, 1, tzinfo=timezone.utc)


def made(host: str, machine: str | None, joules: float = 100.0, begin_s: float = 0.0) -> Measurement:
    inner = f"{host}/rapl/package-0/core"
    package = Channel(f"{host}/rapl/package-0", "rapl", "p", "cpu", "energy", contains=(inner,))
    core = Channel(inner, "rapl", "p", "core", "energy")
    energy = Quantity(joules, 1.0, "J")
    channels = (ChannelEnergy(package, energy), ChannelEnergy(core, energy * 0.5, counted=False))
    environment = {"host": host} if machine is None else {"host": host, "machine": machine}
    return Measurement(
        label="train",
        energy_j=energy,
        duration_s=10.0,
        channels=channels,
        environment=environment,
        started_at=STARTED + timedelta(seconds=begin_s),
    )


@pytest.mark.parametrize(
    ("parts", "joules"),
    [
        ([made("a", "1"), made("a", "1")], 100.0),
        ([made("pod-1", "1"), made("pod-2", "1")], 100.0),
        ([made("node", "1"), made("node", "2")], 200.0),
        ([made("pod-1", "1"), made("pod-2", "1"), made("pod-1", "2")], 200.0),
        ([made("pod-1", "1"), made("pod-2", "1", begin_s=20.0)], 200.0),  # one after the other
        ([made("node", "1"), made("node", "2", begin_s=20.0)], 200.0),  # started anew in between
        ([made("a", None), made("a", None)], 100.0),  # who does not tell goes by its name
        ([made("a", "1"), made("a", None)], 100.0),
    ],
)
def test_a_package_is_that_of_its_machine(parts: list[Measurement], joules: float) -> None:
    whole = combine(parts)
    assert whole.energy_j.value == pytest.approx(joules)
    assert sum(entry.energy_j.value for entry in whole.channels if entry.counted and entry.energy_j) == (
        pytest.approx(joules)
    )
    assert combine([anonymous(one) for one in parts]).energy_j.value == pytest.approx(joules)


@given(machines=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("123")), min_size=1, max_size=6))
def test_what_counts_are_the_machines_whatever_their_names_and_order(machines: list[tuple[str, str]]) -> None:
    parts = [made(host, machine) for host, machine in machines]
    count = len({machine for _, machine in machines})
    assert combine(parts).energy_j.value == pytest.approx(100.0 * count)
    assert combine(parts[::-1]).to_dict() == combine(parts).to_dict()


def test_windows_of_one_container_stay_on_their_timeline() -> None:
    import attrs

    import wattwhat

    with wattwhat.track("outer", backends=["estimate"]) as outer:
        with wattwhat.track("a", backends=["estimate"]) as a:
            sum(range(20_000))
        with wattwhat.track("b", backends=["estimate"]) as b:
            sum(range(20_000))
    parts = [window.measurement for window in (outer, a, b)]
    host = parts[0].environment["host"]
    elsewhere = made(host, "another kernel", begin_s=-1e6)
    alone, among = combine(parts), combine([elsewhere, *parts])
    assert among.energy_j.value == pytest.approx(alone.energy_j.value + elsewhere.energy_j.value)
    renamed, _ = by_machine([elsewhere, *parts])
    again = combine([attrs.evolve(one, environment={}) for one in renamed[1:]])
    assert again.energy_j == alone.energy_j  # as exact under the new name


def test_a_renamed_machine_is_told() -> None:
    assert any("node#2" in words for words in combine([made("node", "1"), made("node", "2")]).warnings)
    assert any("one machine" in words for words in combine([made("x", "1"), made("y", "1")]).warnings)


def test_the_kernels_number_itself_is_never_told(tmp_path: Path) -> None:
    place = tmp_path / "proc/sys/kernel/random"
    place.mkdir(parents=True)
    (place / "boot_id").write_text("0b5c8bfa-7e0a-4b0e-9e4e-0c5a3d2f1e00\n")
    found = machine_id(str(tmp_path))
    assert found is not None
    assert found not in "0b5c8bfa-7e0a-4b0e-9e4e-0c5a3d2f1e00"
    machine_id.cache_clear()
    assert machine_id(str(tmp_path / "nowhere")) is None
    machine_id.cache_clear()
