"""One number for all ranks: measurements of torch.distributed or MPI processes, no joule counted twice."""

from __future__ import annotations

import sys
from typing import Any

from wattwhat.analysis.aggregation import combine
from wattwhat.errors import ArgumentError
from wattwhat.records.measurement import Measurement

__all__ = ["gather"]


def gather(measurement: Measurement, group: Any = None) -> Measurement:
    """The sum over all ranks, on every rank; called by all of them, as any collective operation.

    A package or board that several ranks of one host measured at the same time counts once; hosts add up
    (`wattwhat.combine`). In a program of one process it is the measurement itself.

    Args:
        measurement: this rank's.
        group: a process group of torch.distributed, or a communicator of mpi4py; None takes the default
            group where torch.distributed is initialised, else all of MPI where mpi4py is.

    Raises:
        ArgumentError: this is no Measurement, or the group is neither of these.
        ComparisonError: ranks cannot be added up: the message names what one of them lacks.

    Example:
        >>> from wattwhat import Quantity
        >>> alone = Measurement(label="rank 0", energy_j=Quantity(1.0, 0.1, "J"))
        >>> gather(alone) is alone
        True
    """
    if not isinstance(measurement, Measurement):
        raise ArgumentError(argument="measurement", expected="a Measurement", got=measurement)
    lines = _all_gather(measurement.to_json(), group)
    if len(lines) == 1:
        return measurement
    import json

    label = measurement.label
    ranks = [Measurement.from_dict(json.loads(line)) for line in lines]
    alike = all(one.label == label for one in ranks)
    return combine(ranks, label=label if alike else None)


def _all_gather(line: str, group: Any) -> list[str]:
    """Every rank's line, in the order of ranks."""
    if callable(getattr(group, "allgather", None)) and hasattr(group, "Get_rank"):  # mpi4py
        return [str(one) for one in group.allgather(line)]
    distributed = sys.modules.get("torch.distributed")
    started = distributed is not None and distributed.is_available() and distributed.is_initialized()
    if distributed is None or not started:
        if group is None and (world := _mpi_world()) is not None:
            return _all_gather(line, world)
        if group is not None:
            raise ArgumentError(
                argument="group",
                expected="a process group of torch.distributed after init_process_group(), or an mpi4py "
                "communicator",
                got=group,
            )
        return [line]
    gathered: list[Any] = [None] * distributed.get_world_size(group)
    distributed.all_gather_object(gathered, line, group=group)
    return [str(one) for one in gathered]


def _mpi_world() -> Any:
    """Every rank of MPI, where the program has imported and started it."""
    mpi = sys.modules.get("mpi4py.MPI")
    if mpi is None or not mpi.Is_initialized() or mpi.Is_finalized():
        return None
    return mpi.COMM_WORLD
