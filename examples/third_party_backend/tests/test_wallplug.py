"""The wall plug's backend against a real server on localhost, and through wattwhat's conformance suite."""

import pytest
from plug_stand import MAC, PlugStand
from wattwhat_wallplug import ENVIRONMENT, WallPlugBackend

from wattwhat.errors import ArgumentError, BackendError, MeterError, MeterLostError
from wattwhat.plugins import Plugin
from wattwhat.sensing.backend import open_backend
from wattwhat.testing import BackendConformance


class TestCounter(BackendConformance):
    def stand(self):
        return PlugStand()


class TestGauge(BackendConformance):
    def stand(self):
        return PlugStand(quantity="power")


@pytest.fixture
def plug():
    stand = PlugStand()
    yield stand
    stand.close()


@pytest.fixture(autouse=True)
def _no_address(monkeypatch):
    monkeypatch.delenv(ENVIRONMENT, raising=False)


def test_without_an_address_nothing_is_sent_and_the_remedy_names_it(plug):
    answer = WallPlugBackend().probe()
    assert not answer.available
    assert ENVIRONMENT in answer.remedy
    with pytest.raises(BackendError, match=ENVIRONMENT):
        WallPlugBackend().meters()
    assert plug.requests == []


def test_the_address_may_come_from_the_environment(plug, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT, plug.url + "/")
    backend = open_backend(Plugin("wallplug", None, lambda: WallPlugBackend))
    assert backend.probe().available
    assert backend.meters()[0].channel.id.endswith(f"/wallplug/{MAC}/switch-0")


def test_watt_hours_become_joules(plug):
    meter = plug.open().meters()[0]
    plug.energy_j = 7200.0
    assert meter.read().value == pytest.approx(7200.0)
    assert meter.channel.component == "wall"
    assert meter.channel.resolution == pytest.approx(3.6)


def test_a_plug_that_only_shows_power_is_a_gauge(plug):
    plug.body = {"id": 0, "apower": 12.5}
    meter = plug.open().meters()[0]
    assert meter.channel.quantity == "power"
    assert meter.read().value == 12.5
    with pytest.raises(BackendError, match="quantity='power'"):
        WallPlugBackend(plug.url, quantity="energy").meters()


def test_a_switch_without_a_meter_is_unavailable(plug):
    plug.body = {"id": 0, "output": True}
    assert "neither" in plug.open().probe().reason


@pytest.mark.parametrize(
    "body", [b"<html>", [1, 2], {"aenergy": {"total": None}}, {"aenergy": 5}, {"aenergy": {"total": True}}]
)
def test_an_answer_that_is_no_number_is_a_gap(plug, body):
    meter = plug.open().meters()[0]
    plug.body = body
    with pytest.raises(MeterError):
        meter.read()
    plug.body = None
    assert meter.read().value > 0.0


def test_an_answer_that_breaks_off_is_a_gap():
    stand = PlugStand(timeout_s=0.1)
    try:
        meter = stand.open().meters()[0]
        stand.cut_off = 10
        with pytest.raises(MeterError):
            meter.read()
    finally:
        stand.close()


def test_a_plug_that_is_pulled_out_is_a_gap_and_not_the_end():
    stand = PlugStand(timeout_s=0.2)
    meter = stand.open().meters()[0]
    stand.close()
    with pytest.raises(MeterError, match="no answer") as caught:
        meter.read()
    assert not isinstance(caught.value, MeterLostError)
    assert not stand.open().probe().available


def test_a_switch_that_does_not_exist_is_lost(plug):
    with pytest.raises(BackendError, match="no such switch"):
        WallPlugBackend(plug.url, switch=3).meters()


def test_a_password_is_explained(plug):
    plug.fail("", "permission")
    assert "password" in plug.open().probe().reason


@pytest.mark.parametrize("url", ["192.168.1.20", "ftp://plug", "http://", "file:///etc/passwd"])
def test_what_is_no_address_is_said_to_be_none(url):
    assert "not an address" in WallPlugBackend(url).probe().reason


def test_a_wrong_quantity_is_refused():
    with pytest.raises(ArgumentError, match="quantity"):
        WallPlugBackend(quantity="force")


def test_a_proxy_for_the_outside_is_not_asked(plug, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert plug.open().probe().available
