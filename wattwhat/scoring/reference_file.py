"""References as files: JSON with a version inside, checked field by field when read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.errors import ScoreError, WattwhatError
from wattwhat.records.escaping import json_text
from wattwhat.records.small_files import read_small_text
from wattwhat.scoring.population import TRAITS, Member

if TYPE_CHECKING:
    from wattwhat.scoring.frontier import FrontierGrade

__all__ = ["KIND", "VERSION", "load_reference", "reference_from_dict", "reference_to_dict", "save_reference"]

KIND = "wattwhat frontier reference"
VERSION = 1
_LARGEST_BYTES = 64 * 1024 * 1024


def reference_to_dict(grade: FrontierGrade) -> dict[str, Any]:
    """Plain data for JSON, with kind and version inside."""
    return {
        "kind": KIND,
        "version": VERSION,
        "reference": grade.reference,
        "task": grade.task,
        "protocol": grade.protocol,
        "date": grade.date,
        "metric": grade.metric,
        "traits": dict(grade.traits),
        "quantile": grade.quantile,
        "link": grade.link,
        "edges": list(grade.edges),
        "intercept": grade.intercept,
        "slope": grade.slope,
        "lines": [list(line) for line in grade.lines],
        "members": [attrs.asdict(member) for member in grade.members],
        "notes": list(grade.notes),
        "seed": grade.seed,
    }


def reference_from_dict(grade: type[FrontierGrade], data: Any) -> FrontierGrade:
    """The inverse of `reference_to_dict`; fields of later minor additions are passed over.

    Raises:
        ScoreError: this is no reference, one of a later version, or a field is missing or wrong.
    """
    if not isinstance(data, Mapping) or data.get("kind") != KIND:
        raise ScoreError(
            f"expected a JSON object with kind {KIND!r}; make one with FrontierGrade.fit(...).save(path)"
        )
    if data.get("version") != VERSION:
        raise ScoreError(
            f"version: expected {VERSION}, found {data.get('version')!r}; a newer wattwhat may read it"
        )
    try:
        return grade(
            reference=_text(data, "reference"),
            members=[_member(entry) for entry in data["members"]],
            intercept=_number(data["intercept"], "intercept"),
            slope=_number(data["slope"], "slope"),
            lines=[(_number(a, "lines"), _number(b, "lines")) for a, b in data.get("lines", ())],
            quantile=_number(data["quantile"], "quantile"),
            link=_text(data, "link"),
            edges=[_number(edge, "edges") for edge in data["edges"]],
            metric=_text(data, "metric"),
            traits={name: value for name, value in data["traits"].items() if name in TRAITS},
            task=data.get("task", ""),
            protocol=data.get("protocol", ""),
            date=data.get("date", ""),
            notes=[str(note) for note in data.get("notes", ())],
            seed=int(data.get("seed", 0)),
        )
    except KeyError as err:
        raise ScoreError(f"field {err.args[0]!r} is missing") from err
    except (TypeError, ValueError, AttributeError) as err:
        raise ScoreError(f"a field is not as expected: {err}") from err


def save_reference(grade: FrontierGrade, path: str | os.PathLike[str]) -> None:
    """Write a reference, whole or not at all."""
    from wattwhat.records.atomic_write import write_atomically

    write_atomically(path, json_text(reference_to_dict(grade), indent=1) + "\n")


def load_reference(grade: type[FrontierGrade], path: str | os.PathLike[str]) -> FrontierGrade:
    """Read a reference; the message of an error begins with the file.

    Raises:
        ScoreError: the file is no reference, or cannot be read.
    """
    try:
        return reference_from_dict(grade, json.loads(read_small_text(path, _LARGEST_BYTES)))
    except OSError as err:
        raise ScoreError(
            f"{os.fspath(path)}: {err.strerror}; expected a reference, as FrontierGrade.save writes one"
        ) from err
    except (WattwhatError, ValueError, RecursionError) as err:
        raise ScoreError(f"{os.fspath(path)}: this is no reference: {err}") from err


def _member(entry: Mapping[str, Any]) -> Member:
    count, u, u_accuracy = (entry.get(name) for name in ("test_items", "u_energy_j", "u_accuracy"))
    return Member(
        _text(entry, "label"),
        _number(entry["accuracy"], "accuracy"),
        _number(entry["energy_per_item_j"], "energy_per_item_j"),
        None if count is None else _number(count, "test_items"),
        None if u is None else _number(u, "u_energy_j"),
        None if u_accuracy is None else _number(u_accuracy, "u_accuracy"),
    )


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < float("inf"):
        raise ScoreError(f"{name}: expected a number, got {value!r}")
    return float(value)


def _text(data: Mapping[str, Any], name: str) -> str:
    if not isinstance(data[name], str):
        raise ScoreError(f"{name}: expected a text, got {data[name]!r}")
    return str(data[name])
