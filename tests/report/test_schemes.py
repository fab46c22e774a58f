"""Reporting schemes: what was measured and stated is in them, in their units, and nothing else."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat import Channel, Measurement, Quantity, logs
from wattwhat.cli import main
from wattwhat.errors import ArgumentError, ComparisonError
from wattwhat.intensity import HourlyFile, intensity
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.jsonl import write_jsonl
from wattwhat.report.export import export
from wattwhat.report.schemes import fill, scheme, scheme_names
from wattwhat.report.schemes.boamps import SCHEME as BOAMPS
from wattwhat.report.schemes.codecarbon import SCHEME as CODECARBON
from wattwhat.report.schemes.cyclonedx import SCHEME as CYCLONEDX
from wattwhat.report.schemes.gpai import SCHEME as GPAI
from wattwhat.report.schemes.sci import SCHEME as SCI
from wattwhat.report.schemes.spdx import SCHEME as SPDX

NAMES = ("boamps", "codecarbon", "cyclonedx", "gpai", "model-card", "sci", "spdx")
STARTED = datetime(2026, 3, 1, 10, tzinfo=timezone.utc)

# What somebody would state of a training, so that nothing is missing.
FACTS: dict[str, dict[str, Any]] = {
    "sci": {
        "boundary": "one server",
        "functional_unit": "one image",
        "intensity_g_per_kwh": (400, 20),
        "intensity_source": "the grid's operator",
        "embodied_g": 50,
    },
    "gpai": {
        "stage": "training",
        "inference_flop": 5.1e17,
        "inference_methodology": "generating 100000 tokens on one board",
        "hardware_days": 12,
        "training_flop": 3.2e22,
        "computation_methodology": "counted by hand",
    },
    "boamps": {
        "task": {
            "taskStage": "training",
            "taskFamily": "image classification",
            "algorithms": [{"algorithmType": "cnn", "parametersNumber": 0.0256}],
            "dataset": [{"dataUsage": "input", "dataType": "image", "dataQuantity": 1_281_167}],
        },
        "infrastructure": {"infraType": "onPremise"},
    },
    "model-card": {
        "intensity_g_per_kwh": 400,
        "intensity_source": "the grid's operator",
        "training_type": "pre-training",
        "location": "Bern, Switzerland",
    },
    "cyclonedx": {"activity": "training", "provider": "the town", "energy_source": "hydropower"},
    "spdx": {"stage": "training"},
    "codecarbon": {
        "intensity_g_per_kwh": 400,
        "country_name": "Switzerland",
        "country_iso_code": "CHE",
    },
}


def made(joules: float = 3.6e6, u: float = 3.6e4, **more: Any) -> Measurement:
    shares = (("package-0", "cpu", 0.25), ("board", "board", 0.75))
    channels = [
        ChannelEnergy(Channel(f"h/{name}", "rapl", name, component, "energy"), Quantity(p * joules, u, "J"))
        for name, component, p in shares
    ]
    about: dict[str, Any] = {
        "label": "net",
        "energy_j": Quantity(joules, u, "J"),
        "duration_s": 3600.0,
        "items": 1000,
        "channels": channels,
        "started_at": STARTED,
        "environment": {"os": "Linux 6.1", "python": "3.11.7", "cpu": "a CPU", "cpu_count": 8},
    }
    return Measurement(**{**about, **more})


def test_ours_are_found_by_the_door_that_others_use() -> None:
    assert set(NAMES) <= set(scheme_names())
    for name in NAMES:
        assert scheme(name).name == name
        assert scheme(name).source.startswith("https://")
    with pytest.raises(ArgumentError, match="mlperf"):
        scheme("mlperf")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_missing_once_all_was_stated(name: str) -> None:
    bare, whole = fill(scheme(name), [made()], {}), fill(scheme(name), [made()], FACTS[name])
    assert bare.missing
    assert not whole.missing
    assert {field.name for field in bare.missing}.isdisjoint(bare.values)


@pytest.mark.parametrize("name", NAMES)
def test_an_energy_that_is_not_known_is_missing_and_never_0(name: str) -> None:
    lost = made(float("nan"), float("inf"), channels=())
    filled = fill(scheme(name), [lost], FACTS[name])
    assert filled.missing
    assert not any(str(value) in ("0", "0.0") for value in filled.values.values())


# Units ------------------------------------------------------------------------------------------

energies = st.floats(1.0, 1e12)


@settings(max_examples=25)
@given(joules=energies, grams=st.floats(1, 1500), pue=st.floats(1, 3), embodied=st.floats(0, 1e6))
def test_sci_is_operational_and_embodied_grams_of_one_unit(
    joules: float, grams: float, pue: float, embodied: float
) -> None:
    stated = {**FACTS["sci"], "intensity_g_per_kwh": grams, "pue": pue, "embodied_g": embodied}
    found = json.loads(fill(SCI, [made(joules, 0.01 * joules)], stated).text())
    expected = (joules / 3.6e6 * pue * grams + embodied) / 1000
    assert found["score"]["value"] == pytest.approx(expected, rel=1e-9)
    assert found["score"]["u"] == pytest.approx(0.01 * joules / 3.6e6 * pue * grams / 1000, rel=1e-9)


def test_embodied_emissions_by_shares_of_time_and_of_the_device() -> None:
    # the specification's own example: 1000 kg over four years, one hour: about 28 g
    stated = {name: v for name, v in FACTS["sci"].items() if name != "embodied_g"}
    stated |= {"embodied_total_kg": 1000, "lifetime_years": 4, "reserved_share": 1}
    found = fill(scheme("sci"), [made()], stated)
    assert found.values["embodied_g"].value == pytest.approx(28.54, abs=0.01)
    assert not found.missing


@settings(max_examples=25)
@given(joules=energies)
def test_boamps_and_gpai_and_codecarbon_agree_on_the_joules(joules: float) -> None:
    run = made(joules, 0.01 * joules)
    boamps = json.loads(fill(BOAMPS, [run], {}).text())["measures"][0]["powerConsumption"]
    mwh = fill(GPAI, [run], {}).values["training_energy"].value
    row = next(csv.DictReader(io.StringIO(fill(CODECARBON, [run], {}).text())))
    assert boamps * 3.6e6 == pytest.approx(joules, rel=1e-5)
    assert mwh * 3.6e9 == pytest.approx(joules)
    assert float(row["energy_consumed"]) * 3.6e6 == pytest.approx(joules)
    assert float(row["gpu_energy"]) == pytest.approx(3 * float(row["cpu_energy"]))
    assert row["emissions"] == row["ram_energy"] == row["country_name"] == ""


def test_codecarbons_csv_comes_back_through_its_own_reader(tmp_path: Path) -> None:
    runs = [made(3.6e6, label="one"), made(7.2e6, label="two", started_at=STARTED + timedelta(days=1))]
    place = tmp_path / "emissions.csv"
    place.write_text(export(runs, "codecarbon", **FACTS["codecarbon"], pue=1.5))
    found = list(logs.read(place))
    assert [one.energy_j.value for one in found] == pytest.approx([5.4e6, 10.8e6])
    assert [one.duration_s for one in found] == [3600.0, 3600.0]
    row = next(csv.DictReader(io.StringIO(place.read_text())))
    assert float(row["emissions"]) == pytest.approx(1.5 * 0.4)  # kg
    assert row["timestamp"] == "2026-03-01T11:00:00"


@pytest.mark.parametrize(
    ("relative", "quality"), [(0.04, "high"), (0.1, "medium"), (0.2, "low"), (0.4, None)]
)
def test_boamps_quality_is_the_class_of_the_interval(relative: float, quality: str | None) -> None:
    assert json.loads(export(made(1e6, relative * 1e6), "boamps")).get("quality") == quality


def test_a_report_of_boamps_has_the_shape_that_its_schemas_ask_for() -> None:
    text = export(made(metrics={"accuracy": 0.7}), "boamps", **FACTS["boamps"], intensity_g_per_kwh=400)
    report = json.loads(text)
    assert {"task", "measures", "infrastructure"} <= set(report)
    assert {"taskStage", "taskFamily", "algorithms", "dataset"} <= set(report["task"])
    assert report["task"]["measuredAccuracy"] == 0.7
    assert {"measurementMethod", "powerConsumption"} <= set(report["measures"][0])
    assert report["measures"][0]["measurementDateTime"] == "2026-03-01 10:00:00"
    assert report["environment"]["powerSourceCarbonIntensity"] == 400
    for part in report["infrastructure"]["components"]:
        assert {"componentType", "nbComponent"} <= set(part)
        assert isinstance(part["nbComponent"], int)
    kinds = {part["componentType"] for part in report["infrastructure"]["components"]}
    assert kinds == {"cpu", "gpu"}


def test_a_job_with_a_part_of_a_node_states_its_share_of_the_processors_and_of_nothing_else() -> None:
    environment = {"slurm": {"job_id": "7", "cpus": 4, "node_cpus": 16, "cpu_share": 0.25}}
    own = Channel("h/package-0/job-7", "rapl", "package 0", "cpu", "energy")
    board = Channel("h/board", "nvml", "a GPU", "board", "energy")
    channels = tuple(ChannelEnergy(one, Quantity(5.0, 0.1, "J")) for one in (own, board))
    report = json.loads(export(made(10.0, 0.2, channels=channels, environment=environment), "boamps"))
    shares = {one["componentType"]: one.get("share") for one in report["infrastructure"]["components"]}
    assert shares == {"cpu": 0.25, "gpu": None}


def test_what_a_part_of_boamps_requires_is_missed_only_where_the_part_is_there() -> None:
    def missing(**more: Any) -> set[str]:
        filled = fill(scheme("boamps"), [made()], {**FACTS["boamps"], **more})
        return {field.name for field in filled.missing}

    assert missing() == set()
    assert missing(intensity_g_per_kwh=400) == {"environment.country"}
    assert missing(header={"licensing": "CC0"}) == {"header.reportDatetime"}
    assert missing(**{"infrastructure.components": [{"componentType": "gpu"}]}) == {
        "infrastructure.components[0].nbComponent"
    }


@given(joules=energies)
@settings(max_examples=25)
def test_bills_of_materials_have_kwh_and_tonnes(joules: float) -> None:
    run = made(joules, 0.01 * joules, details={"phase": "training"})
    spdx = json.loads(fill(SPDX, [run], {}).text())["ai_trainingEnergyConsumption"][0]
    assert "e" not in spdx["ai_energyQuantity"].lower()
    assert float(spdx["ai_energyQuantity"]) * 3.6e6 == pytest.approx(joules, rel=1e-5)
    assert spdx["ai_energyUnit"] == "kilowattHour"
    card = json.loads(fill(CYCLONEDX, [run], {"intensity_g_per_kwh": 500}).text())["modelCard"]
    (told,) = card["considerations"]["environmentalConsiderations"]["energyConsumptions"]
    assert told["activityEnergyCost"]["value"] * 3.6e6 == pytest.approx(joules, rel=1e-5)
    assert told["co2CostEquivalent"] == {
        "value": pytest.approx(told["activityEnergyCost"]["value"] * 500 / 1e6, rel=1e-4),
        "unit": "tCO2eq",
    }
    assert told["energyProviders"] == [{"energyProvided": told["activityEnergyCost"]}]


def test_a_command_may_be_in_any_language() -> None:
    inside, command = made(), made(details={"exit_status": 0})
    assert json.loads(export(inside, "boamps"))["software"] == {"language": "python", "version": "3.11.7"}
    assert "software" not in json.loads(export(command, "boamps"))


def test_an_inference_is_never_filed_as_the_training() -> None:
    for stated, run in (({"stage": "inference"}, made()), ({}, made(details={"phase": "inference"}))):
        filled = fill(scheme("gpai"), [run], stated)
        assert "training_energy" in {field.name for field in filled.missing}
        assert "training_time" not in filled.values
    assert fill(scheme("gpai"), [made(details={"phase": "training"})], {}).values["stage"] == "training"


@pytest.mark.parametrize(
    ("days", "name"), [(29, "less than"), (31, "1 to 3"), (120, "3 to 6"), (200, "more than")]
)
def test_the_forms_ranges_of_training_time(days: float, name: str) -> None:
    values = fill(scheme("gpai"), [made(duration_s=days * 86400.0)], {}).values
    assert values["training_time"].startswith(name)
    assert values["training_days"] == days


# The hour's value -------------------------------------------------------------------------------


def test_each_run_gets_the_intensity_of_its_own_hour(tmp_path: Path) -> None:
    place = tmp_path / "hours.csv"
    place.write_text("time,g\n2026-03-01T10:00Z,100\n2026-03-01T11:00Z,300\n2026-03-01T12:00Z,500\n")
    grid = HourlyFile(place)
    runs = [made(started_at=STARTED + timedelta(hours=n), label=str(n)) for n in (0, 2)]
    rows = list(csv.DictReader(io.StringIO(export(runs, "codecarbon", intensity_g_per_kwh=grid))))
    assert [float(row["emissions"]) for row in rows] == pytest.approx([0.1, 0.5])
    values = fill(scheme("sci"), runs, {"intensity_g_per_kwh": grid}).values
    assert values["operational"].value == pytest.approx(2 * 300)  # the span's mean: with the hour between
    assert values["operational"].u > 200


def test_a_run_of_an_unknown_time_has_no_hour(tmp_path: Path) -> None:
    grid = intensity("number", value=400)
    with pytest.raises(ArgumentError, match="intensity_g_per_kwh"):
        export(made(started_at=None), "model-card", intensity_g_per_kwh=grid)


def test_rows_need_no_times_but_a_whole_does() -> None:
    untimed = [made(started_at=None, label=name) for name in "ab"]
    assert len(export(untimed, "codecarbon").splitlines()) == 3
    with pytest.raises(ComparisonError):
        export(untimed, "sci")


# Bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "stated", "place"),
    [
        ("sci", {"boundry": "x"}, "boundary"),
        ("sci", {"score": 1}, "score"),
        ("sci", {"units": -1}, "units"),
        ("sci", {"units": True}, "units"),
        ("sci", {"intensity_g_per_kwh": "much"}, "intensity_g_per_kwh"),
        ("sci", {"reserved_share": 80}, "reserved_share"),
        ("sci", {"pue": 0.5}, "pue"),
        ("gpai", {"stage": "finetuning"}, "stage"),
        ("gpai", {"intensity_g_per_kwh": 400}, "intensity_g_per_kwh"),
        ("boamps", {"quality": "perfect"}, "quality"),
        ("boamps", {"environment.latitude": "north"}, "environment.latitude"),
        ("boamps", {"environment.longitude": 400}, "environment.longitude"),
        ("boamps", {"task": {"taskStag": "x"}}, "task.taskStage"),
        ("boamps", {"task.dataset": "images"}, "task.dataset"),
        ("boamps", {"task.dataset": []}, "task.dataset"),
        ("boamps", {"task.dataset": [{"kind": "image"}]}, "kind"),
        ("boamps", {"task.dataset": '[{"dataType": "smell"}]'}, r"task.dataset\[0\].dataType"),
        ("boamps", {"infrastructure.components": [{"nbComponent": 1.5}]}, "nbComponent"),
        ("codecarbon", {"country_name": 3}, "country_name"),
    ],
)
def test_what_is_no_field_or_no_value_is_named(name: str, stated: dict[str, Any], place: str) -> None:
    with pytest.raises(ArgumentError, match=place):
        fill(scheme(name), [made()], stated)


# The verb ---------------------------------------------------------------------------------------


@pytest.fixture
def run_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    write_jsonl("run.jsonl", made())
    return "run.jsonl"


@pytest.mark.parametrize("name", NAMES)
def test_check_is_1_until_the_facts_are_stated(
    name: str, run_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", run_file, "--as", name, "--check", "--json", "-"]) == 1
    listed = json.loads(capsys.readouterr().out)
    assert listed["missing"]
    Path("facts.json").write_text(json.dumps(FACTS[name]))
    words = ["export", run_file, "--as", name, "--facts", "facts.json"]
    assert main([*words, "--check"]) == 0
    assert main([*words, "-o", "report"]) == 0
    assert Path("report").read_text().split() == export(made(), name, **FACTS[name]).split()


def test_options_a_toml_file_and_set_state_the_same(
    run_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("facts.toml").write_text('boundary = "a"\nfunctional_unit = "one image"\nembodied_g = 50\n')
    words = ["export", run_file, "--as", "sci", "--facts", "facts.toml", "--intensity", "400+-20"]
    assert main([*words, "--set", "boundary=one server", "--intensity-source", "the grid's operator"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(export(made(), "sci", **FACTS["sci"]))


def test_a_source_of_intensities_by_its_name(run_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("hours.csv").write_text("time,g\n2026-03-01T10:00Z,100\n2026-03-01T11:00Z,300\n")
    words = ["export", run_file, "--as", "model-card"]
    assert main([*words, "--intensity-from", "file:path=hours.csv"]) == 0
    assert "emissions: 100\n" in capsys.readouterr().out
    assert main([*words, "--intensity-from", "file:path=hours.csv", "--intensity", "3"]) == 2
    assert main([*words, "--intensity-from", "weather"]) == 2


def test_a_report_that_somebody_may_have_completed_is_kept(
    run_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", run_file, "--as", "boamps", "-o", "report.json"]
    assert main(words) == 0
    assert main(words) == 2
    assert main([*words, "--force"]) == 0
    assert main(["export", run_file, "--set", "a=b"]) == 2
    assert main(["export", run_file, "--as", "sci", "--format", "csv"]) == 2
    assert main(["export", run_file, "--as", "sci", "--facts", run_file]) == 2
    assert main(["export", run_file, "--as", "mlperf"]) == 2
    write_jsonl("two.jsonl", [made(started_at=None), made(started_at=None)])
    assert main(["export", "two.jsonl", "--as", "sci"]) == 2
    words_said = capsys.readouterr().err
    assert "--as" in words_said
    assert "wattwhat combine" in words_said


# codecarbon's table -----------------------------------------------------------------------------


def test_codecarbons_table_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "codecarbon" / "data" / "private_infra"
    folder.mkdir(parents=True)
    (tmp_path / "codecarbon" / "__init__.py").write_text("raise RuntimeError('nothing of it is imported')")
    table = {"DEU": {"carbon_intensity": 380.95, "year": 2023}, "XXX": {"carbon_intensity": None}}
    (folder / "global_energy_mix.json").write_text(json.dumps(table))
    monkeypatch.syspath_prepend(str(tmp_path))
    found = intensity("codecarbon", country="deu")(STARTED, 60.0)
    assert found.value == 380.95
    assert found.u > 0.1 * found.value
    for country in ("XXX", "Germany", None):
        with pytest.raises(ArgumentError, match="country"):
            intensity("codecarbon", country=country)
    (folder / "global_energy_mix.json").write_text("[]")
    with pytest.raises(ArgumentError, match="path"):
        intensity("codecarbon", country="DEU")
