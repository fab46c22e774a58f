"""What comes of a promise: kept, broken, without meaning or not looked at, and each cause said once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from wattwhat.testing._subject import Subject

__all__ = [
    "Broken",
    "Check",
    "NotApplicable",
    "NotChecked",
    "Promise",
    "Verdict",
    "asked",
    "check_promise",
    "described",
    "each_cause_once",
    "many",
    "pointing_to",
    "require",
]


class Verdict(Exception):
    """What the suite itself raises: never to be taken for something that the backend raised."""


class Broken(Verdict):
    """A promise is broken; the message says what was seen and what was expected.

    Args:
        sentence: the message.
        cause: what it comes of where that breaks many promises: ``"opening"``, ``"channel"``,
            ``"reading"``, ``"closing"`` or ``"hanging"``.
    """

    def __init__(self, sentence: str, cause: str = "") -> None:
        super().__init__(sentence)
        self.cause = cause


class NotApplicable(Verdict):
    """A promise has no meaning for this backend; the message says why."""


class NotChecked(Verdict):
    """A promise could not be looked at; the message says what is missing."""


@attrs.frozen
class Promise:
    """One sentence that every backend keeps, and how it is checked.

    Args:
        name: the sentence.
        check: looks at a subject and says in a sentence what it saw; raises `Broken`,
            `NotApplicable` or `NotChecked`.
        needs: ``"backend"``, ``"meters"`` (some must be there) or ``"stand"``.
        owns: the cause (see `Broken`) that this promise is about; where it finds that cause, the others
            that fail by it only point here.
    """

    name: str
    check: Callable[[Subject], str]
    needs: str = "meters"
    owns: str = ""


@attrs.frozen
class Check:
    """What came out for one promise.

    Args:
        promise: the promise, as a sentence.
        outcome: ``"passed"``, ``"failed"``, ``"not applicable"`` or ``"not checked"``.
        sentence: what was seen, or why it was not looked at.
        cause: of a failure that breaks other promises too, what it comes of; else empty.
    """

    promise: str
    outcome: str
    sentence: str
    cause: str = attrs.field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.outcome:>14}  {self.promise}: {self.sentence}"


def check_promise(promise: Promise, subject: Subject) -> Check:
    """Check one promise; whatever is raised becomes the outcome."""
    try:
        _require_what_it_needs(promise, subject)
        return Check(promise.name, "passed", promise.check(subject))
    except Broken as err:
        return Check(promise.name, "failed", str(err), err.cause)
    except NotApplicable as err:
        return Check(promise.name, "not applicable", str(err))
    except NotChecked as err:
        return Check(promise.name, "not checked", str(err))
    except KeyboardInterrupt:
        raise
    except BaseException as err:
        return Check(promise.name, "failed", f"raised {described(err)}")


def _require_what_it_needs(promise: Promise, subject: Subject) -> None:
    if promise.needs == "stand" and subject.stand is None:
        raise NotChecked("needs a stand")
    if promise.needs == "meters" and subject.stand is None:
        answer = subject.open().probe()
        if not answer.available:
            raise NotChecked(f"the backend is not available here: {answer.reason}")


def each_cause_once(promises: Iterable[Promise], checks: Sequence[Check]) -> tuple[Check, ...]:
    r"""The checks, where a cause fails several promises with all but one of them pointing to that one.

    That one is the promise which is about the cause, if it failed; else the first that failed by it.

    Example:
        >>> opening, other = Promise("meters() works", None, owns="opening"), Promise("units", None)
        >>> failed = [Check(one.name, "failed", "no library", "opening") for one in (other, opening)]
        >>> print(*each_cause_once([opening, other], failed), sep="\n")
           not checked  units: see 'meters() works', which fails and without which nothing is seen here
                failed  meters() works: no library
    """
    failed = {check.promise for check in checks if check.outcome == "failed"}
    homes = {promise.owns: promise.name for promise in promises if promise.owns and promise.name in failed}
    sentences: dict[str, str] = {}
    kept = []
    for check in checks:
        if check.outcome == "failed":
            home = homes.get(check.cause) or sentences.setdefault(check.sentence, check.promise)
            if home != check.promise:
                check = Check(check.promise, "not checked", pointing_to(home))
        kept.append(check)
    return tuple(kept)


def pointing_to(home: str) -> str:
    """What is said of a promise that fails by a cause which another one names."""
    return f"see {home!r}, which fails and without which nothing is seen here"


def require(condition: bool, sentence: str) -> None:
    """Break the promise with this sentence unless the condition holds."""
    if not condition:
        raise Broken(sentence)


def asked(action: Callable[[], None]) -> None:
    """Ask the stand for something it may not be able to do."""
    try:
        action()
    except NotImplementedError as err:
        raise NotApplicable(f"the stand cannot do it: {err or 'NotImplementedError'}") from err


def described(err: BaseException) -> str:
    """An exception in words."""
    return f"{type(err).__name__}: {err}" if str(err) else type(err).__name__


def many(number: int, noun: str) -> str:
    """A number with its noun: 1 counter, 2 counters."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
