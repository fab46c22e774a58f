from __future__ import annotations

import copy
import json
import math
import pickle
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import channels, finite, joules
from wattwhat import Channel, Measurement, Quantity, logs
from wattwhat.errors import ArgumentError, LogError
from wattwhat.records.atomic_write import write_atomically
from wattwhat.records.budget import Budget
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.records.jsonl import read_jsonl, write_jsonl
from wattwhat.records.measurement import PROVENANCES
from wattwhat.records.sources import GAIN, IDLE

METRICS = st.dictionaries(st.sampled_from(["accuracy", "loss"]), st.floats(0, 1), max_size=2)
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(tzinfo=timezone.utc))
# What is not known: a copy, a pickle and a file of it equal it as well.
UNKNOWN = st.builds(Quantity, st.just(math.nan), st.sampled_from([0.0, math.inf, math.nan]), st.just("J"))
energies = joules | UNKNOWN

measurements = st.builds(
    Measurement,
    label=st.text(max_size=20),
    energy_j=energies,
    duration_s=st.none() | st.floats(1e-6, 1e6),
    calls=st.none() | st.integers(1, 10**6),
    items=st.none() | st.integers(1, 10**9),
    channels=st.lists(
        st.builds(ChannelEnergy, channels(), st.none() | energies, st.sampled_from(PROVENANCES)), max_size=3
    ),
    provenance=st.sampled_from(PROVENANCES),
    idle_power_w=st.none() | st.builds(Quantity, finite, st.floats(0, 1e3), st.just("W")),
    budget=st.dictionaries(st.text(min_size=1, max_size=8), st.floats(0, 1e6), max_size=4).map(Budget.of),
    metrics=METRICS,
    warnings=st.lists(st.text(max_size=20), max_size=3),
    started_at=st.none() | TIMES,
    details=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
)


@given(measurements)
def test_json_and_back(m: Measurement) -> None:
    data = json.loads(m.to_json())
    assert data["schema"] == 2
    assert Measurement.from_dict(data) == m


@given(measurements)
def test_pickle_and_copy(m: Measurement) -> None:
    assert pickle.loads(pickle.dumps(m)) == m
    assert copy.deepcopy(m) == m


@given(st.lists(measurements, max_size=4))
def test_files_hold_one_measurement_a_line(ms: list[Measurement]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "runs.jsonl")
        write_jsonl(path, ms)
        assert read_jsonl(path) == ms
        assert len(path.read_text(encoding="utf-8").splitlines()) >= len(ms)
        assert [file.name for file in Path(folder).iterdir()] == ["runs.jsonl"]


@given(measurements)
def test_what_is_derived_follows_from_the_fields(m: Measurement) -> None:
    if m.calls:
        assert m.energy_per_call_j is not None
        # the smallest floats have no halves
        assert m.energy_per_call_j.value * m.calls == pytest.approx(
            m.energy_j.value, rel=1e-9, abs=1e-300, nan_ok=True
        )
        if abs(m.energy_j.value) > 1e-300 and m.energy_j.u > 1e-300:
            u_j = max(m.energy_j.u, m.budget.u)  # how calls differ is uncertain of a call, not of their sum
            assert m.energy_per_call_j.relative == pytest.approx(u_j / abs(m.energy_j.value), rel=1e-6)
    else:
        assert m.energy_per_call_j is None
    if m.items is None:
        assert m.energy_per_item_j is None
    if m.duration_s is None:
        assert m.power_w is None
    else:
        assert m.power_w is not None
        assert m.power_w.value * m.duration_s == pytest.approx(
            m.energy_j.value, rel=1e-9, abs=1e-300, nan_ok=True
        )
        assert m.power_w.unit == "W"
    assert m.energy_kwh.value * 3.6e6 == pytest.approx(m.energy_j.value, nan_ok=True)


def test_net_energy_counts_the_gain_on_the_difference_only() -> None:
    m = Measurement(
        label="a",
        energy_j=Quantity(100, 5, "J"),
        duration_s=10.0,
        idle_power_w=Quantity(8.0, 0.4, "W"),  # all of it the gain of 5 %
        budget=Budget.of({GAIN: 5.0}),
    )
    assert m.net_energy_j == Quantity(20.0, 1.0, "J")
    rough = Measurement(
        label="a", energy_j=m.energy_j, duration_s=10.0, idle_power_w=Quantity(8.0, 0.5, "W"), budget=m.budget
    )
    assert rough.net_energy_j is not None
    assert rough.net_energy_j.u == pytest.approx(math.hypot(1.0, 3.0))
    assert rough.budget.get(IDLE) == 0.0


