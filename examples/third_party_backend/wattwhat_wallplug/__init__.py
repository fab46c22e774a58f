"""A wattwhat backend for a network wall plug: what the whole computer draws, as the plug counts it.

The plug answers HTTP with JSON, as Shelly's Gen2 plugs do (their documentation of Switch.GetStatus and
Shelly.GetDeviceInfo is the source of the names and units used here). Nothing is asked over the
network until an address is given, as any option of a backend: ``--backend-option wallplug.url=...``, the
environment variable ``WATTWHAT_WALLPLUG_URL``, ``url = ...`` below ``[backends.wallplug]`` in the
configuration file, or the argument of the class.
"""

from __future__ import annotations

from typing import Any

from wattwhat import Availability, Backend, Channel, Meter, Reading
from wattwhat.errors import ArgumentError, BackendError, MeterError, MeterLostError, WattwhatError
from wattwhat.sensing.host import host_name
from wattwhat_wallplug.plug import Plug, PlugError, checked_url

__all__ = ["WallPlugBackend", "WallPlugMeter"]

ENVIRONMENT = "WATTWHAT_WALLPLUG_URL"  # read by wattwhat, which calls the class with url=
WH_IN_J = 3600.0
# The plug prints aenergy.total with three decimals of a Wh, and apower with one of a W.
COUNTER_STEP_J = 0.001 * WH_IN_J
GAUGE_STEP_W = 0.1


class WallPlugMeter(Meter):
    """Reads one switch of a plug.

    Args:
        plug: how it is asked.
        switch: number of the switch on the plug.
        channel: what it measures; a counter reads aenergy.total, a gauge apower.
    """

    def __init__(self, plug: Plug, switch: int, channel: Channel) -> None:
        self.channel = channel
        self._plug = plug
        self._switch = switch
        self._closed = False

    def read(self) -> Reading:
        """Ask the plug once.

        Returns:
            The middle of the request, and J (counter) or W (gauge).

        Raises:
            MeterError: no answer, refused, or not the answer of a plug.
            MeterLostError: the plug answers, and says that there is no such switch.
        """
        if self._closed:
            raise MeterError(f"{self.channel.id} is closed; open the backend again")
        try:
            status, t_ns = self._plug.status(self._switch)
            value = energy_j(status) if self.channel.is_counter else power_w(status)
        except PlugError as err:
            kind = MeterLostError if err.gone else MeterError
            raise kind(f"{self.channel.id}: {err}") from err
        if value is None:
            raise MeterError(
                f"{self.channel.id}: the plug's answer lacks the number; its firmware may have changed"
            )
        return Reading(t_ns, value)

    def close(self) -> None:
        """After this, reads fail; there is no connection to give back."""
        self._closed = True


class WallPlugBackend(Backend):
    """The plug that the computer hangs on.

    Args:
        url: address such as ``http://192.168.1.20``; without one, nothing is asked.
        switch: number of the switch on the plug.
        quantity: ``"energy"``, ``"power"``, or None for energy where the plug counts it, else power.
        timeout_s: longest wait for an answer, in s.
    """

    name = "wallplug"

    def __init__(
        self, url: str | None = None, *, switch: int = 0, quantity: str | None = None, timeout_s: float = 1.0
    ) -> None:
        if quantity not in (None, "energy", "power"):
            raise ArgumentError(f"quantity: {quantity!r} is not 'energy', 'power' or None")
        self._url = (url or "").strip().rstrip("/")
        self._switch = switch
        self._quantity = quantity
        self._timeout_s = timeout_s

    def probe(self) -> Availability:
        """Ask the plug, if one is named; without an address nothing is sent."""
        url = self._url
        if not url:
            return Availability(
                False,
                "no wall plug is named, and none is looked for on the network",
                f"set {ENVIRONMENT} to the plug's address, for instance http://192.168.1.20",
            )
        try:
            channel = self._found()[1]
        except WattwhatError as err:
            # A plug that is named and does not answer may do so later: windows then ask it again.
            return Availability(
                False,
                str(err),
                f"open {url}/rpc/Switch.GetStatus?id={self._switch} in a browser",
                for_now=True,
            )
        return Availability(True, f"{channel.device} answers at {url}")

    def meters(self) -> list[Meter]:
        """One meter for the plug.

        Raises:
            BackendError: no address is given, or no plug answers there.
        """
        plug, channel = self._found()
        return [WallPlugMeter(plug, self._switch, channel)]

    def _found(self) -> tuple[Plug, Channel]:
        url = self._url
        if not url:
            raise BackendError(f"no wall plug is named; set {ENVIRONMENT} or give url=")
        try:
            plug = Plug(checked_url(url), self._timeout_s)
            return plug, self._channel(plug.info(), plug.status(self._switch)[0])
        except PlugError as err:
            raise BackendError(f"the wall plug at {url}: {err}") from err

    def _channel(self, info: dict[str, Any], status: dict[str, Any]) -> Channel:
        counts = energy_j(status) is not None and self._quantity != "power"
        if not counts and power_w(status) is None:
            raise PlugError(
                "it shows neither aenergy.total nor apower; a plug without a meter cannot be read"
            )
        if self._quantity == "energy" and not counts:
            raise PlugError("it has no aenergy.total; use quantity='power'")
        return Channel(
            # The hardware address names the plug wherever it is plugged in; its IP address may change.
            id=f"{host_name()}/{self.name}/{info['mac']}/switch-{self._switch}",
            backend=self.name,
            device=f"wall plug {info.get('model') or info['mac']}",
            component="wall",
            quantity="energy" if counts else "power",
            resolution=COUNTER_STEP_J if counts else GAUGE_STEP_W,
            source=f"Switch.GetStatus {'aenergy.total' if counts else 'apower'}",
        )


def energy_j(status: dict[str, Any]) -> float | None:
    """The plug's counter in J, or None if it has none.

    Example:
        >>> energy_j({"apower": 8.9, "aenergy": {"total": 1.5}})
        5400.0
    """
    counter = status.get("aenergy")
    total_wh = _number(counter.get("total")) if isinstance(counter, dict) else None
    return None if total_wh is None else total_wh * WH_IN_J


def power_w(status: dict[str, Any]) -> float | None:
    """The plug's power in W, or None if it shows none.

    Example:
        >>> power_w({"apower": 8.9})
        8.9
    """
    return _number(status.get("apower"))


def _number(value: Any) -> float | None:
    # JSON's true is an int to Python, but no reading.
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
