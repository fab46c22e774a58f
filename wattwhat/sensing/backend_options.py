"""Options of backends: keyword arguments of their class, from the command line, the environment, a file.

A backend ``shelly`` whose class takes ``url`` gets it from ``--backend-option shelly.url=...``, else from the
environment variable ``WATTWHAT_SHELLY_URL``, else from ``url = ...`` in the section ``[backends.shelly]`` of
the configuration file. In Python the class is called: ``measure(fn, backends=[Shelly(url=...)])``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from wattwhat.errors import ArgumentError, BackendError
from wattwhat.sensing.configuration import Unclear, section

__all__ = ["Option", "are_given", "give", "given_names", "options_for", "texts_for", "variable_of"]

_given: dict[str, dict[str, str]] = {}

_MANY = frozenset({"Sequence", "Collection", "Iterable", "tuple", "list", "set", "frozenset"})
_SCALARS = frozenset({"bool", "int", "float", "str"})
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class Option(NamedTuple):
    """One option: its text, and where it was found, in words."""

    text: str
    where: str


def give(texts: Iterable[str]) -> None:
    """Take the options of the command line, in place of those that were taken before.

    Args:
        texts: each ``name.key=value``.

    Raises:
        ArgumentError: one is not of this form, or is given twice.

    Example:
        >>> give(["shelly.url=http://192.168.1.20"])
        >>> give([])
    """
    options: dict[str, dict[str, str]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        name, dot, option = key.strip().partition(".")
        if not (equals and dot and name and option.isidentifier()):
            raise ArgumentError(
                argument="--backend-option",
                expected="NAME.KEY=VALUE such as wallplug.url=http://plug",
                got=text,
            )
        if option in options.setdefault(name, {}):
            raise ArgumentError(
                f"{name}.{option} is given twice",
                argument="--backend-option",
                remedy="give several values as one, with commas",
            )
        options[name][option] = value
    _given.clear()
    _given.update(options)


def given_names() -> tuple[str, ...]:
    """The backends that the command line has options for."""
    return tuple(_given)


def variable_of(name: str, key: str) -> str:
    """The environment variable of an option.

    Example:
        >>> variable_of("wall-plug", "url")
        'WATTWHAT_WALL_PLUG_URL'
    """
    return re.sub(r"\W", "_", f"WATTWHAT_{name}_{key}").upper()


def options_for(name: str, factory: Callable[..., Any]) -> dict[str, Any]:
    """The keyword arguments that a backend's class is called with; mostly none.

    Args:
        name: the backend's name, that of its entry point.
        factory: its class.

    Raises:
        BackendError: an option is not known to the class, or its value is not what the class says it takes.
    """
    if not are_given(name):  # nearly always, and then nothing more is imported
        return {}
    parameters = _parameters(factory)
    texts = texts_for(name, parameters)
    return {key: _converted(name, key, option, parameters) for key, option in texts.items()}


def are_given(name: str) -> bool:
    """Whether anything may say an option of this backend.

    Raises:
        BackendError: the configuration file is unclear.
    """
    prefix = variable_of(name, "")
    return bool(_file_options(name)) or any(variable.startswith(prefix) for variable in os.environ)


def texts_for(name: str, keys: Iterable[str]) -> dict[str, Option]:
    """The options as they were given, each with where; of the environment those of these keys.

    Raises:
        BackendError: the configuration file is unclear.
    """
    texts = _file_options(name)
    for key in keys:
        text = os.environ.get(variable_of(name, key))
        if text and key not in _given.get(name, {}):
            texts[key] = Option(text, f"environment variable {variable_of(name, key)}")
    return texts


def _file_options(name: str) -> dict[str, Option]:
    """What the command line and the file say."""
    try:
        path, entries = section(f"backends.{name}")
    except Unclear as err:
        raise BackendError(f"options of backend {name!r}: {err}") from err
    file = f"configuration file {os.path.basename(path)}, [backends.{name}] "
    options = {key: Option(text, file + key) for key, text in entries.items()}
    for key, text in _given.get(name, {}).items():
        options[key] = Option(text, f"--backend-option {name}.{key}")
    return options


def _parameters(factory: Callable[..., Any]) -> Mapping[str, Any]:
    import inspect

    return {
        key: parameter
        for key, parameter in inspect.signature(factory).parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }


def _converted(name: str, key: str, option: Option, parameters: Mapping[str, Any]) -> Any:
    """The value that a text stands for, by the parameter's annotation, else by the type of its default."""
    parameter = parameters.get(key)
    if parameter is None:
        takes = ", ".join(parameters) or "no options"
        raise BackendError(f"{option.where}: backend {name!r} takes no {key!r}; it takes {takes}")
    annotation = _annotation(parameter)
    kinds = set(re.findall(r"\w+", annotation))
    outside = set(re.findall(r"\w+", re.sub(r"\[.*\]", "", annotation)))
    if outside & _MANY and ("," in option.text or not outside & _SCALARS):
        items = [item.strip() for item in option.text.split(",") if item.strip()]
        return [_scalar(name, key, Option(item, option.where), kinds) for item in items]
    return _scalar(name, key, option, kinds)


def _annotation(parameter: Any) -> str:
    """An annotation as text; it may name what only type checkers import, so it is not evaluated."""
    if parameter.annotation is not parameter.empty:
        import inspect

        annotation = parameter.annotation
        return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    default = parameter.default
    return "str" if default is None or default is parameter.empty else type(default).__name__


def _scalar(name: str, key: str, option: Option, kinds: set[str]) -> Any:
    text = option.text.strip()
    for kind, convert in (("bool", _truth), ("int", int), ("float", float)):
        if kind in kinds:
            try:
                return convert(text)
            except ValueError:
                continue
    if kinds & {"str", "PathLike", "Path", "Any", "Literal"}:
        return text
    wanted = " or ".join(kind for kind in ("bool", "int", "float") if kind in kinds)
    if not wanted:
        raise BackendError(f"{option.where}: {key!r} of backend {name!r} cannot be given as a text")
    expected = (
        wanted.replace("bool", "yes or no").replace("int", "a whole number").replace("float", "a number")
    )
    raise BackendError(f"{option.where}: expected {expected} for {key!r} of backend {name!r}, got {text!r}")


def _truth(text: str) -> bool:
    if text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    raise ValueError(text)
