from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat_amdsmi.devices import Device
from wattwhat_amdsmi.visible import select, visible

GPUS = [
    Device("0000:0c:00.0", uuid="aaff-1", serial="4b2c1a9f8d3e6f7a", hip_id=0),
    Device("0000:22:00.0", uuid="bbff-2", serial="4b2c1a9f8d3e0000", hip_id=1),
    Device("0000:38:00.0", uuid="ccff-3", serial="deadbeefdeadbeef", hip_id=2),
]
entries = st.sampled_from(
    ["0", "1", "2", "7", "-1", "", "x", "GPU-deadbeef", "gpu-4b2c1a9f8d3e0000", "GPU-4b2c", " 1"]
)


@given(st.permutations(range(3)))
def test_indices_choose_and_order(order: list[int]) -> None:
    assert select(GPUS, ",".join(map(str, order))) == [GPUS[index] for index in order]


@given(st.lists(entries, max_size=6), entries)
def test_a_longer_list_only_adds_behind(head: list[str], last: str) -> None:
    shorter, longer = (select(GPUS, ",".join(texts)) for texts in (head, [*head, last]))
    assert longer[: len(shorter)] == shorter
    assert len(set(longer)) == len(longer)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("GPU-deadbeefdeadbeef", [2]),
        ("gpu-DEADBEEF", [2]),
        ("GPU-4b2c1a9f8d3e6,0", [0]),
        ("GPU-4b2c", []),
        ("GPU-aaff-1", [0]),
        ("1,9,0", [1]),
        ("-1,0", []),
        ("", []),
        ("1, 0", [1, 0]),
        ("1,1,0", [1, 0]),
    ],
)
def test_every_form_of_entry(text: str, chosen: list[int]) -> None:
    assert select(GPUS, text) == [GPUS[index] for index in chosen]


@pytest.mark.parametrize(
    ("environ", "chosen"),
    [
        ({}, [0, 1, 2]),
        ({"ROCR_VISIBLE_DEVICES": "1,2"}, [1, 2]),
        ({"CUDA_VISIBLE_DEVICES": "2"}, [2]),
        ({"HIP_VISIBLE_DEVICES": "0", "CUDA_VISIBLE_DEVICES": "2"}, [0]),
        ({"ROCR_VISIBLE_DEVICES": "2,1", "HIP_VISIBLE_DEVICES": "1,0"}, [1, 2]),
        ({"ROCR_VISIBLE_DEVICES": "1", "CUDA_VISIBLE_DEVICES": "1"}, []),
        ({"HIP_VISIBLE_DEVICES": "", "CUDA_VISIBLE_DEVICES": "0"}, []),
    ],
)
def test_the_variables_apply_one_after_the_other(environ: dict[str, str], chosen: list[int]) -> None:
    gpus, said = visible(GPUS, environ)
    assert gpus == [GPUS[index] for index in chosen]
    assert bool(said) == bool(environ)


def test_indices_count_as_hip_counts() -> None:
    turned = [Device("a", hip_id=2), Device("b", hip_id=0), Device("c", hip_id=1)]
    assert visible(turned, {"HIP_VISIBLE_DEVICES": "0"})[0][0].key == "b"
