"""The energy metrics of known exporters: unit, component, and which of two that measure the same counts."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from wattwhat.logs.building.known_sensors import NVML, RAPL, Sensor

__all__ = ["Known", "is_energy", "is_share", "known", "named"]

# dcgm-exporter asks every 30 s unless -c says otherwise: so old may a scraped value be.
_DCGM = attrs.evolve(NVML, update_period_s=30.0)
_DCGM_POWER = attrs.evolve(NVML, update_period_s=None)
_KEPLER = Sensor(
    "Kepler's node energy (RAPL, or a model where it has no sensor)", 0.05, False, update_period_s=5.0
)
_SCAPHANDRE = attrs.evolve(RAPL, update_period_s=2.0)
_UNKNOWN = Sensor("an exporter's metric (it does not say how it was measured)", 0.1, False)
_ZONES = {
    "package": "cpu", "core": "core", "uncore": "uncore", "dram": "dram", "psys": "host", "platform": "host",
    "gpu": "gpu",
}  # fmt: skip
_KEPLER_OLD = re.compile(r"kepler_node_(package|core|uncore|dram|gpu|platform)_joules_total")
_KEPLER_NEW = re.compile(r"kepler_node_cpu_(joules_total|watts)")
_NODE = re.compile(r"node_rapl_(package|core|uncore|dram|psys)_joules_total")
_SCAPH = re.compile(r"scaph_(host|socket)_(energy_microjoules|power_microwatts)")
_SHARE = re.compile(r"(?:kepler_(?:container|pod|process|vm)|scaph_process|kepler_node_cpu_(?:active|idle))_")
_ENERGY = re.compile(r"joules|watts|watt_hours|wh_total|energy|power", re.IGNORECASE)
# The units that a metric's own name may end in, and J or W of one.
_UNITS = {
    "joules": ("counter", 1.0), "millijoules": ("counter", 1e-3), "microjoules": ("counter", 1e-6),
    "watt_hours": ("counter", 3600.0), "kilowatt_hours": ("counter", 3.6e6), "kwh": ("counter", 3.6e6),
    "watts": ("gauge", 1.0), "milliwatts": ("gauge", 1e-3), "microwatts": ("gauge", 1e-6),
}  # fmt: skip
_NAMED = re.compile(rf".*_({'|'.join(_UNITS)})(?:_total)?", re.IGNORECASE)


@attrs.frozen
class Known:
    """What one sample is of.

    Args:
        family: what its exporter measures alike; of several families for one kind the first counts.
        kind: ``"gpu"`` or ``"node"``.
        quantity: ``"counter"`` or ``"gauge"``.
        device: the device in words.
        component: its component.
        factor: J or W of one unit.
        sensor: how well it is known.
        host: the host, where a label names it.
        series: tells counters of one device that add up (modes) apart.
        inside: the devices that hold this one, by their names.
    """

    family: str
    kind: str
    quantity: str
    device: str
    component: str
    factor: float
    sensor: Sensor
    host: str | None = None
    series: str = ""
    inside: tuple[str, ...] = ()


def known(name: str, labels: Mapping[str, str]) -> Known | None:
    """What a metric of a known exporter is, or None.

    Example:
        >>> found = known("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", {"gpu": "0", "UUID": "GPU-1"})
        >>> found.device, found.factor
        ('GPU-1', 0.001)
    """
    host = labels.get("Hostname") or labels.get("node_name") or labels.get("instance") or None
    if name in ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "DCGM_FI_DEV_POWER_USAGE"):
        device = labels.get("UUID") or f"GPU {labels.get('gpu', '?')}"
        if name.endswith("USAGE"):
            return Known("dcgm power", "gpu", "gauge", device, "gpu", 1.0, _DCGM_POWER, host)
        return Known("dcgm energy", "gpu", "counter", device, "gpu", 1e-3, _DCGM, host)
    if name == "nvidia_smi_power_draw_watts":
        device = labels.get("uuid") or "GPU"
        return Known("nvidia-smi power", "gpu", "gauge", device, "gpu", 1.0, _DCGM_POWER, host)
    return _of_node(name, labels, host)


def _of_node(name: str, labels: Mapping[str, str], host: str | None) -> Known | None:
    if old := _KEPLER_OLD.fullmatch(name):
        number = labels.get("package") or labels.get("index") or ""
        # mode is dynamic or idle: two counters that add up
        series = ",".join(f"{key}={labels[key]}" for key in ("mode", "source") if key in labels)
        return _zone("kepler energy", "counter", old[1], number, _KEPLER, host, series)
    if new := _KEPLER_NEW.fullmatch(name):
        zone, number = labels.get("zone", "package"), labels.get("path", "").rpartition("/")[2]
        watts = new[1] == "watts"
        family = "kepler power" if watts else "kepler energy"
        return _zone(family, "gauge" if watts else "counter", zone, number, _KEPLER, host)
    if node := _NODE.fullmatch(name):
        return _zone("node exporter energy", "counter", node[1], labels.get("index", ""), RAPL, host)
    if scaph := _SCAPH.fullmatch(name):
        counter = scaph[2] == "energy_microjoules"
        family, quantity = ("scaphandre energy", "counter") if counter else ("scaphandre power", "gauge")
        zone = "platform" if scaph[1] == "host" else "package"
        channel = _zone(family, quantity, zone, labels.get("socket_id", ""), _SCAPHANDRE, host)
        return None if channel is None else attrs.evolve(channel, factor=1e-6)
    return None


def _zone(
    family: str, quantity: str, zone: str, number: str, sensor: Sensor, host: str | None, series: str = ""
) -> Known | None:
    component = _ZONES.get(zone.partition("-")[0])
    if component is None:
        return None
    inside: tuple[str, ...] = () if component in ("host", "gpu") else ("platform", "psys")
    if component in ("core", "uncore"):
        inside += (f"package {_package(number)}".strip(),)
    name = f"{zone} {_package(number) if component != 'gpu' else number}".strip()
    kind = "gpu" if component == "gpu" else "node"
    return Known(
        f"{family} of GPUs" if kind == "gpu" else family,
        kind, quantity, name, component, 1.0, sensor, host, series or number, inside,
    )  # fmt: skip


def _package(number: str) -> str:
    """The package's number: of ``intel-rapl:0:1``, a part of package 0, the first one."""
    return number.partition(":")[2].partition(":")[0] if ":" in number else number


def named(name: str, labels: Mapping[str, str]) -> Known | None:
    """A metric that the user chose: unit and quantity by its own name; None where that has no unit.

    Example:
        >>> named("plug_energy_watt_hours_total", {"room": "a"}).factor
        3600.0
    """
    match = _NAMED.fullmatch(name)
    if match is None:
        return None
    quantity, factor = _UNITS[match[1].lower()]
    lower = name.lower()
    component = next((one for one in ("gpu", "cpu", "dram") if one in lower), "host")
    device = ", ".join(f"{key}={labels[key]}" for key in sorted(labels))[:200] or name
    return Known(name, "node", quantity, device, component, factor, _UNKNOWN)


def is_share(name: str) -> bool:
    """Whether a metric is a share of the node's energy: of a container, a process, a mode."""
    return _SHARE.match(name) is not None


def is_energy(name: str) -> bool:
    """Whether a metric's name speaks of energy or power."""
    return _ENERGY.search(name) is not None
