"""Fitting the frontier: laws, refusals, and what comes out for the published populations."""

import inspect
import itertools
import math

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scoring.tables import measured, strep_measurements, strep_rows
from wattwhat.errors import ComparisonError, ScoreError
from wattwhat.scoring import FrontierGrade, leave_one_out
from wattwhat.scoring.frontier_fit import fit_frontier

pytest.importorskip("scipy")

models = st.lists(
    st.tuples(st.integers(5, 95), st.integers(1, 1000)), min_size=8, max_size=14, unique_by=lambda p: p[0]
)


def population(pairs, **options):
    return [measured(f"m{i}", a / 100, float(e), **options) for i, (a, e) in enumerate(pairs)]


LADDER = [(50 + 4 * i, 2**i) for i in range(10)]


def pinball(fitted, pairs, factor=1.0):
    """What the quantile regression minimises, in log2 of the energy."""
    rest = [math.log2(fitted.excess(a / 100, e * factor)) for a, e in pairs]
    return sum(max(0.1 * r, -0.9 * r) for r in rest)


@settings(max_examples=30)
@given(models, st.sampled_from([1e-6, 1e-3, 3.6, 1e6]))
def test_the_unit_of_energy_does_not_matter(pairs, factor):
    plain = FrontierGrade.fit(population(pairs), bootstrap=0)
    scaled = FrontierGrade.fit(population([(a, e * factor) for a, e in pairs]), bootstrap=0)
    # Not the lines but their losses: where several lines are equally good, either may be taken.
    assert pinball(scaled, pairs, factor) == pytest.approx(pinball(plain, pairs), rel=1e-6, abs=1e-6)


@settings(max_examples=30)
@given(models)
def test_at_most_a_tenth_lies_below_and_the_slope_is_not_negative(pairs):
    fitted = FrontierGrade.fit(population(pairs), bootstrap=0)
    below = sum(fitted.excess(a / 100, e) < 1 - 1e-6 for a, e in pairs)
    assert below <= 0.1 * len(pairs)
    assert fitted.slope >= 0


def test_fit_shows_the_options_it_takes():
    _, *options = inspect.signature(fit_frontier).parameters.values()
    assert list(inspect.signature(FrontierGrade.fit).parameters.values()) == options


def test_every_option_of_fit_arrives():
    given = {"reference": "r", "task": "t", "protocol": "p", "date": "2026-11-01", "metric": "top1"}
    chosen = {"quantile": 0.2, "link": "linear", "edges": (1.0, 2.0, 3.0, 4.0, 5.0, 6.0), "seed": 3}
    nets = [net.with_metrics(top1=net.metrics["accuracy"]) for net in population(LADDER[:7])]
    fitted = FrontierGrade.fit(nets, device="RTX", scope="gpu", bootstrap=5, force=True, **given, **chosen)
    for name, value in {**given, **chosen}.items():
        assert getattr(fitted, name) == value
    assert (fitted.traits["device"], fitted.traits["scope"], len(fitted.lines)) == ("RTX", "gpu", 5)


def test_where_the_accurate_spend_less_the_frontier_is_flat():
    fitted = FrontierGrade.fit(population([(a, 2000 - e) for a, e in LADDER]), bootstrap=0)
    assert fitted.slope == 0.0


def test_fewer_than_eight_are_refused_unless_forced():
    few = population(LADDER[:7])
    with pytest.raises(ScoreError, match="7 models says little: at least 8"):
        FrontierGrade.fit(few)
    forced = FrontierGrade.fit(few, force=True, bootstrap=0)
    assert any("only 7 members" in note for note in forced(few[0]).details["notes"])
    with pytest.raises(ScoreError, match="1 models"):
        FrontierGrade.fit(few[:1], force=True)


def test_accuracies_that_hardly_differ_and_a_flat_frontier_are_said():
    narrow = FrontierGrade.fit(population([(70 + 1e-4 * i, 2.0**i) for i in range(10)]), bootstrap=0)
    assert any("hardly known" in note for note in narrow.notes)
    within = [(70 + 0.5 * i, 2.0**i) for i in range(10)]
    uncertain = FrontierGrade.fit(population(within, n_test=500), bootstrap=0)
    assert any("times their uncertainty" in note for note in uncertain.notes)
    flat = FrontierGrade.fit(population([(a, 2000 - e) for a, e in LADDER]), bootstrap=0)
    assert any("accuracy plays no part" in note for note in flat.notes)
    assert FrontierGrade.fit(population(LADDER), bootstrap=0).notes == ()
    assert any("plays no part" in note for note in flat(population(LADDER)[0]).details["notes"])


