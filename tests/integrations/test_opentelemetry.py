"""The real SDK and an OTLP receiver over HTTP: names, units and parents of semconv 1.44, what is absent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk.metrics", reason="the SDK of OpenTelemetry, which collects")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from tests.live_host import WATTS, Host
from wattwhat.integrations.opentelemetry import EnergyInstruments
from wattwhat.testing.sensors import Faults


class Collected:
    """Instruments over a made host, and what the SDK collects of them."""

    def __init__(self, host: Host) -> None:
        self.reader = InMemoryMetricReader()
        self.instruments = EnergyInstruments(MeterProvider([self.reader]), live=host.live)

    def now(self) -> dict[str, dict[str, Any]]:
        data = self.reader.get_metrics_data()
        found: dict[str, dict[str, Any]] = {}
        for metric in [] if data is None else data.resource_metrics[0].scope_metrics[0].metrics:
            found[metric.name] = {point.attributes["hw.id"]: point for point in metric.data.data_points}
        return found


def test_joules_and_watts_of_parts_and_of_the_host_stay_apart() -> None:
    host = Host()
    collected = Collected(host)
    collected.now()
    host.advance(4.0)
    found = collected.now()
    parts = {f"lab/{name}": watts for name, watts in WATTS.items() if name != "wall/plug"}
    for name, factor in (("hw.energy", 4.0), ("hw.power", 1.0)):
        values = {key: point.value for key, point in found[name].items()}
        assert values == pytest.approx({key: factor * watts for key, watts in parts.items()}, rel=0.01)
    assert {key: point.value for key, point in found["hw.host.energy"].items()} == pytest.approx(
        {"lab/wall/plug": 2000.0}, rel=0.01
    )
    assert found["hw.host.power"]["lab/wall/plug"].value == pytest.approx(500.0, rel=0.01)


def test_parents_make_a_tree_that_counts_no_joule_twice() -> None:
    host = Host()
    host.advance(2.0)
    found = Collected(host).now()["hw.energy"]
    parents = {key: point.attributes["hw.parent"] for key, point in found.items()}
    assert parents == {
        "lab/rapl/core-0": "lab/rapl/package-0",
        "lab/rapl/package-0": "lab/wall/plug",
        "lab/nvml/GPU-1/board": "lab/wall/plug",
    }
    types = {key: point.attributes["hw.type"] for key, point in found.items()}
    assert types == {"lab/rapl/core-0": "cpu", "lab/rapl/package-0": "cpu", "lab/nvml/GPU-1/board": "gpu"}
    without = Host(only=("rapl/package-0", "rapl/core-0"))
    without.advance(2.0)
    found = Collected(without).now()
    assert "hw.host.energy" not in found  # parts are no host
    tops = [point.value for point in found["hw.energy"].values() if "hw.parent" not in point.attributes]
    assert tops == [pytest.approx(200.0, rel=0.01)]


def test_a_lost_channel_is_absent_and_the_tree_stays() -> None:
    host = Host(package_0={"sensor": {"faults": Faults(lost_at_s=101.0)}})
    host.advance(3.0)
    found = Collected(host).now()["hw.energy"]
    assert "lab/rapl/package-0" not in found
    assert found["lab/rapl/core-0"].attributes["hw.parent"] == "lab/rapl/package-0"


def test_closed_instruments_show_nothing_more() -> None:
    host = Host()
    collected = Collected(host)
    collected.instruments.close()
    collected.instruments.close()
    assert collected.now() == {}


@pytest.fixture
def received() -> Iterator[tuple[str, list[Any]]]:
    service = pytest.importorskip(
        "opentelemetry.proto.collector.metrics.v1.metrics_service_pb2", reason="the messages of OTLP"
    )
    requests: list[Any] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            requests.append(service.ExportMetricsServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/metrics", requests
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_otlp_receiver_gets_the_series(received: tuple[str, list[Any]]) -> None:
    exporter = pytest.importorskip(
        "opentelemetry.exporter.otlp.proto.http.metric_exporter", reason="the exporter over HTTP"
    )
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource

    endpoint, requests = received
    sender = exporter.OTLPMetricExporter(endpoint, compression=exporter.Compression.NoCompression)
    reader = PeriodicExportingMetricReader(sender, export_interval_millis=float("inf"))
    provider = MeterProvider([reader], resource=Resource({"host.name": "lab"}))
    host = Host(board={"channel": {"device": "half \ud800 of a sign"}})
    instruments = EnergyInstruments(provider, live=host.live)
    host.advance(2.0)
    assert provider.force_flush()
    provider.shutdown()
    instruments.close()
    scope = requests[0].resource_metrics[0].scope_metrics[0]
    assert (scope.scope.name, scope.schema_url) == ("wattwhat", "https://opentelemetry.io/schemas/1.44.0")
    metrics = {metric.name: metric for metric in scope.metrics}
    energy = metrics["hw.energy"]
    assert (energy.unit, energy.sum.is_monotonic) == ("J", True)
    points = {_texts(point)["hw.id"]: point.as_double for point in energy.sum.data_points}
    assert points["lab/rapl/package-0"] == pytest.approx(200.0, rel=0.01)
    names = {_texts(point)["hw.name"] for point in energy.sum.data_points}
    assert "half [U+D800] of a sign" in names
    assert metrics["hw.host.energy"].sum.data_points[0].as_double == pytest.approx(1000.0, rel=0.01)


def _texts(point: Any) -> dict[str, str]:
    return {one.key: one.value.string_value for one in point.attributes}
