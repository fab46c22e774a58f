"""Services that tell the carbon intensity of a grid: asked over the network, only where somebody says so."""

from __future__ import annotations

import json
import math
import os
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta
from typing import Any

import attrs

from wattwhat.errors import ArgumentError, WattwhatError, error_text
from wattwhat.intensity.sources import Piece, during, span_of, utc
from wattwhat.records.quantity import Quantity

__all__ = ["ElectricityMaps", "NationalGrid"]

_TIMEOUT_S = 10.0
_MOST_BYTES = 4_000_000


class NationalGrid:
    """Great Britain's carbon intensity by half-hours, from the API of its system operator (NESO); no key.

    The actual value of a half-hour counts, else the forecast; how far apart both are is in the uncertainty.
    https://carbon-intensity.github.io/api-definitions

    Args:
        url: where the service is; for tests and mirrors.
        timeout_s: how long to wait for an answer.
    """

    def __init__(
        self, url: str = "https://api.carbonintensity.org.uk", timeout_s: float = _TIMEOUT_S
    ) -> None:
        self._url, self._timeout_s = url.rstrip("/"), timeout_s

    def __call__(self, started_at: datetime, duration_s: float) -> Quantity:
        """Ask for a run.

        Raises:
            WattwhatError: there was no answer, or none that can be understood.
            ArgumentError: the run is not covered by it.
        """
        begin, end = span_of(started_at, duration_s)
        half = timedelta(minutes=30)
        stamps = "/".join(one.strftime("%Y-%m-%dT%H:%MZ") for one in (begin - half, end + half))
        data = _answer(f"{self._url}/intensity/{stamps}", {}, self._timeout_s)
        pieces: list[Piece] = []
        apart: list[float] = []
        try:
            for one in data["data"]:
                actual, forecast = one["intensity"].get("actual"), one["intensity"].get("forecast")
                value = actual if actual is not None else forecast
                if value is None:
                    continue
                pieces.append((utc(one["from"]), utc(one["to"]), float(value)))
                if actual is not None and forecast is not None:
                    apart.append(float(actual) - float(forecast))
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            raise _nonsense(self._url, err) from err
        intensity = during(pieces, started_at, duration_s)
        off = math.sqrt(math.fsum(one * one for one in apart) / len(apart)) if apart else 0.0
        return attrs.evolve(intensity, u=math.hypot(intensity.u, off))


class ElectricityMaps:
    """The carbon intensity of any zone by hours, from Electricity Maps; needs a token.

    https://app.electricitymaps.com/docs (endpoint ``carbon-intensity/past``)

    Args:
        zone: the zone's code, such as ``"DE"``; none is ever assumed.
        token: of your account; None reads ELECTRICITYMAPS_TOKEN.
        url: where the service is; for tests and mirrors.
        timeout_s: how long to wait for each answer.

    Raises:
        ArgumentError: zone or token is missing.
    """

    def __init__(
        self,
        zone: str,
        token: str | None = None,
        url: str = "https://api.electricitymaps.com/v3",
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        token = token or os.environ.get("ELECTRICITYMAPS_TOKEN")
        if not isinstance(zone, str) or not zone.strip():
            raise ArgumentError(argument="zone", expected="a zone's code such as 'DE'", got=zone)
        if not token:
            raise ArgumentError(
                argument="token", expected="the token of an account, here or in ELECTRICITYMAPS_TOKEN"
            )
        self._zone, self._token, self._url, self._timeout_s = zone.strip(), token, url.rstrip("/"), timeout_s

    def __call__(self, started_at: datetime, duration_s: float) -> Quantity:
        """Ask for each hour of a run, at most 1,000 of them.

        Raises:
            WattwhatError: there was no answer, or none that can be understood.
            ArgumentError: the run is too long.
        """
        begin, end = span_of(started_at, duration_s)
        hour = begin.replace(minute=0, second=0, microsecond=0)
        pieces: list[Piece] = []
        while hour < end:
            if len(pieces) >= 1000:
                raise ArgumentError(
                    "more than 1,000 hours are not asked for one by one", argument="duration_s"
                )
            query = urllib.parse.urlencode({"zone": self._zone, "datetime": hour.isoformat()})
            headers = {"auth-token": self._token}
            data = _answer(f"{self._url}/carbon-intensity/past?{query}", headers, self._timeout_s)
            try:
                value = float(data["carbonIntensity"])
            except (KeyError, TypeError, ValueError) as err:
                raise _nonsense(self._url, err) from err
            if not 0.0 <= value < math.inf:
                raise _nonsense(self._url, ValueError(f"an intensity of {value}"))
            pieces.append((hour, hour + timedelta(hours=1), value))
            hour += timedelta(hours=1)
        return during(pieces, started_at, duration_s)


def _answer(url: str, headers: dict[str, str], timeout_s: float) -> Any:
    """The JSON that a service answers with; a bounded part of it, in a bounded time."""
    request = urllib.request.Request(url, headers={"Accept": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return json.loads(answer.read(_MOST_BYTES))
    except urllib.error.HTTPError as err:
        with err:
            hint = "; too many questions: wait, or keep a file of hours" if err.code == 429 else ""
            raise WattwhatError(f"{_host(url)} answered {err.code} {err.reason}{hint}") from None
    except (OSError, ValueError) as err:
        reason = getattr(err, "reason", None) or err
        raise WattwhatError(f"{_host(url)} gave no answer that can be read: {reason}") from err


def _nonsense(url: str, err: Exception) -> WattwhatError:
    return WattwhatError(f"{_host(url)} answered something else than intensities ({error_text(err)})")


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc
