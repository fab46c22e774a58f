"""How far the letters of a frontier hang on single members."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from wattwhat.scoring.frontier import FrontierGrade
from wattwhat.scoring.frontier_fit import _excess, _with_line
from wattwhat.scoring.grade_letters import letter_of

__all__ = ["leave_one_out"]


def leave_one_out(grade: FrontierGrade) -> Mapping[str, tuple[str, str]]:
    """How far the letter of each member hangs on single members; needs scipy.

    Args:
        grade: the fitted reference.

    Returns:
        For each member's label: its letter, and all letters it gets (in order) when the members are left
        out one by one, itself among them.
    """
    full = {member.label: letter_of(_excess(grade, member), grade.edges) for member in grade.members}
    letters = {label: {letter} for label, letter in full.items()}
    for left_out in grade.members:
        others = tuple(member for member in grade.members if member is not left_out)
        refitted = _with_line(attrs.evolve(grade, members=others), 0)
        for member in grade.members:
            letters[member.label].add(letter_of(_excess(refitted, member), grade.edges))
    return {label: (letter, "".join(sorted(letters[label]))) for label, letter in full.items()}
