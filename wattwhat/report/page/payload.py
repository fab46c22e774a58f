"""Everything that the page shows, as one JSON object: rows, references, units, and what is missing."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wattwhat.analysis.comparability import COARSER, SENSORS, TRAITS, difference, facts_of
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import Quantity, finite_or_none
from wattwhat.report.page.bases import (
    BASES,
    display_unit,
    energies,
    preferred,
    sam_name,
    sam_of,
    units_by_basis,
)
from wattwhat.report.page.fields import fields_of_page
from wattwhat.report.page.grades import band_of, grade_row, references_of
from wattwhat.report.page.rows import (
    Texts,
    accuracy_or_reason,
    brief,
    of_file,
    packed,
    pair,
    row_keys,
    row_of,
)
from wattwhat.report.page.traces import read_trace, thinned
from wattwhat.report.page.vocabulary import wrong_details
from wattwhat.report.tables import COLUMNS
from wattwhat.scoring.front_odds import front_odds
from wattwhat.scoring.population import traits_of

__all__ = ["payload_of"]

# The other traits are part of what the energy is of, which every row says.
_TOLD = ("task", "dataset", "device")
_TRACE_POINTS = 400  # of one measurement: more than a chart is wide
_TRACE_POINTS_ALL = 12_000  # of the page: about 150 kB


def payload_of(
    measurements: Iterable[Measurement] | Mapping[str, Iterable[Measurement]],
    *,
    title: str,
    reference: Any = None,
    metric: str = "accuracy",
    analysis: str = "",
) -> dict[str, Any]:
    """The content of the page as plain data.

    Args:
        measurements: what to show; several files as a mapping from their names.
        title: of the page.
        reference: as `wattwhat.report.page.write_page` takes it.
        metric: name of the accuracy in their metrics; a fraction.
        analysis: a text for a second tab, or nothing.

    Example:
        >>> m = Measurement(label="net", energy_j=Quantity(6, 1, "J"), items=2)
        >>> payload = payload_of([m], title="nets")
        >>> payload["basis"], payload["cells"][0][payload["keys"].index("energy")]
        ('item', [6.0, 1.0])
        >>> payload["missing"][0]
        "No measurement carries the metric 'accuracy', so the chart shows energy alone. ..."
    """
    texts = Texts()
    listed = _listed(measurements)
    references, notes = references_of(reference, listed, metric)
    by_basis = [energies(m) for m in listed]
    rows = [row_of(m, texts, metric) for m in listed]
    sam_units = units_by_basis(by_basis)
    for m, energy, row in zip(listed, by_basis, rows, strict=True):
        row.update(_sams(m, energy, sam_units, metric))
        row.update(grade_row(m, references, texts.number))
        doubts = [texts.number(sentence) for sentence in wrong_details(m.details)]
        if doubts:
            row["warnings"] = [*row.get("warnings", ()), *doubts]
    _add_traces(listed, rows)
    apart = _add_kinds(listed, rows, texts)
    _add_front_odds(rows, by_basis)
    columns, values = fields_of_page(listed, texts, metric)
    for row, key, cells in zip(rows, row_keys(listed), values, strict=True):
        row["key"] = key
        if cells:
            row["fields"] = cells
    return {
        "title": title,
        "metric": metric,
        "basis": preferred(by_basis),
        "bases": [
            _basis(name, by_basis, rows, sam_units) for name in BASES if any(name in one for one in by_basis)
        ],
        "apart": apart,
        "fields": columns,
        "columns": COLUMNS,
        "metrics": _add_metrics(listed, rows),
        "analysis": analysis,
        "comparable": [
            [name, COARSER.get(name, ()), difference(name, "{a}", "{b}", "A", "B")]
            for name in (*TRAITS, *SENSORS)
        ],
        "references": [band_of(one) for one in references],
        "missing": [*_missing(rows, metric, bool(references) or bool(notes)), *notes],
        **packed(rows),
        "texts": texts.kept,
    }


def _listed(measurements: Iterable[Measurement] | Mapping[str, Iterable[Measurement]]) -> list[Measurement]:
    if isinstance(measurements, Mapping):
        return [of_file(m, name) for name, ones in measurements.items() for m in ones]
    return list(measurements)


def _sams(
    m: Measurement, energy: dict[str, Quantity], units: dict[str, str], metric: str
) -> dict[str, list[float | None]]:
    accuracy, _ = accuracy_or_reason(m, metric)
    scores = {f"sam_{basis}": sam_of(accuracy, energy.get(basis), unit) for basis, unit in units.items()}
    return {key: brief(score) for key, score in scores.items() if score is not None}


def _basis(
    name: str,
    by_basis: Sequence[dict[str, Quantity]],
    rows: Sequence[dict[str, Any]],
    sam_units: dict[str, str],
) -> dict[str, Any]:
    unit, factor = display_unit(one[name].value for one in by_basis if name in one)
    sam = sam_units.get(name) if any(f"sam_{name}" in row for row in rows) else None
    return {
        "name": name,
        "words": BASES[name],
        "rows": sum(name in one for one in by_basis),
        "unit": unit,
        "factor": factor,
        "sam_name": None if sam is None else sam_name(sam, name),
        "sam_unit": sam,
    }


def _add_traces(measurements: Sequence[Measurement], rows: Sequence[dict[str, Any]]) -> None:
    traces = [read_trace(m.details) for m in measurements]
    count = sum(trace is not None for trace in traces)
    most = max(2, min(_TRACE_POINTS, _TRACE_POINTS_ALL // max(count, 1)))
    for trace, row in zip(traces, rows, strict=True):
        if trace is not None:
            row["trace"] = thinned(*trace, most)


def _add_kinds(
    measurements: Sequence[Measurement], rows: Sequence[dict[str, Any]], texts: Texts
) -> list[str]:
    """What makes rows unlike; returns the traits that keep them on fronts of their own.

    The rule is that of `wattwhat.scoring.population.check_together`: a trait that all share, or that only
    some of them state, keeps nothing apart.
    """
    traits_of_each = [traits_of(m) for m in measurements]
    apart = [name for name in TRAITS if len({traits[name] for traits in traits_of_each} - {None}) > 1]
    for m, row, traits in zip(measurements, rows, traits_of_each, strict=True):
        row.update({name: texts.number(value) for name in _TOLD if (value := traits[name])})
        row["together"] = texts.number("\n".join(traits[name] or "" for name in apart))
        # not as escapes: a control of the writing direction must be seen, to be shown, when the page is made
        row["facts"] = texts.number(json.dumps(list(facts_of(m).values()), ensure_ascii=False))
    return apart


def _add_metrics(measurements: Sequence[Measurement], rows: Sequence[dict[str, Any]]) -> list[str]:
    """All metrics in full, for the table that the page exports; returns their names."""
    names = sorted({name for m in measurements for name in m.metrics})
    for m, row in zip(measurements, rows, strict=True):
        if m.metrics:
            row["metrics"] = [finite_or_none(m.metrics.get(name, math.nan)) for name in names]
    return names


def _add_front_odds(rows: Sequence[dict[str, Any]], by_basis: Sequence[dict[str, Quantity]]) -> None:
    """``front_item`` and so on: the probability to be on the front of what is alike."""
    kinds: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        kinds.setdefault(row["together"], []).append(i)
    for basis in BASES:
        for places in kinds.values():
            members = [{**rows[i], "energy": pair(by_basis[i].get(basis))} for i in places]
            for i, odds in zip(places, front_odds(members), strict=True):
                if odds is not None:
                    rows[i][f"front_{basis}"] = odds


def _missing(rows: Sequence[dict[str, Any]], metric: str, asked_for_grades: bool) -> list[str]:
    """What the data lack, in sentences that say what to do about it."""
    if not rows:
        return ["There is no measurement in the data."]
    sentences = []
    with_accuracy = sum("accuracy" in row for row in rows)
    how = f"Add it with --metrics, or measurement.with_metrics({metric}=0.91)."
    if not with_accuracy:
        sentences.append(
            f"No measurement carries the metric {metric!r}, so the chart shows energy alone. {how}"
        )
    elif with_accuracy < len(rows):
        sentences.append(
            f"{len(rows) - with_accuracy} of {len(rows)} measurements carry no {metric!r}. {how}"
        )
    lost = sum("energy" not in row for row in rows)
    if lost:
        sentences.append(
            f"{lost} of {len(rows)} measurements have no energy: every channel was lost (see their warnings)."
        )
    for key, where in (("family", ': details["family"] is not set'), ("device", "")):
        lacking = sum(key not in row for row in rows)
        if lacking == len(rows):
            sentences.append(f"No measurement names a {key}{where}.")
        elif lacking:
            sentences.append(f"{lacking} of {len(rows)} measurements name no {key}{where}.")
    if with_accuracy and not asked_for_grades:
        sentences.append(
            "No grades: no reference population was given (--reference FILE, or --reference fit)."
        )
    return sentences
