"""Adapters against the real loggers, whose own files are read back: the same numbers and their provenance."""

from __future__ import annotations

import csv
import io
import json
import math
import struct
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

import wattwhat
from tests.live_host import WATTS, Host, earlier_part
from wattwhat import Quantity
from wattwhat.errors import ArgumentError
from wattwhat.integrations import codecarbon, tensorboard
from wattwhat.integrations.logged import facts, taken

MEASURED = attrs.evolve(
    earlier_part(8.0, 0.5), calls=2, items=4, warnings=("a sensor | of <b>others</b>\nwas lost",)
)


@pytest.fixture(autouse=True)
def _their_warnings() -> Any:
    with warnings.catch_warnings():  # the loggers' own deprecations are not ours to mend
        warnings.simplefilter("ignore")
        yield


def test_only_measurements_and_windows_that_stopped_are_logged() -> None:
    with wattwhat.track("a", backends=["estimate"]) as window, pytest.raises(wattwhat.WattwhatError):
        taken(window)
    assert taken(window) is window.measurement
    with pytest.raises(ArgumentError, match="measured"):
        taken({"energy_j": 1.0})
    assert "\n" not in facts(MEASURED, "")["warnings"]


def test_tensorboard_reads_back_what_was_logged(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch, whose SummaryWriter is used")
    pytest.importorskip("tensorboard", reason="tensorboard, whose event reader is used")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        tensorboard.log(MEASURED, writer, 7)
        on_end = partial(tensorboard.log, writer=writer, prefix="window/")
        with wattwhat.track("a", backends=["estimate"], on_end=on_end):
            pass
    reader = EventAccumulator(str(tmp_path))
    reader.Reload()
    for name, value in MEASURED.flat().items():
        (event,) = reader.Scalars(name)
        assert (event.step, event.value) == (7, pytest.approx(value, rel=1e-6))
    assert "window/energy_j" in reader.Tags()["scalars"]
    with pytest.raises(ArgumentError, match="writer"):
        tensorboard.log(MEASURED, tmp_path)


def test_mlflow_keeps_metrics_tags_and_system_metrics_in_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sqlalchemy", reason="sqlalchemy, with which MLflow keeps runs in SQLite")
    mlflow = pytest.importorskip("mlflow", reason="mlflow, whose store is read back")
    pytest.importorskip("psutil", reason="psutil, which MLflow's system metrics need")
    from wattwhat.integrations import mlflow as ours

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "3600")
    store = f"sqlite:///{tmp_path / 'runs.db'}"
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(store)
    try:
        with pytest.raises(ArgumentError, match="run_id"), ours.system_metrics():
            pass
        with mlflow.start_run() as run:
            ours.log(MEASURED, step=3)
            with ours.system_metrics(backends=["estimate"]):
                pass
        ours.log(MEASURED, run.info.run_id, prefix="late/")
        kept = mlflow.MlflowClient(store).get_run(run.info.run_id).data
    finally:
        mlflow.set_tracking_uri(before)
    expected = MEASURED.flat() | MEASURED.flat("late/")
    assert {name: kept.metrics[name] for name in expected} == expected
    assert kept.tags["energy/provenance"] == "measured"
    assert "lost" in kept.tags["energy/warnings"]
    system = {name for name in kept.metrics if name.startswith("system/")}
    assert "system/energy_joules" in system
    assert any(name.startswith("system/estimate/") for name in system)


def test_mlflow_s_system_metrics_count_no_joule_twice_and_miss_no_zero() -> None:
    pytest.importorskip("mlflow", reason="mlflow, whose system metrics are fed")
    from wattwhat.integrations.mlflow import EnergyMonitor
    from wattwhat.testing.sensors import Faults

    host = Host(
        only=("rapl/package-0", "rapl/core-0", "nvml/GPU-1/board"),
        board={
            "channel": {"id": "lab/nvml/GPU..1//é\n/board"},
            "sensor": {"faults": Faults(lost_at_s=106.0)},
        },
    )
    monitor = EnergyMonitor(host.live)
    for _ in range(3):
        monitor.collect_metrics()
        host.advance(2.0)
    found = monitor.aggregate_metrics()
    assert found["power_watts"] == pytest.approx(
        WATTS["rapl/package-0"] + WATTS["nvml/GPU-1/board"], rel=0.01
    )
    assert found["rapl/core-0/power_watts"] == pytest.approx(60.0, rel=0.01)
    assert found["nvml/GPU_1/_/board/energy_joules"] == pytest.approx(1200.0, rel=0.01)
    monitor.clear_metrics()
    host.advance(2.0)
    monitor.collect_metrics()
    lost = monitor.aggregate_metrics()
    assert not any("board" in name for name in lost)


