"""Real power traces where they lie: joules against a plain computation over the same lines, or a refusal."""

import csv
import json
import os
import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from wattwhat import logs
from wattwhat.errors import LogError
from wattwhat.logs.dispatch import stream_with
from wattwhat.logs.protocol import Options


def shared_logs():
    """The folder of real logs beside the checkout, or the one that the environment names; None if absent."""
    named = os.environ.get("WATTWHAT_SHARED")
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    folder = (Path(named) if named else beside) / "logs"
    return folder if folder.is_dir() else None


LOGS = shared_logs()
pytestmark = pytest.mark.skipif(
    LOGS is None, reason="the real logs are not here: ../shared/logs is absent and WATTWHAT_SHARED names none"
)


def trapezoid(samples):
    """Energy in J of (time in s, power in W), the plain way."""
    return sum((p + q) / 2 * (u - t) for (t, p), (u, q) in pairwise(samples))


def seconds(text, form):
    at = datetime.strptime(text.strip(), form)
    return (at - datetime(2020, 1, 1)).total_seconds()


def one(path, **options):
    found = logs.read(path, **options)
    assert len(found) == 1
    return found[0]


def test_nvidia_smi_with_units():
    path = LOGS / "nvidia_smi" / "PranavDani_Flame__nvidia-smi.csv"
    rows = path.read_text().splitlines()[1:]
    samples = [
        (seconds(t, "%Y/%m/%d %H:%M:%S.%f"), float(p.split()[0]))
        for t, p in (r.split(",") for r in rows if r)
    ]
    measurement = one(path)
    assert measurement.energy_j.value == pytest.approx(trapezoid(samples), rel=1e-6)
    assert measurement.duration_s == pytest.approx(samples[-1][0] - samples[0][0])


def test_nvidia_smi_without_a_header():
    path = LOGS / "nvidia_smi" / "beam11221_plato__gpu_log.csv"
    rows = [row.split(",") for row in path.read_text().splitlines() if row]
    samples = [(seconds(row[0], "%Y/%m/%d %H:%M:%S.%f"), float(row[6].split()[0])) for row in rows]
    assert one(path).energy_j.value == pytest.approx(trapezoid(samples), rel=1e-6)


def test_nvidia_smi_in_utf_16_without_power_is_refused():
    with pytest.raises(
        LogError, match=r"expected a column with the power draw, found timestamp, memory\.used"
    ):
        logs.read(LOGS / "nvidia_smi" / "Zunaira3010_land-ct-full__gpu_log.csv")


def test_a_dmon_excerpt_of_one_sample_is_refused():
    path = LOGS / "nvidia_smi_dmon" / "excerpt_dmon.txt"
    with pytest.raises(LogError, match="interval_s"):
        logs.read(path)
    with pytest.raises(LogError, match="expected at least 2 of one device"):
        logs.read(path, interval_s=1.0)


def test_a_rocm_snapshot_is_refused():
    with pytest.raises(LogError, match="expected at least 2 of one device"):
        logs.read(LOGS / "rocm_smi" / "excerpt_two_cards.json")


def test_perf_separated():
    found = logs.read(LOGS / "perf_stat" / "excerpt_perf_x.csv")
    assert [m.energy_j.value for m in found] == [475.42, 476.35, 476.32]


def test_turbostat_in_joules():
    measurement = one(LOGS / "turbostat_excerpt" / "turbostat_J.txt")
    assert measurement.energy_j.value == pytest.approx(4747.52 + 2509.05)
    assert measurement.duration_s == pytest.approx(78.062895)


def test_tegrastats_of_a_nano_has_no_times():
    path = LOGS / "tegrastats" / "SumantBagri_nano_tegrastats.txt"
    with pytest.raises(LogError, match="interval_s"):
        logs.read(path)
    milliwatts = [float(x) for x in re.findall(r"POM_5V_IN (\d+)/", path.read_text())]
    samples = [(0.5 * k, p / 1000.0) for k, p in enumerate(milliwatts)]
    assert one(path, interval_s=0.5).energy_j.value == pytest.approx(trapezoid(samples))


