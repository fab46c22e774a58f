"""Names that turn the writing direction around change nothing beside them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_runs import simple
from wattwhat.records.escaping import controls_shown
from wattwhat.records.html_tables import measurement_html
from wattwhat.report.export import export
from wattwhat.report.page.document import document_of, script_json

CONTROLS = [chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]
NAMES = st.text(st.sampled_from([*CONTROLS, *"ab<|\u05d0\u0627"]), min_size=1)


@given(NAMES)
def test_no_control_is_left_and_nothing_else_changes(name):
    shown = controls_shown(name)
    assert not set(shown) & set(CONTROLS)
    for control in CONTROLS:
        name = name.replace(control, f"[U+{ord(control):04X}]")
    assert shown == name


@pytest.mark.parametrize("control", CONTROLS)
def test_every_output_shows_the_control_as_a_sign(control):
    mark = f"U+{ord(control):04X}"
    made = simple(1.9, 0.1, label=f"evil{control}gnp.exe")
    payload = {"title": made.label, "rows": [made.label]}
    outputs = [
        measurement_html(made),
        export([made], "markdown"),
        export([made], "latex"),
        json.loads(script_json(payload))["rows"][0],
        document_of(payload, version="1").split("</title>")[0],
    ]
    for output in outputs:
        assert control not in output
        assert mark in output.replace("\\", "")


def test_a_notebook_isolates_names():
    assert "<bdi>\u05d0\u05d1 1</bdi>" in measurement_html(simple(label="\u05d0\u05d1 1"))
