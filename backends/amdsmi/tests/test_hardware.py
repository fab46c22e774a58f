"""On a real AMD GPU; in a Python of its own, because this one may run over the stand-in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import json, sys, time
sys.path[:0] = sys.argv[1:]
from wattwhat_amdsmi import AmdSmiBackend
backend = AmdSmiBackend()
answer, seen = backend.probe(), []
if answer.available:
    meters = backend.meters()
    first = [meter.read() for meter in meters]
    end_ns = time.monotonic_ns() + 500_000_000
    while time.monotonic_ns() < end_ns:
        last = [meter.read() for meter in meters]
    for meter, before, after in zip(meters, first, last):
        seen.append([meter.channel.id, meter.channel.quantity, before.value, after.value])
print(json.dumps([answer.available, answer.reason, seen]))
"""


@pytest.mark.hardware
def test_real_gpus_draw_a_power_that_can_be() -> None:
    paths = [*filter(None, sys.path), str(Path(__file__).resolve().parents[1])]
    done = subprocess.run([sys.executable, "-c", CODE, *paths], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    available, reason, seen = json.loads(done.stdout)
    if not available:
        pytest.skip(reason)
    for channel_id, quantity, before, after in seen:
        power_w = (after - before) / 0.5 if quantity == "energy" else after
        assert 1.0 < power_w < 5000.0, channel_id
