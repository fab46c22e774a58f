"""The system call perf_event_open from pure Python: opens a counting event on one CPU, nothing else.

Layout of ``perf_event_attr`` and the numbers: include/uapi/linux/perf_event.h and the kernel's tables of
system calls. The attribute is version 0 (64 bytes), which every kernel since 2.6.32 takes.
"""

from __future__ import annotations

import ctypes
import os
import struct

__all__ = ["EVENT_READ_BYTES", "Kernel"]

EVENT_READ_BYTES = 24  # value, time enabled, time running: three u64
_NUMBERS = {"x86_64": 298, "aarch64": 241}
_ATTRIBUTE = struct.Struct("=IIQQQQQIIQ")
_TIMES = 1 | 2  # PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING
_CLOSE_ON_EXEC = 8  # PERF_FLAG_FD_CLOEXEC
_EVERY_PROCESS = -1
_NO_GROUP = -1


class Kernel:
    """What a perf meter needs of the kernel; tests put a stand-in here.

    Args:
        machine: the machine type, which decides the number of the call.
    """

    def __init__(self, machine: str) -> None:
        self._number = _NUMBERS.get(machine)

    def open_event(self, pmu: int, config: int, cpu: int) -> int:
        """Open an event that counts for every process on one CPU.

        Args:
            pmu: the PMU's number, from its ``type`` file.
            config: the event's number.
            cpu: the CPU.

        Returns:
            A descriptor that gives `EVENT_READ_BYTES` a read.

        Raises:
            OSError: the kernel refused, with its errno.
        """
        if self._number is None:
            raise OSError(38, "perf_event_open has no known number on this machine")
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long
        attribute = _ATTRIBUTE.pack(pmu, _ATTRIBUTE.size, config, 0, 0, _TIMES, 0, 0, 0, 0)
        fd = libc.syscall(
            ctypes.c_long(self._number),
            ctypes.c_char_p(attribute),
            ctypes.c_int(_EVERY_PROCESS),
            ctypes.c_int(cpu),
            ctypes.c_int(_NO_GROUP),
            ctypes.c_ulong(_CLOSE_ON_EXEC),
        )
        if fd < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return int(fd)

    # Events have no position, and the kernel's anonymous files refuse pread: plain read it is.
    read = staticmethod(os.read)
