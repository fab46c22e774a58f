"""The analysis as files: a text, CSV tables, plots, and the comparison page."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattwhat.errors import ArgumentError
from wattwhat.records.atomic_write import write_atomically
from wattwhat.records.escaping import csv_text
from wattwhat.study.analysis.rows import FACTORS

if TYPE_CHECKING:
    from wattwhat.study.analysis.analysed import Analysis

__all__ = ["tables_of", "write_analysis"]


def write_analysis(
    analysis: Analysis, folder: str | os.PathLike[str], *, replace: bool = False
) -> tuple[list[str], list[str]]:
    """Write everything into a folder, which is made where it is not there.

    Args:
        analysis: of a study.
        folder: where to.
        replace: write into a folder that holds something else, too.

    Returns:
        Names of the files, and sentences about what could not be made (a library that is not installed).

    Raises:
        ArgumentError: the folder cannot be written, or holds something else than an analysis.
    """
    path = Path(folder)
    written, lacking = [], []
    if not replace and path.is_dir() and any(path.iterdir()) and not (path / "effects.csv").exists():
        raise ArgumentError(f"{path} holds something else than an analysis; name another folder, or --force")
    try:
        path.mkdir(parents=True, exist_ok=True)
        write_atomically(path / "report.txt", f"{analysis}\n")
        written.append("report.txt")
        for name, rows in tables_of(analysis).items():
            write_atomically(path / name, csv_text(rows))
            written.append(name)
        _write_page(analysis, path / "page.html")
        written.append("page.html")
        try:
            from wattwhat.study.analysis.plots import write_plots

            written += write_plots(analysis, path)
        except ArgumentError as err:
            lacking.append(str(err))
    except OSError as err:
        raise ArgumentError(f"{path} cannot be written ({err.strerror}); name another one with -o") from err
    return written, lacking


def tables_of(analysis: Analysis) -> dict[str, list[Sequence[Any]]]:
    """The tables by the name of their file, headings first.

    Args:
        analysis: of a study.
    """
    metrics = sorted({name for row in analysis.rows for name in row.measurement.metrics})
    cells: list[Sequence[Any]] = [
        ["model", *FACTORS, "reference", "energy_per_item_j", "u_energy_per_item_j", "provenance", *metrics]
    ]
    for row in analysis.rows:
        each = row.measurement.energy_per_item_j
        cells.append(
            [
                row.model,
                *(row.setting.get(name) for name in FACTORS),
                row.reference,
                row.energy_j,
                None if each is None else each.u,
                row.measurement.provenance,
                *(row.measurement.metrics.get(name) for name in metrics),
            ]
        )
    best: list[Sequence[Any]] = [["model", *FACTORS, "energy_per_item_j", "saving", "alike", "wrong_outputs"]]
    for one in analysis.best:
        levels = (one.row.setting.get(name) for name in FACTORS)
        best.append([one.model, *levels, one.row.energy_j, one.saving, len(one.alike), one.wrong])
    tactics: list[Sequence[Any]] = [
        [
            "factor",
            "level",
            "baseline",
            "saved_kwh_per_million",
            "low",
            "high",
            "parity_error",
            "accuracy_change",
        ]
    ]
    for tactic in analysis.tactics:
        effect = tactic.effect
        names = (effect.factor, effect.level, effect.baseline)
        saved = (tactic.saved_kwh, tactic.low, tactic.high)
        tactics.append([*names, *saved, effect.parity_error, tactic.accuracy_change])
    return {
        "tactics.csv": tactics,
        "cells.csv": cells,
        "effects.csv": _table(analysis.effects, "factor,level,baseline,ratio,low,high,models,pairs"),
        "correlations.csv": _table(analysis.correlations, "property,r,low,high,slope,models,settings"),
        "best.csv": best,
    }


def _table(records: Iterable[Any], names: str) -> list[Sequence[Any]]:
    heading = names.split(",")
    return [heading, *([getattr(record, name) for name in heading] for record in records)]


def _write_page(analysis: Analysis, path: Path) -> None:
    """The comparison page: the factors are its settings, and the text of the analysis its second tab."""
    from wattwhat.report.page import write_page

    rows = [row.measurement for row in analysis.rows if row.reference is None]
    write_page(path, rows, title="A study of energy", analysis=str(analysis))
