"""Every remedy is followed once on a made tree, to the letter where it is a command, and seen to mend."""

from __future__ import annotations

import errno
import fnmatch
import functools
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rapl_tree import MadeKernel, MadeTree

from wattwhat.errors import BackendError
from wattwhat.plugins import Plugin
from wattwhat.sensing.backend import open_backend
from wattwhat_rapl import RaplBackend, remedies
from wattwhat_rapl.domain import Trouble
from wattwhat_rapl.tree import Tree

NOBODY = 65534


@pytest.fixture
def made() -> Iterator[MadeTree]:
    # Not tmp_path: other users may not pass through its parents, and some of these tests become another.
    folder = tempfile.mkdtemp(prefix="wattwhat-rapl-")
    os.chmod(folder, 0o755)
    yield MadeTree(Path(folder))
    shutil.rmtree(folder)


@contextmanager
def ordinary_user(group: int = NOBODY) -> Iterator[None]:
    """Become somebody whom file modes bind, if this process is root; else it is one already."""
    if os.geteuid() != 0:
        yield
        return
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(group)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def lock(made: MadeTree) -> None:
    """Make every counter as Linux since 5.10 does: for its owner only."""
    for directory in made.zones.values():
        mode = 0o400 if os.geteuid() == 0 else 0  # one's own file stays readable at 0400
        (directory / "energy_uj").chmod(mode)


def follow_udev_rule(remedy: str, made: MadeTree, group: int) -> None:
    """Do what udev would on `udevadm trigger --action=add`: run the rule's commands for each zone."""
    rule = re.search(r'^SUBSYSTEM=="powercap".*$', remedy, re.MULTILINE)
    assert rule is not None
    pattern = re.search(r'KERNEL=="([^"]+)"', rule[0])
    assert pattern is not None
    for key, directory in made.zones.items():
        if not fnmatch.fnmatchcase(key, pattern[1]):
            continue
        for command in re.findall(r'RUN\+="([^"]+)"', rule[0]):
            program, *words = command.replace("/sys%p", str(directory)).split()
            if program == "/bin/chgrp":
                os.chown(words[1], -1, group)
            else:
                subprocess.run([Path(program).name, *words], check=True)


def probe_as_user(backend: RaplBackend, group: int = NOBODY) -> tuple[bool, str, str]:
    backend.probe()  # whatever is imported on first use is imported while this process may read everything
    remedies.explain([Trouble("not linux")], Tree())
    with ordinary_user(group):
        answer = backend.probe()
    return answer.available, answer.reason, answer.remedy


def test_unreadable_counters_are_explained(made: MadeTree) -> None:
    lock(made.intel())
    available, reason, remedy = probe_as_user(RaplBackend(made.root, machine="x86_64"))
    assert not available
    assert "intel-rapl:0/energy_uj is readable by root only (Permission denied)" in reason
    assert "5.10" in reason
    assert remedies.UDEV_RULE in remedy
    assert remedies.RULE_FILE in remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the counters have to belong to somebody else")
