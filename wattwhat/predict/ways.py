"""Ways of predicting: what each of them offers, and which there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError, BackendError, error_text
from wattwhat.plugins import Plugin, find_plugins, load, pass_on

if TYPE_CHECKING:
    from wattwhat.predict.prediction import Case, Prediction
    from wattwhat.records.measurement import Measurement

__all__ = ["GROUP", "Way", "answers", "best", "ways"]

GROUP = "wattwhat.predictors"
_VAGUE = 900.0
_OWN = (
    ("own-study", "wattwhat.predict.own_study:OwnStudy"),
    ("published", "wattwhat.predict.published:Published"),
    ("data-sheet", "wattwhat.predict.data_sheet:DataSheet"),
)


class Way:
    """One way of predicting; derive from it and announce the class under ``wattwhat.predictors``.

    Attributes:
        name: its name.
        source: where its figures come from.
        rank: which answer goes first: 0 for measurements of one's own, 1 for others', 2 for data sheets.

    Example:
        >>> class Constant(Way):
        ...     name, source = "constant", "a guess"
        ...     def predict(self, case):
        ...         from wattwhat.predict import LogNormal, Prediction
        ...         return Prediction(energy=LogNormal(1.0, 0.1, 10.0), way=self.name, source=self.source)
        >>> Constant().predict(None).energy.median
        1.0
    """

    name: str = "way"
    source: str = ""
    rank: int = 1

    @classmethod
    def fit(cls, measurements: Iterable[Measurement]) -> Way:
        """The same way with what these measurements teach it.

        Raises:
            ArgumentError: they do not hold what it needs; the message says what.
        """
        raise ArgumentError(
            f"{cls.name} learns nothing from measurements", argument="measurements", remedy="use it as it is"
        )

    def predict(self, case: Case) -> Prediction | None:
        """Joules of one item, or None where this way has nothing to say of such a case."""
        raise NotImplementedError


def ways(entry_points: Iterable[Any] | None = None) -> tuple[list[Way], list[str]]:
    """One instance of each way that is installed, and sentences about those that cannot be used.

    Args:
        entry_points: entry points to take instead of those installed (for tests).
    """
    known: list[Way] = []
    broken: list[str] = []
    plugins = _installed() if entry_points is None else find_plugins(GROUP, entry_points)
    for name, plugin in plugins.items():
        try:
            known.append(load(plugin)())
        except BackendError as err:
            broken.append(str(err))
        except BaseException as err:
            pass_on(err)
            broken.append(f"way of predicting {name!r} cannot be made: {error_text(err)}")
    if entry_points is None:
        known += [_built_in(home) for name, home in _OWN if name not in plugins]
    return known, broken


@lru_cache(maxsize=1)
def _installed() -> dict[str, Plugin]:
    """The entry points of this process: looking through all distributions takes longer than predicting."""
    return find_plugins(GROUP)


def _built_in(home: str) -> Way:
    import importlib

    module, _, name = home.partition(":")
    made: Way = getattr(importlib.import_module(module), name)()
    return made


def answers(case: Case, among: Sequence[Way]) -> tuple[list[Prediction], list[str]]:
    """What each way says, best first, and sentences about those that failed.

    The lower rank goes first, and of the same rank the narrower interval; what is known worse than to a
    factor of 30 either way says hardly anything, and comes last.
    """
    answered: list[tuple[bool, int, float, int, Prediction]] = []
    broken: list[str] = []
    for way in among:
        try:
            prediction = way.predict(case)
        except ArgumentError as err:
            broken.append(f"{way.name}: {err}")
        except BaseException as err:
            pass_on(err)
            broken.append(f"{way.name} failed: {error_text(err)}")
        else:
            if prediction is not None:
                spread = prediction.energy.spread
                answered.append((spread > _VAGUE, way.rank, spread, len(answered), prediction))
    return [one[-1] for one in sorted(answered, key=lambda one: one[:4])], broken


def best(case: Case, among: Sequence[Way]) -> tuple[Prediction, list[Prediction], list[str]]:
    """The best answer, the others, and sentences about ways that failed.

    Raises:
        ArgumentError: no way has an answer; the message says why.
    """
    answered, broken = answers(case, among)
    if not answered:
        why = "; ".join(broken) or f"no way of predicting knows {case.device.name} at {case.precision}"
        raise ArgumentError(f"nothing can be predicted ({why})", argument="device")
    return answered[0], answered[1:], broken
