"""Joules and watts for Prometheus: one series a channel, read when it is scraped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from wattwhat.acquisition.tracking import track
from wattwhat.records.measurement import Measurement

__all__ = ["EnergyCollector", "serve"]

_LABELS = ("channel", "backend", "device", "component", "provenance", "counted")


class EnergyCollector:
    """A collector of prometheus_client: ``wattwhat_joules_total`` and ``wattwhat_watts`` for each channel.

    The label ``counted`` is ``"true"`` for channels that do not contain each other: the sum over these is the
    host's. A package and its cores are both there, and adding all series up would count joules twice:
    ``sum(rate(wattwhat_joules_total{counted="true"}[5m]))``.

    Joules are those since the collector was made; what a counter lost or reset is bridged as in any window.
    Watts are the mean power between two scrapes; the first one has none. A channel that cannot be read is
    absent, never 0, and counted in ``wattwhat_lost_channels``.

    Args:
        backends: names of backends to use; None takes every available one.
        clock: seconds; for tests.

    Raises:
        BackendError: a backend that was asked for cannot serve.
    """

    def __init__(
        self, backends: Sequence[Any] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._window = track("prometheus", backends=backends, sync=False).start()
        self._clock, self._lock = clock, threading.Lock()
        self._before: dict[str, tuple[float, float]] = {}

    def measured(self) -> Measurement:
        """What was taken since the collector was made."""
        return self._window.so_far()

    def collect(self) -> Iterator[Any]:
        """What prometheus_client calls at each scrape."""
        joules = CounterMetricFamily("wattwhat_joules", "Energy of a channel.", labels=_LABELS)
        u_joules = GaugeMetricFamily(
            "wattwhat_joules_u", "Standard uncertainty of the energy of a channel.", labels=_LABELS
        )
        watts = GaugeMetricFamily("wattwhat_watts", "Mean power since the last scrape.", labels=_LABELS)
        lost = GaugeMetricFamily("wattwhat_lost_channels", "Channels that cannot be read.")
        with self._lock:
            now_s, missing = self._clock(), 0
            for entry in self.measured().channels:
                if entry.energy_j is None or not entry.energy_j.known:
                    missing += 1
                    continue
                channel, value_j = entry.channel, entry.energy_j.value
                names = [channel.id, channel.backend, channel.device, channel.component, entry.provenance]
                labels = [*names, str(entry.counted).lower()]
                before_s, before_j = self._before.get(channel.id, (now_s, 0.0))
                joules.add_metric(labels, max(value_j, before_j))  # a counter of Prometheus never falls
                u_joules.add_metric(labels, entry.energy_j.u)
                if now_s > before_s:
                    watts.add_metric(labels, max(value_j - before_j, 0.0) / (now_s - before_s))
                self._before[channel.id] = now_s, max(value_j, before_j)
        lost.add_metric([], missing)
        yield from (joules, u_joules, watts, lost)

    def close(self) -> None:
        """Stop measuring."""
        self._window.stop()


def serve(
    port: int = 9935, address: str = "127.0.0.1", backends: Sequence[Any] | None = None
) -> tuple[Any, Callable[[], None]]:
    """Serve the metrics over HTTP from a thread.

    Args:
        port: where to listen; 0 takes a free one.
        address: of which interface; the default is reached from this machine only.
        backends: names of backends to use; None takes every available one.

    Returns:
        The server (``server.server_port`` tells its port), and a function that ends it.

    Raises:
        OSError: the port is taken, or may not be used.
        BackendError: a backend that was asked for cannot serve.
    """
    registry, collector = CollectorRegistry(), EnergyCollector(backends)
    try:
        registry.register(collector)
        server, thread = start_http_server(port, addr=address, registry=registry)
    except BaseException:
        collector.close()
        raise

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()
        collector.close()

    return server, end
