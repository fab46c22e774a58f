"""Stands: how the conformance suite drives the RAPL plugin over a made tree with a known truth."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

from rapl_tree import EVENTS, STEP_J, MadeKernel, MadeTree

from wattwhat.sensing.host import host_name
from wattwhat_rapl import RaplBackend

_EVENT_OF = {"package-0": "energy-pkg", "package-0/core": "energy-cores", "package-0/dram": "energy-ram"}
_LABEL_OF = {"module-0": 0, "package-0": 1, "package-0/core": 2, "package-0/uncore": 3}


class PowercapStand:
    """Two sockets with core, uncore and DRAM, and a platform counter, all read through powercap."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="wattwhat-rapl-")
        self.tree = MadeTree(Path(self._folder)).cpuinfo().intel(sockets=2)
        self.tree.zone("intel-rapl:2", "psys", 77_000_000)
        self._flowed_j: dict[Path, float] = {}
        names = {"0": "core", "1": "uncore", "2": "dram"}
        self._files = {f"{host_name()}/rapl/psys": self.tree.zones["intel-rapl:2"] / "energy_uj"}
        for key, directory in self.tree.zones.items():
            _, socket, *part = key.split(":")
            if socket in "01":
                path = "/".join([f"package-{socket}", *(names[number] for number in part)])
                self._files[f"{host_name()}/rapl/{path}"] = directory / "energy_uj"
        for file in self._files.values():
            self._flowed_j[file] = int(file.read_text()) / 1e6
            self._show(file)

    def open(self) -> RaplBackend:
        return RaplBackend(self._folder, ["powercap"], machine="x86_64")

    def deposit(self, channel_id: str, joules: float) -> None:
        for path in self._through(channel_id):
            self._flowed_j[path] += joules
            self._show(path)

    def set_power(self, channel_id: str, watts: float) -> None:
        raise NotImplementedError("RAPL counts energy; there is no gauge to set")

    def fail(self, channel_id: str, how: str) -> None:
        path = self._files[channel_id]
        value = path.read_text()
        self._aside(path, ".value").write_text(value)
        if how == "permission":
            # Root is refused nothing, but nobody can read a directory as a counter.
            path.rename(self._aside(path, ".kept"))
            path.mkdir()
            return
        os.truncate(path, 0)
        if how == "lost":
            path.rename(self._aside(path, ".kept"))

    def heal(self, channel_id: str) -> None:
        path = self._files[channel_id]
        value = self._aside(path, ".value")
        if not value.exists():
            return
        if path.is_dir():
            path.rmdir()
        kept = self._aside(path, ".kept")
        if kept.exists():
            kept.rename(path)  # the same inode, so that kept descriptors see the value again
        path.write_text(value.read_text())
        value.unlink()

    def reset(self, channel_id: str) -> None:
        self._flowed_j[self._files[channel_id]] = 0.0
        self._files[channel_id].write_text("0\n")

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _show(self, path: Path) -> None:
        """The register has 32 bits, and the kernel prints it in whole microjoules."""
        steps = int(self._flowed_j[path] / STEP_J) % 2**32
        path.write_text(f"{int(steps * STEP_J * 1e6)}\n")

    def _through(self, channel_id: str) -> list[Path]:
        """The channel's counter and those of everything around it."""
        prefix, _, path = channel_id.partition("/rapl/")
        around = {path, "psys"}
        package, _, part = path.partition("/")
        if part in ("core", "uncore"):
            around.add(package)
        return [self._files[f"{prefix}/rapl/{name}"] for name in sorted(around)]

    @staticmethod
    def _aside(path: Path, suffix: str) -> Path:
        return path.with_name(path.name + suffix)


class PerfStand:
    """One socket with cores and DRAM, read through perf events of a made kernel."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="wattwhat-rapl-")
        events = ("energy-pkg", "energy-cores", "energy-ram")
        self.tree = MadeTree(Path(self._folder)).cpuinfo().cpus({0: (0, 0)}).perf(events)
        self.kernel = MadeKernel(self.tree)

    def open(self) -> RaplBackend:
        return RaplBackend(self._folder, ["perf"], machine="x86_64", kernel=self.kernel)

    def deposit(self, channel_id: str, joules: float) -> None:
        path = channel_id.partition("/rapl/")[2]
        for name in {path, "package-0"} if path.endswith("core") else {path}:
            self.kernel.count(_EVENT_OF[name], joules)

    def set_power(self, channel_id: str, watts: float) -> None:
        raise NotImplementedError("RAPL counts energy; there is no gauge to set")

    def fail(self, channel_id: str, how: str) -> None:
        if how == "permission":
            raise NotImplementedError("the kernel checks permission when an event is opened, for all alike")
        self.kernel.read_error[self._key(channel_id)] = errno.EIO if how == "error" else 0

    def heal(self, channel_id: str) -> None:
        self.kernel.read_error.pop(self._key(channel_id), None)

    def reset(self, channel_id: str) -> None:
        raise NotImplementedError("a perf event counts in 64 bits from its opening on")

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _key(self, channel_id: str) -> tuple[int, int]:
        return EVENTS[_EVENT_OF[channel_id.partition("/rapl/")[2]]], 0


class GraceStand:
    """One Grace socket on a module: four power meters in hwmon, nested."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="wattwhat-rapl-")
        self.tree = MadeTree(Path(self._folder)).grace()

    def open(self) -> RaplBackend:
        return RaplBackend(self._folder, ["hwmon"], machine="aarch64")

    def deposit(self, channel_id: str, joules: float) -> None:
        raise NotImplementedError("Grace's meters show power; there is no counter to advance")

    def set_power(self, channel_id: str, watts: float) -> None:
        self._file(channel_id).write_text(f"{round(watts * 1e6)}\n")

    def fail(self, channel_id: str, how: str) -> None:
        path = self._file(channel_id)
        if how == "permission":
            raise NotImplementedError("power1_average is readable by everybody")
        os.truncate(path, 0)
        if how == "lost":
            path.rename(path.with_suffix(".kept"))

    def heal(self, channel_id: str) -> None:
        path = self._file(channel_id)
        if path.with_suffix(".kept").exists():
            path.with_suffix(".kept").rename(path)
        path.write_text("100000000\n")

    def reset(self, channel_id: str) -> None:
        raise NotImplementedError("a gauge has no counter to reset")

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, channel_id: str) -> Path:
        number = _LABEL_OF[channel_id.partition("/rapl/")[2]]
        return self.tree.root / f"sys/class/hwmon/hwmon{number}/device/power1_average"
