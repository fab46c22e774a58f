"""Warnings of windows, each beginning with the channel that it is about."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from wattwhat.records.caution import Caution, code_of

if TYPE_CHECKING:
    from wattwhat.acquisition.inputs import Input

__all__ = ["joined", "looks_away_warnings", "of_channel"]


@lru_cache(maxsize=256)
def of_channel(channel_id: str, sentences: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences that begin with the channel; the same objects for the same sentences."""
    return tuple(Caution(code_of(one) or "lost", f"{channel_id}: {one}") for one in sentences)


@lru_cache(maxsize=256)
def joined(*groups: tuple[str, ...]) -> tuple[str, ...]:
    """Groups of sentences in one tuple, each once; the same object for the same sentences."""
    return tuple(dict.fromkeys(sentence for group in groups for sentence in group))


def looks_away_warnings(sensor: Input) -> tuple[str, ...]:
    """That a sensor measures a part of the time only, if it does."""
    channel = sensor.channel
    if sensor.provenance != "measured" or (channel.is_counter and channel.averaging_window_s is None):
        return ()
    from wattwhat.energy.gauge_timing import looks_away_warning

    return of_channel(channel.id, looks_away_warning(channel))
