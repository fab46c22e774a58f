"""Plugs on the wall: units of three firmwares, counters that begin anew, messages with and without a time."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import logs
from wattwhat.errors import LogError


def read(text: str, **options: object) -> logs.Measurements:
    return logs.read(io.StringIO(text), **options)


def tasmota(
    minute: int, total: object = None, power: object = None, start: str = "2026-01-01T00:00:00"
) -> str:
    energy = {"TotalStartTime": start, "Total": total, "Power": power, "Today": 0.1, "Yesterday": 9.0}
    energy = {key: value for key, value in energy.items() if value is not None}
    time = f"2026-03-01T{10 + minute // 60}:{minute % 60:02d}:00"
    return json.dumps({"Time": time, "ENERGY": energy}) + "\n"


@given(st.integers(0, 10**6), st.lists(st.integers(0, 5000), min_size=1, max_size=10))
def test_a_total_in_kwh_is_what_it_went_up_by(first_wh: int, steps_wh: list[int]) -> None:
    totals = [(first_wh + sum(steps_wh[:k])) / 1000 for k in range(len(steps_wh) + 1)]
    (measurement,) = read("".join(tasmota(10 * k, total) for k, total in enumerate(totals)))
    assert measurement.energy_j.value == pytest.approx(3600.0 * sum(steps_wh), rel=1e-6, abs=1e-3)
    assert measurement.duration_s == 600.0 * len(steps_wh)


def test_scope_accuracy_and_step_are_stated() -> None:
    (measurement,) = read(tasmota(0, 5.125) + tasmota(60, 5.250), timezone="UTC")
    (channel,) = measurement.channels
    assert (channel.channel.component, channel.channel.quantity) == ("wall", "energy")
    assert channel.channel.gain_error == 0.02
    assert measurement.budget.get("resolution") == pytest.approx(3600.0 / 6**0.5)
    assert measurement.details["scope"] == "plug"
    assert measurement.started_at is not None


def test_the_finer_of_counter_and_power_is_counted() -> None:
    short = "".join(tasmota(k, total, 100.0) for k, total in enumerate([5.0, 5.001, 5.003]))
    assert read(short)[0].channels[0].channel.quantity == "power"
    long = "".join(tasmota(60 * k, 5 + k / 10, 100.0 + 80 * (k % 2)) for k in range(8))
    assert read(long)[0].channels[0].channel.quantity == "energy"


def test_a_counter_and_a_power_that_cannot_both_be_right_are_said() -> None:
    text = "".join(tasmota(60 * k, 5.0 + k, 100.0) for k in range(4))
    assert any("the counter says" in one for one in read(text)[0].warnings)


def test_a_total_that_begins_anew_is_no_energy() -> None:
    found = read("".join(tasmota(60 * k, total) for k, total in enumerate([5.0, 6.0, 0.5, 1.0])))
    assert [m.energy_j.value for m in found] == pytest.approx([1.5 * 3.6e6])
    assert len(found.problems) == 1
    anew = tasmota(120, 6.5, start="2026-03-01T11:30:00") + tasmota(180, 7.0, start="2026-03-01T11:30:00")
    quiet = read(tasmota(0, 5.0) + tasmota(60, 6.0) + anew)
    assert [m.energy_j.value for m in quiet] == pytest.approx([1.5 * 3.6e6])


def test_channels_of_one_plug_and_plugs_by_topic() -> None:
    text = "".join(tasmota(k, None, [100.0, 50.0]) for k in range(3))
    assert [c.channel.device for c in read(text)[0].channels] == ["plug 1", "plug 2"]
    lines = [f"tele/{plug}/SENSOR {tasmota(k, None, 60.0)}" for k in range(2) for plug in ("desk", "rack")]
    (measurement,) = read("".join(lines))
    assert [c.channel.device for c in measurement.channels] == ["desk", "rack"]
    assert measurement.energy_j.value == pytest.approx(7200.0)


def test_one_counter_for_several_channels_is_that_of_the_plug() -> None:
    (measurement,) = read("".join(tasmota(60 * k, 5.0 + k / 10, [60.0, 40.0]) for k in range(2)))
    assert [c.channel.device for c in measurement.channels] == ["plug"]
    assert measurement.energy_j.value == pytest.approx(360_000.0)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            '{"Time": "2026-03-01T10:30:00", "ENERGY": {"Power": "much"}}',
            "expected Power in W or Total in kWh",
        ),
        ('{"Time": "2026-03-01T10:30:00", "ENERGY": {"Power": -5}}', "expected Power in W or Total"),
        ('{"Time": "noon", "ENERGY": {"Power": 5}}', "and a Time"),
        ('{"Time": "2026-03-01T10:30:00"}', "expected a message with ENERGY"),
        ("offline", "expected a message in JSON, found 'offline'"),
        ('{"Time": "2026-03-01T10:3', "expected a whole message in JSON"),
    ],
)
def test_a_message_that_cannot_be_used_is_named_with_its_line(line: str, words: str) -> None:
    text = f"tele/a/SENSOR {tasmota(0, None, 60.0)}{line}\ntele/a/SENSOR {tasmota(60, None, 60.0)}"
    found = read(text)
    assert found[0].energy_j.value == pytest.approx(216_000.0)
    assert found.problems[0].startswith("<stream>:2: ")
    assert words in found.problems[0]


def shelly(ts: float, component: str = "switch:0", **status: object) -> str:
    return json.dumps({"src": "shellyplus1pm-1", "params": {"ts": ts, component: {"id": 0, **status}}}) + "\n"


T = 1_772_359_200.0


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_shellys_total_is_in_wh(first: int, wh: int) -> None:
    text = "".join(shelly(T + 3600 * k, aenergy={"total": first + wh * k}) for k in range(2))
    assert read(text)[0].energy_j.value == pytest.approx(3600.0 * wh)


GEN1 = {"meters": [{"power": 60.0, "is_valid": True, "timestamp": 1, "total": 600}], "unixtime": 0}


LATER = {"meters": [{"power": 60.0, "is_valid": True, "total": 1200}], "unixtime": T + 600}
EM = {"em:0": {"total_act_power": 60.0}}


@pytest.mark.parametrize(
    ("first", "second", "joules"),
    [
        # the first generation counts watt-minutes: 60 W for 10 minutes
        (
            GEN1 | {"unixtime": T},
            GEN1 | {"unixtime": T + 600, "meters": [GEN1["meters"][0] | {"total": 1200}]},
            36e3,
        ),
        (
            {"emeters": [{"power": 60.0, "total": 5.0}], "unixtime": T},
            {"emeters": [{"power": 60.0, "total": 15.0}], "unixtime": T + 600},
            36e3,
        ),
        (
            {"switch:0": {"apower": 60.0, "aenergy": {"total": 5.0}}, "sys": {"unixtime": T}},
            {"switch:0": {"apower": 60.0, "aenergy": {"total": 15.0}}, "sys": {"unixtime": T + 600}},
            36e3,
        ),
        (
            {"em:0": {"total_act_power": 60.0}, "emdata:0": {"total_act": 5.0}, "sys": {"unixtime": T}},
            {
                "em:0": {"total_act_power": 60.0},
                "emdata:0": {"total_act": 15.0},
                "sys": {"unixtime": T + 600},
            },
            36e3,
        ),
        (
            {"id": 0, "output": True, "apower": 60.0, "aenergy": {"total": 5.0, "minute_ts": int(T)}},
            {"id": 0, "output": True, "apower": 60.0, "aenergy": {"total": 15.0, "minute_ts": int(T) + 600}},
            36e3,
        ),
    ],
)
def test_each_generations_status(first: dict[str, object], second: dict[str, object], joules: float) -> None:
    (measurement,) = read(json.dumps(first) + "\n" + json.dumps(second) + "\n")
    assert measurement.details["format"] == "shelly"
    assert measurement.energy_j.value == pytest.approx(joules)
    assert measurement.duration_s == pytest.approx(600.0)
    assert {c.channel.component for c in measurement.channels} == {"wall"}


def test_messages_without_a_time_count_by_their_counter_or_ask() -> None:
    status = [{"id": 0, "apower": 60.0, "aenergy": {"total": total}} for total in (5.0, 15.0)]
    text = "".join(json.dumps(one) + "\n" for one in status)
    (measurement,) = read(text)
    assert measurement.energy_j.value == pytest.approx(36_000.0)
    assert measurement.duration_s is None
    assert read(text, interval_s=600.0)[0].duration_s == 600.0
    powers = text.replace('"total"', '"other"')
    with pytest.raises(LogError, match="interval_s, the seconds between two samples, or print a time"):
        read(powers)
    assert read(powers, interval_s=600.0)[0].energy_j.value == pytest.approx(36_000.0)


def test_a_time_before_the_message_is_taken() -> None:
    status = json.dumps({"id": 0, "apower": 60.0, "aenergy": {"total": 5.0}})
    topic = "shellyplug-1/status/switch:0"
    (measurement,) = read(
        f"2026-03-01T10:00:00+00:00 {topic} {status}\n2026-03-01T10:01:00+00:00 {topic} {status}\n"
    )
    assert measurement.duration_s == 60.0


def test_a_meter_that_is_not_valid_and_one_that_feeds_in_are_no_reading() -> None:
    invalid = GEN1 | {"meters": [{"power": 0.0, "is_valid": False, "total": 0}], "unixtime": T + 300}
    later = GEN1 | {"unixtime": T + 600}
    (measurement,) = read("".join(json.dumps(one) + "\n" for one in (GEN1 | {"unixtime": T}, invalid, later)))
    assert measurement.channels[0].energy_j is not None
    fed = "".join(shelly(T + 60 * k, apower=-5.0 if k == 1 else 60.0) for k in range(3))
    found = read(fed)
    assert found[0].energy_j.value == pytest.approx(7200.0)
    assert "feeds in" in found.problems[0]
