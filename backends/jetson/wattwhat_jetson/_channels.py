"""The room where a rail becomes a Channel: id, containment, and how well its power is known."""

from __future__ import annotations

import math
from typing import Any

from wattwhat.records.channel import Channel
from wattwhat.sensing.host import host_name
from wattwhat_jetson._boards import Board, Plan, Rail, inside

__all__ = ["GAIN_ERROR", "channel_id", "make_channel", "offset_w", "step_w"]

# Nobody states the accuracy of an assembled board. Its parts add up to 1.5 % at 25 degrees C: shunts of 1 %
# (NVIDIA DG-09840-001, figure 5-14), 0.25 % each for the current's and the voltage's gain (TI SBOS576).
# Temperature, the shunt's soldering, and two registers that are not read at the same moment come on top, so
# we take 5 % as the limit, rectangular. This figure is ours, not the maker's.
GAIN_ERROR = 0.05 / math.sqrt(3.0)
# TI SBOS576, electrical characteristics: shunt voltage, offset at most 80 uV, one step 40 uV.
_OFFSET_V, _STEP_V = 80e-6, 40e-6


def offset_w(bus_v: float, shunt_ohm: float) -> float:
    """Standard uncertainty in W of an INA3221's offset: 80 uV at most, rectangular.

    Example:
        >>> round(offset_w(5.0, 0.005), 4)
        0.0462
    """
    return _OFFSET_V / shunt_ohm * bus_v / math.sqrt(3.0)


def step_w(bus_v: float, shunt_ohm: float) -> float:
    """The smallest step of an INA3221's power in W: one step of its current, at this voltage.

    Example:
        >>> round(step_w(19.6, 0.002), 3)  # a Thor's idle VDD_GPU was seen at -392 mW: one step below 0
        0.392
    """
    return _STEP_V / shunt_ohm * bus_v


def channel_id(rail: Rail) -> str:
    """The rail's id, the same whichever way it is read."""
    return f"{host_name()}/jetson/{rail.name}"


def make_channel(
    plan: Plan,
    rail: Rail,
    device: str,
    source: str,
    *,
    chip: str = "ina3221",
    bus_v: float | None = None,
    shunt_ohm: float | None = None,
    update_period_s: float | None = None,
    averaging_window_s: float | None = None,
) -> Channel:
    """The channel of one rail.

    Args:
        plan: what is read of the board.
        rail: one of the plan's rails.
        device: the board in words.
        source: what is read, in words.
        chip: ``"ina3221"``, or ``"ina238"``, whose shunt and steps nobody tells.
        bus_v: the rail's voltage; None or 0 takes the board's supply.
        shunt_ohm: the shunt; None or 0 takes what is usual on the board.
        update_period_s: seconds between two new values; None if unknown.
        averaging_window_s: seconds that one value averages; None if unknown.
    """
    board: Board = plan.board
    volts, ohm = bus_v or board.supply_v, shunt_ohm or board.shunt_ohm
    known = chip == "ina3221" and volts > 0.0 and ohm > 0.0
    added = ""
    if rail.name in plan.counted and len(plan.counted) > 1:
        others = ", ".join(name for name in plan.counted if name != rail.name)
        added = f"; no total is measured here: added to {others}"
    # Any: to mypy, the converter `tuple` of this field takes items of no type at all.
    contained: Any = [f"{host_name()}/jetson/{name}" for name in inside(board, rail.name)]
    return Channel(
        channel_id(rail),
        "jetson",
        f"{device}, rail {rail.name}",
        rail.component,
        "power",
        contains=contained,
        update_period_s=update_period_s,
        averaging_window_s=averaging_window_s,
        resolution=step_w(volts, ohm) if known else None,
        gain_error=GAIN_ERROR,
        offset_w=offset_w(volts, ohm) if known else None,
        source=source + added,
    )
