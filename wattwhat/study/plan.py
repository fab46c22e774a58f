"""The plan of a study: a TOML file, read and checked whole before anything runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import attrs

from wattwhat.study.axes import AXIS_CHECKS, axis_of, rule_of
from wattwhat.study.cell import AXES
from wattwhat.study.registry import LAUNCHERS, registered
from wattwhat.study.toml_source import TomlSource, read_toml

__all__ = ["MeasureSettings", "Order", "Plan", "read_plan"]


@attrs.frozen
class MeasureSettings:
    """How each cell is measured.

    Args:
        precision: asked relative half-width of the 95 % interval, as `wattwhat.measure` takes it.
        min_seconds: least time of one measurement in s.
        max_seconds: most time of one measurement in s.
        repeats: how often each cell is measured.
        idle: whether the power at rest is measured before each cell.
        limit_seconds: time in s after which a cell is ended, loading and compiling included.
        cooldown_seconds: longest time in s to wait before each cell until the power at rest falls no more.
        backends: names of the backends to use, or None for every available one.
    """

    precision: float = 0.05
    min_seconds: float = 1.0
    max_seconds: float = 60.0
    repeats: int = 1
    idle: bool = True
    limit_seconds: float = 1800.0
    cooldown_seconds: float = 0.0
    backends: tuple[str, ...] | None = None


@attrs.frozen
class Order:
    """In which order the cells come.

    Args:
        seed: of the random order.
        block: cells of one block.
        reference: the cell that comes back at the head of each block, as settings by name, or None.
    """

    seed: int = 0
    block: int = 20
    reference: Mapping[str, Any] | None = None


@attrs.frozen
class Plan:
    """A study as it was planned.

    Args:
        path: the file it was read from.
        axes: values of each axis that is set, by name.
        include: further products of axes; what one does not name is as in `axes`.
        exclude: settings that are left out.
        accuracy: path of a table with accuracies, or None.
        measure: how each cell is measured.
        order: in which order.
        launchers: options of each launcher, by its name.
    """

    path: str
    axes: Mapping[str, tuple[Any, ...]]
    include: tuple[Mapping[str, tuple[Any, ...]], ...] = ()
    exclude: tuple[Mapping[str, tuple[Any, ...]], ...] = ()
    accuracy: str | None = None
    measure: MeasureSettings = attrs.field(factory=MeasureSettings)
    order: Order = attrs.field(factory=Order)
    launchers: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)

    @property
    def folder(self) -> str:
        """The folder of the plan; the paths that it names are relative to it."""
        return os.path.dirname(os.path.abspath(self.path))

    def content(self) -> dict[str, Any]:
        """What decides which cells there are and in which order, as plain data."""
        return {
            "axes": {name: list(values) for name, values in self.axes.items()},
            "include": [{name: list(values) for name, values in rule.items()} for rule in self.include],
            "exclude": [{name: list(values) for name, values in rule.items()} for rule in self.exclude],
            "measure": attrs.asdict(self.measure),
            "order": attrs.asdict(self.order),
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any], path: str = "plan") -> Plan:
        """The plan of such plain data, for instance of a results folder."""

        def rules(name: str) -> tuple[dict[str, tuple[Any, ...]], ...]:
            return tuple({axis: tuple(values) for axis, values in rule.items()} for rule in content[name])

        how = dict(content["measure"])
        if how.get("backends") is not None:
            how["backends"] = tuple(how["backends"])
        return cls(
            path=path,
            axes={name: tuple(values) for name, values in content["axes"].items()},
            include=rules("include"),
            exclude=rules("exclude"),
            measure=MeasureSettings(**how),
            order=Order(**content["order"]),
        )


_TABLES = ("include", "exclude", "measure", "order")


def read_plan(path: str | os.PathLike[str]) -> Plan:
    r"""Read a plan and check all of it.

    Args:
        path: a TOML file: axes at the top level, each a value or a list; tables ``[[include]]``,
            ``[[exclude]]``, ``[measure]``, ``[order]`` and one for each launcher that takes options.

    Raises:
        ArgumentError: it cannot be read, or says something that makes no sense; the message names file, line,
            what was expected and what to do.

    Example:
        >>> import pathlib, tempfile
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "plan.toml"
        >>> _ = file.write_text('models = "json:dumps"\nbatch_size = [1, 32]\n')
        >>> read_plan(file).axes["batch_size"]
        (1, 32)
    """
    source = read_toml(path)
    launchers = set(registered(LAUNCHERS))
    known = ["models", *AXES[1:], "accuracy"]
    for key, value in source.values.items():
        if key not in (*known, *_TABLES, *launchers):
            source.refuse(_unknown(key, [*known, *_TABLES, *sorted(launchers)]), *_place(key, value))
    if "models" not in source.values:
        source.refuse('models is missing; name at least one, as in: models = ["torchvision:resnet18"]')
    axes = {}
    for name in AXES:
        key = "models" if name == "model" else name
        if key in source.values:
            axes[name] = axis_of(source, name, source.values[key], key=key)
    return Plan(
        path=source.path,
        axes=axes,
        include=_rules(source, "include"),
        exclude=_rules(source, "exclude"),
        accuracy=_accuracy(source),
        measure=_measure(source),
        order=_order(source),
        launchers={name: _table(source, name) for name in launchers if name in source.values},
    )


def _place(key: str, value: Any) -> tuple[str, str | None]:
    return (key, None) if isinstance(value, (dict, list)) and _is_table(value) else ("", key)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (bool(value) and all(isinstance(one, dict) for one in value))


def _unknown(key: str, known: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"{key} is not known; {hint}"


def _table(source: TomlSource, name: str) -> dict[str, Any]:
    table = source.values.get(name, {})
    if not isinstance(table, dict):
        source.refuse(f"expected a table [{name}], got {table!r}", "", name)
    return dict(table)


def _rules(source: TomlSource, name: str) -> tuple[dict[str, tuple[Any, ...]], ...]:
    given = source.values.get(name, [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        source.refuse(f"expected tables, each headed [[{name}]]", *_place(name, given))
    return tuple(rule_of(source, name, rule, number) for number, rule in enumerate(given))


def _accuracy(source: TomlSource) -> str | None:
    value = source.values.get("accuracy")
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        source.refuse(f"accuracy: expected the path of a CSV table, got {value!r}", "", "accuracy")
    path = os.path.join(os.path.dirname(os.path.abspath(source.path)), value)
    if not os.path.isfile(path):
        source.refuse(f"accuracy: there is no table {value!r} beside the plan", "", "accuracy")
    return value


def _number(source: TomlSource, table: str, key: str, value: Any, low: float, *, whole: bool) -> Any:
    fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not fits or not (low < value < float("inf")):
        kind = f"a whole number from {int(low) + 1}" if whole else f"a number above {low:g}"
        source.refuse(f"{key}: expected {kind}, got {value!r}", table, key)
    return value if whole else float(value)


def _measure(source: TomlSource) -> MeasureSettings:
    given = _table(source, "measure")
    settings_given: dict[str, Any] = {}
    names = [field.name for field in attrs.fields(MeasureSettings)]
    for key, value in given.items():
        if key not in names:
            axis = key in AXIS_CHECKS or key == "models"
            message = f"{key} is an axis; write it at the top, above the first [table]" if axis else ""
            source.refuse(message or _unknown(key, names), "measure", key)
        if key == "backends":
            if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
                source.refuse(f'backends: expected a list such as ["rapl"], got {value!r}', "measure", key)
            settings_given[key] = tuple(value)
        elif key == "idle":
            if not isinstance(value, bool):
                source.refuse(f"idle: expected true or false, got {value!r}", "measure", key)
            settings_given[key] = value
        else:
            settings_given[key] = _number(source, "measure", key, value, 0, whole=key == "repeats")
    settings = MeasureSettings(**settings_given)
    if settings.precision >= 1.0:
        source.refuse(f"precision: expected less than 1, got {settings.precision:g}", "measure", "precision")
    for low, high in (("min_seconds", "max_seconds"), ("max_seconds", "limit_seconds")):
        if getattr(settings, low) > getattr(settings, high):
            message = f"{low} {getattr(settings, low):g} is above {high} {getattr(settings, high):g}"
            source.refuse(message, "measure", low if low in given else high)
    return settings


def _order(source: TomlSource) -> Order:
    given = _table(source, "order")
    order: dict[str, Any] = {}
    names = [field.name for field in attrs.fields(Order)]
    for key, value in given.items():
        if key not in names:
            source.refuse(_unknown(key, names), "order", key)
        if key == "reference":
            if not isinstance(value, dict) or not value:
                message = 'reference: expected settings such as { model = "m:build", batch_size = 1 }'
                source.refuse(f"{message}, got {value!r}", "order", key)
            order[key] = {
                name: one[0]
                for name, one in rule_of(source, "order", value, 0, key="reference", single=True).items()
            }
        else:
            order[key] = _number(source, "order", key, value, -1 if key == "seed" else 0, whole=True)
    return Order(**order)
