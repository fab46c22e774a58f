"""Lines of measurements with one thing wrong in them: every verb says so or goes on, and none falls over."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.made_runs import channel
from wattwhat import Measurement, Quantity
from wattwhat.cli import main
from wattwhat.records.channel_energy import ChannelEnergy

JUNK = (
    None,
    5,
    -1,
    0,
    1e308,
    -1e308,
    1e-320,
    10**400,
    math.nan,
    math.inf,
    "",
    "x",
    [],
    [1],
    {},
    {"a": 1},
    True,
)
VERBS = {
    "read": ["BAD"],
    "read --json": ["BAD", "--json"],
    "read --csv": ["BAD", "--csv", "-"],
    "score": ["BAD", "--unit", "J"],
    "score --json": ["BAD", "--unit", "J", "--json"],
    "score stars": ["BAD", "GOOD", "--score", "stars", "--mode", "quintile"],
    "compare": ["BAD", "GOOD#run"],
    "compare --json": ["GOOD#run", "BAD", "--json"],
    "check": ["BAD", "--against", "GOOD"],
    "check --json": ["GOOD", "--against", "BAD", "--json"],
    "badge": ["BAD", "-o", "badge.svg"],
    "export csv": ["BAD", "--format", "csv"],
    "export latex": ["BAD", "--format", "latex"],
}


def good_one() -> dict[str, Any]:
    return Measurement(
        label="run",
        energy_j=Quantity(4000, 100, "J"),
        duration_s=2.0,
        calls=4,
        items=32,
        channels=[ChannelEnergy(channel(gain_error=0.03), Quantity(4000, 100, "J"))],
        idle_power_w=Quantity(1, 0.1, "W"),
        budget=[("sensor gain", 50.0), ("repeats", 3.0)],
        metrics={"accuracy": 0.9, "n_test": 100},
        warnings=["throttled"],
        environment={"host": "h"},
        started_at=datetime(2026, 1, 1, tzinfo=timezone.utc),
        details={"phase": "inference", "item": "image", "scope": "gpu", "file": "f", "line": 3},
    ).to_dict()


def places(data: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        yield (*before, key)
        yield from places(value, (*before, key))


def with_junk(data: Any, place: tuple[Any, ...], junk: Any) -> Any:
    found = copy.deepcopy(data)
    inner = found
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = junk
    return found


def junk_for(number: int) -> tuple[Any, ...]:
    """What to put at a place: every fourth, so that neighbours have all; each in `make fuzz`."""
    return JUNK if settings().max_examples > 1000 else JUNK[number % 4 :: 4]


@pytest.mark.hypothesis
@pytest.mark.parametrize("verb", VERBS)
def test_no_line_ends_a_verb_in_a_traceback(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    good = good_one()
    others = [
        {**good, "label": name, "energy_j": {"value": j, "u": 1.0, "unit": "J"}} for name, j in [("b", 9e3)]
    ]
    Path("GOOD").write_text("".join(f"{json.dumps(one)}\n" for one in (good, *others)), encoding="utf-8")
    seen = set()
    for number, place in enumerate(places(good)):
        for junk in junk_for(number):
            Path("BAD").write_text(json.dumps(with_junk(good, place, junk)), encoding="utf-8")
            status = main([verb.split()[0], *VERBS[verb]])
            said = capsys.readouterr()
            assert status in (0, 1, 2), (place, junk)
            assert status != 2 or said.err, (place, junk)
            if "json" in verb:
                for line in said.out.splitlines():
                    json.loads(line, parse_constant=pytest.fail)  # NaN and Infinity are no JSON
            seen.add(status)
    assert {0, 2} <= seen


def test_a_line_that_is_no_measurement_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "runs.jsonl"
    for field, junk in (("label", None), ("warnings", [{"a": 1}]), ("metrics", {"accuracy": 76.1})):
        path.write_text(json.dumps({**good_one(), field: junk}), encoding="utf-8")
        assert main(["read", str(path)]) == 2
        said = capsys.readouterr().err
        assert f"{path}:1: " in said
        assert "accuracy" in said if field == "metrics" else field in said


@pytest.mark.parametrize(("new_j", "old_j"), [(10.0, -5.0), (-5.0, 10.0), (0.0, 10.0), (10.0, 0.0)])
def test_an_energy_without_a_ratio_never_passes_the_gate(
    new_j: float, old_j: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, joules in (("new", new_j), ("old", old_j)):
        line = {**good_one(), "energy_j": {"value": joules, "u": 1.0, "unit": "J"}}
        (tmp_path / name).write_text(json.dumps(line), encoding="utf-8")
    assert main(["check", str(tmp_path / "new"), "--against", str(tmp_path / "old")]) == 2
    said = capsys.readouterr()
    assert "refused: run: " in said.out
    assert "passed" not in said.out
    assert main(["compare", str(tmp_path / "new"), str(tmp_path / "old")]) == 2
    assert "not above 0" in capsys.readouterr().err
