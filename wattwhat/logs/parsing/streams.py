"""Open file objects as sources: text or binary, seekable or a pipe that can be read only once."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, Any

from wattwhat.errors import LogError
from wattwhat.logs.source import Source

__all__ = ["source_of_stream"]


# What is kept of a pipe, which cannot go back, for the formats that look at their file twice.
_KEPT_BYTES = 64_000_000


class _View(io.RawIOBase):
    """One pass over what several passes share: each has a place of its own, and closing it closes nothing."""

    def __init__(self, take: Callable[[int, int], tuple[bytes, int]], start: int) -> None:
        self._take, self._place = take, start
        self._ahead = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._ahead:
            self._ahead, self._place = self._take(self._place, len(buffer))
        count = min(len(buffer), len(self._ahead))
        buffer[:count] = self._ahead[:count]
        self._ahead = self._ahead[count:]
        return count


def source_of_stream(stream: Any, **options: Any) -> Source:
    """A Source over an open file object, from where it stands; it is left open.

    Args:
        stream: has ``read``, in text or binary mode. Of one that cannot seek 64 MB are
            kept, for the formats that look at their file twice.
        options: see `Source`.
    """
    shown = getattr(stream, "name", None)
    name = shown if isinstance(shown, str) and shown else "<stream>"
    raw = getattr(stream, "buffer", stream)
    try:
        start = raw.tell() if raw.seekable() else None
    except (AttributeError, OSError):
        start = None
    opener = _Pipe(raw).open if start is None else lambda: io.BufferedReader(_View(_Seekable(raw), start))
    return Source(opener, name, **options)


def _bytes_of(piece: Any) -> bytes:
    return piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else piece or b""


class _Seekable:
    """Reads a caller's stream from any place."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __call__(self, place: int, size: int) -> tuple[bytes, int]:
        self._raw.seek(place)
        piece = _bytes_of(self._raw.read(size))
        return piece, self._raw.tell()


class _Pipe:
    """Reads on in a stream that cannot go back, and again what was kept of its beginning."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._kept = bytearray()
        self._taken = 0

    def open(self) -> IO[bytes]:
        return io.BufferedReader(_View(self._read, 0))

    def _read(self, place: int, size: int) -> tuple[bytes, int]:
        if place < len(self._kept):
            piece = bytes(self._kept[place : place + size])
        elif place < self._taken:
            raise LogError(
                "this format needs a second look at the file, and of a stream only "
                f"{_KEPT_BYTES // 10**6} MB are kept; save it to a file first"
            )
        else:
            piece = _bytes_of(self._raw.read(size))
            self._taken += len(piece)
            if self._taken <= _KEPT_BYTES:
                self._kept += piece
        return piece, place + len(piece)
