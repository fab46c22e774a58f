"""Text of others: nothing in it is obeyed by what shows it, whatever it is and wherever it goes."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import sys
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Measurement, Quantity, compare
from wattwhat.analysis.regression_check import check
from wattwhat.cli import main
from wattwhat.cli.output import say
from wattwhat.records.escaping import (
    controls_shown,
    csv_text,
    html_text,
    json_text,
    latex_text,
    markdown_text,
    one_line,
)
from wattwhat.records.jsonl import write_jsonl
from wattwhat.scoring import SAM, ScoreResult, rank

DIRECTION = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
OBEYED = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF, *DIRECTION]
OBEYED = sorted(chr(code) for code in OBEYED if chr(code) not in "\n\t")
texts = st.text(st.sampled_from([*OBEYED, *"ab =+-@;|\"'<\\{}\n\t", "\uff1d", "\ud800"]) | st.characters())


def obeyed(text: str) -> list[str]:
    """What a terminal would obey or nobody would see."""
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or ord(c) in DIRECTION]


@given(texts)
def test_no_control_is_left_and_every_other_sign_stays(text: str) -> None:
    shown = controls_shown(text)
    assert set(obeyed(shown)) <= {"\n", "\t"}
    shown.encode("utf-8")
    assert controls_shown(shown) == shown
    back = re.sub(r"\[U\+([0-9A-F]{4,6})\]", lambda found: chr(int(found[1], 16)), shown)
    assert back == text or "[U+" in text
    assert not obeyed(one_line(text))


@given(st.recursive(texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=5))
def test_json_holds_the_same_data_and_nothing_that_is_obeyed(data: Any) -> None:
    text = json_text(data)
    assert json.loads(text) == json.loads(json.dumps(data))
    assert not obeyed(text)
    assert set(obeyed(json_text(data, indent=1))) <= {"\n"}


FORMULA = re.compile(r"[=+\-@\uff1d\uff0b\uff0d\uff20]")


@given(st.lists(texts | st.none() | st.floats(allow_nan=False) | st.integers(), min_size=1, max_size=5))
def test_no_cell_of_a_table_is_a_formula_and_every_cell_is_found_again(cells: list[Any]) -> None:
    text = csv_text([cells])
    (found,) = csv.reader(io.StringIO(text, newline="")) if cells != [None] and cells != [""] else [[""]]
    assert len(found) == len(cells)
    for cell, read in zip(cells, found, strict=True):
        if isinstance(cell, str):
            assert not FORMULA.match(read.lstrip().lstrip("\ufeff"))
            assert read in (controls_shown(cell), f"'{controls_shown(cell)}")
        else:
            assert read == "" if cell is None else type(cell)(read) == cell
    assert set(obeyed(text.replace("\r\n", "\n"))) <= {"\n", "\t"}


@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
def test_a_cell_stays_one_where_tables_are_parted_at_other_signs(mark: str) -> None:
    text = csv_text([[f"a{mark}=1+1", 2]])
    (found,) = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    assert not any(FORMULA.match(cell) for cell in found)


@pytest.mark.parametrize(
    "cell",
    ["=1+1", " =1+1", "\n=1+1", "\t=1", "\r=1", "\u00a0=1", "\uff1d1+1", "\uff20SUM(1)", "+1", "-1", "@A1"],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    ((found,),) = csv.reader(io.StringIO(csv_text([[cell]]), newline=""))
    assert found == f"'{controls_shown(cell)}" or found.startswith("[U+")


@given(st.lists(texts, min_size=1, max_size=3))
def test_no_row_of_a_latex_table_begins_with_an_argument(names: list[str]) -> None:
    for name in names:
        line = latex_text(name)
        plain = re.sub(r"\\(?:text[a-z]+\{\}|[&%$#_{}])", "", line)
        assert "\\" not in plain
        assert not re.match(r"\s*[\[*]", line)
        assert re.sub(r"\{[-`'\[\]*]\}", "", plain) == re.sub(r"[{}\[\]*`'~^<>|\"&%$#_-]", "", plain)
        assert "\n" not in line


class Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found, self.tags = "", 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags += 1

    def handle_data(self, data: str) -> None:
        self.found += data


@given(texts)
def test_a_text_in_html_is_no_element(text: str) -> None:
    reader = Reader(f"<p>{html_text(text)}</p>")
    assert reader.tags == 1
    assert reader.found == controls_shown(text)
    assert "<" not in markdown_text(text)


# The command line ---------------------------------------------------------------------------------

EVIL = "a\x1b]52;c;cm0gLXJmCg==\x07\x9b2J\u202egnp\r\x08"


@given(texts)
def test_nothing_that_is_said_is_obeyed(text: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8", write_through=True, newline="\n")
    say(text, stream)
    assert set(obeyed(raw.getvalue().decode())) <= {"\n", "\t"}


VERBS = [
    ["read", "RUNS"],
    ["read", "RUNS", "--json"],
    ["read", "RUNS", "--csv", "-"],
    ["read", EVIL],
    ["read", "RUNS", "--metrics", EVIL],
    ["read", "RUNS", "--where", f"{EVIL}=x"],
    ["read", "BROKEN"],
    ["score", "RUNS", "--unit", "J"],
    ["score", "RUNS", "--unit", "J", "--json"],
    ["score", "RUNS", "--unit", EVIL],
    ["score", "RUNS", "--score", EVIL],
    ["compare", f"RUNS#{EVIL}0", f"RUNS#{EVIL}1"],
    ["compare", f"RUNS#{EVIL}0", f"RUNS#{EVIL}1", "--json"],
    ["compare", f"RUNS#{EVIL}", "RUNS"],
    ["check", "RUNS", "--against", "RUNS"],
    ["check", "RUNS", "--against", "RUNS", "--json"],
    ["check", "RUNS", "--against", EVIL],
    ["export", "RUNS"],
    ["export", "RUNS", "--format", "latex"],
    ["export", "RUNS", "--format", "csv"],
    ["export", "RUNS", "--json"],
    ["export", "RUNS", "-o", f"{EVIL}/x.csv"],
    ["export", "RUNS", "--format", EVIL],
    ["badge", "RUNS", "-o", "b.svg"],
    ["badge", f"RUNS#{EVIL}0", "-o", f"{EVIL}.svg"],
    ["badge", f"RUNS#{EVIL}0", "--reference", EVIL],
    ["badge", f"RUNS#{EVIL}0", "--json"],
    ["reference", "show", EVIL],
    ["report", "RUNS", "-o", f"{EVIL}.html"],
    ["report", "RUNS", "--reference", EVIL],
    ["run", "--", EVIL],
    ["run", "--json", f"{EVIL}/x", "--", "true"],
    ["measure", EVIL],
    ["measure", f"json:{EVIL}"],
    ["monitor", "--backends", EVIL],
    ["doctor", EVIL],
    [EVIL],
    [f"--{EVIL}"],
]


@pytest.mark.parametrize("words", VERBS, ids=lambda words: repr(" ".join(words)).replace("\\", "")[:40])
def test_no_verb_hands_a_terminal_what_it_would_obey(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    ones = [
        Measurement(
            label=f"{EVIL}{n}",
            energy_j=Quantity(1000.0 + n, 1.0, "J"),
            duration_s=1.0,
            items=10,
            metrics={"accuracy": 0.9, EVIL: 1.0},
            warnings=[f"doubt about {EVIL}"],
            details={"file": EVIL, "format": EVIL, "phase": EVIL},
            environment={"devices": [EVIL]},
        )
        for n in range(2)
    ]
    write_jsonl("RUNS", ones)
    Path("BROKEN").write_text(f"timestamp, index, power.draw [W]\n{EVIL}, 0, {EVIL}\n", encoding="utf-8")
    main(words)
    said = capsys.readouterr()
    assert said.out or said.err
    for text in (said.out, said.err):
        assert set(obeyed(text)) <= {"\n", "\t"}, text


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux only")
def test_a_name_that_is_no_text_is_shown(tmp_path: Path, capsysbinary: Any) -> None:
    place = tmp_path / "a\udc9b2J.csv"
    place.write_text("x")
    assert main(["read", str(place)]) == 2
    said = capsysbinary.readouterr().err
    assert b"\x9b2J" not in said.replace("\u009b".encode(), b"")
    assert b"[U+DC9B]2J" in said


def test_what_is_printed_of_a_measurement_is_safe() -> None:
    one = Measurement(label=EVIL, energy_j=Quantity(1.0, 0.1, "J"), warnings=[EVIL], metrics={EVIL: 1.0})
    assert set(obeyed(str(one))) <= {"\n"}
    assert not obeyed(repr(one))
    assert not obeyed(one.to_json())
    assert Measurement.from_dict(json.loads(one.to_json())) == one


ROOT = Path(__file__).resolve().parents[2]


def test_no_verb_has_a_way_of_its_own_to_the_terminal() -> None:
    own = {("output", "print"), ("progress", "self._stream.write"), ("monitor", "self._stream.write")}
    found = set()
    for path in (ROOT / "wattwhat" / "cli").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in ("print", "json.dumps") or called.endswith(("stream.write", "stdout.write")):
                    found.add((path.stem, called))
    assert found == own


def test_what_is_printed_of_results_is_safe() -> None:
    ones = [
        Measurement(
            label=f"{EVIL}{n}",
            energy_j=Quantity(1e4 + n, 1.0, "J"),
            items=10,
            metrics={"accuracy": 0.9 - n / 10},
        )
        for n in range(2)
    ]
    compared = compare(*ones, force=True)
    scored = SAM(unit="J")(ones[0])
    results = [
        compared,
        check(ones, ones)[0],
        rank(ones, SAM(unit="J")),
        ScoreResult("x", None, None, details={"words": EVIL, "notes": [EVIL]}),
        scored,
    ]
    for result in results:
        for text in (str(result), repr(result)):
            assert set(obeyed(text)) <= {"\n"}, (type(result), text)
    assert set(obeyed(compared._repr_html_())) <= {"\n"}
