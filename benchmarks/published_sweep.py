"""The published repetition sweep (A100, 25 ms of every 100 ms) by an emulated sensor: fit and predictions.

What was run is not published; the load here is our inference. A kernel "of T ms" is one period of a square
wave that is high for its first half. There are three powers: at rest before the first kernel, in the low
halves, in the high halves. These, and how late a value comes, are four unknowns (rest and low as parts of the
mean power, the mean power in W, the delay in s), fitted by least squares to five figures, each weighted by
its printed spread: the mean errors of 25 ms x 1 and x 32, of 800 ms x 1 and x 64, and the spread of 100 ms x
128 (the middle of its printed range). Every other figure of the sweep tests the model; no row has a parameter
of its own. Gain, offset, update period and averaging window are the published ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from benchmarks.published_load import Call, Gauge, Many, Run, measured_often, naive_errors, phases_of, run_of
from benchmarks.published_rows import A100_GAIN, A100_OFFSET_W, SHIFTS, SWEEP, UPDATE_S, WINDOW_S, Printed
from benchmarks.table import Limit, Table

Array = npt.NDArray[np.float64]
# "Discarding repetitions executed during rise time": those that begin in the first half of an update period.
RISE_S = UPDATE_S / 2.0
# Where the pauses of the shifted runs may be meant otherwise: their length, and whether they are counted.
PAUSES = (
    (UPDATE_S / SHIFTS, True, "12.5 ms, counted"),
    (UPDATE_S / SHIFTS, False, "12.5 ms, left out"),
    (WINDOW_S, False, "25 ms, left out"),
)


@attrs.frozen
class Model:
    """The four unknowns.

    Args:
        rest: power before the first kernel, over the mean power of a kernel.
        low: power in its low half, over that mean.
        mean_w: that mean.
        delay_s: from the end of the averaging window until the value can be read.
    """

    rest: float
    low: float
    mean_w: float
    delay_s: float

    @property
    def gauge(self) -> Gauge:
        return Gauge(WINDOW_S, UPDATE_S, self.delay_s, A100_GAIN, A100_OFFSET_W)

    @property
    def rest_w(self) -> float:
        return self.rest * self.mean_w

    def call(self, kernel_s: float) -> Call:
        high, low = (2.0 - self.low) * self.mean_w, self.low * self.mean_w
        return ((kernel_s / 2.0, high), (kernel_s / 2.0, low))

    def run(self, row: Printed, pause_s: float = UPDATE_S / SHIFTS) -> Run:
        groups = SHIFTS if row.remedy == "shifts" else 1
        pause_s = pause_s if groups > 1 else 0.0
        return run_of(self.call(row.kernel_s), row.repetitions, self.rest_w, groups, pause_s)

    def errors(self, row: Printed, phases: Array) -> Array:
        """Errors in percent over the phases, with the row's remedy."""
        skip_s = RISE_S if row.remedy == "rise" else 0.0
        return naive_errors(self.run(row), self.gauge, phases, skip_s=skip_s)


# Where the search begins: half of the power at rest, a quarter of it in the low halves, nothing late.
START = Model(0.5, 0.75, 100.0, 0.02)
_STEPS = np.array([0.02, 0.02, 5.0, 0.005])


def fitted_rows() -> list[Printed]:
    return [row for row in SWEEP if row.fitted]


def figure(row: Printed, errors: Array) -> float:
    """What the row prints: the mean, or where it has none the standard deviation."""
    return float(errors.std() if row.error is None else errors.mean())


def fit(phases: Array, targets: Sequence[float] | None = None, start: Model = START) -> Model:
    """The model that comes closest to the fitted rows, by Gauss and Newton.

    Args:
        phases: of the sensor, over which means and spreads are taken.
        targets: what each of `fitted_rows` is to give; default: what is printed.
        start: where to begin.
    """
    rows, point = fitted_rows(), np.array(attrs.astuple(start))
    wanted = np.array([row.target[0] for row in rows] if targets is None else targets)
    weights = 1.0 / np.array([row.target[1] for row in rows])

    def figures(at: Array) -> Array:
        model = Model(*at)
        return np.array([figure(row, model.errors(row, phases)) for row in rows])

    best, least = start, math.inf
    for _ in range(20):
        now = figures(point)
        cost = float(np.sum(((wanted - now) * weights) ** 2))
        if cost >= 0.999 * least:  # few phases make steps of the errors, and the search walks about on one
            break
        best, least = Model(*(float(value) for value in point)), cost
        slopes = np.array([(figures(point + step) - now) / step.sum() for step in np.diag(_STEPS)]).T
        change = np.linalg.lstsq(slopes * weights[:, None], (wanted - now) * weights, rcond=None)[0]
        # four steps at a time: the errors bend, and a delay below zero has no meaning
        point = point + change / max(1.0, float(np.max(np.abs(change / _STEPS))) / 4.0)
        point[3] = max(point[3], 0.0)
    return best


