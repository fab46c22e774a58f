"""The results folder of a study: whose it is, what it was planned as, and which cells are finished."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import attrs

from wattwhat._version import __version__
from wattwhat.errors import ArgumentError
from wattwhat.records.atomic_write import write_atomically
from wattwhat.records.escaping import json_text
from wattwhat.records.small_files import read_small_text
from wattwhat.study.cell import Cell
from wattwhat.study.expansion import cells_of
from wattwhat.study.journal import Journal
from wattwhat.study.plan import Plan, read_plan
from wattwhat.study.registry import MODELS, registered

__all__ = ["MANIFEST", "Study", "open_study", "prepare_study"]

MANIFEST = "study.json"
_FORMAT = "wattwhat study 1"
_MOST_NAMED = 3
# What of [measure] shapes a row; the number of repeats and the time limit do not.
_SHAPING = ("precision", "min_seconds", "max_seconds", "idle", "cooldown_seconds", "backends")


@attrs.frozen
class Study:
    """A study and its results folder.

    Args:
        folder: of the results.
        plan: what is planned.
        versions: of the software that it was begun with, by name.
        cells: all cells by key, in their order.
    """

    folder: Path
    plan: Plan
    versions: Mapping[str, str]
    cells: Mapping[str, Cell]

    @property
    def journal(self) -> Journal:
        """Its rows."""
        return Journal(self.folder)


def open_study(folder: str | os.PathLike[str]) -> Study:
    """The study of a results folder.

    Raises:
        ArgumentError: the folder is not there, or holds no study.
    """
    path = Path(folder)
    manifest = _manifest(path)
    if manifest is None:
        there = f"{path} holds no study" if path.is_dir() else f"there is no folder {path}"
        raise ArgumentError(f"{there}; name the folder that study run --out wrote")
    plan = Plan.from_content(manifest["plan"], manifest.get("path", "plan.toml"))
    return _study(path, plan, manifest["versions"])


def prepare_study(
    plan: Plan | str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    changed: bool = False,
    versions: Mapping[str, str] | None = None,
) -> Study:
    """The study of a plan in its results folder, which is made where it is not there.

    Args:
        plan: the plan or its file.
        folder: of the results.
        changed: go on where plan or versions have changed: rows of cells that are the same are kept, other
            cells are run.
        versions: of the software; None takes those that are installed.

    Raises:
        ArgumentError: the folder is somebody else's, cannot be written, or holds the study of another plan.
    """
    plan = plan if isinstance(plan, Plan) else read_plan(plan)
    path = Path(folder)
    fresh = _study(path, plan, versions_of(plan) if versions is None else versions)
    manifest = _manifest(path)
    if manifest is None:
        _begin(fresh)
    elif manifest["plan"] != _plain(plan.content()) or manifest["versions"] != dict(fresh.versions):
        kept = _study(path, Plan.from_content(manifest["plan"]), manifest["versions"])
        if list(kept.cells) != list(fresh.cells):
            if not changed:
                raise ArgumentError(_what_changed(kept, fresh))
            _write(fresh)
    _check_writable(path)
    return fresh


def _study(folder: Path, plan: Plan, versions: Mapping[str, str]) -> Study:
    how = attrs.asdict(plan.measure)
    conditions = {"measure": {name: how[name] for name in _SHAPING}, "versions": dict(versions)}
    return Study(folder, plan, versions, {cell.key(conditions): cell for cell in cells_of(plan)})


def versions_of(plan: Plan) -> dict[str, str]:
    """Versions of Python, wattwhat and the libraries that the plan uses, as far as they are installed.

    Example:
        >>> sorted(versions_of(Plan("p", {"model": ("json:dumps",)})))[0]
        'python'
    """
    wanted = {"torch"}
    for axes in (plan.axes, *plan.include):
        wanted |= {model.partition(":")[0] for model in axes.get("model", ())} & set(registered(MODELS))
        wanted |= {runtime.partition(":")[0] for runtime in axes.get("runtime", ())}
    versions = {"python": platform.python_version(), "wattwhat": __version__}
    for name in sorted(wanted):
        try:
            versions[name] = metadata.version("torch-tensorrt" if name == "tensorrt" else name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _plain(content: Any) -> Any:
    """As it looks when it comes back from a file."""
    return json.loads(json.dumps(content))


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads(read_small_text(folder / MANIFEST))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as err:
        raise ArgumentError(
            f"{folder / MANIFEST} cannot be read ({err}); name another results folder"
        ) from err
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise ArgumentError(
            f"{folder / MANIFEST} is none of a study ({_FORMAT}); name another results folder"
        )
    return manifest


def _begin(study: Study) -> None:
    folder = study.folder
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"{folder} is a file", argument="--out", remedy="name a folder for the results")
    if folder.is_dir() and any(folder.iterdir()):
        raise ArgumentError(
            f"{folder} holds something else than a study",
            argument="--out",
            remedy="name a new or an empty folder",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise ArgumentError(
            f"{folder} cannot be made ({err.strerror})", argument="--out", remedy="name another folder"
        ) from err
    _write(study)


def _write(study: Study) -> None:
    manifest = {
        "format": _FORMAT,
        "path": os.path.abspath(study.plan.path),
        "plan": study.plan.content(),
        "versions": dict(study.versions),
    }
    try:
        write_atomically(study.folder / MANIFEST, json_text(manifest, indent=1) + "\n")
    except OSError as err:
        raise ArgumentError(
            f"{study.folder} cannot be written ({err.strerror})",
            argument="--out",
            remedy="name another folder",
        ) from err


def _check_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK):
        raise ArgumentError(
            f"{folder} cannot be written",
            argument="--out",
            remedy="name another folder, or give yourself the right",
        )


def _what_changed(kept: Study, fresh: Study) -> str:
    """Which cells are other ones now, and what to do."""
    before, after = set(kept.cells), set(fresh.cells)
    if kept.versions != fresh.versions:
        names = sorted(
            name
            for name in {*kept.versions, *fresh.versions}
            if kept.versions.get(name) != fresh.versions.get(name)
        )
        changes = ", ".join(
            f"{name} {kept.versions.get(name, 'absent')} before, {fresh.versions.get(name, 'absent')} now"
            for name in names
        )
        text = f"it was begun with other software ({changes}), so {len(after - before)} cells are other ones"
    elif not before & after:
        text = "it is the results folder of another study: no cell of this plan is in it"
    else:
        new, gone = after - before, before - after
        finished = set(kept.journal.finished())
        text = (
            f"the plan has changed: new {_some(fresh, new)}; no more in it {_some(kept, gone)}, "
            f"{len(gone & finished)} of them finished"
            if new or gone
            else "the order of the plan has changed"
        )
    return (
        f"--out: {kept.folder}: {text}; name a new folder, put back what was changed, or say --changed to "
        "keep the rows of cells that are the same and run the others"
    )


def _some(study: Study, keys: set[str]) -> str:
    if not keys:
        return "is none"
    names = [str(cell) for key, cell in study.cells.items() if key in keys]
    more = len(names) - _MOST_NAMED
    listed = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{'is' if len(names) == 1 else 'are'} {len(names)} ({listed})"
