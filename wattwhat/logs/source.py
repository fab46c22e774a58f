"""Where a log's text comes from: a file or an open stream, read in bounded pieces, with its neighbours."""

from __future__ import annotations

import codecs
import copy
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from wattwhat.errors import LogError
from wattwhat.logs.parsing.decode import HEAD_BYTES, binary_kind, encoding_of, text_of
from wattwhat.logs.problems import Problems
from wattwhat.records.small_files import open_regular

__all__ = ["Source"]

_BLOCK = 1 << 18
_LINE_END = 10
_SENTENCE = 1000


class Source:
    r"""One log: its lines with their numbers, its text, its JSON, its raw bytes, and the files beside it.

    Args:
        opener: gives a fresh binary stream at the beginning; the caller closes it.
        shown: how error messages name it.
        path: where it lies, or None for a stream.
        problems: where complaints about single rows go.
        sibling_read: is told every neighbouring file that became part of this log.

    Example:
        >>> source = Source.of_text("a,b\n1,2\n", "made.csv")
        >>> list(source.lines())
        [(1, 'a,b'), (2, '1,2')]
    """

    def __init__(
        self,
        opener: Callable[[], IO[bytes]],
        shown: str,
        path: Path | None = None,
        *,
        problems: Problems | None = None,
        sibling_read: Callable[[Path], None] | None = None,
    ) -> None:
        self._open = opener
        self._sibling_read = sibling_read
        self.shown = shown
        self.path = path
        self.problems = Problems() if problems is None else problems
        with opener() as stream:
            self.head_bytes = _read_fully(stream, HEAD_BYTES + 1)
        self.line_without_end: int | None = None
        self.complete = len(self.head_bytes) <= HEAD_BYTES
        self.encoding = encoding_of(self.head_bytes)

    @classmethod
    def of_path(cls, path: Path, **options: Any) -> Source:
        """A regular file.

        Raises:
            LogError: it does not exist, is no regular file (a device has no end) or is not readable.
        """
        if not path.is_file():
            what = "does not exist" if not path.exists() else "is no regular file"
            raise LogError(what, path=os.fspath(path), remedy="expected a log file")
        try:
            return cls(lambda: open_regular(path), os.fspath(path), path, **options)
        except OSError as err:
            raise LogError(f"cannot be read: {err.strerror or err}", path=os.fspath(path)) from err

    @classmethod
    def of_text(cls, text: str | bytes, name: str = "<text>", **options: Any) -> Source:
        """A text or bytes in memory."""
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        return cls(lambda: io.BytesIO(data), name, **options)

    @property
    def name(self) -> str:
        """The file's name without its folder; this is what a Measurement keeps."""
        return self.path.name if self.path is not None else os.path.basename(self.shown)

    @property
    def stem(self) -> str:
        """The name without its last ending; serves as a label."""
        return Path(self.name).stem or self.name

    def check_text(self) -> None:
        """Refuse what cannot be a log.

        Raises:
            LogError: the file is empty or binary.
        """
        if not self.head_bytes.strip():
            raise self.error(None, "is empty", "expected a log of one of the known formats")
        kind = binary_kind(self.head_bytes)
        if kind:
            raise self.error(None, f"is {kind}")

    def error(self, line: int | None, sentence: str, remedy: str = "") -> LogError:
        """A LogError that names this file and the line, on one line however hostile what it quotes is."""
        sentence = sentence.replace("\n", "\\n").replace("\r", "\\r")[:_SENTENCE]
        return LogError(sentence, path=self.shown, line=line, remedy=remedy)

    def problem(self, line: int | None, sentence: str, remedy: str = "") -> None:
        """Note that one row is not usable and go on; raises LogError where strict reading was asked for."""
        self.problems.add(self.error(line, sentence, remedy))

    def unfinished(self, line: int | None = None) -> str | None:
        """A sentence where the file was read through and its last line has no end, else None.

        Args:
            line: only where that is this line.
        """
        last = self.line_without_end
        if last is None or (line is not None and line != last):
            return None
        return f"line {last}, the last one, has no line end: it may be cut off, and what it says with it"

    def open_bytes(self) -> IO[bytes]:
        """The raw bytes from the beginning; the caller closes the stream."""
        return self._open()

    def ahead(self) -> Source:
        """The same file for a look ahead: what is wrong in it is noted by the pass that follows."""
        other = copy.copy(self)
        other.problems = Problems()
        return other

    def lines(self, max_chars: int = 1_000_000) -> Iterator[tuple[int, str]]:
        """Every line with its number from 1, without its end; memory stays bounded.

        Args:
            max_chars: a longer line is refused.

        Raises:
            LogError: a line is longer than that.
        """
        with text_of(self._open(), self.encoding) as text:
            number, rest = 1, ""
            while block := text.read(max(_BLOCK, len(rest))):  # doubling keeps long lines linear
                parts = (rest + block).split("\n")
                rest = parts.pop()
                for part in parts:
                    yield number, part
                    number += 1
                if len(rest) > max_chars:
                    raise self.error(number, f"expected lines of at most {max_chars} characters")
            if rest:
                self.line_without_end = number
                yield number, rest

    def blocks(self, size: int = 1 << 21) -> Iterator[tuple[int, bytes]]:
        """The raw bytes in blocks of whole lines of UTF-8, each with the number of its first line.

        Args:
            size: bytes of a block, about.

        Raises:
            LogError: a line is longer than half a block.
        """
        import numpy as np

        number = 1
        for data in self.pieces(size):
            end = data.rfind(b"\n") + 1
            if not end:
                self.line_without_end = number
            block = data[:end] or data + b"\n"
            yield number, block
            number += int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == _LINE_END))

    def pieces(self, size: int) -> Iterator[bytes]:
        """The raw bytes in pieces that begin with a line, the same each time.

        What follows the last line end of a piece comes again with the next one; a piece without any is the
        last line of a file that does not end with one.

        Args:
            size: bytes of a piece, about.

        Raises:
            LogError: a line is longer than half a piece.
        """
        with self.open_bytes() as stream:
            place, rest, goes_back = 0, stream.read(3), stream.seekable()
            if rest == codecs.BOM_UTF8:
                place, rest = 3, b""
            while piece := rest + stream.read(size):
                end = piece.rfind(b"\n") + 1
                begun = len(piece) - end
                if begun > size // 2:
                    line = 1 + self._line_ends(place + end)
                    raise self.error(line, f"expected lines of at most {size // 2} characters")
                yield piece
                if not end:
                    return
                place, rest = place + end, b""
                if begun and goes_back:  # reading it again is cheaper than to put it before all that follows
                    stream.seek(-begun, os.SEEK_CUR)
                elif begun:
                    rest = piece[end:]

    def _line_ends(self, size: int) -> int:
        """How many there are in so many bytes; looked for again, as counting all of them takes long."""
        count = 0
        with self.open_bytes() as stream:
            while size > 0 and (block := stream.read(min(size, _BLOCK))):
                count += block.count(b"\n")
                size -= len(block)
        return count

    def text(self, max_mb: float = 64.0) -> str:
        """The whole text.

        Raises:
            LogError: the file is larger than ``max_mb`` megabytes.
        """
        limit = int(max_mb * 1e6)
        with text_of(self._open(), self.encoding) as stream:
            text = stream.read(limit + 1)
        if len(text) > limit:
            raise self.error(None, f"expected at most {max_mb:g} MB for a file of this format; split it")
        return text

    def json(self, max_mb: float = 64.0) -> Any:
        """The whole file as one JSON value.

        Raises:
            LogError: it is no JSON, is cut off, or is larger than ``max_mb`` megabytes.
        """
        import json

        try:
            return json.loads(self.text(max_mb))
        except json.JSONDecodeError as err:
            raise self.error(err.lineno, f"expected JSON, but {err.msg} at column {err.colno}") from err
        except (RecursionError, ValueError) as err:
            raise self.error(None, f"expected JSON of usual depth and numbers: {err}") from err

    def sibling(self, own_ending: str, other_ending: str) -> Source | None:
        """The neighbour whose name differs in its ending only, as part of this log; None if there is none.

        Taking it says that it belongs to this log: reading the folder will not list it again.

        Args:
            own_ending: how this file's name ends, for instance ``"spl.txt"``.
            other_ending: how the neighbour's does, for instance ``"mlperf_log_detail.txt"``.
        """
        if self.path is None or not self.name.endswith(own_ending):
            return None
        return self.relative(self.name[: len(self.name) - len(own_ending)] + other_ending)

    def relative(self, where: str) -> Source | None:
        """The file at this path seen from this file's folder, as part of this log; None if there is none."""
        if self.path is None:
            return None
        other = self.path.parent / where
        try:
            source = Source.of_path(other, problems=self.problems, sibling_read=self._sibling_read)
        except (LogError, OSError, ValueError):
            return None
        if self._sibling_read is not None:
            self._sibling_read(other)
        return source


def _read_fully(stream: IO[bytes], size: int) -> bytes:
    """Up to ``size`` bytes, however small the pieces a stream gives."""
    pieces: list[bytes] = []
    missing = size
    while missing > 0 and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
