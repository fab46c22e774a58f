"""How firm an order is."""

import json
import math

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scoring.tables import measured
from wattwhat import Channel, Measurement, Quantity
from wattwhat.errors import ArgumentError, ComparisonError, ScoreError
from wattwhat.records.budget import Budget
from wattwhat.records.channel_energy import ChannelEnergy
from wattwhat.scoring import SAM, AccuracyPerJoule, FrontierGrade, Member, ScoreResult, rank
from wattwhat.scoring.judged import judge
from wattwhat.scoring.rank_models import rank_judged

models = st.lists(
    st.tuples(st.floats(0.3, 0.95), st.floats(5.0, 1e5)),
    min_size=2,
    max_size=8,
    unique_by=lambda pair: pair[1],
)


def population(pairs, **options):
    return [measured(f"m{i}", a, e * 3.6, **options) for i, (a, e) in enumerate(pairs)]


@settings(max_examples=25)
@given(models, st.randoms())
def test_the_order_is_that_of_the_values_however_they_come(pairs, random):
    nets = population(pairs)
    score = SAM(unit="Wh")
    ranking = rank(random.sample(nets, len(nets)), score, draws=200)
    values = [row.result.value.value for row in ranking.rows]
    assert values == sorted(values, reverse=True)
    assert sorted(ranking.labels) == sorted(net.label for net in nets)
    assert [row.rank for row in ranking.rows] == [1 + sum(v > own for v in values) for own in values]
    for row in ranking.rows:
        assert 1 <= row.ranks[0] <= row.ranks[1] <= len(nets)
        assert row.alpha_ranks[0] <= row.rank <= row.alpha_ranks[1]  # alpha = 5 is one of 1 to 10
        assert row.unit_ranks[0] <= row.rank <= row.unit_ranks[1]


def on_sensor(label, accuracy, joules, device, host="h"):
    """A measurement whose whole uncertainty is the gain, 3 %, of the sensor of this device."""
    channel = Channel(f"{host}/made/{device}", "made", device, "gpu", "energy")
    energy = Quantity(joules, 0.03 * joules, "J")
    budget = Budget.of({"sensor gain": energy.u})
    return Measurement(
        label=label,
        energy_j=energy,
        budget=budget,
        channels=[ChannelEnergy(channel, energy)],
        metrics={"accuracy": accuracy},
    )


def test_a_gain_in_common_does_not_blur_the_order_and_two_gains_do():
    score = SAM(unit="J")
    one = rank([on_sensor("a", 0.8, 1000, "g0"), on_sensor("b", 0.8, 1010, "g0")], score)
    two = rank([on_sensor("a", 0.8, 1000, "g0"), on_sensor("b", 0.8, 1010, "g1")], score, force=True)
    assert one.labels == two.labels == ("a", "b")
    assert one.rows[0].beats_next > 0.999
    # 1 % apart with 3 % each: a difference of 0.236 standard uncertainties.
    assert two.rows[0].beats_next == pytest.approx(0.5 * math.erfc(-0.2345 / math.sqrt(2)), abs=0.03)
    assert any("device differs" in note for note in two.notes)
    assert not one.notes


def test_logs_that_name_no_host_are_not_ranked_as_if_one_sensor_had_read_them():
    nets = [on_sensor("a", 0.8, 1000, "g0", "unknown-host"), on_sensor("b", 0.8, 1010, "g0", "unknown-host")]
    beats = rank(nets, SAM(unit="J")).rows[0].beats_next
    assert beats == pytest.approx(0.5 * math.erfc(-0.2345 / math.sqrt(2)), abs=0.03)


def test_the_probability_is_what_sampling_gives():
    rng = np.random.default_rng(4)
    nets = [measured("a", 0.80, 3600.0, n_test=500), measured("b", 0.78, 2000.0, n_test=500)]
    ranking = rank(nets, SAM(unit="Wh"), draws=20_000)

    def drawn(net):
        energy = net.energy_j.to("Wh")
        a = net.metrics["accuracy"]
        u = math.sqrt(a * (1 - a) / 500)
        return 5 * rng.normal(a, u, 200_000) ** 5 / np.log10(rng.normal(energy.value, energy.u, 200_000))

    first, second = (drawn(next(net for net in nets if net.label == label)) for label in ranking.labels)
    assert ranking.rows[0].beats_next == pytest.approx(np.mean(first > second), abs=0.02)


@settings(max_examples=25)
@given(st.lists(st.sampled_from([(0.7, 50.0), (0.8, 100.0), (0.9, 9e3)]), min_size=1, max_size=7))
def test_models_of_one_value_share_a_rank_whichever_comes_first(pairs):
    for ranking in (rank(population(order), SAM(unit="Wh"), draws=100) for order in (pairs, pairs[::-1])):
        values = [row.result.value.value for row in ranking.rows]
        shared = [1 + sum(other > value for other in values) for value in values]
        assert [row.rank for row in ranking.rows] == shared
        beside = {(row.rank, row.alpha_ranks, row.unit_ranks) for row in ranking.rows}
        assert len(beside) == len(set(pairs))


