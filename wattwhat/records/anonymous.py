"""Records without the name of the machine they were made on, to be shared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wattwhat.records.small_files import read_small_text

if TYPE_CHECKING:
    from wattwhat.records.measurement import Measurement

__all__ = ["anonymous", "pseudonym", "without_hosts"]

_MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")


def anonymous(measurement: Measurement) -> Measurement:
    """The measurement with a pseudonym in place of each host's name: in ids, environment and warnings.

    The label and what else was written by the user stays as it is, and so does what names a device, such as
    the UUID of a GPU.

    Args:
        measurement: what is to be shared.

    Example:
        >>> from wattwhat import Measurement, Quantity
        >>> one = Measurement(label="a", energy_j=Quantity(1, 0.1, "J"), environment={"host": "lab1"})
        >>> anonymous(one).environment["host"].startswith("host-")
        True
    """
    from wattwhat.records.measurement import Measurement

    named = measurement.environment.get("host")
    hosts = {named} if isinstance(named, str) else set()
    for channel in (entry.channel for entry in measurement.channels):
        hosts |= {one.split("/")[0] for one in (channel.id, *channel.contains) if one.count("/") > 1}
    return Measurement.from_dict(without_hosts(measurement.to_dict(), hosts))


def without_hosts(data: Any, hosts: Iterable[str]) -> Any:
    """Plain data with pseudonyms for hosts: where an id begins with one, as ``host``, and in warnings.

    Args:
        data: mappings, lists and texts, as JSON has them.
        hosts: names to leave out.

    Example:
        >>> sorted(without_hosts({"id": "lab1/nvml/0", "component": "gpu"}, ["lab1", "gpu"]).values())
        ['gpu', 'host-.../nvml/0']
    """
    names = "|".join(re.escape(host) for host in sorted(hosts, key=len, reverse=True) if host)
    if not names:
        return data
    begun = re.compile(rf"(?<![\w./-])({names})(?=/)")
    pattern = re.compile(rf"(?<![^\W_])({names})(?:\.[\w-]+)*(?![^\W_])")
    return _replaced(data, begun, pattern)


def _replaced(data: Any, begun: re.Pattern[str], pattern: re.Pattern[str]) -> Any:
    if isinstance(data, str):
        return begun.sub(lambda found: pseudonym(found[1]), data)
    if isinstance(data, Mapping):
        # what is a host's name, and sentences that may hold one, are looked at word by word
        return {
            key: _replaced(value, pattern if _may_name(key, value) else begun, pattern)
            for key, value in data.items()
        }
    return [_replaced(one, begun, pattern) for one in data] if isinstance(data, (list, tuple)) else data


def _may_name(key: str, value: Any) -> bool:
    """Whether a text there is a host's name or a sentence: the conditions of a host are neither."""
    return key in ("warnings", "error") or (key == "host" and isinstance(value, str))


@lru_cache(maxsize=256)
def pseudonym(host: str) -> str:
    """A name for a host that tells nobody else which it is, and is the same in every run on this machine.

    It is a hash of the name with the machine's own id as the key, which is kept secret as systemd asks for.

    Args:
        host: its name.
    """
    import hashlib

    return f"host-{hashlib.blake2b(host.encode(), key=_machine_key(), digest_size=4).hexdigest()}"


def _machine_key() -> bytes:
    for path in _MACHINE_IDS:
        try:
            return read_small_text(path, 256).strip().encode()[:64]
        except (OSError, ValueError):
            continue
    import uuid

    return str(uuid.getnode()).encode()
