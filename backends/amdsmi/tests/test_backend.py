from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.amdsmi import standin
from wattwhat.errors import BackendError
from wattwhat.sensing.host import host_name


def add_four(library: standin.Library) -> None:
    for number in range(4):
        library.add(
            f"0000:{16 * number + 1:02x}:00.0",
            uuid=f"uuid-{number}",
            serial=f"00000000000000{number}f",
            hip_id=3 - number,  # HIP may count otherwise than the library lists
        )


def shown(backend: Any) -> list[str]:
    return [meter.channel.id.split("/")[2] for meter in backend.meters()]


def test_the_channel_says_what_is_known(library: standin.Library, opened: Callable[..., Any]) -> None:
    gpu = library.add(serial="00000000000000a1")
    library.c.standin_cap(gpu, ctypes.c_uint64(750_000_000))
    backend = opened()
    [meter] = backend.meters()
    channel = meter.channel
    assert channel.id == f"{host_name()}/amdsmi/GPU-51ff74b5-0000-1000-80b1-0123456789ab/gpu"
    assert (channel.backend, channel.component, channel.quantity) == ("amdsmi", "gpu", "energy")
    assert channel.device == "AMD Instinct MI300X"
    assert channel.resolution == pytest.approx(15.259e-6)
    assert channel.max_power_w == 750.0
    assert channel.update_period_s is None
    assert meter.device_uuid == "GPU-00000000000000a1"
    assert meter.pci_bus_id == "0000:c1:00.0"
    assert backend.version == ".".join(map(str, standin.wrapper_release())) + backend.version[3:]


