"""Zeus: windows over windows, the power log whose last line is cut, traces of mean power."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import logs
from wattwhat.errors import LogError

HEADER = "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy\n"


def read(text, **options):
    return logs.read(io.StringIO(text), **options)


def overlapping(found):
    return [m.details["overlaps"] for m in found]


def test_windows_in_one_another_are_marked_and_neighbours_are_not():
    rows = "0.0,epoch,10.0,100,100\n1.0,step,2.0,20,20\n10.0,after,5.0,50,50\n"
    found = read(HEADER + rows)
    assert overlapping(found) == [True, True, False]
    assert any("'step' of line 3" in w for w in found[0].warnings)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), min_size=1, max_size=8))
def test_a_window_is_marked_exactly_where_it_shares_time_with_another(spans):
    rows = "".join(f"{start}.0,w{k},{length}.0,10,10\n" for k, (start, length) in enumerate(spans))
    shares = [
        any(k != j and a < c + d and c < a + b for j, (c, d) in enumerate(spans))
        for k, (a, b) in enumerate(spans)
    ]
    assert overlapping(read(HEADER + rows)) == shares


def test_only_gpus_are_in_it_and_each_is_a_channel():
    found = read(HEADER + "5.0,w,10.0,1000.5,500.25\n")[0]
    assert [c.energy_j.value for c in found.channels] == [1000.5, 500.25]
    assert found.details["scope"] == "gpu"
    assert found.started_at is None


def test_a_stamp_since_1970_is_a_beginning_and_a_monotonic_one_is_not():
    found = read(HEADER + "1772359200.0,w,10.0,1000,500\n")[0]
    assert found.started_at.isoformat() == "2026-03-01T10:00:00+00:00"


def test_short_windows_are_less_certain_by_the_counters_period():
    long, short = (read(HEADER + f"0.0,w,{seconds},{100 * seconds},0\n")[0] for seconds in (100.0, 0.5))
    assert short.energy_j.relative > 2 * long.energy_j.relative


def test_good_rows_stay_when_others_are_negative_or_cut():
    found = read(HEADER + "0.0,a,10.0,-5,1\n10.0,b,10.0,7,8\n20.0,c,1")
    assert [m.label for m in found] == ["b"]
    assert len(found.problems) == 2


def test_rows_that_are_no_energy_are_refused_by_line():
    with pytest.raises(LogError, match=r":2: expected an energy of 0 or more in gpu0_energy"):
        read(HEADER + "0.0,a,10.0,-5,1\n")


def test_the_power_log_is_in_mw_and_loses_its_last_line():
    text = "Time,Power\n" + "".join(f"2026-03-01 10:00:0{k}.000000,50000\n" for k in range(5))
    found = read(text)[0]
    assert found.energy_j.value == pytest.approx(50.0 * 3)
    assert any("last line" in w for w in found.warnings)


def test_epochs_to_a_target_are_no_energy():
    with pytest.raises(LogError, match="no energy; expected time_per_epoch"):
        read(
            "dataset,network,batch_size,optimizer,learning_rate,run,target_metric,target_epoch\nd,n,1,a,1,1,0.5,3\n"
        )
