"""One call for all channels of a device: who asks, what is handed out, and what a gap becomes."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import SimpleNamespace

import pytest

import wattwhat
from wattwhat import Availability, Backend, Channel, Meter, Reading
from wattwhat.acquisition.read_together import read_together
from wattwhat.errors import MeterError


class One(Meter):
    device_uuids = ("GPU-1",)

    def __init__(self, name: str, device: str) -> None:
        self.channel = Channel(f"h/t/{device}/{name}", "t", device, "gpu", "energy", update_period_s=0.001)
        self.reads = 0
        self.extra = name

    def read(self) -> Reading:
        self.reads += 1
        return Reading(time.monotonic_ns(), -1.0)

    def close(self) -> None:
        self.extra = "closed"


class Pair(Backend):
    name = "t"

    def __init__(self, missing: str | None = None) -> None:
        self.calls: list[str] = []
        self.missing = missing
        self.kept = [One("a", "d0"), One("b", "d0"), One("c", "d1")]

    def probe(self) -> Availability:
        return Availability(True, "two devices")

    def meters(self) -> list[Meter]:
        return list(self.kept)

    def read_all(self, device: str) -> Mapping[str, Reading]:
        self.calls.append(device)
        now_ns = time.monotonic_ns()
        found = {f"h/t/{device}/{name}": Reading(now_ns, now_ns * 1e-7) for name in "ab"}
        return {name: one for name, one in found.items() if not name.endswith(self.missing or "none")}


def test_a_device_is_asked_once_for_all_its_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    at_ns = [0]
    monkeypatch.setattr(
        "wattwhat.acquisition.read_together.time", SimpleNamespace(monotonic_ns=lambda: at_ns[0])
    )
    backend = Pair()
    a, b, c = read_together(backend, backend.kept)
    first, second = a.read(), b.read()
    assert first.t_ns == second.t_ns
    assert backend.calls == ["d0"]
    assert a.read().t_ns > first.t_ns  # what was handed out once is asked for anew
    assert backend.calls == ["d0", "d0"]
    at_ns[0] += 1_000_000_000
    assert b.read().t_ns > first.t_ns  # the rest of that answer is old by now
    assert backend.calls == ["d0"] * 3
    assert c is backend.kept[2]  # alone on its device
    assert backend.kept[0].reads == 0


def test_in_all_else_it_is_its_meter() -> None:
    backend = Pair()
    a, *_ = read_together(backend, backend.kept)
    assert (a.channel, a.device_uuids, a.provenance) == (backend.kept[0].channel, ("GPU-1",), "measured")
    assert a.extra == "a"  # type: ignore[attr-defined]
    a.close()
    assert backend.kept[0].extra == "closed"


def test_a_channel_that_is_left_out_has_a_gap_and_the_others_have_none() -> None:
    backend = Pair(missing="b")
    a, b, _ = read_together(backend, backend.kept)
    assert a.read().value > 0.0
    with pytest.raises(MeterError, match="h/t/d0/b"):
        b.read()


def test_without_it_meters_stay_as_they_are() -> None:
    meters = (One("a", "d0"), One("b", "d0"))
    assert read_together(Backend(), meters) == meters
    assert read_together(object(), meters) == meters


def test_no_thread_gets_the_value_of_another_channel() -> None:
    backend = Pair()
    backend.read_all = lambda device: {f"h/t/d0/{n}": Reading(1, v) for n, v in (("a", 1.0), ("b", 2.0))}  # type: ignore[assignment, method-assign]
    a, b, _ = read_together(backend, backend.kept)
    seen: dict[str, set[float]] = {"a": set(), "b": set()}

    def work(name: str, meter: Meter) -> None:
        seen[name].update(meter.read().value for _ in range(200))

    threads = [threading.Thread(target=work, args=pair) for pair in (("a", a), ("b", b))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"a": {1.0}, "b": {2.0}}


def test_windows_use_it() -> None:
    backend = Pair()
    with wattwhat.track("a", backends=[backend]) as window:
        pass
    assert "d0" in backend.calls
    assert backend.kept[0].reads == 0
    assert {one.channel.id for one in window.measurement.channels} == {
        f"h/t/d{n}/{c}" for n, c in ((0, "a"), (0, "b"), (1, "c"))
    }
