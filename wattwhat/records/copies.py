"""Many records that differ in a few checked values: copies of one, without looking at each field again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

__all__ = ["MadeLater", "copier", "late_copier"]

T = TypeVar("T")


class MadeLater:
    """A base of records whose fields may be made when one of them is first asked for; see `late_copier`."""

    __slots__ = ("_later",)
    _later: tuple[Callable[[Any, Any], None], Any] | None

    if not TYPE_CHECKING:  # a type checker would take any name for a field

        def __getattr__(self, name: str) -> Any:
            """Python asks here only for what is not set. Two threads that ask at once set what is equal."""
            later = None if name == "_later" else getattr(self, "_later", None)
            if later is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            fill, given = later
            fill(self, given)
            vars(MadeLater)["_later"].__set__(self, None)
            return object.__getattribute__(self, name)


def copier(like: T, *changing: str) -> Callable[..., T]:
    """A function of new values for some fields that makes a record like another one, several times as fast.

    Nothing is converted or checked: the values have to be what the field of a checked record holds (a float
    for a float, no mapping that others can change, the joules of a Quantity in J). For readers of logs with
    hundreds of thousands of rows; everything else calls the class.

    Args:
        like: a record of a frozen attrs class with slots.
        changing: names of the fields that the function is given, in this order.

    Example:
        >>> from wattwhat import Quantity
        >>> joules = copier(Quantity(1.0, 0.1, "J"), "value", "u")
        >>> joules(5.0, 0.2) == Quantity(5.0, 0.2, "J")
        True
    """
    return _copy(like, list(changing), set(_names(like)) - set(changing))


def late_copier(
    like: T, now: Iterable[str], later: Iterable[str], make: Callable[..., tuple[Any, ...]]
) -> Callable[..., T]:
    """As `copier`, for a record of which most is made only if it is asked for.

    Args:
        like: a record of a frozen attrs class with slots that is `MadeLater`.
        now: fields whose values the function is given first, in this order.
        later: fields whose values ``make`` returns, in this order; the others are those of ``like``.
        make: is called with what the function is given last, a tuple, the first time that a field is asked
            for which was not given. It has no side effects and raises nothing.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> one = Measurement(label="a", energy_j=Quantity(1.0, 0.1, "J"), items=2)
        >>> copy = late_copier(one, ["label"], ["calls"], lambda calls: (calls,))
        >>> copy("b", (7,)).calls, copy("b", (7,)).items
        (7, 2)
    """
    now, later = list(now), list(later)
    same = set(_names(like)) - set(now) - set(later)
    # A copy is frozen: what is filled in goes past that, as attrs itself does.
    puts = {f"put_{field}": getattr(type(like), field).__set__ for field in (*later, *same)}
    fill = _compiled(
        "def fill(made, given):",
        f"{', '.join(later)}, = make(*given)",
        *(f"put_{field}(made, {field})" for field in later),
        *(f"put_{field}(made, same_{field})" for field in same),
        **puts, **_values(like, same), make=make,
    )  # fmt: skip
    return _copy(like, now, set(), "given", "made._later = fill, given", fill=fill)


def _names(like: Any) -> list[str]:
    return [field.name for field in attrs.fields(type(like))]


def _values(like: Any, fields: Iterable[str]) -> dict[str, Any]:
    return {f"same_{field}": getattr(like, field) for field in fields}


def _copy(like: Any, given: list[str], same: set[str], *more: str, **known: Any) -> Callable[..., Any]:
    """A function that makes a record of the fields it is given and those of ``like``.

    The fields are put into an object of an open class with the same slots, which then becomes one of the
    record's class: a third less time than each field's slot by itself.
    """
    cls: Any = type(like)
    open_class = type(cls)(cls.__name__, cls.__bases__, {"__slots__": cls.__slots__})
    arguments, statements = more[:-1], more[-1:]
    return _compiled(
        f"def copy({', '.join((*given, *arguments))}):",
        "made = open_class()",
        *(f"made.{field} = {field}" for field in given),
        *(f"made.{field} = same_{field}" for field in same),
        *statements,
        "made.__class__ = cls",
        "return made",
        open_class=open_class, cls=cls, **_values(like, same), **known,
    )  # fmt: skip


def _compiled(head: str, *lines: str, **known: Any) -> Callable[..., Any]:
    # As attrs does for __init__: a loop over the fields takes twice as long as the fields themselves.
    exec("\n    ".join((head, *lines)), known)
    made: Callable[..., Any] = known[head.removeprefix("def ").partition("(")[0]]
    return made