def verdict(row: Printed, errors: Array) -> str:
    """Whether the printed figure and the emulated one agree within the printed spread."""
    wanted, spread = row.target
    emulated = figure(row, errors)
    # a spread is printed in whole percent
    off = abs((round(emulated) if row.error is None else emulated) - wanted)
    return ("fit, " if row.fitted else "") + ("yes" if off <= spread else "no")


def shown(errors: Array) -> str:
    return f"{errors.mean():.2f} ({errors.std():.2f})"


def printed(row: Printed) -> str:
    least, greatest = row.spread
    if row.error is None:
        return f"any ({least:.0f}-{greatest:.0f})"
    doubt = "?" if row.remedy else ""
    return f"{row.error:.2f} ({greatest:.2f}{doubt})"


def measured_kernels(model: Model, runs: int, rng: np.random.Generator) -> dict[float, Many]:
    """What measure() makes of each length of kernel."""
    lengths = dict.fromkeys(row.kernel_s for row in SWEEP)
    return {
        length: measured_often(model.call(length), model.rest_w, model.gauge, runs, rng) for length in lengths
    }


def sweep_table(model: Model, phases: Array, found: dict[float, Many], prompt: Many) -> Table:
    rows = []
    for row in SWEEP:
        naive = model.errors(attrs.evolve(row, remedy=""), phases)
        errors = model.errors(row, phases)
        one = found[row.kernel_s]
        rows.append(
            [
                row.name,
                printed(row),
                shown(naive),
                shown(errors) if row.remedy else None,
                str(one),
                f"{100 * one.inside:.0f} %",
                verdict(row, errors),
            ]
        )
    columns = ["kernel, repetitions", "published", "naive", "remedy", "measure()", "inside", "within"]
    title = "errors in %, standard deviation in brackets; A100, 25 ms of every 100 ms"
    farthest = max((abs(one.farthest) for one in found.values()), default=0.0)
    limits = [Limit("measure(), farthest from truth x gain of all runs", farthest, 5.0, "%")]
    return Table("published-sweep", title, columns, rows, limits, notes(model, prompt))


def notes(model: Model, prompt: Many) -> list[str]:
    return [
        f"Fitted to the five figures marked fit: at rest {model.rest:.3f}, low halves {model.low:.3f}, high "
        f"halves {2 - model.low:.3f} of a mean of {model.mean_w:.0f} W; values come "
        f"{1e3 * model.delay_s:.0f} ms late.",
        "within: the published and the emulated figure differ by no more than the published spread (where "
        "only a spread is published: the emulated one lies in its range).",
        "measure(): error against truth x gain, mean half-width of the 95 % interval without gain and "
        "offset; inside: share of the whole intervals that hold it. It chooses the repetitions itself.",
        f"Were the values published at once, measure() would give {prompt} for the shortest kernel.",
        "Cannot tell: whether 'any count' of the 100 ms kernel includes a single one; the model denies it.",
        "Cannot tell: the spread of 25 ms x 1. No value that comes within 25 ms has seen the kernel, so the "
        "emulated one is 0; how far the power before it differed from run to run is not published.",
        "Cannot tell: to which of the two shifted figures the one printed spread (4.27) belongs; what spread "
        "the figures without the rise have (that of the naive one is taken).",
    ]


def shift_table(model: Model, phases: Array) -> Table:
    """The shifted runs, for each way in which their pauses may be meant."""
    rows = []
    for pause_s, counted, words in PAUSES:
        for row in (row for row in SWEEP if row.remedy == "shifts"):
            run = model.run(row, pause_s)
            errors = naive_errors(run, model.gauge, phases, spans=run.whole if counted else run.spans)
            rows.append([f"{row.name}: {words}", printed(row), shown(errors), verdict(row, errors)])
    title = "the 100 ms kernel with pauses between the groups, at rest power"
    columns = ["kernel, repetitions: pauses", "published", "remedy", "within"]
    sentence = "Cannot tell which is meant: length of the pauses and whether they count are not published."
    return Table("published-shifts", title, columns, rows, notes=[sentence])


def sweep(runs: int, count: int, rng: np.random.Generator) -> tuple[Model, list[Table]]:
    """Fit the model, and hold it against all rows.

    Args:
        runs: of measure() for each kernel.
        count: phases of the naive runs.
        rng: where phases come from.
    """
    phases = phases_of(count, rng)
    model = fit(phases)
    found = measured_kernels(model, runs, rng)
    at_once = attrs.evolve(model.gauge, delay_s=0.0)
    prompt = measured_often(model.call(min(found)), model.rest_w, at_once, runs, rng)
    return model, [sweep_table(model, phases, found, prompt), shift_table(model, phases)]
