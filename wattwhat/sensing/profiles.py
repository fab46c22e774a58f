"""What was found about this machine's sensors, kept in a file of the user's: read cheaply, written on demand.

Only `write_profiles` writes, and only ``wattwhat calibrate`` calls it. Reading never raises: a file that
cannot be used is a sentence.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, error_text
from wattwhat.plugins import pass_on
from wattwhat.records.channel import Channel
from wattwhat.records.small_files import read_small_text
from wattwhat.sensing.user_paths import ENV_PROFILES, profiles_path

__all__ = ["Profile", "profiled", "read_profiles", "write_profiles"]

_SCHEMA = 1

# What measurements go by; the resolution is the backend's to state.
_USED = ("update_period_s", "averaging_window_s", "delay_s", "rise_s")

Key = tuple[str, str, str | None]


def _seconds(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    zero = attribute.name in ("delay_s", "rise_s")
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if value is not None and not (number and (value > 0 or (zero and value == 0))):
        raise ArgumentError(
            argument=attribute.name, expected=f"a number {('>= 0' if zero else '> 0')} or None", got=value
        )


def _text(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not (value or attribute.name == "load"):
        raise ArgumentError(argument=attribute.name, expected="a text", got=value)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


@attrs.frozen
class Profile:
    """What calibration found about one channel, with one version of its driver.

    Args:
        channel_id: id of the channel.
        device: the device in words, as the channel has it.
        found_at: day on which it was found, as 2026-11-02.
        version: version of the vendor's library and driver; None if the backend tells none.
        update_period_s: time between two new values, in s; None if it was not found, as below.
        averaging_window_s: time whose power one value holds, in s.
        delay_s: from the end of that window until the value can be read, in s.
        rise_s: time constant of the first-order rise, in s.
        resolution: step of the value as seen, in J or W.
        load: the load that was used.
        notes: sentences about what is doubtful.

    Raises:
        ArgumentError: a field is outside what is allowed; the message names it.

    Example:
        >>> Profile("h/x/0", "a GPU", "2026-11-02", update_period_s=0.1, averaging_window_s=0.025).found_at
        '2026-11-02'
    """

    channel_id: str = attrs.field(validator=_text)
    device: str = attrs.field(validator=_text)
    found_at: str = attrs.field(validator=_text)
    version: str | None = attrs.field(default=None, validator=attrs.validators.optional(_text))
    update_period_s: float | None = attrs.field(default=None, validator=_seconds)
    averaging_window_s: float | None = attrs.field(default=None, validator=_seconds)
    delay_s: float | None = attrs.field(default=None, validator=_seconds)
    rise_s: float | None = attrs.field(default=None, validator=_seconds)
    resolution: float | None = attrs.field(default=None, validator=_seconds)
    load: str = attrs.field(default="", validator=_text)
    notes: tuple[str, ...] = attrs.field(default=(), converter=_texts)

    @property
    def key(self) -> Key:
        """What it belongs to: another device in the same place, or another driver, has none of this."""
        return (self.channel_id, self.device, self.version)

    @classmethod
    def from_dict(cls, data: Any) -> Profile:
        """A profile from plain data; fields of later versions are passed over."""
        names = {field.name for field in attrs.fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in names})


def read_profiles(path: str | None = None) -> tuple[dict[Key, Profile], tuple[str, ...]]:
    """Read the kept profiles; never raises.

    Args:
        path: the file; None takes `wattwhat.sensing.user_paths.profiles_path`.

    Returns:
        Profiles by channel id, device and version, and a sentence about what could not be read. No file
        is no profiles, and nothing to say.

    Example:
        >>> read_profiles("no/such/file.json")
        ({}, ())
    """
    file = profiles_path() if path is None else path
    try:
        if not os.path.exists(file):
            return {}, ()
        import json

        data = json.loads(read_small_text(file))
        if data["schema"] != _SCHEMA:
            return {}, (_broken(file, f"it has schema {data['schema']!r}, and this version reads {_SCHEMA}"),)
        entries = list(data["profiles"])
    except Exception as err:  # whatever is in that file, no run may end by it
        pass_on(err)
        return {}, (_broken(file, error_text(err)),)
    return _profiles_of(entries, file)


def _profiles_of(entries: list[Any], file: str) -> tuple[dict[Key, Profile], tuple[str, ...]]:
    known: dict[Key, Profile] = {}
    problems: list[str] = []
    for entry in entries:
        try:
            profile = Profile.from_dict(entry)
            known[profile.key] = profile
        except Exception as err:
            pass_on(err)
            problems = [_broken(file, f"{err}")]
    return known, tuple(problems)


def _broken(file: str, why: str) -> str:
    return f"sensor profiles in {file} are not used ({why}): mend it with wattwhat calibrate, or remove it"


def write_profiles(profiles: Iterable[Profile], path: str | None = None) -> str:
    """Keep profiles, beside those of other channels and versions that are there; a broken file is replaced.

    Args:
        profiles: what to keep; the newer of two with the same key stays.
        path: the file; None takes `wattwhat.sensing.user_paths.profiles_path`. Its folder is made if need be.

    Returns:
        The file.

    Raises:
        ArgumentError: WATTWHAT_PROFILES is set to nothing, so there is no place.
        OSError: it cannot be written, or another program has been writing there for 10 s.
    """
    from wattwhat.records.atomic_write import write_atomically
    from wattwhat.records.escaping import json_text
    from wattwhat.records.file_lock import folder_locked

    file = profiles_path() if path is None else path
    if not file:
        raise ArgumentError(f"{ENV_PROFILES} is set to nothing, so there is no place for profiles: unset it")
    folder = os.path.dirname(os.path.realpath(file))
    os.makedirs(folder, exist_ok=True)
    with folder_locked(folder):  # what another program adds between reading and writing would be lost
        known, _ = read_profiles(file)
        known.update({profile.key: profile for profile in profiles})
        data = {"schema": _SCHEMA, "profiles": [attrs.asdict(profile) for profile in known.values()]}
        write_atomically(file, json_text(data, indent=1) + "\n")
    return file


def profiled(channel: Channel, version: str | None, known: Mapping[Key, Profile]) -> Channel:
    """The channel with the timing that calibration found for it, if it did.

    Args:
        channel: as its backend declares it.
        version: version of the vendor's library and driver in use.
        known: what `read_profiles` read.

    Returns:
        The channel, whose source then names the day of the profile; the same one where none fits.

    Example:
        >>> gpu = Channel("h/x/0", "x", "a GPU", "gpu", "power", source="NVML")
        >>> found = Profile("h/x/0", "a GPU", "2026-11-02", version="580", update_period_s=0.1)
        >>> profiled(gpu, "580", {found.key: found}).source
        'NVML; update period as calibrated on 2026-11-02'
        >>> profiled(gpu, "590", {found.key: found}) is gpu
        True
    """
    profile = known.get((channel.id, channel.device, version))
    if profile is None:
        return channel
    values = {name: getattr(profile, name) for name in _USED}
    new: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    if not new:
        return channel
    *names, last = [name.removesuffix("_s").replace("_", " ") for name in new]
    listed = f"{', '.join(names)} and {last}" if names else last
    source = f"{channel.source or channel.backend}; {listed} as calibrated on {profile.found_at}"
    return attrs.evolve(channel, source=source, **new)
