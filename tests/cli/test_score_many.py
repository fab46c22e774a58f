"""Scoring very many runs: the answers of all at once, from rows without their measurements."""

import gc
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.logged import jsonl, net, objects
from wattwhat import Measurement, Quantity
from wattwhat.cli import main
from wattwhat.cli.one_a_model import one_a_model
from wattwhat.cli.sentences import together
from wattwhat.scoring import SAM, ScoreResult, choose_phase, rank

KWH = 3.6e6
PHASES = (None, "training", "inference")


def run_of(label, phase, kwh=20.0, accuracy=0.8):
    return net(label, kwh * KWH, accuracy, **({} if phase is None else {"details": {"phase": phase}}))


runs = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from([20.0, 30.0, 900.0]), st.sampled_from([0.6, 0.8, 0.85])
    ),
    min_size=1,
    max_size=9,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs)
def test_a_row_a_model_is_what_ranking_all_measurements_gives(tmp_path, capsys, given_runs):
    measurements = [net(label, kwh * KWH, accuracy) for label, kwh, accuracy in given_runs]
    assert main(["score", str(jsonl(tmp_path / "runs.jsonl", measurements)), "--json"]) == 0
    rows = objects(capsys.readouterr().out)
    labelled, left_out = one_a_model(measurements, None)
    whole = json.loads(json.dumps([row.to_dict() for row in rank(labelled, SAM()).rows]))
    assert left_out == []
    assert [{name: row[name] for name in whole[0]} for row in rows] == whole


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(PHASES)), max_size=6))
def test_a_label_is_judged_in_one_phase_or_named_and_left_out(pairs):
    kept, reasons = one_a_model([run_of(*pair) for pair in pairs], None)
    for label in dict.fromkeys(label for label, _ in pairs):
        phases = [phase for other, phase in pairs if other == label]
        found = [one for one in kept if one.label.split(" #")[0] == label]
        assert len(found) == (len(phases) if len(set(phases)) == 1 else 0)
        assert (label in dict(reasons)) == (len(set(phases)) > 1)
    assert len({one.label for one in kept}) == len(kept)


@given(st.lists(st.sampled_from(PHASES), min_size=1, max_size=3, unique=True), st.sampled_from(PHASES[1:]))
def test_a_phase_that_is_asked_for_is_chosen_as_in_python(phases, wanted):
    measurements = [run_of("net", phase) for phase in phases]
    kept, reasons = one_a_model(measurements, wanted)
    if reasons:
        with pytest.raises(ValueError, match="net"):
            choose_phase(measurements, wanted)
    else:
        assert kept == choose_phase(measurements, wanted)


class Counts:
    """Counts the measurements that there are while it judges one."""

    name, most = "counts", 0

    def __call__(self, measurement):
        if measurement.label in ("m1700", "m1799"):
            there = sum(type(one) is Measurement for one in gc.get_objects())
            Counts.most = max(Counts.most, there)
        return ScoreResult(self.name, Quantity(measurement.energy_j.value, 0.0, "1"))


class Built(Counts):
    """One that looks at all of them first."""

    @classmethod
    def build(cls, given, measurements, force):
        assert len(measurements) == 1800
        return cls()


@pytest.mark.parametrize(("score", "more"), [(Counts, ()), (Built, ()), (Counts, ("--phase", "training"))])
def test_no_measurement_is_kept_once_it_is_judged(tmp_path, capsys, monkeypatch, score, more):
    log = jsonl(tmp_path / "runs.jsonl", [run_of(f"m{i}", "training", 1.0 + i) for i in range(1800)])
    monkeypatch.setattr("wattwhat.scoring.score_class", lambda name: score)
    monkeypatch.setattr(Counts, "most", 0)
    before = sum(type(one) is Measurement for one in gc.get_objects())
    assert main(["score", str(log), "--score", "counts", "--json", *more]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1800
    assert 0 < Counts.most - before < 105  # of those behind m1700 there are 99


@given(st.sampled_from(["a", "net", "x-1", "a b"]), st.text("an et.,'1-#", max_size=30))
def test_sentences_that_differ_in_a_name_are_told_once(name, rest):
    labels = [name, "other"]
    sentences = [f"{label!r} lacks items; see {rest}" for label in labels]
    assert len(together(zip(labels, sentences, strict=True))) == 1
