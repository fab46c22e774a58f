from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wattwhat_amdsmi.devices import Device, in_hip_order, packages, slot

devices = st.lists(
    st.builds(
        Device,
        st.builds("0000:{:02x}:00.{}".format, st.integers(0, 5), st.integers(0, 3)),
        serial=st.none() | st.sampled_from(["a", "b", "c"]),
        hip_id=st.none() | st.integers(0, 9),
    ),
    unique_by=lambda device: device.key,
)


@given(devices)
def test_every_gpu_is_in_exactly_one_package(gpus: list[Device]) -> None:
    members = [gpu for package in packages(gpus) for gpu in package]
    assert sorted(members, key=lambda gpu: gpu.key) == sorted(gpus, key=lambda gpu: gpu.key)


@given(devices, st.randoms())
def test_packages_do_not_depend_on_the_order(gpus: list[Device], random: object) -> None:
    shuffled = list(gpus)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert packages(shuffled) == packages(gpus)


@given(devices)
def test_what_shares_slot_or_serial_is_one_package_and_nothing_else_is(gpus: list[Device]) -> None:
    home = {gpu: number for number, package in enumerate(packages(gpus)) for gpu in package}
    for one in gpus:
        for other in gpus:
            if slot(one.key) == slot(other.key) or (one.serial and one.serial == other.serial):
                assert home[one] == home[other]
    slots_and_serials = {gpu: {slot(gpu.key), gpu.serial or slot(gpu.key)} for gpu in gpus}
    for package in packages(gpus):
        reached, todo = set(slots_and_serials[package[0]]), set(package[1:])
        while joining := {gpu for gpu in todo if slots_and_serials[gpu] & reached}:
            todo -= joining
            reached |= {mark for gpu in joining for mark in slots_and_serials[gpu]}
        assert not todo


@given(devices)
def test_hip_order_keeps_every_gpu(gpus: list[Device]) -> None:
    assert set(in_hip_order(gpus)) == set(gpus)


def test_hip_order_is_the_listed_order_where_numbers_are_missing_or_double() -> None:
    for second in (None, 1):
        gpus = [Device("b", hip_id=1), Device("a", hip_id=second)]
        assert in_hip_order(gpus) == gpus


def test_a_gpu_is_called_by_uuid_serial_and_address() -> None:
    gpu = Device("0000:c1:00.0", uuid="51FF-74", serial="00ab", hip_uuid="GPU-00AB")
    assert set(gpu.names) == {"51ff-74", "gpu-51ff-74", "gpu-00ab", "0000:c1:00.0"}
