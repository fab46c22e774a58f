"""CUDA_VISIBLE_DEVICES: laws over every kind of list, torch's parser as a second opinion, traps."""

from __future__ import annotations

import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.errors import ArgumentError
from wattwhat_nvml.visible import Gpu, cuda_uuids, in_use, pick, visible


def gpu_at(index, name="A100", mig=()):
    return Gpu(
        index,
        f"GPU-{index:x}{index:x}b0c0d0-1111-2222-3333-00000000000{index:x}",
        f"00000000:{16 * (index + 1):02X}:00.0",
        name,
        bool(mig),
        tuple(mig),
    )


FOUR = [gpu_at(i) for i in range(4)]
MIXED = [gpu_at(0, "T4"), gpu_at(1, "H100"), gpu_at(2, "T4")]
SLICED = [
    gpu_at(0, mig=("MIG-aaaa1111-0000", "MIG-aaaa2222-0000")),
    gpu_at(1, mig=("MIG-bbbb1111-0000",)),
    gpu_at(2),
]


def indices(text, gpus=FOUR, order=""):
    return [gpu.index for gpu in visible(gpus, text, order).gpus]


counts = st.integers(1, 12)


@given(counts, st.data())
def test_valid_indices_are_taken_in_their_order(count, data):
    gpus = [gpu_at(i) for i in range(count)]
    wanted = data.draw(st.lists(st.integers(0, count - 1), unique=True, min_size=1))
    assert indices(",".join(map(str, wanted)), gpus) == wanted


@given(counts, st.data())
def test_uuids_and_their_unique_beginnings_mean_the_same_as_indices(count, data):
    gpus = [gpu_at(i) for i in range(count)]
    wanted = data.draw(st.lists(st.integers(0, count - 1), unique=True, min_size=1))
    # the first two digits after GPU- tell these apart
    entries = [gpus[i].uuid[: data.draw(st.integers(6, len(gpus[i].uuid)))] for i in wanted]
    assert indices(",".join(entries), gpus) == wanted


bad = st.one_of(
    st.integers(4, 99).map(str),
    st.integers(-9, -1).map(str),
    st.sampled_from(["", "x", "none", "GPU-ffff", "GPU-", "MIG-1234", "NoDevFiles", "all", "0x"[1:]]),
)


@given(st.lists(st.integers(0, 3), unique=True), bad, st.lists(st.integers(0, 3), max_size=3))
def test_what_is_behind_an_invalid_entry_does_not_matter(before, invalid, after):
    head = [str(i) for i in before]
    assert indices(",".join([*head, invalid, *map(str, after)])) == before


@given(st.lists(st.integers(0, 3), unique=True, min_size=1), st.data())
def test_an_entry_given_twice_hides_every_gpu_and_is_named(wanted, data):
    twice = data.draw(st.sampled_from(wanted))
    selection = visible(FOUR, ",".join(map(str, [*wanted, twice])))
    assert selection.gpus == ()
    assert "twice" in selection.notes[0]


@given(st.text(alphabet="0123456789,-+ GPUMIGabcdef/xyz", max_size=40))
def test_any_text_gives_distinct_gpus_of_this_machine(text):
    for gpus in (FOUR, SLICED, []):
        chosen = visible(gpus, text).gpus
        assert len({gpu.uuid for gpu in chosen}) == len(chosen)
        assert all(gpu in gpus for gpu in chosen)


entries = st.one_of(
    # none beyond the last GPU: torch looks for repeats behind it, where CUDA's documents say nothing counts
    st.integers(-2, 3).map(str),
    st.sampled_from(["1gpu2", " 2", "+1", "x", ""]),
    st.sampled_from([FOUR[0].uuid, FOUR[2].uuid[:9], "GPU-f", "GPU-"]),
)


@pytest.fixture(scope="module")
def torch_cuda():
    return pytest.importorskip("torch").cuda


