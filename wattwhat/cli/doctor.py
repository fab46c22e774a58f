"""The verb doctor: what every backend and every channel says of itself, and how it behaves when read."""

from __future__ import annotations

import argparse
import contextlib
import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.cli.doctor_looks import READING_S
from wattwhat.cli.options import add_anonymous, add_backend_options, add_force, add_json, take_backend_options
from wattwhat.cli.output import aside, check_destination, deliver, say
from wattwhat.cli.progress import Progress
from wattwhat.errors import ArgumentError, error_text
from wattwhat.records.anonymous import without_hosts
from wattwhat.records.escaping import json_text
from wattwhat.sensing.bounded import within

if TYPE_CHECKING:
    from wattwhat.acquisition.discovery import BackendAnswer
    from wattwhat.records.channel import Channel
    from wattwhat.sensing.meter import Meter

__all__ = ["EXAMPLES", "add_arguments", "call", "examine"]

EXAMPLES = """examples:
  wattwhat doctor
  wattwhat doctor --watch 3      look longer for update periods nobody states
  wattwhat doctor --check        exit status 1 if no sensor can be read
  wattwhat doctor --json | jq '.backends[] | {name, available, reason}'
"""

_WATCH_S = 0.3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument(
        "--watch",
        type=float,
        default=_WATCH_S,
        metavar="SECONDS",
        help="how long to watch each sensor whose update period is unknown; 0 leaves it "
        f"(default: {_WATCH_S})",
    )
    parser.add_argument(
        "--check", action="store_true", help="exit with status 1 if no sensor measures anything"
    )
    add_backend_options(parser)
    add_json(parser, "the findings as one JSON object, on standard output or as the content of FILE")
    add_force(parser)
    add_anonymous(parser)


def call(arguments: argparse.Namespace) -> int:
    """Examine, report, and check if asked to."""
    if not 0.0 <= arguments.watch <= 3600.0:
        raise ArgumentError(
            argument="--watch", expected="seconds from 0 to 3600", got=arguments.watch, remedy="try 3"
        )
    check_destination(arguments.json, holds=("backends",), arguments=arguments)
    take_backend_options(arguments)
    with aside(), Progress() as progress:
        findings = examine(arguments.watch, progress)
    if arguments.anonymous:
        findings = without_hosts(findings, [findings["host"]])
    if arguments.json is not None:
        indent = 2 if arguments.json == "-" else None
        deliver(json_text(findings, indent=indent), arguments.json)
    else:
        from wattwhat.cli.doctor_text import describe

        say(describe(findings))
    return 1 if arguments.check and not _measures(findings) else 0


def _measures(findings: dict[str, Any]) -> bool:
    """Whether measuring here would use a sensor that can be read; others may have been chosen."""
    channels = [channel for backend in findings["backends"] for channel in backend["channels"]]
    return any(one["used"] and one["provenance"] == "measured" and not one["error"] for one in channels)


