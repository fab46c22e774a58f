"""Reading takes time in proportion to what is read: no cell, line or name makes a pattern go over it again.

Each pattern of the library is attacked where it could go back: for every part that repeats without an end,
there is a text in which that part is long and which does not match in the end.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import importlib.util
import io
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lengths import far
from tests.logs.samples_summaries import SAMPLES as SUMMARIES
from tests.logs.samples_traces import SAMPLES as TRACES
from wattwhat import logs
from wattwhat.errors import WattwhatError
from wattwhat.logs.parsing import cells

if sys.version_info >= (3, 11):
    from re import _constants as sre
    from re import _parser as sre_parse
else:
    import sre_constants as sre
    import sre_parse

LONG = far(300_000, 1_000_000)
# CPU time that a pattern may take for such a text: one that goes over a million letters once takes some
# 10 ms, one that does so for each letter anew more than a day.
MOST_S = 10.0
pytestmark = pytest.mark.lengthy
METHODS = ("search", "match", "fullmatch", "sub", "split", "findall", "finditer")


def letters_of(argument: Any) -> str:
    """A letter of a set, as `sre_parse` writes it."""
    negated = bool(argument) and argument[0][0] is sre.NEGATE
    inside: list[str] = []
    for kind, value in argument:
        if kind is sre.LITERAL:
            inside.append(chr(value))
        elif kind is sre.RANGE:
            inside.append(chr(value[0]))
        elif kind is sre.CATEGORY:
            inside.append(
                {sre.CATEGORY_DIGIT: "0", sre.CATEGORY_SPACE: " ", sre.CATEGORY_WORD: "a"}.get(value, "!")
            )
    if not negated:
        return inside[0]
    return next(letter for letter in "a0 ,-!" if letter not in inside)


def shortest(tree: Any) -> str:
    """A short text that the parsed pattern matches."""
    text = ""
    for kind, argument in tree:
        if kind is sre.LITERAL:
            text += chr(argument)
        elif kind is sre.NOT_LITERAL:
            text += "a" if argument != ord("a") else "b"
        elif kind is sre.IN:
            text += letters_of(argument)
        elif kind is sre.ANY:
            text += "a"
        elif kind is sre.BRANCH:
            text += shortest(argument[1][0])
        elif kind is sre.SUBPATTERN:
            text += shortest(argument[3])
        elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            text += shortest(argument[2]) * argument[0]
    return text


def attacks(tree: Any) -> Iterator[tuple[str, str]]:
    """What stands before a part that repeats without an end, and what that part repeats."""
    for place, (kind, argument) in enumerate(tree):
        before = shortest(tree[:place])
        inner: list[Any] = []
        if kind is sre.SUBPATTERN:
            inner = [argument[3]]
        elif kind is sre.BRANCH:
            inner = list(argument[1])
        elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            inner = [argument[2]]
            if argument[1] > 1000:
                yield before, shortest(argument[2]) or "a"
                yield from ((before, letter) for letter in " 0a,.-_")
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            inner = [argument[1]]
        for part in inner:
            yield from ((before + more, unit) for more, unit in attacks(part))


def texts_against(pattern: str, flags: int = 0, size: int = LONG) -> Iterator[str]:
    """Long texts that are the hardest for a pattern."""
    found = set(attacks(sre_parse.parse(pattern, flags)))
    found |= {("", unit) for unit in (" ", "0", "a", "1,", ", ", "a_", "-", "0:", "(", '"')}
    for before, unit in sorted(found):
        yield before + unit * (size // len(unit)) + "\x00"


PACKAGES = ("wattwhat", "wattwhat_rapl", "wattwhat_nvml", "wattwhat_amdsmi", "wattwhat_jetson")


def modules() -> list[str]:
    """All modules of the library and of its plugins that can be imported here."""
    found = []
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in [] if spec is None else spec.submodule_search_locations or []:
            for module in Path(folder).rglob("*.py"):
                parts = module.relative_to(folder).with_suffix("").parts
                if parts[-1].startswith("__") or {"_jtop_child", "integrations"} & set(parts):
                    continue  # what runs when it is imported, and what imports other frameworks
                name = ".".join([package, *parts])
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)
                    found.append(name)
    return sorted(found)


def kept(value: Any) -> Iterator[re.Pattern[str]]:
    """The patterns in a value of a module."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, (tuple, list, set, frozenset, dict)):
        for one in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from kept(one)


