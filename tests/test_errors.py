"""What an error of somebody else's is told as, whatever it says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wattwhat.errors import error_text


@given(st.text(max_size=2_000), st.integers(1, 50))
def test_it_is_one_line_of_bounded_length_that_names_the_kind(text: str, times: int) -> None:
    told = error_text(KeyError(text * times))
    assert told.startswith("KeyError")
    assert len(told.splitlines()) == 1
    assert len(told) < 400


def test_an_error_whose_text_cannot_be_made_gives_its_kind() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    assert error_text(Broken()) == "Broken"
