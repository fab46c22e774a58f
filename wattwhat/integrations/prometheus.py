"""Joules and watts for Prometheus: one series a channel, read when it is scraped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from wattwhat.integrations.live_energy import LiveEnergy
from wattwhat.records.measurement import Measurement

__all__ = ["EnergyCollector", "serve"]

# In the order of `LiveChannel.names`.
_LABELS = ("channel", "backend", "device", "component", "provenance", "counted")


class EnergyCollector:
    """A collector of prometheus_client: ``wattwhat_joules_total`` and ``wattwhat_watts`` for each channel.

    The label ``counted`` is ``"true"`` for channels that do not contain each other: the sum over these is the
    host's. A package and its cores are both there, and adding all series up would count joules twice:
    ``sum(rate(wattwhat_joules_total{counted="true"}[5m]))``.

    Joules are those since the collector was made; what a counter lost or reset is bridged as in any window,
    and after a restart they begin at 0 again, as Prometheus expects. Watts are the mean power since the
    scrape before; the first one has none. A channel that cannot be read is absent, never 0, and counted in
    ``wattwhat_lost_channels``.

    Args:
        backends: names of backends to use; None takes every available one.
        live: what is asked, in place of channels of its own.

    Raises:
        BackendError: a backend that was asked for cannot serve.
    """

    def __init__(self, backends: Sequence[Any] | None = None, *, live: LiveEnergy | None = None) -> None:
        self._live = live or LiveEnergy(backends)

    def measured(self) -> Measurement:
        """What was taken since the collector was made."""
        return self._live.measured()

    def collect(self) -> Iterator[Any]:
        """What prometheus_client calls at each scrape."""
        joules = CounterMetricFamily("wattwhat_joules", "Energy of a channel.", labels=_LABELS)
        u_joules = GaugeMetricFamily(
            "wattwhat_joules_u", "Standard uncertainty of the energy of a channel.", labels=_LABELS
        )
        watts = GaugeMetricFamily("wattwhat_watts", "Mean power since the last scrape.", labels=_LABELS)
        lost = GaugeMetricFamily("wattwhat_lost_channels", "Channels that cannot be read.")
        reading = self._live.read()
        for one in reading.channels:
            labels = list(one.names().values())
            joules.add_metric(labels, one.energy_j)
            u_joules.add_metric(labels, one.u_j)
            if one.power_w is not None:
                watts.add_metric(labels, one.power_w)
        lost.add_metric([], len(reading.lost))
        yield from (joules, u_joules, watts, lost)

    def close(self) -> None:
        """Stop measuring."""
        self._live.close()


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
