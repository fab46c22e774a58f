"""Totals that other tools state, gathered into one Measurement: numbers, units and the checks they share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import attrs

from wattwhat.energy.joules import Joules
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.measurement import channel_of, imported, printed
from wattwhat.logs.parsing.cells import is_missing, number
from wattwhat.logs.protocol import Options
from wattwhat.logs.source import Source
from wattwhat.records.assumptions import power_limit_w
from wattwhat.records.channel import Channel
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import unit_factor
from wattwhat.records.sources import EDGES, STATED

__all__ = ["LONGEST_S", "MOST_J", "Totals", "short_text", "text_of_value", "unit_warning"]

# What nobody's run exceeds (ours): a whole data centre for a year takes about 1e15 J.
MOST_J = 1e15
LONGEST_S = 1e10
# With fewer periods of its counter in a span, what the edges may lack is worth a sentence (ours).
_MANY_PERIODS = 10.0
_SLIPS = ((60.0, "minutes and seconds"), (1e3, "W and mW, or Wh and kWh"), (3600.0, "J and Wh"),
          (1e6, "J and µJ"), (3.6e6, "J and kWh"))  # fmt: skip


def text_of_value(value: Any) -> str:
    """A number or text of JSON as a cell of a table would hold it; empty for anything else.

    Example:
        >>> text_of_value(1.5), text_of_value("x"), text_of_value(None), text_of_value(True)
        ('1.5', 'x', '', '')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    try:
        return repr(value)
    except ValueError:  # an integer of thousands of digits
        return ""


def short_text(text: Any, at_most: int = 200) -> str | None:
    """What a cell says, cut to a length that can be shown; None where it says nothing.

    Example:
        >>> short_text(" a  "), short_text("N/A"), short_text(None)
        ('a', None, None)
    """
    return _short(text_of_value(text)[: 4 * at_most], at_most)


@lru_cache(maxsize=4096)  # rows say the same again and again, and share the text then
def _short(text: str, at_most: int) -> str | None:
    short = " ".join(text.split())[:at_most]
    return None if is_missing(short) else short


def unit_warning(options: Options) -> str | None:
    """The sentence about a unit that the user put in the place of the file's, or None.

    Example:
        >>> unit_warning(Options()) is None
        True
    """
    unit = options.energy_unit
    return None if unit is None else f"the energies were taken as {unit} because energy_unit says so"


