"""Where words go: lines on a stream, wrapped sentences, JSON on a stream or into a file."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, TextIO

from wattwhat.cli.places import place_of
from wattwhat.errors import ArgumentError
from wattwhat.records.escaping import controls_shown
from wattwhat.records.small_files import open_regular
from wattwhat.records.terminal import WIDTH, folded, line_width, spelled

__all__ = ["aside", "check_destination", "deliver", "names_an_object", "put", "say", "wrap"]

# A short command inside a sentence, to be copied: it stays on one line.
_COMMAND = re.compile(r"\b(?:sudo|pip|echo|export|wattwhat) [^;,()]{1,50}?(?=[;,()]|$)")
_LONGEST = 1 << 26  # bytes of a line that are looked at before a file is replaced
_GLUE = "\N{NO-BREAK SPACE}"  # textwrap breaks lines at ASCII blanks only


def say(text: str, stream: TextIO | None = None) -> None:
    """Print words for people: as `put`, and no wider than a terminal that is narrow.

    Args:
        text: what to print; a line end is added.
        stream: where to; None is standard output.
    """
    width = line_width()
    put("\n".join(folded(text.split("\n"), width)) if width < WIDTH else text, stream)


def put(text: str, stream: TextIO | None = None) -> None:
    """Print a text: nothing in it that a terminal would obey, and no letter that the stream has not.

    Everything that the command line shows comes through here, for whatever stands in it may have come from
    a log or from the name of a file. What programs read (JSON, CSV, LaTeX) keeps its lines.

    Args:
        text: what to print; a line end is added.
        stream: where to; None is standard output.
    """
    stream = sys.stdout if stream is None else stream
    print(spelled(controls_shown(text.replace("\r\n", "\n")), stream), file=stream)


def open_closed_streams() -> None:
    """Let standard streams that were closed (``2>&-``) lead nowhere.

    What is opened next would take their numbers, and results would get what a command says, and errors would
    be printed among results.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def aside() -> AbstractContextManager[Any]:
    """While plugins are at work: what one of them prints goes to standard error."""
    return contextlib.redirect_stdout(sys.stderr)


