"""Joules of a gauge between two edges of windows: its integral between them, or what is known else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattwhat.acquisition.channel_warnings import of_channel
from wattwhat.energy.gauge import between_rests, gauge_energy
from wattwhat.energy.joules import bounded
from wattwhat.records.assumptions import period_s, power_limit_w
from wattwhat.records.caution import Caution
from wattwhat.records.formatting import time_words

if TYPE_CHECKING:
    from wattwhat.acquisition.gauge_input import GaugeInput
    from wattwhat.acquisition.inputs import Energy, Mark

__all__ = ["gauge_window"]


def gauge_window(gauge: GaugeInput, begin_at: Mark, end_at: Mark, aligned: bool) -> Energy:
    """What a gauge showed of a window, as `wattwhat.acquisition.inputs.Input.energy` has it."""
    first, last = begin_at.item, end_at.item
    channel, duration_s = gauge.channel, (end_at.t_ns - begin_at.t_ns) * 1e-9
    if first is None or last is None:
        return _without_samples(gauge, duration_s)
    if aligned and first.before and last.after:
        sums, change_w = between_rests(first.before, last.after, gauge.rest_s)
        joules = gauge_energy(
            sums, duration_s, channel, unrest_w=(change_w, change_w), provenance=gauge.provenance
        )
        return joules, of_channel(channel.id, joules.warnings)
    (begin, blind_begin), (end, blind_end) = gauge.at(first), gauge.at(last)
    if begin is None or end is None:
        return _without_samples(gauge, duration_s)
    sums = end.minus(begin)
    missing_s = max(blind_end - blind_begin, 0.0) if gauge.error is not None else 0.0
    if missing_s > gauge.lag_s + gauge.poll_s:
        extra_j = power_limit_w(channel) * missing_s
        known_j = max(sums.energy_j - (end.last or (0.0, 0.0))[1] * missing_s, 0.0)
        warning = f"{channel.id}: lost the last {missing_s:.3g} s of {duration_s:.3g} s ({gauge.error})"
        if channel.max_power_w is None:
            return None, (Caution("lost", f"{warning}; {known_j:.3g} J were shown before"),)
        joules = bounded(known_j, extra_j, duration_s, channel, gauge.provenance)
        return joules, (Caution("lost", warning),)
    joules = gauge_energy(
        sums,
        duration_s,
        channel,
        placed=begin_at.energy_until(end_at),
        unrest_w=(first.unrest_w, last.unrest_w),
        steps_w=(first.step_w, last.step_w),
        blind_s=min(blind_end, duration_s),
        provenance=gauge.provenance,
    )
    warnings = joules.warnings
    if 2.0 * joules.quantity.u > 0.25 * abs(joules.value_j) and duration_s < 5.0 * gauge.lag_s:
        warning = (
            f"a window of {time_words(duration_s)} says little on a gauge that updates every "
            f"{time_words(period_s(channel))}: use a longer window, or measure(), or phases() for "
            "spans that come again and again"
        )
        warnings += (Caution("short", warning),)
    return joules, of_channel(channel.id, warnings)


def _without_samples(gauge: GaugeInput, duration_s: float) -> Energy:
    channel = gauge.channel
    why = gauge.error or ("a reading has not come back yet" if gauge.beside else "no sample yet")
    warning = f"{channel.id}: lost, the gauge showed nothing ({why})"
    if channel.max_power_w is None or gauge.error is not None:
        return None, (Caution("lost", warning),)
    warning += f"; between 0 and {channel.max_power_w:g} W is assumed"
    joules = bounded(0.0, channel.max_power_w * duration_s, duration_s, channel, gauge.provenance)
    return joules, (Caution("lost", warning),)
