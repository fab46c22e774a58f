"""The suite that proves a backend right: every promise of a backend, each checked on its own.

Two doors lead in: `check_backend`, which gives a report and raises nothing, and `BackendConformance`, a
class that your own pytest file inherits from. Both run the same promises, listed in `PROMISES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError, WattwhatError
from wattwhat.testing._outcomes import (
    Broken,
    Check,
    Promise,
    check_promise,
    described,
    each_cause_once,
    pointing_to,
)
from wattwhat.testing._promises import PROMISES
from wattwhat.testing._subject import STAND_METHODS, Stand, Subject, is_backend, is_stand, subject_of

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


def check_backend(stand_or_factory: Any, *, patience_s: float = 1.0, limit_s: float = 30.0) -> Report:
    """Check every promise of a backend.

    Args:
        stand_or_factory: a `Stand`; or a callable without arguments that gives a stand (a fresh one is made
            for every promise) or a backend (then only what needs no stand is checked). A callable
            that can be pickled also lets ids be compared with another process. A backend itself
            will do too; its meters are then opened again and again.
        patience_s: real seconds to wait for a change to show before it counts as missing.
        limit_s: real seconds that one promise may take. A call that has not returned by then hangs; it is
            named, left behind, and nothing further is checked. So the report comes within ``limit_s`` for
            each of `PROMISES`, whatever the backend does, and mostly within seconds.

    Returns:
        One check for each of `PROMISES`. Nothing is raised but KeyboardInterrupt: whatever the backend
        raises is part of the report. What fails several promises is told by one of them.

    Raises:
        ArgumentError: the argument is neither a stand nor a backend nor callable.

    Example:
        >>> from wattwhat.testing import VirtualStand
        >>> report = check_backend(VirtualStand)
        >>> report.ok
        True
    """
    if is_backend(stand_or_factory) and not is_stand(stand_or_factory):
        backend = stand_or_factory
        return check_backend(lambda: backend, patience_s=patience_s, limit_s=limit_s)
    if not is_stand(stand_or_factory) and not callable(stand_or_factory):
        raise ArgumentError(
            f"{stand_or_factory!r} is neither a Stand ({', '.join(STAND_METHODS)}) nor a "
            "Backend nor a callable that gives one",
            argument="stand_or_factory",
            remedy="pass the class, or a function without arguments",
        )
    if not limit_s > 0:
        raise ArgumentError(argument="limit_s", expected="seconds above 0", got=limit_s)
    checks: list[Check] = []
    hanging: Check | None = None
    for promise in PROMISES:
        if hanging is not None:
            checks.append(Check(promise.name, "not checked", pointing_to(hanging.promise)))
            continue
        checks.append(_check_alone(promise, stand_or_factory, patience_s, limit_s))
        if checks[-1].cause == "hanging":
            hanging = checks[-1]
    return Report(each_cause_once(PROMISES, checks))


def _check_alone(promise: Promise, source: Any, patience_s: float, limit_s: float) -> Check:
    """One promise, over a subject of its own."""
    try:
        with subject_of(source, patience_s=patience_s, limit_s=limit_s) as subject:
            return check_promise(promise, subject)
    except KeyboardInterrupt:
        raise
    except Broken as err:
        return Check(promise.name, "failed", str(err), err.cause)
    except BaseException as err:
        return Check(promise.name, "failed", f"the stand or backend could not be made: {described(err)}")


def __getattr__(name: str) -> Any:
    # The class needs pytest, which whoever only calls check_backend may not have.
    if name == "BackendConformance":
        from wattwhat.testing._pytest_class import BackendConformance

        return BackendConformance
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
