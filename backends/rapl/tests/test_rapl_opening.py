"""Meters over kept descriptors: values, failures, threads, forks, and nothing left open."""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapl_tree import MadeTree

from wattwhat.errors import MeterError, MeterLostError
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter
from wattwhat_rapl import RaplBackend
from wattwhat_rapl.opening import MicroMeter, Refused, open_file

CHANNEL = Channel("h/rapl/package-0", "rapl", "CPU", "cpu", "energy")


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    file = tmp_path / "energy_uj"
    file.write_text("1500000\n")
    return file


def meter_of(file: Path) -> MicroMeter:
    return MicroMeter(CHANNEL, open_file(str(file)), str(file))


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


@given(st.integers(0, 2**63 - 1))
def test_a_reading_is_the_file_in_joules(energy_uj: int) -> None:
    fd = os.memfd_create("counter")
    os.pwrite(fd, f"{energy_uj}\n".encode(), 0)
    meter = MicroMeter(CHANNEL, fd, "/proc/self/cmdline")
    before_ns = time.monotonic_ns()
    reading = meter.read()
    assert reading.value == energy_uj / 1e6
    assert before_ns <= reading.t_ns <= time.monotonic_ns()
    meter.close()


def test_each_reading_sees_the_file_anew(counter: Path) -> None:
    meter = meter_of(counter)
    assert meter.read().value == 1.5
    counter.write_text("2500000\n")
    assert meter.read().value == 2.5
    counter.write_text("7\n")
    assert meter.read().value == 7e-6
    meter.close()


def test_a_failed_reading_heals(counter: Path) -> None:
    meter = meter_of(counter)
    counter.write_text("")
    with pytest.raises(MeterError, match="reading failed") as caught:
        meter.read()
    assert not isinstance(caught.value, MeterLostError)
    assert isinstance(caught.value.__cause__, ValueError)
    counter.write_text("3000000\n")
    assert meter.read().value == 3.0
    meter.close()


def test_an_error_of_the_kernel_is_chained(counter: Path) -> None:
    meter = meter_of(counter)
    os.dup2(os.open(counter.parent, os.O_RDONLY), meter._fd)  # a directory cannot be read: EISDIR
    with pytest.raises(MeterError, match="Is a directory") as caught:
        meter.read()
    assert isinstance(caught.value.__cause__, OSError)
    meter.close()


def test_a_vanished_file_is_lost(counter: Path) -> None:
    meter = meter_of(counter)
    counter.write_text("")
    counter.unlink()
    with pytest.raises(MeterLostError, match="gone"):
        meter.read()
    meter.close()


def test_a_dead_descriptor_is_lost(counter: Path) -> None:
    meter = meter_of(counter)
    os.dup2(os.open(os.devnull, os.O_WRONLY), meter._fd)  # reading what is open for writing: EBADF
    with pytest.raises(MeterLostError):
        meter.read()
    meter.close()


def test_a_closed_meter_says_so_and_closes_again(counter: Path) -> None:
    meter = meter_of(counter)
    meter.close()
    meter.close()
    with pytest.raises(MeterLostError, match="closed"):
        meter.read()


def test_closing_does_not_close_a_later_descriptor_of_the_same_number(counter: Path) -> None:
    meter = meter_of(counter)
    number = meter._fd
    meter.close()
    other = os.open(counter, os.O_RDONLY)
    assert other == number
    meter.close()
    assert os.pread(other, 1, 0) == b"1"
    os.close(other)


def test_a_forgotten_meter_gives_its_descriptor_back(counter: Path) -> None:
    before = descriptors()
    meter = meter_of(counter)
    assert descriptors() > before
    del meter
    assert descriptors() == before


@pytest.mark.parametrize("content", [None, "", "x"])
def test_what_gives_no_number_is_refused_and_leaves_nothing_open(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "energy_uj"
    if content is not None:
        file.write_text(content)
    before = descriptors()
    with pytest.raises(Refused) as caught:
        open_file(str(file))
    assert caught.value.trouble.kind == ("missing" if content is None else "failing")
    assert descriptors() == before


def test_probe_and_meters_leave_nothing_open(tmp_path: Path) -> None:
    made = MadeTree(tmp_path).intel(sockets=2)
    made.zone("intel-rapl:7", "package-7", "broken")
    backend = RaplBackend(tmp_path, ["powercap"])
    before = descriptors()
    assert backend.probe()
    meters = backend.meters()
    assert len(descriptors()) == len(before) + 8
    for meter in meters:
        meter.close()
    assert descriptors() == before


def test_descriptors_are_not_handed_to_other_programs(counter: Path) -> None:
    meter = meter_of(counter)
    assert not os.get_inheritable(meter._fd)
    meter.close()


def test_a_forked_child_reads_on_without_disturbing_its_parent(counter: Path) -> None:
    meter = meter_of(counter)
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:  # pragma: no cover - in the child
        try:
            os.write(tell, repr([meter.read().value for _ in range(3)]).encode())
            meter.close()
        finally:
            os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert os.read(told, 100) == b"[1.5, 1.5, 1.5]"
    assert meter.read().value == 1.5
    meter.close()
    os.close(told)
    os.close(tell)


def test_threads_share_a_meter(counter: Path) -> None:
    meter = meter_of(counter)
    seen: list[float] = []

    def read_often(meter: Meter) -> None:
        seen.extend(meter.read().value for _ in range(500))

    threads = [threading.Thread(target=read_often, args=(meter,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1.5] * 2000
    meter.close()


def test_errors_of_a_removed_device_are_losses() -> None:
    meter = MicroMeter(CHANNEL, os.open(os.devnull, os.O_RDONLY), os.devnull)
    lost = [
        number for number in errno.errorcode if type(meter._failure(OSError(number, "x"))) is MeterLostError
    ]
    assert {errno.ENODEV, errno.EBADF, errno.ENXIO} <= set(lost)
    assert not {errno.EINVAL, errno.EIO, errno.EAGAIN, errno.ENODATA} & set(lost)
    meter.close()
