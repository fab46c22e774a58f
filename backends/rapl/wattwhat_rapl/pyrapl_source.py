"""pyRAPL as a source of raw counters, only when asked for by name; its import is kept from touching anything.

pyRAPL 0.2.3.1 knows packages and DRAM, and drops or turns negative every interval in which the counter
wraps. Only its raw microjoules are taken here; the wrap is corrected by the core with powercap's range.
"""

from __future__ import annotations

import functools
import importlib
import logging
import os
import threading
import time
import warnings
from types import ModuleType
from typing import Any

import attrs

from wattwhat.errors import MeterError, MeterLostError
from wattwhat.records.channel import Channel
from wattwhat.sensing.meter import Meter, Reading
from wattwhat_rapl import powercap
from wattwhat_rapl.domain import Candidate, Survey, Trouble
from wattwhat_rapl.opening import Refused
from wattwhat_rapl.tree import Tree

__all__ = ["PyRaplMeter", "import_quietly", "survey"]

_DEVICES = {"package": "PKG", "dram": "DRAM"}


def survey(tree: Tree) -> Survey:
    """One candidate for every package and DRAM that powercap shows and pyRAPL can be asked for."""
    if tree.root != "/":
        return _unable(f"it reads /sys only, and the tree asked for is {tree.root}")
    try:
        library = import_quietly()
    except ImportError as err:
        return _unable(str(err))
    zones = powercap.survey(tree)
    candidates = [
        attrs.evolve(
            candidate,
            source=f"pyRAPL {library.__version__} {candidate.origin}",
            opener=functools.partial(_open, library, candidate),
        )
        for candidate in zones.candidates
        if candidate.domain.part in _DEVICES and candidate.domain.die is None
    ]
    return Survey(tuple(candidates), zones.notes, zones.troubles, str(library.__version__))


def _unable(detail: str) -> Survey:
    return Survey(troubles=(Trouble("pyrapl", "pyRAPL", detail),))


def import_quietly() -> ModuleType:
    """Import pyRAPL without the handler it leaves on the root logger, its two log lines and its warnings.

    Raises:
        ImportError: it is not installed, or breaks on import.
    """
    root = logging.getLogger()
    before = list(root.handlers)
    hush = logging.NullHandler()  # a root logger that has a handler is not configured by logging.warning()
    root.addHandler(hush)
    root.addFilter(_not_pyrapl)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SyntaxWarning from Python 3.12 on, fatal under -W error
            return importlib.import_module("pyRAPL")
    finally:
        root.removeFilter(_not_pyrapl)
        for handler in [handler for handler in root.handlers if handler not in before]:
            root.removeHandler(handler)


def _not_pyrapl(record: logging.LogRecord) -> bool:
    return "pyRAPL" not in record.pathname


class PyRaplMeter(Meter):
    """Reads one counter through pyRAPL, one thread at a time and anew after a fork.

    pyRAPL seeks in a buffered file, whose position threads and forked processes share.

    Args:
        channel: what is measured.
        library: the module pyRAPL.
        device: ``"PKG"`` or ``"DRAM"``.
        socket: number of the package.
    """

    def __init__(self, channel: Channel, library: Any, device: str, socket: int) -> None:
        self.channel = channel
        self._library = library
        self._device = device
        self._socket = socket
        self._lock = threading.RLock()
        self._closed = False
        self._connect()

    def _connect(self) -> None:
        device = getattr(self._library.Device, self._device)
        self._api = self._library.DeviceAPIFactory.create_device_api(device, [self._socket])
        self._pid = os.getpid()

    def read(self) -> Reading:
        """Read the counter once, in J."""
        if self._closed:
            raise MeterLostError("this pyRAPL meter is closed; open the backend's meters again")
        try:
            if self._pid != os.getpid():
                # The file position is shared with the parent, and its lock may be held there.
                self._lock = threading.RLock()
                self._connect()
            with self._lock:
                t_ns = time.monotonic_ns()
                energy_uj = self._api.energy()[self._socket]
        except Exception as err:
            raise MeterError(f"pyRAPL could not read {self._device} of socket {self._socket}: {err}") from err
        if energy_uj < 0:
            raise MeterError(f"pyRAPL found no {self._device} counter of socket {self._socket}")
        return Reading(t_ns, energy_uj / 1e6)

    def close(self) -> None:
        """Close the files that pyRAPL keeps open and never closes itself."""
        self._closed = True
        for file in self._api._sys_files:
            file.close()


def _open(library: Any, candidate: Candidate, channel: Channel) -> Meter:
    device = _DEVICES[candidate.domain.part]
    try:
        meter = PyRaplMeter(channel, library, device, candidate.domain.socket or 0)
    except PermissionError as err:
        raise Refused(Trouble("unreadable", str(err.filename), err.strerror or str(err))) from err
    except (library.PyRAPLException, OSError) as err:
        detail = f"{type(err).__name__} {err}".strip()
        raise Refused(Trouble("pyrapl", "pyRAPL", f"{detail} for {candidate.origin}")) from err
    return meter
