"""The room of the three ways to the rails: sysfs, tegrastats, jtop. Each looks first and opens later."""

from __future__ import annotations

import os
from collections.abc import Callable

from wattwhat.errors import BackendError, MeterError
from wattwhat.sensing.backend import Availability
from wattwhat.sensing.meter import Meter
from wattwhat_jetson import _jtop, _tegrastats
from wattwhat_jetson._boards import Plan, make_plan
from wattwhat_jetson._channels import make_channel
from wattwhat_jetson._machine import DRIVERS, in_container
from wattwhat_jetson._tree import Scan, scan

__all__ = ["ChildSource", "Source", "SysfsSource", "jtop_source", "tegrastats_source"]

_TELL = (
    "name the rails that may be added up, none of which feeds another: "
    "WATTWHAT_JETSON_ADD=RAIL1,RAIL2 or JetsonBackend(add=(...)); and tell us the board"
)


class Source:
    """One way to the rails.

    Args:
        root: the folder that holds ``sys`` and ``proc``.
        model: the device-tree model; empty if unknown.
        add: rails that the user says may be added up; empty to go by the board.
    """

    name = ""

    def __init__(self, root: str, model: str, add: tuple[str, ...]) -> None:
        self.root, self.model, self.add = root, model, add

    @property
    def device(self) -> str:
        """The board in words."""
        return self.model or "NVIDIA Jetson"

    def look(self) -> Availability:
        """Whether this way is open; starts nothing."""
        raise NotImplementedError

    def open(self) -> tuple[list[Meter], tuple[str, ...], tuple[str, ...]]:
        """Meters, sentences for doctor, and sentences on what is there and not read.

        Raises:
            BackendError: nothing can be read this way.
        """
        raise NotImplementedError

    def _missing(self, plan: Plan) -> tuple[str, ...]:
        """A sentence on the rails that belong to the total of this board and are not offered."""
        if not plan.missing:
            return ()
        names = ", ".join(plan.missing)
        return (f"{plan.board.name}: {self.name} does not offer {names}, so their energy is missing",)

    def plan(self, labels: list[str]) -> Plan:
        """What to read of these rails.

        Raises:
            BackendError: none of them may be added up for all we know.
        """
        plan = make_plan(self.model, labels, self.add)
        if plan is None or not plan.rails:
            whose = f"{plan.board.name}" if plan is not None else "an unknown board"
            offered = f"{self.name} offers the rails {', '.join(labels)} of {whose}"
            raise BackendError(f"{offered}: which of them feeds another is not known; {_TELL}")
        return plan


class SysfsSource(Source):
    """INA3221 and INA238 in sysfs: no process, no thread, one system call a number."""

    name = "sysfs"

    def look(self) -> Availability:
        """Whether there are rails that may be read."""
        tree = scan(self.root)
        if not tree.rails:
            return Availability(False, *self._why_none(tree))
        try:
            plan = self.plan([rail.label for rail in tree.rails])
        except BackendError as err:
            return Availability(False, str(err).partition("; ")[0], _TELL)
        reason = f"{len(plan.rails)} rails in sysfs; {plan.notes[0]}"
        if tree.denied:
            return Availability(True, f"{reason}; {_denied(tree)[0]}", _denied(tree)[1])
        return Availability(True, reason, "")

    def _why_none(self, tree: Scan) -> tuple[str, str]:
        if tree.denied:
            return _denied(tree)
        if tree.drivers:
            return (
                f"a power monitor is bound at {tree.drivers[0]}, but no channel is connected and enabled",
                "look at in1_label and in1_enable (and 2, 3) there; writing 1 to the latter switches it on",
            )
        if in_container(self.root):
            return (
                "inside this container no INA power monitor is visible in sysfs",
                "start the container with: -v /sys/bus/i2c:/sys/bus/i2c:ro -v /sys/devices:/sys/devices:ro",
            )
        if "Nano 2GB" in self.model:
            return "a Jetson Nano 2GB has no power monitor", "measure at the plug, with a wall meter's plugin"
        return (
            f"{self.device}: no INA3221 or INA238 is bound in {os.path.join(self.root, DRIVERS)}",
            "load it with: sudo modprobe ina3221 (and ina238 on Thor); lasting: "
            "echo ina3221 | sudo tee /etc/modules-load.d/ina3221.conf",
        )

    def open(self) -> tuple[list[Meter], tuple[str, ...], tuple[str, ...]]:
        """One meter for each rail of the plan."""
        from wattwhat_jetson._meters import PowerMeter, ProductMeter

        tree = scan(self.root)
        if not tree.rails:
            raise BackendError("sysfs: {}; {}".format(*self._why_none(tree)))
        plan = self.plan([rail.label for rail in tree.rails])
        meters: list[Meter] = []
        trouble: list[str] = [_denied(tree)[0]] if tree.denied else []
        seen: set[str] = set()
        for rail in tree.rails:
            if rail.label in seen or rail.label not in plan.rails:
                continue
            seen.add(rail.label)
            channel = make_channel(
                plan,
                plan.rails[rail.label],
                self.device,
                f"sysfs {rail.chip}: {' x '.join(rail.files)}",
                chip=rail.chip,
                bus_v=rail.bus_v,
                shunt_ohm=rail.shunt_ohm,
                update_period_s=rail.update_period_s,
                averaging_window_s=rail.averaging_window_s,
            )
            kind = PowerMeter if len(rail.files) == 1 else ProductMeter
            try:
                meters.append(kind(channel, rail.files, rail.watts_per_step))
            except MeterError as err:
                trouble.append(str(err))
        if not meters:
            raise BackendError(f"sysfs: {'; '.join(trouble)}")
        return meters, (*plan.notes, *trouble), (*self._missing(plan), *trouble)


