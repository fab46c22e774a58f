"""Stand-ins for launchers, and plans of nothing but names."""

import json

from wattwhat import Measurement, Quantity
from wattwhat.study import Plan
from wattwhat.study.job import Outcome
from wattwhat.study.plan import MeasureSettings, Order


class KilledError(BaseException):
    """What a SIGKILL is to a stand-in: nothing of the runner goes on."""


def measured(job, joules=1.0):
    cell = {"key": job.key, **job.cell.settings()}
    m = Measurement(
        label=job.cell.model,
        energy_j=Quantity(joules, 0.1, "J"),
        duration_s=1.0,
        calls=10,
        items=10.0 * job.cell.batch_size,
        details={"cell": cell},
    )
    return Outcome(job.key, job.cell.settings(), m.to_dict())


def failed(job):
    return Outcome(job.key, job.cell.settings(), None, "it was made to fail", "error")


def each(made):
    """A launcher that gives every job this outcome."""
    return lambda jobs, keep, options: [keep(made(job)) for job in jobs]


class StandIn:
    """A launcher that runs nothing; it fails at every third batch size, and is killed after so many."""

    def __init__(self, kill_after=None):
        self.kill_after, self.ran = kill_after, []

    def __call__(self, jobs, keep, options):
        for number, job in enumerate(jobs):
            if number == self.kill_after:
                raise KilledError
            self.ran.append(job.key)
            keep(failed(job) if job.cell.batch_size % 3 == 0 else measured(job))


def plan_of(models=3, batches=4, **fields):
    axes = {
        "model": tuple(f"m:f{number}" for number in range(models)),
        "batch_size": tuple(range(1, batches + 1)),
    }
    return Plan("plan.toml", axes, measure=MeasureSettings(**fields), order=Order(seed=1))


def rows_of(folder):
    """Keys and labels of all rows, as they stand in the files."""
    found = []
    for name in ("results.jsonl", "failures.jsonl"):
        file = folder / name
        for line in file.read_text().splitlines() if file.exists() else ():
            row = json.loads(line)
            cell = row["cell"] if "cell" in row else row["details"]["cell"]
            found.append((name, cell["key"], cell["model"], cell["batch_size"]))
    return found
