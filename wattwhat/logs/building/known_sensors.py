"""How well the sensors behind other tools' logs are known: gain errors and update periods, with sources."""

from __future__ import annotations

from functools import lru_cache

import attrs

__all__ = [
    "AMD_SMU",
    "APPLE",
    "INA3221",
    "NVML",
    "RAPL",
    "TDP_MODEL",
    "TOOL_TOTAL",
    "WALL_ANALYZER",
    "Sensor",
]


@attrs.frozen
class Sensor:
    """A kind of sensor as far as logs of it need it.

    Args:
        name: what it is.
        gain_error: standard uncertainty of the gain, a fraction (k=1).
        stated: whether the maker states that figure; where it is ours, a warning says so.
        update_period_s: seconds between two new values; None takes the log's own interval.
        averaging_window_s: seconds that one value averages; None is unknown, which counts as the worst
            that was published (a quarter of the period).
        averages_rows: whether a row's power is the mean since the row before.
        note: the source of the figures.
    """

    name: str
    gain_error: float
    stated: bool
    update_period_s: float | None = None
    averaging_window_s: float | None = None
    averages_rows: bool = False
    note: str = ""

    @property
    def warning(self) -> str | None:
        """The sentence that a Measurement carries where the figure is ours, else None."""
        return None if self.stated else _assumption(self.name, self.gain_error)


@lru_cache(maxsize=256)  # every row of a file says it
def _assumption(name: str, gain_error: float) -> str:
    return (
        f"the accuracy of {name} is not stated by its maker; "
        f"{100.0 * gain_error:.2g} % (k=1) is wattwhat's assumption"
    )


# A limit of +-a counts as a rectangular distribution, so u = a / sqrt(3) (GUM 4.3.7).
NVML = Sensor(
    "NVML's power reading",
    0.029,
    True,
    update_period_s=0.1,
    note="+-5 % in NVIDIA's documentation of power.draw; period and window: arXiv 2312.02741",
)
RAPL = Sensor(
    "RAPL",
    0.029,
    False,
    averages_rows=True,
    note="+-5 % taken: Khan et al. 2018, doi:10.1145/3177754, find a few percent on Haswell and later",
)
AMD_SMU = Sensor("the AMD GPU's power reading", 0.058, False, note="+-10 % taken; AMD states no figure")
INA3221 = Sensor(
    "the board's INA3221 power monitor",
    0.029,
    False,
    note="+-5 % taken: the chip is better than 1 %, the shunt and the unseen channels are not stated",
)
APPLE = Sensor(
    "powermetrics",
    0.10,
    False,
    averages_rows=True,
    note="Apple calls the figures estimates that must not be compared between devices",
)
WALL_ANALYZER = Sensor(
    "the wall power analyzer",
    0.006,
    False,
    averages_rows=True,
    note="+-1 % is what SPEC's PTDaemon asks of the analyzers that it accepts",
)
TOOL_TOTAL = Sensor("the tool that wrote the total", 0.05, False, note="ours, where the tool reads a sensor")
TDP_MODEL = Sensor("a power model (TDP)", 0.4, False, note="ours, where the tool estimates")
