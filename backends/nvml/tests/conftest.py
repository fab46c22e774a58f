"""One fixture: the emulated library in this process, reset, with no memory of earlier tests."""

from __future__ import annotations

import pytest

from tests.fakes.nvml import load, missing_compiler


@pytest.fixture
def fake(monkeypatch):
    """A `FakeNvml` with two GPUs of one kind; the real `pynvml` reads it."""
    reason = missing_compiler()
    if reason is not None:
        pytest.skip(reason)
    from wattwhat_nvml import backend

    monkeypatch.setattr(backend, "_verdicts", {})
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    stand_in = load()
    stand_in.reset(2)
    yield stand_in
    stand_in.absent()