def test_one_accuracy_has_no_price():
    with pytest.raises(ScoreError, match="one accuracy"):
        FrontierGrade.fit(population([(70, e) for e in range(1, 10)]))


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ({"details": {"device": "A100"}}, "device"),
        ({"details": {"scope": "cpu"}}, "scope"),
        ({"details": {"item": "token"}}, "item"),
        ({"details": {"phase": "training"}}, "phase"),
        ({"provenance": "estimated"}, "origin"),
    ],
)
def test_unlike_measurements_are_refused_by_name_or_noted(odd, message):
    details = {"device": "RTX", "scope": "gpu", "item": "image", "phase": "inference"}
    alike = population(LADDER, details=details)
    stranger = measured("stranger", 0.7, 3.0, **{"details": details, **odd})
    stranger = attrs.evolve(stranger, details={**details, **odd.get("details", {})})
    with pytest.raises(ComparisonError, match=f"{message} differs.*stranger"):
        FrontierGrade.fit([*alike, stranger])
    forced = FrontierGrade.fit([*alike, stranger], force=True, bootstrap=0)
    assert any(message in note for note in forced.notes)
    assert forced.traits[{"provenance": "origin"}.get(message, message)] is None


def test_what_is_stated_fills_in_for_what_is_not_known():
    half = [
        *population(LADDER[:5]),
        *population([(a + 1, e) for a, e in LADDER[5:]], details={"device": "RTX"}),
    ]
    half = [attrs.evolve(m, label=str(i)) for i, m in enumerate(half)]
    with pytest.raises(ComparisonError, match="state the device if it is the same"):
        FrontierGrade.fit(half)
    assert FrontierGrade.fit(half, device="RTX", bootstrap=0).traits["device"] == "RTX"
    with pytest.raises(ComparisonError, match="device differs"):
        FrontierGrade.fit(half, device="A100")


def test_a_label_counts_once():
    twice = population(LADDER)
    with pytest.raises(ComparisonError, match="'m0' comes twice"):
        FrontierGrade.fit([*twice, twice[0]])


def test_what_one_measurement_lacks_is_said():
    with pytest.raises(ScoreError, match="'odd' carries no 'accuracy'"):
        FrontierGrade.fit([*population(LADDER), measured("odd")])
    with pytest.raises(ScoreError, match=r"'odd': an accuracy of exactly 1 .*n_test"):
        FrontierGrade.fit([*population(LADDER), measured("odd", 1.0, n_test=None)])


def test_leaving_one_out_keeps_the_letter_among_those_found():
    fitted = FrontierGrade.fit(population(LADDER), bootstrap=0)
    for letter, spread in leave_one_out(fitted).values():
        assert letter in spread
        assert list(spread) == sorted(set(spread))


# The published populations: 22 models in 8 environments on average, 176 rows ---------------------

ENVIRONMENTS = [
    "A100 x8 - PyTorch 1.10.2+cu113",
    "A100 x8 - TensorFlow 2.8.0",
    "RTX 5000 - PyTorch 1.10.2+cu113",
    "RTX 5000 - TensorFlow 2.4.1",
    "Xeon W-2155 - ONNX PT Export 1.10.0",
    "Xeon W-2155 - ONNX TF Export 1.10.0",
    "Xeon W-2155 - PyTorch 1.10.2+cu113",
    "Xeon W-2155 - TensorFlow 2.4.1",
]


def letters(environment):
    nets = strep_measurements(environment)
    fitted = FrontierGrade.fit(nets, reference=environment, bootstrap=0)
    return {net.label: fitted(net).grade for net in nets}


def test_the_environments_are_all_there_are():
    assert sorted({row["environment"] for row in strep_rows()}) == ENVIRONMENTS
    assert len(strep_rows()) == 176


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_efficientnet_b0_is_a_or_b_and_b7_e_to_g(environment):
    found = letters(environment)
    assert found["EfficientNetB0"] in "AB"
    assert found.get("EfficientNetB7", "G") in "EFG"


@pytest.mark.parametrize("environment", [e for e in ENVIRONMENTS if not e.startswith("A100")])
def test_vgg_is_d_to_g_outside_the_a100(environment):
    found = letters(environment)
    assert found["VGG16"] in "DEFG"
    assert found["VGG19"] in "EFG"


def test_together_they_spread_over_all_letters():
    found = itertools.chain.from_iterable(letters(environment).values() for environment in ENVIRONMENTS)
    counts = dict.fromkeys("ABCDEFG", 0)
    for letter in found:
        counts[letter] += 1
    assert min(counts.values()) >= 0.05 * 176
    assert max(counts.values()) <= 0.35 * 176