def test_the_udev_rule_and_the_group_open_the_counters(made: MadeTree) -> None:
    made.intel(sockets=2).zone("intel-rapl-mmio:0", "package-0")
    lock(made)
    backend = RaplBackend(made.root, machine="x86_64")
    _, _, remedy = probe_as_user(backend)
    assert "usermod -aG rapl $USER" in remedy
    group = 54321
    follow_udev_rule(remedy, made, group)
    assert not probe_as_user(backend)[0], "who is not in the group stays out"
    available, reason, remedy = probe_as_user(backend, group)
    assert available, reason
    assert remedy == ""
    mode = (made.zones["intel-rapl:0"] / "energy_uj").stat().st_mode
    assert not mode & stat.S_IROTH


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the counters have to belong to somebody else")
def test_in_a_container_the_group_is_added_to_it(made: MadeTree) -> None:
    lock(made.intel())
    made.write(".dockerenv", "")
    backend = RaplBackend(made.root, machine="x86_64")
    _, reason, remedy = probe_as_user(backend)
    assert "does not run as root" in reason
    assert "on the host" in remedy
    assert "--group-add" in remedy
    follow_udev_rule(remedy, made, 54321)
    assert probe_as_user(backend, 54321)[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: one counter has to belong to somebody else")
def test_what_can_be_read_is_and_the_rest_has_its_remedy(made: MadeTree) -> None:
    made.intel()
    (made.zones["intel-rapl:0:2"] / "energy_uj").chmod(0o400)
    available, reason, remedy = probe_as_user(RaplBackend(made.root, machine="x86_64"))
    assert available
    assert "reads package-0 (powercap" in reason
    assert "intel-rapl:0:2/energy_uj is readable by root only" in reason
    assert remedies.UDEV_RULE in remedy


MARKS = {
    ".dockerenv": "",
    "run/.containerenv": "",
    "proc/1/cgroup": "0::/docker/0123456789abcdef",
    "proc/self/mounts": "tmpfs /sys/devices/virtual/powercap tmpfs ro,relatime 0 0",
}


@pytest.mark.parametrize("mark", MARKS)
def test_a_container_that_masks_powercap(made: MadeTree, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    host = MadeTree(made.root / "the-host").intel()
    inside = made.root / "the-container"
    (inside / "sys/devices/virtual/powercap").mkdir(parents=True)
    (inside / "sys/class/powercap").mkdir(parents=True)
    (inside / "sys/class/powercap/intel-rapl:0").symlink_to("../../devices/virtual/powercap/gone")
    (inside / mark).parent.mkdir(parents=True, exist_ok=True)
    (inside / mark).write_text(MARKS[mark])
    answer = RaplBackend(inside, machine="x86_64").probe()
    assert not answer
    assert "this is a container" in answer.reason
    mount = re.search(r"-v (/\S+):(/\S+):ro", answer.remedy)
    setting = re.search(r"-e (\w+)=(/\S+)", answer.remedy)
    assert mount is not None
    assert setting is not None
    at = inside / mount[2].lstrip("/")
    at.parent.mkdir(parents=True)
    at.symlink_to(host.root / mount[1].lstrip("/"))
    monkeypatch.setenv(setting[1], str(inside / setting[2].lstrip("/")))
    made_of = functools.partial(RaplBackend, machine="x86_64")
    assert open_backend(Plugin("rapl", None, lambda: made_of)).probe().available


def test_a_container_without_the_capability(made: MadeTree) -> None:
    made.cpus({0: (0, 0)}).perf()
    made.write(".dockerenv", "")
    kernel = MadeKernel(made)
    kernel.refusal = errno.EPERM  # what a seccomp filter answers
    backend = RaplBackend(made.root, machine="x86_64", kernel=kernel)
    answer = backend.probe()
    assert not answer
    assert "in this container" in answer.reason
    if "--cap-add PERFMON" in answer.remedy:
        kernel.refusal = None
    assert backend.probe()


def test_paranoid_perf(made: MadeTree) -> None:
    made.cpus({0: (0, 0)}).perf(paranoid=2)
    backend = RaplBackend(made.root, ["perf"], machine="x86_64", kernel=MadeKernel(made))
    answer = backend.probe()
    assert not answer
    assert "perf_event_paranoid is 2" in answer.reason
    one, service, everybody = answer.remedy.split("; ")  # the least privilege first
    assert "setpriv" in one
    assert "AmbientCapabilities=CAP_PERFMON" in service
    assert "CVE-2020-8694" in everybody
    setting = re.search(r"sudo sysctl kernel\.(\w+)=(\d)", everybody)
    assert setting is not None
    made.write(f"proc/sys/kernel/{setting[1]}", setting[2])
    assert backend.probe()


def test_both_ways_to_mend_are_offered_where_both_sources_are_refused(made: MadeTree) -> None:
    lock(made.cpus({0: (0, 0)}).perf(paranoid=2).intel())
    backend = RaplBackend(made.root, machine="x86_64", kernel=MadeKernel(made))
    available, reason, remedy = probe_as_user(backend)
    assert not available
    assert "perf_event_paranoid" in reason
    assert "readable by root only" in reason
    assert remedies.UDEV_RULE in remedy
    assert "CAP_PERFMON" in remedy


def test_perf_refused_by_a_filter_outside_a_container(made: MadeTree) -> None:
    made.cpus({0: (0, 0)}).perf(paranoid=-1)
    kernel = MadeKernel(made)
    kernel.refusal = errno.EPERM
    answer = RaplBackend(made.root, ["perf"], machine="x86_64", kernel=kernel).probe()
    assert "although kernel.perf_event_paranoid is -1" in answer.reason
    assert "perf_event_open" in answer.remedy


def test_perf_that_fails_otherwise_points_to_powercap(
    made: MadeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.cpus({0: (0, 0)}).perf().intel()
    kernel = MadeKernel(made)
    kernel.refusal = errno.EINVAL
    answer = RaplBackend(made.root, ["perf"], machine="x86_64", kernel=kernel).probe()
    assert not answer
    setting = re.search(r"(WATTWHAT_RAPL_SOURCES)=(\w+)", answer.remedy)
    assert setting is not None
    monkeypatch.setenv(setting[1], setting[2])
    made_of = functools.partial(RaplBackend, made.root, machine="x86_64", kernel=kernel)
    assert open_backend(Plugin("rapl", None, lambda: made_of)).probe()


@pytest.mark.parametrize("left", ["nothing", "an empty class", "the control type"])
def test_a_module_that_is_not_loaded(made: MadeTree, left: str) -> None:
    if left != "nothing":
        (made.root / "sys/class/powercap").mkdir(parents=True)
    if left == "the control type":
        made.write("sys/class/powercap/intel-rapl/enabled", 1)
    backend = RaplBackend(made.root, machine="x86_64")
    answer = backend.probe()
    assert not answer
    assert "module is not loaded" in answer.reason
    if "modprobe intel_rapl_msr" in answer.remedy:
        made.intel()
    assert backend.probe()
    assert "/etc/modules-load.d/" in answer.remedy, "it lasts over a reboot"


def test_a_zone_that_is_disabled(made: MadeTree) -> None:
    directory = made.zone("intel-rapl:0", "package-0", "", enabled=0)
    backend = RaplBackend(made.root, machine="x86_64")
    answer = backend.probe()
    assert not answer
    assert "its zone is disabled" in answer.reason
    command = re.search(r"echo (\d) \| sudo tee (\S+?);", answer.remedy)
    assert command is not None
    Path(command[2]).write_text(command[1])
    if (directory / "enabled").read_text() == "1":
        made.write(directory / "energy_uj", 42)
    assert backend.probe()
    assert 'ATTR{enabled}="1"' in answer.remedy, "it lasts over a reboot"


def test_a_zone_without_its_counter(made: MadeTree) -> None:
    directory = made.zone("intel-rapl:0", "package-0", None)
    backend = RaplBackend(made.root, machine="x86_64")
    answer = backend.probe()
    assert "does not exist although its zone does" in answer.reason
    if "modprobe -r intel_rapl_msr && sudo modprobe intel_rapl_msr" in answer.remedy:
        made.write(directory / "energy_uj", 42)
    assert backend.probe()


@pytest.mark.parametrize("in_container", [False, True])
def test_a_virtual_machine(made: MadeTree, in_container: bool) -> None:
    if in_container:
        made.write(".dockerenv", "")  # without a link in the class, the host has no zones either
    answer = RaplBackend(made.cpuinfo(flags="fpu hypervisor sse2").root, machine="x86_64").probe()
    assert "virtual machine" in answer.reason
    assert "the host" in answer.remedy


def test_grace_without_its_driver(made: MadeTree) -> None:
    backend = RaplBackend(made.root, machine="aarch64")
    answer = backend.probe()
    assert "aarch64" in answer.reason
    if "modprobe acpi_power_meter" in answer.remedy:
        made.grace()
    assert backend.probe()


def test_another_system(made: MadeTree) -> None:
    answer = RaplBackend("/", platform="darwin").probe()
    assert not answer
    assert answer.reason == "RAPL is read through interfaces of the Linux kernel, and this is darwin"
    assert "Linux" in answer.remedy
    assert RaplBackend(made.intel().root, platform="darwin").probe(), "a made tree stands for Linux"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the counters have to belong to somebody else")
def test_amd_energy_has_a_rule_of_its_own(made: MadeTree) -> None:
    made.write("sys/class/hwmon/hwmon0/name", "amd_energy")
    made.write("sys/class/hwmon/hwmon0/energy1_label", "Esocket0")
    counter = made.write("sys/class/hwmon/hwmon0/energy1_input", 1)
    counter.chmod(0o440)
    backend = RaplBackend(made.root, machine="x86_64")
    _, _, remedy = probe_as_user(backend)
    command = re.search(r"/bin/sh -c '([^']+)'", remedy)
    assert command is not None
    script = (
        command[1]
        .replace("/sys%p", str(counter.parent))
        .replace("/bin/", "")
        .replace("chgrp rapl", "chgrp 54321")
    )
    subprocess.run(["sh", "-c", script], check=True)
    assert probe_as_user(backend, 54321)[0]


def test_every_kind_of_trouble_has_an_answer(made: MadeTree) -> None:
    for kind in remedies._ADVICE:
        answer = remedies.explain(
            [Trouble(kind, "/sys/a/file", "words")], Tree(str(made.root), machine="x86_64")
        )
        assert not answer.available
        assert "{" not in answer.reason
        if kind not in ("hwmon absent", "perf absent"):
            assert answer.reason
            assert answer.remedy


def test_meters_raise_what_probe_says(made: MadeTree) -> None:
    backend = RaplBackend(made.root, machine="x86_64")
    answer = backend.probe()
    with pytest.raises(BackendError) as caught:
        backend.meters()
    assert answer.reason in str(caught.value)
    assert answer.remedy in str(caught.value)
