"""How a model of a study is run: each runtime prepares a call, and says what it did."""

from __future__ import annotations

import attrs

from wattwhat.study.cell import Cell
from wattwhat.study.models.base import Built
from wattwhat.study.registry import RUNTIMES, loaded
from wattwhat.study.runtimes.base import Prepared, Runtime, pruned

__all__ = ["Prepared", "Runtime", "prepared"]


def prepared(built: Built, cell: Cell) -> Prepared:
    """The call of a model in the runtime of its cell.

    Args:
        built: the model and its inputs.
        cell: its runtime, precision and device.

    Raises:
        NotPossibleError: the runtime is not installed, or cannot run the model in that precision.

    Example:
        >>> prepared(Built(lambda: 7), Cell("m:f")).call()
        7
    """
    pruning = {} if cell.pruning is None else pruned(built.model, cell)
    runner = loaded(RUNTIMES, cell.runtime.partition(":")[0])(built.model, built.inputs, cell)
    ready = runner if isinstance(runner, Prepared) else Prepared(runner)
    return attrs.evolve(ready, details={**pruning, **ready.details})
