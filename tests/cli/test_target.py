"""MODULE:NAME: what is there is found, what is not is named, and the user's own errors keep their place."""

import sys

import pytest

from wattwhat.cli.target import load_object, place_of
from wattwhat.errors import ArgumentError, WorkloadError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Give modules by name in the current folder; they are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)

    def write(name, text):
        file = tmp_path / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def refused(spec, kind=ArgumentError):
    with pytest.raises(kind) as caught:
        load_object(spec, "TARGET")
    return str(caught.value)


def test_a_module_of_this_folder_is_found(folder):
    folder("target_one", "def step():\n    return 5\n")
    assert load_object("target_one:step", "TARGET")() == 5


def test_names_may_have_dots_on_both_sides(folder):
    folder("target_pack/inner", "class Net:\n    @staticmethod\n    def step():\n        return 6\n")
    assert load_object("target_pack.inner:Net.step", "TARGET")() == 6


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("bench.py:step", "try bench:step"),
        ("./bench.py", "try bench:function"),
        ("nets/bench.py:step", "try nets.bench:step"),
        ("bench", "try bench:function"),
        ("bench:", "try bench:function"),
        (":step", "try module:step"),
        ("", "try module:function"),
    ],
)
def test_another_form_is_refused_with_the_right_one(spec, hint):
    assert refused(spec).endswith(hint)
    assert refused(spec).startswith("TARGET: ")


@pytest.mark.parametrize("module", ["target_absent", "target_absent.inner"])
def test_a_missing_module_is_named(folder, module):
    assert "there is no module 'target_absent'" in refused(f"{module}:x")


def test_a_missing_name_is_met_with_the_nearest_one(folder):
    folder("target_two", "def step():\n    pass\n")
    assert refused("target_two:stepp") == "TARGET: target_two has no 'stepp'; did you mean 'step'?"
    assert refused("target_two:zzz").endswith("it has: step")
    assert "target_two:step has no" in refused("target_two:step.inner")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\nraise ValueError('no data')\n", "at target_three.py, line 2: ValueError: no data"),
        ("import target_missing_one\n", "line 1: ModuleNotFoundError: No module named 'target_missing_one'"),
        ("def f(:\n", "SyntaxError"),
        ("import sys\nsys.exit(3)\n", "__main__"),
    ],
)
def test_a_module_that_fails_keeps_its_own_error_and_place(folder, text, words):
    folder("target_three", text)
    assert words in refused("target_three:x", WorkloadError)


def test_the_place_is_the_users_innermost_line(folder):
    folder("target_four", "import json\n\n\ndef fails():\n    json.loads('{')\n")
    with pytest.raises(ValueError, match="Expecting") as caught:
        load_object("target_four:fails", "TARGET")()
    assert place_of(caught.value) == " at target_four.py, line 5"
    assert place_of(None) == ""