def test_a_gpu_without_uuid_is_named_by_its_address(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    library.add(uuid="")
    assert shown(opened()) == ["0000:c1:00.0"]


def test_the_id_is_the_same_whichever_way_it_is_read(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    gpu = library.add()
    counted = opened().meters()[0].channel
    library.fail(gpu, "energy", 2)
    shown_w = opened().meters()[0].channel
    standin.set_release(library.prefix, "5.7.0")
    library.fail(gpu, "energy", 0)
    unlike = opened().meters()[0].channel
    assert counted.id == shown_w.id == unlike.id
    assert counted.source != shown_w.source


@pytest.mark.parametrize(
    ("environ", "chosen"),
    [
        ({"HIP_VISIBLE_DEVICES": "0"}, ["GPU-uuid-3"]),
        ({"CUDA_VISIBLE_DEVICES": "3,2"}, ["GPU-uuid-0", "GPU-uuid-1"]),
        ({"ROCR_VISIBLE_DEVICES": "GPU-000000000000001f"}, ["GPU-uuid-1"]),
        ({"ROCR_VISIBLE_DEVICES": "0,1", "HIP_VISIBLE_DEVICES": "1"}, ["GPU-uuid-2"]),
    ],
)
def test_only_visible_gpus_are_measured(
    library: standin.Library, opened: Callable[..., Any], environ: dict[str, str], chosen: list[str]
) -> None:
    if standin.abi_of(standin.wrapper_release()) < 64:
        pytest.skip("the installed wrapper does not tell HIP's numbers")
    add_four(library)
    backend = opened(environ=environ)
    assert shown(backend) == chosen
    assert f"leaves {len(chosen)} of 4" in backend.notes[0]
    assert len(opened(environ=environ, all_devices=True).meters()) == 4


def test_a_visible_second_die_brings_its_package(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    for number, name in enumerate(("a", "b")):
        gpu = library.add(f"0000:0{number + 1}:00.0", uuid=name, name="AMD Instinct MI250X", hip_id=number)
        if number:
            library.raw(gpu, 0)
            library.fields(gpu, 0, 0, 0)
    assert shown(opened(environ={"HIP_VISIBLE_DEVICES": "1"})) == ["GPU-a"]


@pytest.mark.parametrize("value", ["", "-1", "9"])
def test_hiding_every_gpu_is_said_with_the_variable(
    library: standin.Library, opened: Callable[..., Any], value: str
) -> None:
    add_four(library)
    backend = opened(environ={"HIP_VISIBLE_DEVICES": value})
    answer = backend.probe()
    assert not answer.available
    assert "HIP_VISIBLE_DEVICES" in answer.reason
    assert answer.remedy == "unset it: unset HIP_VISIBLE_DEVICES"
    with pytest.raises(BackendError):
        backend.meters()


def test_a_library_that_does_not_start_is_unavailable(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    library.add()
    library.fail(-1, "init", 34)
    answer = opened().probe()
    assert not answer.available
    assert "DRIVER_NOT_LOADED" in answer.reason
    assert answer.remedy


def test_no_gpu_in_the_list_is_unavailable(library: standin.Library, opened: Callable[..., Any]) -> None:
    answer = opened().probe()
    assert not answer.available
    assert answer.reason == "AMD's library lists no GPU"


def test_gpus_that_show_nothing_are_unavailable(library: standin.Library, opened: Callable[..., Any]) -> None:
    gpu = library.add()
    library.fail(gpu, "energy", 2)
    library.fail(gpu, "power", 2)
    backend = opened()
    answer = backend.probe()
    assert not answer.available
    assert "virtual machine" in answer.remedy
    with pytest.raises(BackendError, match="not measured"):
        backend.meters()


def test_a_visible_gpu_that_shows_nothing_is_unavailable_whatever_the_hidden_ones_show(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    add_four(library)
    for call in ("energy", "power"):
        library.fail(0, call, 2)
    backend = opened(environ={"ROCR_VISIBLE_DEVICES": "GPU-000000000000000f"})
    assert not backend.probe().available
    with pytest.raises(BackendError, match="GPU 0000:01:00"):
        backend.meters()


def test_opening_again_sees_gpus_that_came_and_went(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    library.add("0000:01:00.0", uuid="a")
    backend = opened()
    assert shown(backend) == ["GPU-a"]
    library.clear()
    library.add("0000:22:00.0", uuid="b")
    assert shown(backend) == ["GPU-b"]


def test_a_library_that_fails_later_is_a_backend_error(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    import amdsmi

    library.add()
    backend = opened()
    assert backend.probe().available
    amdsmi.amdsmi_shut_down()
    library.fail(-1, "init", 34)
    from wattwhat_amdsmi.library import Library

    backend._library = Library(amdsmi, "7.0.2", None)  # has no handles yet, as after a fork
    with pytest.raises(BackendError, match="DRIVER_NOT_LOADED"):
        backend.meters()


def test_over_the_real_bindings_an_older_key_name_reads_the_same(
    library: standin.Library, opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import amdsmi

    library.add(counted_j=7000.0)
    now = opened().meters()[0].read().value
    call = amdsmi.amdsmi_get_energy_count

    def through_6_2(handle: Any) -> dict[str, Any]:
        answer = call(handle)
        return {"power": answer["energy_accumulator"], "counter_resolution": answer["counter_resolution"]}

    if "energy_accumulator" in call(amdsmi.amdsmi_get_processor_handles()[0]):
        monkeypatch.setattr(amdsmi, "amdsmi_get_energy_count", through_6_2)
    [meter] = opened().meters()
    # The second opening let the stand-in's clock run on: 100 W over its check.
    assert meter.read().value == pytest.approx(now + 10.0, abs=1e-3)


def test_other_processes_and_throttling_are_conditions(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    from amdsmi import amdsmi_wrapper

    if standin.wrapper_release() < (6, 1):
        pytest.skip("the installed wrapper lists handles of processes, not their numbers")
    gpu = library.add()
    backend = opened()
    assert backend.conditions() == []
    backend.meters()
    assert backend.conditions() == []
    pids = (ctypes.c_uint32 * 3)(os.getpid(), 4242, 0)
    library.c.standin_processes(gpu, 3, pids)
    metrics = amdsmi_wrapper.amdsmi_gpu_metrics_t
    library.c.standin_throttle(gpu, 1, ctypes.sizeof(metrics), metrics.throttle_status.offset)
    others, throttled = backend.conditions()
    assert "4242" in others
    assert str(os.getpid()) not in others
    assert "throttled" in throttled
    (told,) = backend.device_conditions().values()
    assert told["other_processes"] == 1
    assert len(told["throttled"]) == 1


def test_serial_numbers_come_from_the_kernel_where_the_structs_cannot_be_trusted(
    library: standin.Library, opened: Callable[..., Any], root: Path
) -> None:
    library.add()
    standin.set_release(library.prefix, "5.7.0")
    folder = root / "sys/bus/pci/devices/0000:c1:00.0"
    folder.mkdir(parents=True)
    (folder / "unique_id").write_text("4b2c1a9f8d3e6f7a\n")
    assert opened().meters()[0].device_uuid == "GPU-4b2c1a9f8d3e6f7a"


def test_importing_the_plugin_imports_no_vendor_library() -> None:
    import subprocess

    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; import wattwhat_amdsmi.backend; "
        "sys.exit(bool({'amdsmi', 'ctypes', 'numpy', 'torch'} & set(sys.modules)))"
    )
    here = Path(__file__).resolve()
    done = subprocess.run([sys.executable, "-S", "-c", code, *filter(None, sys.path), str(here.parents[1])])
    assert done.returncode == 0


def test_the_entry_point_names_the_class() -> None:
    import importlib

    text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    value = text.split('[project.entry-points."wattwhat.backends"]')[1].split('"')[1]
    module, _, name = value.partition(":")
    assert getattr(importlib.import_module(module), name).name == "amdsmi"