@functools.lru_cache(maxsize=1)
def patterns() -> dict[tuple[str, str], re.Pattern[str]]:
    """Each pattern by where and how it is used; in the usual ways where that is not seen."""
    found: dict[tuple[str, str], re.Pattern[str]] = {}
    for name in modules():
        module = importlib.import_module(name)
        tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            inline = isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")
            used_as = node.func if inline else node
            if not isinstance(used_as, ast.Attribute) or used_as.attr not in METHODS:
                continue
            owner, method = ast.unparse(used_as.value), used_as.attr
            one = getattr(module, owner, None)
            if inline and node.args and isinstance(node.args[0], ast.Constant):
                one = re.compile(node.args[0].value)
            if isinstance(one, re.Pattern) and isinstance(one.pattern, str):
                found[f"{name.removeprefix('wattwhat.')}:{node.lineno} {owner}", method] = one
    used = set(found.values())
    for name in modules():
        for owner, value in vars(importlib.import_module(name)).items():
            for index, one in enumerate(one for one in kept(value) if one not in used):
                for method in ("search", "match", "fullmatch"):
                    found[f"{name.removeprefix('wattwhat.')}.{owner}[{index}]", method] = one
    return found


def cpu_s(pattern: re.Pattern[Any], method: str, text: str) -> float:
    begun = time.process_time()
    if method == "sub":
        pattern.sub("", text)
    elif method == "finditer":
        for _ in pattern.finditer(text):
            pass
    else:
        getattr(pattern, method)(text)
    return time.process_time() - begun


def slowest(pattern: re.Pattern[str], method: str) -> str | None:
    """A text that the pattern takes too long for, or None."""
    worst: list[int] = []
    for size, among in (
        (LONG // 1000, 0),
        (LONG // 100, 0),
        (LONG // 10, 3),
        (LONG, 1),
    ):  # a bad one shows early
        taken_s = {}
        for place, text in enumerate(texts_against(pattern.pattern, pattern.flags & ~re.UNICODE, size)):
            if not among or place in worst[:among]:
                taken_s[place] = cpu_s(pattern, method, text)
                most_s = MOST_S * max(size / LONG, 0.03)
                # a machine that stood still counts that as work; a bad pattern takes as long again
                if taken_s[place] >= most_s and cpu_s(pattern, method, text) >= most_s:
                    return f"{pattern.pattern!r} took {taken_s[place]:.2f} s for {size} of {text[:40]!r}"
        worst = sorted(taken_s, key=lambda place: -taken_s[place])
    return None


PARTS = 12


@pytest.mark.parametrize("part", range(PARTS))
def test_patterns_go_over_a_text_once(part: int) -> None:
    """They are listed once a process, when it runs: that takes longer than to try a part of them."""
    mine = list(patterns().items())[part::PARTS]
    assert len(mine) > 10
    found = {" ".join(where): slowest(pattern, where[1]) for where, pattern in mine}
    assert {where: slow for where, slow in found.items() if slow} == {}


UNITS = (" ", "0", "1,", "a", "-", "(", '"', "[{", "\t", "1:", "1.", "e+", "\u00a0", "a: ")


def with_a_long_cell(text: str, unit: str, line: int) -> str:
    """A log one of whose cells is very long."""
    lines = text.split("\n")
    line = line if lines[line].strip() else 0
    cells = re.split(r"([,;\t:]\s*|\s{2,})", lines[line])
    place = 2 * (len(cells) // 4)
    cells[place] = unit * (LONG // 10 * 9 // len(unit))
    lines[line] = "".join(cells)
    return "\n".join(lines)


SAMPLES = {**TRACES, **SUMMARIES}


@pytest.mark.parametrize("number", range(len(SAMPLES)), ids=list(SAMPLES))
def test_a_long_cell_is_read_once(number: int) -> None:
    sample = list(SAMPLES.values())[number]
    lines = sample.text.rstrip("\n").count("\n") + 1
    for place in (lines // 2, lines - 1, 0):
        unit = UNITS[(3 * number + place) % len(UNITS)]
        text = with_a_long_cell(sample.text, unit, place)
        begun = time.process_time()
        with contextlib.suppress(WattwhatError):
            logs.read(io.StringIO(text), **sample.options)
        assert time.process_time() - begun < MOST_S, (sample.format, unit, place)


@pytest.mark.parametrize("unit", UNITS)
def test_a_cell_has_a_greatest_length(unit: str) -> None:
    cell = unit * (LONG // len(unit))
    begun = time.process_time()
    assert cells.number(cell) is cells.number(cell, ",") is cells.stamp(cell) is None
    assert cells.split_unit(cell) == (cell.strip(), None)
    assert cells.is_missing(cell) == (not cell.strip().strip("[]<>()\"'").strip())
    assert not cells.is_index(cell)
    assert time.process_time() - begun < MOST_S
    assert cells.number("0" * 199 + "1") == 1.0
    assert cells.number("0" * 201) is None


def test_a_bad_pattern_is_found_out() -> None:
    for bad in (r"\d+\.?\d*x", r"([^A-Z]*?)\s*[A-Z]+", r"\(.*?\)"):
        texts = list(texts_against(bad, 0, 5_000))
        method = "search" if bad.startswith(r"\(") else "match"
        assert max(cpu_s(re.compile(bad), method, text) for text in texts) > 0.03, bad
