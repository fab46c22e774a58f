"""%%energy and %energy in notebooks: what a cell, or a line, took. ``%load_ext wattwhat`` registers them."""

from __future__ import annotations

from typing import Any

__all__ = ["register"]


def register(shell: Any) -> None:
    """Register the magics with an IPython shell.

    ``%%energy [label]`` runs the rest of the cell inside of a window, shows its Measurement and keeps it as
    ``_energy``; ``%energy statement`` does so for a line.
    """

    def energy(line: str, cell: str | None = None) -> Any:
        from wattwhat.acquisition.tracking import track

        code, label = (line, line.strip()[:40]) if cell is None else (cell, line.strip())
        with track(label or "cell") as window:
            shell.run_cell(code)  # shows an error of the cell itself, and returns
        measured = window.measurement
        shell.user_ns["_energy"] = measured

        return measured

    shell.register_magic_function(energy, "line_cell", "energy")
