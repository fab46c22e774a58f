"""One rule of what is alike: an order, a front and a comparison refuse the same things in the same words."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_runs import channel, reading, run
from wattwhat import compare
from wattwhat.analysis.comparability import COARSER, SENSORS, TRAITS, differences, facts_of, unlike
from wattwhat.errors import ComparisonError
from wattwhat.scoring.population import check_together

CHANNELS = st.builds(
    channel,
    st.sampled_from(["h/x/0", "h/x/1"]),
    st.sampled_from(["gpu", "cpu"]),
    backend=st.sampled_from(["x", "y"]),
    device=st.sampled_from(["a GPU", "another GPU"]),
)
DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "phase": st.sampled_from(["train", "training", "prefill"]),
        "task": st.sampled_from(["detection", "classification"]),
        "dataset": st.sampled_from(["mnist", "cifar10"]),
        "item": st.sampled_from(["image", "token"]),
        "scope": st.sampled_from(["machine", "process"]),
        "device": st.sampled_from(["A100", "H100"]),
    },
)


@st.composite
def runs(draw):
    entries = draw(st.lists(CHANNELS, max_size=2, unique_by=lambda one: one.id))
    provenance = draw(st.sampled_from(["measured", "imported", "estimated"]))
    made = run(*(reading(one, 1.0) for one in entries), items=10, calls=1, details=draw(DETAILS))
    return attrs.evolve(made, provenance=provenance, energy_j=attrs.evolve(made.energy_j, value=1.0))


@given(runs(), runs())
def test_what_is_not_ranked_together_is_not_compared_and_in_the_same_words(a, b):
    a, b = attrs.evolve(a, label="A"), attrs.evolve(b, label="B")
    ranked = check_together([a, b], force=True)
    compared = differences(a, b, "item")
    assert compared[: len(ranked)] == ranked
    if ranked:
        with pytest.raises(ComparisonError) as order:
            check_together([a, b])
        with pytest.raises(ComparisonError) as pair:
            compare(a, b)
        assert str(order.value).partition(";")[0] == str(pair.value).partition(";")[0] == ranked[0]


@given(runs(), runs())
def test_a_difference_is_one_of_both_sides_and_none_of_a_thing_itself(a, b):
    names = (*TRAITS, *SENSORS)
    assert unlike([("A", a), ("B", a)], names) == {}
    assert unlike([("A", a), ("B", b)], names).keys() == unlike([("B", b), ("A", a)], names).keys()


@given(runs(), runs())
def test_a_finer_trait_is_told_where_no_coarser_one_is(a, b):
    mine, others = facts_of(a), facts_of(b)
    apart = {
        name for name, value in mine.items() if None not in (value, others[name]) and value != others[name]
    }
    told = unlike([("A", a), ("B", b)], (*TRAITS, *SENSORS))
    assert told.keys() <= apart
    for name in apart - told.keys():
        assert told.keys() & set(COARSER[name])


def test_what_is_not_said_is_no_difference_and_a_phase_has_one_name():
    said = [run(items=10, details={"phase": phase}) for phase in ("train", "training", "infer")]
    assert differences(said[0], said[1], "item") == differences(said[0], run(items=10), "item") == ()
    assert differences(said[0], said[2], "item") == ("phase differs: 'training' (A), 'inference' (B)",)
