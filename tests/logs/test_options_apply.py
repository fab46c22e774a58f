"""An option that nothing in the file needs would change nothing: it is refused by its name."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.logs.samples_traces import SAMPLES
from wattwhat import logs
from wattwhat.cli import main
from wattwhat.errors import ArgumentError
from wattwhat.logs.protocol import Options

TIMED = SAMPLES["smi_units"].text
UNTIMED = SAMPLES["dmon"].text
TABLE = "model,energy_wh,accuracy\nnet,1.0,0.5\n"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (TIMED, {"interval_s": 1.0}),
        (TIMED, {"gpus": 2}),
        (TIMED, {"intensity_g_per_kwh": 400.0}),
        (TIMED, {"energy_unit": "J"}),
        (TIMED, {"phases": "train"}),
        (UNTIMED, {"interval_s": 1.0, "accuracy_unit": "percent"}),
        (TABLE, {"power_unit": "mW"}),
        (TABLE, {"timezone": "UTC"}),
        (TABLE, {"energy_colum": "energy_wh"}),
    ],
)
def test_what_does_not_apply_is_refused(text: str, options: dict[str, object]) -> None:
    name = list(options)[-1]
    with pytest.raises(ArgumentError, match=f"^{name}: .* would change nothing; leave it out"):
        logs.read(io.StringIO(text), **options)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (UNTIMED, {"interval_s": 1.0}),
        (TIMED, {"power_unit": "mW"}),
        (TIMED, {"timezone": "UTC"}),
        (TABLE, {"energy_unit": "kWh"}),
        (TABLE, {"energy_column": "energy_wh", "accuracy_unit": "fraction"}),
    ],
)
def test_what_applies_is_taken(text: str, options: dict[str, object]) -> None:
    assert logs.read(io.StringIO(text), **options)


def test_of_several_files_an_option_has_to_apply_to_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "timed.csv").write_text(TIMED)
    (tmp_path / "untimed.txt").write_text(UNTIMED)
    assert len(logs.read(tmp_path, interval_s=1.0)) == 2
    both = [str(tmp_path / "timed.csv"), str(tmp_path / "untimed.txt")]
    assert main(["read", *both, "--interval", "1"]) == 0
    assert main(["read", both[0], "--interval", "1"]) == 2
    assert "--interval: " in " ".join(capsys.readouterr().err.split())
    assert main(["read", both[0], "--set", "phase=train"]) == 2
    assert "--set phase: " in " ".join(capsys.readouterr().err.split())


def test_options_compare_by_what_was_given() -> None:
    one, other = Options(gpus=2), Options(gpus=2)
    assert one.gpus == 2
    assert one == other
    assert other.not_asked() == []  # comparing looks at every option
    assert Options(gpus=2, more={"a": 1}).not_asked() == ["gpus", "a"]
    assert "a" in Options(more={"a": 1}).more
