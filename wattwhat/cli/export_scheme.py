"""The verb export with --as: a measurement as a reporting scheme asks for it, and what is missing of it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.cli.inputs import given
from wattwhat.cli.labels import pair
from wattwhat.cli.output import check_destination, deliver, say, wrap
from wattwhat.errors import ArgumentError, ComparisonError

if TYPE_CHECKING:
    from wattwhat.report.schemes import Field, Filled, Scheme

__all__ = ["OPTIONS", "add_scheme_options", "reported"]

# Options for what most schemes ask, and the names of their fields.
OPTIONS: Mapping[str, str] = {
    "intensity": "intensity_g_per_kwh",
    "intensity_from": "intensity_g_per_kwh",
    "intensity_source": "intensity_source",
    "pue": "pue",
    "training_type": "training_type",
    "location": "location",
}


def add_scheme_options(parser: argparse.ArgumentParser) -> None:
    """Declare what a scheme is told."""
    group = parser.add_argument_group("for a reporting scheme")
    group.add_argument(
        "--as",
        dest="scheme",
        metavar="SCHEME",
        help="sci, gpai, boamps, model-card, codecarbon, spdx, cyclonedx, or one that another package brings",
    )
    group.add_argument(
        "--check", action="store_true", help="write nothing; list what is missing, exit 1 if anything is"
    )
    group.add_argument(
        "--set", metavar="FIELD=VALUE", action="append", default=[], help="state a field; --check lists them"
    )
    group.add_argument("--facts", metavar="FILE", help="state fields by a TOML or JSON file")
    group.add_argument(
        "--intensity", metavar="G", help="carbon intensity in g/kWh, such as 380 or 380+-30, yours to state"
    )
    group.add_argument(
        "--intensity-from",
        metavar="NAME[:SETTING=VALUE,...]",
        help="ask a source for the time of the run: neso, electricity-maps:zone=DE, file:path=hours.csv, "
        "codecarbon:country=DEU",
    )
    group.add_argument("--intensity-source", metavar="TEXT", help="where that figure comes from")
    group.add_argument("--pue", metavar="X", help="power usage effectiveness; default: 1")
    group.add_argument("--training-type", choices=("pre-training", "fine-tuning"))
    group.add_argument("--location", metavar="TEXT", help="where it was run")


def reported(arguments: argparse.Namespace) -> int:
    """Write the scheme, or list what it lacks."""
    from wattwhat.report.schemes import fill

    chosen = _chosen(arguments.scheme)
    written = chosen.name if chosen.name == "model-card" else "scheme"
    check_destination(arguments.output, "--output", written=written, arguments=arguments)
    try:
        filled = fill(chosen, given(arguments.files), _stated(arguments))
    except ComparisonError as err:
        raise ComparisonError(
            f"{chosen.name} reports one whole ({err})",
            remedy="add the measurements up first, with wattwhat combine",
        ) from err
    if arguments.check:
        return _checked(filled, arguments.json)
    deliver(filled.text(), arguments.output)
    if arguments.output not in (None, "-"):
        say(f"wrote {arguments.output}: {chosen.title}")
    if filled.missing:
        names = ", ".join(field.name for field in filled.missing)
        say("\n".join(wrap(f"wattwhat: left out, for nobody stated it: {names}", "  ", "")), sys.stderr)
    return 0


def _chosen(name: str) -> Scheme:
    from wattwhat.report.schemes import scheme

    try:
        return scheme(name)
    except ArgumentError as err:
        raise err.renamed(lambda argument, _: "--as" if argument == "scheme" else argument) from err


def _stated(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was stated, the more special place last: a file, then options."""
    stated: dict[str, Any] = {} if arguments.facts is None else _facts(arguments.facts)
    if arguments.intensity is not None and arguments.intensity_from is not None:
        raise ArgumentError(argument="--intensity and --intensity-from", remedy="state one of them")
    for option, name in OPTIONS.items():
        if (value := getattr(arguments, option)) is not None:
            stated[name] = _source(value) if option == "intensity_from" else value
    if arguments.intensity_from is not None and "intensity_source" not in stated:
        stated["intensity_source"] = f"wattwhat.intensity, {arguments.intensity_from}"
    stated.update(pair(text, "--set") for text in arguments.set)
    return stated


def _facts(path: str) -> dict[str, Any]:
    import json

    from wattwhat.records.small_files import read_small_text

    try:
        if os.path.splitext(path)[1].lower() != ".json":
            from wattwhat.study.toml_source import read_toml

            return dict(read_toml(path).values)
        facts = json.loads(read_small_text(path))
    except (ValueError, RecursionError) as err:
        raise ArgumentError(f"{path} is no JSON: {err}", argument="--facts", expected="JSON or TOML") from err
    if not isinstance(facts, dict):
        raise ArgumentError(f"{path} holds no object", argument="--facts", expected="an object of fields")
    return facts


def _source(text: str) -> Any:
    """A source of intensities by its name and settings."""
    from wattwhat.intensity import intensity

    name, _, settings = text.partition(":")
    pairs = (pair(setting, "--intensity-from") for setting in settings.split(",") if setting)
    return intensity(name, **{key: _number(value) for key, value in pairs})


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _checked(filled: Filled, destination: str | None) -> int:
    """Tell what is missing; the exit status says whether anything is."""
    if destination is not None:
        from wattwhat.records.escaping import json_text

        lists = {"missing": filled.missing, "optional": filled.optional}
        data = {name: [{"field": f.name, "asks": f.asks} for f in fields] for name, fields in lists.items()}
        deliver(json_text({"scheme": filled.scheme.name, **data}), destination)
    else:
        say(f"{filled.scheme.title}: {len(filled.missing)} missing ({filled.scheme.source})")
        say("\n".join(_lines("missing ", filled.missing) + _lines("optional", filled.optional)).rstrip())
    return 1 if filled.missing else 0


def _lines(word: str, fields: Sequence[Field]) -> list[str]:
    return [line for f in fields for line in wrap(f"{word} {f.name}: {f.asks}", "           ", "")]
