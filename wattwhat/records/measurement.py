"""What came out: joules with an uncertainty, where they were spent and how they were obtained."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, error_text
from wattwhat.records import validators as fields
from wattwhat.records.budget import Budget
from wattwhat.records.caution import code_of, with_codes
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.copies import MadeLater
from wattwhat.records.metrics import check_metrics
from wattwhat.records.quantity import Quantity, finite_or_none
from wattwhat.records.sources import GAIN, IDLE, MODEL, OFFSET, remaining_u
from wattwhat.records.terminal import spelled
from wattwhat.records.timeline_points import TimelinePoints
from wattwhat.records.validators import PROVENANCES, Provenance

__all__ = ["PROVENANCES", "SCHEMA", "Measurement"]

SCHEMA = 2
# What `from_dict` reads: files of schema 1 have no codes beside their warnings.
_READ = (1, 2)


def _entries(value: Iterable[ChannelEnergy]) -> tuple[ChannelEnergy, ...]:
    return fields.tuple_of(value, ChannelEnergy, "channels", "write ChannelEnergy(channel, energy_j, ...)")


@attrs.frozen(repr=False, weakref_slot=False, kw_only=True, hash=False)
class Measurement(MadeLater):
    """Joules of a workload or a window, with uncertainty and provenance.

    Args:
        label: name of what was measured.
        energy_j: total over the span, of channels that do not contain each other; its value is NaN
            where every channel was lost.
        duration_s: length of the measured span in seconds, or None if unknown.
        calls: calls of the workload in that span, or None.
        items: items (samples, images, tokens) in that span, or None.
        channels: energy by channel, counted or not.
        provenance: ``"measured"``, ``"estimated"``, ``"predicted"``, ``"mixed"`` or ``"imported"``.
        idle_power_w: power of the counted channels with the workload loaded and at rest, or None.
        budget: pairs of (source, standard uncertainty in J).
        metrics: what else is known of it, for instance ``{"accuracy": 0.91}`` (a fraction).
        warnings: sentences about what went wrong or is doubtful; those of the library's own have a short
            ``code`` (`wattwhat.records.caution.CODES`) that programs can act on.
        environment: host, operating system, CPU, GPUs, drivers, versions.
        started_at: beginning of the span in UTC, or None if unknown.
        details: whatever else the maker kept: why measuring stopped, the file that was read, a trace.
        timeline: where the span lies on the timeline of its run, so that sums of spans are exact; or None.

    Raises:
        ArgumentError: a field is outside what is allowed; the message names it.

    Example:
        >>> m = Measurement(label="resnet18", energy_j=Quantity(42.0, 0.5, "J"), duration_s=2.0,
        ...                 calls=10, items=320, provenance="measured")
        >>> print(m.energy_per_item_j)
        0.1313(16) J
        >>> m.with_metrics(accuracy=0.69).metrics["accuracy"]
        0.69
        >>> Measurement.from_dict(m.to_dict()) == m
        True
    """

    label: str = attrs.field(validator=fields.text)
    energy_j: Quantity = attrs.field(validator=fields.joules)
    duration_s: float | None = attrs.field(default=None, converter=fields.number_or_none)
    calls: int | None = attrs.field(default=None, converter=fields.whole_or_none)
    items: float | None = attrs.field(default=None, converter=fields.number_or_none)
    channels: tuple[ChannelEnergy, ...] = attrs.field(default=(), converter=_entries)
    provenance: Provenance = attrs.field(default="measured", validator=fields.known_provenance)
    idle_power_w: Quantity | None = attrs.field(default=None, validator=fields.watts_or_none)
    _budget: tuple[Any, ...] = attrs.field(default=(), converter=fields.flat_budget)
    metrics: Mapping[str, float] = attrs.field(default=None, converter=fields.metrics_of)
    warnings: tuple[str, ...] = attrs.field(default=(), converter=fields.sentences)
    environment: Mapping[str, Any] = attrs.field(default=None, converter=fields.environment)
    started_at: datetime | None = attrs.field(default=None, converter=fields.utc_or_none)
    details: Mapping[str, Any] = attrs.field(default=None, converter=fields.details)
    timeline: TimelinePoints | None = attrs.field(default=None, validator=fields.timeline_or_none)

    @property
    def budget(self) -> Budget:
        """Pairs of (source, standard uncertainty in J), largest first; prints as a table."""
        return Budget.kept(self._budget, self.channels)

    @property
    def energy_per_call_j(self) -> Quantity | None:
        """Joules of one call, or None where calls were not counted; how much calls differ is in its u."""
        return self._each_j / self.calls if self.calls else None

    @property
    def energy_per_item_j(self) -> Quantity | None:
        """Joules of one item, or None where items were not counted."""
        return self._each_j / self.items if self.items else None

    @property
    def _each_j(self) -> Quantity:
        """The energy with all of its budget: how calls differ is uncertain of a call, not of their sum."""
        budget_j, energy = self.budget.u, self.energy_j
        return energy if budget_j <= energy.u else Quantity(energy.value, budget_j, "J")

    @property
    def power_w(self) -> Quantity | None:
        """Mean power over the span, or None where its length is unknown."""
        if not self.duration_s:
            return None
        return Quantity(self.energy_j.value / self.duration_s, self.energy_j.u / self.duration_s, "W")

    @property
    def energy_kwh(self) -> Quantity:
        """The same energy in kilowatt-hours."""
        return self.energy_j.to("kWh")

    @property
    def net_energy_j(self) -> Quantity | None:
        """Energy above idle, or None where no idle baseline was measured.

        A gain error acts on the difference, an offset cancels in it, and the baseline's own
        uncertainty comes in with the length of the span (GUM 5.2).
        """
        if self.idle_power_w is None or not self.duration_s:
            return None
        total = self.energy_j.value
        net = total - self.idle_power_w.value * self.duration_s
        budget = self.budget
        gain = math.hypot(budget.get(GAIN), budget.get(MODEL)) / abs(total) if total else 0.0
        rest = budget.without(GAIN, MODEL, OFFSET, IDLE).u
        # the sensor's gain is in the baseline too, and cancels there: what is left of the baseline is its own
        idle_w = remaining_u(self.idle_power_w.u, gain * abs(self.idle_power_w.value))
        return Quantity(net, math.hypot(gain * net, rest, idle_w * self.duration_s), "J")

    def with_metrics(self, **metrics: float) -> Measurement:
        """A copy that carries these metrics besides those it has; accuracy is a fraction.

        Raises:
            ArgumentError: a metric is NaN or no number, or an accuracy lies outside [0, 1].
        """
        check_metrics(metrics)
        return attrs.evolve(self, metrics={**self.metrics, **metrics})

    def minus(self, other: Measurement, *, per: str | None = None) -> Measurement:
        """What this took more than another one: with something and without it.

        Gain, model and offset of sensors that both counted cancel as far as both have them (GUM 5.2.2);
        everything else is independent.

        Args:
            other: what is taken away.
            per: "call" or "item" takes away what the other would have taken for as many calls or items as
                this had; None takes the energies as they are.

        Returns:
            A measurement of the difference, which may be below 0 J; it names no channels.

        Raises:
            ArgumentError: the other is no Measurement, or does not know its calls or items.

        Example:
            >>> from wattwhat import Channel
            >>> gpu = Channel("h/x/0", "x", "a GPU", "gpu", "energy", gain_error=0.05)
            >>> def took(joules):
            ...     energy = Quantity(joules, 0.05 * joules, "J")
            ...     return Measurement(label="a", energy_j=energy, channels=(ChannelEnergy(gpu, energy),),
            ...                        budget=(("sensor gain", 0.05 * joules),))
            >>> took(110.0).minus(took(100.0)).energy_j
            Quantity(10.0(5) J)
        """
        from wattwhat.records.difference import difference

        if not isinstance(other, Measurement):
            raise ArgumentError(f"other: expected a Measurement, got {other!r:.100}")
        return difference(self, other, per)

    def flat(self, prefix: str = "energy/") -> dict[str, float]:
        """Numbers by name, for any logger: what is not known is left out, never 0.

        Args:
            prefix: put before each name.

        Returns:
            Energy in J, its standard uncertainty, power, duration, joules of a call and of an item, kWh, and
            the joules of each component that was counted.

        Example:
            >>> m = Measurement(label="a", energy_j=Quantity(8.0, 0.5, "J"), duration_s=2.0, items=4)
            >>> m.flat("")["energy_per_item_j"], m.flat("")["power_w"], "energy/energy_j" in m.flat()
            (2.0, 4.0, True)
        """
        numbers: dict[str, float | None] = {
            "energy_j": self.energy_j.value,
            "energy_u_j": self.energy_j.u,
            "energy_kwh": self.energy_kwh.value,
            "duration_s": self.duration_s,
        }
        for name in ("power_w", "energy_per_call_j", "energy_per_item_j", "net_energy_j"):
            quantity: Quantity | None = getattr(self, name)
            numbers[name] = None if quantity is None else quantity.value
        for entry in self.channels:
            if entry.counted and entry.energy_j is not None:
                name = f"{entry.channel.component}_energy_j"
                numbers[name] = (numbers.get(name) or 0.0) + entry.energy_j.value
        return {
            f"{prefix}{name}": value
            for name, value in numbers.items()
            if value is not None and math.isfinite(value)
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the schema version inside; what is not finite becomes None."""
        started = self.started_at
        return {
            "schema": SCHEMA,
            "label": self.label,
            "energy_j": self.energy_j.to_dict(),
            "duration_s": self.duration_s,
            "calls": self.calls,
            "items": self.items,
            "channels": [channel.to_dict() for channel in self.channels],
            "provenance": self.provenance,
            "idle_power_w": None if self.idle_power_w is None else self.idle_power_w.to_dict(),
            "budget": [[source, finite_or_none(u)] for source, u in self.budget],
            "metrics": dict(self.metrics),
            "warnings": [str(sentence) for sentence in self.warnings],
            "warning_codes": [code_of(sentence) for sentence in self.warnings],
            "environment": fields.plain_copy(self.environment),
            "started_at": None if started is None else started.isoformat(),
            "details": fields.plain_copy(self.details),
            **({} if self.timeline is None else {"timeline": self.timeline.to_dict()}),
        }

    @classmethod
    def from_dict(cls, data: Any) -> Measurement:
        """The inverse of `to_dict`.

        Raises:
            ArgumentError: this is no Measurement, or one of a later schema.
        """
        schema = data.get("schema") if isinstance(data, Mapping) else None
        if schema not in _READ:
            hint = "this is no Measurement" if schema is None else "a newer wattwhat may read it"
            raise ArgumentError(argument="schema", expected=f"{SCHEMA}, found {schema!r}", remedy=hint)
        try:
            return cls._from_checked(data)
        except ArgumentError:
            raise
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as err:
            raise ArgumentError(f"this is not a complete Measurement: {error_text(err)}") from err

    @classmethod
    def _from_checked(cls, data: Mapping[str, Any]) -> Measurement:
        idle, started = data.get("idle_power_w"), data.get("started_at")
        return cls(
            label=data["label"],
            energy_j=Quantity.from_dict(data["energy_j"]),
            duration_s=data.get("duration_s"),
            calls=data.get("calls"),
            items=data.get("items"),
            channels=tuple(ChannelEnergy.from_dict(channel) for channel in data.get("channels", ())),
            provenance=data["provenance"],
            idle_power_w=None if idle is None else Quantity.from_dict(idle),
            budget=Budget((source, math.inf if u is None else u) for source, u in data.get("budget", ())),
            metrics=data.get("metrics"),
            warnings=with_codes(data.get("warnings", ()), data.get("warning_codes")),
            environment=data.get("environment"),
            started_at=None if started is None else datetime.fromisoformat(started),
            details=data.get("details"),
            timeline=TimelinePoints.from_dict(data.get("timeline")),
        )

    def to_json(self) -> str:
        """One line of JSON, without a line end."""
        from wattwhat.records.escaping import json_text

        return json_text(self.to_dict())

    def __reduce__(self) -> tuple[Any, tuple[dict[str, Any]]]:
        return Measurement.from_dict, (self.to_dict(),)

    def __repr__(self) -> str:
        span = "" if self.duration_s is None else f" in {self.duration_s:.4g} s"
        doubts = f", {len(self.warnings)} warning(s)" if self.warnings else ""
        return spelled(f"<Measurement {self.label!r}: {self.energy_j:U}{span}, {self.provenance}{doubts}>")

    def __str__(self) -> str:
        from wattwhat.records.rendering import describe

        return describe(self)

    def _repr_html_(self) -> str:
        from wattwhat.records.html_tables import measurement_html

        return measurement_html(self)
