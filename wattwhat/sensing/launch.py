"""What started this process: a rank of torchrun, mpirun or srun, or a job of Slurm with a share of a node.

All of it is what the launcher put into the environment; nothing is asked and nothing is started.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from wattwhat.records.caution import Caution
from wattwhat.records.channel_energy import ChannelEnergy

__all__ = [
    "OF_CPUS",
    "OF_THE_NODE",
    "Rank",
    "job_of",
    "rank_of",
    "ranked",
    "shared_warnings",
    "tasks_on_node",
]

# By launcher: its rank, how many there are, and how often the rank was started again. The first that fits is
# the innermost: torchrun may have been started by srun. accelerate and DeepSpeed set what torchrun sets.
_LAUNCHERS = (
    ("torchrun", "RANK", "WORLD_SIZE", "TORCHELASTIC_RESTART_COUNT"),
    ("mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", ""),
    ("mpiexec", "PMI_RANK", "PMI_SIZE", ""),
    ("srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_RESTART_COUNT"),
)
# What a job of Slurm shares with others on its node where it has not all of the node's CPUs. Work of this
# process alone, such as the estimate, is nobody else's.
OF_CPUS = frozenset(("cpu", "core", "uncore", "dram"))
OF_THE_NODE = OF_CPUS | {"soc", "module", "host", "wall"}
_GPUS = frozenset(("gpu", "board"))
_GIVEN = ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ZE_AFFINITY_MASK",
          "SLURM_STEP_GPUS", "SLURM_JOB_GPUS")  # fmt: skip
_ALL = "all of the node, other jobs too; which part is the job's is not known"
_ALONE = "sbatch --exclusive gives a node alone"
_COUNTS = re.compile(r"(\d{1,6})(?:\(x(\d{1,6})\))?")


@attrs.frozen
class Rank:
    """One of several processes that do one thing together.

    Args:
        launcher: what started them.
        number: which one this is, from 0.
        of: how many there are.
        attempt: how often it was started again.
    """

    launcher: str
    number: int
    of: int
    attempt: int = 0

    @property
    def text(self) -> str:
        """For the name of a file; numbers sort as texts."""
        again = f"-restart{self.attempt}" if self.attempt else ""
        return f"rank{self.number:0{len(str(self.of - 1))}d}{again}"


def rank_of(environ: Mapping[str, str] | None = None) -> Rank | None:
    """Which rank this process is, or None where it is alone.

    Example:
        >>> rank_of({"RANK": "3", "WORLD_SIZE": "16"}).text
        'rank03'
        >>> rank_of({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"})  # a batch script, which is no rank
    """
    environ = os.environ if environ is None else environ
    for launcher, number, of, attempt in _LAUNCHERS:
        numbers = [_whole(environ.get(name, "")) for name in (number, of)]
        if numbers[0] is not None and numbers[1] is not None and numbers[0] < numbers[1]:
            again = _whole(environ.get(attempt, "")) or 0
            return Rank(launcher, numbers[0], numbers[1], again) if numbers[1] > 1 or again else None
    return None


def ranked(path: str, rank: Rank) -> str:
    """The file of one rank, beside those of the others.

    Example:
        >>> ranked("runs/train.jsonl", Rank("srun", 1, 2))
        'runs/train-rank1.jsonl'
    """
    stem, ending = os.path.splitext(path)
    return f"{stem}-{rank.text}{ending}"


def job_of(environ: Mapping[str, str] | None = None, cpu_count: int | None = None) -> dict[str, Any] | None:
    """The job of Slurm that this process belongs to, and its share of this node's CPUs; None outside of one.

    Args:
        environ: the environment; None takes that of this process.
        cpu_count: CPUs of this node; None counts them.

    Returns:
        ``job_id``, and where they are known ``cpus``, ``node_cpus`` and ``cpu_share``, and ``gpus``.

    Example:
        >>> job_of({"SLURM_JOB_ID": "7", "SLURM_JOB_CPUS_PER_NODE": "4(x2),8", "SLURM_NODEID": "1"}, 64)
        {'job_id': '7', 'cpus': 4, 'node_cpus': 64, 'cpu_share': 0.0625}
    """
    environ = os.environ if environ is None else environ
    ident = environ.get("SLURM_JOB_ID")
    if not ident:
        return None
    job: dict[str, Any] = {"job_id": ident[:40]}
    cpus, here = _cpus(environ), os.cpu_count() if cpu_count is None else cpu_count
    if cpus and here:
        job |= {"cpus": cpus, "node_cpus": here, "cpu_share": min(1.0, cpus / here)}
    gpus = environ.get("SLURM_STEP_GPUS") or environ.get("SLURM_JOB_GPUS")
    return {**job, "gpus": gpus[:200]} if gpus else job


def _cpus(environ: Mapping[str, str]) -> int | None:
    """CPUs of the job on this node."""
    here = _on_this_node(environ, "SLURM_JOB_CPUS_PER_NODE")
    return _whole(environ.get("SLURM_CPUS_ON_NODE", "")) if here is None else here


def tasks_on_node(environ: Mapping[str, str] | None = None) -> int | None:
    """Tasks that the step, else the job, has on this node; None where Slurm does not tell.

    Example:
        >>> tasks_on_node({"SLURM_STEP_TASKS_PER_NODE": "2,1", "SLURM_NODEID": "1"})
        1
    """
    environ = os.environ if environ is None else environ
    step = _on_this_node(environ, "SLURM_STEP_TASKS_PER_NODE")
    return _on_this_node(environ, "SLURM_TASKS_PER_NODE") if step is None else step


def _on_this_node(environ: Mapping[str, str], name: str) -> int | None:
    """``4(x2),8`` is 4 on each of the first two nodes and 8 on the third."""
    node = _whole(environ.get("SLURM_NODEID", "")) or 0
    for count, times in _COUNTS.findall(environ.get(name, "")):
        if node < int(times or 1):
            return int(count)
        node -= int(times or 1)
    return None


def shared_warnings(
    channels: Iterable[ChannelEnergy], environ: Mapping[str, str] | None = None, cpu_count: int | None = None
) -> tuple[str, ...]:
    """What of the node's other jobs is in these energies, as sentences.

    Args:
        channels: what a measurement counts.
        environ: the environment; None takes that of this process.
        cpu_count: CPUs of this node; None counts them.
    """
    environ = os.environ if environ is None else environ
    job = job_of(environ, cpu_count)
    if job is None:
        return ()
    sensors = [one.channel for one in channels if one.counted and one.provenance == "measured"]
    parts = []
    shared = {one.id: one for one in sensors if one.component in OF_THE_NODE} if _shares(job) else {}
    shares: dict[str, list[str]] = {}
    for name, one in sorted(shared.items()):
        own = name.endswith(f"/job-{job['job_id']}")
        share = f"a share of the node, {(one.source or '').rpartition('; ')[2]}" if own else _ALL
        shares.setdefault(share, []).append(name)
    parts += [f"{', '.join(names)}: {share}; {_ALONE}" for share, names in shares.items()]
    if any(one.component in _GPUS for one in sensors) and not any(name in environ for name in _GIVEN):
        parts.append(
            f"job {job['job_id']} of Slurm names no GPU of its own, so every GPU that is seen is counted; "
            "ask for GPUs with --gres=gpu:N"
        )
    return tuple(Caution("shared-node", one) for one in parts)


def _shares(job: Mapping[str, Any]) -> bool:
    return bool(job.get("cpu_share", 0.0) < 1.0)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
