"""pyRAPL, pyJoules and joule-profiler: units, wraps, what contains what."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.samples_summaries import JOULE_PROFILER, JOULE_PROFILER_TREE
from wattwhat import logs
from wattwhat.errors import LogError

PYRAPL = "label,timestamp,duration,pkg,dram,socket\n"
PYJOULES = "timestamp;tag;duration;package_0;dram_0;core_0;uncore_0;nvidia_gpu_0\n"


def read(text, **options):
    return logs.read(io.StringIO(text), **options)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=4))
def test_sockets_of_one_measurement_are_added(sockets):
    rows = "".join(f"w,1772359200.0,5000000.0,{pkg},1000000,{k}\n" for k, pkg in enumerate(sockets))
    found = read(PYRAPL + rows)
    assert len(found) == 1
    assert found[0].energy_j.value == pytest.approx(sum(sockets) * 1e-6 + len(sockets))
    assert found[0].duration_s == pytest.approx(5.0)


def test_rows_of_other_times_are_other_measurements():
    rows = "w,1772359200.0,5000000.0,60000000,None,0\nw,1772359300.0,5000000.0,70000000,None,0\n"
    found = read(PYRAPL + rows)
    assert [m.energy_j.value for m in found] == pytest.approx([60.0, 70.0])
    assert any("dram is missing" in w for w in found[0].warnings)


def test_joules_and_seconds_under_the_same_header_are_noticed_and_converted_when_told():
    text = PYRAPL + "w,1570000000.5,3.25,110.125500,15.5,0\n"
    found = read(text)[0]
    assert found.energy_j.value == pytest.approx(125.6255e-6)
    assert any("energy_unit='J'" in w for w in found.warnings)
    mended = read(text, energy_unit="J")[0]
    assert mended.energy_j.value == pytest.approx(125.6255)
    assert mended.duration_s == pytest.approx(3.25)


def test_a_negative_package_is_a_wrap_and_refused_with_its_whole_measurement():
    rows = "w,1.5,5000000.0,-60000000,1,0\nw,1.5,5000000.0,60000000,1,1\nv,9.5,5000000.0,70000000,1,0\n"
    found = read(PYRAPL + rows)
    assert [m.label for m in found] == ["v"]
    assert "wrapped" in found.problems[0]


def test_cores_and_uncore_lie_inside_their_package():
    found = read(PYJOULES + "1772359200.0;fit;2.0;60000000;4000000;30000000;1000000;200000000\n")[0]
    assert found.energy_j.value == pytest.approx(60.0 + 4.0 + 200.0)
    assert [c.counted for c in found.channels] == [True, True, False, False, True]
    assert found.started_at.isoformat() == "2026-03-01T10:00:00+00:00"


def test_a_negative_energy_of_pyjoules_refuses_that_row_only():
    found = read(PYJOULES + "1.0;a;2.0;-5;1;1;1;1\n2.0;b;2.0;60000000;1;1;1;200000000\n")
    assert [m.label for m in found] == ["b"]
    assert ":2: expected an energy of 0 or more in package_0" in found.problems[0]


def test_a_row_of_other_domains_is_refused():
    found = read(PYJOULES + "2.0;b;2.0;60000000;1;1;1;200000000\n1.0;a;2.0;5;1\n")
    assert len(found) == 1
    assert "domains change" in found.problems[0]


def test_a_gpu_in_mj_is_noticed_and_converted_when_told():
    text = PYJOULES + "1.0;a;2.0;60000000;0;0;0;200000\n"
    found = read(text)[0]
    assert any("gpu_energy_unit='mJ'" in w for w in found.warnings)
    assert read(text, gpu_energy_unit="mJ")[0].energy_j.value == pytest.approx(260.0)


def test_phases_have_their_own_units_and_counts_are_no_energy():
    found = read(JOULE_PROFILER)
    assert [m.label for m in found] == ["START -> __A__", "__A__ -> END"]
    assert [m.duration_s for m in found] == [2.0, 1.0]
    assert {c.channel.device: c.energy_j.value for c in found[0].channels} == pytest.approx(
        {"CORE-0": 10.0, "DRAM-0": 1.0, "GPU-0": 50.0, "PACKAGE-0": 20.0}
    )


def test_a_phase_shorter_than_the_gpus_period_says_so():
    found = read(JOULE_PROFILER.replace(";2000;", ";20;"))[0]
    assert any("neighbouring span's" in w for w in found.warnings)


def test_iterations_in_json_are_kept_apart():
    phases = JOULE_PROFILER_TREE["phases"]
    tree = {
        "command": "x",
        "mode": "phases-iterations",
        "iterations": [{"exit_code": k, "phases": phases} for k in (0, 3)],
    }
    found = read(json.dumps(tree))
    assert [m.details["iteration"] for m in found] == ["0", "1"]
    assert not any("exit code" in w for w in found[0].warnings)
    assert any("exit code 3" in w for w in found[1].warnings)


def test_psys_contains_the_package():
    found = read(json.dumps(JOULE_PROFILER_TREE))[0]
    assert found.energy_j.value == pytest.approx(30.0)
    assert {c.channel.device: c.counted for c in found.channels} == {
        "CORE-0": False,
        "PACKAGE-0": False,
        "PSYS-1": True,
    }


def test_a_phase_without_any_energy_is_refused():
    text = "\n".join(line for line in JOULE_PROFILER.split("\n") if "µJ" not in line and "mJ" not in line)
    with pytest.raises(LogError, match="every one is missing"):
        read(text)
