"""The options of every verb that reads logs."""

from __future__ import annotations

import argparse

from wattwhat.cli.labels import add_label_options

__all__ = ["add_log_options"]


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
