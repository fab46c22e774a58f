"""Which columns of a table hold energy, in which unit and of what; nothing ambiguous is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

__all__ = ["EnergyColumn", "choice", "energy_columns"]

_EXACT = {
    "J": "J", "mJ": "mJ", "uJ": "uJ", "µJ": "uJ", "μJ": "uJ", "kJ": "kJ", "MJ": "MJ",
    "Wh": "Wh", "kWh": "kWh", "mWh": "mWh", "MWh": "MWh",
    "Ws": "J", "Joules": "J", "joules": "J", "Joule": "J", "joule": "J",
}  # fmt: skip
# Snake case is lower case, where m can only be meant as milli; capitals throughout say nothing.
_LOWER = {"j": "J", "mj": "mJ", "uj": "uJ", "kj": "kJ", "wh": "Wh", "kwh": "kWh", "mwh": "mWh", "ws": "J"}
_ITEM = (
    r"(?:(?:sample|image|inference|inf|item|token|request|prompt|response|query|generation|video|epoch)s?"
    r"|queries)"
)
_BRACKET = re.compile(
    rf"(.{{1,80}}?)\s{{0,9}}[\[(]\s{{0,9}}([A-Za-zµμ]{{1,6}})"
    rf"(?:(?:\s{{0,9}}/|\s{{1,9}}per\s)\s{{0,9}}({_ITEM}))?\s{{0,9}}[\])]",
    re.IGNORECASE,
)
_SUFFIX = re.compile(rf"(.{{1,80}}?)[_ .-]([A-Za-zµμ]{{1,6}})(?:(?:[_ ]per[_ ]|/)({_ITEM}))?", re.IGNORECASE)
# Units that stand for nothing but energy; J and Ws need the word beside them.
_ENOUGH = frozenset(("Wh", "kWh", "mWh", "MWh", "kJ"))
# What follows "per" is what the energy is of, whatever it is; a length of time would make it a power.
_PER = re.compile(
    r"(?:(?<![a-z])per[_ .-]|/)[_ .-]{0,3}"
    r"(?:(\d{1,9})([km]?)[_ .-]{0,3}|(hundred|thousand|million)[_ .-]{1,3})?([a-z]+)",
    re.IGNORECASE,
)
_TIMES = {"": 1, "k": 1000, "m": 1_000_000, "hundred": 100, "thousand": 1000, "million": 1_000_000}
_TIME = frozenset(
    ("s", "sec", "second", "seconds", "min", "minute", "minutes", "h", "hr", "hour", "hours", "day", "days",
     "month", "months", "year", "years")
)  # fmt: skip
# The names of an energy that a table may leave without a unit; an energy_score or energy_class is none.
_BARE = re.compile(
    rf"(?:(?:total|cpu|gpu|ram|dram)[_ ])*energy(?:[_ ](?:consumption|consumed|used|usage|total))?"
    rf"(?:[_ ]per[_ ]{_ITEM})?",
    re.IGNORECASE,
)
_COMPONENTS = {"cpu": "cpu", "gpu": "gpu", "ram": "dram", "dram": "dram"}
_NOT_IT = frozenset(
    [
        "idle",
        "baseline",
        "saved",
        "savings",
        "saving",
        "std",
        "stdev",
        "stddev",
        "var",
        "variance",
        "min",
        "u",
        "max",
        "uncertainty",
        "err",
        "error",
        "limit",
        "predicted",
        "reference",
        "ref",
        "cumulative",
        "budget",
        "target",
        "efficiency",
        "difference",
        "diff",
        "delta",
    ]
)
_MEANS = frozenset(("avg", "average", "mean", "median"))


@attrs.frozen
class EnergyColumn:
    """A column that names an energy with its unit.

    Args:
        name: as written.
        unit: in our spelling.
        component: ``"cpu"``, ``"gpu"`` or ``"dram"`` for a part; None for everything that was measured.
        item: what it is the energy of, in the singular, or None for a whole run.
        items: of how many items.
        u: the column of its standard uncertainty in the same unit, or None.
    """

    name: str
    unit: str
    component: str | None = None
    item: str | None = None
    items: int = 1
    u: str | None = None


def energy_columns(header: Iterable[str], unit: str | None = None) -> list[EnergyColumn]:
    """Every column that names an energy and its unit.

    Args:
        header: the columns' names.
        unit: that of columns which name an energy without one; None leaves them out.

    Example:
        >>> found = energy_columns(["energy_wh", "gpu_energy_j", "energy_per_image [mJ]"])
        >>> [(column.unit, column.component, column.item) for column in found]
        [('Wh', None, None), ('J', 'gpu', None), ('mJ', None, 'image')]
        >>> [(column.items, column.item) for column in energy_columns(["Energy per 1000 queries (Wh)"])]
        [(1000, 'query')]
        >>> energy_columns(["power_w", "energy", "energy_std_j", "ENERGY_MJ"])
        []
        >>> [column.name for column in energy_columns(["energy", "energy_score"], "Wh")]
        ['energy']
        >>> [column.u for column in energy_columns(["energy_j", "u_energy_j", "cpu_energy_j"])]
        ['u_energy_j', None]
    """
    names = [name.strip() for name in header]
    columns = [column for name in names if (column := _column(name, unit)) is not None]
    return [attrs.evolve(column, u=_uncertainty_of(column.name, names)) for column in columns]


def _uncertainty_of(name: str, names: list[str]) -> str | None:
    """The column of a standard uncertainty, as our own tables and flat numbers name it."""
    base, _, unit = name.rpartition("_")
    return next((one for one in (f"u_{name}", f"{name}_u", f"{base}_u_{unit}") if one in names), None)


def _column(name: str, unit_name: str | None) -> EnergyColumn | None:
    match = _BRACKET.fullmatch(name) or _SUFFIX.fullmatch(name)
    base, unit, item = match.groups() if match else (name, "", None)
    known = _EXACT.get(unit) or (_LOWER.get(unit) if unit.islower() else None)
    if known is None and unit_name is not None and _BARE.fullmatch(name):
        base, unit, item, known = name, "", None, unit_name
    words = [word for word in re.split(r"[^a-z0-9]+", base.lower()) if word]
    if (
        known is None
        or not ("energy" in words or known in _ENOUGH)
        or _NOT_IT & set(words)
        or (name.isupper() and unit == "MJ")
    ):
        return None
    items = 1
    if item is None and ("per" in words or "/" in base):
        per = _PER.search(base)
        if per is None or per[4].lower() in _TIME:
            return None  # of what it is the energy is not understood
        items, item = int(per[1] or 1) * _TIMES[(per[2] or per[3] or "").lower()], per[4]
        if not items:
            return None
    if item is None and _MEANS & set(words):
        return None  # a mean of what, the name does not say
    parts = {_COMPONENTS[word] for word in words if word in _COMPONENTS}
    if len(parts) > 1:
        return None
    return EnergyColumn(
        name, known, parts.pop() if parts else None, _singular(item.lower()) if item else None, items
    )


def _singular(word: str) -> str:
    """A word of English without its plural's ending.

    Example:
        >>> [_singular(word) for word in ("queries", "batches", "images", "token", "class")]
        ['query', 'batch', 'image', 'token', 'class']
    """
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word if word.endswith("ss") else word.removesuffix("s")


def choice(columns: list[EnergyColumn]) -> list[EnergyColumn]:
    """The columns that make up a row's energy: a total with its parts behind it, parts, or one of an item.

    Returns:
        The total first where there is one; nothing where the names leave more than one reading.

    Example:
        >>> [c.name for c in choice(energy_columns(["gpu_energy_wh", "cpu_energy_wh"]))]
        ['gpu_energy_wh', 'cpu_energy_wh']
        >>> choice(energy_columns(["train_energy_j", "infer_energy_j"]))
        []
    """
    totals = [c for c in columns if c.component is None and c.item is None]
    if len(totals) > 1:  # less what the device draws at rest: beside the energy itself it is no second one
        totals = [c for c in totals if not c.name.lower().startswith("net_")]
    parts = [c for c in columns if c.component is not None and c.item is None]
    each = [c for c in columns if c.component is None and c.item is not None]
    if len({c.component for c in parts}) < len(parts) or len(totals) > 1:
        return []
    if totals or parts:
        return totals + parts
    return each if len(each) == 1 else []
