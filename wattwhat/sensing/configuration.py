"""The configuration file: the one that WATTWHAT_CONFIG names, else the user's own; sections of settings."""

from __future__ import annotations

import os
from collections.abc import Mapping

from wattwhat.errors import ArgumentError
from wattwhat.records.small_files import read_small_text
from wattwhat.sensing.user_paths import config_path

__all__ = ["Unclear", "section"]

_CONFIG = "WATTWHAT_CONFIG"


class Unclear(ArgumentError):
    """A setting that cannot be understood.

    Args:
        reason: what it is, what was expected and what was found.
        remedy: what to do about it.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy=remedy)
        self.reason = reason


def section(name: str) -> tuple[str, Mapping[str, str]]:
    """The configuration file, and what its section of this name says; nothing where there is none.

    Args:
        name: for instance ``"estimate"``, or ``"backends.wallplug"``.

    Raises:
        Unclear: the file that WATTWHAT_CONFIG names is not there, or a file that has this section cannot be
            understood.
    """
    named = os.environ.get(_CONFIG)
    path = named or config_path()
    if not os.path.exists(path):
        if named:
            raise Unclear(
                f"{_CONFIG}: there is no file {named!r}", f"name a file that is there, or unset {_CONFIG}"
            )
        return path, {}
    try:
        text = read_small_text(path)
        return path, _parsed(text, path, name) if name in text or name == "estimate" else {}
    except (UnicodeDecodeError, OSError, ValueError) as err:
        message = " ".join(str(err).split())
        raise Unclear(
            f"configuration file {os.path.basename(path)}: expected an INI file, but {message}",
            f"mend or remove {path}",
        ) from err


def _parsed(text: str, path: str, name: str) -> Mapping[str, str]:
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text, source=path)
    except configparser.Error as err:
        raise ValueError(str(err)) from err
    return dict(parser[name]) if parser.has_section(name) else {}
