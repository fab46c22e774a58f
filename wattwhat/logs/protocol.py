"""What a reader of one format is, and what it is given; no format is known here.

How to write a reader (for this package or for another distribution):

1. One module, one class with a ``name`` (the format, lower case with hyphens), ``sniff`` and ``read``::

       class Watchman:
           name = "watchman"

           def sniff(self, head):
               # Content only, never head.name: users rename files. 0 = not mine, 50 = it has my columns,
               # 80 = it has words that no other tool writes. The highest answer wins.
               return 80 if head.first_line.startswith("# watchman") else 0

           def read(self, source, options):
               trace = Trace(source, options, format=self.name, sensor=NVML, component="gpu")
               for number, line in source.lines():
                   ...
                   trace.add("GPU 0", t_s, power_w, line=number)
               yield from trace.measurements()

2. Announce it in your distribution's ``pyproject.toml``, by its name, in the group ``wattwhat.logs``:
   ``watchman = "my_package:Watchman"``. Ours come in by the same door.
3. Tools: `wattwhat.logs.parsing.cells` (numbers, units, stamps, what counts as missing),
   `wattwhat.logs.parsing.csv_rows` (CSV rows with line numbers), ``source.lines()/text()/json()`` and
   `wattwhat.logs.parsing.json_stream` (streamed JSON), `wattwhat.logs.building.power_trace.Trace` (power
   samples to joules), `wattwhat.logs.building.interval_energies.Tally` (energies of intervals, summed) and
   `wattwhat.logs.building.measurement` (totals to a Measurement: channel_of, printed, imported).
   ``source.sibling(...)`` and ``source.relative(...)`` give files that belong to this one.
4. What goes wrong: a row that cannot be used is ``source.problem(line, "expected ..., found ...")`` and the
   next row is read (strict reading makes that call raise); a file that cannot be used is
   ``raise source.error(line_or_None, "expected ...; do ...")``. No other exception leaves a reader.
5. What the file does not say is None: device, items, the beginning in UTC where stamps have no zone (a
   ``timezone`` option or a zone in the file gives it). Nothing is guessed from the file's name. A unit that
   looks wrong is reported in a warning and converted only where ``options.power_unit`` or
   ``options.energy_unit`` says so. Totals are not added to their parts: say what contains what in
   `Channel.contains`, or leave the parts out.
6. Memory: never keep all rows; never trust a count or a size that a file states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any, Protocol, runtime_checkable

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.logs.parsing.decode import HEAD_BYTES, text_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Head", "Options", "Reader", "head_of"]


@attrs.frozen
class Head:
    r"""The beginning of a file, as far as a reader needs it to recognise its format.

    Args:
        name: the file's name; for wording, never for recognition.
        text: the first 64 kB as text.
        complete: whether that is the whole file.

    Example:
        >>> Head("x.csv", "# made by hand\n\na,b\n1,2", True).lines
        ('# made by hand', '', 'a,b', '1,2')
    """

    name: str
    text: str
    complete: bool
    lines: tuple[str, ...] = attrs.field(init=False, repr=False)
    json: Any = attrs.field(init=False, repr=False)

    @lines.default
    def _split(self) -> tuple[str, ...]:
        lines = self.text.split("\n")
        if not self.complete:
            lines = lines[:-1] or lines
        return tuple(lines)

    @json.default
    def _first_json(self) -> Any:
        from wattwhat.logs.parsing.json_stream import first_value

        return first_value(self.text)

    @property
    def first_line(self) -> str:
        """The first line that is not blank, or an empty text."""
        return next((line for line in self.lines if line.strip()), "")

    def cells(self, delimiter: str = ",") -> tuple[str, ...]:
        """The first line's cells, stripped and in lower case: the header of most CSV files."""
        return tuple(cell.strip().strip('"').lower() for cell in self.first_line.split(delimiter))

    @property
    def is_json(self) -> bool:
        """Whether the text begins with an object or an array."""
        return self.text.lstrip()[:1] in ("{", "[")

    def has(self, *words: str) -> bool:
        """Whether every one of these texts occurs, as written."""
        return all(word in self.text for word in words)


def head_of(source: Source) -> Head:
    """The Head of a source."""
    import io

    with text_of(io.BytesIO(source.head_bytes[:HEAD_BYTES]), source.encoding) as stream:
        return Head(source.name, stream.read(), source.complete)


