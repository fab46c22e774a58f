"""A budget as a table: each source with its share, and what repeats and channels have in common."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from wattwhat.records.channel_energy import own_u
from wattwhat.records.sources import EDGES, HELD, LOST, REPEATS, RESOLUTION, SYSTEMATIC, UNSEEN
from wattwhat.records.terminal import shown

if TYPE_CHECKING:
    from wattwhat.records.budget import Budget
    from wattwhat.records.channel_energy import ChannelEnergy

__all__ = ["notes_of", "rows_of", "table"]

_MOST_NAMED = 4
# What is drawn anew at every edge and in every span; `wattwhat.measuring.blocks` and `wattwhat.energy.joules`
# add it in quadrature. What is in neither group (of somebody else's log, say) is left open.
_ANEW = (EDGES, RESOLUTION, UNSEEN, LOST)


def table(budget: Budget, entries: Iterable[ChannelEnergy] = ()) -> str:
    """The budget with, for each source, whether repeats and channels have it in common.

    Args:
        budget: at least one source.
        entries: the channels whose sum it is of; without two of them nothing is said about channels.

    Example:
        >>> from wattwhat.records.budget import Budget
        >>> print(table(Budget.of({"sensor gain": 3.0, "stale edges": 4.0})))
        source           u (k=1)    share of variance   in repeats
        stale edges      4 J         64 %               anew
        sensor gain      3 J         36 %               the same
        combined         5 J        100 %
        largest: stale edges. run longer: the two edges of a window weigh less
    """
    lines = [f"{a:<16} {b:<10} {c:<19} {d:<13} {e}".rstrip() for a, b, c, d, e in rows_of(budget, entries)]
    return shown([*lines, *notes_of(budget, entries)])


def rows_of(budget: Budget, entries: Iterable[ChannelEnergy]) -> list[tuple[str, str, str, str, str]]:
    """The heads, a row for each source and one for all; the last cells are empty with one channel."""
    counted = _added(entries)
    several = len(counted) > 1
    rows = [("source", "u (k=1)", "share of variance", "in repeats", "between channels" if several else "")]
    for source, u in budget:
        between = _between(source, _groups(source, counted)) if several else ""
        rows.append((source[:24], f"{u:.3g} J", _share(u, budget.u), _repeats(source), between))
    return [*rows, ("combined", f"{budget.u:.3g} J", _share(budget.u, budget.u), "", "")]


def notes_of(budget: Budget, entries: Iterable[ChannelEnergy]) -> list[str]:
    """Sentences: which channels have a source in common, and what to attack first."""
    counted = _added(entries)
    several = len(counted) > 1
    notes = [
        _note(source, _groups(source, counted)) for source, _ in budget if several and source in SYSTEMATIC
    ]
    return [sentence for sentence in (*notes, budget.advice) if sentence]


def _added(entries: Iterable[ChannelEnergy]) -> list[ChannelEnergy]:
    return [entry for entry in entries if entry.counted and entry.energy_j is not None]


def _share(u: float, total: float) -> str:
    if not math.isfinite(total):
        return "unknown"
    return f"{100.0 * (u / total) ** 2:3.0f} %"


def _repeats(source: str) -> str:
    if source in SYSTEMATIC or source == HELD:
        return "the same"
    return "anew" if source in _ANEW else "their spread" if source == REPEATS else "-"


def _groups(source: str, counted: Sequence[ChannelEnergy]) -> dict[str, list[str]]:
    """Ids of the channels that this source is of, by the backend within which they err alike."""
    groups: dict[str, list[str]] = {}
    for entry in counted:
        if own_u(source, entry):
            groups.setdefault(entry.channel.backend, []).append(entry.channel.id)
    return groups


def _between(source: str, groups: dict[str, list[str]]) -> str:
    if source in SYSTEMATIC:
        alike = [ids for ids in groups.values() if len(ids) > 1]
        if not groups:
            return "-"
        return "independent" if not alike else "common" if len(groups) == 1 else "common in part"
    if source == HELD:
        return "common"
    return "independent" if source in _ANEW else "of the sum" if source == REPEATS else "-"


def _note(source: str, groups: dict[str, list[str]]) -> str:
    """Which channels have a source in common, by the rules of `wattwhat.energy.totals.total`."""
    alike = [f"common to {_listed(ids)}" for ids in groups.values() if len(ids) > 1]
    if not alike:
        return ""
    apart = f"; independent between {', '.join(groups)}" if len(groups) > 1 else ""
    return f"{source}: {'; '.join(alike)}, whose parts add up plainly{apart}"


def _listed(ids: Sequence[str]) -> str:
    """Names of channels, without the host where all are of one; estimates of processes have one name."""
    from wattwhat.records.escaping import one_line

    one_host = len({name.partition("/")[0] for name in ids}) == 1
    names = []
    for name, count in Counter(ids).items():
        shown = one_line(name.partition("/")[2] or name if one_host else name)
        names.append(shown if count == 1 else f"{shown} ({count} times)")
    more = len(names) - _MOST_NAMED
    if more > 0:
        return f"{', '.join(names[:_MOST_NAMED])} and {more} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
