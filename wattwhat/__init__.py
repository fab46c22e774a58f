"""How many joules a deep-learning workload takes, with an honest uncertainty, and what it is worth.

The public names are loaded on first use: importing this package brings neither numpy nor torch and
looks for no plugin.

Example:
    >>> import wattwhat
    >>> with wattwhat.track("sum") as window:
    ...     total = sum(range(100_000))
    >>> window.measurement.energy_j.unit
    'J'
"""

from __future__ import annotations

from wattwhat._version import __version__
from wattwhat.records.lazy import lazy

TYPE_CHECKING = False  # as typing has it; importing that takes ten times as long as all of this package
if TYPE_CHECKING:
    from typing import Any

    from wattwhat.acquisition.phases import phases
    from wattwhat.acquisition.tracking import track
    from wattwhat.analysis.aggregation import combine
    from wattwhat.analysis.comparison import compare
    from wattwhat.errors import WattwhatError
    from wattwhat.integrations.distributed import gather
    from wattwhat.measuring.idle import idle
    from wattwhat.measuring.measure import measure
    from wattwhat.records.channel import Channel
    from wattwhat.records.measurement import Measurement
    from wattwhat.records.quantity import Quantity
    from wattwhat.scoring import Score
    from wattwhat.sensing.backend import Availability, Backend
    from wattwhat.sensing.meter import Meter, Reading
    from wattwhat.workloads.base import Workload

_HOMES = {
    "Availability": "wattwhat.sensing.backend",
    "Backend": "wattwhat.sensing.backend",
    "Channel": "wattwhat.records.channel",
    "Measurement": "wattwhat.records.measurement",
    "Meter": "wattwhat.sensing.meter",
    "Quantity": "wattwhat.records.quantity",
    "Reading": "wattwhat.sensing.meter",
    "Score": "wattwhat.scoring",
    "WattwhatError": "wattwhat.errors",
    "Workload": "wattwhat.workloads.base",
    "combine": "wattwhat.analysis.aggregation",
    "compare": "wattwhat.analysis.comparison",
    "gather": "wattwhat.integrations.distributed",
    "idle": "wattwhat.measuring.idle",
    "logs": "wattwhat.logs",
    "measure": "wattwhat.measuring.measure",
    "phases": "wattwhat.acquisition.phases",
    "predict": "wattwhat.predict",
    "report": "wattwhat.report",
    "scoring": "wattwhat.scoring",
    "study": "wattwhat.study",
    "testing": "wattwhat.testing",
    "track": "wattwhat.acquisition.tracking",
}

__all__ = [  # noqa: RUF022 - in the order in which a reader meets them
    "measure",
    "track",
    "phases",
    "idle",
    "compare",
    "combine",
    "gather",
    "Measurement",
    "Quantity",
    "Channel",
    "Meter",
    "Reading",
    "Backend",
    "Availability",
    "Workload",
    "Score",
    "WattwhatError",
    "__version__",
]

__getattr__, __dir__ = lazy(__name__, _HOMES)


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext wattwhat`` calls: ``%%energy`` measures a cell."""
    from wattwhat.integrations.notebook import register

    register(shell)
