"""Profiles: kept whole, read without a word of complaint reaching the user's code, used where they fit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs import counter, gauge
from tests.strategies import channels
from wattwhat import Channel
from wattwhat.acquisition.discovery import open_meter_set
from wattwhat.calibration.driver import Calibrated, Finding
from wattwhat.errors import ArgumentError
from wattwhat.plugins import Plugin
from wattwhat.sensing.profiles import Profile, profiled, read_profiles, write_profiles
from wattwhat.sensing.user_paths import ENV_PROFILES, profiles_path
from wattwhat.testing import VirtualBackend, VirtualClock, VirtualMeter

ROOT = Path(__file__).resolve().parents[2]

seconds = st.none() | st.floats(1e-6, 100.0)
texts = st.text(min_size=1, max_size=20)
profiles = st.builds(
    Profile,
    texts,
    texts,
    st.just("2026-11-02"),
    version=st.none() | texts,
    update_period_s=seconds,
    averaging_window_s=seconds,
    delay_s=seconds | st.just(0.0),
    rise_s=seconds | st.just(0.0),
    resolution=seconds,
    load=st.text(max_size=10),
    notes=st.lists(st.text(max_size=10), max_size=2),
)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    file = str(tmp_path / "deep" / "profiles.json")
    monkeypatch.setenv(ENV_PROFILES, file)
    return file


def by_key(given: list[Profile]) -> dict[Any, Profile]:
    return {profile.key: profile for profile in given}


def test_what_a_developer_has_set_up_does_not_reach_the_tests(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "wattwhat"
    folder.mkdir(parents=True)
    (folder / "config.ini").write_text("[estimate]\nwatts_per_core = 99\n", encoding="utf-8")
    profiles_file = tmp_path / ".local" / "share" / "wattwhat" / "profiles.json"
    profiles_file.parent.mkdir(parents=True)
    profiles_file.write_text("{}", encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, conftest; from wattwhat.sensing.user_paths import profiles_path; "
            "from wattwhat.sensing.estimate.settings import settings; "
            "print(sorted(n for n in os.environ if n.startswith('WATTWHAT_')), settings(),"
            " os.path.exists(profiles_path()))",
        ],
        env={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
            "HOME": str(tmp_path),
            "WATTWHAT_BACKENDS": "nvml",
            "WATTWHAT_WATTS_PER_CORE": "98",
            "WATTWHAT_RAPL_ROOT": str(tmp_path),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "['WATTWHAT_CONFIG', 'WATTWHAT_PROFILES'] {} False\n", done.stderr


# The file -----------------------------------------------------------------------------------------


@given(st.lists(profiles, max_size=5), st.lists(profiles, max_size=5))
def test_what_is_written_is_read_again_beside_what_was_there(
    tmp_path_factory: pytest.TempPathFactory, before: list[Profile], after: list[Profile]
) -> None:
    file = str(tmp_path_factory.mktemp("kept") / "p.json")
    write_profiles(before, file)
    write_profiles(after, file)
    assert read_profiles(file) == ({**by_key(before), **by_key(after)}, ())


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_is_in_the_file_reading_it_never_raises(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.mktemp("kept") / "p.json"
    file.write_bytes(content)
    known, words = read_profiles(str(file))
    assert known == {}
    assert len(words) == 1
    assert str(file) in words[0]
    assert "wattwhat calibrate" in words[0]


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(json_values)
def test_an_entry_that_is_no_profile_costs_the_others_nothing(
    tmp_path_factory: pytest.TempPathFactory, entry: Any
) -> None:
    file = tmp_path_factory.mktemp("kept") / "p.json"
    good = Profile("h/x/0", "a GPU", "2026-11-02", update_period_s=0.1)
    file.write_text(json.dumps({"schema": 1, "profiles": [entry, attrs.asdict(good)]}))
    known, words = read_profiles(str(file))
    assert known == {good.key: good}
    assert len(words) == 1


def test_a_file_of_a_later_schema_is_not_guessed_at(kept: str) -> None:
    write_profiles([])
    Path(kept).write_text(json.dumps({"schema": 2, "profiles": []}))
    assert "schema 2" in read_profiles()[1][0]


def test_fields_of_later_versions_are_passed_over() -> None:
    assert Profile.from_dict({"channel_id": "a", "device": "b", "found_at": "c", "mood": 1}).device == "b"


def test_no_file_is_no_profiles_and_nothing_to_say(kept: str) -> None:
    assert read_profiles() == ({}, ())


def test_a_folder_in_its_place_is_a_sentence(tmp_path: Path) -> None:
    known, words = read_profiles(str(tmp_path))
    assert known == {}
    assert len(words) == 1


def test_a_broken_file_is_mended_by_writing(kept: str) -> None:
    write_profiles([])
    Path(kept).write_text("{")
    new = Profile("h/x/0", "a GPU", "2026-11-02", update_period_s=0.1)
    assert write_profiles([new]) == kept
    assert read_profiles() == ({new.key: new}, ())


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "p.json", tmp_path / "link.json"
    file.write_text('{"schema": 1, "profiles": []}')
    link.symlink_to(file)
    new = Profile("h/x/0", "a GPU", "2026-11-02", update_period_s=0.1)
    write_profiles([new], str(link))
    assert link.is_symlink()
    assert read_profiles(str(file))[0] == {new.key: new}


@pytest.mark.parametrize(
    "fields",
    [
        {"update_period_s": 0.0},
        {"update_period_s": float("nan")},
        {"averaging_window_s": -1.0},
        {"rise_s": -0.1},
        {"resolution": True},
        {"version": 3},
        {"device": ""},
    ],
)
def test_a_profile_of_impossible_figures_is_refused_by_name(fields: dict[str, Any]) -> None:
    [name] = fields
    with pytest.raises(ArgumentError, match=name):
        Profile(**{"channel_id": "a", "device": "b", "found_at": "2026-11-02", **fields})


# Where it is --------------------------------------------------------------------------------------


def test_the_place_may_be_named_and_else_follows_the_xdg_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENV_PROFILES, raising=False)
    monkeypatch.setenv("HOME", os.path.join(os.sep, "home", "ada"))
    default = os.path.join(os.sep, "home", "ada", ".local", "share", "wattwhat", "profiles.json")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert profiles_path() == default
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert profiles_path() == default
    monkeypatch.setenv("XDG_DATA_HOME", os.path.join(os.sep, "data"))
    assert profiles_path() == os.path.join(os.sep, "data", "wattwhat", "profiles.json")
    monkeypatch.setenv(ENV_PROFILES, "mine.json")
    assert profiles_path() == "mine.json"


def test_set_to_nothing_there_are_no_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_PROFILES, "")
    assert read_profiles() == ({}, ())
    with pytest.raises(ArgumentError, match="unset it"):
        write_profiles([])


def test_opening_meters_without_a_file_reads_nothing_and_writes_nothing(tmp_path: Path) -> None:
    script = (
        "import sys; from wattwhat.acquisition.shared import shared_meter_set; "
        "from wattwhat.sensing.estimate.backend import EstimateBackend;"
        "shared_meter_set([EstimateBackend()]); print('wattwhat.sensing.profiles' in sys.modules)"
    )
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment.pop(ENV_PROFILES, None)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
    assert list(tmp_path.iterdir()) == []


# Its use ------------------------------------------------------------------------------------------


TIMING = ("update_period_s", "averaging_window_s", "delay_s", "rise_s")


@given(channels(), st.none() | texts, st.lists(st.none() | st.floats(1e-4, 10.0), min_size=4, max_size=4))
def test_a_fitting_profile_replaces_what_was_declared_and_says_so(
    channel: Channel, version: str | None, seconds: list[float | None]
) -> None:
    told = dict(zip(TIMING, seconds, strict=True))
    profile = Profile(
        channel.id,
        channel.device,
        "2026-11-02",
        version=version,
        **told,
    )
    new = profiled(channel, version, {profile.key: profile})
    for name, value in told.items():
        assert getattr(new, name) == (getattr(channel, name) if value is None else value)
        words = name.removesuffix("_s").replace("_", " ")
        assert (words in (new.source or "").removeprefix(channel.source or "")) == (value is not None)
    assert ("2026-11-02" in (new.source or "")) == any(value is not None for value in seconds)
    declared = {name: getattr(channel, name) for name in (*TIMING, "source")}
    assert attrs.evolve(new, **declared) == channel


@pytest.mark.parametrize(
    "other",
    [{"channel_id": "h/x/1"}, {"device": "another GPU"}, {"version": "590"}, {"version": None}],
)
def test_a_profile_of_another_device_or_driver_is_not_used(other: dict[str, Any]) -> None:
    channel = Channel("h/x/0", "x", "a GPU", "gpu", "power")
    fields = {"channel_id": "h/x/0", "device": "a GPU", "version": "580", **other}
    profile = Profile(found_at="2026-11-02", update_period_s=0.1, **fields)
    assert profiled(channel, "580", {profile.key: profile}) is channel


def opened(*sensors: Any, version: str | None = "580") -> Any:
    clock = VirtualClock()
    meters = [
        VirtualMeter(
            sensor,
            sensor.channel(f"{number}", update_period_s=None, averaging_window_s=None),
            clock=clock,
        )
        for number, sensor in enumerate(sensors)
    ]
    backend = VirtualBackend(meters, version=version)
    return open_meter_set(plugins={"virtual": Plugin("virtual", "made", lambda: lambda: backend)})


def keep(meter_set: Any, number: int, version: str | None = "580", **fields: Any) -> None:
    channel = meter_set.inputs[number].channel
    write_profiles([Profile(channel.id, channel.device, "2026-11-02", version=version, **fields)])


def test_an_opened_rig_goes_by_the_profiles(kept: str) -> None:
    before = opened(gauge(), counter())
    assert before.inputs[0].channel.update_period_s is None
    keep(before, 0, update_period_s=0.02, averaging_window_s=0.005, delay_s=0.01, rise_s=0.0)
    keep(before, 1, update_period_s=0.03, averaging_window_s=0.03)
    line, other = opened(gauge(), counter()).inputs
    assert line.channel.update_period_s == 0.02
    assert line.channel.averaging_window_s == 0.005
    assert line.lag_s == pytest.approx(0.0225)
    assert line.answer_s == pytest.approx(0.035)
    assert line.poll_s == pytest.approx(0.01)
    assert other.channel.update_period_s == 0.03
    assert "calibrated on 2026-11-02" in line.channel.source
    assert line.meter.channel.update_period_s is None, "what the backend declares stays as it is"


def test_after_a_driver_update_the_profile_is_not_used(kept: str) -> None:
    keep(opened(gauge()), 0, update_period_s=0.02)
    assert opened(gauge(), version="590").inputs[0].channel.update_period_s is None
    assert opened(gauge()).inputs[0].channel.update_period_s == 0.02


def test_a_broken_file_is_a_warning_of_every_measurement(kept: str) -> None:
    write_profiles([])
    Path(kept).write_text("nonsense")
    assert any("sensor profiles" in sentence for sentence in opened(gauge()).warnings)


def test_findings_become_a_profile_without_what_was_not_found() -> None:
    channel = Channel("h/x/0", "x", "a GPU", "gpu", "power")
    found = Calibrated(
        channel, Finding(0.1, 0.001), Finding(reason="the load did not move it"), load="a loop"
    )
    profile = found.profile("580", "2026-11-02")
    assert profile == Profile(
        "h/x/0", "a GPU", "2026-11-02", version="580", update_period_s=0.1, load="a loop"
    )
    assert Calibrated(channel, Finding(reason="never changed")).profile("580", "2026-11-02") is None
