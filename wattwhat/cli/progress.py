"""One line on a terminal while something takes longer than two seconds; nothing where nobody watches."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from wattwhat.records.escaping import one_line

__all__ = ["Progress"]

_PATIENCE_S = 2.0
_REFRESH_S = 0.25


class Progress:
    """Shows how far things are; call it as often as you like.

    Args:
        stream: where to; None is standard error. Nothing is shown unless it is a terminal.
        clock: gives the time in s.

    Example:
        >>> with Progress() as progress:
        ...     progress(0.1, "warming up")
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._terminal = self._stream is not None and self._stream.isatty()
        self._shown_s = -_REFRESH_S
        self._width = 0

    def __call__(self, elapsed_s: float, message: str) -> None:
        """Show this, if it is time.

        Args:
            elapsed_s: seconds since the beginning.
            message: what is being done.
        """
        if not self._terminal or elapsed_s < _PATIENCE_S or self._clock() - self._shown_s < _REFRESH_S:
            return
        self._shown_s = self._clock()
        room = max(shutil.get_terminal_size().columns - 1, 10)
        line = f"{elapsed_s:.0f} s: {one_line(message)}"[:room]
        # Noted before it is written: an interrupt between the two must still find what to erase.
        before, self._width = self._width, max(self._width, len(line))
        self._write(line.ljust(before))
        self._width = len(line)

    def close(self) -> None:
        """Erase the line."""
        if self._width:
            self._write(" " * self._width + "\r")
            self._width = 0

    def _write(self, text: str) -> None:
        try:
            self._stream.write(f"\r{text}")
            self._stream.flush()
        except (OSError, ValueError):  # the terminal has gone; what is measured goes on
            self._terminal = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
