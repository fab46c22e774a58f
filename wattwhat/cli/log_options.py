"""The options of every verb that reads logs, and what they bring: measurements, and what was wrong."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.cli.inputs import opened
from wattwhat.cli.labels import add_label_options, averaged, is_chosen, pair, relabelled
from wattwhat.cli.sentences import as_options, reader_option
from wattwhat.errors import ArgumentError, LogError

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["Gathered", "add_log_options", "each", "gather", "nothing_to_join"]


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


def add_log_options(parser: argparse.ArgumentParser, needed: bool = True) -> None:
    """Declare the logs, how they are read, and what is joined to them.

    Args:
        parser: of a verb.
        needed: whether there must be at least one log.
    """
    parser.add_argument(
        "logs",
        nargs="+" if needed else "*",
        metavar="LOG",
        help="a file or folder that any known tool wrote, wattwhat's own JSON Lines too; FILE#LABEL takes "
        "those of one label; - is standard input",
    )
    reading = parser.add_argument_group("how logs are read")
    reading.add_argument("--strict", action="store_true", help="refuse the first row or file with a problem")
    reading.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help="only measurements whose label, format, phase, or other field is TEXT (* and ? stand for any)",
    )
    reading.add_argument(
        "--interval", type=float, metavar="S", help="seconds between two samples, for logs without times"
    )
    reading.add_argument(
        "--intensity", type=float, metavar="G_PER_KWH", help="grams of CO2 a kWh, for logs of emissions only"
    )
    reading.add_argument(
        "--power-unit", metavar="UNIT", help="unit of the powers, against what the file says"
    )
    reading.add_argument("--energy-unit", metavar="UNIT", help="unit of the energies, likewise")
    reading.add_argument(
        "--timezone", metavar="ZONE", help="zone of stamps that have none: UTC, Europe/Berlin"
    )
    reading.add_argument(
        "--gpus", type=int, metavar="N", help="how many unnumbered GPUs take turns in the rows"
    )
    reading.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="an option of one format's reader"
    )
    add_label_options(reading)
    _add_accuracy(parser)


def _add_accuracy(parser: argparse.ArgumentParser) -> None:
    joining = parser.add_argument_group("accuracy, where the logs hold none")
    joining.add_argument("--metrics", metavar="TABLE", help="CSV file with accuracies, joined by name")
    joining.add_argument("--on", default="name", metavar="COLUMN", help="its column of names; default: name")
    joining.add_argument(
        "--columns",
        metavar="A,B=C",
        help="columns to take, B under the name C; default: the metric (accuracy)",
    )
    joining.add_argument(
        "--accuracy", type=float, metavar="X", help="accuracy of all that carry none of their own"
    )
    joining.add_argument("--percent", action="store_true", help="TABLE and --accuracy are in percent")
    joining.add_argument(
        "--test-items",
        type=int,
        metavar="N",
        help="items that accuracies were counted on, for their uncertainty",
    )


def gather(arguments: argparse.Namespace) -> Gathered:
    """Read the logs that were named and join what was asked for.

    Args:
        arguments: what `add_log_options` declared; ``metric`` where the verb has it.

    Raises:
        LogError: nothing could be read, or anything could not and ``--strict`` was given.
        ArgumentError: an option is outside what is allowed.
    """
    from wattwhat.logs.fields import named

    wanted = [pair(text, "--where") for text in arguments.where]
    measurements, problems = _read(arguments)
    chosen = [measurement for measurement in measurements if is_chosen(measurement, wanted)]
    if not chosen:
        raise LogError(
            f"none of {len(measurements)} measurement(s) is as --where says", remedy=named(measurements)
        )
    notes: list[str] = []
    chosen = relabelled(arguments, chosen, problems)
    if arguments.metrics is not None:
        chosen = _joined(arguments, chosen, problems, notes)
    _refuse(arguments, problems)
    chosen = averaged(arguments, _with_accuracy(arguments, chosen, notes), notes)
    return Gathered(tuple(chosen), tuple(problems), tuple(notes))


def nothing_to_join(arguments: argparse.Namespace) -> bool:
    """Whether each measurement stands as it is read: nothing asked for needs the others, or the end."""
    asked = ("metrics", "accuracy", "test_items", "label", "repeats", "strict", "interval", "intensity",
             "power_unit", "energy_unit", "timezone", "gpus", "set")  # fmt: skip
    return not any(getattr(arguments, name) not in (None, False, []) for name in asked)


def each(arguments: argparse.Namespace, problems: list[str]) -> Iterator[Measurement]:
    """What the logs hold, one by one, as --where chooses; what could not be used is added to the problems.

    Args:
        arguments: as `gather` takes them, where there is `nothing_to_join`.
        problems: takes sentences.

    Raises:
        LogError: nothing could be read; of one log, also where the reading ends before its end.
    """
    from wattwhat.logs.fields import named

    wanted = [pair(text, "--where") for text in arguments.where]
    read = chosen = 0
    last: list[Measurement] = []
    for log in arguments.logs:
        try:
            measurements = opened(log)
            for measurement in measurements:
                read, last = read + 1, [measurement]
                if is_chosen(measurement, wanted):
                    chosen += 1
                    yield measurement
        except LogError as err:
            if len(arguments.logs) == 1:
                raise
            problems.append(str(err))
        else:
            problems += measurements.problems
    if not read:
        raise LogError(
            f"none of {len(arguments.logs)} logs could be read; the first: {as_options(problems[0])}"
        )
    if not chosen:
        raise LogError(f"none of {read} measurement(s) is as --where says", remedy=named(last))


def _read(arguments: argparse.Namespace) -> tuple[list[Measurement], list[str]]:
    from wattwhat.logs.protocol import Options
    from wattwhat.logs.source import Problem

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
        options = Options(**how, more=more)
    except ArgumentError as err:
        raise err.renamed(reader_option) from err
    measurements: list[Measurement] = []
    problems: list[str] = []
    for log in arguments.logs:
        try:
            one = opened(log, options)
            measurements += list(one)  # all of them, or none
        except LogError as err:
            if arguments.strict or len(arguments.logs) == 1:
                raise
            problems.append(Problem(err))
        else:
            problems += one.problems
    if not measurements:
        raise LogError(
            f"none of {len(arguments.logs)} logs could be read; the first: {as_options(problems[0])}"
        )
    try:
        options.refuse_not_asked(", ".join(arguments.logs)[:200])
    except ArgumentError as err:
        raise err.renamed(reader_option) from err
    return measurements, problems


def _refuse(arguments: argparse.Namespace, problems: list[str]) -> None:
    if arguments.strict and problems:
        raise LogError(as_options(problems[0]), remedy="without --strict this is only reported")


def _joined(
    arguments: argparse.Namespace, measurements: list[Measurement], problems: list[str], notes: list[str]
) -> list[Measurement]:
    from wattwhat.logs import join_metrics

    metric = getattr(arguments, "metric", "accuracy")
    columns = dict(
        pair(text, "--columns") if "=" in text else (text.strip(), text.strip())
        for text in (arguments.columns or metric).split(",")
        if text.strip()
    )
    joined = join_metrics(
        measurements, arguments.metrics, on=arguments.on, metrics=columns, percent=arguments.percent
    )
    problems += joined.problems
    table = arguments.metrics
    for what, names in (
        ("not in it, or not under one name:", joined.unmatched),
        ("matched without case and punctuation:", [f"{a} = {b}" for a, b in joined.normalised]),
        ("in it but not measured:", joined.unused),
    ):
        distinct = list(dict.fromkeys(names))
        more = f" and {len(distinct) - 8} more" if len(distinct) > 8 else ""
        notes += [f"{table}: {what} {', '.join(distinct[:8])}{more}"] if distinct else []
    return list(joined.measurements)


def _with_accuracy(
    arguments: argparse.Namespace, measurements: list[Measurement], notes: list[str]
) -> list[Measurement]:
    metric = getattr(arguments, "metric", "accuracy")
    if arguments.test_items is not None and arguments.test_items < 1:
        raise ArgumentError(argument="--test-items", expected="at least 1", got=arguments.test_items)
    joined = measurements
    if arguments.accuracy is not None:
        value = _fraction(arguments.accuracy, arguments.percent)
        own = sum(metric in measurement.metrics for measurement in joined)
        joined = [m if metric in m.metrics else m.with_metrics(**{metric: value}) for m in joined]
        if own:
            notes.append(f"--accuracy: {own} of {len(joined)} keep the {metric} that they carry")
    if arguments.test_items is not None:
        joined = [m.with_metrics(n_test=arguments.test_items) if metric in m.metrics else m for m in joined]
    return joined


def _fraction(value: float, percent: bool) -> float:
    top = 100.0 if percent else 1.0
    if 0.0 <= value <= top:
        return round(value / top, 12)
    remedy = f"write {value / 100:g}, or add --percent" if not percent and 1.0 < value <= 100.0 else ""
    raise ArgumentError(
        argument="--accuracy", expected=f"a number between 0 and {top:g}", got=value, remedy=remedy
    )
