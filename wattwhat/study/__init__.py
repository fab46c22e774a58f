"""Studies: many models and settings measured one by one, resumable, on one machine or a cluster.

Example:
    >>> from wattwhat import study
    >>> "read_plan" in dir(study)
    True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattwhat.records.lazy import lazy

if TYPE_CHECKING:
    from wattwhat.study.analysis.analysed import Analysis, analyse
    from wattwhat.study.cell import Cell
    from wattwhat.study.expansion import cells_of
    from wattwhat.study.folder import Study, open_study
    from wattwhat.study.merging import merge_studies
    from wattwhat.study.plan import Plan, read_plan
    from wattwhat.study.running import run_study
    from wattwhat.study.status import status_of

_HOMES = {
    "Analysis": "wattwhat.study.analysis.analysed",
    "analyse": "wattwhat.study.analysis.analysed",
    "Cell": "wattwhat.study.cell",
    "Plan": "wattwhat.study.plan",
    "Study": "wattwhat.study.folder",
    "cells_of": "wattwhat.study.expansion",
    "merge_studies": "wattwhat.study.merging",
    "open_study": "wattwhat.study.folder",
    "read_plan": "wattwhat.study.plan",
    "run_study": "wattwhat.study.running",
    "status_of": "wattwhat.study.status",
}

__all__ = [
    "Analysis",
    "Cell",
    "Plan",
    "Study",
    "analyse",
    "cells_of",
    "merge_studies",
    "open_study",
    "read_plan",
    "run_study",
    "status_of",
]

__getattr__, __dir__ = lazy(__name__, _HOMES)
