"""The estimate learns watts per core from this machine's own measurements, and from nobody else's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat import Channel, Measurement, Quantity
from wattwhat.calibration.core_power import learn_core_power
from wattwhat.cli import main
from wattwhat.errors import ArgumentError
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.sensing.estimate.backend import EstimateBackend
from wattwhat.sensing.estimate.learnt import LearntPower, read_learnt, write_learnt
from wattwhat.sensing.host import cpu_model, host_name
from wattwhat.sensing.user_paths import ENV_PROFILES

HERE = {"host": host_name(), "cpu": cpu_model() or "None", "cpu_count": 8}
REST_W = 16.0


def run(threads: int | None, busy_w: float, component: str = "wall", **fields: Any) -> Measurement:
    watts = REST_W + (threads or 1) * busy_w
    energy = Quantity(watts * 10.0, 0.1, "J")
    given: dict[str, Any] = {
        "label": "net",
        "energy_j": energy,
        "duration_s": 10.0,
        "idle_power_w": Quantity(REST_W, 0.1, "W"),
        "channels": (ChannelEnergy(Channel("h/plug/0", "plug", "a plug", component, "power"), energy),),  # type: ignore[arg-type]
        "environment": HERE,
        "details": {"cell": {"threads": threads, "device": "cpu"}},
    }
    return Measurement(**{**given, **fields})


@settings(max_examples=30, deadline=None)
@given(st.floats(0.5, 30.0), st.lists(st.integers(1, 64), min_size=3, max_size=8))
def test_a_made_power_is_found(busy_w: float, threads: list[int]) -> None:
    learnt = learn_core_power([run(count, busy_w) for count in threads])
    assert learnt.watts_per_core - learnt.idle_watts_per_core == pytest.approx(busy_w, abs=1e-5)
    assert learnt.idle_watts_per_core == pytest.approx(REST_W / 8)
    assert learnt.u == pytest.approx(0.10)  # never better than power is proportional to cores


def test_what_differs_between_runs_is_in_the_uncertainty() -> None:
    learnt = learn_core_power([run(2, busy) for busy in (3.0, 5.0, 8.0)])
    assert learnt.u > 0.4


def test_the_estimate_uses_what_was_learnt_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_PROFILES, str(tmp_path / "profiles.json"))
    before = EstimateBackend()
    write_learnt(learn_core_power([run(count, 4.0) for count in (1, 2, 4)]))
    after = EstimateBackend()
    assert after.model.busy_w == pytest.approx(6.0)
    assert after.model.idle_w == pytest.approx(2.0)
    assert "3 measurements of this machine (wall)" in after.model.source
    assert after.meters()[0].channel.gain_error == pytest.approx(0.10)
    assert before.meters()[0].channel.gain_error == pytest.approx(0.40)
    assert EstimateBackend(watts_per_core=3.0).model.busy_w == 3.0  # what somebody says goes first


def test_what_another_machine_taught_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_PROFILES, str(tmp_path / "profiles.json"))
    plain = EstimateBackend().model
    for host, cpu in (("elsewhere", HERE["cpu"]), (HERE["host"], "another CPU")):
        write_learnt(
            LearntPower(
                host=str(host), cpu=str(cpu), watts_per_core=99.0, idle_watts_per_core=1.0, u=0.1, source="x"
            )
        )
        assert EstimateBackend().model == plain


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 9}', '{"schema": 1, "power": {"host": 3}}'])
def test_a_broken_file_is_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "power.json"
    path.write_text(content)
    assert read_learnt("h", "c", str(path)) is None


def test_without_a_place_nothing_is_read_and_nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_PROFILES, "")
    learnt = learn_core_power([run(count, 4.0) for count in (1, 2, 4)])
    with pytest.raises(ArgumentError, match="set to nothing"):
        write_learnt(learnt)
    assert read_learnt(learnt.host, learnt.cpu) is None


@pytest.mark.parametrize(
    "spoilt",
    [
        {"idle_power_w": None},
        {"duration_s": None},
        {"provenance": "estimated"},
        {"details": {"cell": {"threads": 2, "device": "cuda"}}},
        {"details": {}},
        {"environment": {}},
    ],
)
def test_a_measurement_that_does_not_tell_is_not_taken(spoilt: dict[str, Any]) -> None:
    good = [run(1, 4.0), run(2, 4.0)]
    with pytest.raises(ArgumentError, match="expected at least 3 on the CPU by a sensor"):
        learn_core_power([*good, run(4, 4.0, **spoilt)])
    assert learn_core_power([*good, run(4, 4.0)]).watts_per_core == pytest.approx(6.0)


def test_a_gpu_beside_it_is_not_taken_for_the_processor() -> None:
    with pytest.raises(ArgumentError, match="got 2"):
        learn_core_power([run(1, 4.0), run(2, 4.0), run(4, 4.0, "gpu")])


def test_several_machines_are_refused() -> None:
    other = run(4, 4.0, environment={**HERE, "host": "elsewhere"})
    with pytest.raises(ArgumentError, match="of one machine, got 2"):
        learn_core_power([run(1, 4.0), run(2, 4.0), other])


def test_calibrate_learns_from_a_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ENV_PROFILES, str(tmp_path / "profiles.json"))
    rows = [run(count, 4.0).to_json() for count in (1, 2, 4)]
    (tmp_path / "results.jsonl").write_text("\n".join(rows) + "\n")
    assert main(["calibrate", "--study", str(tmp_path), "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["watts_per_core"] == pytest.approx(6.0)
    assert not (tmp_path / "power.json").exists()
    assert main(["calibrate", "--study", str(tmp_path)]) == 0
    assert "a busy core takes 6 W" in capsys.readouterr().out
    assert EstimateBackend().model.busy_w == pytest.approx(6.0)
    assert main(["calibrate", "--study", str(tmp_path / "none")]) == 2
