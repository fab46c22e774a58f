"""Scrapes: counters since boot need two, divided GPUs repeat, shares and look-alikes are not added."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import logs
from wattwhat.errors import LogError
from wattwhat.logs.parsing.exposition import samples
from wattwhat.logs.source import Source


def read(text: str, **options: object) -> logs.Measurements:
    return logs.read(io.StringIO(text), **options)


def dcgm(joules: float, gpu: int = 0, more: str = "", stamp: str = "") -> str:
    labels = f'gpu="{gpu}",UUID="GPU-{gpu}",Hostname="n1"{more}'
    return f"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{{{labels}}} {joules * 1000:.0f}{stamp}\n"


def kepler(zone: str, joules: float, package: int = 0, mode: str = "dynamic") -> str:
    labels = f'instance="n1",mode="{mode}",package="{package}"'
    return f"kepler_node_{zone}_joules_total{{{labels}}} {joules}\n"


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs", "Cs"]), max_size=8)


@given(
    st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True), TEXTS, max_size=4),
    st.floats(0, 1e12),
)
def test_labels_and_values_come_back(labels: dict[str, str], value: float) -> None:
    escaped = {key: text.replace("\\", "\\\\").replace('"', '\\"') for key, text in labels.items()}
    line = "watts{" + ",".join(f'{key}="{text}"' for key, text in escaped.items()) + f"}} {value!r}\n"
    source = Source.of_text(line)
    (sample,) = samples(source)
    assert (sample.labels, sample.value, sample.name) == (labels, value, "watts")
    assert source.problems.count == 0


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=8), st.integers(1, 4))
def test_energy_is_what_the_counters_went_up_by(steps: list[int], gpus: int) -> None:
    totals = [10**6 + sum(steps[: k + 1]) for k in range(len(steps))]
    text = "".join(dcgm(total, gpu) for total in totals for gpu in range(gpus))
    (measurement,) = read(text)
    assert measurement.energy_j.value == pytest.approx(gpus * (totals[-1] - totals[0]), abs=0.01)
    assert len(measurement.channels) == gpus


def test_scope_host_accuracy_and_age_are_stated() -> None:
    text = dcgm(1000.0) + dcgm(7000.0)
    (plain,), (dated,) = read(text), read(text, interval_s=600.0)
    channel = plain.channels[0].channel
    assert channel.id == "n1/prometheus/GPU-0 of n1"
    assert (channel.component, channel.gain_error, channel.update_period_s) == ("gpu", 0.029, 30.0)
    assert plain.details["scope"] == "gpu"
    assert plain.duration_s is None
    assert any("no times" in one for one in plain.warnings)
    assert dated.duration_s == 600.0
    assert dated.budget.get("stale edges") > 10.0 * 30.0 / 6**0.5
    assert not any("no times" in one for one in dated.warnings)


def test_one_scrape_is_no_energy() -> None:
    power = 'DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-0",Hostname="n1"} 100\n'
    for text in (dcgm(1000.0) + dcgm(2000.0, gpu=1), power + dcgm(1000.0), power):
        with pytest.raises(LogError, match=r"holds one scrape: .* a counter a second one, after the work"):
            read(text)


def test_the_instances_of_a_divided_gpu_count_once() -> None:
    instances = [f',GPU_I_PROFILE="1g.10gb",GPU_I_ID="{k}"' for k in range(3)]
    text = "".join(dcgm(joules, 0, more) for joules in (1000.0, 7000.0) for more in instances)
    (measurement,) = read(text)
    assert measurement.energy_j.value == pytest.approx(6000.0)
    assert any("MIG" in one for one in measurement.warnings)
    power = text.replace("TOTAL_ENERGY_CONSUMPTION", "POWER_USAGE").replace("7000000", "1000000")
    sampled = read(power.replace("1000000", "100"), interval_s=10.0)
    assert sampled[0].energy_j.value == pytest.approx(1000.0)


def test_keplers_modes_add_up_and_its_parts_are_inside() -> None:
    def scrape(factor: float) -> str:
        rows = [
            kepler(zone, factor * joules, package, mode)
            for zone, joules in (("package", 100.0), ("core", 60.0), ("dram", 10.0))
            for package in range(2)
            for mode in ("dynamic", "idle")
        ]
        return "".join(rows)

    (measurement,) = read(scrape(1.0) + scrape(3.0))
    assert measurement.energy_j.value == pytest.approx(2 * 2 * 2 * 110.0)
    assert {c.channel.device for c in measurement.channels if not c.counted} == {
        "core 0 of n1",
        "core 1 of n1",
    }
    with_platform = scrape(1.0) + kepler("platform", 500.0), scrape(3.0) + kepler("platform", 1900.0)
    (whole,) = read("".join(with_platform))
    assert whole.energy_j.value == pytest.approx(1400.0)


def test_the_zones_of_new_kepler_and_of_the_node_exporter() -> None:
    def scrape(factor: float, name: str, label: str) -> str:
        values = {"package": 100.0, "core": 60.0, "dram": 10.0}
        rows = [
            f"{name.replace('ZONE', z)}{{{label.replace('ZONE', z)}}} {factor * j}\n"
            for z, j in values.items()
        ]
        return "".join(rows)

    for name, label in (
        ("kepler_node_cpu_joules_total", 'zone="ZONE",path="/sys/class/powercap/intel-rapl:0",node_name="n"'),
        ("node_rapl_ZONE_joules_total", 'index="0",path="/sys/class/powercap/intel-rapl:0"'),
    ):
        (measurement,) = read(scrape(1.0, name, label) + scrape(2.0, name, label))
        assert measurement.energy_j.value == pytest.approx(110.0)
        assert [c.counted for c in measurement.channels] == [True, False, True]


def test_shares_of_processes_are_left_out_and_said() -> None:
    share = 'kepler_container_joules_total{container_name="a"} 5\n'
    (measurement,) = read(kepler("package", 100.0) + share + kepler("package", 300.0) + share)
    assert measurement.energy_j.value == pytest.approx(200.0)
    assert any("shares of containers" in one for one in measurement.warnings)
    with pytest.raises(LogError, match="found none"):
        read("# TYPE kepler_container_joules_total counter\n" + share + share)


def test_two_exporters_of_one_thing_count_once() -> None:
    def scrape(joules: float) -> str:
        return (
            dcgm(joules)
            + kepler("package", joules)
            + f'node_rapl_package_joules_total{{index="0"}} {joules}\n'
        )

    (measurement,) = read(scrape(1000.0) + scrape(1500.0))
    assert measurement.energy_j.value == pytest.approx(1000.0)
    assert measurement.details["scope"] == "gpu and node"
    assert any("node exporter energy was left out" in one for one in measurement.warnings)


def test_a_restarted_exporter_is_a_reset_and_said() -> None:
    found = read("".join(kepler("package", joules) for joules in (100.0, 300.0, 20.0, 70.0)))
    assert [m.energy_j.value for m in found] == [250.0]
    assert any("it was reset" in one for one in found.problems)


def test_power_needs_times_and_takes_them_from_stamps_lines_or_the_user() -> None:
    row = 'DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-0"} 100.0'
    with pytest.raises(LogError, match=r"interval_s, .* or a line with the time before each scrape"):
        read(f"{row}\n{row}\n")
    assert read(f"{row}\n{row}\n", interval_s=10.0)[0].energy_j.value == pytest.approx(1000.0)
    assert read(f"{row} 1772359200000\n{row} 1772359210000\n")[0].energy_j.value == pytest.approx(1000.0)
    for line in ("2026-03-01T10:00:{k}0+00:00", "# 2026-03-01T10:00:{k}0Z", "17723592{k}0"):
        text = "".join(f"{line.replace('{k}', str(k))}\n{row}\n" for k in range(2))
        assert read(text)[0].energy_j.value == pytest.approx(1000.0)


def test_a_gap_in_a_scrape_is_no_zero() -> None:
    row = 'DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-0"} '
    found = read(f"{row}100\n{row}NaN\n{row}100\n", interval_s=10.0)
    assert found[0].energy_j.value == pytest.approx(2000.0)


def test_any_metric_with_its_unit_can_be_chosen() -> None:
    text = "# TYPE plug_watt_hours_total counter\n" + "".join(
        f'plug_watt_hours_total{{room="a"}} {wh}\nplug_watts{{room="a"}} 60\n' for wh in (5.0, 15.0)
    )
    with pytest.raises(LogError, match=r"found plug_watt_hours_total, plug_watts; choose one with metric="):
        read(text)
    (measurement,) = read(text, metric="plug_watt_hours_total")
    assert measurement.energy_j.value == pytest.approx(36_000.0)
    assert measurement.channels[0].channel.gain_error == 0.1
    assert read(text, metric="plug_watts", interval_s=600.0)[0].energy_j.value == pytest.approx(36_000.0)


@pytest.mark.parametrize(
    "line", ["DCGM_FI_DEV_POWER_USAGE{gpu=0} 5", "watts", 'watts{a="b"} much', "3 watts 5 6 7"]
)
def test_a_line_that_is_no_sample_is_named(line: str) -> None:
    found = read(dcgm(1000.0) + line + "\n" + dcgm(7000.0))
    assert found[0].energy_j.value == pytest.approx(6000.0)
    assert found.problems[0].startswith("<stream>:2: expected a sample: name{labels} value, found")


def test_what_the_official_client_writes_is_read() -> None:
    client = pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
    registry = client.CollectorRegistry()
    counter = client.Counter(
        "node_rapl_package_joules", 'RAPL "package"', ["index", "path"], registry=registry
    )
    zone = counter.labels("0", '/sys/class/a "quoted" \\ path')
    zone.inc(100.0)
    first = client.generate_latest(registry).decode()
    zone.inc(50.0)
    found = read(first + client.generate_latest(registry).decode())
    assert [m.energy_j.value for m in found] == [50.0]
    assert found.problems == ()
