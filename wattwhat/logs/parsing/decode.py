"""From bytes to text: which encoding a log is in, and what is no text at all."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import IO

__all__ = ["HEAD_BYTES", "binary_kind", "encoding_of", "lines_of", "text_of"]

HEAD_BYTES = 65_536

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"\x89HDF", "an HDF5 file; export it as JSON or CSV"),
    (b"SQLite format 3", "an SQLite database; export the table as CSV"),
    (b"PAR1", "a Parquet file; export it as CSV"),
    (b"\x80\x02", "a pickle, which is never opened because it can run code; export the data as JSON or CSV"),
    (b"\x80\x03", "a pickle, which is never opened because it can run code; export the data as JSON or CSV"),
    (b"\x80\x04", "a pickle, which is never opened because it can run code; export the data as JSON or CSV"),
    (b"\x80\x05", "a pickle, which is never opened because it can run code; export the data as JSON or CSV"),
)


def _latin1(err: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8 stand for themselves in Latin-1, so a stray byte costs one character."""
    if not isinstance(err, UnicodeDecodeError):
        raise err
    return err.object[err.start : err.end].decode("latin-1"), err.end


codecs.register_error("wattwhat.latin1", _latin1)


def encoding_of(head: bytes) -> str:
    """The codec for a file that begins like this: by its byte order mark, else UTF-8.

    PowerShell's ``>`` writes UTF-16 with a mark; where only the mark is lost, every other byte is 0.

    Example:
        >>> encoding_of("ä".encode("utf-16"))
        'utf-16'
    """
    for mark, codec in _BOMS:
        if head.startswith(mark):
            return codec
    sample = head[:4096]
    half = len(sample) // 2
    if half >= 8 and sample[1::2].count(0) > 0.7 * half and sample[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if half >= 8 and sample[0::2].count(0) > 0.7 * half and sample[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return "utf-8"


def text_of(stream: IO[bytes], encoding: str) -> io.TextIOWrapper:
    r"""The stream as text with every kind of line end as ``\n``; no byte makes it fail."""
    errors = "wattwhat.latin1" if encoding.startswith("utf-8") else "replace"
    return io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline=None)


def lines_of(block: bytes) -> Iterator[str]:
    r"""The lines of a few bytes of UTF-8, without their ends of any kind.

    Example:
        >>> list(lines_of(b"a\r\nb\n"))
        ['a', 'b']
    """
    text = block.decode("utf-8", "wattwhat.latin1").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    yield from lines[:-1] if lines[-1] == "" else lines


def binary_kind(head: bytes) -> str | None:
    """What a file that begins like this is, if it is no text; None for text.

    Example:
        >>> binary_kind(b"timestamp,power") is None
        True
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if encoding_of(head).startswith("utf-16"):
        return None
    sample = head[:4096]
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b\x08" for byte in sample)
    if control > 0.05 * len(sample):
        return "not text: bytes that no log contains"
    return None
