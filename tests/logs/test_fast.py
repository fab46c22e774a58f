"""The fast path of nvidia-smi logs gives what reading row by row gives, whatever stands between its rows."""

import io
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wattwhat import logs
from wattwhat.errors import LogError
from wattwhat.logs.nvidia_smi.fast_rows import Layout, parse
from wattwhat.logs.protocol import Options, head_of
from wattwhat.logs.readers import nvidia_smi
from wattwhat.logs.source import Source

numpy = pytest.importorskip("numpy")

BEGIN = datetime(2026, 2, 27, 23, 59, 50)
ODD = [
    *("[N/A]", "0.5 W", "12345678.00 W", "5 W", "-3.00 W", "1e3 W"),
    *("7.123 W", " 8.00 W", "9.00 W ", "?", "", "9.99 mW"),
]
JUNK = [
    "",
    "timestamp, index, power.draw [W]",
    "cut off",
    "2026/13/40 99:99:99.999, 0, 5.00 W",
    "a, b, c, d",
    '"x", 0, 1',
]


def row(k, index, power, step_ms):
    moment = (BEGIN + timedelta(milliseconds=k * step_ms)).strftime("%Y/%m/%d %H:%M:%S.%f")[:-3]
    return f"{moment}, {index}, {power}"


powers = st.integers(0, 9_999_999).map(lambda cents: f"{cents / 100:.2f}")


@st.composite
def tables(draw):
    step_ms = draw(st.sampled_from([1, 50, 999, 3_600_000]))
    unit = draw(st.sampled_from(["", " W"]))
    lines = ["timestamp, index, power.draw [W]"]
    for k in range(draw(st.integers(3, 40))):
        kind = draw(st.integers(0, 19))
        if kind == 0:
            lines.append(draw(st.sampled_from(JUNK)))
        power = draw(st.sampled_from(ODD)) if kind == 1 else draw(powers) + unit
        lines.append(row(k, draw(st.sampled_from([0, 1, 15])), power, step_ms))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(lines) + draw(st.sampled_from(["", end]))


def outcome(text, **options):
    try:
        found = logs.read(io.BytesIO(text.encode()), **options)
    except LogError as err:
        return str(err)
    return [
        (m.label, m.energy_j.value, m.energy_j.u, m.duration_s, m.warnings, dict(m.details), m.channels)
        for m in found
    ], found.problems


def rounded(result):
    if isinstance(result, str):
        return result
    found, problems = result
    return [
        (
            label,
            pytest.approx(value, rel=1e-9),
            pytest.approx(u, rel=1e-6),
            pytest.approx(span),
            warnings,
            [(c.channel, c.energy_j and pytest.approx(c.energy_j.value, rel=1e-9)) for c in channels],
        )
        for label, value, u, span, warnings, _, channels in found
    ], problems


@given(tables(), st.sampled_from([None, "mW"]))
@example(
    "timestamp, index, power.draw [W]\n2026/02/27 23:59:50.000, 0, [N/A]\n"
    "2026/02/27 23:59:50.001, 0, 9.99 mW\n2026/02/27 23:59:50.002, 0, 0.00",
    None,
)
def test_fast_and_slow_agree(text, power_unit):
    fast = outcome(text, power_unit=power_unit)
    layout, nvidia_smi.fast_layout = nvidia_smi.fast_layout, lambda source, table: None
    try:
        slow = outcome(text, power_unit=power_unit)
    finally:
        nvidia_smi.fast_layout = layout
    if isinstance(fast, str):
        assert fast == slow
        return
    expected = rounded(slow)
    assert fast[1] == expected[1]
    for ours, theirs in zip(fast[0], expected[0], strict=True):
        label, value, u, span, warnings, _, channels = ours
        energies = [(c.channel, c.energy_j and c.energy_j.value) for c in channels]
        assert (label, value, u, span, warnings, energies) == theirs


@given(tables())
def test_blocks_of_any_size_hold_the_same_lines(text):
    source = Source.of_text(text)
    whole = b"".join(block for _, block in source.blocks())
    for size in (300, 1000):
        pieces = list(source.blocks(size))
        assert b"".join(block for _, block in pieces) == whole
        for number, block in pieces:
            assert whole[: len(whole) - len(whole[whole.index(block) :])].count(b"\n") <= number - 1


@given(st.lists(powers, min_size=60, max_size=90))
def test_regular_rows_are_taken_at_once(values):
    block = "".join(row(k, 3, f"{value} W\n", 100) for k, value in enumerate(values)).encode()
    rows = parse(block, Layout(3, 0, 2, 1))
    assert not rows.irregular.any()
    assert rows.power_w.tolist() == [float(value) for value in values]
    assert set(rows.index.tolist()) == {3}
    assert numpy.diff(rows.t_s) == pytest.approx(0.1, abs=1e-6)


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-02-27 23:59:50.000",
        "2026/02/30 10:00:00.000",
        "2026/02/27 24:00:00.000",
        "2026/02/27 23:60:00.000",
    ],
)
def test_a_stamp_that_is_none_is_irregular(stamp):
    good = row(0, 0, "5.00 W\n", 100)
    block = (good * 100 + f"{stamp}, 0, 5.00 W\n" + good * 100).encode()
    assert numpy.flatnonzero(parse(block, Layout(3, 0, 2, 1)).irregular).tolist() == [100]


def test_many_irregular_rows_are_left_to_the_slow_way():
    block = (row(0, 0, "5.00 W\n", 100) + row(0, 0, "[N/A]\n", 100)).encode() * 100
    assert parse(block, Layout(3, 0, 2, 1)) is None


def test_usual_logs_take_the_fast_path():
    text = "timestamp, index, power.draw [W]\n" + "".join(row(k, 0, "5.00 W\n", 100) for k in range(9))
    source = Source.of_text(text)
    table = nvidia_smi.PowerTable(source, Options(), head_of(source))
    assert nvidia_smi.fast_layout(source, table) == Layout(3, 0, 2, 1)
