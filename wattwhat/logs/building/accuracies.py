"""Accuracy beside energy in one file: which columns hold it; percent or fraction is told, not guessed."""

from __future__ import annotations

import re
from typing import Any

from wattwhat.logs.building.stated_totals import text_of_value
from wattwhat.logs.parsing.cells import is_missing, number

__all__ = ["accuracy_name", "fraction", "is_percent"]

_PERCENT = re.compile(r"%|(?:^|[_ (\[.-])(?:percent|percentage|pct)(?:$|[_ )\].-])", re.IGNORECASE)
_FIRST = re.compile(
    r"(?:(?:test|val|valid|validation|eval|mean|final)[_. -]?)?"
    r"(?:(?:(?:sparse[_. -])?categorical|binary)[_. -])?(?:accuracy|acc)"
    r"(?:[_. -]?(?:test|val|valid|validation|eval))?"
)
_TOP1 = re.compile(
    r"(?:(?:test|val|eval)[_. -]?)?(?:top[_. -]?1|acc@1|accuracy@1)"
    r"(?:[_. -]?(?:acc|accuracy))?(?:[_. -]?(?:test|val|eval))?"
)
# Keras' top_k_categorical_accuracy is of the first five unless a program says otherwise.
_TOP5 = re.compile(
    r"(?:(?:test|val|eval)[_. -]?)?(?:top[_. -]?5|acc@5"
    r"|(?:sparse[_. -])?top[_. -]k[_. -]categorical(?=[_. -]))"
    r"(?:[_. -]?(?:acc|accuracy))?(?:[_. -]?(?:test|val|eval))?"
)
_OTHER = re.compile(
    r"(?:(?:test|val|eval|macro|micro|weighted)[_. -]?)?"
    r"(?:f1(?:[_. -]?score)?|auc|roc[_. -]?auc|auroc|precision|recall"
    r"|map|map[_. -]?50(?:[_. -]?95)?|arc|hellaswag|truthfulqa|mmlu|miou|iou"
    r"|bleu(?:[_. -]?[1-4])?|rouge[_. -]?(?:[12]|l|lsum)?|meteor|chrf|dice|sensitivity|specificity"
    r"|pass@\d{1,3}|ndcg(?:@\d{1,3})?|mrr|em|exact[_. -]?match)(?:[_. -]?(?:test|val|eval))?"
)  # fmt: skip


def is_percent(name: str) -> bool:
    """Whether a column's own name says percent.

    Example:
        >>> is_percent("top1_percent"), is_percent("Accuracy (%)"), is_percent("accuracy")
        (True, True, False)
    """
    return _PERCENT.search(name) is not None


def accuracy_name(name: str) -> str | None:
    """The metric that a column holds: ``"accuracy"``, another one's name in lower case, or None.

    Example:
        >>> accuracy_name("Top-1_val"), accuracy_name("test_acc"), accuracy_name("F1"), accuracy_name("loss")
        ('accuracy', 'accuracy', 'f1', None)
        >>> accuracy_name("sparse_categorical_accuracy"), accuracy_name("top_k_categorical_accuracy")
        ('accuracy', 'top5')
        >>> accuracy_name("metric_accuracy")
        'accuracy'
    """
    plain = _PERCENT.sub(" ", name.strip().lower()[:80]).removeprefix("metric_")  # as our own tables have it
    plain = re.sub(r"[\s()\[\]]+", " ", plain).strip(" _-")
    if _FIRST.fullmatch(plain) or _TOP1.fullmatch(plain):
        return "accuracy"
    if _TOP5.fullmatch(plain):
        return "top5"
    return plain.replace(" ", "_") if _OTHER.fullmatch(plain) else None


def fraction(value: Any, *, percent: bool) -> float | None:
    """A share between 0 and 1, or None where there is none or it cannot be one.

    Example:
        >>> fraction("85.0", percent=True), fraction("0.85", percent=False), fraction("85", percent=False)
        (0.85, 0.85, None)
    """
    text = text_of_value(value).strip().rstrip("%").strip()
    plain = None if is_missing(text) else number(text)
    if plain is None:
        return None
    share = plain / 100.0 if percent else plain
    return share if 0.0 <= share <= 1.0 else None