def test_wandb_keeps_history_and_summary_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wandb = pytest.importorskip("wandb", reason="wandb, whose offline file is read back")
    from wattwhat.integrations import wandb as ours

    for name in ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    with pytest.raises(ArgumentError, match="run"):
        ours.log(MEASURED)
    settings = wandb.Settings(silent=True, console="off", x_disable_stats=True, x_disable_meta=True)
    with wandb.init(mode="offline", project="joules", dir=tmp_path, settings=settings):
        ours.log(MEASURED, step=2)
    wandb.teardown()  # its service writes the last records as it ends
    (file,) = tmp_path.rglob("run-*.wandb")
    history, summary = read_offline(file)
    assert {name: history[name] for name in MEASURED.flat()} == MEASURED.flat()
    assert history["_step"] == 2
    assert summary["energy/provenance"] == "measured"


def read_offline(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """History and summary of a W&B file: records of protobuf in the framing of LevelDB's log."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, place, whole = file.read_bytes(), 7, b""
    history: dict[str, Any] = {}
    summary: dict[str, Any] = {}
    while place + 7 <= len(data):
        if 32768 - place % 32768 < 7:  # a block's rest is filled up where no heading fits
            place += 32768 - place % 32768
        length, kind = struct.unpack("<HB", data[place + 4 : place + 7])
        whole += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # a full record, or the last piece of one
            record, whole = Record.FromString(whole), b""
            for found, items in ((history, record.history.item), (summary, record.summary.update)):
                for one in items:
                    found["/".join(one.nested_key) or one.key] = json.loads(one.value_json)
    return history, summary


def joules_in(file: Path) -> list[float]:
    return [round(run.energy_j.value, 6) for run in wattwhat.logs.read(file)]


@pytest.mark.parametrize("end", ["\r\n", "\n", ""])
def test_rows_of_codecarbon_are_appended_in_the_file_s_own_order(tmp_path: Path, end: str) -> None:
    file = tmp_path / "emissions.csv"
    codecarbon.log(MEASURED, file, intensity_g_per_kwh=100.0)
    heading, row = csv.reader(io.StringIO(file.read_text(), newline=""))
    order = sorted(range(len(heading)), key=lambda n: heading[n])  # CodeCarbon takes columns in any order
    turned = [",".join(line[n] for n in order) for line in (heading, row)]
    file.write_bytes(("\n".join(turned) + end).encode())
    codecarbon.log(attrs.evolve(MEASURED, label="=-1,5", energy_j=Quantity(16.0, 1.0, "J")), file)
    assert joules_in(file) == [8.0, 16.0]
    table = list(csv.DictReader(io.StringIO(file.read_text(), newline="")))
    assert float(table[0]["emissions"]) == pytest.approx(8.0 / 3.6e6 * 0.1)
    assert [table[1][name] for name in ("emissions", "country_name", "pue")] == [
        "",
        "",
        "",
    ]  # nobody stated them
    assert all(None not in line and None not in line.values() for line in table)


def test_a_file_of_other_columns_and_an_unknown_energy_are_refused_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    file = tmp_path / "emissions.csv"
    file.write_text("timestamp,duration,energy_consumed\n2026-01-01T00:00:00,1,2\n")
    kept = file.read_bytes()
    with pytest.raises(ArgumentError, match="path"):
        codecarbon.log(MEASURED, file)
    with pytest.raises(ArgumentError, match="measured"):
        codecarbon.log(
            attrs.evolve(MEASURED, energy_j=Quantity(math.nan, math.nan, "J")), tmp_path / "new.csv"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["emissions.csv"]
    assert file.read_bytes() == kept


def test_codecarbon_goes_on_in_the_same_file(tmp_path: Path) -> None:
    data = pytest.importorskip("codecarbon.output_methods.emissions_data", reason="codecarbon itself")
    from codecarbon.output_methods.file import FileOutput

    fields = {name: 1.5 if kind in (float, "float") else "x" for name, kind in _fields(data.EmissionsData)}
    theirs = data.EmissionsData(**fields)
    codecarbon.log(MEASURED, tmp_path / "emissions.csv")
    FileOutput("emissions.csv", str(tmp_path)).out(theirs, theirs)
    codecarbon.log(attrs.evolve(MEASURED, label="again"), tmp_path / "emissions.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["emissions.csv"]  # none was moved away as .bak
    assert len(joules_in(tmp_path / "emissions.csv")) == 3


def _fields(record: Any) -> list[tuple[str, Any]]:
    return [(name, field.type) for name, field in record.__dataclass_fields__.items()]
