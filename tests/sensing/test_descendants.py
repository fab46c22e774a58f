"""CPU time of living descendants: their own clocks, and ticks of what is below them."""

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat.sensing.estimate.cpu_time import CpuTime
from wattwhat.sensing.estimate.descendants import Descendants

LISTED = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="/proc does not list children here")
SPIN = "import time\nwhile time.process_time() < 0.15: pass\n"
# Says so when it is done, and ends when it is told to.
WAITS = "print('done', flush=True)\ninput()"

ticks = st.tuples(*[st.integers(0, 500)] * 4)
trees = st.recursive(
    st.tuples(ticks, st.just([])), lambda below: st.tuples(ticks, st.lists(below, max_size=3)), max_leaves=8
)


def grown(proc, number, tree):
    """Write a process and all below it; the number of the last one, and ticks of all."""
    own, below = tree
    folder = proc / str(number) / "task" / str(number)
    folder.mkdir(parents=True)
    fields = " ".join(map(str, own))
    (proc / str(number) / "stat").write_text(f"{number} (a) name) S {'0 ' * 10}{fields} 0\n")
    last, spent, children = number, sum(own), []
    for one in below:
        children.append(last + 1)
        last, more = grown(proc, last + 1, one)
        spent += more
    (folder / "children").write_text(" ".join(map(str, children)) + " ")
    return last, spent


@settings(max_examples=20)
@given(below=st.lists(trees, max_size=3))
def test_all_below_count_and_what_they_have_waited_for(below, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    proc = root / "proc"
    _, spent = grown(proc, 1, ((0, 0, 0, 0), below))
    (proc / "self").symlink_to(proc / "1")
    living = Descendants(str(root))
    assert living.seconds() == pytest.approx(spent * living._tick_s)
    assert living.seconds() == pytest.approx(spent * living._tick_s)


def started(code):
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    child.stdout.readline()
    return child


@LISTED
def test_a_childs_own_clock_is_finer_than_a_tick():
    child = started(SPIN + WAITS)
    living = Descendants()
    found = living.seconds()
    child.communicate("\n")
    assert found >= 0.15
    assert Descendants().seconds() < found


@LISTED
def test_what_is_below_a_child_counts():
    inner = SPIN + WAITS
    child = started(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {inner!r}])")
    found = Descendants().seconds()
    child.communicate("\n")
    assert found >= 0.12


def test_psutil_counts_them_where_no_proc_does(tmp_path):
    pytest.importorskip("psutil", reason="psutil, which finds children without /proc")
    cpu = CpuTime(str(tmp_path))
    child = started(SPIN + WAITS)
    cpu.living.forget()  # look for children now rather than in a moment
    living = cpu.seconds()
    child.communicate("\n")
    assert living >= 0.12
    assert cpu.seconds() >= living


def test_without_psutil_children_count_once_they_have_ended(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    cpu = CpuTime(str(tmp_path))
    child = started(SPIN + WAITS)
    before = cpu.seconds()
    child.communicate("\n")
    assert cpu.seconds() - before >= (0.12 if hasattr(resource, "RUSAGE_CHILDREN") else 0.0)


@LISTED
def test_a_child_that_ends_moves_into_the_kernels_account_and_counts_once():
    def kernels():
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + ended.ru_utime + ended.ru_stime

    before = kernels()
    cpu = CpuTime()
    begun = kernels()
    child = started(SPIN + WAITS)
    cpu.living.forget()  # look for children now rather than in a moment
    assert cpu.seconds() >= 0.15
    child.communicate("\n")
    least = kernels() - begun
    found = cpu.seconds()
    # the clock of a living process and the account of one that ended differ by the time of interrupts
    assert 0.8 * least <= found <= 1.2 * (kernels() - before)
