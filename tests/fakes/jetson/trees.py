"""Made sysfs trees of Jetson boards: the files of their INA drivers, with values that follow what is set.

Numbers are what the chips would show: the current in whole steps of its shunt converter (40 uV over the
shunt), the voltage in mV. A file is always overwritten in place and at once, so a reader that holds it open
sees the old number or the new one and nothing between.
"""

from __future__ import annotations

import os
from pathlib import Path

import attrs

WIDTH = 24


@attrs.frozen
class Line:
    """One rail: label, volts, shunt in ohm, and the power it starts with in W."""

    label: str
    volts: float
    ohm: float
    watts: float = 1.0
    enabled: bool = True


@attrs.frozen
class Chip:
    """One monitor: its driver's folder, its address on the bus, its channels.

    ``interval_ms`` and ``samples`` are what its files tell, ``round_s`` is how often it has new values.
    """

    driver: str
    address: str
    lines: tuple[Line, ...]
    interval_ms: int | None = None
    samples: int | None = None
    round_s: float | None = None


@attrs.frozen
class BoardTree:
    """What a board's tree holds."""

    model: str
    compatible: str
    chips: tuple[Chip, ...]
    release: str = "5.10.120-tegra"
    l4t: str = "# R35 (release), REVISION: 4.1, GCID: 1, BOARD: generic"


def _nc(ohm: float = 0.005) -> Line:
    return Line("NC", 0.0, ohm, 0.0)


