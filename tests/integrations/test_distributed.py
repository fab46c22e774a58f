"""Ranks added up by the real torch.distributed: a package once, hosts and estimates as they are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import wattwhat
from tests.lengths import far
from wattwhat import Channel, Measurement, Quantity
from wattwhat.errors import ArgumentError
from wattwhat.records.channel_energy import ChannelEnergy

pytest.importorskip("torch", reason="torch, whose process groups are used")

RANK = """
import json, os, sys
from datetime import datetime, timezone
import torch.distributed as dist
import wattwhat
from wattwhat import Channel, Measurement, Quantity
from wattwhat.records.channel_energy import ChannelEnergy

dist.init_process_group("gloo")
rank = dist.get_rank()

def entry(host, name, joules):
    channel = Channel(f"{host}/rapl/{name}", "rapl", name, "cpu", "energy")
    return ChannelEnergy(channel, Quantity(joules, 1.0, "J"))

host = "one" if rank < 2 else "two"
channels = (entry(host, "package-0", 100.0),)
m = Measurement(label="train", energy_j=Quantity(100.0, 1.0, "J"), duration_s=10.0, items=64,
                channels=channels, started_at=datetime(2026, 1, 1, tzinfo=timezone.utc))
whole = wattwhat.gather(m)
with open(os.path.join(sys.argv[1], f"{rank}.json"), "w") as file:
    file.write(whole.to_json())
dist.destroy_process_group()
"""


@pytest.mark.lengthy
@pytest.mark.parametrize("ranks", far([3], [2, 3]))
def test_torchrun_adds_ranks_and_counts_a_package_once(tmp_path: Path, ranks: int) -> None:
    script = tmp_path / "train.py"
    script.write_text(RANK)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
    done = subprocess.run(
        [*command, str(script), str(tmp_path)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = [Measurement.from_dict(json.loads((tmp_path / f"{n}.json").read_text())) for n in range(ranks)]
    assert all(one.to_dict() == found[0].to_dict() for one in found)
    assert found[0].energy_j.value == pytest.approx(100.0 if ranks == 2 else 200.0)
    assert (found[0].items, found[0].label) == (64 * ranks, "train")


class Communicator:
    """What mpi4py's communicators answer, for one host of four ranks."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def Get_rank(self) -> int:  # noqa: N802 - mpi4py's name
        return 0

    def allgather(self, line: str) -> list[str]:
        return [line, *self.lines]


def test_an_mpi_communicator_is_taken() -> None:
    one = alone("h/rapl/package-0")
    whole = wattwhat.gather(one, Communicator([one.to_json()] * 3))
    assert whole.energy_j.value == pytest.approx(5.0)
    assert whole.items == 4


def test_one_process_is_its_own_sum() -> None:
    one = alone("h/rapl/package-0")
    assert wattwhat.gather(one) is one


@pytest.mark.parametrize("group", ["gloo", 3, object()])
def test_another_group_is_refused(group: Any) -> None:
    with pytest.raises(ArgumentError, match="group"):
        wattwhat.gather(alone("h/rapl/package-0"), group)
    with pytest.raises(ArgumentError, match="measurement"):
        wattwhat.gather(group)


def alone(channel_id: str) -> Measurement:
    from datetime import datetime, timezone

    channel = Channel(channel_id, "rapl", "package 0", "cpu", "energy")
    energy = Quantity(5.0, 0.1, "J")
    return Measurement(
        label="train",
        energy_j=energy,
        duration_s=1.0,
        items=1,
        channels=(ChannelEnergy(channel, energy),),
        started_at=datetime(2026, 1, 1, tzinfo=timezone.utc),
    )
