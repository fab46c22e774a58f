"""Which readers there are, and which one a file is for: all of them come in by entry point, ours as well."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Any

from wattwhat.errors import BackendError, error_text
from wattwhat.logs.protocol import Head, Reader, head_of
from wattwhat.logs.source import Source
from wattwhat.plugins import Plugin, find_plugins, load, pass_on

__all__ = ["GROUP", "forget", "formats", "plugins", "readers", "recognise"]

GROUP = "wattwhat.logs"
_OURS = "wattwhat"


def plugins(entry_points: Iterable[Any] | None = None) -> dict[str, Plugin]:
    """Every reader by name, not yet imported: ours first, then by name.

    Args:
        entry_points: entry points to take instead of those installed (for tests).

    Example:
        >>> list(plugins())[:2]
        ['ai-energy-score', 'amd-smi']
    """
    announced = find_plugins(GROUP, entry_points)
    if not any(plugin.distribution == _OURS for plugin in announced.values()):
        # a vendored or frozen copy has no metadata that its own entry points could be read from
        announced = {**announced, **_in_this_folder()}
    return dict(sorted(announced.items(), key=lambda item: (item[1].distribution != _OURS, item[0])))


def _in_this_folder() -> dict[str, Plugin]:
    """The readers of wattwhat.logs.readers as its modules name them; what `plugins` finds where installed."""
    import pkgutil
    from importlib import import_module

    from wattwhat.logs import readers as folder

    readers: dict[str, Plugin] = {}
    for info in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
        module = import_module(info.name)
        for name in getattr(module, "__all__", ()):
            if isinstance(reader := getattr(module, name), Reader):  # a class has what its objects have
                readers[reader.name] = Plugin(reader.name, _OURS, partial(getattr, module, name))
    return readers


@lru_cache(maxsize=1)
def _loaded() -> tuple[dict[str, Reader], tuple[str, ...]]:
    """The readers in the order of `plugins`, and sentences about those that do not work."""
    readers: dict[str, Reader] = {}
    broken: list[str] = []
    for name, plugin in plugins().items():
        try:
            made = load(plugin)
            reader = made() if isinstance(made, type) else made
        except BackendError as err:
            broken.append(str(err))
            continue
        except BaseException as err:
            pass_on(err)
            broken.append(f"reader {name!r} failed to start: {error_text(err)}")
            continue
        if isinstance(reader, Reader):
            readers[name] = reader
        else:
            broken.append(f"reader {name!r} lacks name, sniff() or read(); see wattwhat.logs.protocol")
    return readers, tuple(broken)


def forget() -> None:
    """Look for readers anew when one is needed next: a distribution may have been installed since."""
    _loaded.cache_clear()


def readers() -> dict[str, Reader]:
    """Every reader that works, by name: ours first, then by name."""
    return dict(_loaded()[0])


def formats() -> tuple[str, ...]:
    """The names of the formats that can be read here, third parties' included; none of them is imported.

    Example:
        >>> "nvidia-smi" in formats()
        True
    """
    return tuple(sorted(plugins()))


def recognise(source: Source) -> Reader:
    """The reader that is surest that the file is its format.

    Of equally sure ones ours come before third parties', then the name decides.

    Raises:
        LogError: the file is empty or binary, or no reader knows it.
    """
    source.check_text()
    head = head_of(source)
    readers, broken = _loaded()
    best: tuple[int, Reader] | None = None
    failed: list[str] = []
    for reader in readers.values():
        best = _surer(best, reader, head, failed)
    if best is None:
        first = head.first_line.strip()[:80]
        more = "".join(f"; {sentence}" for sentence in (*broken, *failed))
        raise source.error(
            None,
            f"no known energy log begins like this: {first!r}; expected one of {len(formats())} formats, "
            f"which wattwhat.logs.formats() lists{more}",
        )
    return best[1]


def _surer(
    best: tuple[int, Reader] | None, reader: Reader, head: Head, failed: list[str]
) -> tuple[int, Reader] | None:
    try:
        sure = int(reader.sniff(head))
    except BaseException as err:  # it is no answer, and the others are asked all the same
        pass_on(err)
        failed.append(f"reader {reader.name!r} failed to look at it: {error_text(err)}")
        return best
    return (sure, reader) if sure > (best[0] if best else 0) else best
