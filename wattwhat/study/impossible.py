"""What cannot be run here is a row with a reason: a library that is missing, a thing that it does not do."""

from __future__ import annotations

import importlib
from typing import Any

from wattwhat.errors import WorkloadError, error_text

__all__ = ["NotPossibleError", "library"]


class NotPossibleError(WorkloadError):
    """A cell cannot be run here: a library is missing, or does not do that."""


def library(name: str, user: str) -> Any:
    """Import a library that a runtime or a source of models needs.

    Args:
        name: of the library.
        user: who needs it, for the sentence.

    Raises:
        NotPossibleError: it is not installed, or its import fails.

    Example:
        >>> library("no_such_library", "magic")
        Traceback (most recent call last):
        wattwhat.study.impossible.NotPossibleError: magic needs no_such_library, which is not installed
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as err:
        raise NotPossibleError(f"{user} needs {err.name or name}, which is not installed") from err
    except Exception as err:  # one that does not fit its torch fails in ways of its own
        raise NotPossibleError(f"{user}: {name} cannot be imported: {error_text(err)}") from err
