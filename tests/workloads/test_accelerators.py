from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

import wattwhat
from wattwhat.errors import ArgumentError
from wattwhat.workloads import accelerators
from wattwhat.workloads.accelerators import await_results, check_sync, synchronize, unwaited


class Cuda:
    """What synchronize() needs of torch.cuda: three devices, memory on some, a current one."""

    def __init__(self, initialized: bool = True, capturing: bool = False, memory: Any = (0, 7, 0)) -> None:
        self.initialized, self.capturing, self.memory = initialized, capturing, memory
        self.waited: list[int] = []

    def is_initialized(self) -> bool:
        return self.initialized

    def is_current_stream_capturing(self) -> bool:
        return self.capturing

    def current_device(self) -> int:
        return 0

    def device_count(self) -> int:
        return len(self.memory)

    def memory_allocated(self, index: int) -> int:
        return int(self.memory[index])

    def synchronize(self, index: int) -> None:
        self.waited.append(index)


def with_cuda(monkeypatch: pytest.MonkeyPatch, cuda: Any) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))  # type: ignore[arg-type]


def test_devices_in_use_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = Cuda()
    with_cuda(monkeypatch, cuda)
    synchronize()
    assert cuda.waited == [0, 1]


@pytest.mark.parametrize("cuda", [Cuda(initialized=False), Cuda(capturing=True)])
def test_cuda_is_not_started_and_a_capture_is_not_spoilt(monkeypatch: pytest.MonkeyPatch, cuda: Cuda) -> None:
    with_cuda(monkeypatch, cuda)
    synchronize()
    assert cuda.waited == []


def test_a_failed_kernel_is_left_for_the_users_own_call(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = Cuda()
    cuda.synchronize = lambda index: (_ for _ in ()).throw(RuntimeError("illegal access"))  # type: ignore[method-assign]
    with_cuda(monkeypatch, cuda)
    synchronize()


def test_half_imported_torch_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())  # type: ignore[arg-type]
    synchronize()


def test_true_needs_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in accelerators._WAITERS:  # other tests of this process may have imported any of them
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(ArgumentError, match="import it first"):
        check_sync(True)
    check_sync("auto")
    check_sync(False)


class Array:
    """What jax's arrays answer: whether they are gone, and waiting."""

    def __init__(self, gone: bool = False) -> None:
        self.gone, self.waited = gone, 0

    def is_deleted(self) -> bool:
        return self.gone

    def block_until_ready(self) -> None:
        assert not self.gone
        self.waited += 1


def test_arrays_of_jax_that_live_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = [Array(), Array(gone=True), Array()]
    returned: list[Any] = []
    jax = SimpleNamespace(live_arrays=lambda: arrays, block_until_ready=returned.append)
    monkeypatch.setitem(sys.modules, "jax", jax)  # type: ignore[arg-type]
    with wattwhat.track("x", backends=["estimate"]) as window:
        pass
    assert [array.waited for array in arrays] == [2, 0, 2]
    assert unwaited("auto") == ()
    await_results({"loss": 1})
    assert returned == [{"loss": 1}]
    assert not any("jax" in words for words in window.measurement.warnings)


@pytest.mark.parametrize("sync", ["auto", False])
def test_a_library_that_is_not_waited_for_is_named_in_the_measurement(
    monkeypatch: pytest.MonkeyPatch, sync: Any
) -> None:
    def live_arrays() -> list[Array]:
        if sync == "auto":
            raise RuntimeError("no such device")
        return [Array()]

    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(live_arrays=live_arrays))  # type: ignore[arg-type]
    monkeypatch.setattr("wattwhat.workloads.accelerators._FAILED", {})
    for _ in range(2):
        with wattwhat.track("x", backends=["estimate"], sync=sync) as window:
            pass
        assert [words.split()[0] for words in window.measurement.warnings if "sync=" in words] == ["jax"]
    monkeypatch.delitem(sys.modules, "jax")
    assert unwaited(sync) == ()


def test_a_function_of_the_programs_own_waits_at_both_edges() -> None:
    calls: list[int] = []
    with wattwhat.track("x", backends=["estimate"], sync=lambda: calls.append(1)):
        assert calls == [1]
    assert calls == [1, 1]


def test_jax_itself_is_waited_for() -> None:
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    program = (  # of its own: once imported, jax warns of every fork
        "import jax, wattwhat\n"
        "work = jax.jit(lambda x: jax.lax.fori_loop(0, 300, lambda _, y: y @ y / 2.0, x))\n"
        "ones = jax.numpy.ones((400, 400)) / 400.0\n"
        "work(ones).block_until_ready()\n"
        "with wattwhat.track('x', backends=['estimate']):\n    result = work(ones)\n"
        "print(result.is_ready())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True"], done.stderr