BOARDS: dict[str, BoardTree] = {
    "nano": BoardTree(
        "NVIDIA Jetson Nano Developer Kit",
        "nvidia,p3449-0000-b00+p3448-0000-b00\0nvidia,jetson-nano\0nvidia,tegra210",
        (
            Chip(
                "ina3221x",
                "6-0040",
                (
                    Line("POM_5V_IN", 5.0, 0.005, 2.0),
                    Line("POM_5V_GPU", 5.0, 0.005, 0.4),
                    Line("POM_5V_CPU", 5.0, 0.005, 0.6),
                ),
            ),
        ),
        "4.9.253-tegra",
        "# R32 (release), REVISION: 7.1, GCID: 1, BOARD: t210ref",
    ),
    "tx2": BoardTree(
        "quill",
        "nvidia,p2597-0000+p3310-1000\0nvidia,quill\0nvidia,tegra186",
        (
            Chip(
                "ina3221x",
                "0-0040",
                (
                    Line("VDD_SYS_GPU", 19.0, 0.01, 1.0),
                    Line("VDD_SYS_SOC", 19.0, 0.01, 1.5),
                    Line("VDD_4V0_WIFI", 4.8, 0.01, 0.2),
                ),
            ),
            Chip(
                "ina3221x",
                "0-0041",
                (
                    Line("VDD_IN", 19.0, 0.005, 6.0),
                    Line("VDD_SYS_CPU", 19.0, 0.01, 1.0),
                    Line("VDD_SYS_DDR", 4.8, 0.01, 1.2),
                ),
            ),
            Chip(
                "ina3221x",
                "0-0042",
                (
                    Line("VDD_MUX", 19.0, 0.02, 3.0),
                    Line("VDD_5V0_IO_SYS", 5.0, 0.005, 1.0),
                    Line("VDD_3V3_SYS", 3.3, 0.01, 1.0),
                ),
            ),
        ),
        "4.9.337-tegra",
    ),
    "xavier-nx": BoardTree(
        "NVIDIA Jetson Xavier NX Developer Kit",
        "nvidia,p3509-0000+p3668-0000\0nvidia,tegra194",
        (
            Chip(
                "ina3221",
                "7-0040",
                (
                    Line("VDD_IN", 5.0, 0.005, 5.0),
                    Line("VDD_CPU_GPU_CV", 5.0, 0.005, 1.0),
                    Line("VDD_SOC", 5.0, 0.005, 1.5),
                ),
                7,
                1,
                0.0066,
            ),
        ),
    ),
    "agx-xavier": BoardTree(
        "Jetson-AGX",
        "nvidia,p2972-0000\0nvidia,tegra194",
        (
            Chip(
                "ina3221",
                "1-0040",
                (
                    Line("GPU", 19.0, 0.005, 2.0),
                    Line("CPU", 19.0, 0.005, 1.0),
                    Line("SOC", 19.0, 0.005, 2.5),
                ),
                7,
                1,
                0.0066,
            ),
            Chip(
                "ina3221",
                "1-0041",
                (
                    Line("CV", 19.0, 0.005, 0.0),
                    Line("VDDRQ", 19.0, 0.005, 0.5),
                    Line("SYS5V", 5.0, 0.005, 2.7),
                ),
                7,
                1,
                0.0066,
            ),
        ),
    ),
    "agx-orin": BoardTree(
        "NVIDIA Jetson AGX Orin Developer Kit",
        "nvidia,p3737-0000+p3701-0005\0nvidia,p3701-0005\0nvidia,tegra234",
        (
            Chip(
                "ina3221",
                "1-0040",
                (
                    Line("VDD_GPU_SOC", 19.7, 0.002, 5.0),
                    Line("VDD_CPU_CV", 19.7, 0.002, 3.0),
                    Line("VIN_SYS_5V0", 4.97, 0.002, 4.0),
                ),
                1690,
                256,
                0.0066,
            ),
            Chip(
                "ina3221",
                "1-0041",
                (_nc(0.002), Line("VDDQ_VDD2_1V8AO", 4.97, 0.002, 0.4), _nc(0.002)),
                1690,
                256,
                0.0066,
            ),
        ),
    ),
    "orin-nano": BoardTree(
        "NVIDIA Jetson Orin Nano Developer Kit",
        "nvidia,p3768-0000+p3767-0005\0nvidia,p3767-0005\0nvidia,tegra234",
        (
            Chip(
                "ina3221",
                "1-0040",
                (
                    Line("VDD_IN", 5.0, 0.005, 7.0),
                    Line("VDD_CPU_GPU_CV", 5.0, 0.005, 1.0),
                    Line("VDD_SOC", 5.0, 0.005, 1.5),
                ),
                7,
                1,
                0.0066,
            ),
        ),
        "5.15.148-tegra",
        "# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic",
    ),
    "thor": BoardTree(
        "NVIDIA Jetson AGX Thor Developer Kit",
        "nvidia,p4071-0000+p3834-0008\0nvidia,p3834-0008\0nvidia,tegra264",
        (
            Chip(
                "ina3221",
                "2-0040",
                (
                    Line("VDD_GPU", 19.6, 0.002, 0.0),
                    Line("VDD_CPU_SOC_MSS", 19.6, 0.002, 4.0),
                    Line("VIN_SYS_5V0", 4.97, 0.002, 6.0),
                ),
                7,
                16,
                0.0066,
            ),
            Chip("ina238", "2-0044", (Line("VIN", 19.6, 0.001, 24.0),)),
        ),
        "6.8.12-tegra",
        "# R38 (release), REVISION: 4.0, GCID: 1, BOARD: generic",
    ),
}


