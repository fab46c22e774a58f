"""Numbers of many cells at once are those that Python makes of each."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wattwhat.logs.parsing.decimals import decimals, plain

DIGITS = st.text("0123456789", max_size=22)
CELLS = st.one_of(
    st.floats(0.0, allow_infinity=False).map(repr),
    st.floats(1e-4, 1e6).map(repr),
    st.builds("{}.{}".format, DIGITS, DIGITS),
    st.builds("{:.{}f}".format, st.floats(0.0, 1e9), st.integers(0, 25)),
    DIGITS,
    st.sampled_from(
        ["", ".", "1.2.3", " 1.5", "+2", "-1", "1_0", "nan", "inf", "1e3", "1e", "/", "x", "\u0661"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters=","), max_size=4),
)


# From 2**52 on doubles are whole numbers: these lie in the middle of two, or next to it.
NEAR_A_MIDDLE = st.builds(
    "{}.{}".format, st.integers(2**52, 2**53), st.sampled_from(["5", "4", "6", "50", "49", "51"])
)


@given(st.lists(st.one_of(CELLS, NEAR_A_MIDDLE), min_size=1, max_size=30))
@example(["9007199254740992.5", "9007199254740993.5", "9007199254740993.0"])
@example(["999999999999999999", "1000000000000000000", "9223372036854775807", "9223372036854775808"])
@example(["0.0000000000000000000001", "0.00000000000000000000001", "0.9999999999999999999999"])
@example([""])
@pytest.mark.filterwarnings("error")
def test_they_are_bit_by_bit_those_of_each_cell(cells: list[str]) -> None:
    found = decimals(",".join(cells).encode())
    expected = [math.nan if (value := plain(cell)) is None else value for cell in cells]
    assert [value.hex() for value in found.tolist()] == [value.hex() for value in expected]
