"""From a path, a folder or an open file to Measurements: what is read, by whom, and what could not be."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any

import attrs

from wattwhat.errors import ArgumentError, LogError, WattwhatError, error_text
from wattwhat.logs.parsing.streams import source_of_stream
from wattwhat.logs.problems import Problem, Problems
from wattwhat.logs.protocol import Options, Reader
from wattwhat.logs.registry import recognise
from wattwhat.logs.source import Source
from wattwhat.plugins import pass_on
from wattwhat.records.measurement import Measurement

__all__ = ["Measurements", "Stream", "measurements_of", "read", "stream", "stream_with"]

_FILES_AT_MOST = 100_000
_HELD = 1000  # measurements of a folder that are kept while its files are looked through


class Measurements(list[Measurement]):
    """The measurements of one or more logs, with what could not be read.

    Attributes:
        problems: sentences beginning with file and line.
    """

    def __init__(self, measurements: Iterable[Measurement] = (), problems: Iterable[str] = ()) -> None:
        super().__init__(measurements)
        self.problems: tuple[str, ...] = tuple(problems)

    def _repr_html_(self) -> str:
        from wattwhat.records.html_tables import measurements_html

        return measurements_html(self, self.problems)


class Stream(chain[Measurement]):
    """Measurements of a log, each made when it is asked for."""

    def __new__(cls, measurements: Iterable[Measurement], problems: Callable[[], Iterable[str]]) -> Stream:
        """What `itertools.chain` does in C; no frame of Python for each."""
        return super().__new__(cls, measurements)

    def __init__(self, measurements: Iterable[Measurement], problems: Callable[[], Iterable[str]]) -> None:
        self._problems = problems

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences beginning with file and line, about what was read so far."""
        return tuple(self._problems())


def read(
    where: str | os.PathLike[str] | IO[Any],
    *,
    strict: bool = False,
    interval_s: float | None = None,
    intensity_g_per_kwh: float | None = None,
    power_unit: str | None = None,
    energy_unit: str | None = None,
    timezone: Any = None,
    gpus: int | None = None,
    **more: Any,
) -> Measurements:
    r"""Measurements out of what another tool wrote; the format is recognised from the content.

    Args:
        where: a file, a folder (every readable log below it) or an open file object.
        strict: the first row or file that cannot be used is an error; else it is listed in ``problems``.
        interval_s: seconds between two samples, for logs without times.
        intensity_g_per_kwh: grams of CO2-equivalent of one kWh, for logs with emissions only.
        power_unit: the unit of the powers, against what the file says (``"mW"`` mends a slip).
        energy_unit: the unit of the energies, against what the file says.
        timezone: the zone of stamps that carry none; without it ``started_at`` stays None.
        gpus: how many GPUs take turns in a file that does not number them.
        more: options of third-party readers.

    Returns:
        A list of Measurements with the attribute ``problems``.

    Raises:
        LogError: nothing could be read; the message names the file, the line and what was expected.
        ArgumentError: an option is outside what is allowed or does not apply to what was read, or ``where``
            is none of these.

    Example:
        >>> import io
        >>> log = io.StringIO("timestamp, index, power.draw [W]\n"
        ...                   "2026/01/01 10:00:00.000, 0, 100.00 W\n"
        ...                   "2026/01/01 10:00:02.000, 0, 100.00 W\n")
        >>> read(log)[0].energy_j.value
        200.0
    """
    options = Options(
        strict=strict,
        interval_s=interval_s,
        intensity_g_per_kwh=intensity_g_per_kwh,
        power_unit=power_unit,
        energy_unit=energy_unit,
        timezone=timezone,
        gpus=gpus,
        more=more,
    )
    measurements = _all_of(stream_with(where, options))
    options.refuse_not_asked("what was read")
    return measurements


def stream(where: str | os.PathLike[str] | IO[Any], **options: Any) -> Stream:
    r"""The measurements of a log one by one, as they are read: memory for one, however many there are.

    Args:
        where: as `read` takes it; the files of a folder are looked through first, and large ones read again.
        options: as `read` takes them.

    Returns:
        An iterator of Measurements; its attribute ``problems`` grows as it is read.

    Raises:
        LogError: the file is none that is known; while reading, as `read` does.
        ArgumentError: as `read` does.

    Example:
        >>> import io
        >>> table = stream(io.StringIO("model,energy_j\nsmall,5\nodd,x\nlarge,9\n"))
        >>> sum(m.energy_j.value for m in table), len(table.problems)
        (14.0, 1)
    """
    named = {field.name for field in attrs.fields(Options)} - {"more"}
    own = {name: value for name, value in options.items() if name in named}
    more = {name: value for name, value in options.items() if name not in named}
    return stream_with(where, Options(**own, more=more))


def stream_with(where: str | os.PathLike[str] | IO[Any], options: Options) -> Stream:
    """As `stream`, for several logs with the same options, which have to apply to one of them only."""
    if not isinstance(where, (str, os.PathLike)):
        _check_stream(where)
        return _stream_one(source_of_stream(where, problems=Problems(options.strict)), options)
    path = _path(where)
    if path.is_dir():
        return _stream_folder(path, options)
    return _stream_one(Source.of_path(path, problems=Problems(options.strict)), options)