class Tree:
    """The files of a board under a folder.

    Args:
        root: an empty folder; it takes the place of ``/``.
        board: a key of `BOARDS`, or a tree of your own.
        first_hwmon: number of the first hwmon folder; it changes from boot to boot.
        write: False to take over a tree that is there already.
    """

    def __init__(self, root: Path, board: str | BoardTree, first_hwmon: int = 2, write: bool = True) -> None:
        self.root = Path(root)
        self.board = BOARDS[board] if isinstance(board, str) else board
        self.lines: dict[str, Line] = {}
        self.rounds_s: dict[str, float | None] = {}
        self._value_files: dict[str, tuple[Path, str]] = {}
        self._write = write
        self._text("proc/device-tree/model", self.board.model + "\0")
        self._text("proc/device-tree/compatible", self.board.compatible + "\0")
        self._text("proc/sys/kernel/osrelease", self.board.release + "\n")
        self._text("etc/nv_tegra_release", self.board.l4t + "\n")
        for number, chip in enumerate(self.board.chips):
            self._chip(chip, first_hwmon + number)

    def _text(self, path: str | Path, text: str) -> None:
        if not self._write:
            return
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())

    def _chip(self, chip: Chip, number: int) -> None:
        self.rounds_s |= {line.label: chip.round_s for line in chip.lines}
        bus = chip.address.partition("-")[0]
        device = self.root / f"sys/devices/platform/c240000.i2c/i2c-{bus}/{chip.address}"
        link = self.root / f"sys/bus/i2c/drivers/{chip.driver}/{chip.address}"
        if self._write:
            device.mkdir(parents=True)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(device)
            (link.parent / "module").mkdir(exist_ok=True)
        if chip.driver == "ina3221x":
            self._iio(chip, link / f"iio:device{number}")
        elif chip.driver == "ina3221":
            self._ina3221(chip, link / f"hwmon/hwmon{number}")
        else:
            self._ina238(chip, link / f"hwmon/hwmon{number}")

    def _iio(self, chip: Chip, folder: Path) -> None:
        for n, line in enumerate(chip.lines):
            self._text(folder / f"rail_name_{n}", line.label + "\n")
            self._text(folder / f"in_voltage{n}_input", f"{round(line.volts * 1e3)}\n")
            self._add(line, folder / f"in_power{n}_input", "mW")

    def _ina3221(self, chip: Chip, folder: Path) -> None:
        self._text(folder / "name", "ina3221\n")
        if chip.interval_ms is not None:
            self._text(folder / "update_interval", f"{chip.interval_ms}\n")
            self._text(folder / "samples", f"{chip.samples}\n")
        self._text(folder / "in7_label", "sum of shunt voltages\n")
        self._text(folder / "in7_input", "760\n")
        self._text(folder / "curr4_input", "360\n")
        for n, line in enumerate(chip.lines, start=1):
            self._text(folder / f"in{n}_label", line.label + "\n")
            self._text(folder / f"in{n}_enable", f"{line.enabled:d}\n")
            self._text(folder / f"in{n}_input", f"{round(line.volts * 1e3)}\n")
            self._text(folder / f"shunt{n}_resistor", f"{round(line.ohm * 1e6)}\n")
            self._add(line, folder / f"curr{n}_input", "mA")

    def _ina238(self, chip: Chip, folder: Path) -> None:
        line = chip.lines[0]
        self._text(folder / "name", "ina238\n")
        self._text(folder / "in1_input", f"{round(line.volts * 1e3)}\n")
        self._text(folder / "curr1_input", f"{round(line.watts / line.volts * 1e3)}\n")
        self._add(line, folder / "power1_input", "uW")

    def _add(self, line: Line, path: Path, unit: str) -> None:
        if line.label != "NC":
            self.lines[line.label] = line
            self._value_files[line.label] = (path, unit)
        if not self._write:
            return
        path.touch()
        if line.label != "NC":
            self.set_power(line.label, line.watts)
        else:
            self._put(path, "0")

    def value_file(self, label: str) -> Path:
        """The file that changes with the power of a rail."""
        return self._value_files[label][0]

    def shown_w(self, label: str, watts: float) -> float:
        """What the chip shows for this power, in W."""
        line, unit = self.lines[label], self._value_files[label][1]
        number = self._number(line, unit, watts)
        volts = round(line.volts * 1e3) * 1e-3
        return {"mW": number * 1e-3, "mA": number * 1e-3 * volts, "uW": number * 1e-6}[unit]

    @staticmethod
    def _number(line: Line, unit: str, watts: float) -> int:
        if unit == "uW":
            return round(watts * 1e6)
        step_a = 40e-6 / line.ohm
        amps = round(watts / line.volts / step_a) * step_a if line.volts else 0.0
        return round(amps * 1e3) if unit == "mA" else round(amps * line.volts * 1e3)

    def set_power(self, label: str, watts: float) -> None:
        """A rail carries this power from now on."""
        path, unit = self._value_files[label]
        self._put(path, str(self._number(self.lines[label], unit, watts)))

    def set_text(self, label: str, text: str) -> None:
        """A rail's file holds this text."""
        self._put(self._value_files[label][0], text)

    @staticmethod
    def _put(path: Path, text: str) -> None:
        fd = os.open(path, os.O_WRONLY)
        try:
            os.pwrite(fd, text.encode().ljust(WIDTH - 1) + b"\n", 0)
        finally:
            os.close(fd)
