"""The perf reader: a made PMU through a made kernel, and the real system call where it is allowed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapl_tree import COUNT_J, EVENTS, PMU_TYPE, MadeKernel, MadeTree

from wattwhat.errors import MeterError, MeterLostError
from wattwhat.records.channel import Channel
from wattwhat.sensing.host import host_name
from wattwhat.sensing.meter import Meter
from wattwhat_rapl import RaplBackend
from wattwhat_rapl.domain import Domain
from wattwhat_rapl.perf import Event, PerfMeter, find_events, parse_cpus
from wattwhat_rapl.perf_syscall import EVENT_READ_BYTES, Kernel
from wattwhat_rapl.tree import Tree

ALL = ("energy-pkg", "energy-cores", "energy-gpu", "energy-ram", "energy-psys")


@pytest.fixture
def made(tmp_path: Path) -> MadeTree:
    return MadeTree(tmp_path)


def open_meters(made: MadeTree, kernel: MadeKernel, *sources: str) -> dict[str, Meter]:
    backend = RaplBackend(made.root, sources or ["perf"], machine="x86_64", kernel=kernel)
    return {meter.channel.id.partition("/rapl/")[2]: meter for meter in backend.meters()}


def close(meters: dict[str, Meter]) -> None:
    for meter in meters.values():
        meter.close()


def test_one_socket_with_every_event(made: MadeTree) -> None:
    kernel = MadeKernel(made.cpuinfo().cpus({0: (0, 0)}).perf(ALL))
    meters = open_meters(made, kernel)
    kernel.count("energy-pkg", 12.5)
    kernel.count("energy-ram", 3.0)
    assert set(meters) == {"package-0", "package-0/core", "package-0/uncore", "package-0/dram", "psys"}
    assert meters["package-0"].read().value == pytest.approx(12.5, abs=COUNT_J)
    assert meters["package-0/dram"].read().value == pytest.approx(3.0, abs=COUNT_J)
    assert meters["package-0/core"].read().value == 0.0
    channel = meters["package-0"].channel
    assert channel.id == f"{host_name()}/rapl/package-0"
    assert channel.source == "perf_event power/energy-pkg/ on CPU 0"
    assert channel.wrap_j is None
    assert channel.resolution is None
    assert {pmu for pmu, _, _ in kernel.opened} == {PMU_TYPE}
    close(meters)


@given(st.integers(0, 2**63))
def test_counts_are_scaled_and_never_wrapped(count: int) -> None:
    class Fixed:
        @staticmethod
        def read(fd: int, size: int) -> bytes:
            return count.to_bytes(8, "little") + (5).to_bytes(8, "little") * 2

    event = Event("energy-pkg", 1, 2, 0, COUNT_J, Domain("package", 0))
    meter = PerfMeter(Channel("h/rapl/p", "rapl", "c", "cpu", "energy"), os.dup(1), event, Fixed)
    assert meter.read().value == count * COUNT_J
    meter.close()


def test_two_sockets_are_opened_on_the_cpus_of_the_mask(made: MadeTree) -> None:
    kernel = MadeKernel(made.cpus({0: (0, 0), 24: (1, 0)}).perf(("energy-pkg", "energy-psys"), "0,24"))
    meters = open_meters(made, kernel)
    kernel.count("energy-pkg", 1.0, cpu=0)
    kernel.count("energy-pkg", 2.0, cpu=24)
    assert {name: round(meter.read().value, 6) for name, meter in meters.items()} == {
        "package-0": 1.0,
        "package-1": 2.0,
    }
    close(meters)


def test_dies_are_told_apart_on_intel(made: MadeTree) -> None:
    made.cpuinfo().cpus({0: (0, 0), 8: (0, 1)}).perf(("energy-pkg", "energy-cores"), "0,8")
    meters = open_meters(made, MadeKernel(made))
    assert set(meters) == {
        "package-0-die-0",
        "package-0-die-0/core",
        "package-0-die-1",
        "package-0-die-1/core",
    }
    close(meters)


def test_a_single_die_of_each_socket_is_the_whole_package(made: MadeTree) -> None:
    made.cpuinfo().cpus({0: (0, 3), 8: (1, 3)}).perf(cpumask="0,8")
    meters = open_meters(made, MadeKernel(made))
    assert set(meters) == {"package-0", "package-1"}
    close(meters)


def test_amd_dies_show_their_socket_and_are_opened_once(made: MadeTree) -> None:
    made.cpuinfo(vendor="AuthenticAMD").cpus({0: (0, 0), 8: (0, 1), 16: (1, 0)}).perf(cpumask="0,8,16")
    kernel = MadeKernel(made)
    meters = open_meters(made, kernel)
    assert set(meters) == {"package-0", "package-1"}
    assert [cpu for _, _, cpu in kernel.opened] == [0, 16]
    close(meters)


def test_the_step_and_the_limit_come_from_powercap_which_anyone_may_list(made: MadeTree) -> None:
    made.cpus({0: (0, 0)}).perf()
    made.zone("intel-rapl:0", "package-0", None, constraint_0_power_limit_uw=150_000_000)
    meters = open_meters(made, MadeKernel(made))
    channel = meters["package-0"].channel
    assert channel.resolution == pytest.approx(61.035e-6, rel=1e-5)
    assert channel.max_power_w == 150.0
    assert channel.wrap_j is None
    close(meters)


def test_perf_is_taken_before_powercap_and_powercap_fills_the_rest(made: MadeTree) -> None:
    made.cpus({0: (0, 0)}).perf().intel()
    meters = open_meters(made, MadeKernel(made), "perf", "powercap")
    sources = {name: (meter.channel.source or "").split()[0] for name, meter in meters.items()}
    assert sources == {
        "package-0": "perf_event",
        "package-0/core": "powercap",
        "package-0/uncore": "powercap",
        "package-0/dram": "powercap",
    }
    assert f"{host_name()}/rapl/package-0/core" in meters["package-0"].channel.contains
    close(meters)


def test_the_same_package_has_the_same_id_by_either_way(made: MadeTree) -> None:
    made.cpus({0: (0, 0), 1: (1, 0)}).perf(cpumask="0-1").intel(sockets=2, parts=())
    by_perf = open_meters(made, MadeKernel(made), "perf")
    by_powercap = open_meters(made, MadeKernel(made), "powercap")
    assert list(by_perf) == list(by_powercap) == ["package-0", "package-1"]
    close(by_perf)
    close(by_powercap)


def test_a_socket_read_whole_by_perf_contains_its_dies_of_powercap(made: MadeTree) -> None:
    made.cpuinfo(vendor="AuthenticAMD").cpus({0: (0, 0)}).perf()
    made.zone("intel-rapl:0", "package-0-die-0", 4_000_000_000)
    made.zone("intel-rapl:1", "package-0-die-1", 6_000_000_000)
    meters = open_meters(made, MadeKernel(made), "perf", "powercap")
    prefix = f"{host_name()}/rapl/package-0"
    assert meters["package-0"].channel.contains == (f"{prefix}-die-0", f"{prefix}-die-1")
    close(meters)


def test_a_refused_event_leaves_the_package_to_powercap(made: MadeTree) -> None:
    made.cpus({0: (0, 0)}).perf(paranoid=2).intel()
    meters = open_meters(made, MadeKernel(made), "perf", "powercap")
    assert meters["package-0"].channel.source == "powercap intel-rapl:0/energy_uj"
    close(meters)


@pytest.mark.parametrize(
    ("file", "content"),
    [("energy-pkg", "event=0x02,umask=0x1"), ("energy-pkg.scale", "big"), ("energy-pkg.unit", "Watts")],
)
def test_an_event_that_is_not_understood_is_passed_over(made: MadeTree, file: str, content: str) -> None:
    made.cpus({0: (0, 0)}).perf(("energy-pkg", "energy-cores"))
    made.write(f"sys/bus/event_source/devices/power/events/{file}", content)
    events, notes = find_events(Tree(str(made.root)))
    assert [event.name for event in events] == ["energy-cores"]
    assert "energy-pkg" in notes[0]


def test_errors_of_reading(made: MadeTree) -> None:
    kernel = MadeKernel(made.cpus({0: (0, 0)}).perf())
    meters = open_meters(made, kernel)
    meter = meters["package-0"]
    key = (EVENTS["energy-pkg"], 0)
    kernel.read_error[key] = errno.EIO
    with pytest.raises(MeterError, match="reading failed") as caught:
        meter.read()
    assert not isinstance(caught.value, MeterLostError)
    for lost in (errno.ENODEV, 0):
        kernel.read_error[key] = lost
        with pytest.raises(MeterLostError):
            meter.read()
    kernel.read_error.clear()
    assert meter.read().value == 0.0
    close(meters)
    with pytest.raises(MeterLostError, match="closed"):
        meter.read()


def test_an_event_that_ran_only_part_of_the_time_is_no_reading(made: MadeTree) -> None:
    kernel = MadeKernel(made.cpus({0: (0, 0)}).perf())
    meters = open_meters(made, kernel)
    kernel.share_running = 0.4
    with pytest.raises(MeterError, match="40%"):
        meters["package-0"].read()
    kernel.share_running = 0.9999  # a CPU went offline and the event moved
    assert meters["package-0"].read().value == 0.0
    close(meters)


@given(st.sets(st.integers(0, 300)))
def test_cpu_lists_come_back(cpus: set[int]) -> None:
    assert parse_cpus(",".join(map(str, sorted(cpus)))) == sorted(cpus)


@given(st.text(alphabet="0123456789,- x", max_size=12).filter(lambda text: len(text.replace(",", "")) < 8))
def test_any_cpu_list_is_survived(text: str) -> None:
    assert all(cpu >= 0 for cpu in parse_cpus(text[:6]))


def software_clock() -> tuple[Kernel, int]:
    """An event that every Linux kernel has: PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK."""
    kernel = Kernel(os.uname().machine)
    try:
        return kernel, kernel.open_event(1, 0, min(os.sched_getaffinity(0)))
    except OSError as err:
        pytest.skip(f"perf_event_open is not allowed here: {err}")


def test_the_real_system_call_counts() -> None:
    kernel, fd = software_clock()
    event = Event("cpu-clock", 1, 0, 0, 1e-9, Domain("package", 0))
    meter = PerfMeter(Channel("h/rapl/clock", "rapl", "c", "cpu", "energy"), fd, event, kernel)
    first = meter.read()
    total = sum(range(200_000))
    second = meter.read()
    assert total > 0
    assert second.value > first.value > 0.0
    # A CPU's clock counts nanoseconds, here scaled to seconds: no more can have passed than did.
    assert second.value - first.value <= (second.t_ns - first.t_ns) * 1e-9 * 1.5 + 1e-3
    assert not os.get_inheritable(fd)
    meter.close()
    with pytest.raises(MeterLostError):
        meter.read()


def test_the_real_event_gives_as_many_bytes_as_are_asked_for() -> None:
    kernel, fd = software_clock()
    assert len(kernel.read(fd, EVENT_READ_BYTES)) == EVENT_READ_BYTES
    os.close(fd)


def test_the_real_system_call_refuses_a_pmu_that_is_not_there() -> None:
    kernel, fd = software_clock()
    os.close(fd)
    with pytest.raises(OSError) as caught:  # noqa: PT011 - which errno is the point
        kernel.open_event(999, 0, 0)
    assert caught.value.errno in (errno.ENOENT, errno.ENODEV, errno.EINVAL)


def test_a_machine_without_a_known_call_number_says_so(made: MadeTree) -> None:
    made.cpus({0: (0, 0)}).perf()
    answer = RaplBackend(made.root, ["perf"], machine="mips").probe()
    assert not answer.available
    assert "no known number" in answer.reason
