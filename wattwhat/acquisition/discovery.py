"""Which meters serve: every backend asked in turn, each on its own, and the estimate for what is left."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import attrs

from wattwhat.acquisition.choice import choose_meters, close_meters, is_estimate
from wattwhat.acquisition.job_meters import JobMeter, job_meters
from wattwhat.acquisition.meter_set import MeterSet
from wattwhat.acquisition.read_together import read_together
from wattwhat.errors import ArgumentError, BackendError, WattwhatError, error_text
from wattwhat.plugins import Plugin, find_plugins, pass_on
from wattwhat.records.caution import Caution
from wattwhat.records.channel import Channel
from wattwhat.sensing.backend import Availability, Backend, open_backend, probe
from wattwhat.sensing.backend_options import are_given
from wattwhat.sensing.bounded import within
from wattwhat.sensing.meter import Meter, provenance_of
from wattwhat.sensing.user_paths import profiles_path

__all__ = ["ENV_BACKENDS", "BackendAnswer", "open_meter_set", "survey"]

ENV_BACKENDS = "WATTWHAT_BACKENDS"
# How long one backend may take to start, answer probe() and open its meters; a first line of a program that a
# backend starts may well take 10 s.
OPENING_S = 30.0


@attrs.frozen
class BackendAnswer:
    """What came of asking one backend: loaded or not, available or not, with its meters if asked for.

    Args:
        plugin: where it comes from.
        availability: its own answer, or why it could not be asked.
        backend: the backend, or None if it could not be loaded.
        meters: its open meters; empty unless it is available and they were asked for.
        broken: whether it failed rather than being without hardware.
        hung: whether it did not answer in time; nobody knows what it would have measured.
    """

    plugin: Plugin
    availability: Availability
    backend: Backend | None = None
    meters: tuple[Meter, ...] = ()
    broken: bool = False
    hung: bool = False

    @property
    def for_now(self) -> bool:
        """Whether it may well serve later: it could not open its meters, or says itself that this passes."""
        if self.broken:
            return self.backend is not None
        return not self.availability.available and getattr(self.availability, "for_now", False) is True

    @property
    def version(self) -> str | None:
        """Version of the vendor library in use, or None."""
        version = _safely(self.backend, "version")
        return None if version is None else str(version)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the backend says about its channels, for instance duplicates it dropped."""
        return _sentences(_safely(self.backend, "notes"))


def survey(
    names: Iterable[str] | None = None,
    *,
    plugins: Mapping[str, Plugin] | None = None,
    open_meters: bool = True,
) -> list[BackendAnswer]:
    """Ask every backend, or those named, whether it can serve, and open its meters.

    Args:
        names: names to ask; None asks all.
        plugins: plugins to choose from; None takes the installed ones.
        open_meters: whether to open the meters of those that are available.

    Returns:
        One entry a backend, sensors first, estimates last; nothing is raised for a broken one, and one that
        hangs is left behind after OPENING_S seconds.
    """
    known = find_plugins() if plugins is None else plugins
    chosen = list(known) if names is None else list(dict.fromkeys(names))
    answers = [_ask_in_time(known[name], open_meters) for name in chosen]
    return sorted(answers, key=lambda one: any(is_estimate(meter) for meter in one.meters))


def _ask_in_time(plugin: Plugin, open_meters: bool) -> BackendAnswer:
    try:
        return within(OPENING_S, _ask, plugin, open_meters, late=lambda answer: close_meters([answer]))
    except TimeoutError:
        reason = f"backend {plugin.name!r} hangs: it did not start and open its meters within {OPENING_S:g} s"
        remedy = f"see to its device, or name the backends to use in {ENV_BACKENDS} without it"
        return BackendAnswer(plugin, Availability(False, reason, remedy), broken=True, hung=True)


def _ask(plugin: Plugin, open_meters: bool) -> BackendAnswer:
    try:
        backend = open_backend(plugin)
    except BackendError as err:
        return BackendAnswer(plugin, Availability(False, str(err), _remedy(plugin)), broken=True)
    answer = probe(backend)
    if not answer.available or not open_meters:
        return BackendAnswer(plugin, answer, backend)
    try:
        meters = tuple(backend.meters())
        for meter in meters:
            _check_meter(meter)
        meters = read_together(backend, meters)
    except BaseException as err:
        pass_on(err)
        ours = isinstance(err, WattwhatError)
        problem = str(err) if ours else error_text(err)
        reason = f"the probe of backend {plugin.name!r} said yes, but opening its meters failed: {problem}"
        author = f"report this to the author of {plugin.distribution or plugin.name}"
        remedy = "see to what it says; it is asked again later" if ours else author
        return BackendAnswer(plugin, Availability(False, reason, remedy), backend, broken=True)
    return BackendAnswer(plugin, answer, backend, meters)


def _remedy(plugin: Plugin) -> str:
    """What to do about a backend that does not start."""
    try:
        given = are_given(plugin.name)
    except BackendError:  # the file that may say them is unclear
        given = True
    return "correct its options, or leave them out" if given else "reinstall or remove it"


