"""Every score with its formula and its source: what `score --list` prints; found and built by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ArgumentError, ScoreError, WattwhatError, error_text
from wattwhat.plugins import pass_on
from wattwhat.scoring.result import ScoreOption

if TYPE_CHECKING:
    from wattwhat.plugins import Plugin
    from wattwhat.records.measurement import Measurement

__all__ = ["GROUP", "CatalogEntry", "catalog", "make_score", "options_of", "score_class"]

GROUP = "wattwhat.scores"
_OURS = "wattwhat"


@attrs.frozen
class CatalogEntry:
    """One score of the catalogue.

    Args:
        name: the short name by which it is asked for.
        formula: in a line.
        source: where the formula comes from, and what of it is recalled, inferred or our own.
        home: the distribution that registers it.
        fitted: whether it needs a reference population or a reference model first.
        options: what it can be built with.
    """

    name: str
    formula: str
    source: str
    home: str
    fitted: bool = False
    options: tuple[ScoreOption, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.formula}\n    source: {self.source}"


def catalog(entry_points: Iterable[Any] | None = None) -> tuple[CatalogEntry, ...]:
    """Every score there is: this package's, then those that other distributions register, each by name.

    All come by the entry-point group ``wattwhat.scores``. Third parties' are listed without being imported,
    so their formula is theirs to tell. A name of ours is not given away.

    Args:
        entry_points: entry points to take instead of those installed (for tests).

    Example:
        >>> [entry.name for entry in catalog(())][:3]
        ['accuracy-per-joule', 'carburacy', 'comparia']
    """
    return tuple(_entry(name, plugin) for name, plugin in _plugins(entry_points).items())


def _entry(name: str, plugin: Plugin) -> CatalogEntry:
    if plugin.distribution != _OURS:
        return CatalogEntry(
            name, "see its documentation", f"third party: {plugin.distribution or 'unknown'}", "plugin"
        )
    from wattwhat.plugins import load

    cls = load(plugin)
    fitted = hasattr(cls, "fit") or hasattr(cls, "against")
    return CatalogEntry(name, cls.formula, cls.source, _OURS, fitted, options_of(cls))


def _plugins(entry_points: Iterable[Any] | None = None) -> dict[str, Plugin]:
    """Every score by name, ours first; what the metadata lacks of ours comes from this package."""
    from wattwhat.plugins import find_plugins

    plugins = find_plugins(GROUP, entry_points)
    # a vendored copy has no metadata, and that of an editable install may be older than the source
    ours = {**_in_this_package(), **{n: one for n, one in plugins.items() if one.distribution == _OURS}}
    return {**dict(sorted(ours.items())), **{n: one for n, one in plugins.items() if n not in ours}}


def _in_this_package() -> dict[str, Plugin]:
    from wattwhat import scoring
    from wattwhat.plugins import Plugin

    public = (getattr(scoring, name) for name in scoring.__all__)
    return {one.short_name: Plugin(one.short_name, _OURS, partial(_same, one)) for one in public
            if hasattr(one, "short_name")}  # fmt: skip


def _same(value: Any) -> Any:
    return value


def score_class(name: str, entry_points: Iterable[Any] | None = None) -> Any:
    """The class (or whatever a third party registered) of a score by its short name.

    Args:
        name: as in `catalog`.
        entry_points: as in `catalog`.

    Raises:
        ScoreError: there is no such score; the message lists those there are.
        BackendError: a third-party score fails to load.

    Example:
        >>> score_class("sam")(unit="Wh").name
        'SAM[Wh, alpha=5, beta=5]'
    """
    from wattwhat.plugins import load

    plugins = _plugins(entry_points)
    if name not in plugins:
        raise ScoreError(f"there is no score {name!r}; known: {', '.join(plugins)}")
    return load(plugins[name])


def options_of(cls: Any) -> tuple[ScoreOption, ...]:
    """The options that a score's class declares; none where it declares none, or no options.

    Example:
        >>> [option.name for option in options_of(score_class("full-cycle"))]
        ['inferences', 'tau', 'unit', 'metric']
    """
    options = getattr(cls, "options", ())
    known = isinstance(options, (tuple, list)) and all(isinstance(one, ScoreOption) for one in options)
    return tuple(options) if known else ()


def make_score(
    name: str,
    given: Mapping[str, Any],
    measurements: Sequence[Measurement] = (),
    *,
    force: bool = False,
    cls: Any = None,
) -> Any:
    """A score by its short name and its options, fitted where it needs the measurements.

    Args:
        name: as in `catalog`.
        given: option to value; a text becomes a number where the option is one.
        measurements: all that are known, for scores that are fitted to them.
        force: let measurements through that are unlike.
        cls: what `score_class` gave, if it was asked already.

    Raises:
        ScoreError: there is no such score, or it failed to start.
        ArgumentError: an option is unknown, missing, or not of its kind.

    Example:
        >>> make_score("sam", {"unit": "Wh", "alpha": "3"}).name
        'SAM[Wh, alpha=3, beta=5]'
    """
    cls = score_class(name) if cls is None else cls
    values = _values(name, options_of(cls), given)
    try:
        if not isinstance(cls, type):
            score = cls
        elif hasattr(cls, "build"):
            score = cls.build(values, measurements, force)
        else:
            score = cls(**values)
        named = isinstance(getattr(score, "name", None), str)
    except (KeyboardInterrupt, WattwhatError, OSError):
        raise
    except BaseException as err:  # a score that calls sys.exit() ends itself, not the program
        pass_on(err)
        raise ScoreError(f"score {name}: it failed to start: {error_text(err)}") from err
    if not (callable(score) and named):
        raise ScoreError(f"score {name}: it has no name or cannot be called; see wattwhat.scoring.Score")
    return score


def _values(name: str, options: Sequence[ScoreOption], given: Mapping[str, Any]) -> dict[str, Any]:
    known = {option.name: option for option in options}
    for one in given:
        if one not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise ArgumentError(f"score {name} has no such option", argument=one, remedy=takes)
    for option in options:
        if option.needed is not None and given.get(option.name) is None:
            raise ArgumentError(f"score {name} needs it: {option.needed}", argument=option.name)
    return {one: _value(known[one], value) for one, value in given.items()}


def _value(option: ScoreOption, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return option.kind(value)
    except ValueError:
        kind = "a whole number" if option.kind is int else "a number"
        raise ArgumentError(argument=option.name, expected=kind, got=value) from None
