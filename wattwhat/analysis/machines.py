"""Which measurements are of one machine: its name says so, unless containers hide it or several share it.

Containers of one machine have names of their own, and machines made from one image may have the same. What
tells them apart is the kernel that they run on (``environment["machine"]``, see `wattwhat.sensing.host`): a
package that two containers measured is one package, and two packages of the same name are two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import attrs

from wattwhat.records.channel import Channel
from wattwhat.records.measurement import Measurement

__all__ = ["by_machine"]


def by_machine(given: Sequence[Measurement]) -> tuple[list[Measurement], list[str]]:
    """The measurements with channels named after their machine, and sentences about what was renamed.

    Args:
        given: in an order that does not depend on how they came; what does not tell its machine stays as it
            is.

    Example:
        >>> from wattwhat import Quantity
        >>> def made(host, machine):
        ...     about = {"host": host, "machine": machine}
        ...     return Measurement(label="a", energy_j=Quantity(1, 0.1, "J"), environment=about)
        >>> by_machine([made("pod-1", "f00d"), made("pod-2", "f00d")])[1]
        ['pod-2 and pod-1 are one machine, and are counted as one']
        >>> by_machine([made("node", "f00d"), made("node", "cafe")])[1]
        ['node is two machines, or was started anew; one is node#2 here']
    """
    names: dict[str, str] = {}
    moved, notes = [], []
    for one in given:
        host, machine = one.environment.get("host"), one.environment.get("machine")
        if not isinstance(host, str) or not isinstance(machine, str):
            moved.append(one)
            continue
        name = names.get(machine)
        if name is None:
            name = names[machine] = _free(host, names.values())
            if name != host:
                notes.append(f"{host} is two machines, or was started anew; one is {name} here")
        elif name.split("#")[0] != host:
            notes.append(f"{host} and {name} are one machine, and are counted as one")
        moved.append(one if name == host else _renamed(one, host, name))
    return moved, list(dict.fromkeys(notes))


def _free(host: str, taken: Collection[str]) -> str:
    name, number = host, 1
    while name in taken:
        number += 1
        name = f"{host}#{number}"
    return name


def _renamed(measurement: Measurement, host: str, name: str) -> Measurement:
    def ids(before: Iterable[str]) -> tuple[str, ...]:
        return tuple(_id(one, host, name) for one in before)

    def channel(one: Channel) -> Channel:
        return attrs.evolve(one, id=_id(one.id, host, name), contains=ids(one.contains))

    entries = tuple(attrs.evolve(entry, channel=channel(entry.channel)) for entry in measurement.channels)
    line = measurement.timeline
    line = None if line is None else attrs.evolve(line, channels=ids(line.channels))
    return attrs.evolve(measurement, channels=entries, timeline=line)


def _id(ident: str, host: str, name: str) -> str:
    return f"{name}{ident[len(host) :]}" if ident.startswith(f"{host}/") else ident
