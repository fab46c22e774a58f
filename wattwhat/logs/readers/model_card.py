"""Hugging Face model cards: grams of CO2 only, so energy only with a stated carbon intensity."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from wattwhat.logs.building.accuracies import accuracy_name, fraction
from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.measurement import channel_of, imported, printed
from wattwhat.logs.building.stated_totals import MOST_J, short_text
from wattwhat.logs.parsing.cells import number
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["ModelCard"]

_KEY = re.compile(r"co2_eq_emissions\s*:\s*(.{0,200})")
_INNER = re.compile(
    r"\s+(emissions|source|training_type|geographical_location|hardware_used|hardware_type)\s*:\s*(.{0,300})"
)
_LINE = re.compile(r"\s*(?:[-*]\s*)?CO2 Emissions \(in grams\)\s*:\s*(\S{1,40})")
_METRIC = re.compile(r"\s*[-*]\s*([A-Za-z][\w @.-]{0,40}?)\s*:\s*(-?[\d.]{1,40}(?:e[+-]?\d{1,3})?)\s*")
_SENSOR = Sensor("emissions of a model card, and the carbon intensity they are divided by", 0.4, False)
_LINES_AT_MOST = 20_000
_CHARS_AT_MOST = 500


@attrs.define
class _Card:
    """What a card says."""

    grams: str = ""
    line: int | None = None
    more: dict[str, str] = attrs.field(factory=dict)
    metrics: dict[str, float] = attrs.field(factory=dict)


class ModelCard:
    """Emissions are in grams whatever the card's text says; an energy is never guessed from them."""

    name = "model-card"

    def sniff(self, head: Head) -> int:
        """A front matter with emissions, or AutoTrain's line about them."""
        if head.text.lstrip()[:3] == "---" and any(
            _KEY.match(line[:_CHARS_AT_MOST]) for line in head.lines[:2000]
        ):
            return 90
        return 80 if any(_LINE.match(line[:_CHARS_AT_MOST]) for line in head.lines[:2000]) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement, where ``intensity_g_per_kwh`` is given."""
        card = _card(source)
        grams = number(card.grams)
        if grams is None or grams < 0.0:
            raise source.error(
                card.line, f"expected grams of CO2 in co2_eq_emissions, found {card.grams!r:.60}"
            )
        intensity = options.intensity_g_per_kwh
        if intensity is None:
            raise source.error(
                card.line,
                f"a model card states emissions only ({grams:g} g of CO2), no energy; give "
                "intensity_g_per_kwh, the carbon intensity that was used for it, to divide by",
            )
        unit_j = 3.6e6 / intensity
        if not grams * unit_j <= MOST_J:
            raise source.error(
                card.line, f"expected emissions that a training can have, found {card.grams} g"
            )
        channel = channel_of(self.name, card.more.get("hardware_used") or "training", "host", sensor=_SENSOR)
        yield imported(
            source,
            [(channel, printed(card.grams, grams * unit_j, unit_j, _SENSOR))],
            format=self.name,
            metrics=card.metrics,
            warnings=[
                f"the energy is {grams:g} g of CO2 divided by the stated {intensity:g} g/kWh: no energy was "
                "measured"
            ],
            line=card.line,
            emissions_g=grams,
            intensity_g_per_kwh=intensity,
            task=card.more.get("training_type"),
            emissions_source=card.more.get("source"),
        )


def _card(source: Source) -> _Card:
    card = _Card()
    in_front, in_mapping = False, False
    for line, whole in source.lines():
        if line > _LINES_AT_MOST:
            break
        text = whole[
            :_CHARS_AT_MOST
        ]  # two runs of blanks in one pattern take time by the square of their length
        if text.strip() == "---":
            in_front, in_mapping = line == 1, False
        elif in_front and (key := _KEY.match(text)):
            in_mapping = not _plain(key[1])
            _grams(card, _plain(key[1]), line)
        elif in_mapping and (inner := _INNER.fullmatch(text)):
            if inner[1] == "emissions":
                _grams(card, _plain(inner[2]), line)
            elif value := short_text(_plain(inner[2])):
                card.more[inner[1]] = value
        elif shown := _LINE.match(text):
            in_mapping = False
            _grams(card, shown[1], line)
        else:
            in_mapping = in_mapping and text[:1] in (" ", "\t", "")
            _metric(card, text)
    return card


def _plain(text: str) -> str:
    """A YAML scalar without its quotes and comment."""
    return re.sub(r"\s#.*", "", text).strip().strip("\"'").strip()


def _grams(card: _Card, text: str, line: int) -> None:
    if not card.grams and text:
        card.grams, card.line = text, line


def _metric(card: _Card, text: str) -> None:
    match = _METRIC.fullmatch(text)
    name = accuracy_name(match[1]) if match else None
    share = fraction(match[2], percent=False) if match else None
    if name and share is not None:
        card.metrics.setdefault(name, share)
