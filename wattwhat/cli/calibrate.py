"""The verb calibrate: sensors under a known load, what they were found to be like, kept for measuring."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wattwhat.cli.options import add_backends, add_force, add_json, backends_of
from wattwhat.cli.output import aside, check_destination, deliver, say, wrap
from wattwhat.cli.progress import Progress
from wattwhat.errors import ArgumentError, BackendError
from wattwhat.records.escaping import json_text

if TYPE_CHECKING:
    from wattwhat.acquisition.meter_set import MeterSet
    from wattwhat.calibration.driver import Calibrated, Finding
    from wattwhat.calibration.loads import Load
    from wattwhat.sensing.meter import Meter
    from wattwhat.sensing.profiles import Profile

__all__ = ["EXAMPLES", "add_arguments", "call", "describe"]

EXAMPLES = """examples:
  wattwhat calibrate              find out, and keep it for later measurements
  wattwhat calibrate --dry-run    find out, and write nothing
  wattwhat calibrate --backends nvml --seconds 60
  wattwhat calibrate --study results/      teach the estimate from a study here

Processors get a busy loop, GPUs matrix products where torch with CUDA is there.
Nothing else should run meanwhile. What was found goes into a file in the user's
folder for data (WATTWHAT_PROFILES names another), and holds for this device and
this version of its driver.

exit status: 0 ok, 1 if there is no sensor to look at, 2 bad input
"""

# Whose load is a GPU's; everything else answers to the processors.
_GPU = {"gpu", "memory", "board"}
_FIELDS = (
    ("update period", "update_period_s", "s"),
    ("averages", "averaging_window_s", "s"),
    ("looks", "duty", "%"),
    ("delay", "delay_s", "s"),
    ("rise", "rise_s", "s"),
    ("resolution", "resolution", ""),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    add_backends(parser)
    parser.add_argument(
        "--seconds",
        type=float,
        default=20.0,
        metavar="S",
        help="time for the processors and as much for the GPUs; slow sensors take longer (default: 20)",
    )
    parser.add_argument(
        "--study",
        metavar="PATH",
        help="look at no sensor: learn what a core draws from a study's results (CPU cells with threads, by "
        "a wall meter or another sensor), for the built-in estimate",
    )
    parser.add_argument("--dry-run", action="store_true", help="find out, and write nothing")
    add_json(parser, "the findings as one JSON object, on standard output or as the content of FILE")
    add_force(parser)


def call(arguments: argparse.Namespace) -> int:
    """Calibrate, report, and keep what was found."""
    from wattwhat.sensing.profiles import write_profiles
    from wattwhat.sensing.user_paths import profiles_path

    if not 4.0 <= arguments.seconds <= 3600.0:
        raise ArgumentError(
            argument="--seconds", expected="seconds from 4 to 3600", got=arguments.seconds, remedy="try 20"
        )
    if arguments.study is not None:
        return _learn(arguments)
    check_destination(arguments.json, holds=("channels", "profiles"), arguments=arguments)
    if not arguments.dry_run and not profiles_path():
        raise ArgumentError(
            "is set to nothing",
            argument="WATTWHAT_PROFILES",
            remedy="name a file, unset it, or add --dry-run",
        )
    with aside(), Progress() as progress:
        results, profiles = _calibrated(backends_of(arguments), arguments.seconds, progress)
    file = write_profiles(profiles) if profiles and not arguments.dry_run else None
    if arguments.json is not None:
        data = {"channels": [one.to_dict() for one in results], "profiles": file}
        indent = 2 if arguments.json == "-" else None
        deliver(json_text(data, indent=indent), arguments.json)
    else:
        say(describe(results, file))
    return 0 if results else 1


def _learn(arguments: argparse.Namespace) -> int:
    """What a core of this machine draws, from a study's results, kept for the estimate."""
    import attrs

    from wattwhat.calibration.core_power import learn_core_power
    from wattwhat.predict.asking import read_study
    from wattwhat.sensing.estimate.learnt import write_learnt

    check_destination(arguments.json, holds=("watts_per_core",), arguments=arguments)
    learnt = learn_core_power(read_study(arguments.study))
    file = None if arguments.dry_run else write_learnt(learnt)
    if arguments.json is not None:
        deliver(json_text({**attrs.asdict(learnt), "file": file}), arguments.json)
        return 0
    busy, rest = learnt.watts_per_core, learnt.idle_watts_per_core
    kept = "Nothing was written." if file is None else f"Kept in {file}; the estimate uses it from now on."
    advice = (
        f"{learnt.cpu} of {learnt.host}: a busy core takes {busy:.3g} W, one at rest {rest:.3g} W, "
        f"± {2 * learnt.u:.0%} (k=2), from {learnt.source}. {kept}"
    )
    say("\n".join(wrap(advice)))
    return 0


