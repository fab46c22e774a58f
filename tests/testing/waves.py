"""Hypothesis strategies: any waveform, any window."""

import numpy as np
from hypothesis import strategies as st

from wattwhat.testing import bursts, constant, pulses, ramp, recorded, square

watts = st.floats(0.0, 700.0, allow_nan=False)
times_s = st.floats(-20.0, 60.0, allow_nan=False)
lengths_s = st.floats(0.001, 5.0, allow_nan=False)


@st.composite
def rising(draw, low=2, high=8):
    """Times that rise, in s."""
    steps = draw(st.lists(lengths_s, min_size=low - 1, max_size=high - 1))
    return draw(times_s) + np.concatenate([[0.0], np.cumsum(steps)])


@st.composite
def traces(draw):
    """Recorded traces of every kind."""
    t_s = draw(rising())
    powers = draw(st.lists(watts, min_size=len(t_s), max_size=len(t_s)))
    return recorded(t_s, powers, step=draw(st.booleans()), periodic=draw(st.booleans()))


squares = st.builds(
    square,
    period_s=lengths_s,
    duty=st.floats(0.05, 0.95),
    low_w=watts,
    high_w=watts,
    phase_s=st.floats(-1.0, 1.0),
)
ramps = st.builds(
    lambda begin, length, low, high: ramp(begin, begin + length, low, high), times_s, lengths_s, watts, watts
)
trains = st.builds(lambda at, low, high: pulses(at, 0.0005, high, low), rising(1), watts, watts)
trainings = st.builds(
    lambda seed, length: bursts(length, np.random.default_rng(seed)),
    st.integers(0, 1000),
    st.floats(0.5, 5.0),
)
simple = st.one_of(st.builds(constant, watts), squares, ramps, trains, traces(), trainings)
waveforms = st.one_of(simple, st.builds(lambda a, b: a + b, simple, simple))
