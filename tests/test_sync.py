from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from wattwhat.errors import ArgumentError
from wattwhat.sync import check_sync, synchronize


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
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    with pytest.raises(ArgumentError, match="import torch first"):
        check_sync(True)
    check_sync("auto")
    check_sync(False)
