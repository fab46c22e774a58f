"""What can go wrong, and nothing else: one base and a few children that resemble a builtin.

An error carries its argument, what was expected, what came, the remedy and the place in a file as fields, and
its message is composed of them. Errors of vendor libraries are chained
(``raise ... from err``) and never leak out of a backend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "ArgumentError",
    "BackendError",
    "ComparisonError",
    "LogError",
    "MeterError",
    "MeterLostError",
    "Remedy",
    "ScoreDomainError",
    "ScoreError",
    "UnitError",
    "WattwhatError",
    "WindowError",
    "WorkloadError",
    "error_text",
]

_SHOWN = 200
Write = Callable[[str, Any], str]


class Remedy(str):
    """What to do next; it knows the arguments that it names, so that they can be written another way.

    Args:
        template: the sentence, with ``{name}`` where an argument stands.
        arguments: their values. ``...`` where only the name is meant; what a function is called with, as a
            mapping, where the name is a function's.

    Example:
        >>> remedy = Remedy("leave one out, or pass {force}", force=True)
        >>> remedy
        'leave one out, or pass force=True'
        >>> remedy.written(lambda name, value: f"--{name}")
        'leave one out, or pass --force'
        >>> Remedy("use {with_metrics}", with_metrics={"accuracy": 0.91})
        'use with_metrics(accuracy=0.91)'
    """

    template: str
    arguments: Mapping[str, Any]

    def __new__(cls, template: str, **arguments: Any) -> Remedy:
        """The sentence as Python writes its arguments."""
        made = super().__new__(cls, _filled(template, arguments, _in_python))
        made.template, made.arguments = template, arguments
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _remedy, (self.template, dict(self.arguments))

    def written(self, write: Write) -> str:
        """The sentence with every argument as ``write(name, value)`` writes it."""
        return _filled(self.template, self.arguments, write)


def _remedy(template: str, arguments: dict[str, Any]) -> Remedy:
    return Remedy(template, **arguments)


def _filled(template: str, arguments: Mapping[str, Any], write: Write) -> str:
    for name, value in arguments.items():
        template = template.replace(f"{{{name}}}", write(name, value))
    return template


def _in_python(name: str, value: Any) -> str:
    if value is ...:
        return name
    if isinstance(value, Mapping):
        inside = (f"{key}={'...' if one is ... else format(one, '_')}" for key, one in value.items())
        return f"{name}({', '.join(inside)})"
    if isinstance(value, str):
        return f'{name}="{value}"'
    return f"{name}={value}"


class WattwhatError(Exception):
    """The base of every error that wattwhat raises on purpose; its message is composed of its fields.

    Args:
        problem: what happened, where ``expected`` and ``got`` do not say it.
        argument: the name of the argument, column or field that is outside what is taken.
        expected: what would have been taken, in words.
        got: what came instead, any value.
        remedy: what to do next; a `Remedy` where it names arguments.
        path: the file that is spoken of.
        line: the line in it, from 1.
        column: the column in the line, from 1.

    Example:
        >>> error = WattwhatError(argument="seconds", expected="a number above 0", got=-1, remedy="try 20")
        >>> str(error), error.argument
        ('seconds: expected a number above 0, got -1; try 20', 'seconds')
        >>> str(WattwhatError("is empty", path="a.csv", line=3))
        'a.csv:3: is empty'
    """

    def __init__(
        self,
        *problem: Any,
        argument: str | None = None,
        expected: str | None = None,
        got: Any = ...,
        remedy: str = "",
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.problem = problem[0] if len(problem) == 1 and isinstance(problem[0], str) else None
        self.argument, self.expected, self.got, self.remedy = argument, expected, got, remedy
        self.path, self.line, self.column = path, line, column
        if self._has_fields():
            super().__init__(self.sentence())
        else:
            super().__init__(*problem)

    def at(self, path: str, line: int | None = None) -> Self:
        """The same error, with the place in a file that it is about; a place that it has already stays.

        Example:
            >>> raised = WattwhatError(argument="kind", expected="a name", got="")
            >>> str(raised.at("a.csv", 2))
            "a.csv:2: kind: expected a name, got ''"
        """
        if self.path is None:
            self.problem = self.problem if self._has_fields() else str(self)
            self.path, self.line = path, line
            self.args = (self.sentence(),)
        return self

    def renamed(self, write: Write) -> Self:
        """The same error, with arguments, also those of the remedy, as ``write(name, value)`` writes them.

        Example:
            >>> error = ArgumentError("is too low", argument="pue", remedy=Remedy("say {pue}", pue=1))
            >>> renamed = error.renamed(lambda name, value: f"--{name}")
            >>> str(renamed), renamed.argument
            ('--pue: is too low; say --pue', '--pue')
        """
        if not self._has_fields():
            return self
        remedy = self.remedy.written(write) if isinstance(self.remedy, Remedy) else self.remedy
        return type(self)(
            *(() if self.problem is None else (self.problem,)),
            argument=None if self.argument is None else write(self.argument, ...),
            expected=self.expected,
            got=self.got,
            remedy=remedy,
            path=self.path,
            line=self.line,
            column=self.column,
        )

    @property
    def place(self) -> str:
        """The file, line and column as far as they are known: ``"a.csv:3"``."""
        return ":".join(str(one) for one in (self.path, self.line, self.column) if one is not None)

    def _has_fields(self) -> bool:
        return bool(self.remedy) or (self.argument, self.expected, self.path) != (None, None, None)

    def __reduce__(self) -> tuple[Any, ...]:
        state = dict(self.__dict__)
        if not isinstance(self.got, (str, int, float, type(None), type(...))):
            state["got"] = shown(self.got)  # what was given may be something that cannot be pickled
        return type(self), self.args, state

    def sentence(self, write: Write | None = None) -> str:
        """The message, with arguments as ``write(name, value)`` writes them; the value is ``...`` for none.

        Example:
            >>> error = WattwhatError("is too low", argument="pue", remedy=Remedy("say {pue}", pue=1))
            >>> error.sentence(lambda name, value: f"--{name}")
            '--pue: is too low; say --pue'
        """
        if not self._has_fields():
            return str(self)
        write = write or _in_python
        text = self.problem or ""
        given = "" if self.got is ... else shown(self.got)
        if given and not text and (self.expected or "").startswith("one of "):
            text = f"{given} is not {self.expected}"
        elif self.expected is not None:
            text += f"{', ' if text else ''}expected {self.expected}{', got ' if given else ''}{given}"
        if self.remedy:
            remedy = self.remedy.written(write) if isinstance(self.remedy, Remedy) else self.remedy
            text += f"; {remedy}" if text else remedy
        named = "" if self.argument is None else write(self.argument, ...)
        return ": ".join(one for one in (self.place, named, text) if one)


def shown(value: Any) -> str:
    """A value as a message shows it: a class by its name, anything else by the begin of its repr.

    Example:
        >>> shown(int), shown("a" * 1000)[-3:]
        ('int', '...')
    """
    if isinstance(value, type):
        return value.__name__
    try:
        text = repr(value)
    except Exception as err:  # a third party's repr fails, and the error that was meant is to be told
        text = f"<{type(value).__name__}, whose repr fails: {type(err).__name__}>"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


class ArgumentError(WattwhatError, ValueError):
    """An argument is outside what the function takes."""


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
