"""A sample of what `tools/fuzz_logs.py` does at length: inputs bring measurements or a LogError, no more."""

import random

import pytest

from tools import fuzz_logs
from wattwhat.errors import LogError
from wattwhat.logs.protocol import Options
from wattwhat.logs.registry import readers
from wattwhat.logs.source import Source


@pytest.mark.parametrize("seed", range(4))
def test_a_sample_of_mutated_logs(seed):
    assert fuzz_logs.run(500, f"sample-{seed}") == []


def test_the_fuzzer_sees_a_reader_that_breaks(monkeypatch):
    def broken(self, source, options):
        raise KeyError("a bug")
        yield

    name, reader = next(iter(readers().items()))
    monkeypatch.setattr(type(reader), "read", broken)
    failures = fuzz_logs.run(20, "broken", name)
    assert any("KeyError" in sentence for _, sentence, _ in failures)


def test_every_reader_is_fed_what_it_knows():
    assert set(fuzz_logs.families()) == set(readers())
    assert all(fuzz_logs.families().values())


def test_mutations_depend_on_the_seed_alone():
    data = fuzz_logs.corpus()
    twice = [fuzz_logs.mutate(data[0], data, random.Random("seed")) for _ in range(2)]
    assert twice[0] == twice[1]
    assert twice[0] != fuzz_logs.mutate(data[0], data, random.Random("other"))


@pytest.mark.parametrize("name", sorted(readers()))
@pytest.mark.parametrize(
    "text", ["", "\n", "x", "a,b\n1,2\n", "{}", "[]", "[[[[", '{"a": ' * 5000, "\0" * 100]
)
def test_no_reader_makes_a_measurement_of_what_is_not_its_own(name, text):
    reader = readers()[name]
    source = Source.of_text(text)
    try:
        found = list(reader.read(source, Options(interval_s=1.0)))
    except LogError:
        return
    assert found == []
