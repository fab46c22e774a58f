"""What can go wrong, and nothing else: one base and a few children that resemble a builtin.

Every message says what happened, why, and what to do next. Errors of vendor libraries are chained
(``raise ... from err``) and never leak out of a backend.
"""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "BackendError",
    "ComparisonError",
    "LogError",
    "MeterError",
    "MeterLostError",
    "ScoreDomainError",
    "ScoreError",
    "UnitError",
    "WattwhatError",
    "WindowError",
    "WorkloadError",
    "error_text",
]


class WattwhatError(Exception):
    """The base of every error that wattwhat raises on purpose.

    Example:
        >>> try:
        ...     raise UnitError("'W' is a power, expected an energy")
        ... except WattwhatError as err:
        ...     print(err)
        'W' is a power, expected an energy
    """


class ArgumentError(WattwhatError, ValueError):
    """An argument is outside what the function takes; the message names it and the remedy."""


class UnitError(WattwhatError, ValueError):
    """Two units do not convert into each other."""


class BackendError(WattwhatError, RuntimeError):
    """A backend was asked for that does not exist, cannot be loaded or cannot serve."""


class MeterError(WattwhatError, OSError):
    """A reading failed; the core turns it into a gap with this reason."""


class MeterLostError(MeterError):
    """A reading failed and every later one will fail too: the device is gone."""


class WindowError(WattwhatError, RuntimeError):
    """A window was started twice, stopped before it began, or read before it ended."""


class WorkloadError(WattwhatError, RuntimeError):
    """The measured program failed; its own error is chained."""


class ScoreError(WattwhatError, ValueError):
    """A score cannot be computed from this measurement; the message names what is missing."""


class ScoreDomainError(ScoreError):
    """A value lies outside the domain in which the score is defined."""


class ComparisonError(WattwhatError, ValueError):
    """Two measurements are too unlike to be compared or added."""


class LogError(WattwhatError, ValueError):
    """A log cannot be read; the message names the file, the line and what was expected."""


_LONGEST = 300  # characters; a library may list all that it knows, and torch answers with pages


def error_text(error: BaseException) -> str:
    r"""The kind of an error of somebody else's and what it says, in one line of bounded length.

    Args:
        error: of any kind; one whose text cannot be made gives its kind alone.

    Example:
        >>> error_text(ValueError("no such file\n  in detail ..."))
        'ValueError: no such file in detail ...'
    """
    kind = type(error).__name__
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 4] + " ..."
    return f"{kind}: {text}" if text else kind
