"""Scoring: whether its odds and forecasts hold, how fast it is, and the figures that docs/explanation/ shows.

    python -m benchmarks scoring                   all three below
    python -m benchmarks.scoring odds              odds of letters in made populations
    python -m benchmarks.scoring forecasts         intervals of forecasts in made series of epochs
    python -m benchmarks.scoring speed             medians over repeats
    python -m benchmarks.scoring grades TABLE      letters of the published populations
    python -m benchmarks.scoring prices TABLE      what accuracy costs in them

TABLE is strep_imagenet_classification.csv (raphischer/strep at a8c6024, converted to CSV).
"""

import csv
import statistics
import subprocess
import sys
import time

import numpy as np

from wattwhat import Measurement, Quantity
from wattwhat.scoring import SAM, FrontierGrade, pareto, rank, sam, scaling

REPEATS = 7
COUNT = 10_000
GAIN = 0.05 / 3**0.5
TEST_ITEMS = 50_000


def measurement(label, accuracy, joules):
    total = joules * TEST_ITEMS
    return Measurement(
        label=label,
        energy_j=Quantity(total, GAIN * total, "J"),
        items=TEST_ITEMS,
        provenance="imported",
        metrics={"accuracy": accuracy, "n_test": TEST_ITEMS},
    )


def median_s(function):
    """Median and range of the seconds that a call takes."""
    taken = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        function()
        taken.append(time.perf_counter() - begin)
    return f"{statistics.median(taken):8.3f} s   ({min(taken):.3f} to {max(taken):.3f})"


def import_ms(code):
    timed = f"import time\nt = time.perf_counter()\n{code}\nprint(time.perf_counter() - t)"
    taken = [float(subprocess.check_output([sys.executable, "-c", timed])) for _ in range(3 * REPEATS)]
    return f"{1e3 * statistics.median(taken):6.1f} ms  ({1e3 * min(taken):.1f} to {1e3 * max(taken):.1f})"


def speed():
    rng = np.random.default_rng(0)
    accuracies = rng.uniform(0.5, 0.9, COUNT)
    joules = np.exp(8 * accuracies + rng.normal(0, 0.7, COUNT)) / 100
    nets = [measurement(f"m{i}", a, e) for i, (a, e) in enumerate(zip(accuracies, joules, strict=True))]
    score = SAM(unit="J")
    grade = FrontierGrade.fit(nets[:50], reference="made")
    million = rng.uniform(0.5, 0.9, 1_000_000), rng.uniform(2, 1e6, 1_000_000)
    print(f"median of {REPEATS} (range)")
    print("import attrs, which every record needs     ", import_ms("import attrs"))
    print("import wattwhat.scoring                    ", import_ms("import wattwhat.scoring"))
    print("import sam and SAM                         ", import_ms("from wattwhat.scoring import sam, SAM"))
    print(
        f"SAM and grade of {COUNT} measurements     ", median_s(lambda: [(score(n), grade(n)) for n in nets])
    )
    print("sam() over arrays of 1,000,000             ", median_s(lambda: sam(*million, unit="Wh")))
    print("fit 50 models, 500 bootstrap populations   ", median_s(lambda: FrontierGrade.fit(nets[:50])))
    print("rank 1,000 models with their firmness      ", median_s(lambda: rank(nets[:1000], score)))


def populations(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["task"] == "infer"]
    for environment in sorted({row["environment"] for row in rows}):
        members = [row for row in rows if row["environment"] == environment]
        yield (
            environment,
            [measurement(r["model"], float(r["top-1_val"]), float(r["power_draw"])) for r in members],
        )


LIKELY = 0.1


def grades(path):
    """A column of letters an environment; in brackets the letters that have odds of a tenth and more."""
    found = {}
    for environment, nets in populations(path):
        reference = FrontierGrade.fit(nets, reference=environment)
        found[environment] = {net.label: reference(net) for net in nets}
        firm = [result.details["firm"] for result in found[environment].values()]
        said = "no odds" if None in firm else f"{sum(firm)} letters firm"
        print(f"{environment:<36} {len(nets)} models, slope {reference.slope:.2f}, {said}")
    names = sorted({name for letters in found.values() for name in letters})
    print(f"\n{'':<18}" + "".join(f"{column:<11}" for column in "12345678").rstrip())
    for name in names:
        cells = "".join(f"{_cell(letters.get(name)):<11}" for letters in found.values())
        print(f"{name:<18}{cells}".rstrip())
    results = [result for column in found.values() for result in column.values()]
    letters = [result.grade for result in results]
    print("\nall: " + ", ".join(f"{letter} {letters.count(letter)}" for letter in "ABCDEFG"))
    odds = [result for result in results if result.probabilities]
    unlikely = sum(max(r.probabilities.values()) > r.probabilities[r.grade] for r in odds)
    print(f"of {len(odds)} letters with odds {unlikely} are not the likeliest")


def _cell(result):
    if result is None:
        return ""
    likely = "".join(x for x, odds in (result.probabilities or {}).items() if odds >= LIKELY)
    return result.grade + ("*" if result.details["firm"] else "") + (f" ({likely})" if likely[1:] else "")


def prices(path):
    """What accuracy costs: the best relation of each population, and the price of one more point at 75 %."""
    for environment, nets in populations(path):
        points = scaling.points_of(nets)
        best, *others = scaling.compare_relations(*points)
        front = sum(pareto(*points))
        print(f"{environment}: {len(nets)} models, {front} on the Pareto front")
        print(f"    {best}")
        print("    worse by: " + ", ".join(f"{fit.relation} {fit.aicc - best.aicc:.1f}" for fit in others))
        print(f"    {best.price(0.75)}")


def odds(quick=False):
    """Whether the odds of letters hold in made populations."""
    from benchmarks.scoring_odds import table

    for line in table(100 if quick else 6000):
        print(line, flush=True)


def forecasts(quick=False):
    """Whether the intervals of forecasts hold in made series of epochs."""
    from benchmarks.scoring_forecasts import table

    for line in table(12 if quick else 1500):
        print(line, flush=True)


def main(arguments=None):
    arguments = sys.argv[1:] if arguments is None else arguments
    commands = {"grades": grades, "prices": prices}
    if len(arguments) == 2 and arguments[0] in commands:
        commands[arguments[0]](arguments[1])
    elif arguments in (["odds"], ["forecasts"], ["speed"]):
        {"odds": odds, "forecasts": forecasts, "speed": speed}[arguments[0]]()
    elif arguments in ([], ["--quick"]):
        odds(quick=bool(arguments))
        print()
        forecasts(quick=bool(arguments))
        print()
        speed()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
