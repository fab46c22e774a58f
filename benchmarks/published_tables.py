"""The tables of the nine published workloads, one for each sensor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.published_load import Gauge, Many, measured_often, phases_of
from benchmarks.published_rows import TASKS
from benchmarks.published_tasks import Array, Load, among, gauges, loads, naive, pulsed, remedied
from benchmarks.table import Limit, Table

SENSORS = ("100/100", "1000/100", "25/100")
COLUMNS = (
    *("task", "ms", "rest", "naive", "emulated naive", "remedy", "emulated", "measure()", "inside", "within"),
)


def printed_spread(sensor: int) -> float:
    """Standard deviation of a sensor's nine errors after the remedy, in percent."""
    return float(np.std([figures[sensor][1] for figures in TASKS.values()], ddof=1))


def tasks(delay_s: float, runs: int, count: int, rng: np.random.Generator) -> list[Table]:
    """One table for each sensor.

    Args:
        delay_s: of the part-time sensor, from the repetition sweep.
        runs: of measure() for each task and sensor.
        count: phases of the naive runs.
        rng: where phases come from.
    """
    sensors, phases = gauges(delay_s), phases_of(count, rng)
    found = loads(sensors, phases)
    return [task_table(number, sensors[number], found, phases, runs, rng) for number in range(3)]


def task_table(
    number: int, gauge: Gauge, found: dict[str, Load], phases: Array, runs: int, rng: np.random.Generator
) -> Table:
    rows, farthest = [], 0.0
    for task, figures in TASKS.items():
        published = figures[number]
        for name, load in variants(task, found[task], published[0], gauge, phases).items():
            many = measured_often(load.call, load.rest_w, gauge, runs, rng)
            farthest = max(farthest, abs(many.farthest))
            rows.append(row_of(name, load, gauge, published, 2.0 * printed_spread(number), phases, many))
    aim = "predicted" if number == 2 else "what the loads are fitted to"
    title = f"sensor {SENSORS[number]}, errors in %; the naive figures are {aim}"
    limit = Limit("measure(), farthest from truth x gain of all runs", farthest, 5.0, "%")
    name = f"published-{SENSORS[number].replace('/', '-')}"
    return Table(name, title, COLUMNS, rows, [limit], notes(number, gauge, found, rows))


def variants(task: str, load: Load, published: float, gauge: Gauge, phases: Array) -> dict[str, Load]:
    """The load, and beside it a pulsed one where a sensor that looks away would need that."""
    tried = {f"{task}*" if load.tail_s else task: load}
    if gauge.window_s < gauge.period_s and not among(published, naive(load, gauge, phases)):
        other = pulsed(load, published, gauge, phases)
        if other is not None and other.duty is not None:
            tried[f"  pulsed 1/{1.0 / other.duty:.0f}"] = other
    return tried


def row_of(
    name: str,
    load: Load,
    gauge: Gauge,
    published: tuple[float, float],
    allowed: float,
    phases: Array,
    many: Many,
) -> list[str]:
    """A line of a table: published naive error and that after the remedy beside the emulated ones."""
    ends, fixed = naive(load, gauge, phases), remedied(load, gauge)
    answers = (among(published[0], ends), abs(fixed - published[1]) <= allowed)
    return [
        name,
        f"{1e3 * load.length_s:.0f}",
        f"{load.rest:.2f}",
        f"{published[0]:+.1f}",
        f"{ends[0]:+.1f} to {ends[1]:+.1f}",
        f"{published[1]:+.2f}",
        f"{fixed:+.2f}",
        str(many),
        f"{100 * many.inside:.0f} %",
        ", ".join("yes" if answer else "no" for answer in answers),
    ]


def notes(number: int, gauge: Gauge, found: dict[str, Load], rows: Sequence[Sequence[str]]) -> list[str]:
    tails = [f"{task} {1e3 * load.tail_s:.0f} ms" for task, load in found.items() if load.tail_s]
    sentences = [
        f"Gain: {100 * (gauge.gain - 1):+.2f} %, the mean of the nine after the remedy, whose spread is "
        f"{printed_spread(number):.2f}. ms: length of a run; rest: power at rest over mean power in it.",
        "within: the published naive figure is among the emulated ones (5 to 95 % of the sensor's phases); "
        "after the remedy the two differ by no more than twice that spread.",
    ]
    if tails:
        sentences.append(
            f"* One level does not fit both 100/100 and 1000/100; at rest before the end: {', '.join(tails)}."
        )
    if number == 2:
        sentences.append(
            "Cannot tell: how long the runs were on this GPU, how their power moved and what it was at "
            "rest; the loads are those of another GPU. A pulse in each update period shows what the sensor "
            "can make of such a run, not that it was one."
        )
        sentences += too_short(gauge, found, rows)
    return sentences


def too_short(gauge: Gauge, found: dict[str, Load], rows: Sequence[Sequence[str]]) -> list[str]:
    """What is to be said of runs that are over before a value can have seen them."""
    missed = [
        f"{task} {(1.0 + TASKS[task][2][0] / 100.0) / gauge.gain:.2f}"
        for task, load in found.items()
        if any(row[0] == task and row[-1].startswith("no") for row in rows)
        and load.length_s <= gauge.delay_s + 0.01
    ]
    if not missed:
        return []
    return [
        f"Of runs of {1e3 * gauge.delay_s:.0f} ms or little more the readings hold the power at rest alone; "
        f"the published figures would need, over the mean in the run: {', '.join(missed)}."
    ]
