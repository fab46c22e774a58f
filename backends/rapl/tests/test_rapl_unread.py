"""A domain that is there and may not be read is named in every Measurement that goes without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rapl_tree import MadeTree

import wattwhat
from wattwhat.acquisition.discovery import open_meter_set
from wattwhat.plugins import Plugin
from wattwhat_rapl import RaplBackend


@pytest.fixture
def made(tmp_path: Path) -> MadeTree:
    return MadeTree(tmp_path)


def backend(made: MadeTree) -> RaplBackend:
    return RaplBackend(made.root, machine="x86_64", sources=("powercap",))


def warnings_of(one: Any) -> tuple[str, ...]:
    with wattwhat.track("x", backends=[one]) as window:
        pass
    return window.measurement.warnings


def test_the_second_sockets_counter_is_missed_by_name(made: MadeTree) -> None:
    made.intel(sockets=2)
    (made.zones["intel-rapl:1"] / "energy_uj").unlink()
    assert any("package-1 is there and not measured" in words for words in warnings_of(backend(made)))


def test_what_a_package_counts_already_is_not_missed(made: MadeTree) -> None:
    made.intel()
    (made.zones["intel-rapl:0:0"] / "energy_uj").unlink()  # core, inside the package
    assert not any("not measured" in words for words in warnings_of(backend(made)))


def test_domains_of_unknown_name_travel(made: MadeTree) -> None:
    made.intel().zone("intel-rapl:7", "flux-capacitor")
    assert any("flux-capacitor" in words for words in warnings_of(backend(made)))


def test_the_estimate_says_which_sensor_sits_there_unread(made: MadeTree) -> None:
    made.intel()
    for zone in made.zones.values():
        (zone / "energy_uj").unlink()
    plugins = {"rapl": Plugin("rapl", None, lambda: lambda: backend(made)), **_estimate()}
    meter_set = open_meter_set(plugins=plugins)
    assert {line.provenance for line in meter_set.inputs} == {"estimated"}
    assert any("package-0 is there and not measured" in words for words in meter_set.warnings)


def _estimate() -> dict[str, Plugin]:
    from wattwhat.plugins import find_plugins

    return {"estimate": find_plugins()["estimate"]}
