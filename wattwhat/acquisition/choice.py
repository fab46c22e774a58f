"""Which of the meters that were found are kept: one for each id and device, estimates only for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.acquisition.duplicates import look_alikes
from wattwhat.plugins import pass_on
from wattwhat.records.containment import COVERED_BY
from wattwhat.sensing.meter import Meter, provenance_of

if TYPE_CHECKING:
    from wattwhat.acquisition.discovery import BackendAnswer

__all__ = ["choose_meters", "close_meters", "is_estimate", "twice"]


def close_meters(answers: Iterable[BackendAnswer]) -> None:
    """Close every meter that a survey opened."""
    for one in answers:
        for meter in one.meters:
            try:
                meter.close()
            except BaseException as err:  # closing is a courtesy; this meter is not used any more
                pass_on(err)


def choose_meters(answers: Sequence[BackendAnswer], *, explicit: bool) -> tuple[list[Meter], list[str]]:
    """The meters to keep: one for each channel id and device, estimates only where nothing is measured."""
    kept: dict[str, Meter] = {}
    homes: dict[str, str] = {}
    warnings = [] if explicit else [warning for one in answers for warning in _not_served(one)]
    measured: set[str] = set()
    for one in answers:
        for meter in one.meters:
            channel = meter.channel
            covered = is_estimate(meter) and bool(
                measured & COVERED_BY.get(channel.component, {channel.component})
            )
            if covered or channel.id in kept:
                if not covered:
                    warnings.append(twice(channel.id, homes[channel.id], one.plugin.name))
                _close_quietly(meter)
                continue
            kept[channel.id], homes[channel.id] = meter, one.plugin.name
            if not is_estimate(meter):
                measured.add(channel.component)
    serving = [(one.plugin.name, [m for m in one.meters if kept.get(m.channel.id) is m]) for one in answers]
    for meter, warning in look_alikes([pair for pair in serving if not any(map(is_estimate, pair[1]))]):
        _close_quietly(kept.pop(meter.channel.id))
        warnings.append(warning)
    return list(kept.values()), warnings


def _not_served(one: BackendAnswer) -> Iterator[str]:
    """Why a backend that failed, or that does not answer for now, serves nothing."""
    later = "; it is asked again later" if one.for_now else ""
    if one.broken:
        yield one.availability.reason + later
    elif one.for_now:
        yield f"backend {one.plugin.name!r} does not serve for now: {one.availability.reason}{later}"


def twice(channel_id: str, first: str, second: str) -> str:
    """What is said of an id that two meters carry.

    Args:
        channel_id: the id.
        first: name of the backend whose meter is used.
        second: name of the backend whose meter is not.
    """
    whose = f"two meters of backend {first!r}" if first == second else f"backends {first!r} and {second!r}"
    return f"{channel_id}: {whose} carry this id; only the first is read, and the other's energy is not known"


def _close_quietly(meter: Meter) -> None:
    try:
        meter.close()
    except BaseException as err:
        pass_on(err)


def is_estimate(meter: Any) -> bool:
    """Whether a meter says that its numbers come from a model."""
    return bool(provenance_of(meter) == "estimated")
