"""The pytest fixture `energy`: measure a callable in a test and hold it against a stored baseline.

It comes by the entry point ``pytest11`` and is loaded by every pytest of the environment, so nothing of
wattwhat is imported here before a test asks for the fixture. (PYTEST_DONT_REWRITE: it has no assertions.)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["EnergyCheck", "energy"]

_KEY = "energy"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option and the settings."""
    group = parser.getgroup("energy", "energy of callables (wattwhat)")
    group.addoption(
        "--energy-update",
        action="store_true",
        help="store what the tests with the fixture 'energy' measure as their new baseline",
    )
    parser.addini(
        "energy_baseline",
        "file of 'energy', relative to the root folder; default: energy-baseline.jsonl beside each test",
        default="",
    )
    parser.addini(
        "energy_max_increase", "increase that 'energy' allows, as a fraction; default: 0.05", default="0.05"
    )
    parser.addini(
        "energy_estimates",
        "whether 'energy' may go by estimates where there is no sensor; default: false",
        type="bool",
        default=False,
    )


@pytest.fixture
def energy(request: pytest.FixtureRequest) -> EnergyCheck:
    """Measure a callable and fail if it takes more energy than the stored baseline, as far as can be told.

    Call it with a callable (or a torch model and inputs) and options of `wattwhat.measure`. The test is
    skipped where there is no sensor, unless estimates are allowed; it passes where the increase is not
    established. ``pytest --energy-update`` stores new baselines.
    """
    return EnergyCheck(request)


class EnergyCheck:
    """What the fixture gives: call it to measure and check.

    Args:
        request: the test that asks.
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._node = request.node
        self._config = request.config
        self._labels: set[str] = set()

    @property
    def path(self) -> Path:
        """The file of baselines."""
        named = str(self._config.getini("energy_baseline"))
        return self._config.rootpath / named if named else self._node.path.parent / "energy-baseline.jsonl"

    def __call__(
        self,
        target: Any,
        inputs: Any = None,
        *,
        max_increase: float | None = None,
        coverage: float = 0.95,
        label: str | None = None,
        estimates: bool | None = None,
        **options: Any,
    ) -> Measurement:
        """Measure, and check against the baseline.

        Args:
            target: a callable without arguments, or whatever `wattwhat.measure` takes.
            inputs: inputs of a torch model.
            max_increase: allowed increase as a fraction; None takes the setting ``energy_max_increase``.
            coverage: the confidence at which an increase is established.
            label: tells several callables of one test apart.
            estimates: whether an estimate will do where there is no sensor; None takes the setting.
            options: of `wattwhat.measure`; here at most 10 s are measured, and no idle baseline, by default.

        Returns:
            The Measurement.
        """
        from wattwhat.measuring.measure import measure

        name = self._name(label)
        if estimates is None:
            estimates = bool(self._config.getini("energy_estimates"))
        if not estimates:
            _skip_without_sensor(options.get("backends"))
        most = float(self._config.getini("energy_max_increase")) if max_increase is None else max_increase
        measurement = measure(target, inputs, label=name, **{"max_seconds": 10.0, "idle": None, **options})
        if self._config.getoption("--energy-update"):
            _store(self.path, measurement)
            self._say(f"stored: {name}: {_joules(measurement)}")
        else:
            self._check(measurement, most, coverage)
        return measurement

    def _name(self, label: str | None) -> str:
        name = self._node.nodeid if label is None else f"{self._node.nodeid} {label}"
        if name in self._labels:
            pytest.fail(f"energy() was called twice for {name!r}: give each its own label=", pytrace=False)
        self._labels.add(name)
        return str(name)

    def _check(self, measurement: Measurement, most: float, coverage: float) -> None:
        from wattwhat.analysis.regression_check import FAILED, REFUSED, check

        old = _stored(self.path).get(measurement.label)
        if old is None:
            pytest.fail(
                f"no baseline of {measurement.label!r} in {self.path.name}: run pytest --energy-update",
                pytrace=False,
            )
        _skip_on_another_machine(measurement, old)
        (outcome,) = check([measurement], [old], most, coverage)
        self._say(str(outcome))
        if outcome.result in (FAILED, REFUSED):
            pytest.fail(f"energy {outcome}", pytrace=False)

    def _say(self, sentence: str) -> None:
        self._node.user_properties.append((_KEY, sentence))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what was found, that a passing test shows too what could not be told."""
    lines = [
        line
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for key, line in report.user_properties
        if key == _KEY
    ]
    if lines:
        terminalreporter.section("energy")
        from wattwhat.records.escaping import controls_shown

        for line in lines:
            terminalreporter.line(controls_shown(line))


def _skip_without_sensor(backends: Any) -> None:
    from wattwhat.acquisition.shared import shared_meter_set
    from wattwhat.errors import BackendError

    try:
        meter_set = shared_meter_set(backends)
    except BackendError as err:
        pytest.skip(f"no energy can be read: {err}")
    if not any(line.provenance == "measured" for line in meter_set.inputs):
        pytest.skip(
            "no energy sensor here ('wattwhat doctor' says why); allow estimates with energy_estimates = true"
        )


def _skip_on_another_machine(new: Measurement, old: Measurement) -> None:
    devices = [
        sorted((entry.channel.component, entry.channel.device) for entry in one.channels if entry.counted)
        for one in (new, old)
    ]
    if devices[0] != devices[1]:
        here, there = (", ".join(device for _, device in one) or "nothing" for one in devices)
        pytest.skip(f"the baseline was measured on {there}, this is {here}: keep one baseline a machine")


def _stored(path: Path) -> dict[str, Measurement]:
    from wattwhat.records.jsonl import read_jsonl

    return {one.label: one for one in read_jsonl(path)} if path.exists() else {}


def _store(path: Path, measurement: Measurement) -> None:
    from wattwhat.records.jsonl import write_jsonl

    kept = {**_stored(path), measurement.label: measurement}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_jsonl(path, (kept[label] for label in sorted(kept)))


def _joules(measurement: Measurement) -> str:
    per_call = measurement.energy_per_call_j
    return f"{measurement.energy_j:U}" if per_call is None else f"{per_call:U} per call"
