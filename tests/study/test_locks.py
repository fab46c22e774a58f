"""Locks: one at a time, in one order, gone with who held them."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from wattwhat import Channel
from wattwhat.errors import ArgumentError
from wattwhat.study.locks import Lock, Locks, lock_folder, lock_names

pytest.importorskip("fcntl", reason="this system has no flock")


def test_two_holders_never_overlap(own_locks):
    """Eight threads, each with a file of its own open: a lock is held by one of them at a time."""
    inside, most = [], []

    def work():
        for _ in range(20):
            with Locks(["a", "b"]):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(most) == 160
    assert list(own_locks.iterdir()) == []


def test_who_does_not_wait_is_told(own_locks):
    path = str(own_locks / "x.lock")
    first, second = Lock(path), Lock(path)
    assert first.take(wait=False)
    assert not second.take(wait=False)
    first.give_back()
    assert second.take(wait=False)
    second.give_back()


def test_a_killed_holder_holds_nothing(own_locks):
    program = (
        "import sys, time; from wattwhat.study.locks import Lock; "
        f"Lock({str(own_locks / 'x.lock')!r}).take(); print('held', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        lock = Lock(str(own_locks / "x.lock"))
        assert not lock.take(wait=False)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert lock.take(wait=False)
    lock.give_back()


def channel(name, component="gpu"):
    return Channel(name, name.split("/")[1], "a device", component, "energy")


def test_the_same_thing_has_one_name_whoever_reads_it():
    board = channel("h/nvml/GPU-12ab-34/board", "board")
    memory = channel("h/other/GPU-12ab-34/memory", "memory")
    assert lock_names([board]) == lock_names([memory]) == ["wattwhat-h-GPU-12ab-34"]
    rapl, estimate = channel("h/rapl/package-0", "cpu"), channel("h/estimate/cpu", "cpu")
    assert lock_names([rapl]) == lock_names([estimate])
    assert lock_names([board, rapl]) == lock_names([rapl, board])
    assert lock_names([rapl, board])[0] == "wattwhat-h-0-host"
    assert lock_names([channel("g/rapl/package-0", "cpu")]) != lock_names([rapl])


def test_a_folder_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setenv("WATTWHAT_LOCKS", "/no/such/folder")
    with pytest.raises(ArgumentError, match="there is no folder"):
        lock_folder()