def wrap(text: str, indent: str = "", first: str | None = None) -> list[str]:
    r"""Wrap sentences into lines of the terminal's width, at most 80; words and short commands are never cut.

    A shell command with a here-document is left exactly as it is, at the left edge, for it works only so.

    Args:
        text: sentences; line ends in it are kept.
        indent: put before every line.
        first: put before the first line instead.

    Example:
        >>> wrap("run: sudo modprobe intel_rapl_msr", indent="  ")
        ['  run: sudo modprobe intel_rapl_msr']
    """
    import textwrap

    first = indent if first is None else first
    lines = text.splitlines() or [""]
    if "<<" in text and len(lines) > 1:
        return [first.rstrip(), *lines] if first.strip() else lines
    wrapped: list[str] = []
    for line in lines:
        glued = _COMMAND.sub(lambda found: found[0].replace(" ", _GLUE), line)
        wrapped += textwrap.wrap(
            glued,
            line_width(),
            initial_indent=indent if wrapped else first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return [line.replace(_GLUE, " ") for line in wrapped]


def check_destination(
    path: str | None,
    option: str = "--json",
    *,
    holds: Sequence[str] = (),
    single: bool = True,
    written: str | None = None,
    arguments: Namespace | None = None,
) -> None:
    """Refuse a file that cannot be written, is an input, or holds something else, before anything is run.

    An option whose FILE may be left out takes the next word for it, which may have been meant otherwise.
    So a name like MODULE:FUNCTION is refused, and what exists is replaced only by its like, unless the
    verb has ``--force`` and it was given.

    Args:
        path: the file; None and ``-`` are standard output.
        option: the option that names it, for errors.
        holds: names in the JSON objects that are written there.
        single: whether one object is written there, so that several are not its like.
        written: what is written there that is no JSON, a name of `wattwhat.cli.written.WRITTEN`; with
            neither, what exists is not looked at.
        arguments: all that the verb was given; none of its files may be this one.

    Raises:
        ArgumentError: its folder is missing or read-only, it is a folder itself, or one of the above.
    """
    if path is None or path == "-":
        return
    folder = os.path.dirname(os.path.realpath(path))
    if not path:
        raise ArgumentError(
            "the name of the file is empty", argument=option, remedy="leave it out, or name one"
        )
    if os.path.isdir(path):
        raise ArgumentError(f"{path!r} is a folder", argument=option, remedy="name a file in it")
    if not os.path.isdir(folder):
        raise ArgumentError(
            f"there is no folder {os.path.dirname(path)!r}", argument=option, remedy="make it first"
        )
    target = path if os.path.exists(path) and not os.path.isfile(path) else folder
    if not os.access(target, os.W_OK):
        raise ArgumentError(f"{target!r} cannot be written", argument=option, remedy="choose another place")
    if holds and names_an_object(path):
        raise ArgumentError(
            f"{path!r} looks like MODULE:FUNCTION and not like a file",
            argument=option,
            remedy=f"put {option} behind it, or write ./{path} for a file of that name",
        )
    replace = vars(arguments).get("replace") if arguments else None  # None: the verb has no such option
    if replace or not os.path.isfile(path):
        return
    otherwise = "name another file" if replace is None else "name another file, or say --force"
    if arguments is not None:
        _check_no_input(path, option, arguments, otherwise)
    if (holds or written) and os.path.getsize(path):
        _check_like(path, option, holds, single, written, otherwise)


def _check_no_input(path: str, option: str, arguments: Namespace, otherwise: str) -> None:
    """Refuse to replace a file that is given as something else too, under whatever name."""
    own = "output" if option == "-o" else option.lstrip("-").replace("-", "_")
    for name, value in vars(arguments).items():
        for place_read in value if isinstance(value, (list, tuple)) else [value]:
            if name == own or not isinstance(place_read, str):
                continue
            for place in (place_read, place_of(place_read)[0]):
                if place and os.path.exists(place) and os.path.samefile(place, path):
                    raise ArgumentError(
                        f"{path!r} is given as {name.replace('_', ' ')} too and would be replaced",
                        argument=option,
                        remedy=otherwise,
                    )


def names_an_object(word: str) -> bool:
    """Whether a word is spelled like MODULE:FUNCTION, and not like the path of a file.

    Example:
        >>> names_an_object("bench:step"), names_an_object("./bench:step"), names_an_object("result.json")
        (True, False, False)
    """
    module, _, name = word.partition(":")
    spelled = all(part.isidentifier() for part in (*module.split("."), *name.split(".")))
    return spelled and not os.path.splitdrive(word)[0]


def _check_like(
    path: str, option: str, holds: Sequence[str], single: bool, written: str | None, otherwise: str
) -> None:
    """Refuse to replace a file that holds something else than what is to be written."""
    try:
        with open_regular(path) as stream:
            first, rest = stream.readline(_LONGEST), stream.read(_LONGEST)
    except OSError as err:
        raise ArgumentError(
            f"{path!r} exists and cannot be read ({err.strerror}), so nobody knows what would be lost",
            argument=option,
            remedy=otherwise,
        ) from err
    if written is not None:
        from wattwhat.cli.written import WRITTEN

        if not WRITTEN[written]((first + rest).decode("utf-8", "replace").replace("\r\n", "\n")):
            raise ArgumentError(
                f"{path!r} exists and was not written by wattwhat", argument=option, remedy=otherwise
            )
        return
    first_object, several = _json_of(first), bool(rest.strip())
    if first_object is None:  # one object on several lines, as it is printed for people
        first_object, several = _json_of(first + rest), False
    if not isinstance(first_object, dict) or not set(holds) <= set(first_object):
        raise ArgumentError(
            f"{path!r} exists and holds something else than what is written here, so it is not replaced",
            argument=option,
            remedy=f"{otherwise}, or remove it. If {path!r} was meant as another argument, put {option} "
            "behind it",
        )
    if single and several:
        raise ArgumentError(
            f"{path!r} holds several lines and would be replaced by one",
            argument=option,
            remedy=f"{otherwise}. To put them together: cat FILE >> {path}",
        )


def _json_of(text: bytes) -> Any:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def deliver(text: str, path: str | None) -> None:
    """Print a text, or write it as the whole content of a file.

    Args:
        text: a line or a table; a line end is added where it has none.
        path: the file, which is replaced; None and ``-`` are standard output.

    Raises:
        OSError: the file cannot be written.
    """
    if path is None or path == "-":
        put(text.removesuffix("\n").removesuffix("\r"))
        return
    from wattwhat.records.atomic_write import write_atomically

    write_atomically(path, text if text.endswith("\n") else f"{text}\n")
