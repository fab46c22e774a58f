"""Where words go: lines on a stream, wrapped sentences, JSON on a stream or into a file."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

from wattwhat.errors import ArgumentError

__all__ = ["WIDTH", "check_destination", "deliver", "say", "wrap"]

WIDTH = 80
# A short command inside a sentence, to be copied: it stays on one line.
_COMMAND = re.compile(r"\b(?:sudo|pip|echo|export|wattwhat) [^;,()]{1,50}?(?=[;,()]|$)")
_GLUE = "\N{NO-BREAK SPACE}"  # textwrap breaks lines at ASCII blanks only


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a text, also where the stream's encoding lacks a letter of it.

    Args:
        text: what to print; a line end is added.
        stream: where to; None is standard output.
    """
    stream = sys.stdout if stream is None else stream
    try:
        print(text, file=stream)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        print(text.encode(encoding, errors="replace").decode(encoding), file=stream)


def wrap(text: str, indent: str = "", first: str | None = None) -> list[str]:
    r"""Wrap sentences into lines of at most 80 columns; words and short commands are never cut.

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
            WIDTH,
            initial_indent=indent if wrapped else first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return [line.replace(_GLUE, " ") for line in wrapped]


def check_destination(path: str | None) -> None:
    """Refuse a file that cannot be written, before anything is run.

    Args:
        path: the file; None and ``-`` are standard output.

    Raises:
        ArgumentError: its folder is missing or read-only, or it is a folder itself.
    """
    if path is None or path == "-":
        return
    folder = os.path.dirname(os.path.realpath(path))
    if not path:
        raise ArgumentError("--json: the name of the file is empty; leave it out, or name one")
    if os.path.isdir(path):
        raise ArgumentError(f"--json: {path!r} is a folder; name a file in it")
    if not os.path.isdir(folder):
        raise ArgumentError(f"--json: there is no folder {os.path.dirname(path)!r}; make it first")
    target = path if os.path.exists(path) and not os.path.isfile(path) else folder
    if not os.access(target, os.W_OK):
        raise ArgumentError(f"--json: {target!r} cannot be written; choose another place")


def deliver(text: str, path: str | None) -> None:
    """Print a line, or write it as the whole content of a file.

    Args:
        text: one line, without its end.
        path: the file, which is replaced; None and ``-`` are standard output.

    Raises:
        OSError: the file cannot be written.
    """
    from wattwhat.jsonl import write_atomically

    if path is None or path == "-":
        say(text)
    elif os.path.exists(path) and not os.path.isfile(path):
        # a device or a pipe: it is written to, never replaced by a file of its name
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(f"{text}\n")
    else:
        write_atomically(os.path.realpath(path), f"{text}\n")
