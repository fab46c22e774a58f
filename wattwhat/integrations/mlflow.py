"""Joules in MLflow: the numbers of a measurement as metrics of a run, and power beside its system metrics."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import mlflow
from mlflow.system_metrics.metrics.base_metrics_monitor import BaseMetricsMonitor

from wattwhat.errors import ArgumentError
from wattwhat.integrations.live_energy import LiveChannel, LiveEnergy
from wattwhat.integrations.logged import facts, taken

__all__ = ["EnergyMonitor", "log", "system_metrics"]

# What MLflow does not take in the name of a metric; dots and doubled slashes, since names may become paths.
_REFUSED, _LONGEST = re.compile(r"[^\w/ -]+", re.ASCII), 200


def log(
    measured: Any, run_id: str | None = None, step: int | None = None, *, prefix: str = "energy/"
) -> None:
    """Log a measurement's numbers as metrics; its provenance and warnings become tags of the run.

    Args:
        measured: a Measurement, or a window that has stopped.
        run_id: of the run; None takes the active one, or begins one, as MLflow does.
        step: step of the metrics.
        prefix: put before the name of each.

    Raises:
        ArgumentError: there is no measurement.
    """
    measurement = taken(measured)
    mlflow.log_metrics(measurement.flat(prefix), step=step, run_id=run_id)
    used = run_id or mlflow.active_run().info.run_id
    for name, text in facts(measurement, prefix).items():
        mlflow.MlflowClient().set_tag(used, name, text)


class EnergyMonitor(BaseMetricsMonitor):
    """Power (mean, W) and energy (until now, J) of each channel, and of all that do not contain each other.

    Args:
        live: what is asked.
    """

    def __init__(self, live: LiveEnergy) -> None:
        super().__init__()
        self._live = live

    def collect_metrics(self) -> None:
        """Ask every channel; one that cannot be read is left out, never 0."""
        channels = self._live.read().channels
        metrics = {f"{_name(one)}/{unit}": value for one in channels for unit, value in _values(one)}
        counted = [dict(_values(one)) for one in channels if one.counted]
        for unit in ("energy_joules", "power_watts"):
            values = [one[unit] for one in counted if unit in one]
            if values and len(values) == len(counted):  # a sum that lacks one of them would be a lower number
                metrics[unit] = math.fsum(values)
        for name, value in metrics.items():
            self._metrics[name].append(value)

    def aggregate_metrics(self) -> dict[str, float]:
        """The mean of powers, and the latest of energies."""
        return {
            name: values[-1] if name.endswith("_joules") else math.fsum(values) / len(values)
            for name, values in self._metrics.items()
        }


@contextmanager
def system_metrics(
    run_id: str | None = None, *, backends: Sequence[Any] | None = None, every_s: float = 10.0
) -> Iterator[None]:
    """Log power and energy under ``system/`` from a thread of MLflow's own, and once more at the end.

    Args:
        run_id: of the run; None takes the active one.
        backends: names of backends to use; None takes every available one.
        every_s: seconds between two samples; MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL goes before it.

    Raises:
        ArgumentError: there is no run.
        BackendError: a backend that was asked for cannot serve.
    """
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    active = mlflow.active_run()
    if run_id is None and active is None:
        raise ArgumentError(
            "there is no active run", argument="run_id", remedy="call mlflow.start_run() first, or give one"
        )
    used = run_id or active.info.run_id
    monitor = SystemMetricsMonitor(used, sampling_interval=every_s, resume_logging=True)
    live = LiveEnergy(backends)
    monitor.monitors = [EnergyMonitor(live)]
    try:
        monitor.start()
        yield
    finally:
        _finish(monitor)
        live.close()


def _finish(monitor: Any) -> None:
    """The last sample: MLflow drops what came after the latest full period, all of a short run."""
    try:
        monitor.finish()
        monitor.collect_metrics()
        monitor.publish_metrics(monitor.aggregate_metrics())
        monitor.mlflow_logger.flush()
    except Exception as err:  # the promise: measuring never ends a training
        from wattwhat.plugins import pass_on

        pass_on(err)
        logging.getLogger("wattwhat").warning("mlflow: %s: %s", type(err).__name__, err)


def _name(one: LiveChannel) -> str:
    """The channel's id without its host, which MLflow keeps by itself."""
    parts = _REFUSED.sub("_", one.channel.id).split("/")[1:]
    return "/".join(part for part in parts if part)[:_LONGEST] or one.channel.component


def _values(one: LiveChannel) -> list[tuple[str, float]]:
    power = [] if one.power_w is None else [("power_watts", one.power_w)]
    return [("energy_joules", one.energy_j), *power]
