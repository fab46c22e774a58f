"""Sentences of the library as the command line says them: options for arguments, like ones told once."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from wattwhat.cli.output import say, wrap
from wattwhat.errors import LogError, WattwhatError
from wattwhat.records.escaping import one_line

__all__ = ["as_options", "complain", "complain_of", "option", "reader_option", "together"]

# Options that are not the argument with hyphens for underscores.
_FLAGS = {
    "interval_s": "--interval",
    "intensity_g_per_kwh": "--intensity",
    "metrics": "--columns",
    "overlapping": "--same-time or --in-turn",
}
# What every reader takes; what only some take is given with --set.
_OF_EVERY_READER = {
    "interval_s", "intensity_g_per_kwh", "power_unit", "energy_unit", "timezone", "gpus",
    "strict", "on", "metrics", "percent", "force",
}  # fmt: skip
# What stands for a call of a function.
_CALLS = {
    "FullCycle": "its training run among the logs",
    "choose_phase": "--phase",
    "details": "--where",
    "label_by": "--label FIELD",
}
_METRICS = {"n_test": "--test-items 10000", "accuracy": "--accuracy 0.91 or --metrics TABLE"}
_NUMBER = re.compile(r"[-+]?\d[\d.]*(?:e[-+]?\d+)?")
_NAMED = 4


def option(name: str, value: Any = ...) -> str:
    """An argument of a function as an option of this command line.

    Args:
        name: the argument's, or a function's where `value` holds what it is called with.
        value: ``...`` where only the name is meant.

    Example:
        >>> option("force", True), option("unit", "mWh"), option("interval_s")
        ('--force', '--unit mWh', '--interval')
    """
    if name in _CALLS:
        return _CALLS[name]
    if name.startswith("-"):  # an option already
        return name
    if name == "with_metrics":
        (metric,) = value
        return _METRICS.get(metric, f"--metrics TABLE --columns {metric}")
    flag = _FLAGS.get(name, f"--{name.replace('_', '-')}")
    return flag if value is ... or value is True else f"{flag} {value}"


def reader_option(name: str, value: Any = ...) -> str:
    """The same of an argument of the readers of logs.

    Example:
        >>> reader_option("gpus", 2), reader_option("phases", "name,name")
        ('--gpus 2', '--set phases=name,name')
    """
    if name in _OF_EVERY_READER:
        return option(name, value)
    return f"--set {name}" if value is ... else f"--set {name}={value}"


def as_options(message: Exception | str) -> str:
    """An error, or the sentence of a problem, whose remedy names options instead of arguments.

    Example:
        >>> from wattwhat.errors import Remedy, ScoreError
        >>> as_options(ScoreError("net: too little", remedy=Remedy("use {unit}", unit="mWh")))
        'net: too little; use --unit mWh'
    """
    error = getattr(message, "error", message)
    if not isinstance(error, WattwhatError):
        return str(message)
    write = reader_option if isinstance(error, LogError) else option
    return error.sentence(
        lambda name, value: name if value is ... and name == error.argument else write(name, value)
    )


def together(reasons: Iterable[tuple[str, str]]) -> list[str]:
    """Sentences about rows, those that differ in names and numbers only told once.

    Args:
        reasons: pairs of the row's label and the sentence about it.

    Example:
        >>> together([("a", "'a' has no items"), ("b", "'b' has no items"), ("c", "'c' is lost")])
        ["'a' has no items; so is 1 more: b", "'c' is lost"]
    """
    alike: dict[str, list[tuple[str, str]]] = {}
    for label, sentence in reasons:
        shape = _NUMBER.sub("#", _without(label, sentence))
        shape = shape.partition("; ")[0]  # remedies may differ
        alike.setdefault(shape, []).append((label, sentence))
    return [_merged(group) for group in alike.values()]


def _without(name: str, sentence: str) -> str:
    """A sentence without a name where it stands as a word; a pattern for each of many names takes long."""
    if not name:
        return sentence
    parts = sentence.split(name)
    kept = [parts[0]]
    for before, after in pairwise(parts):
        inside = _is_of_word(before[-1:]) or _is_of_word(after[:1])
        kept += [name, after] if inside else [after]
    return "".join(kept)


def _is_of_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def complain_of(problems: Sequence[str]) -> None:
    """Say on standard error which files and rows could not be used, alike ones of one file together.

    Args:
        problems: sentences that begin with file and line.
    """
    pairs = []
    for sentence in problems:
        error = getattr(sentence, "error", None)
        pairs.append((error.place if error else "", as_options(sentence)))
    complain(together(pairs), f"problems ({len(problems)}):")


def _merged(alike: Sequence[tuple[str, str]]) -> str:
    (_, first), *others = alike
    if not others:
        return first
    names = list(dict.fromkeys(label for label, _ in others))
    more = "; ".join(names[:_NAMED]) + ("; ..." if len(names) > _NAMED else "")
    return f"{first}; so {'is' if len(others) == 1 else 'are'} {len(others)} more: {more}"


def complain(sentences: Iterable[str], heading: str = "") -> None:
    """Say on standard error what could not be used, a sentence a bullet, wrapped.

    Args:
        sentences: what to say.
        heading: a line above them.
    """
    lines = [line for sentence in sentences for line in wrap(one_line(as_options(sentence)), "  ", "- ")]
    if lines:
        say("\n".join([*([heading] if heading else []), *lines]), sys.stderr)
