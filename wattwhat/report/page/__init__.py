"""The comparison page: one HTML file that opens offline and shows what accuracy costs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["page_html", "write_page"]

_TITLE = "What accuracy costs"


def page_html(
    measurements: Measurement | Iterable[Measurement] | Mapping[str, Iterable[Measurement]],
    *,
    title: str | None = None,
    reference: Any = None,
    metric: str = "accuracy",
    analysis: str = "",
) -> str:
    """The page as text; `write_page` describes it and its arguments."""
    return _page(measurements, title, reference=reference, metric=metric, analysis=analysis)[0]


def _page(measurements: Any, title: str | None, **options: Any) -> tuple[str, tuple[str, ...]]:
    """The page as text, and what it says is missing."""
    from wattwhat._version import __version__
    from wattwhat.records.measurement import Measurement
    from wattwhat.report.page.document import document_of
    from wattwhat.report.page.payload import payload_of

    ones = [measurements] if isinstance(measurements, Measurement) else measurements
    payload = payload_of(ones, title=title or _TITLE, **options)
    return document_of(payload, version=__version__), tuple(payload["missing"])


def write_page(
    path: str | os.PathLike[str],
    measurements: Measurement | Iterable[Measurement] | Mapping[str, Iterable[Measurement]],
    *,
    title: str | None = None,
    reference: Any = None,
    metric: str = "accuracy",
    analysis: str = "",
) -> tuple[str, ...]:
    """Write the comparison page of these measurements.

    The file holds data, charts and scripts, and asks for nothing over the network. What comes from the
    measurements is shown as text, never taken as markup.

    Args:
        path: the HTML file; an existing one is replaced only when all of the new one is written.
        measurements: what to show, one or several, with or without accuracy; or a mapping from names of
            files to theirs, such as ``{"before": [...], "after": [...]}``, so that rows pair up.
        title: of the page.
        reference: what grades are given against: a `wattwhat.scoring.FrontierGrade`, the path of a saved
            one, ``"fit"`` (each population of at least 8 like measurements among these becomes a reference;
            needs scipy), a list of such, or None for no grades.
        metric: name of the accuracy in the measurements' metrics, a fraction.
        analysis: a plain text for a second tab, such as that of a study.

    Returns:
        Sentences about what the data lack, as the page says them: why there are no grades, for instance.

    Raises:
        ArgumentError: the reference is none.
        ScoreError: a file given as reference is none.
        OSError: a file cannot be read or written.

    Example:
        >>> import pathlib, tempfile
        >>> from wattwhat import Measurement, Quantity
        >>> net = Measurement(label="net", energy_j=Quantity(6, 1, "J"), items=2, metrics={"accuracy": 0.7})
        >>> page = pathlib.Path(tempfile.mkdtemp()) / "page.html"
        >>> missing = write_page(page, [net], title="Nets")
        >>> "<title>Nets</title>" in page.read_text(encoding="utf-8")
        True
    """
    from wattwhat.records.atomic_write import write_atomically

    text, missing = _page(measurements, title, reference=reference, metric=metric, analysis=analysis)
    write_atomically(path, text)
    return missing
