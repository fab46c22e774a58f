"""From the timelines of all channels to one Measurement a phase, and one of the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.acquisition.channel_warnings import looks_away_warnings, of_channel
from wattwhat.acquisition.outcome import measurement_of
from wattwhat.acquisition.unseen_gpu import unseen_gpu
from wattwhat.energy.joules import Joules, sensor_parts
from wattwhat.energy.timeline_live import LiveTimeline
from wattwhat.errors import WindowError
from wattwhat.records.assumptions import period_s
from wattwhat.records.formatting import time_words
from wattwhat.records.sources import EDGES, LOST, UNSEEN
from wattwhat.workloads.accelerators import accelerator_in_use, unwaited

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from wattwhat.acquisition.phase_tracks import Track, Tracks
    from wattwhat.acquisition.phases import Phases
    from wattwhat.energy.joint import Posterior
    from wattwhat.records.measurement import Measurement

    Array = npt.NDArray[np.float64]

__all__ = ["Results", "latest"]

# A power whose uncertainty stayed above this part of what it was before anything was seen was not told apart.
_UNTOLD = 0.33
# Two energies that are uncertain together: what one has too much, the other lacks.
_AGAINST = -0.9
# From so many updates on, that is because the phases keep step with the sensor.
_ENOUGH = 12


@attrs.frozen(eq=False)
class Results:
    """What phases took.

    Args:
        parts: Measurement by name.
        total: of all moments at which any phase was open.
    """

    parts: Mapping[str, Measurement]
    total: Measurement


def latest(owner: Phases, tracks: Tracks | None) -> Results:
    """What phases took until now; where they are in the middle of an edge, what was found before.

    A signal handler may ask there, and what it interrupts is not complete. Spans of a handler that interrupts
    this are counted after it.

    Args:
        owner: the phases, whose lock is held.
        tracks: what their meters showed; None before the first span.
    """
    kept: tuple[int, Results] | None = owner._found
    if tracks is None:
        raise WindowError(f"phases {owner.label!r}: no span has begun; open one with p('name') first")
    if owner._at_edge and kept is None:
        raise WindowError(f"phases {owner.label!r}: a span is just beginning or ending; ask after that")
    names = owner._names
    if kept is not None and (owner._at_edge or (not names.open and kept[0] == owner._version)):
        return kept[1]
    owner._at_edge = True
    try:
        found = results(owner, tracks)
    finally:
        owner._at_edge = False
    owner._found = (owner._version, found)
    return found


def results(owner: Phases, tracks: Tracks) -> Results:
    """Everything that phases took until now.

    Args:
        owner: the phases.
        tracks: what their meters showed.
    """
    if not owner._counted.open:
        tracks.read()  # where a tick came since the last edge, its joules are known better
    now_s = tracks.meter_set.clock() * 1e-9
    states, names = owner._counted.states.count, list(owner._counted.sums)
    members = _members(owner, names, states)
    pieces = tracks.pieces(now_s)
    time_s = members @ tracks.time_s(now_s, states)
    accounts: list[list[tuple[Any, Joules | None, tuple[str, ...]]]] = [[] for _ in range(len(members))]
    for track in tracks.all:
        lost = _lost(track, tracks, float(time_s[-1]), now_s)
        posterior = None
        if pieces is not None and not (lost and lost[0] is None):
            posterior = track.posterior(pieces, states, now_s)
            lost = lost if posterior is not None else _failed(track)
        for row, kept in enumerate(members):
            joules = None
            if posterior is not None:
                joules = _joules(track, posterior, kept, float(time_s[row]), lost)
            warnings = () if lost is None else lost[1]
            if posterior is not None:
                warnings += _warnings(track, posterior, owner, now_s)
            accounts[row].append((track.sensor, joules, warnings))
    return _measurements(owner, tracks, names, accounts, time_s)


def _members(owner: Phases, names: list[str], states: int) -> Array:
    """Which part of each state (column) belongs to each name (line); the last line is that of all."""
    import numpy as np

    rows = {name: row for row, name in enumerate(names)}
    members = np.zeros((len(names) + 1, states))
    for state, number in owner._counted.states.numbers.items():
        for name in state:
            members[rows[name], number] = 1.0
        members[-1, number] = float(bool(state))
    crowd_s = owner._counted.states.crowd_s
    for one, seconds in crowd_s.items():
        members[-1 if one is None else rows[one], -1] = seconds / (crowd_s[None] or 1.0)
    return members


def _joules(track: Track, posterior: Posterior, kept: Array, time_s: float, lost: Any) -> Joules:
    value_j = float(kept @ posterior.energy_j)
    u_j = math.sqrt(max(float(kept @ posterior.covariance_j2 @ kept), 0.0))
    channel, provenance = track.sensor.channel, track.sensor.provenance
    parts = [(EDGES if track.is_counter else UNSEEN, u_j)]
    if lost is not None:
        # what was drawn after the loss may have been anything
        parts.append((LOST, track.timeline.limit_w * time_s * lost[2] / math.sqrt(12.0)))
    parts += sensor_parts(value_j, time_s, channel, provenance)
    return Joules(value_j, tuple((source, u) for source, u in parts if u))


def _lost(
    track: Track, tracks: Tracks, time_s: float, now_s: float
) -> tuple[float | None, tuple[str, ...], float] | None:
    """Seconds that were not seen (None: all), a sentence about it, and the share of the time; else None."""
    sensor = track.sensor
    if track.failed is not None:
        return _failed(track)
    reason = sensor.error or "no reading"
    if not track.looks:
        return None, (f"{sensor.channel.id}: lost, it showed nothing ({reason})",), 1.0
    period = period_s(sensor.channel)
    span_s = tracks.last_s(now_s) - tracks.first_s
    timeline = track.timeline
    if (
        track.is_counter
        and sensor.provenance == "measured"
        and timeline.taken_s is None
        and len(timeline.values) == 1
        and span_s >= 5.0 * period
        and not sensor.lost
        and (sensor.channel.resolution or 0.0) <= span_s
    ):
        return None, (f"{sensor.channel.id}: lost, the counter did not move in {span_s:.3g} s",), 1.0
    missing_s = tracks.last_s(now_s) - track.latest_s
    if sensor.error is None or missing_s <= 3.0 * period:
        return None
    missing_s = min(missing_s, span_s)
    warnings = f"{sensor.channel.id}: lost the last {missing_s:.3g} s of {span_s:.3g} s ({sensor.error})"
    return missing_s, (warnings,), missing_s / max(span_s, 1e-9)


def _failed(track: Track) -> tuple[float | None, tuple[str, ...], float]:
    """What is said where the arithmetic failed: nothing is known, and the program is not to suffer."""
    return None, (f"{track.sensor.channel.id}: lost, its readings could not be judged ({track.failed})",), 1.0


def _warnings(track: Track, posterior: Posterior, owner: Phases, now_s: float) -> tuple[str, ...]:
    """Names what could not be told apart, and why."""
    if isinstance(track.timeline, LiveTimeline):
        return ()
    untold = _untold(posterior, owner)
    warnings = looks_away_warnings(track.sensor)
    if untold:
        names = ", ".join(repr(name) for name in owner._counted.sums if name in untold)
        every = time_words(period_s(track.sensor.channel))
        if posterior.rows < _ENOUGH:
            why = (
                f"the sensor updates every {every} and was seen to do so {posterior.rows} times: it says "
                f"little about {names}; repeat them more often"
            )
        else:
            why = (
                f"{names} cannot be told apart on this sensor: their spans keep step with its updates every "
                f"{every}, or they never run without each other; vary their lengths, or the pauses between"
            )
        warnings += of_channel(track.sensor.channel.id, (why,))
    return warnings


def _untold(posterior: Posterior, owner: Phases) -> set[str]:
    """Names whose powers were not told apart, and those that make up for them."""
    import numpy as np

    named = np.zeros(len(posterior.power_u_w), dtype=bool)
    named[[number for state, number in owner._counted.states.numbers.items() if state]] = True
    wide = named & (posterior.power_u_w > _UNTOLD * posterior.prior_u_w)
    u_j = np.sqrt(np.maximum(np.diag(posterior.covariance_j2), 1e-30))
    against = (posterior.covariance_j2 / np.outer(u_j, u_j) < _AGAINST) & wide[:, None]
    alike = wide | against.any(axis=0)
    return {
        name for state, number in owner._counted.states.numbers.items() if alike[number] for name in state
    }


def _measurements(
    owner: Phases, tracks: Tracks, names: list[str], accounts: list[Any], time_s: Array
) -> Results:
    from wattwhat.acquisition.conditions import environment_of

    meter_set = tracks.meter_set
    shared: dict[str, Any] = {
        "environment": environment_of(meter_set),
        "warnings": (*unseen_gpu(meter_set, accelerator_in_use()), *unwaited(owner._sync)),
    }
    parts = {}
    for row, name in enumerate(names):
        one = owner._counted.sums[name]
        parts[name] = measurement_of(
            meter_set,
            accounts[row],
            label=name,
            duration_s=float(time_s[row]),
            started_ns=one.started_ns,
            calls=one.calls,
            items=one.items,
            details={"phases": owner.label},
            **shared,
        )
    total = measurement_of(
        meter_set,
        accounts[-1],
        label=owner.label,
        duration_s=float(time_s[-1]),
        started_ns=min(one.started_ns for one in owner._counted.sums.values()),
        details={"phases": names},
        **shared,
    )
    return Results(parts, total)
