"""The conditions of a run travel with its Measurement, and a backend that cannot tell them fails nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

import wattwhat
from tests.rigs import counter, simulated
from wattwhat.acquisition import conditions
from wattwhat.acquisition.conditions import environment_of
from wattwhat.records.measurement import Measurement


class Told:
    def __init__(self, temperatures: list[float]) -> None:
        self.temperatures = temperatures

    def device_conditions(self) -> dict[str, dict[str, Any]]:
        return {"GPU-1": {"temperature_c": self.temperatures.pop(0), "throttled": []}}


class Broken:
    def device_conditions(self) -> Any:
        raise OSError("no answer")


def test_measure_tells_them_before_and_after() -> None:
    m = wattwhat.measure(
        lambda: sum(range(1000)), backends=["estimate"], max_seconds=0.2, min_seconds=0.1, idle=None
    )
    told = m.environment["conditions"]
    assert set(told) == {"begin", "end"}
    assert told["begin"]["at"] <= told["end"]["at"]
    kept = Measurement.from_dict(json.loads(m.to_json()))
    assert kept.environment["conditions"] == json.loads(m.to_json())["environment"]["conditions"]


def test_a_window_has_the_latest_and_shares_them_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "_FRESH_S", float("inf"))
    with wattwhat.track("a", backends=["estimate"]) as one:
        pass
    with wattwhat.track("b", backends=["estimate"]) as other:
        pass
    assert "host" in one.measurement.environment["conditions"]["latest"]
    assert one.measurement.environment["conditions"] is other.measurement.environment["conditions"]


def test_devices_tell_theirs_and_a_failing_backend_is_named() -> None:
    meter_set = simulated(counter()).meter_set
    meter_set.backends = (Told([40.0, 71.0]), Broken())
    before = environment_of(meter_set)["conditions"]["latest"]
    assert before["devices"]["GPU-1"] == {"temperature_c": 40.0, "throttled": []}
    assert before["devices"]["Broken"] == {"error": "OSError: no answer"}
    both = environment_of(meter_set, before)["conditions"]
    assert [both[when]["devices"]["GPU-1"]["temperature_c"] for when in ("begin", "end")] == [40.0, 71.0]
