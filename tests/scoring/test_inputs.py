"""Accuracy and energy as scores take them from a measurement."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring.tables import measured
from wattwhat import Measurement, Quantity
from wattwhat.errors import ArgumentError, ScoreDomainError, ScoreError
from wattwhat.records.metrics import binomial_u
from wattwhat.scoring import (
    SAM,
    SAPI,
    AccuracyPerJoule,
    ComparIA,
    EnergyDelay,
    EnergyStars,
    FrontierGrade,
    Frugality,
    FullCycle,
    NetScore,
    ReferenceGrade,
    choose_phase,
    rank,
)
from wattwhat.scoring.population import traits_of
from wattwhat.scoring.score_inputs import (
    accuracy_of,
    check_accuracy,
    energy_of,
    item_energy_of,
    items_tested,
)


@given(st.integers(1, 10**6), st.data())
def test_a_counted_accuracy_is_never_certain(n, data):
    hits = data.draw(st.integers(0, n))
    assert 0 < binomial_u(hits / n, n) <= 0.5


def test_binomial_u_is_what_sampling_gives():
    drawn = np.random.default_rng(0).binomial(400, 0.93, 100_000) / 400
    assert binomial_u(0.93, 400) == pytest.approx(drawn.std(), rel=0.01)


@pytest.mark.parametrize("name", ["accuracy_n", "n_test", "test_items"])
def test_the_number_of_test_items_goes_by_three_names(name):
    net = measured("net", 0.9, n_test=None).with_metrics(**{name: 100.0})
    assert accuracy_of(net).u == pytest.approx(0.03)


def test_a_stated_u_goes_before_the_binomial_one_and_nothing_known_is_exact():
    net = measured("net", 0.9, n_test=100)
    assert accuracy_of(net.with_metrics(accuracy_u=0.01)).u == 0.01
    assert accuracy_of(measured("net", 0.9, n_test=None)).u == 0.0


@pytest.mark.parametrize("wrong", [{"n_test": 0.0}, {"n_test": -1.0}, {"accuracy_u": -0.1}])
def test_an_impossible_count_or_u_is_named(wrong):
    with pytest.raises(ScoreError, match=next(iter(wrong))):
        accuracy_of(measured("net", 0.9, n_test=None).with_metrics(**wrong))


def test_energy_of_an_item_needs_items():
    with pytest.raises(ScoreError, match="items_per_call"):
        item_energy_of(measured("net", items=None))


def every_score():
    nets = [measured(f"m{i}", a, e) for i, (a, e) in enumerate([(0.7, 10.0), (0.8, 30.0), (0.9, 90.0)])]
    yield SAM()
    yield SAPI()
    yield NetScore()
    yield AccuracyPerJoule()
    yield ReferenceGrade.against(nets[0])
    yield EnergyStars.fit(nets, mode="quintile")
    yield FullCycle(inferences=1e6, tau=2, training=Quantity(0.5, 0.05, "kWh"))
    yield FrontierGrade(reference="made", members=(), intercept=-1.0, slope=1.0)


@pytest.mark.parametrize("wrong", [5, None, "net", {"accuracy": 0.9}, [measured("net", 0.9)]])
def test_what_is_no_measurement_is_refused_by_every_score(wrong):
    for score in every_score():
        with pytest.raises(ArgumentError, match="a score judges one Measurement, got"):
            score(wrong)
    for ask in (accuracy_of, energy_of, item_energy_of, items_tested, traits_of):
        with pytest.raises(ArgumentError, match="a score judges one Measurement, got"):
            ask(wrong)
    for ask in (rank, choose_phase, EnergyStars.fit, FrontierGrade.fit):
        more = {"mode": "quintile"} if ask == EnergyStars.fit else {}
        with pytest.raises(ArgumentError, match="a score judges one Measurement, got"):
            ask([measured("net", 0.9), wrong], **more)


@pytest.mark.parametrize("score", [ComparIA(), EnergyDelay(), Frugality(), AccuracyPerJoule(), SAM(unit="J")])
def test_every_score_refuses_what_no_work_takes_and_what_is_no_measurement(score):
    below = Measurement(label="net", energy_j=Quantity(-5.0, 1.0, "J"), duration_s=1.0, items=10)
    with pytest.raises(ScoreDomainError):
        score(below.with_metrics(accuracy=0.9))
    with pytest.raises(ArgumentError, match="one Measurement"):
        score(None)


def test_a_huge_energy_overflows_nothing():
    huge = Measurement(label="net", energy_j=Quantity(1e300, 1e299, "J")).with_metrics(accuracy=0.9)
    assert Frugality()(huge).value.u == pytest.approx(0.0)


@pytest.mark.parametrize("joules", [math.inf, 1.7e308])
def test_an_energy_beyond_numbers_is_refused_and_never_graded(joules):
    nets = [measured(f"m{i}", a, e) for i, (a, e) in enumerate([(0.7, 10.0), (0.8, 30.0)])]
    odd = measured("odd", 0.9, joules, items=1)
    with pytest.raises(ScoreError, match=r"'odd'.*(infinite|no energy)"):
        EnergyStars.fit(nets, mode="quintile")(odd)
    with pytest.raises(ScoreError, match=r"'odd'.*(infinite|no energy)"):
        EnergyStars.fit([*nets, odd], mode="quintile")


@pytest.mark.parametrize(
    "name",
    [
        "wer",
        "WER",
        "cer",
        "error_rate",
        "top1_error",
        "top1err",
        "loss",
        "val_loss",
        "perplexity",
        "ppl",
        "RMSE",
        "test.nll",
        "valLoss",
        "FID",
    ],
)
def test_a_metric_of_which_less_is_better_is_refused_by_name(name):
    net = Measurement(label="net", energy_j=Quantity(10.0, 0.1, "J"), items=1, metrics={name: 0.2})
    with pytest.raises(ArgumentError, match="less is better"):
        accuracy_of(net, name)


@pytest.mark.parametrize(
    "name", ["accuracy", "f1", "mAP", "bleu", "top1", "top5", "auc", "map50", "terse_f1", "lossless_f1"]
)
def test_a_metric_of_which_more_is_better_is_taken(name):
    net = Measurement(label="net", energy_j=Quantity(10.0, 0.1, "J"), items=1, metrics={name: 0.2})
    assert accuracy_of(net, name).value == 0.2


@pytest.mark.parametrize("value", [76.1, -0.1, 1.0000000001, 150.0, float("inf")])
def test_measuring_and_scoring_refuse_the_same_accuracies_in_the_same_words(value: float) -> None:
    from wattwhat.records.metrics import check_metrics

    said = []
    for check in (lambda: check_metrics({"accuracy": value}), lambda: check_accuracy(value)):
        with pytest.raises(ArgumentError) as refused:
            check()
        said.append(str(refused.value))
    assert "accuracy" in said[0]
    assert said[0] == said[1] or value == float("inf")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("val_loss", "less is better"),
        ("WER", "less is better"),
        ("psnr", "no upper end"),
        ("chatbot_elo", "no upper end"),
        ("mcc", "below 0"),
        ("R2_score", "below 0"),
        ("cohen_kappa", "below 0"),
    ],
)
def test_a_metric_that_is_no_share_is_refused_by_name(name, said):
    net = measured("net", 0.9).with_metrics(**{name: 0.5})
    with pytest.raises(ArgumentError, match=said):
        accuracy_of(net, name)


@pytest.mark.parametrize("name", ["accuracy", "top1", "f1", "mAP", "bleu", "pass@1", "r1", "auroc", "mr2top"])
def test_a_metric_that_is_a_share_is_taken(name):
    assert accuracy_of(measured("net", 0.9).with_metrics(**{name: 0.5}), name).value == 0.5


def test_a_missing_metric_is_not_explained_by_another_ones_column():
    left_out = "Top-1 holds values above 1, and its name does not say percent: it was left out; ..."
    net = measured("net", None, warnings=(left_out,))
    with pytest.raises(ScoreError, match="Top-1 holds values above 1"):
        accuracy_of(net)
    with pytest.raises(ScoreError, match="carries no 'bleu' "):
        accuracy_of(net, "bleu")
