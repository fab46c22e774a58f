"""Plans: what is refused and where it stands, which cells there are, and in which order."""

import itertools
import subprocess
import sys
import time

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat.errors import ArgumentError
from wattwhat.study import Plan, cells_of, read_plan
from wattwhat.study.cell import AXES, Cell
from wattwhat.study.expansion import shard_of
from wattwhat.study.plan import MeasureSettings, Order

AXIS_VALUES = st.fixed_dictionaries(
    {"model": st.lists(st.sampled_from(["m:a", "m:b", "n:c"]), min_size=1, unique=True).map(tuple)},
    optional={
        "batch_size": st.lists(st.integers(1, 64), min_size=1, max_size=3, unique=True).map(tuple),
        "precision": st.lists(st.sampled_from(["fp32", "bf16"]), min_size=1, unique=True).map(tuple),
        "threads": st.lists(st.integers(1, 8), min_size=1, max_size=2, unique=True).map(tuple),
    },
)


@given(AXIS_VALUES, st.integers(0, 99), st.integers(1, 3), st.integers(1, 5))
def test_every_combination_is_a_cell_once_in_each_repeat(axes, seed, repeats, block):
    plan = Plan("p", axes, measure=MeasureSettings(repeats=repeats), order=Order(seed=seed, block=block))
    cells = cells_of(plan)
    wanted = {(repeat, *values) for repeat in range(repeats) for values in itertools.product(*axes.values())}
    assert {(cell.repeat, *(getattr(cell, name) for name in axes)) for cell in cells} == wanted
    assert len(cells) == len(wanted)
    # a repeat is a pass of its own
    assert [cell.repeat for cell in cells] == sorted(cell.repeat for cell in cells)
    assert cells == cells_of(plan)


@given(AXIS_VALUES, st.integers(1, 5), st.integers(1, 4))
def test_the_reference_heads_each_block_and_every_key_is_its_own(axes, block, shards):
    reference = {"model": axes["model"][0]}
    cells = cells_of(Plan("p", axes, order=Order(block=block, reference=reference)))
    assert [number for number, cell in enumerate(cells) if cell.reference is not None] == list(
        range(0, len(cells), block + 1)
    )
    assert len({cell.key({}) for cell in cells}) == len(cells)
    parts = [shard_of(cells, number, shards) for number in range(1, shards + 1)]
    assert sorted(map(str, itertools.chain(*parts))) == sorted(map(str, cells))


@given(AXIS_VALUES, st.integers(0, 99))
def test_a_plan_survives_being_kept_as_plain_data(axes, seed):
    plan = Plan("p", axes, measure=MeasureSettings(backends=("rapl",)), order=Order(seed=seed))
    assert cells_of(Plan.from_content(plan.content())) == cells_of(plan)


@settings(max_examples=20)
@given(st.sampled_from(AXES[1:]), st.integers(1, 5))
def test_a_key_tells_any_setting_apart(axis, number):
    cell = Cell("m:a")
    value = number + 1 if axis not in ("precision", "runtime", "device") else f"x{number}"
    other = attrs.evolve(cell, **{axis: value})
    assert other.key({}) != cell.key({})
    assert cell.key({"torch": "1"}) != cell.key({"torch": "2"})


def plan_of(folder, text):
    (folder / "nets.py").write_text("def build():\n    pass\n")
    file = folder / "plan.toml"
    file.write_text(text)
    return file


def test_rules_add_and_leave_out_cells(tmp_path):
    file = plan_of(
        tmp_path,
        """
models = ["nets:build", "json:dumps"]
batch_size = [1, 32]
[[include]]
models = "json:dumps"
runtime = "compile"
batch_size = 64
[[exclude]]
model = "nets:*"
batch_size = [32]
[measure]
repeats = 2
max_seconds = 3
""",
    )
    plan = read_plan(file)
    assert plan.measure.max_seconds == 3.0
    assert sorted({(cell.model, cell.batch_size, cell.runtime) for cell in cells_of(plan)}) == [
        ("json:dumps", 1, "eager"),
        ("json:dumps", 32, "eager"),
        ("json:dumps", 64, "compile"),
        ("nets:build", 1, "eager"),
    ]


