"""Every score with its formula and its source: what `wattwhat score --list` prints; finding by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from wattwhat.errors import ScoreError

__all__ = ["GROUP", "CatalogEntry", "catalog", "score_class"]

GROUP = "wattwhat.scores"


@attrs.frozen
class CatalogEntry:
    """One score of the catalogue.

    Args:
        name: the short name by which it is asked for.
        formula: in a line.
        source: where the formula comes from, and what of it is recalled, inferred or our own.
        home: ``module:class``, or the distribution of a third-party score.
        fitted: whether it needs a reference population or a reference model first.
    """

    name: str
    formula: str
    source: str
    home: str
    fitted: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.formula}\n    source: {self.source}"


_OWN = (
    CatalogEntry(
        "sam",
        "beta * accuracy**alpha / log10(electricity in unit), electricity > 1 unit",
        "Watt For What, arXiv 2310.06522 (formula on the authors' poster; accuracy as a fraction and kWh "
        "second hand; alpha = beta = 5 inferred from later users)",
        "wattwhat.scoring.sam_score:SAM",
    ),
    CatalogEntry(
        "grade",
        "A to G by energy per item / frontier(accuracy); frontier: 10 % quantile regression of "
        "log2(energy per item) on logit(accuracy), slope >= 0; edges 1.1, 1.3, 1.6, 2.2, 3.2, 5",
        "wattwhat's own; quantile regression after Koenker and Bassett, Econometrica 46 (1978)",
        "wattwhat.scoring.frontier:FrontierGrade",
        True,
    ),
    CatalogEntry(
        "reference",
        "A to E: index of each metric to a reference model, letters by published boundaries, weighted median",
        "Fischer, Jakobs, Muecke, Morik, ECML-PKDD 2022 workshops; numbers from their code "
        "(raphischer/imagenet-energy-efficiency at 65eb68c)",
        "wattwhat.scoring.reference_grade:ReferenceGrade",
        True,
    ),
    CatalogEntry(
        "stars",
        "5 to 1 stars by energy of 1000 items among a population: equal widths, or fifths of the models",
        "AI Energy Score (huggingface/AIEnergyScore, index.md at a5b9a04), whose rule can be read both ways",
        "wattwhat.scoring.energy_stars:EnergyStars",
        True,
    ),
    CatalogEntry(
        "full-cycle",
        "accuracy**tau / (inferences * energy of one inference + training energy)",
        "arXiv 2108.13465 as given in a survey; its tau was not found, so you say it",
        "wattwhat.scoring.quotient_scores:FullCycle",
    ),
    CatalogEntry(
        "netscore",
        "20 log10(a**2 / (p**0.5 * m**0.5)); a in percent, p in millions, m in thousand millions of MACs",
        "Wong, arXiv 1806.05512; the units are recalled (others shift all scores by one constant)",
        "wattwhat.scoring.size_aware_scores:NetScore",
    ),
    CatalogEntry(
        "sapi",
        "P**(1/2) / (log10(E in mJ per item)**(1/3) * log10(parameters)**(1/6))",
        "Sustainability-Aware Performance Index, a successor of SAM, read second hand; "
        "P as a fraction is our reading",
        "wattwhat.scoring.size_aware_scores:SAPI",
    ),
    CatalogEntry(
        "accuracy-per-joule",
        "accuracy / energy of one item",
        "Hanafy and others, as cited in arXiv 2303.01980; hazyresearch calls it intelligence per joule",
        "wattwhat.scoring.quotient_scores:AccuracyPerJoule",
    ),
)


def catalog(entry_points: Iterable[Any] | None = None) -> tuple[CatalogEntry, ...]:
    """Every score there is: this package's, then those that other distributions register.

    Third-party scores come by the entry-point group ``wattwhat.scores``; they are listed without being
    imported, so their formula is theirs to tell. A name of ours is not given away.

    Args:
        entry_points: entry points to take instead of those installed (for tests).

    Example:
        >>> [entry.name for entry in catalog(())][:3]
        ['sam', 'grade', 'reference']
    """
    from wattwhat.plugins import find_plugins

    ours = {entry.name for entry in _OWN}
    others = [
        CatalogEntry(
            name, "see its documentation", f"third party: {plugin.distribution or 'unknown'}", "plugin"
        )
        for name, plugin in find_plugins(GROUP, entry_points).items()
        if name not in ours
    ]
    return (*_OWN, *others)


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
    import importlib

    from wattwhat.plugins import find_plugins, load

    for entry in _OWN:
        if entry.name == name:
            module, attribute = entry.home.split(":")
            return getattr(importlib.import_module(module), attribute)
    plugins = find_plugins(GROUP, entry_points)
    if name in plugins:
        return load(plugins[name])
    known = ", ".join(dict.fromkeys([*(entry.name for entry in _OWN), *plugins]))
    raise ScoreError(f"there is no score {name!r}; known: {known}")