_GROUP = "power-readers"


def _denied(tree: Scan) -> tuple[str, str]:
    path = tree.denied[0]
    more = f" and {len(tree.denied) - 1} more" if len(tree.denied) > 1 else ""
    files = " ".join(tree.denied)
    rule = os.path.join(os.path.dirname(path), "*_input")
    return (
        f"{path}{more} may not be read by this user",
        "a group of those whom you trust, for power readings can leak what others compute: sudo groupadd -f "
        f"{_GROUP} && sudo usermod -aG {_GROUP} $USER, then log in again; until the next boot: sudo chgrp "
        f"{_GROUP} {files} && sudo chmod g+r {files} ; lasting: a line 'z {rule} 0440 root {_GROUP} -' in "
        "/etc/tmpfiles.d/wattwhat-jetson.conf",
    )


class ChildSource(Source):
    """A program that prints samples; started by `open`, since only its lines tell the rails.

    Args:
        root: see `Source`.
        model: see `Source`.
        add: see `Source`.
        name: what to call it.
        interval_s: seconds between two samples.
        start_s: seconds that the first sample may take.
        argv: program and arguments; None if there is none.
        parse: turns a line into watts by rail.
        trouble: reason and remedy if it surely cannot serve.
        silent: what to do if it tells no power.
    """

    def __init__(
        self,
        root: str,
        model: str,
        add: tuple[str, ...],
        *,
        name: str,
        interval_s: float,
        start_s: float,
        argv: list[str],
        parse: Callable[[str], dict[str, float] | None],
        trouble: tuple[str, str] | None,
        silent: str,
    ) -> None:
        super().__init__(root, model, add)
        self.name = name
        self.interval_s, self.start_s = interval_s, start_s
        self.argv, self.parse, self.trouble, self.silent = argv, parse, trouble, silent

    def look(self) -> Availability:
        """Whether the program is there; whether it tells any power is seen when it is opened."""
        if self.trouble is not None:
            return Availability(False, *self.trouble)
        where = f"{self.name} is there ({self.argv[0]})"
        return Availability(True, f"{where}; it is started when meters are opened", "")

    def open(self) -> tuple[list[Meter], tuple[str, ...], tuple[str, ...]]:
        """One meter for each rail of the plan; they share one child process."""
        from wattwhat_jetson._child import LineChild, LineMeter

        if self.trouble is not None:
            raise BackendError(f"{self.name}: {self.trouble[0]}; {self.trouble[1]}")
        child = LineChild(self.argv, self.parse, self.interval_s, self.start_s, self.name)
        try:
            plan = self.plan(list(child.latest()))
        except MeterError as err:
            child.stop()
            raise BackendError(f"{self.name}: {err}; {self.silent}") from err
        except BaseException:
            child.stop()
            raise
        source = f"{self.name} every {self.interval_s:g} s"
        meters: list[Meter] = []
        for label, rail in plan.rails.items():
            channel = make_channel(plan, rail, self.device, source, update_period_s=self.interval_s)
            meters.append(LineMeter(channel, child, label))
        return meters, plan.notes, self._missing(plan)


def tegrastats_source(
    root: str, model: str, add: tuple[str, ...], path: str | None, interval_s: float, start_s: float
) -> ChildSource:
    """The source that runs NVIDIA's tegrastats."""
    path = path or _tegrastats.find(root)
    missing = ("tegrastats is not installed", "install it with: sudo apt install nvidia-l4t-tools")
    return ChildSource(
        root,
        model,
        add,
        name="tegrastats",
        interval_s=interval_s,
        start_s=start_s,
        argv=_tegrastats.command(path or "tegrastats", interval_s),
        parse=_tegrastats.parse_line,
        trouble=None if path else missing,
        silent="some releases tell the rails to root only: try sudo tegrastats, and see sysfs' remedy",
    )


def jtop_source(
    root: str, model: str, add: tuple[str, ...], python: str | None, interval_s: float, start_s: float
) -> ChildSource:
    """The source that asks jtop, in a child process."""
    return ChildSource(
        root,
        model,
        add,
        name="jtop",
        interval_s=interval_s,
        start_s=start_s,
        argv=_jtop.command(python, interval_s),
        parse=_jtop.parse_line,
        trouble=_jtop.trouble(root, python),
        silent="see: systemctl status jtop.service",
    )
