"""Carbon intensity: numbers, files of hours, and services on loopback that answer, refuse and hang."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Measurement, Quantity
from wattwhat.analysis.carbon import carbon
from wattwhat.errors import ArgumentError, WattwhatError
from wattwhat.intensity import ElectricityMaps, HourlyFile, NationalGrid, intensity
from wattwhat.intensity.sources import ask, during
from wattwhat.plugins import Plugin

BEGIN = datetime(2026, 1, 1, 12, 0, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


@given(st.lists(st.floats(0.0, 1500.0), min_size=1, max_size=12), st.floats(0.0, 1.0), st.floats(0.1, 1.0))
def test_the_mean_lies_between_the_hours_and_one_value_is_itself(
    values: list[float], at: float, share: float
) -> None:
    pieces = [(BEGIN + n * HOUR, BEGIN + (n + 1) * HOUR, value) for n, value in enumerate(values)]
    span_s = 3600.0 * len(values) * share
    found = during(pieces, BEGIN + timedelta(seconds=at * (3600.0 * len(values) - span_s)), span_s)
    assert min(values) - 1e-9 <= found.value <= max(values) + 1e-9
    assert found.u <= max(values) - min(values) + 1e-9


def test_a_file_of_hours(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_text("time,g_per_kwh\n2026-01-01T12:00Z,300\n2026-01-01T14:00+01:00,100\n")
    source = intensity("file", path=file)
    assert source(BEGIN, 1800.0).value == 300.0
    assert source(BEGIN + HOUR / 2, 3600.0).value == pytest.approx(200.0)
    with pytest.raises(ArgumentError, match="have an intensity"):
        source(BEGIN + 3 * HOUR, 60.0)
    run = Measurement(label="a", energy_j=Quantity(3.6e6, 0.0, "J"), started_at=BEGIN, duration_s=1800.0)
    assert carbon(run, source(BEGIN, 1800.0)).amount.value == pytest.approx(300.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n",
        "2026-01-01T12:00Z,300\nyesterday,3\n",
        "2026-01-01T12:00Z,-3\n",
        "time,g,u\n2026-01-01T12:00Z,300,much\n2026-01-01T13:00Z,300,1\n",
        "time,g,u\n2026-01-01T12:00Z,300\n2026-01-01T13:00Z,300,1\n",
    ],
)
def test_files_that_hold_no_hours_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "hours.csv").write_text(text)
    with pytest.raises(ArgumentError, match=r"hours\.csv"):
        HourlyFile(tmp_path / "hours.csv")


def test_a_file_of_hours_with_their_uncertainty(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_text("time,g,zone,u_g_per_kwh\n2026-01-01T12:00Z,300,GB,30\n2026-01-01T13:00Z,300,GB,10\n")
    source = HourlyFile(file)
    assert source(BEGIN, 3600.0) == Quantity(300.0, 30.0, "g/kWh")
    assert source(BEGIN, 7200.0).u == pytest.approx(20.0)  # in all hours alike, so it is not averaged away
    file.write_text("2026-01-01T12:00Z,300,7\n2026-01-01T13:00Z,300,7\n")
    assert HourlyFile(file)(BEGIN, 3600.0).u == 0.0  # a column that nobody named


def test_a_row_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_text("time,g\n\n2026-01-01T12:00Z,300\nnoon,300\n")
    with pytest.raises(ArgumentError, match=r"hours\.csv:4:"):
        HourlyFile(file)
    file.write_text("noon,300\none,300\n2026-01-01T12:00Z,300\n2026-01-01T13:00Z,300\n")
    with pytest.raises(ArgumentError, match=r"hours\.csv:2:"):  # one row of names, not two
        HourlyFile(file)


def test_sources_by_name() -> None:
    assert intensity("number", value=400, u=20)(BEGIN, 1.0) == Quantity(400.0, 20.0, "g/kWh")
    for name, settings in (("nowhere", {}), ("number", {}), ("number", {"value": -1}), ("number", {"x": 1})):
        with pytest.raises(ArgumentError):
            intensity(name, **settings)


class Service:
    """A service on loopback that answers what it is told to."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[tuple[str, str | None]] = []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.asked.append((self.path, self.headers.get("auth-token")))
                code, body = service.answers.pop(0)
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                return None

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.thread.join()