def _calibrated(
    backends: Sequence[str] | None, seconds: float, progress: Progress
) -> tuple[list[Calibrated], list[Profile]]:
    """Findings about every sensor, and what of them is worth keeping."""
    from datetime import datetime, timezone

    from wattwhat.acquisition.shared import close_all, shared_meter_set

    meter_set = shared_meter_set(backends)
    try:
        day = datetime.now(timezone.utc).date().isoformat()
        versions = {sensor.channel.id: sensor.version for sensor in meter_set.inputs}
        results = [
            one for on_gpu in (False, True) for one in _under_load(meter_set, on_gpu, seconds, progress)
        ]
        profiles = [one.profile(versions[one.channel.id], day) for one in results]
        return results, [profile for profile in profiles if profile is not None]
    finally:
        close_all()


def _under_load(meter_set: MeterSet, on_gpu: bool, seconds: float, progress: Progress) -> list[Calibrated]:
    """Calibrate the sensors that this kind of load moves."""
    from wattwhat.calibration.driver import calibrate

    meters: list[Meter] = [
        sensor.meter
        for sensor in meter_set.inputs
        if sensor.provenance == "measured" and (sensor.channel.component in _GPU) is on_gpu
    ]
    if not meters:
        return []
    progress(0.0, "starting the load")
    load, why = _load(on_gpu)
    try:
        results = calibrate(meters, load, seconds=seconds, progress=progress)
    finally:
        if load is not None:
            load.close()
    if not why:
        return results
    import attrs

    return [attrs.evolve(one, notes=(*one.notes, why)) for one in results]


def _load(on_gpu: bool) -> tuple[Load | None, str]:
    """The load, or None and a sentence why there is none."""
    from wattwhat.calibration.loads import busy_gpus, busy_processors

    try:
        return (busy_gpus() if on_gpu else busy_processors()), ""
    except BackendError as err:
        return None, f"without a load only the update period can be found: {err}"


def describe(results: Sequence[Calibrated], file: str | None) -> str:
    """The findings as text, a block a channel: what was declared, and what was found.

    Args:
        results: the findings.
        file: where they were written; None if they were not.
    """
    if not results:
        return "\n".join(
            wrap("No sensor can be read here, so there is nothing to calibrate; see: wattwhat doctor")
        )
    sensors: list[str] = []
    for one in results:
        sensors += [*wrap(f"{one.channel.id}: {one.channel.device}", "  ", ""), *_table(one), ""]
    if file is None:
        return "\n".join([*sensors, "Nothing was written."])
    return "\n".join([*sensors, *wrap(f"Kept in {file}; measurements on this machine use it from now on.")])


def _table(one: Calibrated) -> Iterator[str]:
    yield f"  {'':<15}{'declared':<12}found"
    channels: dict[tuple[str, str], list[str]] = {}
    for label, name, unit in _FIELDS:
        finding: Finding = getattr(one, name)
        declared = (
            ""
            if name in ("duty", "delay_s", "rise_s")
            else _number(getattr(one.channel, name), _unit(one, unit))
        )
        if finding.value is not None:
            text = f"{_number(finding.value, _unit(one, unit))}{_plus_minus(finding, _unit(one, unit))}"
            text += f" ({finding.reason})" if finding.reason else ""
            yield from wrap(text, " " * 29, f"  {label:<15}{declared:<12}")
        else:
            channels.setdefault((finding.reason, declared if declared != "-" else ""), []).append(label)
    for (reason, declared), labels in channels.items():
        yield from wrap(f"{reason or 'not looked for'}", " " * 4, f"  {', '.join(labels)}: ")
        if declared:
            yield f"    declared: {declared}"
    for note in one.notes:
        yield from wrap(note, " " * 4, "  note: ")


def _unit(one: Calibrated, unit: str) -> str:
    return unit or ("J" if one.channel.is_counter else "W")


def _number(value: float | None, unit: str) -> str:
    from wattwhat.cli.doctor_text import si

    if value is None:
        return "-"
    return f"{100.0 * value:.3g} %" if unit == "%" else si(value, unit)


def _plus_minus(finding: Finding, unit: str) -> str:
    """Its expanded uncertainty (k = 2), where it is more than a thousandth."""
    if not finding.u or finding.value is None or finding.u < 5e-4 * abs(finding.value):
        return ""
    return f" ± {_number(2.0 * finding.u, unit)}"