def test_an_unknown_energy_is_null_in_json_and_unknown_again() -> None:
    m = Measurement(label="a", energy_j=Quantity(math.nan, math.inf, "J"))
    data = json.loads(m.to_json())
    assert data["energy_j"] == {"value": None, "u": None, "unit": "J"}
    assert not Measurement.from_dict(data).energy_j.known


def test_details_are_copied_and_what_is_not_finite_in_them_is_null() -> None:
    kept = {"watts": [1.5, math.nan], "deep": {"s": math.inf, "done": True}, "at": (1, "a", None)}
    m = Measurement(label="a", energy_j=Quantity(1, 0, "J"), details=kept, environment={"load": -math.inf})
    data = json.loads(m.to_json())
    assert data["details"] == {"watts": [1.5, None], "deep": {"s": None, "done": True}, "at": [1, "a", None]}
    assert data["environment"] == {"load": None}
    m.to_dict()["details"]["deep"]["s"] = 5
    assert m.details["deep"]["s"] == math.inf


def test_metrics_are_added_and_replaced() -> None:
    m = Measurement(label="a", energy_j=Quantity(1, 0, "J"), metrics={"loss": 0.3})
    both = m.with_metrics(accuracy=0.91)
    assert dict(both.metrics) == {"loss": 0.3, "accuracy": 0.91}
    assert dict(m.metrics) == {"loss": 0.3}
    with pytest.raises(TypeError):
        m.metrics["loss"] = 1.0  # type: ignore[index]


@pytest.mark.parametrize(
    ("accuracy", "words"),
    [(76.1, r"write 0\.761 for 76\.1 %"), (-0.1, "between 0 and 1"), (math.nan, "NaN"), ("0.9", "number")],
)
def test_an_accuracy_that_is_no_fraction_is_refused(accuracy: object, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        Measurement(label="a", energy_j=Quantity(1, 0, "J")).with_metrics(accuracy=accuracy)  # type: ignore[arg-type]


def test_energy_in_other_units_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"joules.*\.to\('J'\)"):
        Measurement(label="a", energy_j=Quantity(1, 0, "kWh"))


GPU = Channel("h/nvml/0", "nvml", "a GPU", "gpu", "energy")
WRONG = {
    "label": [None, 5, [1], b"a"],
    "energy_j": [5, None, "1 J", Quantity(1, 0, "W")],
    "duration_s": [math.nan, math.inf, -1.0, "1", 10**400, [1]],
    "calls": [1.5, math.inf, "3"],
    "items": [math.inf, math.nan, -1],
    "channels": [None, 5, [1], "abc", [GPU]],
    "provenance": ["guessed", None, [1]],
    "idle_power_w": [3, 3.0, Quantity(1, 0, "J"), "3 W"],
    "budget": [
        None,
        5,
        [5],
        "gain",
        [("gain", -1.0)],
        [("gain", math.nan)],
        [("gain", "1")],
        [(1, 1.0)],
        ("gain", 1.0),
    ],
    "metrics": [[1], {"accuracy": 76.1}, {"accuracy": None}, {5: 1.0}, {"n": 10**400}, 5, "abc"],
    "warnings": ["abc", 5, None, [{"a": 1}], [None]],
    "environment": [5, [1], "abc"],
    "started_at": ["2024", 5, datetime(2024, 1, 1, 12)],
    "details": [5, [1], "abc"],
}


@pytest.mark.parametrize(("field", "value"), [(name, one) for name, each in WRONG.items() for one in each])
def test_a_field_of_another_kind_is_refused_by_name(field: str, value: Any) -> None:
    right: dict[str, Any] = {"label": "a", "energy_j": Quantity(1, 0, "J")}
    with pytest.raises(ArgumentError, match=f"{field}|accuracy: 76.1"):
        Measurement(**{**right, field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel", "c"),
        ("energy_j", 1.0),
        ("energy_j", Quantity(1, 0, "W")),
        ("provenance", "x"),
        ("counted", "yes"),
    ],
)
def test_a_field_of_a_channels_energy_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ArgumentError, match=field):
        ChannelEnergy(**{"channel": GPU, field: value})