def _check_stream(where: Any) -> None:
    if not callable(getattr(where, "read", None)):
        several = isinstance(where, (list, tuple, set))
        how = "; read several one by one, or the folder that holds them" if several else ""
        raise ArgumentError(f"where: expected a file, a folder or an open file, got {where!r:.200}{how}")


def _path(where: str | os.PathLike[str]) -> Path:
    named = os.fspath(where)
    if not isinstance(named, str) or not named.strip() or "\0" in named:
        raise ArgumentError(
            f"{named!r} names no file or folder", argument="where", remedy="'.' is the current folder"
        )
    return Path(named)


def measurements_of(source: Source, reader: Reader, options: Options) -> Iterator[Measurement]:
    """What one reader makes of one source; other exceptions than LogError are turned into it."""
    try:
        yield from reader.read(source, options)
    except WattwhatError:
        raise
    except OSError as err:
        raise source.error(None, f"cannot be read to its end: {err.strerror or err}") from err
    except BaseException as err:
        pass_on(err)
        raise source.error(
            None,
            f"the reader {reader.name!r} failed on it ({error_text(err)}); please report this file",
        ) from err


def _stream_one(source: Source, options: Options) -> Stream:
    measurements = measurements_of(source, recognise(source), options)
    return Stream(chain.from_iterable(_at_least_one(source, measurements)), lambda: source.problems)


def _all_of(measurements: Stream) -> Measurements:
    kept = list(measurements)
    return Measurements(kept, measurements.problems)


def _at_least_one(source: Source, measurements: Iterator[Measurement]) -> Iterator[Iterable[Measurement]]:
    first = next(measurements, None)
    if first is None:
        problem = next(iter(source.problems), None)
        raise problem.error if isinstance(problem, Problem) else source.error(None, "holds no usable row")
    yield (first,)
    yield measurements


@attrs.define
class _Listed:
    """A file of a folder: how many measurements it gave, what was wrong, and the measurements or None."""

    path: Path
    count: int = 0
    problems: tuple[str, ...] = ()
    held: list[Measurement] | None = None

    def again(self, options: Options) -> Iterator[Measurement]:
        """The measurements; those that were not held are read once more."""
        if self.held is not None:
            return iter(self.held)
        return _stream_one(Source.of_path(self.path, problems=Problems()), options)


def _stream_folder(folder: Path, options: Options) -> Stream:
    """Every log below a folder; files that another one claimed as its part do not count by themselves.

    Any file may turn out to be a part of an earlier one. So all are looked through first, and only so many
    measurements are held meanwhile; the other files are read again.
    """
    results: dict[Path, _Listed] = {}
    claimed: dict[Path, Path] = {}
    room = _HELD
    for path in _files(folder):
        owner = path.resolve()

        def claim(other: Path, owner: Path = owner) -> None:
            claimed.setdefault(other.resolve(), owner)

        results[owner] = _listed(path, options, claim, room)
        room -= len(results[owner].held or ())
    kept = [result for path, result in results.items() if not _belongs_to_another(path, claimed, results)]
    problems = [problem for result in kept for problem in result.problems]
    if not any(result.count for result in kept):
        more = f"; the first of {len(problems)} problems: {problems[0]}" if problems else "; it holds no file"
        raise LogError(f"no readable energy log in this folder{more}", path=os.fspath(folder))
    found = (one for result in kept if result.count for one in result.again(options))
    return Stream(found, lambda: problems)


def _listed(path: Path, options: Options, claim: Any, room: int) -> _Listed:
    held: list[Measurement] = []
    count = 0
    try:
        source = Source.of_path(path, problems=Problems(options.strict), sibling_read=claim)
        measurements = _stream_one(source, options)
        for one in measurements:
            count += 1
            if count <= room:
                held.append(one)
            else:
                held.clear()
    except LogError as err:
        if options.strict:
            raise
        return _Listed(path, problems=(Problem(err),))
    return _Listed(path, count, measurements.problems, held if count <= room else None)


def _belongs_to_another(path: Path, claimed: dict[Path, Path], results: dict[Path, _Listed]) -> bool:
    """Whether another log that gave measurements took this file as its part; of two that took each other,
    the first stays.
    """
    owner = claimed.get(path)
    if owner is None or owner == path or owner not in results or not results[owner].count:
        return False
    if claimed.get(owner) != path:
        return True
    order = list(results)
    return order.index(owner) < order.index(path)


def _files(folder: Path) -> Iterator[Path]:
    """Regular files below a folder in order of their names; hidden ones and linked folders are left out."""
    count = 0
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(base, name)
            if name.startswith(".") or not path.is_file():
                continue
            count += 1
            if count > _FILES_AT_MOST:
                raise LogError(
                    f"more than {_FILES_AT_MOST} files", path=os.fspath(folder), remedy="read its parts"
                )
            yield path
