"""Promises about what a backend says of itself: whether it can serve, and what else it has to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wattwhat.errors import WattwhatError
from wattwhat.sensing.backend import Availability, Backend
from wattwhat.testing._outcomes import Broken, Promise, Verdict, described, many, require
from wattwhat.testing._subject import Subject

__all__ = ["PROMISES", "is_sentence"]


def is_sentence(text: Any) -> bool:
    """Whether this can be a sentence for a person: a text of at least two words."""
    return isinstance(text, str) and " " in text.strip()


def probe_never_raises(subject: Subject) -> str:
    """Also with everything failing, on a backend opened before and on one opened after."""
    backend = subject.open()
    answer = _probed(backend, "at first")
    require(bool(answer) or subject.stand is None, f"the stand is up, but probe() says: {answer.reason}")
    if subject.stand is None:
        return f"probe() says available={answer.available}: {answer.reason}"
    with subject.opened() as (_, meters):
        ids = [meter.channel.id for meter in meters]
    kinds = [how for how in ("error", "permission", "lost") if _probed_failing(subject, backend, ids, how)]
    _probed(backend, "after everything was healed")
    return f"answers with the hardware up, and with every channel failing by {', '.join(kinds) or 'no kind'}"


def _probed_failing(subject: Subject, backend: Backend, ids: list[str], how: str) -> bool:
    try:
        for channel_id in ids:
            subject.driven.fail(channel_id, how)
        _probed(backend, f"with every channel failing ({how})")
        try:
            late = subject.open()
        except WattwhatError:
            return True
        _probed(late, f"opened while every channel fails ({how})")
    except NotImplementedError:
        return False
    finally:
        for channel_id in ids:
            subject.driven.heal(channel_id)
    return True


def _probed(backend: Backend, when: str) -> Availability:
    try:
        answer = backend.probe()
    except (Verdict, KeyboardInterrupt):
        raise
    except BaseException as err:
        raise Broken(
            f"probe() {when} raised {described(err)}; it has to return Availability(False, ...)"
        ) from err
    require(isinstance(answer, Availability), f"probe() {when} returned {answer!r}; expected an Availability")
    require(
        is_sentence(answer.reason),
        f"probe() {when} says available={answer.available} for the reason {answer.reason!r}; "
        "expected a sentence for a person: what was found, or what is missing",
    )
    return answer


def meters_match_probe(subject: Subject) -> str:
    """Available means at least one meter; unavailable means none, or a BackendError."""
    backend = subject.open()
    answer = _probed(backend, "at first")
    try:
        meters = subject.meters_of(backend)
    except Broken as err:
        if answer.available or not isinstance(err.__cause__, WattwhatError):
            raise
        return f"unavailable, and meters() says so: {err.__cause__}"
    for meter in meters:
        meter.close()
    require(bool(meters) or not answer.available, "probe() says available, but meters() gives none")
    return f"probe() says available={answer.available} and meters() gives {many(len(meters), 'meter')}"


def it_speaks_in_sentences(subject: Subject) -> str:
    """`notes`, `warnings` and what conditions() gives are sentences, `version` a text or None."""
    with subject.opened() as (backend, _):
        checked = 0
        for name in ("notes", "warnings"):
            checked += _sentences(f"{name}", lambda name=name: getattr(backend, name, ()))  # type: ignore[misc]
        checked += _sentences("conditions()", lambda: getattr(backend, "conditions", tuple)())
        version = getattr(backend, "version", None)
        require(
            version is None or isinstance(version, str),
            f"version is {version!r}; expected a text, or None where it is not known",
        )
    return f"{many(checked, 'sentence')} besides the probe's"


def _sentences(name: str, given: Callable[[], Any]) -> int:
    try:
        sentences = given()
    except (Verdict, KeyboardInterrupt):
        raise
    except BaseException as err:
        raise Broken(f"{name} raised {described(err)}; expected sentences, or () for none") from err
    require(
        isinstance(sentences, (tuple, list)) and all(map(is_sentence, sentences)),
        f"{name}: {sentences!r} is not a tuple of sentences for a person; expected () for none",
    )
    return len(sentences)


PROMISES = (
    Promise("probe never raises and answers in sentences", probe_never_raises, "backend"),
    Promise("meters() gives what probe() says", meters_match_probe, "backend", owns="opening"),
    Promise("notes, warnings and conditions are sentences", it_speaks_in_sentences),
)
