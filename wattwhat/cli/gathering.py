"""What the logs that a verb is given bring, one by one, and what was wrong with them or joined to them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.cli.inputs import opened
from wattwhat.cli.labels import averaged, is_chosen, pair
from wattwhat.cli.sentences import as_options, reader_option
from wattwhat.errors import ArgumentError, LogError

if TYPE_CHECKING:
    from wattwhat.logs.protocol import Options
    from wattwhat.records.measurement import Measurement

__all__ = ["Gathered", "Gathering", "gather", "nothing_to_join"]


@attrs.frozen
class Gathered:
    """What the logs hold.

    Args:
        measurements: those that were chosen, with the metrics that were joined.
        problems: sentences about files and rows that could not be used.
        notes: sentences about what was joined or left out.
    """

    measurements: tuple[Measurement, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Gathering(Iterator["Measurement"]):
    """The measurements of the logs one by one, chosen and joined as the options say.

    While it is gone through it raises LogError where nothing could be read, or anything could not and
    ``--strict`` was given, and ArgumentError where an option is outside what is allowed.

    Args:
        arguments: what `add_log_options` declared; ``metric`` where the verb has it.
        whole: whether a log counts only if it can be read to its end; each but an only one is then held.

    Attributes:
        problems: as `Gathered` has them, complete once all measurements were given.
        notes: likewise.
    """

    def __init__(self, arguments: argparse.Namespace, *, whole: bool = True) -> None:
        self.problems: list[str] = []
        self.notes: list[str] = []
        self._measurements = self._stages(arguments, whole)

    def __next__(self) -> Measurement:
        return next(self._measurements)

    def _stages(self, arguments: argparse.Namespace, whole: bool) -> Iterator[Measurement]:
        from wattwhat.logs.fields import labelled

        found = _chosen(arguments, _read(arguments, self.problems, whole))
        if arguments.label is not None:
            found = labelled(found, arguments.label, self.problems)
        if arguments.metrics is not None:
            found = _joined(arguments, found, self.problems, self.notes)
        found = _with_accuracy(arguments, found, self.notes)
        if arguments.repeats:
            found = iter(averaged(arguments, list(found), self.notes))
        yield from found
        if arguments.strict and self.problems:
            raise LogError(as_options(self.problems[0]), remedy="without --strict this is only reported")


def gather(arguments: argparse.Namespace) -> Gathered:
    """All of a `Gathering`."""
    gathering = Gathering(arguments)
    return Gathered(tuple(gathering), tuple(gathering.problems), tuple(gathering.notes))


def nothing_to_join(arguments: argparse.Namespace) -> bool:
    """Whether each measurement stands as it is read: nothing asked for needs the others, or the end."""
    asked = ("metrics", "accuracy", "test_items", "label", "repeats", "strict", "interval", "intensity",
             "power_unit", "energy_unit", "timezone", "gpus", "set")  # fmt: skip
    return not any(getattr(arguments, name) not in (None, False, []) for name in asked)


def _chosen(arguments: argparse.Namespace, measurements: Iterable[Measurement]) -> Iterator[Measurement]:
    from wattwhat.logs.fields import fields_known, fields_of

    wanted = [pair(text, "--where") for text in arguments.where]
    read = chosen = 0
    names: dict[str, None] = {}
    for measurement in measurements:
        read += 1
        if is_chosen(measurement, wanted):
            chosen += 1
            yield measurement
        elif not chosen:
            names.update(dict.fromkeys(fields_of(measurement)))
    if not chosen:
        raise LogError(f"none of {read} measurement(s) is as --where says", remedy=fields_known(names))


def _read(arguments: argparse.Namespace, problems: list[str], whole: bool) -> Iterator[Measurement]:
    from wattwhat.logs.problems import Problem

    options, only = _options(arguments), len(arguments.logs) == 1
    count = 0
    for log in arguments.logs:
        try:
            one = opened(log, options)
            for measurement in list(one) if whole and not only else one:
                count += 1
                yield measurement
        except LogError as err:
            if arguments.strict or only:
                raise
            problems.append(Problem(err))
        else:
            problems += one.problems
    if not count:
        raise LogError(
            f"none of {len(arguments.logs)} logs could be read; the first: {as_options(problems[0])}"
        )
    try:
        options.refuse_not_asked(", ".join(arguments.logs)[:200])
    except ArgumentError as err:
        raise err.renamed(reader_option) from err


def _options(arguments: argparse.Namespace) -> Options:
    from wattwhat.logs.protocol import Options

    more: dict[str, Any] = {}
    how: dict[str, Any] = {
        "strict": arguments.strict,
        "interval_s": arguments.interval,
        "intensity_g_per_kwh": arguments.intensity,
        "power_unit": arguments.power_unit,
        "energy_unit": arguments.energy_unit,
        "timezone": arguments.timezone,
        "gpus": arguments.gpus,
    }
    for name, value in (pair(text, "--set") for text in arguments.set):
        if name in how or name == "where":
            raise ArgumentError(
                f"{name} is no option of a format's reader",
                argument="--set",
                remedy="see the options of its own",
            )
        more[name] = value
    try:
        return Options(**how, more=more)
    except ArgumentError as err:
        raise err.renamed(reader_option) from err


def _joined(
    arguments: argparse.Namespace,
    measurements: Iterable[Measurement],
    problems: list[str],
    notes: list[str],
) -> Iterator[Measurement]:
    from wattwhat.logs.metrics_join import Join

    metric = getattr(arguments, "metric", "accuracy")
    columns = dict(
        pair(text, "--columns") if "=" in text else (text.strip(), text.strip())
        for text in (arguments.columns or metric).split(",")
        if text.strip()
    )
    table = arguments.metrics
    join = Join(table, on=arguments.on, metrics=columns, percent=arguments.percent)
    yield from map(join.of, measurements)
    problems += join.problems
    for what, names in (
        ("not in it, or not under one name:", join.unmatched),
        ("matched without case and punctuation:", [f"{a} = {b}" for a, b in join.normalised]),
        ("in it but not measured:", join.unused),
    ):
        distinct = list(dict.fromkeys(names))
        more = f" and {len(distinct) - 8} more" if len(distinct) > 8 else ""
        notes += [f"{table}: {what} {', '.join(distinct[:8])}{more}"] if distinct else []


def _with_accuracy(
    arguments: argparse.Namespace, measurements: Iterable[Measurement], notes: list[str]
) -> Iterator[Measurement]:
    metric = getattr(arguments, "metric", "accuracy")
    if arguments.test_items is not None and arguments.test_items < 1:
        raise ArgumentError(argument="--test-items", expected="at least 1", got=arguments.test_items)
    value = None if arguments.accuracy is None else _fraction(arguments.accuracy, arguments.percent)
    count = own = 0
    for measurement in measurements:
        count += 1
        given: dict[str, float] = {}
        if metric in measurement.metrics:
            own += 1
        elif value is not None:
            given[metric] = value
        if arguments.test_items is not None and (given or metric in measurement.metrics):
            given["n_test"] = arguments.test_items
        yield measurement.with_metrics(**given) if given else measurement
    if value is not None and own:
        notes.append(f"--accuracy: {own} of {count} keep the {metric} that they carry")


def _fraction(value: float, percent: bool) -> float:
    top = 100.0 if percent else 1.0
    if 0.0 <= value <= top:
        return round(value / top, 12)
    remedy = f"write {value / 100:g}, or add --percent" if not percent and 1.0 < value <= 100.0 else ""
    raise ArgumentError(
        argument="--accuracy", expected=f"a number between 0 and {top:g}", got=value, remedy=remedy
    )