def half_hours(*pairs: tuple[int | None, int]) -> bytes:
    data = []
    for n, (actual, forecast) in enumerate(pairs):
        begin = BEGIN + n * HOUR / 2
        stamps = [one.strftime("%Y-%m-%dT%H:%MZ") for one in (begin, begin + HOUR / 2)]
        levels = {"forecast": forecast, "actual": actual, "index": "moderate"}
        data.append({"from": stamps[0], "to": stamps[1], "intensity": levels})
    return json.dumps({"data": data}).encode()


def test_half_hours_of_great_britain(service: Service) -> None:
    service.answers = [(200, half_hours((200, 210), (None, 100)))]
    found = NationalGrid(url=service.url)(BEGIN, 3600.0)
    assert found.value == pytest.approx(150.0)
    assert found.u == pytest.approx((50.0**2 + 10.0**2) ** 0.5)
    assert service.asked[0][0] == "/intensity/2026-01-01T11:30Z/2026-01-01T13:30Z"


def test_hours_of_a_zone_with_a_token(service: Service) -> None:
    service.answers = [(200, json.dumps({"carbonIntensity": value}).encode()) for value in (300, 100)]
    found = ElectricityMaps("DE", token="secret", url=service.url)(BEGIN, 7200.0)
    assert found.value == pytest.approx(200.0)
    assert all("zone=DE" in path and token == "secret" for path, token in service.asked)


@pytest.mark.parametrize(
    ("code", "body", "said"),
    [
        (429, b"", "429"),
        (500, b"", "500"),
        (200, b"<html>", "no answer that can be read"),
        (200, b"[]", "something else"),
        (200, b'{"data": [{"from": 3}]}', "something else"),
    ],
)
def test_services_that_refuse_or_babble_end_in_one_sentence(
    service: Service, code: int, body: bytes, said: str
) -> None:
    service.answers = [(code, body)]
    with pytest.raises(WattwhatError, match=said):
        NationalGrid(url=service.url)(BEGIN, 60.0)


def test_a_service_that_hangs_ends_in_time() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(WattwhatError, match="no answer"):
            NationalGrid(url=url, timeout_s=0.05)(BEGIN, 60.0)


def test_no_zone_and_no_token_are_ever_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ELECTRICITYMAPS_TOKEN", raising=False)
    with pytest.raises(ArgumentError, match="token"):
        ElectricityMaps("DE")
    with pytest.raises(ArgumentError, match="zone"):
        ElectricityMaps("", token="t")


@pytest.mark.parametrize("source", [NationalGrid("http://127.0.0.1:1"), ElectricityMaps("DE", "token")])
@pytest.mark.parametrize("seconds", [1e12, 1e300])
def test_a_run_that_no_calendar_holds_is_refused_before_anybody_is_asked(source: Any, seconds: float) -> None:
    for asks in (source, lambda *run: during([(BEGIN, BEGIN + HOUR, 1.0)], *run)):
        with pytest.raises(ArgumentError) as refused:
            asks(BEGIN, seconds)
        assert refused.value.argument == "duration_s"


def test_an_hour_before_the_calendar_is_named(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_text("time,g_per_kwh\n2026-01-01T12:00Z,300\n0001-01-01T00:00+05:00,100\n")
    with pytest.raises(ArgumentError, match=r"hours\.csv:3"):
        HourlyFile(file)


@pytest.mark.parametrize("error", [RuntimeError("no answer"), SystemExit(3), KeyError("grid")])
def test_a_source_of_somebody_else_that_fails_ends_in_one_sentence(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Theirs:
        def __init__(self, at: str = "call") -> None:
            if at == "begin":
                raise error

        def __call__(self, started_at: datetime, duration_s: float) -> Quantity:
            raise error

    theirs = {"theirs": Plugin("theirs", "dist-theirs", lambda: Theirs)}
    monkeypatch.setattr("wattwhat.intensity.sources.find_plugins", lambda group: theirs)
    with pytest.raises(ArgumentError, match=type(error).__name__):
        intensity("theirs", at="begin")
    with pytest.raises(ArgumentError, match=type(error).__name__):
        ask(intensity("theirs"), datetime(2026, 1, 1, tzinfo=timezone.utc), 60.0)


@pytest.mark.parametrize("answer", [None, 400.0, Quantity(0.4, 0.0, "J")])
def test_a_source_that_gives_no_grams_a_kwh_is_refused(answer: Any) -> None:
    with pytest.raises(ArgumentError, match="g/kWh"):
        ask(lambda started_at, duration_s: answer, datetime(2026, 1, 1, tzinfo=timezone.utc), 60.0)
