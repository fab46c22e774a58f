"""Long lines of one character: patterns must not go quadratic, and the file is refused clearly."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from wattwhat import logs
from wattwhat.errors import LogError
from wattwhat.logs.building.measurement import imported
from wattwhat.logs.source import Source

LINES = ["[", "1,", "{", "(\n", " ", "power.draw [W], ", "<", "#", "-", "\t", "0 W,"]


@pytest.mark.parametrize("piece", LINES)
def test_a_line_of_one_thing_is_refused(piece: str) -> None:
    with pytest.raises(LogError):
        logs.read(io.StringIO(piece * (64_000 // len(piece))))


def test_the_worst_of_them_together_end_in_time() -> None:
    """A quadratic pattern took a minute over each; a child that is stopped cannot hang the suite."""
    program = (
        "import io\nfrom wattwhat import logs\nfrom wattwhat.errors import LogError\n"
        f"for piece in {LINES!r}:\n    try:\n        logs.read(io.StringIO(piece * (64_000 // len(piece))))\n"
        "    except LogError:\n        pass\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)


@pytest.mark.parametrize(
    "fields", [{"duration_s": -0.01}, {"items": -1.0}, {"metrics": {"accuracy": float("nan")}}]
)
def test_what_no_measurement_can_have_is_an_error_of_the_file(fields):
    source = Source.of_text("x", "made.csv")
    with pytest.raises(LogError, match="made"):
        imported(source, [], format="made", **fields)
