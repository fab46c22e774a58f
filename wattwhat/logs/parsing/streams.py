"""Open file objects as sources: text or binary, seekable or a pipe that can be read only once."""

from __future__ import annotations

import io
from typing import IO, Any

from wattwhat.errors import LogError
from wattwhat.logs.parsing.decode import HEAD_BYTES
from wattwhat.logs.source import Source

__all__ = ["source_of_stream"]


class _Borrowed(io.RawIOBase):
    """A caller's stream, or a pipe's beginning followed by its rest; closing this leaves theirs open."""

    def __init__(self, stream: Any, before: bytes = b"") -> None:
        self._stream = stream
        self.ahead = before

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.ahead:
            piece = self._stream.read(len(buffer))
            self.ahead = piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else piece or b""
        count = min(len(buffer), len(self.ahead))
        buffer[:count] = self.ahead[:count]
        self.ahead = self.ahead[count:]
        return count


def source_of_stream(stream: Any, **options: Any) -> Source:
    """A Source over an open file object, from where it stands; it is left open.

    Args:
        stream: has ``read``, in text or binary mode. One that cannot seek can be read through only once.
        options: see `Source`.
    """
    shown = getattr(stream, "name", None)
    name = shown if isinstance(shown, str) and shown else "<stream>"
    raw = getattr(stream, "buffer", stream)
    try:
        start = raw.tell() if raw.seekable() else None
    except (AttributeError, OSError):
        start = None
    if start is not None:
        return Source(lambda: _at(raw, start), name, **options)
    return Source(_Pipe(raw).open, name, **options)


def _at(raw: Any, start: int) -> IO[bytes]:
    raw.seek(start)
    return io.BufferedReader(_Borrowed(raw))


class _Pipe:
    """Remembers what was read to recognise the format, so that the one pass over a pipe still sees it."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._head: bytes | None = None
        self._ahead = b""

    def open(self) -> IO[bytes]:
        if self._head is None:
            # Not through a BufferedReader: it would read ahead and lose what it holds.
            borrowed, head = _Borrowed(self._raw), b""
            while len(head) <= HEAD_BYTES and (piece := borrowed.read(HEAD_BYTES + 1 - len(head))):
                head += piece
            self._ahead = borrowed.ahead
            self._head = head
            return io.BytesIO(head)
        if self._raw is None:
            raise LogError("this format needs a second look at the file; save the stream to a file first")
        raw, self._raw = self._raw, None
        return io.BufferedReader(_Borrowed(raw, self._head + self._ahead))