def open_meter_set(
    names: Sequence[Any] | None = None, *, plugins: Mapping[str, Plugin] | None = None
) -> MeterSet:
    """Open the meters of these backends as one meter set.

    Args:
        names: backends to use, by name or as Backend objects; None takes those of the environment variable
            WATTWHAT_BACKENDS (names separated by commas), else every available one, and estimates only for
            what no sensor covers.
        plugins: plugins to choose from; None takes the installed ones.

    Raises:
        BackendError: a name is unknown or cannot serve, or nothing at all can be read.
    """
    known = find_plugins() if plugins is None else plugins
    if names is None and os.environ.get(ENV_BACKENDS):
        names = [name.strip() for name in os.environ[ENV_BACKENDS].split(",") if name.strip()]
        for name in names:
            if name not in known:
                raise BackendError(
                    f"{ENV_BACKENDS}: there is no backend {name!r}; there are: {', '.join(known)}"
                )
        names = names or None
    if names is not None:
        names, known = _name_objects(names, known)
        _check_names(names, known)
    answers = survey(names, plugins=known)
    if names is not None:
        _check_available(answers, known)
    kept, warnings = choose_meters(answers, explicit=names is not None)
    if not kept:
        raise BackendError(
            f"nothing can be read here, by any backend; {_roll_call(answers)}; run 'wattwhat doctor'"
        )
    used = {id(meter) for meter in kept}
    serving = [one for one in answers if any(id(meter) in used for meter in one.meters)]
    profiles, doubts = _profiles()
    versions = {id(meter): one.version for one in serving for meter in one.meters}
    kept, shared = job_meters(kept, lambda meter: _as_calibrated(meter, versions.get(id(meter)), profiles))
    meter_set = MeterSet(
        kept,
        warnings=[*warnings, *shared, *doubts, *_unread(answers, serving)],
        versions={one.plugin.name: one.version for one in serving if one.version},
        backends=[one.backend for one in serving],
    )
    meter_set.not_yet = () if names is not None else tuple(one.plugin.name for one in answers if one.for_now)
    for sensor in meter_set.inputs:
        if isinstance(sensor.meter, JobMeter):
            sensor.version, sensor.meter.sensor = versions.get(id(sensor.meter.meter)), sensor
        else:
            sensor.version = versions.get(id(sensor.meter))
            if profiles:
                sensor.learn(_as_calibrated(sensor.meter, sensor.version, profiles))
    return meter_set


def _as_calibrated(meter: Meter, version: str | None, profiles: Mapping[Any, Any]) -> Channel:
    if not profiles:
        return meter.channel
    from wattwhat.sensing.profiles import profiled

    return profiled(meter.channel, version, profiles)


def _profiles() -> tuple[Mapping[Any, Any], tuple[str, ...]]:
    """What calibration found on this machine; without its file, no more than a look for that is done."""
    path = profiles_path()
    if not os.path.exists(path):
        return {}, ()
    from wattwhat.sensing.profiles import read_profiles

    return read_profiles(path)


def _name_objects(
    names: Sequence[Any], known: Mapping[str, Plugin]
) -> tuple[list[str], Mapping[str, Plugin]]:
    """Backends that were handed over as objects, under a name of their own beside the installed ones."""
    given: dict[str, Plugin] = {}
    chosen = []
    for number, one in enumerate(names):
        name = one
        if not isinstance(one, str):
            name = getattr(one, "name", "") or f"{type(one).__name__}"
            name = name if name not in given else f"{name}-{number}"
            given[name] = Plugin(name, None, partial(partial, _itself, one))
        chosen.append(name)
    return chosen, {**known, **given}


def _itself(backend: Any) -> Any:
    return backend


def _unread(answers: Sequence[BackendAnswer], serving: Sequence[BackendAnswer]) -> list[str]:
    """What is there and could not be read: of the backends that serve, and of those that may not."""
    asked = [one for one in answers if one in serving or not one.availability.available]
    sentences = [sentence for one in asked for sentence in _sentences(_safely(one.backend, "warnings"))]
    sentences += [f"{one.availability.reason}; {one.availability.remedy}" for one in answers if one.hung]
    return [Caution("unread", one) for one in dict.fromkeys(sentences)]


def _safely(backend: Any, name: str) -> Any:
    """An optional attribute of a backend; None where it is missing or raises."""
    try:
        return getattr(backend, name, None)
    except BaseException as err:  # a property of somebody else's class
        pass_on(err)
        return None


def _sentences(value: Any) -> tuple[str, ...]:
    """What a backend says about itself; nothing where that is no list of sentences."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, (list, tuple)) else ()


def _check_meter(meter: Any) -> None:
    if not isinstance(meter.channel, Channel):
        raise BackendError(
            f"{type(meter).__name__}.channel is {meter.channel!r}, expected a wattwhat.Channel"
        )
    provenance = provenance_of(meter)
    if provenance not in ("measured", "estimated"):
        raise BackendError(
            f"{meter.channel.id}: provenance {provenance!r}, expected 'measured' or 'estimated'"
        )


def _check_names(names: Sequence[str], known: Mapping[str, Plugin]) -> None:
    if not names:
        raise ArgumentError(
            argument="backends", expected="at least one name, or None for every available backend"
        )
    for name in names:
        if name not in known:
            raise BackendError(
                f"backends: there is no {name!r} here; {_roll_call(survey(plugins=known, open_meters=False))}"
            )


def _check_available(answers: Sequence[BackendAnswer], known: Mapping[str, Plugin]) -> None:
    for one in answers:
        if one.meters:
            continue
        close_meters(answers)
        # what an available one says of itself tells what it can do, not what it lacks
        why = "it has no channel here" if one.availability.available else one.availability.reason
        remedy = f" ({one.availability.remedy})" if one.availability.remedy else ""
        others = _roll_call(survey(set(known) - {one.plugin.name}, plugins=known, open_meters=False))
        raise BackendError(f"backends: {one.plugin.name!r} cannot serve: {why}{remedy}; {others}")


def _roll_call(answers: Sequence[BackendAnswer]) -> str:
    there = [one.plugin.name for one in answers if one.availability.available]
    not_there = [
        f"{one.plugin.name} ({one.availability.reason})" for one in answers if not one.availability.available
    ]
    listed = f"available: {', '.join(there) or 'none'}"
    return listed + (f"; not available: {'; '.join(not_there)}" if not_there else "")
