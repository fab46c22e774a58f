"""The verb calibrate: what it tells, what it keeps, and that it writes only where it is asked to."""

import functools
import json
import random

import pytest

from tests import rigs
from tests.cli.made import Counter, Made, Model, channel, plugin
from wattwhat.calibration import driver as calibration
from wattwhat.calibration.driver import Calibrated, Finding
from wattwhat.calibration.loads import Load
from wattwhat.cli import main
from wattwhat.cli.calibrate import describe
from wattwhat.errors import BackendError
from wattwhat.sensing.profiles import read_profiles
from wattwhat.testing import VirtualBackend, VirtualClock, VirtualMeter


class Switch(Load):
    description = "a made load"

    def __init__(self, wave, clock):
        self.wave, self.clock, self.on, self.times, self.closed = wave, clock, False, [], 0

    def switch(self, on):
        if on != self.on:
            self.on = on
            self.times.append(self.clock.now_s)
            self.wave.call(self.clock.now_s, (1e9, 360.0) if on else (1e-9, 60.0))

    def switches_s(self):
        self.switch(False)
        return self.times

    def close(self):
        self.closed += 1


class Wave(rigs.Load):
    """A load that is switched off before its call has ended."""

    def call(self, t_s, *phases):
        self._step(t_s, phases[0][1])


@pytest.fixture
def bench(plugins, monkeypatch, tmp_path):
    """A counter and a part-time gauge in virtual time, their load, and a file for profiles."""
    clock, wave = VirtualClock(100 * 10**9), Wave()
    load = Switch(wave, clock)
    unsaid = {"update_period_s": None, "averaging_window_s": None}
    parts = {
        "package": (rigs.counter(wave, 0.02), {"component": "cpu", **unsaid}),
        "board": (rigs.gauge(wave, 0.1, 0.025), {"component": "host", **unsaid}),
    }
    meters = [
        VirtualMeter(sensor, sensor.channel(name, **fields), clock=clock)
        for name, (sensor, fields) in parts.items()
    ]
    plugins(virtual=VirtualBackend(meters, version="580"))
    monkeypatch.setattr("wattwhat.calibration.loads.busy_processors", lambda: load)
    virtual = functools.partial(
        calibration.calibrate, clock=clock.monotonic_ns, sleep=clock.sleep, generator=random.Random(1)
    )
    monkeypatch.setattr("wattwhat.calibration.driver.calibrate", virtual)
    monkeypatch.setenv("WATTWHAT_PROFILES", str(tmp_path / "kept" / "profiles.json"))
    load.file = tmp_path / "kept" / "profiles.json"
    return load


def test_what_was_declared_and_found_is_told_and_kept(bench, capsys):
    assert main(["calibrate"]) == 0
    out = capsys.readouterr().out
    assert "update period  -           100 ms" in out
    assert "looks                      25 %" in out
    assert str(bench.file.name) in out
    assert max(map(len, out.splitlines())) <= 80 or str(bench.file) in out
    known, words = read_profiles(str(bench.file))
    assert words == ()
    periods = {profile.channel_id.split("/")[-1]: profile for profile in known.values()}
    assert periods["board"].update_period_s == pytest.approx(0.1, rel=0.01)
    assert periods["board"].averaging_window_s == pytest.approx(0.025, rel=0.1)
    assert periods["package"].update_period_s == pytest.approx(0.02, rel=0.01)
    assert {profile.version for profile in known.values()} == {"580"}
    assert bench.closed


def test_a_dry_run_writes_nothing(bench, capsys):
    assert main(["calibrate", "--dry-run", "--seconds", "4"]) == 0
    assert "Nothing was written." in capsys.readouterr().out
    assert not bench.file.parent.exists()


def test_as_data_each_finding_has_value_uncertainty_and_reason(bench, capsys):
    assert main(["calibrate", "--dry-run", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["profiles"] is None
    counter, gauge = data["channels"]
    assert counter["channel"]["component"] == "cpu"
    assert gauge["duty"]["value"] == pytest.approx(0.25, rel=0.1)
    assert set(gauge["rise_s"]) == {"value", "u", "reason"}
    assert gauge["load"] == "a made load"


def test_a_load_that_cannot_begin_leaves_the_period(bench, monkeypatch, capsys):
    def refuse():
        raise BackendError("no processor would do it")

    monkeypatch.setattr("wattwhat.calibration.loads.busy_processors", refuse)
    assert main(["calibrate", "--dry-run", "--seconds", "4"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "without a load only the update period can be found: no processor would do it" in out
    assert "20 ms" in out


def test_without_a_sensor_there_is_nothing_to_do(plugins, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("WATTWHAT_PROFILES", str(tmp_path / "profiles.json"))
    plugins(plugin("model", Made([Model(channel("m"))])))
    assert main(["calibrate"]) == 1
    assert "nothing to calibrate" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e9"])
def test_seconds_that_make_no_sense_are_refused(plugins, seconds, capsys):
    plugins(fine=Made([Counter(channel("a"))]))
    assert main(["calibrate", f"--seconds={seconds}"]) == 2
    assert "--seconds: expected" in capsys.readouterr().err


def test_without_a_place_to_keep_it_nothing_is_begun(plugins, monkeypatch, capsys):
    meter = Counter(channel("a"))
    plugins(fine=Made([meter]))
    monkeypatch.setenv("WATTWHAT_PROFILES", "")
    assert main(["calibrate"]) == 2
    assert "--dry-run" in capsys.readouterr().err
    assert meter.closed == 0


def test_findings_with_one_reason_share_a_line():
    reason = Finding(reason="the load hardly moved it")
    one = Calibrated(channel("a", update_period_s=0.1), Finding(0.1, 0.02), reason, reason, reason, reason)
    text = describe([one], None)
    assert "update period  100 ms      100 ms ± 40 ms" in text
    assert "averages, looks, delay, rise: the load hardly moved it" in text
