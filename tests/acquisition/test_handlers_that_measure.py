"""Signal handlers of the program may measure too, whatever line of a window or phase they interrupt."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattwhat
from wattwhat import Channel, Measurement, Reading
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.phases import Phases
from wattwhat.acquisition.shared import shared_meter_set
from wattwhat.sensing.meter import Meter

# A deadlock would hold the tests for ever; no example takes a hundredth of this.
_HUNG_S = 120.0


class Made(Meter):
    def __init__(self, name: str, quantity: Any, period_s: float, took_s: float = 0.0) -> None:
        self.channel = Channel(
            f"h/made/{name}", "made", "a device", "gpu", quantity, update_period_s=period_s, max_power_w=900.0
        )
        self.took_s = took_s

    def read(self) -> Reading:
        time.sleep(self.took_s)
        t_ns = time.monotonic_ns()
        return Reading(t_ns, t_ns * 1e-7 if self.channel.is_counter else 100.0)

    def close(self) -> None:
        pass


class Bytes(Made):
    def raw_reader(self) -> Callable[[], bytes]:
        return lambda: b"%d" % time.monotonic_ns()

    def understood(self, raw: bytes, t_ns: int) -> Reading:
        return Reading(t_ns, int(raw) * 1e-7)


class Backend:
    name = "made"

    def __init__(self, *meters: Meter) -> None:
        self._meters = meters

    def probe(self) -> wattwhat.Availability:
        return wattwhat.Availability(True, "made", "")

    def meters(self) -> list[Meter]:
        return list(self._meters)


class Together(Backend):
    def read_all(self, device: str) -> dict[str, Reading]:
        return {meter.channel.id: meter.read() for meter in self._meters}


BACKENDS: dict[str, Callable[[], Backend]] = {
    "quick": lambda: Backend(Made("a", "energy", 0.001)),
    "bytes": lambda: Backend(Bytes("a", "energy", 0.001), Bytes("b", "energy", 0.001)),
    "gauge": lambda: Backend(Made("a", "power", 0.1)),
    "slow": lambda: Backend(Made("a", "energy", 0.1, 0.005), Made("b", "energy", 0.001)),
    "together": lambda: Together(Made("a", "energy", 0.001), Made("b", "power", 0.1)),
}


def interrupted(program: Callable[[], None], handler: Callable[[], None], line: int) -> None:
    """Run it, and at this line of wattwhat's what a signal handler would do; errors of both come out."""
    failed: list[BaseException] = []
    left = line

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal left
        if left > 0 and "/wattwhat/" in frame.f_code.co_filename.replace("\\", "/"):
            if event == "line":
                left -= 1
                if not left:
                    handler()
            return trace
        return None

    def run() -> None:
        sys.settrace(trace)
        try:
            program()
        except BaseException as err:
            failed.append(err)
        finally:
            sys.settrace(None)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_HUNG_S)
    assert not thread.is_alive(), f"the handler hangs at line {line}"
    for error in failed:
        raise error


@pytest.mark.parametrize("kind", BACKENDS)
@given(st.integers(1, 4500))
def test_a_handler_may_measure_while_a_window_begins_ends_or_is_judged(kind: str, line: int) -> None:
    backends, found = [BACKENDS[kind]()], []

    def window(label: str, judged: bool) -> None:
        with wattwhat.track(label, backends=backends) as one:
            pass
        found.append(one)
        if judged:
            assert isinstance(one.measurement, Measurement)

    interrupted(
        lambda: [window("step", i == 2) for i in range(3)] and None, lambda: window("save", True), line
    )
    assert len(found) in (3, 4)
    for one in found:
        assert one.measurement.duration_s >= 0.0
        assert all(
            channel.energy_j is None or channel.energy_j.value >= 0.0 for channel in one.measurement.channels
        )
    shared_meter_set(backends).close()


@pytest.mark.parametrize("kind", BACKENDS)
@given(line=st.integers(1, 1800), opening=st.booleans(), asked=st.booleans())
def test_a_handler_may_measure_a_phase_of_its_own_at_any_edge(
    kind: str, line: int, opening: bool, asked: bool
) -> None:
    meter_set = MeterSet(BACKENDS[kind]().meters())
    p = Phases("train", meter_set=meter_set)
    if not opening:  # the first span opens meters and timelines
        with p("rest"):
            pass
    if asked:
        assert opening or p.total.duration_s

    def program() -> None:
        p["forward"].start()
        for _ in range(2):
            p.switch("forward", "backward")
            p.switch("backward", "forward")
        p["forward"].stop()

    def handler() -> None:
        with p("save", items=2):
            pass
        if asked and not opening:
            assert p.total.duration_s >= 0.0

    interrupted(program, handler, line)
    assert (p["forward"].calls, p["backward"].calls) == (3, 2)
    assert "save" not in p or (p["save"].calls, p["save"].items) == (1, 2)
    whole_s, parts_s = p.total.duration_s, [one.duration_s for one in p.measurements]
    assert max(parts_s) <= whole_s * (1.0 + 1e-9)
    assert whole_s <= sum(parts_s) * (1.0 + 1e-9)
    meter_set.close()