def test_a_time_without_a_zone_is_refused_with_the_remedy() -> None:
    with pytest.raises(ArgumentError, match=r"no zone; use datetime\.now\(timezone\.utc\)"):
        Measurement(label="a", energy_j=Quantity(1, 0, "J"), started_at=datetime(2024, 1, 1))


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_a_time_in_any_zone_is_kept_in_utc(when: datetime, minutes: int) -> None:
    here = when.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    m = Measurement(label="a", energy_j=Quantity(1, 0, "J"), started_at=here)
    assert m.started_at == here
    assert m.started_at.tzinfo is timezone.utc
    again = Measurement.from_dict(m.to_dict())
    assert again == m
    assert again.started_at is not None
    assert again.started_at.isoformat() == m.started_at.isoformat()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", None),
        ("label", 5),
        ("label", [1]),
        ("warnings", [{"a": 1}]),
        ("warnings", "reset"),
        ("metrics", {"loss": None}),
        ("metrics", {"accuracy": 76.1}),
        ("duration_s", 10**400),
        ("started_at", "2024-01-01T00:00:00"),
        ("started_at", "0001-01-01T00:00:00+05:00"),
    ],
)
def test_a_line_with_a_field_of_another_kind_is_named(tmp_path: Path, field: str, value: Any) -> None:
    good = Measurement(label="a", energy_j=Quantity(1, 0, "J")).to_dict()
    words = "accuracy: 76.1" if value == {"accuracy": 76.1} else field
    path = tmp_path / "runs.jsonl"
    path.write_text(f"{json.dumps(good)}\n{json.dumps({**good, field: value})}\n", encoding="utf-8")
    with pytest.raises(ArgumentError, match=words):
        Measurement.from_dict({**good, field: value})
    with pytest.raises(LogError, match=rf"runs\.jsonl:2: .*{words}"):
        read_jsonl(path)
    found = logs.read(path)
    assert [m.label for m in found] == ["a"]
    assert len(found.problems) == 1
    assert f"{path}:2: " in found.problems[0]
    assert words in found.problems[0]
    with pytest.raises(LogError, match=rf"runs\.jsonl:2: .*{words}"):
        logs.read(path, strict=True)


@pytest.mark.parametrize(
    "data",
    [{}, {"schema": 3}, {"schema": 2}, {"schema": 1}, {"schema": 1, "label": "a", "energy_j": 3}, [], None],
)
def test_what_is_no_measurement_is_refused(data: object) -> None:
    with pytest.raises(ArgumentError):
        Measurement.from_dict(data)


@pytest.mark.parametrize(
    ("data", "hint"), [([], "no Measurement"), ({"label": "a"}, "no Measurement"), ({"schema": 3}, "newer")]
)
def test_only_a_later_schema_sends_for_a_newer_version(data: object, hint: str) -> None:
    with pytest.raises(ArgumentError, match=hint):
        Measurement.from_dict(data)


def test_a_bad_line_is_named_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text(Measurement(label="a", energy_j=Quantity(1, 0, "J")).to_json() + "\n\n{half\n")
    with pytest.raises(LogError, match=r"runs\.jsonl:3"):
        read_jsonl(path)


def test_a_file_that_cannot_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["runs.jsonl"]


def test_it_can_be_read_by_a_person() -> None:
    m = Measurement(
        label="net <b>",
        energy_j=Quantity(12.34, 0.05, "J"),
        duration_s=2.0,
        calls=10,
        items=40,
        warnings=("a doubt",),
        budget=Budget.of({GAIN: 0.05}),
        idle_power_w=Quantity(1.0, 0.1, "W"),
    )
    assert repr(m) == "<Measurement 'net <b>': 12.34 ± 0.10 J (k=2) in 2 s, measured, 1 warning(s)>"
    text = str(m)
    for words in (
        "12.34 ± 0.10 J (k=2)",
        "per call 1.234 ± 0.010 J",
        "per item",
        "warning: a doubt",
        "above idle",
    ):
        assert words in text
    html = m._repr_html_()
    assert "net &lt;b&gt;" in html
    assert "<b>" not in html
    assert "a doubt" in html


def test_one_measurement_is_a_file_of_one(tmp_path: Path) -> None:
    one = Measurement(label="net", energy_j=Quantity(9.0, 1.0, "J"))
    write_jsonl(tmp_path / "one.jsonl", one)
    assert read_jsonl(tmp_path / "one.jsonl") == [one]


def test_a_missing_folder_is_told_by_the_name_that_was_given(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder") as told:
        write_atomically(tmp_path / "away" / "x.txt", "text")
    assert told.value.filename == str(tmp_path / "away" / "x.txt")


def test_bare_joules_are_told_how_to_become_a_quantity() -> None:
    with pytest.raises(ArgumentError, match=r"got 5\.0; write Quantity"):
        Measurement(label="net", energy_j=5.0)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"convert with \.to"):
        Measurement(label="net", energy_j=Quantity(1.0, 0.1, "kJ"))
