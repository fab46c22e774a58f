"""What is amiss, said to a person, and the exact and lasting way to mend it: one function a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wattwhat.sensing.backend import Availability
from wattwhat_rapl.domain import Trouble
from wattwhat_rapl.tree import Tree

__all__ = ["RULE_FILE", "UDEV_RULE", "explain"]

GROUP = "rapl"
RULE_FILE = "/etc/udev/rules.d/70-wattwhat-rapl.rules"
MODULES_FILE = "/etc/modules-load.d/wattwhat-rapl.conf"

# %p is the device's path below /sys. A rule is used because the kernel makes the files anew at every boot.
UDEV_RULE = (
    'SUBSYSTEM=="powercap", ACTION=="add", KERNEL=="intel-rapl*:*", '
    f'RUN+="/bin/chgrp {GROUP} /sys%p/energy_uj", RUN+="/bin/chmod g+r /sys%p/energy_uj"'
)

HWMON_RULE = (
    'SUBSYSTEM=="hwmon", ACTION=="add", ATTR{name}=="amd_energy", '
    f"RUN+=\"/bin/sh -c '/bin/chgrp {GROUP} /sys%p/energy*_input; /bin/chmod g+r /sys%p/energy*_input'\""
)

_Advice = tuple[str, str]


def explain(troubles: Sequence[Trouble], tree: Tree) -> Availability:
    """The answer of probe() when nothing can be read.

    The case that is nearest to working is the one explained, for its remedy is the smallest; the
    others follow as reasons.

    Args:
        troubles: what the sources met, in their order of preference.
        tree: the machine, to tell a container from a bare one.

    Example:
        >>> answer = explain([Trouble("not linux")], Tree("/", platform="darwin"))
        >>> answer.reason
        'RAPL is read through interfaces of the Linux kernel, and this is darwin'
    """
    ranked = sorted(troubles, key=lambda trouble: _ORDER.index(trouble.kind))
    reasons: list[str] = []
    remedies: list[str] = []
    for trouble in ranked:
        if reasons and trouble.kind == "hwmon absent":
            continue  # hardly any machine has those meters: beside a real cause their absence says nothing
        reason, remedy = _ADVICE[trouble.kind](trouble, tree)
        if reason and reason not in reasons:
            reasons.append(reason)
        if remedy and remedy not in remedies:
            remedies.append(remedy)
    return Availability(False, "; ".join(reasons), "\n# or: ".join(remedies[:2]))


def _unreadable(trouble: Trouble, tree: Tree) -> _Advice:
    reason = (
        f"{trouble.subject} is readable by root only ({trouble.detail}), as on every Linux since 5.10, "
        "because fine-grained power readings can leak secrets (CVE-2020-8694)"
    )
    subsystem, rule = ("hwmon", HWMON_RULE) if "/hwmon" in trouble.subject else ("powercap", UDEV_RULE)
    grant = (
        f"sudo groupadd -f {GROUP}\n"
        f"sudo tee {RULE_FILE} <<'END'\n{rule}\nEND\n"
        f"sudo udevadm control --reload && sudo udevadm trigger --subsystem-match={subsystem} --action=add\n"
    )
    if tree.in_container:
        add = f"--group-add $(getent group {GROUP} | cut -d: -f3)"
        return (
            f"{reason}; this container does not run as root",
            f"# on the host, once:\n{grant}# then start a container that you trust with {add}",
        )
    return reason, f"{grant}sudo usermod -aG {GROUP} $USER  # only whom you trust; then log in again"


def _missing(trouble: Trouble, tree: Tree) -> _Advice:
    return (
        f"{trouble.subject} does not exist although its zone does",
        "sudo modprobe -r intel_rapl_msr && sudo modprobe intel_rapl_msr registers the zones anew",
    )


def _failing(trouble: Trouble, tree: Tree) -> _Advice:
    zone = trouble.subject.rpartition("/")[0]
    reason = f"{trouble.subject} exists but gives no number ({trouble.detail})"
    if tree.text(f"{zone}/enabled") == "0":
        return f"{reason}; its zone is disabled", (
            f"echo 1 | sudo tee {zone}/enabled; to keep it over a reboot: echo "
            f"""'SUBSYSTEM=="powercap", ACTION=="add", KERNEL=="intel-rapl:*", ATTR{{enabled}}="1"' """
            f"| sudo tee {RULE_FILE.replace('.rules', '-enable.rules')}"
        )
    return reason, "see dmesg for messages of intel_rapl; a newer kernel or firmware may be needed"


def _powercap_absent(trouble: Trouble, tree: Tree) -> _Advice:
    none_here = f"{trouble.subject} holds no RAPL zone"
    # A mask hides the device tree but leaves the links of the class, which then point nowhere.
    links = any(name.startswith("intel-rapl") for name in tree.names("sys/class/powercap"))
    if tree.in_container and (links or not tree.is_virtual):
        masked = "/sys/devices/virtual/powercap"
        reason = f"{none_here}: this is a container, and Docker and others mask {masked} in it"
        remedy = (
            "start the container with -v /sys:/host/sys:ro -e WATTWHAT_RAPL_ROOT=/host (as root inside), "
            "or with --cap-add PERFMON, which lets perf_event serve without any file; either lets what runs "
            "inside read power so finely that it can leak secrets of others (CVE-2020-8694)"
        )
    elif not tree.machine.startswith(("x86", "i686", "i386", "AMD64")):
        reason = f"there are no RAPL counters on {tree.machine}, and no power meter of a Grace CPU was found"
        remedy = (
            f"on Grace: sudo modprobe acpi_power_meter && echo acpi_power_meter | sudo tee {MODULES_FILE}; "
            "elsewhere the estimate serves"
        )
    elif tree.is_virtual:
        reason = f"{none_here}: this is a virtual machine whose hypervisor does not pass the counters on"
        remedy = "measure on the host or on a bare-metal instance; here the estimate serves"
    else:
        reason = f"{none_here}: the kernel module is not loaded or the CPU has no counters"
        remedy = (
            f"sudo modprobe intel_rapl_msr && echo intel_rapl_msr | sudo tee {MODULES_FILE} "
            "(for Intel since Sandy Bridge, and for AMD Zen with Linux 5.11 or newer)"
        )
    return reason, remedy


def _not_linux(trouble: Trouble, tree: Tree) -> _Advice:
    return (
        f"RAPL is read through interfaces of the Linux kernel, and this is {tree.platform}",
        "measure under Linux on the bare machine; here the estimate serves",
    )


def _perf_absent(trouble: Trouble, tree: Tree) -> _Advice:
    return f"the kernel offers no perf event for energy ({trouble.subject} does not exist)", ""


def _perf_refused(trouble: Trouble, tree: Tree) -> _Advice:
    level = tree.perf_paranoid
    refusal = f"perf_event_open refused {trouble.subject} ({trouble.detail})"
    if tree.in_container:
        remedy = (
            "start the container with --cap-add PERFMON (where it has a seccomp profile of its own, "
            "that must allow perf_event_open too); what runs inside can then read power so finely that it "
            "can leak secrets of others (CVE-2020-8694)"
        )
        return f"{refusal} in this container", remedy
    if level is not None and level > 0:
        reason = (
            f"{refusal}: kernel.perf_event_paranoid is {level}, and counting a whole package needs 0 or less"
        )
        remedy = (
            "for one program: sudo setpriv --reuid $(id -u) --regid $(id -g) --init-groups "
            "--inh-caps +perfmon --ambient-caps +perfmon COMMAND; for a service: "
            "AmbientCapabilities=CAP_PERFMON in its systemd unit; on a machine that is yours alone: sudo "
            "sysctl kernel.perf_event_paranoid=0, until the next boot, which lets every user here read "
            "power so finely that it can leak secrets of others (CVE-2020-8694)"
        )
        return reason, remedy
    paranoid = "unknown" if level is None else str(level)
    why = "a seccomp filter or a security module forbids it"
    reason = f"{refusal} although kernel.perf_event_paranoid is {paranoid}: {why}"
    return reason, "allow the system call perf_event_open in the filter that this process was started under"


def _perf_failing(trouble: Trouble, tree: Tree) -> _Advice:
    return (
        f"perf_event_open failed for {trouble.subject} ({trouble.detail})",
        "powercap serves where its files are readable: WATTWHAT_RAPL_SOURCES=powercap",
    )


def _hwmon_absent(trouble: Trouble, tree: Tree) -> _Advice:
    return (
        "no hwmon device here is a power meter of a Grace CPU or an amd_energy counter",
        f"on Grace: sudo modprobe acpi_power_meter && echo acpi_power_meter | sudo tee {MODULES_FILE}",
    )


def _pyrapl(trouble: Trouble, tree: Tree) -> _Advice:
    return (
        f"pyRAPL cannot serve: {trouble.detail}",
        'pip install "wattwhat-rapl[pyrapl]"; or leave WATTWHAT_RAPL_SOURCES unset, to use our own readers',
    )


_ADVICE: dict[str, Callable[[Trouble, Tree], _Advice]] = {
    "unreadable": _unreadable,
    "perf refused": _perf_refused,
    "failing": _failing,
    "missing": _missing,
    "perf failing": _perf_failing,
    "pyrapl": _pyrapl,
    "powercap absent": _powercap_absent,
    "not linux": _not_linux,
    "perf absent": _perf_absent,
    "hwmon absent": _hwmon_absent,
}
_ORDER = list(_ADVICE)
