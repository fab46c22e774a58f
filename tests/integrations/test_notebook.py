"""%%energy in a real IPython shell."""

from __future__ import annotations

from typing import Any

import pytest

shells = pytest.importorskip("IPython.core.interactiveshell", reason="IPython, whose magics are registered")


@pytest.fixture
def shell() -> Any:
    made = shells.InteractiveShell()
    made.run_line_magic("load_ext", "wattwhat")
    return made


def test_a_cell_is_measured_and_its_names_stay(shell: Any) -> None:
    shell.run_cell("%%energy squares\ntotal = sum(n * n for n in range(1000))")
    assert shell.user_ns["_energy"].label == "squares"
    assert shell.user_ns["total"] == sum(n * n for n in range(1000))
    shell.run_cell("%energy other = 5")
    assert (shell.user_ns["_energy"].label, shell.user_ns["other"]) == ("other = 5", 5)


def test_a_cell_that_raises_is_measured_until_then(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_cell("%%energy broken\n1 / 0")
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert shell.user_ns["_energy"].label == "broken"
