"""Tables that are too wide for the terminal."""

from hypothesis import given
from hypothesis import strategies as st

from wattwhat.records.terminal import columns_of
from wattwhat.report.text_table import Column, listing

NAMES = st.lists(st.text("abc_", min_size=1, max_size=12), min_size=2, max_size=6)
COLUMNS = [Column("model", shrinks=True), Column("energy", right=True)]


@given(NAMES, st.integers(20, 60))
def test_a_source_that_all_names_begin_with_is_said_once_where_it_does_not_fit(names, width):
    rows = [[f"torchvision:{name}", "1.5 J"] for name in names]
    head, *lines = listing(COLUMNS, rows, width)
    assert len(lines) == len(rows)
    assert all(columns_of(line) <= width for line in (head, *lines))
    if width >= 60:
        assert all(row[0] in line for row, line in zip(rows, lines, strict=True))
    elif head.startswith("torchvision:"):
        assert all(line.startswith(name) for name, line in zip(names, lines, strict=True))


def test_sources_that_differ_stay_with_their_names():
    rows = [["timm:resnet50_of_long_name", "1 J"], ["torchvision:resnet50", "2 J"]]
    lines = listing(COLUMNS, rows, 26)
    assert lines[0].startswith("model")
    assert lines[1].startswith("timm:")
    assert lines[2].startswith("torchvi")