@settings(max_examples=25)
@given(models, st.sampled_from([SAM(unit="Wh"), AccuracyPerJoule()]))
def test_models_judged_one_by_one_are_ranked_as_all_at_once(pairs, score):
    nets = population(pairs)
    assert rank_judged([judge(net, score, score(net)) for net in nets], score, draws=100) == rank(
        nets, score, draws=100
    )


def test_equal_models_are_not_told_apart():
    ranking = rank(population([(0.8, 100.0), (0.8, 100.0)], u=0.0, n_test=None), SAM(unit="Wh"))
    assert ranking.rows[0].beats_next == 0.5
    assert "1 of 1 neighbours are not told apart at 95 %" in ranking.statements()


def test_alpha_and_unit_can_turn_the_order_round():
    nets = [measured("frugal", 0.70, 36.0), measured("accurate", 0.85, 36_000.0)]
    ranking = rank(nets, SAM(unit="Wh"))
    assert ranking.alpha_orders[1][0] == "frugal"
    assert ranking.alpha_orders[10][0] == "accurate"
    assert set(ranking.unit_orders) == {"Wh", "kJ", "mWh", "J", "mJ"}
    assert all(unit != "kWh" for unit in ranking.unit_orders)  # 0.01 kWh: not defined for all
    assert ranking.unit_orders["mJ"][0] == "accurate"


def test_dominated_models_are_marked_and_stand_beside_accuracy_and_energy():
    ranking = rank(population([(0.9, 100.0), (0.8, 200.0), (0.7, 50.0)]), SAM(unit="Wh"))
    assert {row.label: row.dominated for row in ranking.rows} == {"m0": False, "m1": True, "m2": False}
    row = ranking.rows[0]
    assert row.accuracy.value == 0.9
    assert row.energy.to("Wh").value == pytest.approx(100.0)


def test_scores_where_smaller_is_better_rank_the_other_way():
    grade = FrontierGrade(
        reference="made", members=[Member("s", 0.1, 1.0), Member("l", 0.9, 2.0)], intercept=0.0, slope=0.0
    )
    ranking = rank([measured("b", 0.5, 3.0), measured("a", 0.5, 1.0)], grade)
    assert ranking.labels == ("a", "b")
    assert not ranking.higher_is_better
    assert ranking.rows[0].beats_next > 0.99
    assert ranking.rows[0].alpha_ranks is None


def frontier(lines):
    """A grade whose frontier, at 1 J for any accuracy, may have any of these lines."""
    members = [Member("s", 0.1, 1.0), Member("l", 0.9, 2.0)]
    return FrontierGrade(reference="made", members=members, intercept=0.0, slope=0.0, lines=lines)


# Lines through a common point at 50 %, with slopes of standard deviation 0.2.
FAN = [(0.0, slope) for slope in np.random.default_rng(3).normal(0.0, 0.2, 500)]


@pytest.mark.parametrize("accuracy", [0.2, 0.5, 0.9])
def test_between_models_of_one_accuracy_the_frontier_cancels(accuracy):
    nets = [measured("a", accuracy, 1.5, u=0.02), measured("b", accuracy, 1.53, u=0.02)]
    exact, fanned = (rank(nets, frontier(lines)) for lines in ((), FAN))
    assert 0.5 < exact.rows[0].beats_next < 0.99
    assert fanned.rows[0].beats_next == exact.rows[0].beats_next
    assert [row.ranks for row in fanned.rows] == [row.ranks for row in exact.rows]


def test_between_unlike_models_the_frontier_blurs_the_order():
    nets = [measured("a", 0.2, 1.5, u=0.001), measured("b", 0.9, 1.53, u=0.001)]
    exact, fanned = (rank(nets, frontier(lines), draws=20_000) for lines in ((), FAN))
    assert exact.rows[0].beats_next > 0.999
    # log2 of the ratio is drawn with the slopes, times the distance of the accuracies on the logit scale
    distance = math.log(0.9 / 0.1) - math.log(0.2 / 0.8)
    z = math.log2(1.53 / 1.5) / (0.2 * distance)
    assert fanned.rows[0].beats_next == pytest.approx(0.5 * math.erfc(-z / math.sqrt(2)), abs=0.05)
    assert [row.ranks for row in fanned.rows] == [(1, 2), (1, 2)]
    assert fanned.labels == exact.labels


def test_a_frontier_that_lies_higher_for_all_changes_nothing():
    nets = [measured("a", 0.2, 1.5, u=0.02), measured("b", 0.9, 1.53, u=0.02)]
    lifted = [(height, 0.0) for height in np.random.default_rng(3).normal(0.0, 1.0, 500)]
    assert rank(nets, frontier(lifted)).rows[0].beats_next == rank(nets, frontier(())).rows[0].beats_next


