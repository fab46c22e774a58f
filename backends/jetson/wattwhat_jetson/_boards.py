"""The room of power trees: which rail of which board feeds which other one. Pure data and pure functions.

What feeds what decides what may be added up. Sources:

* Rails, and VDD_IN as the module's input, up to AGX Xavier: NVIDIA's Jetson Linux developer guide
  (release 32.6), chapter "Clock Frequency and Power Management".
* "VDD_IN is the total power of module" (NVIDIA staff): https://forums.developer.nvidia.com/t/200883 ;
  POM_5V_IN as the Nano's total: https://forums.developer.nvidia.com/t/73608
* AGX Xavier: the product design guide DG-09840-001, section 5.6.2: five monitors on SYS_VIN_HV and one
  (SYS5V) on SYS_VIN_MV, both derived from the main supply and not from each other; 5 mOhm, 1 % shunts.
* AGX Orin and Orin NX/Nano, labels and shunts: the Linux device trees tegra234-p3701 (2 mOhm) and
  tegra234-p3767 (5 mOhm). That VDDQ_VDD2_1V8AO hangs on VIN_SYS_5V0 is reported, not documented.
* Thor, VIN behind the carrier's INA238 as the input of module and carrier:
  https://forums.developer.nvidia.com/t/366461
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from wattwhat.records.channel import Component

__all__ = ["BOARDS", "Board", "Plan", "Rail", "identify", "inside", "is_no_rail", "make_plan"]


@attrs.frozen
class Rail:
    """One measured supply line.

    Args:
        name: its name in the channel's id: what the kernel calls it.
        component: what hangs on it, one of `wattwhat.records.channel.COMPONENTS`. The core adds a power
            model of CPU or DRAM where no component says that they are measured, so of several loads the one
            it would add again is named: the 5 V rail that also feeds the I/O is "dram".
        fed_by: the rail that it is derived from, if that one is measured too.
        aliases: what other tools call the same line.
    """

    name: str
    component: Component
    fed_by: str | None = None
    aliases: tuple[str, ...] = ()


@attrs.frozen
class Board:
    """The power tree of one board.

    Args:
        name: in words.
        models: what its device-tree model contains, in lower case.
        rails: every line that is known to be measured on it.
        shunt_ohm: its current shunts, where the kernel does not tell.
        supply_v: the highest voltage on its rails, where the kernel does not tell.
        leaves_out: what even the total, or the sum, does not see.
    """

    name: str
    models: tuple[str, ...]
    rails: tuple[Rail, ...]
    shunt_ohm: float = 0.005
    supply_v: float = 5.0
    leaves_out: str = "the carrier board"

    def find(self, label: str) -> Rail | None:
        """The rail that a source calls by this label."""
        for rail in self.rails:
            if label == rail.name or label in rail.aliases:
                return rail
        return None


def _under(total: str, component: Component, **rails: Component) -> tuple[Rail, ...]:
    """A total and the rails behind it."""
    return (Rail(total, component), *(Rail(name, kind, fed_by=total) for name, kind in rails.items()))


_XAVIER = "the carrier board and the losses of its 5 V and HV regulators"

BOARDS: tuple[Board, ...] = (  # the order matters: "orin nano" is looked for before "nano"
    Board(
        "Jetson Thor",
        ("thor", "tegra264"),
        _under("VIN", "host", VDD_GPU="gpu", VDD_CPU_SOC_MSS="cpu", VIN_SYS_5V0="dram"),
        shunt_ohm=0.002,
        supply_v=20.0,
        leaves_out="what is fed before the carrier's shunt",
    ),
    Board(
        "Jetson AGX Orin",
        ("agx orin",),
        (
            Rail("VDD_GPU_SOC", "soc"),
            Rail("VDD_CPU_CV", "cpu"),
            Rail("VIN_SYS_5V0", "dram"),
            Rail("VDDQ_VDD2_1V8AO", "dram", fed_by="VIN_SYS_5V0"),
        ),
        shunt_ohm=0.002,
        supply_v=20.0,
        leaves_out="the carrier board and the loss of the supplies before the shunts",
    ),
    Board(
        "Jetson Orin NX or Orin Nano",
        ("orin nx", "orin nano"),
        _under("VDD_IN", "module", VDD_CPU_GPU_CV="soc", VDD_SOC="soc"),
        supply_v=20.0,
    ),
    Board(
        "Jetson Xavier NX", ("xavier nx",), _under("VDD_IN", "module", VDD_CPU_GPU_CV="soc", VDD_SOC="soc")
    ),
    Board(
        "Jetson AGX Xavier",
        ("agx xavier", "jetson agx"),
        (
            Rail("GPU", "gpu"),
            Rail("CPU", "cpu"),
            Rail("SOC", "soc"),
            Rail("CV", "rail"),
            Rail("VDDRQ", "dram"),
            Rail("SYS5V", "rail"),
        ),
        supply_v=20.0,
        leaves_out=_XAVIER,
    ),
    Board("Jetson TX2 NX", ("tx2 nx",), _under("VDD_IN", "module", VDD_CPU_GPU="soc", VDD_SOC="soc")),
    Board(
        "Jetson TX2",
        ("tx2", "quill"),
        (
            Rail("VDD_IN", "module"),
            Rail("VDD_SYS_GPU", "gpu", "VDD_IN", ("VDD_GPU",)),
            Rail("VDD_SYS_CPU", "cpu", "VDD_IN", ("VDD_CPU",)),
            Rail("VDD_SYS_SOC", "soc", "VDD_IN", ("VDD_SOC",)),
            Rail("VDD_SYS_DDR", "dram", "VDD_IN", ("VDD_DDR",)),
            Rail("VDD_4V0_WIFI", "rail", "VDD_IN", ("VDD_WIFI",)),
        ),
        supply_v=19.0,
    ),
    Board(
        "Jetson TX1",
        ("tx1", "jetson cv"),
        _under("VDD_IN", "module", VDD_GPU="gpu", VDD_CPU="cpu"),
        supply_v=19.0,
    ),
    Board("Jetson Nano", ("nano",), _under("POM_5V_IN", "module", POM_5V_GPU="gpu", POM_5V_CPU="cpu")),
)


def is_no_rail(label: str) -> bool:
    """Whether a label names nothing that can be measured: not connected, or a sum made by the driver.

    Example:
        >>> [is_no_rail(label) for label in ("NC", "sum of shunt voltages", "VDD_IN")]
        [True, True, False]
    """
    return label in ("", "NC") or label.lower().startswith("sum of shunt")


def inside(board: Board, name: str) -> tuple[str, ...]:
    """Names of all rails of a board whose power flows through this one, however deep.

    Example:
        >>> inside(identify("NVIDIA Jetson AGX Orin", ()), "VIN_SYS_5V0")
        ('VDDQ_VDD2_1V8AO',)
    """
    direct = [rail.name for rail in board.rails if rail.fed_by == name]
    return tuple(direct) + tuple(deeper for child in direct for deeper in inside(board, child))


def identify(model: str, labels: Iterable[str]) -> Board | None:
    """The board of a device-tree model; where a carrier's maker wrote another name there, by its rails.

    Args:
        model: text of ``/proc/device-tree/model``; empty if unknown.
        labels: the rails that a source offers.
    """
    words = model.lower().replace("-", " ").replace("_", " ")
    for board in BOARDS:
        if any(part in words for part in board.models):
            return board
    labels = [label for label in labels if not is_no_rail(label)]
    for board in BOARDS:
        if labels and all(board.find(label) for label in labels):
            return attrs.evolve(board, name=f"board with the rails of a {board.name}")
    return None


@attrs.frozen
class Plan:
    """What is read of a board, and what of it is added up.

    Args:
        board: the board.
        rails: label of the source -> rail, for those that are read.
        left_out: labels of the source that are not read, since nobody knows what they contain.
        counted: names of the rails that are added up; no read rail feeds one of them.
        notes: sentences for a person.
        missing: names of rails beside those that are added up, which the source does not offer.
    """

    board: Board
    rails: Mapping[str, Rail]
    left_out: tuple[str, ...]
    counted: tuple[str, ...]
    notes: tuple[str, ...]
    missing: tuple[str, ...] = ()


def make_plan(model: str, labels: Iterable[str], add: tuple[str, ...] = ()) -> Plan | None:
    """Decide which of the offered rails are read and which are added up.

    Args:
        model: text of ``/proc/device-tree/model``; empty if unknown.
        labels: the rails that a source offers.
        add: rails that the user says may be added up; empty to go by the board.

    Returns:
        The plan, or None if neither the model nor the rails are known and `add` is empty.

    Example:
        >>> plan = make_plan("NVIDIA Jetson Xavier NX", ["VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC", "NC"])
        >>> plan.counted
        ('VDD_IN',)
    """
    offered = list(dict.fromkeys(label for label in labels if not is_no_rail(label)))
    if add:
        board = Board("board whose rails the user named", (), tuple(Rail(label, "module") for label in add))
    else:
        known = identify(model, offered)
        if known is None:
            return None
        board = known
    rails: dict[str, Rail] = {}
    for label in offered:
        rail = board.find(label)
        if rail is not None and rail not in rails.values():
            rails[label] = rail
    names = {rail.name for rail in rails.values()}
    fed = {deeper for name in names for deeper in inside(board, name)}
    counted = tuple(name for name in (rail.name for rail in rails.values()) if name not in fed)
    left_out = tuple(label for label in offered if label not in rails)
    roots = [rail.name for rail in board.rails if rail.fed_by is None]
    missing = tuple(name for name in roots if name not in counted) if len(roots) > 1 and counted else ()
    notes = _notes(board, roots, counted, left_out, missing)
    return Plan(board, rails, left_out, counted, notes, missing)


def _notes(
    board: Board,
    roots: Sequence[str],
    counted: tuple[str, ...],
    left_out: tuple[str, ...],
    missing: tuple[str, ...],
) -> tuple[str, ...]:
    notes = []
    if len(roots) == 1 and tuple(roots) == counted:
        notes.append(f"{board.name}: {roots[0]} is the total; it leaves out {board.leaves_out}")
    elif counted:
        no_total = "it has no rail for the total"
        why = no_total if len(roots) > 1 else f"its total, {roots[0]}, is not offered here"
        notes.append(
            f"{board.name}: {why}, so the sum of {' + '.join(counted)} is taken"
            + (f" (missing: {', '.join(missing)})" if missing else "")
            + f"; it leaves out {board.leaves_out}"
        )
    if left_out:
        notes.append(
            f"not read, since it is not known what they contain or what feeds them: {', '.join(left_out)}"
        )
    return tuple(notes)