def _positive(instance: object, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not (
        isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf")
    ):
        raise ArgumentError(argument=attribute.name, expected="a positive number", got=value)


def _count(instance: object, attribute: attrs.Attribute[Any], value: int | None) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise ArgumentError(argument=attribute.name, expected="a whole number of at least 1", got=value)


def _unit_of(dimension: str, base: str) -> Any:
    def check(instance: object, attribute: attrs.Attribute[Any], value: str | None) -> None:
        if value is not None:
            from wattwhat.records.quantity import unit_factor

            unit_factor(value, base)

    return check


def _zone(name: str | tzinfo | None) -> tzinfo | None:
    """A zone from "UTC", "+01:00" or a name such as "Europe/Berlin"."""
    if name is None or isinstance(name, tzinfo):
        return name
    if name.upper() in ("UTC", "Z"):
        return timezone.utc
    try:
        if name[:1] in "+-" and name:
            shift = datetime.strptime(name, "%z").utcoffset() or timedelta()
            return timezone(shift)
        from zoneinfo import ZoneInfo

        return ZoneInfo(name)
    except (ValueError, KeyError, OSError) as err:
        raise ArgumentError(
            f"{name!r} is not known",
            argument="timezone",
            remedy="give UTC, +01:00 or a name like Europe/Berlin",
        ) from err


_MAY_NOT_APPLY = ("interval_s", "intensity_g_per_kwh", "power_unit", "energy_unit", "timezone", "gpus")


class _Asked(dict[str, Any]):
    """Options of single formats that remember which of them were looked for."""

    def __init__(self, given: Mapping[str, Any], asked: set[str]) -> None:
        super().__init__(given)
        self._names = asked

    def get(self, name: str, default: Any = None) -> Any:
        self._names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self._names.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._names.add(str(name))
        return super().__contains__(name)


@attrs.frozen(kw_only=True)
class Options:
    """What the user says about the files, because they do not.

    Args:
        strict: the first row that cannot be used is an error.
        interval_s: seconds between two samples, for files without times.
        intensity_g_per_kwh: grams of CO2-equivalent of one kWh, for files with emissions only.
        power_unit: the unit of the file's powers, against what it says; "mW" for a slip.
        energy_unit: the unit of the file's energies, against what it says.
        timezone: the zone of stamps that have none: "UTC", "+01:00" or "Europe/Berlin".
        gpus: how many GPUs take turns in a file that does not number them.
        more: options of third-party readers.

    Raises:
        ArgumentError: one of them is outside what is allowed.
        UnitError: a unit is unknown, or not one of power or energy.

    Example:
        >>> Options(interval_s=1.0).power_factor
    """

    strict: bool = False
    interval_s: float | None = attrs.field(default=None, validator=_positive)
    intensity_g_per_kwh: float | None = attrs.field(default=None, validator=_positive)
    power_unit: str | None = attrs.field(default=None, validator=_unit_of("power", "W"))
    energy_unit: str | None = attrs.field(default=None, validator=_unit_of("energy", "J"))
    timezone: tzinfo | None = attrs.field(default=None, converter=_zone)
    gpus: int | None = attrs.field(default=None, validator=_count)
    more: Mapping[str, Any] = attrs.field(factory=dict)
    _asked: set[str] = attrs.field(init=False, factory=set, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._asked.clear()  # the checks above have looked at everything
        object.__setattr__(self, "more", _Asked(self.more, self._asked))

    def __getattribute__(self, name: str) -> Any:
        if name in _MAY_NOT_APPLY:
            object.__getattribute__(self, "_asked").add(name)
        return object.__getattribute__(self, name)

    def not_asked(self) -> list[str]:
        """The options that were given and that no reader has looked at: they do not apply to what was read.

        Example:
            >>> options = Options(interval_s=1.0, gpus=2, more={"phases": "train"})
            >>> options.interval_s, options.not_asked()
            (1.0, ['gpus', 'phases'])
        """
        asked = set(self._asked)
        given = [name for name in _MAY_NOT_APPLY if object.__getattribute__(self, name) is not None]
        return [name for name in (*given, *self.more) if name not in asked]

    def refuse_not_asked(self, what: str) -> None:
        """Refuse an option that did not apply.

        Args:
            what: what was read, for the message.

        Raises:
            ArgumentError: there is one; the message names it.
        """
        for name in self.not_asked():
            raise ArgumentError(
                f"{what} does not need it, so it would change nothing", argument=name, remedy="leave it out"
            )

    @property
    def power_factor(self) -> float | None:
        """Watts per unit of ``power_unit``, or None where the file's own unit counts."""
        from wattwhat.records.quantity import unit_factor

        return None if self.power_unit is None else unit_factor(self.power_unit, "W")

    @property
    def energy_factor(self) -> float | None:
        """Joules per unit of ``energy_unit``, or None where the file's own unit counts."""
        from wattwhat.records.quantity import unit_factor

        return None if self.energy_unit is None else unit_factor(self.energy_unit, "J")


@runtime_checkable
class Reader(Protocol):
    """A reader of one format; see the top of this module.

    Attributes:
        name: the format's name; it becomes ``measurement.details["format"]``.
    """

    name: str

    def sniff(self, head: Head) -> int:
        """How sure it is that this is its format: 0 (no) to 100; cheap, and never raises."""

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """The file's measurements; raises LogError only."""