class Totals:
    """The energies of one Measurement to be, as a file prints them.

    A missing energy is left out and said; one that is no energy spoils the row, which becomes a problem of
    the source, and no Measurement comes out.

    Args:
        source: the file.
        options: the user's; ``energy_unit`` replaces the file's units.
        format: the reader's name.
        line: where the row stands.
        host: the host's name, if the file has it.

    Example:
        >>> from wattwhat.logs.building.known_sensors import NVML
        >>> totals = Totals(Source.of_text("", "made.csv"), Options(), format="zeus", line=2)
        >>> totals.add("GPU 0", "gpu", "12.5", "J", NVML)
        12.5
        >>> [m.energy_j.value for m in totals.measurement(duration_s=1.0)]
        [12.5]
    """

    def __init__(
        self, source: Source, options: Options, *, format: str, line: int | None, host: str | None = None
    ) -> None:
        self._source, self._options, self._format = source, options, format
        self._line, self._host = line, host
        self._energies: list[tuple[Channel, Joules]] = []
        self._warnings: dict[str, None] = {}
        self._assumed: dict[str, Sensor] = {}
        self._spoiled = False

    @property
    def sum_j(self) -> float:
        """Every energy so far in J, parts beside their totals included."""
        return math.fsum(joules.value_j for _, joules in self._energies)

    def warn(self, *sentences: str | None) -> None:
        """Keep sentences for the Measurement; None and repetitions are passed over."""
        self._warnings.update(dict.fromkeys(filter(None, sentences)))

    def spoil(self, sentence: str) -> None:
        """This row is not usable: its problem goes to the source, and nothing comes out."""
        self._spoiled = True
        self._source.problem(self._line, sentence)

    def add(
        self,
        device: str,
        component: str,
        value: Any,
        unit: str,
        sensor: Sensor,
        *,
        column: str | None = None,
        factor: float | None = None,
        rounded: bool = False,
        stale_s: tuple[float, float | None] | None = None,
        u: Any = None,
        **fields: Any,
    ) -> float | None:
        """One energy.

        Args:
            device: the device in words.
            component: its component.
            value: a cell or a JSON value.
            unit: of the value by the file.
            sensor: how well it is known.
            column: what the file calls it, for messages; None takes the device.
            factor: J per unit where the user's ``energy_unit`` must not be used.
            rounded: whether the tool prints rounded digits, whose rounding then counts; most print the whole
                double, of which ``"0.0"`` is as exact as any other.
            stale_s: the counter's update period and the length of the span, both in s: the two edges of
                a span are each known to within a period only.
            u: its standard uncertainty in the same unit, where the file states one: it takes the place of
                the sensor's.
            fields: see `channel_of`.

        Returns:
            The energy in J, or None if there is none.
        """
        text, name = text_of_value(value).strip(), column or device
        if is_missing(text):
            self.warn(f"{name} is missing: it is absent, not 0")
            return None
        plain = number(text)
        if plain is None or plain < 0.0:
            what = "expected an energy of 0 or more"
            self.spoil(f"{what} in {name}, found {text!r:.60}" + (_WRAP if plain is not None else ""))
            return None
        unit_j = factor or self._options.energy_factor or unit_factor(unit, "J")
        energy_j = plain * unit_j
        if not energy_j <= MOST_J:
            self.spoil(f"expected an energy that a computer can take, found {text[:40]} {unit} in {name}")
            return None
        joules = attrs.evolve(printed(text if rounded else energy_j, energy_j, unit_j, sensor), warnings=())
        u_j = self._stated_u_j(u, unit_j, name)
        if u_j is not None:
            sensor = attrs.evolve(sensor, gain_error=0.0, stated=True)
            joules = Joules(energy_j, ((STATED, u_j),) if u_j else ())
        elif not sensor.stated:
            self._assumed[sensor.name] = sensor
        channel = self._channel(device, component, sensor, fields)
        if stale_s is not None and stale_s[1]:
            joules = Joules(joules.value_j, (*joules.parts, (EDGES, _edges_j(channel, energy_j, *stale_s))))
            if stale_s[1] < _MANY_PERIODS * stale_s[0]:
                self.warn(
                    f"the span takes {stale_s[1] * 1e3:.4g} ms and the energy counter of {device} moves "
                    f"about every {stale_s[0] * 1e3:.4g} ms: part of its energy can be a neighbouring span's"
                )
        self._energies.append((channel, joules))
        return energy_j

    def _stated_u_j(self, u: Any, unit_j: float, name: str) -> float | None:
        text = text_of_value(u).strip() if u is not None else ""
        if is_missing(text):
            return None
        plain = number(text)
        if plain is None or not 0.0 <= plain * unit_j <= MOST_J:
            self.warn(f"the uncertainty of {name} is {text!r:.40}, expected a number from 0 on: left out")
            return None
        return plain * unit_j

    def id_of(self, device: str, part: str | None = None) -> str:
        """The id of a device's channel, for the ``contains`` of another one."""
        return channel_of(self._format, device, "host", host=self._host, part=part).id

    def _channel(self, device: str, component: str, sensor: Sensor, fields: dict[str, Any]) -> Channel:
        return channel_of(self._format, device, component, host=self._host, sensor=sensor, **fields)

    def seconds(self, value: Any, unit_s: float = 1.0, column: str = "duration") -> float | None:
        """A length of time in s, or None where the file has none; one that is no time is said."""
        text = text_of_value(value).strip()
        if is_missing(text):
            return None
        plain = number(text)
        if plain is None or not 0.0 <= plain * unit_s <= LONGEST_S:
            self.warn(f"{column} holds {text!r:.40}, which is no length of time: it was left out")
            return None
        return plain * unit_s or None

    def count(self, value: Any, column: str) -> float | None:
        """A number of things above 0, or None."""
        text = text_of_value(value).strip()
        plain = None if is_missing(text) else number(text)
        if plain is None:
            return None
        if not 0.0 < plain <= 1e18:
            if plain != 0.0:
                self.warn(f"{column} holds {text!r:.40}, which is no count: it was left out")
            return None
        return plain

    def check_power(self, energy_j: float | None, power_w: float | None, duration_s: float | None) -> None:
        """Warn where an energy is not the mean power times the time, and name the likely slip."""
        if not energy_j or not power_w or not duration_s or power_w < 0.0:
            return
        ratio = energy_j / power_w / duration_s
        if not 0.0 < ratio < math.inf or 0.5 <= ratio <= 2.0:
            return
        size = max(ratio, 1.0 / ratio)
        slip = next((f" (it looks like {which} taken for each other)" for of, which in _SLIPS
                     if 0.5 <= size / of <= 2.0), "")  # fmt: skip
        self.warn(
            f"the energy is {ratio:.3g} times the file's mean power times its duration{slip}; nothing was "
            "converted, energy_unit does so"
        )

    def _assumption(self) -> str | None:
        """One sentence about every uncertainty that no maker states."""
        if len(self._assumed) < 2:
            return next((sensor.warning for sensor in self._assumed.values()), None)
        each = ", ".join(f"{name} {sensor.gain_error:.0%}" for name, sensor in self._assumed.items())
        return f"these accuracies (k=1) are wattwhat's assumptions, their makers state none: {each}"

    def measurement(self, *, warnings: Iterable[str] = (), **fields: Any) -> Iterator[Measurement]:
        """The Measurement, or nothing where the row was spoiled or holds no energy.

        Args:
            warnings: further sentences.
            fields: see `imported`.
        """
        if self._spoiled:
            return
        if not self._energies:
            self.spoil("expected an energy, but every one is missing")
            return
        self.warn(*warnings, self._assumption())
        self.warn(unit_warning(self._options))
        if self._line is not None:
            self.warn(self._source.unfinished(self._line))
        fields.setdefault("line", self._line)
        yield imported(self._source, self._energies, format=self._format, warnings=self._warnings, **fields)


def _edges_j(channel: Channel, energy_j: float, period_s: float, span_s: float | None) -> float:
    """Standard uncertainty in J of a counter's difference, of which each edge is known to within a period.

    The difference of two rectangular errors at the mean power. Within less than a period the counter need
    not have moved at all, so the mean power is not known: then anything up to the device's limit is likely.
    """
    if not span_s:
        return 0.0
    at_mean = energy_j / span_s * period_s / math.sqrt(6.0)
    return max(at_mean, power_limit_w(channel) * span_s / math.sqrt(3.0)) if span_s < period_s else at_mean


_WRAP = "; a counter that wrapped makes such values, and what it counted is not known"
