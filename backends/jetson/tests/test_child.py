"""The child process: fresh values only, honest about silence and death, and it never outlives us."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.fakes.jetson import tegrastats as fake
from tests.fakes.jetson.stands import TegrastatsStand
from wattwhat.errors import MeterError, MeterLostError
from wattwhat.sensing.meter import Meter
from wattwhat_jetson import JetsonBackend, _child
from wattwhat_jetson._child import LineChild
from wattwhat_jetson._tegrastats import parse_line

PATIENCE_S = 120.0


def until(found: Callable[[], Any], what: str) -> Any:
    """Ask again and again until there is an answer; no fixed pause, only a limit."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        select.select([], [], [], 0.002)
    raise AssertionError(f"waited {PATIENCE_S} s in vain: {what}")


def process_state(pid: int) -> str:
    """Its letter in /proc, "" if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    return process_state(pid) not in ("", "Z")


def in_the_end(read: Callable[[], Any]) -> Any:
    """What it gives: a busy machine may let the child pause, which is a gap and no fault."""

    def given() -> list[Any]:
        try:
            return [read()]
        except MeterLostError:
            raise
        except MeterError:
            return []

    return until(given, "a reading")[0]


def told(meter: Meter) -> float:
    return float(in_the_end(meter.read).value)


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks at processes through /proc"
)


@pytest.fixture
def stand() -> Iterator[TegrastatsStand]:
    made = TegrastatsStand("orin-nano", "mW")
    yield made
    made.close()


@pytest.fixture
def children() -> Iterator[Callable[..., LineChild]]:
    made: list[LineChild] = []

    def make(*argv: str, interval_s: float = 0.01, start_s: float = 300.0) -> LineChild:
        made.append(LineChild(list(argv), parse_line, interval_s, start_s, "tegrastats"))
        return made[-1]

    yield make
    for child in made:
        child.stop()


def python(code: str) -> tuple[str, ...]:
    return sys.executable, "-SEc", code


def test_nothing_is_started_before_it_is_needed(children: Callable[..., LineChild], tmp_path: Path) -> None:
    trace = tmp_path / "started"
    child = children(*python(f"open({str(trace)!r}, 'w'); print('VDD_IN 1/1', flush=True); input()"))
    assert not trace.exists()
    child.stop()
    assert not trace.exists()


def test_a_new_line_replaces_the_old_value(stand: TegrastatsStand) -> None:
    meters = stand.open().meters()
    total = meters[0]
    stand.set_power(total.channel.id, 12.5)
    until(lambda: told(total) == pytest.approx(12.5), "the new power to be told")
    for meter in meters:
        meter.close()


def test_after_a_long_pause_only_what_is_fresh_is_told(children: Callable[..., LineChild]) -> None:
    """The pipe is full and the child waits: all that is in it, and the line in its hand, are old."""
    child = children(
        *python(
            "import os, time\nwhile True: os.write(1, b'VDD_IN %dmW/0mW\\n' % (time.monotonic_ns() // 1000))"
        )
    )
    child.latest()
    full = child._capacity - 4096
    fd = child._fd
    import fcntl
    import struct
    import termios

    def waiting() -> int:
        return int(struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"    "))[0])

    until(lambda: waiting() >= full, "the pipe to fill")
    now_us = time.monotonic_ns() // 1000
    assert in_the_end(child.latest)["VDD_IN"] * 1000.0 >= now_us


def test_silence_is_an_error_and_the_next_line_mends_it(
    children: Callable[..., LineChild], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    fake.write_state(state, {"rails": {"VDD_IN": 5000}})
    child = children(str(fake.install(tmp_path, state)), "--interval", "10")
    child.latest()
    fake.write_state(state, {"mode": "stall"})

    def failure() -> MeterError | None:
        try:
            child.latest()
        except MeterError as err:
            return err
        return None

    err = until(failure, "silence to be noticed")
    assert "printed nothing for" in str(err)
    assert not isinstance(err, MeterLostError)
    fake.write_state(state, {"rails": {"VDD_IN": 6000}})
    until(lambda: failure() is None, "the new line to mend it")
    assert child._values == {"VDD_IN": 6.0}


@needs_proc
def test_a_machine_that_stood_still_makes_no_gap(
    children: Callable[..., LineChild], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [0.0]
    monkeypatch.setattr(_child, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    monkeypatch.setattr(_child, "_GOES_ON_S", PATIENCE_S)
    state = tmp_path / "state"
    fake.write_state(state, {"rails": {"VDD_IN": 5000}})
    child = children(str(fake.install(tmp_path, state)), "--interval", "10")
    child.latest()
    pid, poll = child._proc.pid, child._poll  # type: ignore[union-attr]
    os.kill(pid, signal.SIGSTOP)
    until(lambda: process_state(pid) == "T", "the child to stand still")
    child._drain()
    now_s[0] = 10.0  # and so did we: both go on at this moment
    monkeypatch.setattr(child, "_poll", lambda seconds: (os.kill(pid, signal.SIGCONT), poll(seconds)))
    assert child.latest() == {"VDD_IN": 5.0}


def test_a_child_that_ends_is_lost_with_its_last_words(
    children: Callable[..., LineChild], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    fake.write_state(state, {"mode": "exit"})
    child = children(str(fake.install(tmp_path, state)), "--interval", "10")
    for _ in range(2):
        with pytest.raises(MeterLostError, match=r"status 7.*cannot open the power monitor"):
            child.latest()


def test_a_child_that_tells_no_power_is_given_up_soon(
    children: Callable[..., LineChild], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    fake.write_state(state, {"mode": "garble"})
    child = children(str(fake.install(tmp_path, state)), "--interval", "1", start_s=60.0)
    with pytest.raises(MeterError, match="tells no power; it said: RAM 1/2MB VDD_IN"):
        child.latest()


def test_a_program_that_is_missing_says_so(children: Callable[..., LineChild], tmp_path: Path) -> None:
    with pytest.raises(MeterLostError, match="cannot be started"):
        children(str(tmp_path / "none")).latest()


def test_a_rail_that_is_no_longer_told_is_a_gap(stand: TegrastatsStand) -> None:
    meters = stand.open().meters()
    soc = meters[-1]
    stand.fail(soc.channel.id, "error")

    def failure() -> MeterError | None:
        try:
            soc.read()
        except MeterError as err:
            return err
        return None

    assert "no longer tells VDD_SOC" in str(until(failure, "the rail to be missed"))
    for meter in meters:
        meter.close()


@needs_proc
def test_the_last_meter_ends_the_child(stand: TegrastatsStand) -> None:
    meters = stand.open().meters()
    proc = meters[0]._child._proc  # type: ignore[attr-defined]
    for meter in meters[:-1]:
        meter.close()
        meter.close()
    assert alive(proc.pid)
    told(meters[-1])
    meters[-1].close()
    assert not alive(proc.pid)
    with pytest.raises(MeterLostError, match="is closed"):
        meters[0].read()


@needs_proc
def test_a_forgotten_child_ends_with_its_meters(stand: TegrastatsStand) -> None:
    meters = list(stand.open().meters())
    pid = meters[0]._child._proc.pid  # type: ignore[attr-defined]
    meters.clear()
    until(lambda: not alive(pid), "the child to end")


@needs_proc
def test_the_child_dies_of_its_next_line_when_we_are_killed(stand: TegrastatsStand) -> None:
    code = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "from wattwhat_jetson import JetsonBackend\n"
        f"meters = JetsonBackend(root={str(stand.root)!r}, interval_s=0.01).meters()\n"
        "print(meters[0]._child._proc.pid, flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.send_signal(signal.SIGKILL)
    until(lambda: not alive(pid), "the orphan to die")


@needs_proc
def test_ctrl_c_does_not_reach_the_child(stand: TegrastatsStand) -> None:
    meters = stand.open().meters()
    pid = meters[0]._child._proc.pid  # type: ignore[attr-defined]
    assert os.getsid(pid) != os.getsid(0)
    for meter in meters:
        meter.close()


@needs_proc
def test_a_forked_process_has_a_child_of_its_own_and_spares_ours(stand: TegrastatsStand) -> None:
    meters = stand.open().meters()
    child = meters[0]._child  # type: ignore[attr-defined]
    pid = child._proc.pid
    reader, writer = os.pipe()
    forked = os.fork()
    if forked == 0:
        try:
            watts = told(meters[0])
            own = child._proc.pid
            for meter in meters:
                meter.close()
            os.write(writer, f"{watts} {own} {alive(own)}".encode())
        finally:
            os._exit(0)
    os.waitpid(forked, 0)
    os.close(writer)
    watts, own, left = os.read(reader, 1000).decode().split()
    os.close(reader)
    assert (float(watts), left) == (7.0, "False")
    assert int(own) != pid
    assert alive(pid)
    assert told(meters[0]) == 7.0
    for meter in meters:
        meter.close()


def test_a_backend_that_finds_no_power_leaves_no_process(stand: TegrastatsStand) -> None:
    stand.fail("VDD_IN", "permission")
    backend = JetsonBackend(root=str(stand.root), interval_s=0.001)
    with pytest.raises(Exception, match="try sudo tegrastats"):
        backend.meters()
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    if children.exists():
        assert not any(
            "tegrastats" in Path(f"/proc/{pid}/cmdline").read_text() for pid in children.read_text().split()
        )
