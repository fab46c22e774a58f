"""The room of jtop: asks it through a child process, and says what to do when it refuses.

jtop is never imported here: that would set multiprocessing's start method of the whole process.
"""

from __future__ import annotations

import json
import os
import sys

from wattwhat.errors import MeterLostError

__all__ = ["command", "explain", "parse_line", "trouble"]

_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_jtop_child.py")

# What its client says (jetson-stats 7.2, jtop.py) -> what mends it.
_REMEDIES = (
    ("No module named", "install the service's version of it there: pip install jetson-stats (AGPL-3.0)"),
    ("Mismatch version", "give both the same version, then: sudo systemctl restart jtop.service"),
    ("Mismatch of Python", "name the interpreter that the service runs with as jtop_python"),
    ("not active", "start it: sudo systemctl enable --now jtop.service (new: sudo jtop --install-service)"),
    ("can't access", "join its group and log in again: sudo usermod -aG jtop $USER"),
    ("Authentication", "reinstall jetson-stats, so that client and service come from one place"),
)


def command(python: str | None, interval_s: float) -> list[str]:
    """Program and arguments of the child.

    Args:
        python: the interpreter that has jetson-stats; None for the one that runs.
        interval_s: seconds between two samples.
    """
    return [python or sys.executable, _SCRIPT, repr(interval_s)]


def parse_line(line: str) -> dict[str, float] | None:
    """The power of each rail in a line of the child.

    Returns:
        Rail -> W; None for a line that is not the child's.

    Raises:
        MeterLostError: the child tells why there is nothing to read.

    Example:
        >>> parse_line('{"rails": {"VDD_IN": 5321}}')
        {'VDD_IN': 5.321}
    """
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    if not isinstance(fields, dict):
        return None
    if "error" in fields:
        raise MeterLostError("jtop: {}; {}".format(*explain(str(fields["error"]))))
    rails = fields.get("rails")
    if not isinstance(rails, dict):
        return None
    return {name: float(milliwatt) * 1e-3 for name, milliwatt in rails.items()} or None


def explain(message: str) -> tuple[str, str]:
    """Reason and remedy for what jtop's client said.

    Example:
        >>> explain("I can't access jtop.service.")[1]
        'join its group and log in again: sudo usermod -aG jtop $USER'
    """
    reason = " ".join(message.split()).rstrip(".")
    for mark, remedy in _REMEDIES:
        if mark in message:
            return reason, remedy
    return reason, "look into its log: journalctl -u jtop.service"


def trouble(root: str, python: str | None) -> tuple[str, str] | None:
    """Reason and remedy if jtop surely cannot be asked; None if it is worth a try. Starts nothing."""
    if python is None:
        import importlib.util

        if importlib.util.find_spec("jtop") is None:
            return explain(f"No module named 'jtop' in {sys.executable}")
    elif not os.access(python, os.X_OK):
        return f"jtop_python {python} is no program that can be run", "give the path of a Python interpreter"
    if root != "/":
        return None
    socket = "/run/jtop.sock"
    if not os.path.exists(socket):
        return explain(f"The jtop.service is not active ({socket} is missing)")
    if not os.access(socket, os.R_OK | os.W_OK):
        return explain(f"I can't access jtop.service ({socket})")
    return None
