"""Which channels lie inside which, so that no joule is counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wattwhat.records.channel import Channel, with_enclosed

__all__ = ["counted_ids", "related"]


def counted_ids(channels: Iterable[Channel]) -> set[str]:
    """Ids of the channels whose energies may be added: no other given channel contains them.

    A channel of component ``"wall"`` or ``"host"`` contains every other channel of its host (the first part
    of the id): a meter in the mains or of the whole machine cannot know their names.

    Args:
        channels: channels read together; the same id twice is one channel.

    Returns:
        The ids that are not inside another one, however deep the nesting.

    Example:
        >>> core = Channel("h/rapl/core-0", "rapl", "core 0", "core", "energy")
        >>> package = Channel("h/rapl/package-0", "rapl", "package 0", "cpu", "energy",
        ...                   contains=(core.id,))
        >>> counted_ids([core, package])
        {'h/rapl/package-0'}
    """
    by_id = with_enclosed({channel.id: channel for channel in channels})
    inside: set[str] = set()
    for channel in by_id.values():
        inside |= _descendants(channel, by_id)
    # Two channels that claim to contain each other would both vanish: keep the first of such a ring.
    counted = set(by_id) - inside
    for channel_id in by_id:
        if channel_id in counted or _has_counted_ancestor(channel_id, counted, by_id):
            continue
        counted.add(channel_id)
    return counted


def _descendants(channel: Channel, by_id: dict[str, Channel]) -> set[str]:
    """Every id inside this channel, its own left out; ids nobody reads here still pass containment on."""
    ids: set[str] = set()
    todo = list(channel.contains)
    while todo:
        channel_id = todo.pop()
        if channel_id in ids or channel_id == channel.id:
            continue
        ids.add(channel_id)
        if channel_id in by_id:
            todo.extend(by_id[channel_id].contains)
    return ids


def _has_counted_ancestor(channel_id: str, counted: set[str], by_id: dict[str, Channel]) -> bool:
    return any(channel_id in _descendants(by_id[other], by_id) for other in counted)


def related(channels: Mapping[str, Channel]) -> tuple[dict[str, frozenset[str]], dict[str, int]]:
    """Which keys share joules, and how deep each lies.

    Args:
        channels: a channel for each key; several keys may have channels of one id.

    Returns:
        For each key the keys of itself, of what contains it and of what it contains, however deep; and for
        each key by how many it is contained.
    """
    by_id: dict[str, list[str]] = {}
    contains: dict[str, set[str]] = {}
    channels = with_enclosed(channels)
    for key, channel in channels.items():
        by_id.setdefault(channel.id, []).append(key)
        contains.setdefault(channel.id, set()).update(channel.contains)
    relatives = {key: {key} for key in channels}
    depth = dict.fromkeys(channels, 0)
    for outer, channel in channels.items():
        for inner_id in _inside(channel.id, contains):
            for inner in by_id.get(inner_id, ()):
                relatives[outer].add(inner)
                relatives[inner].add(outer)
                depth[inner] += 1
    return {key: frozenset(keys) for key, keys in relatives.items()}, depth


def _inside(channel_id: str, contains: Mapping[str, set[str]]) -> set[str]:
    ids: set[str] = set()
    todo = list(contains.get(channel_id, ()))
    while todo:
        inner = todo.pop()
        if inner not in ids and inner != channel_id:
            ids.add(inner)
            todo.extend(contains.get(inner, ()))
    return ids


# A component on the left is covered where any channel of those on the right is measured: what they show
# includes it. A board's or module's sensor sees everything on it.
COVERED_BY = {
    "cpu": {"cpu", "soc", "module", "host", "wall"},
    "dram": {"dram", "soc", "module", "host", "wall"},
    "gpu": {"gpu", "board", "module", "host", "wall"},
}
