"""From a plan to its cells: the product of its axes, rules applied, in random order within blocks."""

from __future__ import annotations

import fnmatch
import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.study.cell import AXES, Cell
from wattwhat.study.plan import Plan

__all__ = ["cells_of", "shard_of"]

_T = TypeVar("_T")


def cells_of(plan: Plan) -> list[Cell]:
    """Every cell of a plan, in the order in which it is to be measured.

    Each repeat is a pass of its own over all cells, shuffled by the plan's seed: a randomised complete block
    design, so that drift is not taken for an effect. The reference cell comes back at the head of each block.

    Args:
        plan: the plan.

    Raises:
        ArgumentError: a rule fits no cell, no cell is left, or the reference is not one of them.

    Example:
        >>> plan = Plan("plan.toml", {"model": ("m:a", "m:b"), "batch_size": (1, 8)})
        >>> sorted(map(str, cells_of(plan)))[0], len(cells_of(plan))
        ('m:a batch 1 fp32 eager cpu', 4)
    """
    once = _once(plan)
    reference = _reference(plan, once)
    generator = random.Random(plan.order.seed)
    cells: list[Cell] = []
    for repeat in range(plan.measure.repeats):
        these = once if repeat == 0 else [attrs.evolve(cell, repeat=repeat) for cell in once]
        these = list(these)
        generator.shuffle(these)
        cells += these
    return cells if reference is None else list(_with_reference(cells, reference, plan.order.block))


def shard_of(cells: list[_T], number: int, count: int) -> list[_T]:
    """Every count-th cell: shards are disjoint, alike in kind, and together they are all.

    Args:
        cells: of the plan, or their keys.
        number: which shard, from 1.
        count: how many shards there are.

    Example:
        >>> shard_of(["a", "b", "c", "d", "e"], 2, 3)
        ['b', 'e']
    """
    return cells[number - 1 :: count]


def _once(plan: Plan) -> list[Cell]:
    cells = dict.fromkeys(_product(plan.axes))
    for rule in plan.include:
        cells.update(dict.fromkeys(_product({**plan.axes, **rule})))
    for number, rule in enumerate(plan.exclude, 1):
        left_out = [cell for cell in cells if _fits(cell, rule)]
        if not left_out:
            raise ArgumentError(
                f"[[exclude]] number {number} ({_text_of(rule)}) fits no cell",
                path=plan.path,
                remedy="remove it",
            )
        for cell in left_out:
            del cells[cell]
    if not cells:
        raise ArgumentError("every cell is excluded", path=plan.path, remedy="remove a rule")
    return list(cells)


def _product(axes: Mapping[str, tuple[Any, ...]]) -> Iterator[Cell]:
    names = [name for name in AXES if name in axes]
    for values in itertools.product(*(axes[name] for name in names)):
        yield Cell(**dict(zip(names, values, strict=True)))


def _fits(cell: Cell, rule: Mapping[str, tuple[Any, ...]]) -> bool:
    for name, values in rule.items():
        value = getattr(cell, name)
        if name == "model":
            if not any(value == one or fnmatch.fnmatchcase(value, one) for one in values):
                return False
        elif value not in values:
            return False
    return True


def _reference(plan: Plan, cells: list[Cell]) -> Cell | None:
    asked = plan.order.reference
    if asked is None:
        return None
    matching = [cell for cell in cells if all(getattr(cell, name) == value for name, value in asked.items())]
    if not matching:
        raise ArgumentError(
            f"no cell of the plan has {_text_of(asked)}", argument="[order] reference", path=plan.path
        )
    return matching[0]


def _with_reference(cells: list[Cell], reference: Cell, block: int) -> Iterator[Cell]:
    for number, begin in enumerate(range(0, len(cells), block)):
        yield attrs.evolve(reference, reference=number)
        yield from cells[begin : begin + block]


def _text_of(rule: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} = {' or '.join(map(str, value)) if isinstance(value, tuple) else value}"
        for name, value in rule.items()
    )