# Texts differ, values may not ("2" and " 2"): what an invalid entry given twice does is documented nowhere.
@pytest.mark.torch
@given(wanted=st.lists(entries, min_size=1, max_size=4, unique=True))
def test_torch_reads_the_variable_in_the_same_way(torch_cuda, wanted):
    cuda = torch_cuda
    text = ",".join(wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", text)
        parsed = cuda._parse_visible_devices()
    if parsed and isinstance(parsed[0], str):
        parsed = cuda._transform_uuid_to_ordinals(parsed, [gpu.uuid for gpu in FOUR])
    assert indices(text) == parsed


def test_unset_shows_all_in_pci_order_whatever_nvml_says():
    shuffled = [FOUR[2], FOUR[0], FOUR[3], FOUR[1]]
    assert [gpu.index for gpu in visible(shuffled, None).gpus] == [0, 1, 2, 3]


@pytest.mark.parametrize("text", ["", " ", "-1", "NoDevFiles"])
def test_nothing_is_visible_and_a_note_says_why(text):
    selection = visible(FOUR, text)
    assert selection.gpus == ()
    assert "CUDA_VISIBLE_DEVICES" in selection.notes[0]


def test_the_example_of_the_programming_guide():
    assert indices("0,2,-1,1") == [0, 2]
    assert indices("2,1") == [2, 1]


def test_a_trailing_comma_is_no_complaint():
    assert visible(FOUR, "1,").notes == ()
    assert indices("1,") == [1]


def test_kinds_do_not_mix():
    assert indices(f"1,{FOUR[0].uuid}") == [1]
    assert indices(f"{FOUR[0].uuid},1") == [0]


def test_an_ambiguous_beginning_hides_the_gpu():
    twins = [Gpu(0, "GPU-aa01", "0:01", "A100"), Gpu(1, "GPU-aa02", "0:02", "A100")]
    selection = visible(twins, "GPU-aa")
    assert selection.gpus == ()
    assert "several" in selection.notes[0]


def test_a_whole_uuid_wins_over_one_that_it_begins():
    odd = [Gpu(0, "GPU-aa", "0:01", "A100"), Gpu(1, "GPU-aab", "0:02", "A100")]
    assert indices("GPU-aa", odd) == [0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MIG-bbbb1111-0000", [1]),
        ("MIG-bbbb", [1]),
        ("MIG-aaaa2222-0000", [0]),
        ("MIG-aaaa1111-0000,MIG-aaaa2222-0000", [0]),
        (f"MIG-{SLICED[1].uuid}/1/0", [1]),
        (f"MIG-{SLICED[0].uuid[:8]}/5/0", [0]),
        (f"MIG-{SLICED[0].uuid}/1/0,MIG-{SLICED[0].uuid}/2/0", [0]),
        ("MIG-cccc", []),
    ],
)
def test_mig_slices_lead_to_their_gpu(text, expected):
    assert indices(text, SLICED) == expected


def test_one_mig_slice_twice_hides_every_gpu():
    assert indices("MIG-bbbb1111-0000,MIG-bbbb", SLICED) == []


def test_indices_of_unlike_gpus_are_uncertain_unless_the_order_is_pci():
    assert "CUDA_DEVICE_ORDER" in visible(MIXED, "1").notes[0]
    assert visible(MIXED, "1", "PCI_BUS_ID").notes == ()
    assert visible(MIXED, MIXED[1].uuid).notes == ()
    assert visible(FOUR, "1", "FASTEST_FIRST").notes == ()


class FakeTorch(types.ModuleType):
    """What is asked of torch.cuda, on a machine without CUDA."""

    def __init__(self, uuids, running=True):
        super().__init__("torch")
        self.cuda = types.SimpleNamespace(
            is_initialized=lambda: running,
            device_count=lambda: len(uuids),
            get_device_properties=lambda i: types.SimpleNamespace(uuid=uuids[i]),
        )


def test_a_running_torch_tells_the_true_order(monkeypatch):
    bare = [gpu.uuid.removeprefix("GPU-") for gpu in (MIXED[1], MIXED[0])]
    monkeypatch.setitem(sys.modules, "torch", FakeTorch(bare))
    assert [gpu.index for gpu in in_use(MIXED, cuda_uuids()).gpus] == [1, 0]


def test_a_torch_that_has_not_begun_cuda_tells_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", FakeTorch(["a"], running=False))
    assert cuda_uuids() is None
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    assert cuda_uuids() is None
    monkeypatch.delitem(sys.modules, "torch")
    assert cuda_uuids() is None


def test_mig_uuids_of_a_running_torch_lead_to_the_gpu_and_unknown_ones_to_none():
    assert in_use(SLICED, ["bbbb1111-0000"]).gpus == (SLICED[1],)
    assert in_use(SLICED, ["dddd"]) is None


@pytest.mark.parametrize(
    ("name", "index"),
    [(2, 2), (FOUR[3].uuid, 3), (FOUR[1].uuid[:8], 1), ("00000000:20:00.0", 1), ("30:00.0", 2)],
)
def test_pick_takes_every_name_of_a_gpu(name, index):
    assert [gpu.index for gpu in pick(FOUR, [name]).gpus] == [index]


@pytest.mark.parametrize("name", [7, -1, "GPU-ff", "GPU-", "00.0", "", "MIG-1"])
def test_pick_refuses_what_is_not_one_gpu_and_lists_what_is_here(name):
    with pytest.raises(ArgumentError, match="not one GPU of this machine; here are: 0 = GPU-00"):
        pick(FOUR, [name])
