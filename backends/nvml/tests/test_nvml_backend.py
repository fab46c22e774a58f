"""The backend: which GPUs, what it says of itself, and how it fails."""

from __future__ import annotations

import gc

import pytest

from wattwhat.errors import ArgumentError, BackendError
from wattwhat.records.containment import counted_ids
from wattwhat.sensing.host import host_name
from wattwhat_nvml import NvmlBackend, backend, library


def uuids(**options):
    meters = NvmlBackend(**{"environ": {}, "root": "/nonexistent", **options}).meters()
    for meter in meters:
        meter.close()
    return [meter.device_uuid[-1] for meter in meters]


def test_probe_names_what_it_found_and_the_versions(fake):
    fake.set_name(1, "Other GPU")
    made = NvmlBackend(environ={})
    answer = made.probe()
    assert answer.available
    assert answer.reason == "2 GPU(s) readable: Other GPU, Stand-in GPU"
    assert made.version == "13.580.00.01, driver 580.00.01"
    assert made.notes == ()


def test_ids_begin_with_host_and_backend(fake):
    (meter, _) = NvmlBackend(environ={}).meters()
    meter.close()
    assert meter.channel.id == f"{host_name()}/nvml/{meter.device_uuid}/board"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["0", "1"]),
        ({"environ": {"CUDA_VISIBLE_DEVICES": "1"}}, ["1"]),
        ({"environ": {"CUDA_VISIBLE_DEVICES": "1,0"}}, ["1", "0"]),
        ({"environ": {"CUDA_VISIBLE_DEVICES": "GPU-b0"}}, ["1"]),
        ({"environ": {"CUDA_VISIBLE_DEVICES": "1"}, "devices": "all"}, ["0", "1"]),
        ({"environ": {"CUDA_VISIBLE_DEVICES": "1"}, "devices": [0]}, ["0"]),
        ({"devices": "20:00.0"}, ["1"]),
    ],
)
def test_which_gpus_are_read(fake, options, expected):
    assert uuids(**options) == expected


