"""A budget over real ranks (gloo): all of them stop after the same step, once it is certainly spent."""

from __future__ import annotations

import multiprocessing
import warnings
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.live_host import earlier_part
from wattwhat import Measurement
from wattwhat.integrations.budget import Budget

torch = pytest.importorskip("torch", reason="torch, whose process groups are used")

STEPS = 60


def measured(rank: int, step: int, host: str) -> Measurement | None:
    """100 J a step; rank 0 has lost its sensor for the first five steps."""
    if rank == 0 and step < 5:
        return None
    one = earlier_part(100.0 * (step + 1), 1.0)
    entry = one.channels[0]
    channel = attrs.evolve(entry.channel, id=f"{host}/rapl/package-0")
    return attrs.evolve(
        one, channels=(attrs.evolve(entry, channel=channel),), calls=step + 1, duration_s=step + 1.0
    )


def train(rank: int, folder: str, hosts: list[str], budget_j: float, stopped: Any) -> None:
    import torch.distributed as dist

    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
    budget = Budget(budget_j)
    for step in range(STEPS):
        gradient = torch.ones(1)
        dist.all_reduce(gradient)  # a rank that stopped alone would leave the other one here
        if budget.spent(lambda now=step: measured(rank, now, hosts[rank])):
            break
    stopped.put((rank, step))
    dist.destroy_process_group()


@pytest.mark.parametrize(
    ("hosts", "budget_j", "at"),
    [(["one", "one"], 1050.0, 10), (["one", "two"], 2150.0, 10), (["one", "two"], 1e9, STEPS - 1)],
)
def test_all_ranks_stop_after_the_same_step(
    tmp_path: Path, hosts: list[str], budget_j: float, at: int
) -> None:
    context = multiprocessing.get_context("fork")
    stopped = context.SimpleQueue()
    ranks = [context.Process(target=train, args=(n, str(tmp_path), hosts, budget_j, stopped)) for n in (0, 1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forks beside threads of other tests, which are not used there
        for rank in ranks:
            rank.start()
    for rank in ranks:
        rank.join(300.0)
        rank.kill()
    assert [rank.exitcode for rank in ranks] == [0, 0]
    assert sorted(stopped.get() for _ in ranks) == [(0, at), (1, at)]
