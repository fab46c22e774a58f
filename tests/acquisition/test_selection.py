"""Choosing meters: broken plugins, clashes of names, and estimates only where nothing is measured."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from wattwhat import Availability, Backend, Channel, Meter, Reading
from wattwhat.acquisition.discovery import ENV_BACKENDS, open_meter_set, survey
from wattwhat.errors import BackendError
from wattwhat.plugins import Plugin, find_plugins, load


class Fixed(Meter):
    def __init__(
        self, name: str, component: str = "cpu", provenance: str = "measured", contains: Any = ()
    ) -> None:
        self.channel = Channel(f"h/{name}", "t", name, component, "energy", contains=contains)
        self.provenance = provenance
        self.closed = 0

    def read(self) -> Reading:
        return Reading(1, 1.0)

    def close(self) -> None:
        self.closed += 1


class Having(Backend):
    def __init__(self, *meters: Meter, answer: Any = None) -> None:
        self.given = meters
        self.answer = Availability(True, "here") if answer is None else answer

    def probe(self) -> Availability:
        return self.answer  # type: ignore[no-any-return]

    def meters(self) -> list[Meter]:
        return list(self.given)


def plugins(**backends: Any) -> dict[str, Plugin]:
    made = {}
    for name, backend in backends.items():
        loader: Callable[[], Any] = backend if callable(backend) else (lambda b=backend: lambda: b)
        made[name] = Plugin(name, f"dist-{name}", loader)
    return made


def raising(error: BaseException) -> Callable[[], Any]:
    def load() -> Any:
        raise error

    return load


@pytest.mark.parametrize(
    "error", [ImportError("no lib"), SystemExit(3), RuntimeError("bad"), SyntaxError("x")]
)
def test_a_plugin_that_breaks_on_import_is_reported_and_the_others_serve(error: BaseException) -> None:
    meter_set = open_meter_set(plugins=plugins(broken=raising(error), fine=Having(Fixed("a"))))
    assert [line.channel.id for line in meter_set.inputs] == ["h/a"]
    assert any("broken" in sentence and type(error).__name__ in sentence for sentence in meter_set.warnings)


def test_ctrl_c_while_a_plugin_loads_is_the_users() -> None:
    heard = threading.Event()

    def load() -> Any:
        os.kill(os.getpid(), signal.SIGINT)  # the main thread hears it, which waits
        return heard.wait()

    with pytest.raises(KeyboardInterrupt):
        open_meter_set(plugins=plugins(slow=load))
    heard.set()


@pytest.mark.parametrize("said", [5, object(), [None, b"x"], {1: 2}, True])
def test_a_backend_whose_sentences_are_none_still_serves(said: Any) -> None:
    backend = Having(Fixed("a"))
    backend.notes = backend.warnings = said  # type: ignore[assignment]
    meter_set = open_meter_set(plugins=plugins(odd=backend))
    assert [line.channel.id for line in meter_set.inputs] == ["h/a"]
    assert not meter_set.warnings


@pytest.mark.parametrize("answer", [None, "yes", 1])
def test_a_probe_that_does_not_answer_properly_is_unavailable(answer: Any) -> None:
    backend = Having(Fixed("a"))
    backend.answer = answer
    [found] = survey(plugins=plugins(odd=backend))
    assert not found.availability.available
    assert "expected an Availability" in found.availability.reason


def test_a_probe_that_raises_is_unavailable() -> None:
    backend = Having(Fixed("a"))
    backend.probe = raising(OSError("dead"))  # type: ignore[method-assign]
    [found] = survey(plugins=plugins(odd=backend))
    assert "dead" in found.availability.reason


def test_meters_that_cannot_be_opened_break_only_their_backend() -> None:
    backend = Having()
    backend.meters = raising(OSError("gone"))  # type: ignore[method-assign]
    meter_set = open_meter_set(plugins=plugins(odd=backend, fine=Having(Fixed("a"))))
    assert len(meter_set.inputs) == 1
    assert any("gone" in sentence and "'odd'" in sentence for sentence in meter_set.warnings)


def test_a_named_backend_without_a_channel_says_so_and_not_that_all_is_well() -> None:
    empty = Having(answer=Availability(True, "all is well"))
    with pytest.raises(BackendError, match="'empty' cannot serve: it has no channel here"):
        open_meter_set(["empty"], plugins=plugins(empty=empty, cpu=Having(Fixed("a"))))


def test_an_estimate_serves_only_what_no_sensor_covers() -> None:
    sensor = Having(Fixed("package", "cpu"))
    model = Having(Fixed("guess", "cpu", "estimated"), Fixed("memory", "dram", "estimated"))
    meter_set = open_meter_set(plugins=plugins(a_model=model, sensor=sensor))
    assert {line.channel.id for line in meter_set.inputs} == {"h/package", "h/memory"}
    assert model.given[0].closed == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("component", ["soc", "module", "host", "wall"])
def test_what_measures_everything_leaves_nothing_to_estimate(component: str) -> None:
    meter_set = open_meter_set(
        plugins=plugins(m=Having(Fixed("guess", "cpu", "estimated")), s=Having(Fixed("all", component)))
    )
    assert [line.channel.component for line in meter_set.inputs] == [component]


def test_the_same_channel_of_two_backends_is_one() -> None:
    meter_set = open_meter_set(plugins=plugins(a=Having(Fixed("x")), b=Having(Fixed("x"))))
    assert len(meter_set.inputs) == 1


def of_device(channel_id: str, component: str, device: str, uuid: str | None = None) -> Fixed:
    meter = Fixed("x", component)
    meter.channel = Channel(channel_id, channel_id.split("/")[1], device, component, "energy")
    if uuid is not None:
        meter.device_uuids = (uuid,)
    return meter


@pytest.mark.parametrize(
    ("first", "second", "counted"),
    [
        (("h/a/0", "cpu", "package 0"), ("h/b/cpu0", "cpu", "Package-0"), 1),
        (("h/a/0", "cpu", "package 0"), ("h/b/cpu0", "cpu", "Some Processor 9000"), 1),
        (("h/a/0", "cpu", "package 0"), ("g/b/cpu0", "cpu", "package 0"), 2),
        (("h/a/0", "cpu", "package 0"), ("h/b/0", "dram", "package 0"), 2),
        (("h/a/0", "gpu", "H200"), ("h/b/0", "gpu", "H200"), 1),
        (("h/a/0", "gpu", "H200", "GPU-1"), ("h/b/0", "gpu", "H200", "GPU-2"), 2),
        (("h/a/0", "gpu", "H200", "GPU-1"), ("h/b/0", "gpu", "a board", "1"), 1),
        (("h/a/0", "gpu", "H200"), ("h/b/0", "gpu", "MI300"), 2),
    ],
)
def test_one_device_of_two_backends_is_counted_once_and_that_is_said(
    first: Any, second: Any, counted: int
) -> None:
    a, b = of_device(*first), of_device(*second)
    meter_set = open_meter_set(plugins=plugins(first=Having(a), second=Having(b)))
    assert sum(line.counted for line in meter_set.inputs) == counted
    said = [words for words in meter_set.warnings if a.channel.id in words and b.channel.id in words]
    assert len(said) == (counted == 1)
    assert b.closed == (counted == 1)
    assert not a.closed


def test_as_many_devices_as_the_richer_backend_has_are_counted() -> None:
    """Two sockets of one model, one of which another backend knows too."""
    two = [of_device(f"h/a/{n}", "cpu", "EPYC") for n in range(2)]
    meter_set = open_meter_set(
        plugins=plugins(first=Having(*two), second=Having(of_device("h/b/0", "cpu", "EPYC")))
    )
    assert [line.channel.id for line in meter_set.inputs if line.counted] == ["h/a/0", "h/a/1"]


def test_contained_channels_are_read_but_not_counted() -> None:
    meter_set = open_meter_set(
        plugins=plugins(a=Having(Fixed("core"), Fixed("package", contains=["h/core"])))
    )
    assert {line.channel.id: line.counted for line in meter_set.inputs} == {
        "h/core": False,
        "h/package": True,
    }


def test_an_unknown_name_lists_those_there_are_and_why_the_others_are_not() -> None:
    absent = Having(answer=Availability(False, "no GPU here", "buy one"))
    with pytest.raises(BackendError) as caught:
        open_meter_set(["nope"], plugins=plugins(gpu=absent, cpu=Having(Fixed("a"))))
    message = str(caught.value)
    assert "'nope'" in message
    assert "available: cpu" in message
    assert "gpu (no GPU here)" in message


def test_a_named_backend_that_cannot_serve_says_why_and_what_helps() -> None:
    absent = Having(answer=Availability(False, "no GPU here", "load the driver"))
    with pytest.raises(
        BackendError, match=r"'gpu' cannot serve: no GPU here \(load the driver\); available: cpu"
    ):
        open_meter_set(["gpu"], plugins=plugins(gpu=absent, cpu=Having(Fixed("a"))))


def test_a_backend_may_be_handed_over_as_an_object() -> None:
    meter_set = open_meter_set([Having(Fixed("mine"))], plugins=plugins(cpu=Having(Fixed("a"))))
    assert [line.channel.id for line in meter_set.inputs] == ["h/mine"]


def test_the_environment_may_name_the_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_BACKENDS, "b, ")
    meter_set = open_meter_set(plugins=plugins(a=Having(Fixed("x")), b=Having(Fixed("y"))))
    assert [line.channel.id for line in meter_set.inputs] == ["h/y"]


class Distribution:
    def __init__(self, name: str) -> None:
        self.name = name


def entry_point(name: str, value: str, distribution: str) -> EntryPoint:
    point = EntryPoint(name, value, "wattwhat.backends")
    vars(point).update(dist=Distribution(distribution))
    return point


def test_discovery_lists_names_without_importing_anything() -> None:
    found = find_plugins(entry_points=[entry_point("x", "there_is_no_such_module:X", "d")])
    assert list(found) == ["x"]
    assert found["x"].distribution == "d"
    with pytest.raises(BackendError, match=r"'x' of d failed to load: ModuleNotFoundError"):
        load(found["x"])


def test_of_two_with_one_name_the_cores_wins_and_the_other_is_named() -> None:
    points = [
        entry_point("x", "a:A", "zeta"),
        entry_point("x", "b:B", "wattwhat"),
        entry_point("x", "c:C", "alpha"),
    ]
    found = find_plugins(entry_points=points)["x"]
    assert found.distribution == "wattwhat"
    assert found.clash == ("alpha", "zeta")


def test_the_cores_own_estimate_comes_by_the_same_door() -> None:
    assert find_plugins()["estimate"].distribution == "wattwhat"


def test_what_is_installed_later_in_a_process_is_found(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    assert "later" not in find_plugins()
    made = tmp_path / "later-1.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: later\nVersion: 1\n")
    (made / "entry_points.txt").write_text("[wattwhat.backends]\nlater = nowhere:Later\n")
    assert find_plugins()["later"].distribution == "later"
