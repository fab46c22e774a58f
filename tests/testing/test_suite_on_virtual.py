"""The suite over virtual sensors: it keeps its own promises, and finds nothing wrong with what is right."""

from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat.testing import BackendConformance, VirtualSensor, VirtualStand, check_backend, constant


class TestVirtual(BackendConformance):
    patience_s = 0.05

    def stand(self):
        return VirtualStand()


# An update period, and the times between updates where they are irregular.
PERIODS = st.sampled_from(
    [
        (0.0, ()),
        (0.001, ()),
        (0.02, ()),
        (0.1, ()),
        (1.0, ()),
        (0.1, (0.08, 0.12)),
        (0.02, (0.05, 0.005, 0.005)),
    ]
)


def sensor(quantity, period, **fields):
    return VirtualSensor(constant(0.0), quantity, update_period_s=period[0], intervals_s=period[1], **fields)


counters = st.builds(
    sensor,
    st.just("energy"),
    PERIODS,
    quantum=st.sampled_from([0.0, 2.0**-32, 2.0**-14, 1e-3, 1.0, 3.6, 360.0]),
    wrap_j=st.sampled_from([None, 2.0**16, 2.0**20, 2.0**32]),
    start_j=st.floats(0.0, 6e4),
)
gauges = st.builds(
    sensor,
    st.just("power"),
    PERIODS,
    quantum=st.sampled_from([0.0, 1e-3, 0.1, 1.0]),
)


@settings(max_examples=12, deadline=None)
@given(st.lists(counters, max_size=2), st.lists(gauges, max_size=1))
def test_no_right_backend_breaks_a_promise(counting, showing):
    sensors = {f"counter-{n}": one for n, one in enumerate(counting)}
    sensors |= {f"gauge-{n}": one for n, one in enumerate(showing)}
    report = check_backend(lambda: VirtualStand(sensors or None), patience_s=0.05)
    assert report.ok, str(report)
