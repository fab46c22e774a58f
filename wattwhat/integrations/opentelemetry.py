"""Joules and watts for OpenTelemetry, by its conventions for hardware (semconv 1.44): hw.energy, hw.power."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from opentelemetry.metrics import CallbackOptions, Observation, get_meter_provider

from wattwhat._version import __version__
from wattwhat.integrations.live_energy import LiveChannel, LiveEnergy, LiveReading
from wattwhat.records.channel import Channel
from wattwhat.records.containment import related
from wattwhat.records.escaping import controls_shown

__all__ = ["EnergyInstruments"]

_SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
# Well-known values of hw.type; by the conventions a component that none of them means keeps its own name.
_TYPES = {
    "cpu": "cpu",
    "core": "cpu",
    "uncore": "cpu",
    "gpu": "gpu",
    "board": "gpu",
    "memory": "memory",
    "dram": "memory",
}
_HOST = ("host", "wall")
# Of each instrument: whether it is of the whole host, its unit, its words.
_INSTRUMENTS = {
    "hw.energy": (False, "J", "Energy of a component."),
    "hw.power": (False, "W", "Power of a component."),
    "hw.host.energy": (True, "J", "Energy of the whole host."),
    "hw.host.power": (True, "W", "Power of the whole host."),
}


class EnergyInstruments:
    """Observable instruments of OpenTelemetry, read whenever its SDK collects.

    * ``hw.energy`` (a counter, J) and ``hw.power`` (a gauge, W), one series a channel: ``hw.id`` is the
      channel's id, ``hw.type`` its kind, ``hw.name`` its device and ``hw.parent`` the id of the channel
      around it, so a sum over those whose parent is not among them counts no joule twice.
    * ``hw.host.energy`` and ``hw.host.power``, only where a sensor shows the whole host (a wall meter, a
      platform's own): never a sum of parts, and never among them. Of two that contain each other the outer
      one is there.

    Each series also says ``wattwhat.component`` and ``wattwhat.provenance`` (measured, estimated). Joules are
    those since this was made; power is the mean since the collection before. A channel
    that cannot be read is absent, never 0. The resource (``host.id``, ``host.name``) is the provider's.

    Args:
        provider: a MeterProvider; None takes the global one.
        backends: names of backends to use; None takes every available one.
        live: what is asked, in place of channels of its own.

    Raises:
        BackendError: a backend that was asked for cannot serve.
    """

    def __init__(
        self,
        provider: Any = None,
        *,
        backends: Sequence[Any] | None = None,
        live: LiveEnergy | None = None,
    ) -> None:
        self._live: LiveEnergy | None = live or LiveEnergy(backends)
        self._lock, self._shown = threading.Lock(), set(_INSTRUMENTS)
        meter = (provider or get_meter_provider()).get_meter("wattwhat", __version__, schema_url=_SCHEMA)
        for name, (of_whole_host, unit, description) in _INSTRUMENTS.items():
            create = meter.create_observable_counter if unit == "J" else meter.create_observable_gauge
            create(name, [partial(self._observe, name, of_whole_host, unit)], unit, description)

    def _observe(
        self, name: str, of_whole_host: bool, unit: str, options: CallbackOptions
    ) -> list[Observation]:
        reading = self._reading(name)
        parents = _parents([*(one.channel for one in reading.channels), *reading.lost])
        chosen = _hosts(reading.channels) if of_whole_host else _parts(reading.channels)
        values = [(one, one.energy_j if unit == "J" else one.power_w) for one in chosen]
        return [Observation(value, _attributes(one, parents)) for one, value in values if value is not None]

    def _reading(self, name: str) -> LiveReading:
        """One reading for all instruments of a collection: a new one when an instrument comes round again."""
        with self._lock:
            if self._live is None:
                return LiveReading((), ())
            if name in self._shown:
                self._latest = self._live.read()
                self._shown.clear()
            self._shown.add(name)
            return self._latest

    def close(self) -> None:
        """Stop measuring; the instruments stay registered and show nothing more."""
        with self._lock:
            live, self._live = self._live, None
        if live is not None:
            live.close()


def _parts(channels: Sequence[LiveChannel]) -> list[LiveChannel]:
    return [one for one in channels if one.channel.component not in _HOST]


def _hosts(channels: Sequence[LiveChannel]) -> list[LiveChannel]:
    return [one for one in channels if one.channel.component in _HOST and one.counted]


def _parents(channels: Iterable[Channel]) -> dict[str, str]:
    """The innermost channel around each, lost ones too: a tree that stays the same while some are lost."""
    by_id = {channel.id: channel for channel in channels}
    relatives, depth = related(by_id)
    around = {name: [o for o in relatives[name] if depth[o] < depth[name]] for name in by_id}
    return {name: max(others, key=lambda o: (depth[o], o)) for name, others in around.items() if others}


def _attributes(one: LiveChannel, parents: Mapping[str, str]) -> dict[str, str]:
    names, parent = one.names(), parents.get(one.channel.id)
    attributes = {
        "hw.id": names["channel"],
        "hw.type": _TYPES.get(names["component"], names["component"]),
        "hw.name": names["device"],
        "wattwhat.component": names["component"],
        "wattwhat.provenance": names["provenance"],
    }
    return attributes if parent is None else {**attributes, "hw.parent": controls_shown(parent)}
