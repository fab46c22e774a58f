"""Where files of the user's own are kept. Paths only: nothing is opened or made here."""

from __future__ import annotations

import os

__all__ = ["ENV_PROFILES", "profiles_path"]

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
    folder = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(folder):  # the XDG specification has relative ones ignored
        folder = os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(folder, "wattwhat", "profiles.json")