def test_an_unknown_uncertainty_leaves_the_firmness_open():
    ranking = rank([measured("a", 0.9, 3600.0, u=math.inf), measured("b", 0.5, 3600.0)], SAM(unit="Wh"))
    assert ranking.rows[0].beats_next is None
    assert ranking.rows[0].ranks == (1, 2)
    assert "not known" in ranking.statements()[0]


def test_the_table_stays_under_80_columns_and_says_what_is_doubtful():
    pairs = [(0.5 + 0.4 * i / 30, 20.0 * 1.3**i) for i in range(30)]
    nets = [measured(f"a model with quite a long name {i}", a, e * 3.6) for i, (a, e) in enumerate(pairs)]
    for score in (SAM(unit="Wh"), AccuracyPerJoule()):
        lines = str(rank(nets, score)).splitlines()
        assert max(map(len, lines)) < 80
        assert len(lines) >= 32
        assert any("truly beats" in line for line in lines)


def test_plain_data_survives_json():
    ranking = rank(population([(0.9, 100.0), (0.8, 200.0)]), SAM(unit="Wh"))
    data = json.loads(json.dumps(ranking.to_dict(), allow_nan=False))
    assert [row["label"] for row in data["rows"]] == list(ranking.labels)
    assert data["rows"][1]["dominated"] is True


def test_training_and_inference_are_chosen_between():
    nets = [
        measured("net", 0.9, 7200.0, details={"phase": "training"}),
        measured("net", 0.9, 3.6e6, details={"phase": "inference"}),
    ]
    with pytest.raises(ScoreError, match="say which electricity"):
        rank(nets, SAM(unit="Wh"))
    assert rank(nets, SAM(unit="Wh"), phase="training").rows[0].energy.value == pytest.approx(2000.0)


class OnlyLetters:
    name = "letters"

    def __call__(self, measurement):
        return ScoreResult(self.name, None, "A")


def test_what_cannot_be_ranked_is_refused():
    with pytest.raises(ScoreError, match="nothing to rank"):
        rank([])
    with pytest.raises(ScoreError, match="gives no value"):
        rank([measured("a", 0.9)], OnlyLetters())
    with pytest.raises(ArgumentError, match="draws"):
        rank([measured("a", 0.9)], draws=0)


def test_one_model_ranks_first_of_one():
    ranking = rank([measured("a", 0.9, 3600.0)], SAM(unit="Wh"))
    assert (ranking.labels, ranking.rows[0].beats_next, ranking.statements()) == (("a",), None, ())


class JoulesAlone:
    """The least that a score of others may be: a name, and a result without details."""

    name = "joules"
    higher_is_better = False

    def __call__(self, measurement):
        return ScoreResult(self.name, measurement.energy_j)


def test_a_score_that_says_nothing_but_a_value_is_ranked_under_the_measurements_names():
    models = [measured("large", 0.9, 90.0), measured("small", 0.8, 3.0)]
    ranking = rank(models, JoulesAlone())
    assert ranking.labels == ("small", "large")
    assert "small" in str(ranking)


@pytest.mark.parametrize("score", [5, "sam", SAM, lambda measurement: 1])
def test_what_is_no_score_is_refused(score):
    with pytest.raises(ArgumentError, match="expected a Score, which has a name"):
        rank(population([(0.8, 10.0), (0.9, 20.0)]), score)


@pytest.mark.parametrize("measurements", [5, "runs.jsonl", measured("net", 0.9)])
def test_what_is_no_list_of_measurements_is_refused(measurements):
    with pytest.raises(ArgumentError, match="expected a list of Measurements"):
        rank(measurements)


def test_a_score_that_gives_a_bare_number_is_told_what_was_expected():
    class One:
        name = "one"

        def __call__(self, measurement):
            return 1

    with pytest.raises(ScoreError, match=r"one gave 1, expected a wattwhat\.scoring\.ScoreResult"):
        rank(population([(0.8, 10.0), (0.9, 20.0)]), One())


@pytest.mark.parametrize("name", ["phase", "task", "dataset", "device"])
def test_models_of_two_phases_tasks_data_sets_or_devices_are_ranked_only_when_asked(name):
    values = {"phase": ("training", "inference")}.get(name, ("one", "other"))
    nets = [measured(f"net {value}", 0.8, 10.0, n_test=None) for value in values]
    nets = [attrs.evolve(net, details={name: value}) for net, value in zip(nets, values, strict=True)]
    with pytest.raises(ComparisonError, match=f"{name} differs"):
        rank(nets, SAM(unit="J"))
    assert any(f"{name} differs" in note for note in rank(nets, SAM(unit="J"), force=True).notes)
    silent = attrs.evolve(nets[1], details={})
    assert len(rank([nets[0], silent], SAM(unit="J")).rows) == 2
