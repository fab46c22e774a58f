"""Errors: a message is made of its fields, and both come whole through pickles and copies."""

import copy
import pickle
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import errors
from wattwhat.errors import ArgumentError, LogError, MeterError, Remedy, WattwhatError

texts = st.text(st.characters(codec="utf-8", exclude_characters="{}"), min_size=1, max_size=20)
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, WattwhatError)]


@given(
    st.sampled_from(KINDS),
    st.fixed_dictionaries(
        {},
        optional={
            "argument": texts, "expected": texts, "remedy": texts, "path": texts, "line": st.integers(1),
            "got": st.one_of(st.none(), st.integers(), texts),
        },
    ),
)  # fmt: skip
def test_a_message_holds_every_field_and_survives_pickles(kind, fields):
    error = kind("it is odd", **fields) if fields else kind("it is odd")
    told = str(error)
    if error._has_fields():
        assert all(value in told for name, value in fields.items() if name not in ("got", "line"))
    for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert (type(again), str(again), again.args) == (kind, told, error.args)
        assert {name: getattr(again, name) for name in fields} == fields


def test_what_cannot_be_pickled_is_kept_as_its_repr():
    lock = threading.Lock()
    error = ArgumentError(argument="sync", expected="a function", got=lock)
    assert error.got is lock
    assert pickle.loads(pickle.dumps(error)).got == repr(lock)


def test_a_repr_that_fails_or_never_ends_does_not_hide_the_error():
    class Broken:
        def __repr__(self):
            raise RuntimeError("no")

    assert "RuntimeError" in str(ArgumentError(argument="x", expected="a number", got=Broken()))
    assert len(str(ArgumentError(argument="x", expected="a number", got="a" * 10**6))) < 300


@pytest.mark.parametrize("builtin", [ValueError, OSError])
def test_children_stay_the_builtin_that_they_resemble(builtin):
    kind = {ValueError: LogError, OSError: MeterError}[builtin]
    with pytest.raises(builtin, match=r"a\.csv:2: is cut off; copy it again"):
        raise kind("is cut off", path="a.csv", line=2, remedy="copy it again")


@given(texts, st.text(max_size=20))
def test_a_remedy_writes_its_arguments_as_it_is_asked_to(name, value):
    remedy = Remedy(f"use {{{name}}} now", **{name: value})
    assert remedy == f'use {name}="{value}" now'
    assert remedy.written(lambda name, value: f"<{name}|{value}>") == f"use <{name}|{value}> now"
    assert pickle.loads(pickle.dumps(remedy)).written(lambda *_: "it") == "use it now"


def test_a_place_is_added_once():
    error = WattwhatError("is odd").at("a.csv", 2).at("b.csv", 3)
    assert (error.path, error.line, str(error)) == ("a.csv", 2, "a.csv:2: is odd")