def test_tegrastats_with_stamps():
    path = LOGS / "tegrastats" / "bjgeiser_tegra_burn__tegrastats.log"
    found = re.findall(r"^(\S+ \S+) .* VDD_IN (\d+)mW", path.read_text(), re.MULTILINE)
    samples = [(seconds(t, "%m-%d-%Y %H:%M:%S"), float(p) / 1000.0) for t, p in found]
    assert one(path).energy_j.value == pytest.approx(trapezoid(samples))


def test_powerjoular_of_a_process():
    folder = LOGS / "powerjoular"
    path = folder / "afonsoCarreira1_powerjoular_experiment__powerjoular.csv-58538.csv"
    samples = []
    for row in list(csv.reader(path.read_text().splitlines()))[1:]:
        *_, hour, minute, second, milli = (int(x) for x in re.findall(r"\d+", row[0]))
        samples.append((3600 * hour + 60 * minute + second + milli / 1000.0, float(row[2])))
    measurement = one(path)
    assert measurement.energy_j.value == pytest.approx(trapezoid(samples), rel=1e-5)
    assert measurement.details["scope"] == "process"


def test_intel_power_gadget():
    path = LOGS / "intel_power_gadget" / "mlco2_codecarbon__mock_intel_power_gadget_data.csv"
    last = list(csv.DictReader(path.read_text().splitlines()))[-1]
    measurement = one(path)
    names = ("Cumulative Processor Energy_0(Joules)", "Cumulative DRAM Energy_0(Joules)")
    assert measurement.energy_j.value == pytest.approx(sum(float(last[name]) for name in names))
    assert measurement.duration_s == pytest.approx(1.252)


def test_powermetrics():
    path = LOGS / "powermetrics" / "mlco2_codecarbon__mock_powermetrics_log.txt"
    text = path.read_text()
    elapsed = [float(x) for x in re.findall(r"\(([\d.]+)ms elapsed\)", text)]
    powers = [float(x) for x in re.findall(r"^Package Power: (\d+) mW", text, re.MULTILINE)]
    measurement = one(path)
    assert measurement.energy_j.value == pytest.approx(
        sum(p * t for p, t in zip(powers, elapsed, strict=True)) / 1e6
    )
    assert measurement.started_at.isoformat().startswith("2023-11-10T11:37:07")


def test_mlperf_power_in_its_window():
    path = LOGS / "mlperf_power" / "krai_rpi4_resnet50__spl.txt"
    form = "%m-%d-%Y %H:%M:%S.%f"
    rows = [line.split(",") for line in path.read_text().splitlines()]
    samples = [(seconds(row[1], form), float(row[3])) for row in rows]
    detail = (LOGS / "mlperf_power" / "krai_rpi4_resnet50__mlperf_log_detail.txt").read_text()
    entries = {e["key"]: e["value"] for e in map(json.loads, re.findall(r":::MLLOG (.*)", detail))}
    begin, end = (seconds(entries[key], form) for key in ("power_begin", "power_end"))
    inside = [p for t, p in samples if begin <= t <= end]
    # The benchmark's own way: mean power of the samples in the window times its length.
    expected = sum(inside) / len(inside) * (end - begin)
    measurement = one(path)
    assert measurement.energy_j.value == pytest.approx(expected, rel=2e-3)
    assert measurement.duration_s == pytest.approx(end - begin)
    assert measurement.items == 1024
    assert measurement.metrics["accuracy"] == pytest.approx(38221 / 50000, abs=1e-5)


def test_the_folder_of_an_mlperf_run_is_one_measurement_and_its_parts_are_no_problems():
    found = logs.read(LOGS / "mlperf_power")
    assert [m.details["file"] for m in found] == ["krai_rpi4_resnet50__spl.txt"]
    assert found.problems == ()


def test_no_real_file_brings_anything_but_measurements_or_a_log_error():
    for path in sorted(LOGS.rglob("*")):
        if path.is_file():
            try:
                found = list(stream_with(path, Options(interval_s=1.0)))
            except LogError as err:
                assert path.name in str(err)  # noqa: PT017 - most files are of formats read elsewhere
            else:
                assert all(m.energy_j.value >= 0.0 for m in found)
