"""A real scrape over HTTP: one series a channel, totals that fall never, what is lost absent."""

from __future__ import annotations

import argparse
import importlib
import threading
import urllib.request
from typing import Any

import pytest

client = pytest.importorskip("prometheus_client", reason="prometheus-client, which serves the metrics")

from prometheus_client.parser import text_string_to_metric_families  # noqa: E402

from tests.live_host import WATTS, Host  # noqa: E402
from wattwhat.cli import main, serve_metrics  # noqa: E402
from wattwhat.integrations.prometheus import EnergyCollector, serve  # noqa: E402
from wattwhat.records.escaping import controls_shown  # noqa: E402
from wattwhat.testing.sensors import Faults  # noqa: E402


def scraped(port: int) -> dict[str, list[Any]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=300) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    found: dict[str, list[Any]] = {}
    for family in families:
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def test_a_scrape_over_http() -> None:
    server, end = serve(0, backends=["estimate"])
    try:
        first, second = scraped(server.server_port), scraped(server.server_port)
    finally:
        end()
    (joules,) = second["wattwhat_joules_total"]
    assert joules.labels["component"] == "cpu"
    assert (joules.labels["provenance"], joules.labels["counted"]) == ("estimated", "true")
    assert joules.value >= first["wattwhat_joules_total"][0].value >= 0.0
    assert "wattwhat_watts" not in first  # a power between two scrapes needs two
    assert second["wattwhat_watts"][0].value >= 0.0
    assert second["wattwhat_lost_channels"][0].value == 0.0


def samples_of(host: Host) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for family in EnergyCollector(live=host.live).collect():
        for sample in family.samples:
            found.setdefault(sample.name, {})[sample.labels.get("device", "")] = sample.value
    return found


def test_each_channel_has_one_series_and_its_own_power() -> None:
    host = Host()
    samples_of(host)
    host.advance(4.0)
    found = samples_of(host)
    assert found["wattwhat_joules_total"] == pytest.approx({k: 4.0 * w for k, w in WATTS.items()}, rel=0.01)
    assert found["wattwhat_watts"] == pytest.approx(WATTS, rel=0.01)


def test_what_is_lost_is_absent_and_counted_and_a_reset_is_bridged() -> None:
    host = Host(
        package_0={"sensor": {"resets_s": (102.0,)}}, board={"sensor": {"faults": Faults(lost_at_s=101.0)}}
    )
    host.advance(1.9)
    before = samples_of(host)["wattwhat_joules_total"]
    host.advance(2.1)
    found = samples_of(host)
    assert found["wattwhat_lost_channels"] == {"": 1.0}
    assert "nvml/GPU-1/board" not in found["wattwhat_joules_total"]
    assert found["wattwhat_joules_total"]["rapl/package-0"] >= before["rapl/package-0"]


HOSTILE = [
    'quo"te',
    "line\nend",
    "back\\slash",
    "cr\rcr",
    "\x00\x1b[2J",
    "half \ud800",
    "\u202egnp",
    "é 漢 {}=,",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_reach_the_scraper_as_one_label(text: str) -> None:
    host = Host(package_0={"channel": {"device": text}})
    registry = client.CollectorRegistry()
    registry.register(EnergyCollector(live=host.live))
    for module in ("prometheus_client", "prometheus_client.openmetrics"):
        exposition = importlib.import_module(f"{module}.exposition").generate_latest(registry).decode()
        parse = importlib.import_module(f"{module}.parser").text_string_to_metric_families
        (joules,) = [one for one in parse(exposition) if one.name == "wattwhat_joules"]
        series = [one for one in joules.samples if one.name == "wattwhat_joules_total"]
        assert controls_shown(text) in {one.labels["device"] for one in series}
        assert len(series) == len(WATTS)


def test_the_verb_serves_until_it_is_told_to_end(capsys: pytest.CaptureFixture[str]) -> None:
    ended = threading.Event()
    ended.set()
    parser = argparse.ArgumentParser()
    serve_metrics.add_arguments(parser)
    assert serve_metrics.call(parser.parse_args(["--port", "0", "--backends", "estimate"]), ended) == 0
    assert "/metrics" in capsys.readouterr().out


def test_a_port_that_is_taken_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    server, end = serve(0, backends=["estimate"])
    try:
        words = ["serve-metrics", "--port", str(server.server_port), "--backends", "estimate"]
        assert main(words) == 2
    finally:
        end()
    assert "--port" in capsys.readouterr().err
    assert main(["serve-metrics", "--port", "70000"]) == 2
