"""The backend's room: chooses the way to the rails and says why one is not open."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError, BackendError, error_text
from wattwhat.plugins import pass_on
from wattwhat.sensing.backend import Availability, Backend
from wattwhat.sensing.meter import Meter
from wattwhat_jetson._machine import DRIVERS, in_container, model_of, module_state, read_text

if TYPE_CHECKING:
    from wattwhat_jetson._sources import Source

__all__ = ["JetsonBackend"]

_SOURCES = ("sysfs", "tegrastats", "jtop")
_DEFAULT = ("sysfs", "tegrastats")


class JetsonBackend(Backend):
    """Power of the rails of an NVIDIA Jetson board.

    Without arguments the power monitors in sysfs are read, and where there are none, ``tegrastats`` is run.
    jtop is used only if named.

    Args:
        root: the folder that holds ``sys`` and ``proc``, for made trees.
        sources: ways to try, in this order: ``"sysfs"``, ``"tegrastats"``, ``"jtop"``; None takes
            sysfs, then tegrastats.
        add: rails whose power may be added up, for a board that is not known; None takes none.
        interval_s: seconds between two lines of tegrastats or samples of jtop; None takes 0.1 and 1.
        tegrastats: path of the program; None looks for it.
        jtop_python: an interpreter that has jetson-stats; None takes the one that runs.
        start_s: seconds that the first line of a child process may take.

    Raises:
        ArgumentError: a source is not known.

    Attributes:
        notes: after `meters`, sentences on what is added up and what is left out.

    Example:
        >>> backend = JetsonBackend(root="/nowhere")
        >>> backend.probe().reason
        'this is not a Jetson: /nowhere/proc/device-tree/model names none and no INA power monitor is bound'
    """

    name = "jetson"

    def __init__(
        self,
        *,
        root: str = "/",
        sources: Iterable[str] | None = None,
        add: Iterable[str] | None = None,
        interval_s: float | None = None,
        tegrastats: str | None = None,
        jtop_python: str | None = None,
        start_s: float = 10.0,
    ) -> None:
        self._root = os.fspath(root)
        self._asked = tuple(sources) if sources is not None else None
        for source in self._asked or ():
            if source not in _SOURCES:
                raise ArgumentError(argument="sources", expected=f"one of {', '.join(_SOURCES)}", got=source)
        self._add = tuple(add or ())
        self._interval_s, self._start_s = interval_s, start_s
        self._tegrastats, self._jtop_python = tegrastats, jtop_python
        self.notes: tuple[str, ...] = ()
        self.warnings: tuple[str, ...] = ()

    @property
    def version(self) -> str | None:  # type: ignore[override]
        """The board's Jetson Linux release, for instance ``"Jetson Linux R35.4.1"``."""
        text = read_text(self._root, "etc/nv_tegra_release") or ""
        release, _, rest = text.lstrip("# ").partition(" (release), REVISION: ")
        return f"Jetson Linux {release}.{rest.partition(',')[0]}" if rest else None

    def probe(self) -> Availability:
        """Look whether the rails can be read; starts nothing and never raises."""
        try:
            return self._probe()
        except Exception as err:
            pass_on(err)
            reason = f"looking for the power monitors failed: {error_text(err)}"
            return Availability(False, reason, "report this with the board's name")

    def _probe(self) -> Availability:
        wanted = self._wanted()
        model = model_of(self._root)
        if not model and not self._explicit and not self._monitors():
            return self._no_jetson()
        answers = []
        for source in self._ways(wanted, model):
            answer = source.look()
            if answer.available:
                return answer
            answers.append((source.name, answer))
        return Availability(
            False,
            "; ".join(f"{name}: {answer.reason}" for name, answer in answers),
            answers[0][1].remedy if answers else f"name one of {', '.join(_SOURCES)}",
        )

    def meters(self) -> Sequence[Meter]:
        """Open a meter for each rail, by the first source that works.

        Raises:
            BackendError: no source works; the message says why for each.
        """
        answer = self.probe()
        if not answer.available:
            raise BackendError(f"{answer.reason}; {answer.remedy}")
        troubles = []
        for source in self._ways(self._wanted(), model_of(self._root)):
            try:
                meters, self.notes, self.warnings = source.open()
            except BackendError as err:
                troubles.append(str(err))
                continue
            return meters
        raise BackendError("; ".join(troubles))

    def device_conditions(self) -> dict[str, dict[str, Any]]:
        """Power mode, temperature and clock of the module's GPU."""
        model = model_of(self._root)
        state = module_state(self._root) if model else {}
        return {model: state} if state else {}

    @property
    def _explicit(self) -> bool:
        return self._asked is not None

    def _wanted(self) -> tuple[str, ...]:
        return _DEFAULT if self._asked is None else self._asked

    def _monitors(self) -> bool:
        folder = os.path.join(self._root, DRIVERS)
        return any(os.path.isdir(os.path.join(folder, chip)) for chip in ("ina3221", "ina3221x", "ina238"))

    def _no_jetson(self) -> Availability:
        model = os.path.join(self._root, "proc/device-tree/model")
        reason = f"this is not a Jetson: {model} names none and no INA power monitor is bound"
        if in_container(self._root) and (os.uname().machine == "aarch64" or self._root != "/"):
            return Availability(
                False,
                f"{reason} (inside a container)",
                "if the host is a Jetson, start the container with: "
                "-v /sys/bus/i2c:/sys/bus/i2c:ro -v /sys/devices:/sys/devices:ro",
            )
        return Availability(False, reason, "")

    def _ways(self, wanted: Iterable[str], model: str) -> list[Source]:
        from wattwhat_jetson._sources import SysfsSource, jtop_source, tegrastats_source

        board = (self._root, model, self._add)
        ways: list[Source] = []
        for name in wanted:
            if name == "sysfs":
                ways.append(SysfsSource(*board))
            elif name == "tegrastats":
                ways.append(
                    tegrastats_source(*board, self._tegrastats, self._interval_s or 0.1, self._start_s)
                )
            else:
                ways.append(jtop_source(*board, self._jtop_python, self._interval_s or 1.0, self._start_s))
        return ways
