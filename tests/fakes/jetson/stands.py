"""Stands for the conformance suite: a board's sysfs tree, and a tegrastats, that the suite drives."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.fakes.jetson import tegrastats
from tests.fakes.jetson.trees import BOARDS, Tree
from wattwhat_jetson import JetsonBackend


def label_of(channel_id: str) -> str:
    """The rail that a channel id names."""
    return channel_id.rpartition("/")[2]


class SysfsStand:
    """A board whose power monitors are files.

    Args:
        board: a key of `BOARDS`.
    """

    def __init__(self, board: str = "orin-nano") -> None:
        self.root = Path(tempfile.mkdtemp(prefix="jetson-"))
        self.tree = Tree(self.root, board)
        self._healthy: dict[str, bytes] = {}
        self._now_s = 0.0
        self._pending_w: dict[str, float] = {}

    def open(self) -> JetsonBackend:
        return JetsonBackend(root=str(self.root), sources=("sysfs",))

    def set_power(self, channel_id: str, watts: float) -> None:
        label = label_of(channel_id)
        if self.tree.rounds_s[label] is None:
            self.tree.set_power(label, watts)
        else:
            self._pending_w[label] = watts  # the chip has it at the end of its round

    def tick(self, seconds: float) -> None:
        before_s, self._now_s = self._now_s, self._now_s + seconds
        for label, watts in self._pending_w.items():
            round_s = self.tree.rounds_s[label] or 1.0
            if before_s // round_s != self._now_s // round_s:
                self.tree.set_power(label, watts)

    def deposit(self, channel_id: str, joules: float) -> None:
        raise NotImplementedError("a power monitor shows watts; it counts nothing")

    def reset(self, channel_id: str) -> None:
        raise NotImplementedError("a power monitor shows watts; it counts nothing")

    def fail(self, channel_id: str, how: str) -> None:
        path = self.tree.value_file(label_of(channel_id))
        self._healthy.setdefault(channel_id, path.read_bytes())
        path.write_bytes(b"")  # what an open descriptor gets from now on
        if how == "permission":
            path.chmod(0)
        elif how == "lost":
            path.unlink()

    def heal(self, channel_id: str) -> None:
        content = self._healthy.pop(channel_id, None)
        if content is None:
            return
        path = self.tree.value_file(label_of(channel_id))
        path.touch()
        path.chmod(0o644)
        path.write_bytes(content)

    def close(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


class TegrastatsStand:
    """A board that only tegrastats tells about.

    Args:
        board: a key of `BOARDS`.
        style: the manner of its lines, see `tests.fakes.jetson.tegrastats`.
    """

    def __init__(self, board: str = "agx-orin", style: str = "triple") -> None:
        self.root = Path(tempfile.mkdtemp(prefix="jetson-"))
        description = BOARDS[board]
        (self.root / "proc/device-tree").mkdir(parents=True)
        (self.root / "proc/device-tree/model").write_text(description.model)
        (self.root / "proc/device-tree/compatible").write_text(description.compatible)
        lines = (line for chip in description.chips for line in chip.lines if line.label != "NC")
        self.rails = {line.label: line.watts * 1e3 for line in lines}
        self._failing: dict[str, str] = {}
        self._style = style
        self._state = self.root / "state.json"
        self._write()
        self.program = tegrastats.install(self.root / "usr/bin", self._state)

    def _write(self) -> None:
        told = {name: milliwatt for name, milliwatt in self.rails.items() if name not in self._failing}
        mode = "exit" if "lost" in self._failing.values() else "run"
        if "permission" in self._failing.values():  # some releases tell the rails to root only
            told = {}
        state: dict[str, Any] = {"rails": told, "style": self._style, "mode": mode}
        tegrastats.write_state(self._state, state)

    def open(self, **how: Any) -> JetsonBackend:
        return JetsonBackend(root=str(self.root), **{"interval_s": 0.01, "start_s": 300.0, **how})

    def set_power(self, channel_id: str, watts: float) -> None:
        self.rails[label_of(channel_id)] = watts * 1e3
        self._write()

    def deposit(self, channel_id: str, joules: float) -> None:
        raise NotImplementedError("tegrastats tells watts; it counts nothing")

    def reset(self, channel_id: str) -> None:
        raise NotImplementedError("tegrastats tells watts; it counts nothing")

    def fail(self, channel_id: str, how: str) -> None:
        self._failing[label_of(channel_id)] = how
        self._write()

    def heal(self, channel_id: str) -> None:
        self._failing.pop(label_of(channel_id), None)
        self._write()

    def close(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
