"""Who measured the power in a table, as far as its header and stamps tell, and which powers it leaves out."""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from wattwhat.logs.building.known_sensors import NVML, Sensor
from wattwhat.logs.nvidia_smi.columns import Columns, unit_of_header

__all__ = ["UNKNOWN", "powers_left_out", "sensor_of"]

# A column called power may come from any sensor or model; as for the energies of tables (ours).
UNKNOWN = Sensor("a table's power (it does not say how it was measured)", 0.1, False)
# "power.draw.average" is the mean of the last second, on Ampere (except GA100) and later (nvml.h).
_AVERAGED = attrs.evolve(NVML, update_period_s=1.0, averaging_window_s=1.0)
_STAMP = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3}")
_QUERY = re.compile(r"(?:utilization|memory|temperature|clocks|power|enforced|pcie|fan|ecc)\.[a-z_.]{1,60}")
_POWER = re.compile(r"(?:^|[_. ])(?:power|watts?)(?:$|[_. ])", re.IGNORECASE)
_NO_DRAW = re.compile(r"limit|max|min|avg|average|state|management|default|cap|%|percent|util", re.IGNORECASE)


def sensor_of(columns: Columns, header: Sequence[str], cells: Sequence[str]) -> Sensor:
    """The sensor behind a power column: NVML's where names or stamps are nvidia-smi's, else unknown.

    Args:
        columns: of the table.
        header: its first line, which may be a row where there is no header.
        cells: a row.

    Example:
        >>> sensor_of(Columns(1, kind="power_w", time=0), ["timestamp", "power_w"], ["0", "40"]).gain_error
        0.1
    """
    if columns.kind.endswith(".average"):
        return _AVERAGED
    names = [unit_of_header(cell)[0] for cell in header]
    queried = ".draw" in columns.kind or any(_QUERY.fullmatch(name) for name in names)
    stamped = any(_STAMP.fullmatch(cell) for cell in (*header, *cells))
    return NVML if queried or stamped else UNKNOWN


def powers_left_out(columns: Columns, header: Sequence[str]) -> list[str]:
    """Other columns that name a power of something else, which the sum does not hold.

    Example:
        >>> powers_left_out(Columns(1), ["timestamp", "gpu_power_w", "cpu_power_w", "power.limit [W]"])
        ['cpu_power_w']
    """
    others = [name for k, name in enumerate(header) if k != columns.power]
    return [name for name in others if _POWER.search(unit_of_header(name)[0]) and not _NO_DRAW.search(name)]
