from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat_amdsmi.values import (
    MAX_POWER_W,
    POWER_FIELDS,
    cap_w,
    energy_j,
    parse_version,
    power_w,
    resolution_j,
    rocm_of_file,
)

counts = st.integers(0, 2**62)
steps_uj = st.floats(1e-3, 1e6)
nonsense = st.sampled_from(
    [
        "N/A",
        None,
        "",
        True,
        0xFFFF,
        0xFFFFFFFF,
        2**64 - 1,
        0,
        -1,
        float("nan"),
        float("inf"),
        [],
        MAX_POWER_W + 1,
    ]
)


@given(counts, counts, steps_uj)
def test_energy_grows_with_the_count_by_its_resolution(first: int, more: int, step_uj: float) -> None:
    def read(count: int) -> float:
        joules = energy_j({"energy_accumulator": count, "counter_resolution": step_uj})
        assert joules is not None
        return joules

    assert read(first + more) - read(first) == pytest.approx(
        more * step_uj * 1e-6, rel=1e-6, abs=1e-15 * read(2**64 - 2)
    )


@given(counts, steps_uj)
def test_every_version_s_keys_give_the_same_energy(count: int, step_uj: float) -> None:
    through_6_2 = {"power": count, "counter_resolution": step_uj, "timestamp": 1}
    in_6_3 = {**through_6_2, "energy_accumulator": count}
    from_6_4 = {"energy_accumulator": count, "counter_resolution": step_uj, "timestamp": 1}
    assert energy_j(through_6_2) == energy_j(in_6_3) == energy_j(from_6_4) is not None


@pytest.mark.parametrize("count", ["N/A", None, -1, 2**64 - 1, True, 1.5])
def test_a_count_that_cannot_be_is_no_energy(count: object) -> None:
    assert energy_j({"energy_accumulator": count, "counter_resolution": 15.259}) is None


@pytest.mark.parametrize("step", ["N/A", None, 0.0, -1.0, float("nan"), float("inf")])
def test_a_resolution_that_cannot_be_is_no_energy(step: object) -> None:
    answer = {"energy_accumulator": 1, "counter_resolution": step}
    assert energy_j(answer) is None
    assert resolution_j(answer) is None


def test_an_answer_of_unknown_keys_is_no_energy() -> None:
    assert energy_j({"joules": 5, "counter_resolution": 1.0}) is None


@given(st.dictionaries(st.sampled_from(POWER_FIELDS), nonsense))
def test_nonsense_is_never_a_power(answer: dict[str, object]) -> None:
    assert power_w(answer) is None


@given(st.dictionaries(st.sampled_from(POWER_FIELDS[:2]), nonsense), st.integers(1, int(MAX_POWER_W)))
def test_a_field_that_holds_a_power_is_found_behind_nonsense(answer: dict[str, object], watts: int) -> None:
    assert power_w({**answer, "average_socket_power": watts}) == ("average_socket_power", float(watts))


def test_the_field_asked_for_is_not_replaced_by_another() -> None:
    assert power_w({"socket_power": 90, "average_socket_power": "N/A"}, "average_socket_power") is None


@pytest.mark.parametrize(("value", "watts"), [(300_000_000, 300.0), (300, None), (0, None), ("N/A", None)])
def test_a_cap_in_microwatts_is_taken_and_anything_else_is_not(value: object, watts: float | None) -> None:
    assert cap_w({"max_power_cap": value}) == watts


@given(
    st.integers(0, 99), st.integers(0, 99), st.sampled_from(["", ".2", ".2+39589fda", "-83", "rc1", ".0-1\n"])
)
def test_versions_are_read_whatever_follows(major: int, minor: int, tail: str) -> None:
    assert parse_version(f"{major}.{minor}{tail}") == (major, minor)


@pytest.mark.parametrize("text", ["", "7", "seven.two", ".7", "7.", None])
def test_what_is_no_version_is_none(text: object) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("libamd_smi.so.26.0.70002", (7, 0)),
        ("libamd_smi.so.24.6.60203", (6, 2)),
        ("libamd_smi.so.26.0", None),
        ("libamd_smi.so", None),
    ],
)
def test_a_file_name_tells_the_release(name: str, release: tuple[int, int] | None) -> None:
    assert rocm_of_file(name) == release
