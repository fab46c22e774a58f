"""Sentences of the library as the command line says them: options for arguments, like ones told once."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence

from wattwhat.cli.output import say, wrap
from wattwhat.records.escaping import one_line

__all__ = ["as_options", "complain", "complain_of", "together"]

# What the library calls an argument, and how it is written here. Longer ones stand before their parts.
_OPTIONS: Sequence[tuple[str, str]] = (
    (
        r"use measurement\.with_metrics\((\w+)=0\.91\), a fraction, or name another one with metric=",
        r"give --accuracy 0.91 or --metrics TABLE, or name another one with --metric",
    ),
    (
        r"add the number of test items with measurement\.with_metrics\(n_test=10_000\)",
        "say --test-items 10000",
    ),
    (r"use with_metrics\((\w+)=\.\.\.\), a plain count", r"join it with --metrics TABLE --columns \1"),
    (
        r"give FullCycle\(training=\.\.\.\) .*with_metrics\(training_energy_j=\.\.\.\)",
        "give its training run too, or --metrics TABLE --columns training_energy_j",
    ),
    (
        r"measure it with items_per_call=, or set items= where the measurement is made",
        "score its span as it is (sam does), or measure it with --items-per-call",
    ),
    (r"pick or add up the phases with wattwhat\.scoring\.choose_phase\(measurements, phase\)", "see --phase"),
    (
        r"give the runs different labels, or say what each is with details=\S+ \S+ or 'inference'",
        "see --where",
    ),
    (
        r"say which electricity is to be judged with phase='training', 'inference' or 'both'",
        "say which electricity is to be judged with --phase training, inference or both",
    ),
    (r"say percent=True", "say --percent"),
    (r"name the columns with on= and metrics=", "name them with --on and --columns"),
    (r"state (scope|device)= if", r"state --\1 if"),
    (r"leave one out, or pass force=True", "leave one out with --where, or say --force"),
    (r"choose one phase, or pass force=True", "choose one with --phase, or say --force"),
    (r"choose one (\w+), or pass force=True", r"choose one with --where \1=TEXT, or say --force"),
    (r"pass force=True", "say --force"),
    (r"\bforce=True", "--force"),
    (r"\bunit=\"(\w+)\"", r"--unit \1"),
    (r"\bpower_unit or energy_unit does so", "--power-unit or --energy-unit does so"),
    (r"\bgive interval_s\b", "give --interval"),
    (r"\bgive intensity_g_per_kwh\b", "give --intensity"),
    (r"\binterval_s=", "--interval "),
    (r"\bintensity_g_per_kwh=", "--intensity "),
    (r"\b(power_unit|energy_unit|timezone|gpus)=", r"--\1 "),
    (
        r"\b(phases|gpu_energy_unit|accuracy_unit|energy_column|metric)=(?:'([^']*)'|\"([^\"]*)\")",
        r"--set \1=\2\3",
    ),
)
_NUMBER = re.compile(r"[-+]?\d[\d.]*(?:e[-+]?\d+)?")
_PLACE = re.compile(r".*?(?=: )")  # the file, and its line where there is one
_NAMED = 4


def as_options(sentence: str) -> str:
    """A sentence in which arguments of functions are the options of this command line.

    Example:
        >>> as_options('net: use unit="mWh" (20 mWh)')
        'net: use --unit mWh (20 mWh)'
    """
    for argument, option in _OPTIONS:
        sentence = re.sub(argument, option, sentence)
    return re.sub(r"--(power|energy)_unit", r"--\1-unit", sentence)


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
        named = rf"(?<!\w){re.escape(label)}(?!\w)"
        shape = _NUMBER.sub("#", re.sub(named, "", sentence))
        shape = re.sub(r"--unit \w+ \(.{0,80}?\)|\b\w+ is not positive", "", shape)
        alike.setdefault(shape, []).append((label, sentence))
    return [_told_once(found) for found in alike.values()]


def complain_of(problems: Sequence[str]) -> None:
    """Say on standard error which files and rows could not be used, alike ones of one file together.

    Args:
        problems: sentences that begin with file and line.
    """
    pairs = []
    for sentence in problems:
        place = _PLACE.match(sentence)
        pairs.append((place[0] if place else "", as_options(sentence)))
    complain(together(pairs), f"problems ({len(problems)}):")


def _told_once(found: Sequence[tuple[str, str]]) -> str:
    (_, first), *others = found
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
