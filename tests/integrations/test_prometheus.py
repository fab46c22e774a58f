"""A real scrape over HTTP: one series a channel, totals that fall never, what is lost absent."""

from __future__ import annotations

import argparse
import threading
import urllib.request
from typing import Any

import pytest

client = pytest.importorskip("prometheus_client", reason="prometheus-client, which serves the metrics")

from prometheus_client.parser import text_string_to_metric_families  # noqa: E402

from tests.rigs import counter, simulated  # noqa: E402
from wattwhat.acquisition.window import Window  # noqa: E402
from wattwhat.cli import main, serve_metrics  # noqa: E402
from wattwhat.integrations.prometheus import EnergyCollector, serve  # noqa: E402
from wattwhat.testing import constant  # noqa: E402


def scraped(port: int) -> dict[str, list[Any]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
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


def made(*sensors: Any, **fields: Any) -> tuple[Any, EnergyCollector]:
    simulation = simulated(*sensors, **fields)
    collector = EnergyCollector(backends=["estimate"], clock=lambda: simulation.clock.now_s)
    collector.close()
    collector._window = Window("prometheus", meter_set=simulation.meter_set, sync=False).start()
    return simulation, collector


def test_joules_and_watts_are_those_of_the_sensor() -> None:
    simulation, collector = made(counter(constant(100.0), 0.001))
    list(collector.collect())
    simulation.advance(4.0)
    found = {family.name: family.samples for family in collector.collect()}
    assert found["wattwhat_joules"][0].value == pytest.approx(400.0, rel=0.01)
    assert found["wattwhat_watts"][0].value == pytest.approx(100.0, rel=0.01)


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