def examine(
    watch_s: float = _WATCH_S,
    progress: Callable[[float, str], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Ask every backend and read every channel once.

    Args:
        watch_s: how long to watch each sensor whose update period is unknown, in s.
        progress: called with the seconds that have passed and what is being done.
        clock: gives the time in s, for watching.
        sleep: waits so many seconds between two looks.

    Returns:
        Plain data for JSON: ``backends`` with their channels, how many ``sensors`` can be read,
        plugins that are ``not_installed``, the versions and the host.

    Example:
        >>> findings = examine(watch_s=0.0)
        >>> "estimate" in [backend["name"] for backend in findings["backends"]]
        True
    """
    import platform

    from wattwhat._version import __version__
    from wattwhat.acquisition.choice import close_meters
    from wattwhat.acquisition.discovery import ENV_BACKENDS, survey
    from wattwhat.acquisition.update_period import observe_period
    from wattwhat.cli.doctor_looks import calibrated, look, twins
    from wattwhat.sensing.host import host_name

    begin_s = clock()

    def watch(meter: Meter) -> float | None:
        def pause(seconds: float) -> None:
            if progress is not None:
                progress(clock() - begin_s, f"watching {meter.channel.id}")
            sleep(seconds)

        return observe_period(meter.read, clock, pause, watch_s)

    found = survey()
    try:
        meters = [meter for one in found for meter in one.meters]
        channels_by = calibrated(found)
        looks = {id(meter): look(meter, channels_by[id(meter)], watch_s, watch) for meter in meters}
        for key, words in twins(found).items():
            looks[key]["error"] = looks[key]["error"] or words
        backends = [_backend(one) for one in found]
        used = _used(found, _chosen())
    finally:
        with contextlib.suppress(TimeoutError):  # what hangs was told above, or at the next start
            within(READING_S, close_meters, found)
    for one, backend in zip(found, backends, strict=True):
        backend["channels"] = [
            {**_channel(meter, channels_by[id(meter)], meters, used.get(id(meter))), **looks[id(meter)]}
            for meter in one.meters
        ]
    channels = [channel for backend in backends for channel in backend["channels"]]
    return {
        "wattwhat": __version__,
        "python": platform.python_version(),
        "host": host_name(),
        "chosen": os.environ.get(ENV_BACKENDS) or None,
        "sensors": sum(channel["provenance"] == "measured" and not channel["error"] for channel in channels),
        "backends": backends,
        "not_installed": _not_installed({backend["distribution"] for backend in backends}),
    }


def _chosen() -> list[str]:
    """The backends that the environment variable names; none stands for all."""
    from wattwhat.acquisition.discovery import ENV_BACKENDS

    return [name.strip() for name in os.environ.get(ENV_BACKENDS, "").split(",") if name.strip()]


def _used(found: Sequence[BackendAnswer], chosen: Sequence[str]) -> dict[int, bool]:
    """For each meter that measuring would use, by its identity: whether its energy is added to totals.

    Closes the others. Where one of the chosen backends cannot serve, measuring refuses, and uses none.
    """
    from wattwhat.acquisition.choice import choose_meters
    from wattwhat.records.containment import counted_ids

    if set(chosen) - {one.plugin.name for one in found if one.availability.available}:
        return {}
    serving = [one for one in found if not chosen or one.plugin.name in chosen]
    kept, _ = choose_meters(serving, explicit=bool(chosen))
    counted = counted_ids(meter.channel for meter in kept)
    return {id(meter): meter.channel.id in counted for meter in kept}


def _backend(one: BackendAnswer) -> dict[str, Any]:
    return {
        "name": one.plugin.name,
        "distribution": one.plugin.distribution,
        "distribution_version": _version_of(one.plugin.distribution),
        "library_version": one.version,
        "available": one.availability.available,
        "broken": one.broken,
        "reason": one.availability.reason,
        "remedy": one.availability.remedy or _no_remedy(one),
        "clash": list(one.plugin.clash),
        "notes": list(one.notes),
        "conditions": _conditions(one),
        "channels": [],
    }


def _no_remedy(one: BackendAnswer) -> str:
    """What to say where a backend knows no remedy, mostly because its hardware is simply not this one."""
    if one.availability.available:
        return ""
    what = f"pip uninstall {one.plugin.distribution}" if one.plugin.distribution else "removing its plugin"
    return f"nothing is known to mend this here; {what} ends the question"


def _channel(meter: Meter, channel: Channel, meters: Sequence[Meter], counted: bool | None) -> dict[str, Any]:
    """What is known of a channel without reading it; counted is None where measuring would not use it."""
    from wattwhat.sensing.meter import provenance_of

    return {
        **channel.to_dict(),
        "provenance": provenance_of(meter),
        "used": counted is not None,
        "counted": bool(counted),
        "inside": [other.channel.id for other in meters if channel.id in other.channel.contains],
    }


def _conditions(one: BackendAnswer) -> list[str]:
    ask = getattr(one.backend, "conditions", None)
    if ask is None or not one.availability.available:
        return []
    try:
        return [str(sentence) for sentence in within(READING_S, ask)]
    except TimeoutError as err:
        return [f"conditions() hangs: {err}"]
    except Exception as err:
        return [f"conditions() failed: {error_text(err)}"]


def _version_of(distribution: str | None) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution) if distribution else None
    except PackageNotFoundError:
        return None


def _not_installed(present: set[str | None]) -> list[dict[str, str]]:
    """Our own plugins that are not here, as the core's extras name them."""
    import re
    from importlib.metadata import PackageNotFoundError, requires

    try:
        asked = requires("wattwhat") or []
    except PackageNotFoundError:
        return []
    found = (re.match(r"""(wattwhat-(\w+))\b.*extra == ['"]\2['"]""", line) for line in asked)
    return [
        {"distribution": one[1], "remedy": f'pip install "wattwhat[{one[2]}]"'}
        for one in found
        if one and one[1] not in present
    ]
