"""Slurm's sacct: the energy that the accounting counted on a job's nodes; its steps are inside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from wattwhat.logs.building.known_sensors import Sensor
from wattwhat.logs.building.stated_totals import Totals, short_text
from wattwhat.logs.parsing.cells import is_missing, number, stamp, utc
from wattwhat.logs.parsing.csv_rows import misfit
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Sacct"]

_SENSOR = Sensor(
    "Slurm's energy accounting (RAPL, a BMC or a counter of the node, which is not said)",
    0.1,
    False,
    note="ours; RAPL is good to a few percent, a BMC's reading to about 5 %",
)
# EnergyIPMIFrequency's default in acct_gather.conf, in s: how old a node's reading may be at a job's edges.
_PERIOD_S = 30.0
# NO_VAL and NO_VAL64 of slurm.h, which stand where no plugin gave a value.
_NO_VALUE = frozenset(("4294967294", "18446744073709551614"))
_NODE_AT_MOST_W = 15_000.0
_IDS = ("jobid", "jobidraw")
_ENERGIES = ("consumedenergyraw", "consumedenergy")
_JOB = re.compile(r"(\d{1,12}(?:_(?:\d{1,9}|\[[^\]]{0,200}\])|\+\d{1,6})?)(\.\S{1,80})?")
_SPAN = re.compile(r"(?:(?:(\d{1,6})-)?(\d{1,3}):)?(\d{1,3}):(\d\d)(?:\.\d{1,9})?")
_PREFIX = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_PREFIXED = re.compile(r"(\d{1,18}(?:\.\d{1,6})?)([KMGTP]?)")
_RULER = re.compile(r"-{2,}")
_REMEMBERED = 100_000


class Sacct:
    """One Measurement a job: the whole nodes it ran on, other jobs on them included; scope: node."""

    name = "sacct"

    def sniff(self, head: Head) -> int:
        """A header with a job's id and its consumed energy."""
        return 90 if any(_is_header(_split(line, _delimiter(line))) for line in head.lines[:50]) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """A row without a dot in its id is the job; it holds its .batch, .extern and numbered steps."""
        jobs: set[str] = set()
        steps: dict[str, int] = {}
        for line, row in _rows(source):
            ident = row.get(_IDS[0]) or row.get(_IDS[1], "")
            match = _JOB.fullmatch(ident)
            if match is None:
                source.problem(line, f"expected a job's id in JobID, found {ident!r:.60}")
            elif match[2]:
                if match[1] not in jobs and len(steps) < _REMEMBERED:
                    steps.setdefault(match[1], line)
            else:
                if len(jobs) < _REMEMBERED:
                    jobs.add(match[1])
                yield from _job(source, options, line, row, match[1])
        for job, line in steps.items():
            if job not in jobs:
                source.problem(
                    line,
                    f"expected the row of job {job} itself: its steps run on the same nodes at the same "
                    "time, so their energies overlap and cannot be added; print it with sacct -X",
                )


def _rows(source: Source) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows by column name (lower case), separated by a mark (one more at the end or not) or under rulers."""
    names: list[str] = []
    delimiter: str | None = None
    spans: list[tuple[int, int]] = []
    for line, text in source.lines():
        header = _split(text, _delimiter(text))
        if _is_header(header):
            names, delimiter, spans = [name.lower() for name in header], _delimiter(text), []
        elif not names or not text.strip():
            continue
        elif set(text.strip()) <= {"-", " "} and "--" in text:
            spans = [match.span() for match in _RULER.finditer(text)]
        else:
            cells = [text[begin:end].strip() for begin, end in spans] or _split(text, delimiter)
            if wrong := misfit(len(cells), len(names)):
                source.problem(line, wrong)
            else:
                yield line, dict(zip(names, cells, strict=True))


def _delimiter(text: str) -> str | None:
    """What separates the cells of a header: ``|`` unless ``--delimiter`` says otherwise; None for blanks."""
    best = max("|,;\t", key=text.count)
    return best if best in text else None


def _split(text: str, delimiter: str | None) -> list[str]:
    return [cell.strip() for cell in text.split(delimiter)]


def _is_header(cells: list[str]) -> bool:
    lower = {cell.lower() for cell in cells}
    return bool(lower & set(_IDS)) and bool(lower & set(_ENERGIES))


def _job(
    source: Source, options: Options, line: int, row: Mapping[str, str], job: str
) -> Iterator[Measurement]:
    """One job's Measurement, or a problem where it has no energy."""
    totals = Totals(source, options, format=Sacct.name, line=line)
    column = next(name for name in _ENERGIES if name in row)
    duration_s = _seconds(row)
    energy = _PREFIXED.fullmatch(row[column])
    if energy is None or row[column] in _NO_VALUE or (float(energy[1]) == 0.0 and duration_s):
        shown = "none" if is_missing(row[column]) else repr(row[column][:40])
        source.problem(
            line,
            f"expected joules in {column} of job {job}, found {shown}: the energy is absent, not 0; Slurm "
            "counts it where an acct_gather_energy plugin is configured",
        )
        return
    nodes = int(number(row.get("nnodes") or row.get("allocnodes") or "") or 1)
    totals.add(
        short_text(row.get("nodelist")) or f"nodes of job {job}",
        "host",
        energy[1],
        "J",
        _SENSOR,
        column=column,
        factor=_PREFIX[energy[2]] if energy[2] else None,
        rounded=True,
        stale_s=(_PERIOD_S, duration_s),
        max_power_w=_NODE_AT_MOST_W * min(max(nodes, 1), 100_000),
    )
    state = short_text(row.get("state")) or ""
    totals.warn(
        "the energy is that of the whole nodes: it is the job's own only where no other job ran on them "
        "(sbatch --exclusive)",
        f"ConsumedEnergy shows {energy[0]}: ConsumedEnergyRaw has all digits" if energy[2] else None,
        f"the job's state is {state}" if state and state.split()[0] != "COMPLETED" else None,
        None
        if duration_s
        else "the row has no ElapsedRaw: how old the readings at the job's edges are is not in u",
    )
    yield from totals.measurement(
        label=short_text(row.get("jobname")) or f"job {job}",
        duration_s=duration_s,
        started_at=utc(stamp(row.get("start", "")), options.timezone),
        scope="node",
        job_id=job,
        state=state or None,
        nodes=nodes,
        cluster=short_text(row.get("cluster")),
        partition=short_text(row.get("partition")),
        started_local=short_text(row.get("start")),
    )


def _seconds(row: Mapping[str, str]) -> float | None:
    """How long the job ran, in s, by ElapsedRaw or by Elapsed (days-hours:minutes:seconds)."""
    raw = number(row.get("elapsedraw", ""))
    if raw is not None:
        return raw if 0.0 < raw <= 1e9 else None
    match = _SPAN.fullmatch(row.get("elapsed", ""))
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(86_400 * days + 3600 * hours + 60 * minutes + seconds) or None
