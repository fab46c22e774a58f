"""Hypothesis strategies that several test files share."""

from __future__ import annotations

from hypothesis import strategies as st

from wattwhat.records.channel import COMPONENTS, Channel
from wattwhat.records.quantity import Quantity

finite = st.floats(-1e12, 1e12, allow_nan=False)
positive = st.floats(1e-9, 1e9)
fractions = st.floats(0.0, 1.0)
joules = st.builds(Quantity, finite, st.floats(0.0, 1e9), st.just("J"))
names = st.text("abcxyz-0123456789/", min_size=1, max_size=12)


@st.composite
def channels(draw: st.DrawFn, quantity: str | None = None) -> Channel:
    name = draw(names)
    return Channel(
        id=name,
        backend=draw(names),
        device=draw(st.text(min_size=1, max_size=20)),
        component=draw(st.sampled_from(COMPONENTS)),
        quantity=quantity or draw(st.sampled_from(["energy", "power"])),
        contains=draw(st.lists(names.filter(lambda other: other != name), max_size=3)),
        update_period_s=draw(st.none() | st.floats(1e-4, 10.0)),
        averaging_window_s=draw(st.none() | st.floats(1e-4, 10.0)),
        resolution=draw(st.none() | st.floats(0.0, 10.0)),
        wrap_j=draw(st.none() | st.floats(1.0, 1e9)),
        gain_error=draw(st.none() | st.floats(0.0, 0.5)),
        offset_w=draw(st.none() | st.floats(0.0, 50.0)),
        max_power_w=draw(st.none() | st.floats(1.0, 5000.0)),
    )


@st.composite
def forests(draw: st.DrawFn) -> list[Channel]:
    """Channels whose containment is a forest: each is inside at most one other, and there are no rings."""
    count = draw(st.integers(1, 8))
    parents = [draw(st.integers(-1, number - 1)) for number in range(count)]
    inside = {n: [f"h/{child}" for child, parent in enumerate(parents) if parent == n] for n in range(count)}
    made = [Channel(f"h/{n}", "t", f"device {n}", "cpu", "energy", contains=inside[n]) for n in range(count)]
    return draw(st.permutations(made))
