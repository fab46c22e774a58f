"""Where files of the user's own are kept. Paths only: nothing is opened or made here."""

from __future__ import annotations

import os

__all__ = ["ENV_PROFILES", "config_path", "power_path", "profiles_path"]

ENV_PROFILES = "WATTWHAT_PROFILES"


def profiles_path() -> str:
    """Where sensor profiles are kept: WATTWHAT_PROFILES, else a file in the user's folder for data.

    That folder is XDG_DATA_HOME, by default ``~/.local/share``. WATTWHAT_PROFILES set to nothing means
    that there are none.

    Example:
        >>> import os
        >>> os.path.basename(profiles_path()) in ("profiles.json", "")
        True
    """
    given = os.environ.get(ENV_PROFILES)
    if given is not None:
        return given
    return os.path.join(_folder("XDG_DATA_HOME", ".local", "share"), "wattwhat", "profiles.json")


def power_path() -> str:
    """Where the learnt power of processors is kept: beside the profiles; empty where there are none.

    Example:
        >>> import os
        >>> os.path.basename(power_path()) in ("power.json", "")
        True
    """
    profiles = profiles_path()
    return os.path.join(os.path.dirname(profiles), "power.json") if profiles else ""


def config_path() -> str:
    """Where settings are looked for unless WATTWHAT_CONFIG names a file: in the user's folder for them.

    That folder is XDG_CONFIG_HOME, by default ``~/.config``.

    Example:
        >>> import os
        >>> os.path.basename(config_path())
        'config.ini'
    """
    return os.path.join(_folder("XDG_CONFIG_HOME", ".config"), "wattwhat", "config.ini")


def _folder(variable: str, *otherwise: str) -> str:
    """A folder of the XDG specification, which has relative ones ignored."""
    folder = os.environ.get(variable, "")
    return folder if os.path.isabs(folder) else os.path.join(os.path.expanduser("~"), *otherwise)
