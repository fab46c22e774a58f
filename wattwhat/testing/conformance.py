"""The suite that proves a backend right: every promise of a backend, each checked on its own.

Two doors lead in: `check_backend`, which gives a report and raises nothing, and `BackendConformance`, a
class that your own pytest file inherits from. Both run the same promises, listed in `PROMISES`.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError, WattwhatError
from wattwhat.testing._promises import PROMISES
from wattwhat.testing._subject import (
    _STAND_METHODS,
    Check,
    Promise,
    Stand,
    Subject,
    _is_backend,
    _is_stand,
    check_promise,
    described,
    subject_of,
)

if TYPE_CHECKING:
    from wattwhat.testing._pytest_class import BackendConformance

__all__ = ["BackendConformance", "ConformanceError", "Promise", "Report", "Stand", "Subject", "check_backend"]


class ConformanceError(WattwhatError, AssertionError):
    """A backend breaks a promise; the message lists each with what was seen."""


@attrs.frozen
class Report:
    """What came out for a backend, promise by promise.

    Example:
        >>> print(Report((Check("nothing is printed", "passed", "silent"),)))
                passed  nothing is printed: silent
    """

    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The broken promises."""
        return tuple(check for check in self.checks if check.outcome == "failed")

    @property
    def ok(self) -> bool:
        """Whether no promise is broken; look at the checks to see which could not be checked."""
        return not self.failed

    def raise_if_failed(self) -> None:
        """Turn broken promises into an error.

        Raises:
            ConformanceError: at least one promise is broken.
        """
        if self.failed:
            lines = "\n".join(f"  {check.promise}: {check.sentence}" for check in self.failed)
            raise ConformanceError(f"{len(self.failed)} of {len(self.checks)} promises are broken:\n{lines}")

    def __str__(self) -> str:
        return "\n".join(map(str, self.checks))


def check_backend(stand_or_factory: Any, *, patience_s: float = 1.0) -> Report:
    """Check every promise of a backend.

    Args:
        stand_or_factory: a `Stand`; or a callable without arguments that gives a stand (a fresh one is made
            for every promise) or a backend (then only what needs no stand is checked). A callable
            that can be pickled also lets ids be compared with another process. A backend itself
            will do too; its meters are then opened again and again.
        patience_s: real seconds to wait for a change to show before it counts as missing.

    Returns:
        One check for each of `PROMISES`. Nothing is raised but KeyboardInterrupt: whatever the backend
        raises is part of the report.

    Raises:
        ArgumentError: the argument is neither a stand nor a backend nor callable.

    Example:
        >>> from wattwhat.testing import VirtualStand
        >>> report = check_backend(VirtualStand)
        >>> report.ok
        True
    """
    if _is_backend(stand_or_factory) and not _is_stand(stand_or_factory):
        backend = stand_or_factory
        return check_backend(lambda: backend, patience_s=patience_s)
    if not _is_stand(stand_or_factory) and not callable(stand_or_factory):
        raise ArgumentError(
            f"stand_or_factory: {stand_or_factory!r} is neither a Stand ({', '.join(_STAND_METHODS)}) "
            "nor a Backend nor a callable that gives one; pass the class, or a function without arguments"
        )
    return Report(tuple(_check(promise, stand_or_factory, patience_s) for promise in PROMISES))


def _check(promise: Promise, source: Any, patience_s: float) -> Check:
    try:
        subject, done = subject_of(source, patience_s=patience_s)
    except KeyboardInterrupt:
        raise
    except BaseException as err:
        return Check(promise.name, "failed", f"the stand or backend could not be made: {described(err)}")
    try:
        return check_promise(promise, subject)
    finally:
        with contextlib.suppress(Exception):
            done()


def __getattr__(name: str) -> Any:
    # The class needs pytest, which whoever only calls check_backend may not have.
    if name == "BackendConformance":
        from wattwhat.testing._pytest_class import BackendConformance

        return BackendConformance
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
