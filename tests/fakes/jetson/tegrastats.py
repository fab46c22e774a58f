"""An executable stand-in for tegrastats: prints lines of a board, with power that a file dictates.

It takes ``--interval MS`` like the real one, and ``--state FILE``. The file is JSON, read
anew for each line: ``{"rails": {name: mW}, "style": STYLE, "mode": MODE}``, with STYLE one of "plain", "mW",
"triple" and MODE one of "run", "exit", "stall", "garble".
"""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import time
from pathlib import Path
from typing import Any

BEFORE = {
    "plain": "RAM 903/3956MB (lfb 417x4MB) IRAM 0/252kB(lfb 252kB) CPU [7%@102,off,1%@102] EMC_FREQ 0% "
    "GR3D_FREQ 0% PLL@20C CPU@23C PMIC@100C GPU@22C AO@28C thermal@22.5C",
    "mW": "02-03-2023 10:11:12 RAM 2257/30536MB (lfb 2x4MB) SWAP 0/15268MB (cached 0MB) CPU [2%@729,0%@729] "
    "EMC_FREQ 0%@2133 GR3D_FREQ 0%@[0,0] VIC_FREQ 729 APE 174 CV0@-256C CPU@46.1C tj@47.2C",
    "triple": "02-03-2027 10:11:12 RAM 3000/62841MB (lfb 3x4MB) CPU [1%@729,0%@729] GR3D_FREQ 0% "
    "cpu@52.968C/52.968C tj@53.1C/53.4C",
}


def line(rails: dict[str, float], style: str) -> str:
    """One line of the board, in the manner of a release."""
    text = [BEFORE[style]]
    for name, milliwatt in rails.items():
        value = str(round(milliwatt)) + ("" if style == "plain" else "mW")
        text.append(f"{name} " + "/".join([value] * (3 if style == "triple" else 2)))
    return " ".join(text)


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Replace the state at once, so that no reader sees half of it."""
    other = path.with_suffix(".new")
    other.write_text(json.dumps(state))
    os.replace(other, path)


def install(folder: Path, state: Path) -> Path:
    """An executable called tegrastats in this folder that follows this state."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "tegrastats"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -SE '{__file__}' --state '{state}' \"$@\"\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return program


def main(arguments: list[str]) -> int:
    """Print until told to exit or until nobody reads."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as a C program has it
    path = Path(arguments[arguments.index("--state") + 1])
    interval_s = int(arguments[arguments.index("--interval") + 1]) / 1000.0
    while True:
        state = json.loads(path.read_text())
        mode = state.get("mode", "run")
        if mode == "exit":
            os.write(2, b"tegrastats: cannot open the power monitor\n")
            return 7
        if mode == "garble":
            os.write(1, b"RAM 1/2MB VDD_IN\n")
        elif mode == "run":
            os.write(1, (line(state["rails"], state.get("style", "mW")) + "\n").encode())
        time.sleep(interval_s)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
