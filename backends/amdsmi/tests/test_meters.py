from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.amdsmi import standin
from tests.fakes.amdsmi.standin import FOLLOW
from wattwhat.errors import MeterError, MeterLostError

steps = st.lists(st.tuples(st.floats(0.05, 2.0), st.floats(0.0, 700.0)), min_size=1, max_size=6)
in_one_process = settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@in_one_process
@given(steps=steps, rounds=st.integers(1, 3))
def test_the_counter_gains_the_integral_of_the_power(
    library: standin.Library, opened: Callable[..., Any], steps: list[tuple[float, float]], rounds: int
) -> None:
    library.clear()
    gpu = library.add()
    [meter] = opened().meters()
    library.follow(gpu, steps)
    before = meter.read().value
    library.tick(rounds * sum(duration_s for duration_s, _ in steps))
    true_j = rounds * sum(duration_s * watts for duration_s, watts in steps)
    assert meter.read().value - before == pytest.approx(true_j, abs=1e-3)


@in_one_process
@given(steps=steps, cut=st.floats(0.0, 1.0))
def test_a_window_is_the_sum_of_its_parts(
    library: standin.Library, opened: Callable[..., Any], steps: list[tuple[float, float]], cut: float
) -> None:
    library.clear()
    gpu = library.add()
    [meter] = opened().meters()
    library.follow(gpu, steps)
    whole_s = sum(duration_s for duration_s, _ in steps)
    values = [meter.read().value]
    for part in (cut, 1.0 - cut):
        library.tick(part * whole_s)
        values.append(meter.read().value)
    assert values == sorted(values)


def test_the_counter_follows_real_time_too(library: standin.Library, opened: Callable[..., Any]) -> None:
    library.real_time()
    library.add(watts=200.0)
    [meter] = opened(clock=time.monotonic_ns, sleep=lambda _: None).meters()
    first = meter.read()
    later = next(reading for reading in iter(meter.read, None) if reading.t_ns - first.t_ns > 2_000_000)
    # Stamp and value are not taken at one instant: a switch between them costs its own duration at 200 W.
    assert later.value - first.value == pytest.approx(200.0 * (later.t_ns - first.t_ns) * 1e-9, abs=40.0)
    assert later.value > first.value


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ((FOLLOW, 0xFFFF, FOLLOW), "socket_power"),
        ((0xFFFF, FOLLOW, 0), "current_socket_power"),
        ((0xFFFF, 0xFFFF, FOLLOW), "average_socket_power"),
        ((0xFFFF, 0xFFFFFFFF, FOLLOW), "average_socket_power"),
        ((0, 0, FOLLOW), "average_socket_power"),
        ((2**64 - 1, 0xFFFF, FOLLOW), "average_socket_power"),
    ],
)
def test_the_gauge_takes_the_field_that_is_filled_in(
    library: standin.Library, opened: Callable[..., Any], fields: tuple[int, int, int], named: str
) -> None:
    if standin.wrapper_release() < (7, 0) and named == "socket_power":
        pytest.skip("the installed wrapper has no socket_power")
    gpu = library.add(watts=310.0, fields=fields)
    library.fail(gpu, "energy", 2)
    [meter] = opened().meters()
    assert meter.channel.source == f"amdsmi_get_power_info: {named}"
    assert meter.read().value == 310.0


@pytest.mark.parametrize("shown", [0xFFFF, 0xFFFFFFFF, 0, 6000])
def test_a_gauge_that_loses_its_value_is_an_error_never_0(
    library: standin.Library, opened: Callable[..., Any], shown: int
) -> None:
    gpu = library.add(fields=(0xFFFF, 0xFFFF, FOLLOW))
    library.fail(gpu, "energy", 2)
    [meter] = opened().meters()
    library.fields(gpu, 0xFFFF, 95, shown)  # another field fills up: still not this one
    with pytest.raises(MeterError, match="no number that can be"):
        meter.read()


def test_a_counter_with_all_bits_set_is_an_error(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    gpu = library.add()
    [meter] = opened().meters()
    library.raw(gpu, 2**64 - 1)
    with pytest.raises(MeterError, match="no number that can be"):
        meter.read()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (7, MeterError, "API_FAILED"),
        (30, MeterError, "BUSY"),
        (8, MeterError, "TIMEOUT"),
        (10, MeterError, "usermod -aG render,video"),
        (31, MeterLostError, "the GPU is gone"),
        (34, MeterLostError, "the GPU is gone"),
    ],
)
def test_vendor_errors_become_ours_and_are_chained(
    library: standin.Library, opened: Callable[..., Any], status: int, kind: type[MeterError], words: str
) -> None:
    gpu = library.add()
    [meter] = opened().meters()
    library.fail(gpu, "energy", status)
    with pytest.raises(MeterError, match=words) as caught:
        meter.read()
    assert type(caught.value) is kind
    assert caught.value.__cause__ is not None
    library.fail(gpu, "energy", 0)
    assert meter.read().value > 0


def test_somebody_else_s_shut_down_is_survived(library: standin.Library, opened: Callable[..., Any]) -> None:
    import amdsmi

    library.add()
    [meter] = opened().meters()
    before = meter.read().value
    amdsmi.amdsmi_shut_down()
    assert meter.read().value == before
    amdsmi.amdsmi_shut_down()
    amdsmi.amdsmi_init()  # now the old handle is stale though the library runs
    assert meter.read().value == before


def test_closing_leaves_the_library_to_its_other_users(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    import amdsmi

    library.add()
    backend = opened()
    [meter] = backend.meters()
    meter.close()
    meter.close()
    with pytest.raises(MeterError, match="closed"):
        meter.read()
    assert len(amdsmi.amdsmi_get_processor_handles()) == 1
    assert backend.meters()[0].read().value > 0


def test_a_gpu_that_is_unplugged_is_lost(library: standin.Library, opened: Callable[..., Any]) -> None:
    library.add()
    [meter] = opened().meters()
    library.clear()
    library.add("0000:22:00.0")
    with pytest.raises(MeterLostError, match="not listed any more"):
        meter.read()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_reads_with_its_own_start_even_if_the_lock_was_held(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    from wattwhat_amdsmi.library import calls

    library.add()
    [meter] = opened().meters()
    started = library.calls("init")
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with calls.lock:
            held.set()
            release.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    child = os.fork()
    if child == 0:  # pragma: no cover - runs in the child
        signal.alarm(120)  # a child that waits for the lock for ever ends, and fails
        good = meter.read().value > 0 and library.calls("init") > started
        os._exit(0 if good else 1)
    release.set()
    holder.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_threads_read_one_at_a_time(library: standin.Library, opened: Callable[..., Any]) -> None:
    import amdsmi

    library.add()
    [meter] = opened().meters()
    inside, most = [0], [0]

    def call(handle: Any) -> Any:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        os.sched_yield()
        try:
            return amdsmi.amdsmi_get_energy_count(handle)
        finally:
            inside[0] -= 1

    meter._call = call
    threads = [threading.Thread(target=lambda: [meter.read() for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