def test_the_environment_of_the_process_is_read_when_asked(fake, monkeypatch):
    made = NvmlBackend()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert [meter.pci_bus_id for meter in _closed(made.meters())] == ["00000000:20:00.0"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert [meter.pci_bus_id for meter in _closed(made.meters())] == ["00000000:10:00.0"]


def _closed(meters):
    for meter in meters:
        meter.close()
    return meters


def test_a_mig_slice_leads_to_the_whole_gpu_and_says_so(fake):
    fake.set_mig(1, 1, 1)
    fake.add_mig(1, "MIG-aaaa")
    made = NvmlBackend(environ={"CUDA_VISIBLE_DEVICES": "MIG-aaaa"})
    (meter,) = _closed(made.meters())
    assert "MIG mode" in meter.channel.device
    assert "MIG mode" in made.conditions()[0]


def test_hidden_gpus_are_unavailable_with_a_remedy(fake):
    made = NvmlBackend(environ={"CUDA_VISIBLE_DEVICES": ""})
    answer = made.probe()
    assert not answer.available
    assert "hides every GPU" in answer.reason
    assert "CUDA_VISIBLE_DEVICES" in answer.remedy
    with pytest.raises(BackendError, match="hides every GPU"):
        made.meters()


def test_no_gpu_at_all(fake):
    fake.reset(0)
    answer = NvmlBackend(environ={}).probe()
    assert "shows no GPU" in answer.reason
    assert "--gpus all" in answer.remedy


def test_a_device_that_is_not_here(fake):
    made = NvmlBackend(devices=["GPU-ffff"])
    assert "not one GPU" in made.probe().reason
    with pytest.raises(ArgumentError, match="GPU-ffff"):
        made.meters()


def test_an_unknown_scope():
    with pytest.raises(ArgumentError, match="rail"):
        NvmlBackend(scopes=("board", "rail"))


def test_a_card_that_shows_nothing_is_left_out_with_a_note(fake):
    for name in (
        "nvmlDeviceGetTotalEnergyConsumption",
        "nvmlDeviceGetPowerUsage",
        "nvmlDeviceGetFieldValues",
    ):
        fake.fail(name, 0, 3)
    made = NvmlBackend(environ={})
    assert [meter.device_uuid[-1] for meter in _closed(made.meters())] == ["1"]
    assert "shows neither energy nor power" in made.notes[0]


def test_cards_that_all_show_nothing_make_it_unavailable(fake):
    for name in (
        "nvmlDeviceGetTotalEnergyConsumption",
        "nvmlDeviceGetPowerUsage",
        "nvmlDeviceGetFieldValues",
    ):
        fake.fail(name, -1, 3)
    answer = NvmlBackend(environ={}).probe()
    assert not answer.available
    assert "neither energy nor power" in answer.reason
    assert answer.remedy


def test_a_lost_gpu_does_not_take_the_other_with_it(fake):
    fake.fail("", 0, 15)
    made = NvmlBackend(environ={})
    assert [meter.device_uuid[-1] for meter in _closed(made.meters())] == ["1"]
    assert "lost" in made.notes[0]


@pytest.mark.parametrize(
    ("code", "words"), [(4, "no permission"), (9, "not loaded"), (18, "two versions"), (999, "error 999")]
)
def test_a_refused_start_says_why(fake, code, words):
    fake.fail("nvmlInit", -1, code)
    made = NvmlBackend(environ={})
    answer = made.probe()
    assert words in answer.reason
    assert answer.remedy
    with pytest.raises(BackendError, match=words):
        made.meters()
    assert made.conditions() == []
    fake.heal(-1)
    assert made.probe().available


def test_a_failure_while_opening_gives_everything_back(fake):
    made = NvmlBackend(environ={})
    made.probe()
    gc.collect()  # what earlier tests left behind may hold the library, and let it go at any moment
    held = library.held()
    plans = made._plans
    made._plans = lambda watch: (plans(watch), fake.fail("nvmlDeviceGetHandleByUUID", 1, 999))[0]
    with pytest.raises(BackendError, match="NVML failed"):
        made.meters()
    assert library.held() == held


def superchip(fake, gpus=1):
    for i in range(gpus):
        fake.set_c2c(i, 1)
        fake.set_power_mw(i, 0, 0, 100_000.0)
        fake.set_power_mw(i, 1, 0, 250_000.0)
        fake.set_power_mw(i, 2, 185, 20_000.0)


def test_a_superchip_counts_its_module_and_nothing_inside_it(fake, monkeypatch):
    asked = []
    monkeypatch.setattr("wattwhat_nvml.survey.watch_counter", lambda *args: asked.append(1) or "module")
    fake.reset(1)
    superchip(fake)
    made = NvmlBackend(environ={}, root="/nonexistent")
    channels = {meter.channel.component: meter.channel for meter in _closed(made.meters())}
    assert set(channels) == {"board", "memory", "module"}
    assert counted_ids(channels.values()) == {f"{host_name()}/nvml/socket-0/module"}
    assert (channels["module"].quantity, channels["board"].quantity) == ("energy", "power")
    _closed(made.meters())
    assert asked == [1]  # the verdict is kept: it costs half a second


def test_two_gpus_of_one_superchip_show_one_module(fake, monkeypatch, tmp_path):
    monkeypatch.setattr(backend, "_verdicts", dict.fromkeys(_uuids_of(fake), "board"))
    superchip(fake, 2)
    for bus in ("0000:10:00.0", "0000:20:00.0"):
        folder = tmp_path / "sys/bus/pci/devices" / bus
        folder.mkdir(parents=True)
        (folder / "numa_node").write_text("1")
    meters = _closed(NvmlBackend(environ={"CUDA_VISIBLE_DEVICES": "1"}, root=str(tmp_path)).meters())
    (module,) = [meter.channel for meter in meters if meter.channel.component == "module"]
    assert module.id == f"{host_name()}/nvml/socket-1/module"
    assert sum(inner.endswith("/board") for inner in module.contains) == 2


def _uuids_of(fake):
    return [meter.device_uuid for meter in _closed(NvmlBackend(environ={}).meters())]


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    import wattwhat_nvml

    with pytest.raises(AttributeError, match="nothing"):
        _ = wattwhat_nvml.nothing
    assert "NvmlBackend" in dir(wattwhat_nvml)
