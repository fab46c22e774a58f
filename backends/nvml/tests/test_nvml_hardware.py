"""On a machine with an NVIDIA GPU: the plugin against the real library, in a process of its own."""

from __future__ import annotations

import json
import os
import sys

import pytest

from tests.fakes.nvml import run_python

LOOK = """
import json, time
from wattwhat_nvml import NvmlBackend
backend = NvmlBackend()
answer = backend.probe()
said = {"available": answer.available, "reason": answer.reason, "version": backend.version, "meters": []}
if answer.available:
    meters = backend.meters()
    first = [meter.read() for meter in meters]
    time.sleep(1.0)
    last = [meter.read() for meter in meters]
    for meter, a, b in zip(meters, first, last):
        meter.close()
        said["meters"].append({"channel": meter.channel.to_dict(), "first": a, "last": b})
    said["conditions"] = list(backend.conditions())
print(json.dumps(said))
"""


@pytest.mark.hardware
def test_a_real_gpu_draws_a_plausible_power():
    # without the stand-in, which other tests of this process have put before the real library
    env = {name: value for name, value in os.environ.items() if name != "WATTWHAT_FAKE_NVML"}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    said = json.loads(run_python(LOOK, env))
    if not said["available"]:
        pytest.skip(said["reason"])
    assert said["version"]
    for meter in said["meters"]:
        channel, first, last = meter["channel"], meter["first"], meter["last"]
        assert "/nvml/" in channel["id"]
        if channel["quantity"] == "energy":
            power_w = (last[1] - first[1]) / (last[0] - first[0]) * 1e9
        else:
            power_w = last[1]
        assert 1.0 < power_w < 1.5 * (channel["max_power_w"] or 3000.0), channel["id"]
