"""How a plug is asked: one short HTTP request, and one kind of error for all that can go wrong."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import attrs

__all__ = ["Plug", "PlugError", "checked_url"]

# A plug stands in the local network: a proxy for the outside would only get in the way.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_LONGEST_ANSWER = 65536


class PlugError(Exception):
    """The plug gave no number.

    Attributes:
        gone: whether every later request will fail, too.
    """

    def __init__(self, message: str, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


def checked_url(url: str) -> str:
    """The address, if it can be one.

    Raises:
        PlugError: it is not of the form ``http://host``.

    Example:
        >>> checked_url("http://192.168.1.20")
        'http://192.168.1.20'
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise PlugError(f"{url!r} is not an address; expected one such as http://192.168.1.20")
    return url


@attrs.frozen
class Plug:
    """A plug at an address. It keeps no connection, so threads and forked processes may share it.

    Args:
        url: ``http://host[:port]``.
        timeout_s: longest wait for an answer, in s.
    """

    url: str
    timeout_s: float

    def info(self) -> dict[str, Any]:
        """Model and hardware address.

        Raises:
            PlugError: no usable answer.
        """
        found = self._get("/rpc/Shelly.GetDeviceInfo")[0]
        if not isinstance(found.get("mac"), str) or not found["mac"]:
            raise PlugError("its answer to GetDeviceInfo has no 'mac'; this is no plug that is known here")
        return found

    def status(self, switch: int) -> tuple[dict[str, Any], int]:
        """What a switch shows, and when (ns of the monotonic clock).

        Raises:
            PlugError: no usable answer.
        """
        return self._get(f"/rpc/Switch.GetStatus?id={switch}")

    def _get(self, path: str) -> tuple[dict[str, Any], int]:
        before_ns = time.monotonic_ns()
        try:
            with _DIRECT.open(self.url + path, timeout=self.timeout_s) as answer:
                text = answer.read(_LONGEST_ANSWER)
        except urllib.error.HTTPError as err:
            err.close()
            raise _refused(err.code) from err
        except (OSError, http.client.HTTPException, ValueError) as err:
            raise PlugError(f"no answer within {self.timeout_s:g} s ({err or type(err).__name__})") from err
        after_ns = time.monotonic_ns()
        try:
            data = json.loads(text)
        except ValueError as err:
            raise PlugError(f"its answer is not JSON: {text[:60]!r}") from err
        if not isinstance(data, dict):
            raise PlugError(f"its answer is not a JSON object: {text[:60]!r}")
        # The number dates from somewhere in between.
        return data, (before_ns + after_ns) // 2


def _refused(code: int) -> PlugError:
    if code in (401, 403):
        return PlugError(
            f"it wants a password (HTTP {code}); switch authentication off, it is not supported here"
        )
    if code == 404:
        return PlugError("it has no such switch (HTTP 404); check the number and the model", gone=True)
    return PlugError(f"it answered with HTTP {code}")