def test_models_may_come_from_a_file_of_names(tmp_path):
    (tmp_path / "names.txt").write_text("# mine\nnets:build\n\njson:dumps\n")
    assert read_plan(plan_of(tmp_path, 'models = "@names.txt"')).axes["model"] == ("nets:build", "json:dumps")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("models = 'nets:build'\nbatch_sizes = 1", 2, "did you mean batch_size"),
        ("models = 'nets:build'\n\nbatch_size = [1,\n 0]", 4, "0 is not known; expected a whole number"),
        ("models = []", 1, "models is empty"),
        ("models = 'nets:absent'", 1, "a function that nets.py has"),
        ("models = [\n'nets:build',\n'no_such_module:build']", 3, "a module beside the plan"),
        ("models = 'nets:build'\ndevice = 'tpu0'", 2, "a device such as cpu"),
        ("models = 'nets:build'\nruntime = ['eager', 'eagre']", 2, "'eagre' is not known; expected one of"),
        ("models = 'nets:build'\nprecision = 'fp64'", 2, "fp32, bf16"),
        ("models = 'nets:build'\nbatch_size = [1, 1]", 2, "twice"),
        ("models = 'nets:build'\n[measure]\nmax_seconds = -1", 3, "a number above 0"),
        ("models = 'nets:build'\n[measure]\nmin_seconds = 90", 3, "above max_seconds"),
        ("models = 'nets:build'\n[measure]\nbatch_size = 1", 3, "is an axis; write it at the top"),
        ("models = 'nets:build'\n[[exclude]]\nbatch = 3", 3, "is no axis"),
        ("models = 'nets:build'\n[order]\nreference = { batch_size = [1] }", 3, "expected one value"),
        ("models = 'nets:build'\n[orders]\nseed = 1", 2, "did you mean order"),
        ("models = 'nets:build'\naccuracy = 'none.csv'", 2, "there is no table 'none.csv'"),
        ("models = '@none.txt'", 1, "No such file"),
        ("models = 'nope:b*'", 1, "patterns need a source"),
        ("models = ", 1, "expected TOML"),
    ],
)
def test_nonsense_is_refused_with_its_line(tmp_path, text, line, words):
    with pytest.raises(ArgumentError) as refused:
        read_plan(plan_of(tmp_path, text))
    error = refused.value
    assert words in str(error)
    assert error.line == line
    assert error.path.endswith("plan.toml")
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("batch_size = 1", "models is missing"),
        ("models = 'nets:build'\n[[exclude]]\nbatch_size = 7", "fits no cell"),
        ("models = 'nets:build'\n[[exclude]]\nmodel = '*'", "every cell is excluded"),
        (
            "models = 'nets:build'\n[order]\nreference = { batch_size = 7 }",
            "no cell of the plan has batch_size",
        ),
    ],
)
def test_a_plan_without_cells_is_refused(tmp_path, text, words):
    with pytest.raises(ArgumentError, match=words):
        cells_of(read_plan(plan_of(tmp_path, text)))


def test_lines_are_found_behind_long_strings_and_lists(tmp_path):
    text = 'models = ["nets:build", # a [ in a comment\n]\naccuracy = """\nbatch_size = 1\n"""\n'
    with pytest.raises(ArgumentError) as refused:
        read_plan(plan_of(tmp_path, text))
    assert refused.value.line == 3


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(ArgumentError, match="cannot be read"):
        read_plan(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ArgumentError, match="UTF-8"):
        read_plan(tmp_path / "binary.toml")


def test_a_hundred_thousand_cells_are_planned_in_seconds():
    """Counted in CPU seconds of this process, with room for a slow machine."""
    axes = {"model": tuple(f"m:f{number}" for number in range(1000)), "batch_size": tuple(range(1, 101))}
    begin = time.process_time()
    cells = cells_of(Plan("p", axes, order=Order(reference={"model": "m:f0", "batch_size": 1})))
    keys = {cell.key({"torch": "2.13"}) for cell in cells}
    assert len(keys) == len(cells) == 105_000
    assert time.process_time() - begin < 20.0


def test_the_room_is_cheap_to_enter():
    program = (
        "import sys; before = set(sys.modules); from wattwhat import study; study.Cell; study.run_study;"
        "print(sorted({n.split('.')[0] for n in set(sys.modules) - before} & {'numpy', 'torch', 'altair'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
