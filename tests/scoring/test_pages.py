"""What the pages on scores show is what their code prints."""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scoring.tables import shared_table

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "scores.md"
TABLES = ROOT / "docs" / "explanation" / "grade-table.md"


def test_every_output_on_the_page_is_what_its_code_prints():
    pytest.importorskip("scipy")
    names, printed, compared = {}, None, 0
    for language, body in re.findall(r"^```(python|text)\n(.*?)^```", PAGE.read_text("utf-8"), re.S | re.M):
        if language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as output:
                exec(compile(body, str(PAGE), "exec"), names)
            printed = output.getvalue()
        elif printed is not None:
            assert body == printed
            printed, compared = None, compared + 1
    assert compared == 8


@pytest.mark.parametrize("command", ["grades", "prices"])
def test_the_tables_are_what_their_command_prints(command):
    pytest.importorskip("scipy")
    table = shared_table("strep_imagenet_classification.csv")
    shown = re.search(
        rf"benchmarks.scoring {command} .*?```text\n(.*?)^```", TABLES.read_text("utf-8"), re.S | re.M
    )
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scoring", command, str(table)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == shown[1]
