"""A warning of a Measurement: a sentence for people, with a short code that programs can act on."""

from __future__ import annotations

from typing import Any

__all__ = ["CODES", "Caution", "code_of"]

# Codes are stable; sentences may be put better from version to version.
CODES = {
    "lost": "a channel, or a part of the time, could not be read: its energy is missing or bounded",
    "unread": "something is there and could not be opened or read at all",
    "reset": "a counter was reset, or showed what its device cannot draw",
    "short": "the span is too short for the sensor",
    "looks-away": "the sensor looks a part of the time only, and the load may keep step with it",
    "clock": "the times of a channel are of another clock",
    "late": "how late a gauge shows power is not known",
    "unwaited": "work may have been going on at an edge that nobody waited for",
    "unseen-device": "a device is in use that no channel shows",
    "shared-node": "others run on this node, and what they draw is counted too",
    "no-spread": "how repeats differ is not known",
    "imprecise": "the precision that was asked for was missed by far",
    "level-change": "power changed from one level to another while it was measured",
    "drift": "power was still rising, or falling",
    "idle": "the power at rest was still changing",
}


class Caution(str):
    """A sentence with a code; to everything else it is its sentence.

    Args:
        code: one of `CODES`.
        sentence: what is to be told.

    Example:
        >>> told = Caution("short", "a window this short says little")
        >>> told.code, told == "a window this short says little"
        ('short', True)
    """

    code: str

    def __new__(cls, code: str, sentence: str) -> Caution:
        """A sentence with this code."""
        made = super().__new__(cls, sentence)
        made.code = code
        return made

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return Caution, (self.code, str(self))


def code_of(sentence: str) -> str | None:
    """The code of a warning; None for a sentence without one."""
    return getattr(sentence, "code", None)


def with_codes(sentences: Any, codes: Any) -> Any:
    """Sentences and their codes, as files keep them, put together again; what is no list is handed on."""
    if not isinstance(sentences, (list, tuple)) or not isinstance(codes, (list, tuple)):
        return sentences
    if len(codes) != len(sentences):
        return sentences
    return tuple(
        Caution(code, text) if isinstance(code, str) and isinstance(text, str) else text
        for code, text in zip(codes, sentences, strict=True)
    )
