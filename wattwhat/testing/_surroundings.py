"""What the conformance suite sees of the process around a backend: output, descriptors, threads, children."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from wattwhat.testing._bounded import Patience
from wattwhat.testing._outcomes import Broken, NotApplicable, described

__all__ = ["Stuck", "captured", "changed", "gained", "in_forked_child", "possessions", "settings"]


class Stuck(Broken):
    """A child did not end."""


@contextlib.contextmanager
def captured() -> Iterator[Callable[[], bytes]]:
    """Catch what is written to stdout and stderr, by Python or by C; gives a function that returns it.

    Warnings are not output: they go to whoever filters them.
    """
    with tempfile.TemporaryFile() as sink:
        content = b""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        # pytest's own capture writes past descriptors 1 and 2, so both levels are redirected.
        text = io.TextIOWrapper(os.fdopen(os.dup(sink.fileno()), "wb"), write_through=True)
        saved = [(fd, os.dup(fd)) for fd in (1, 2) if _is_open(fd)]
        try:
            for fd, _ in saved:
                os.dup2(sink.fileno(), fd)
            with (
                contextlib.redirect_stdout(text),
                contextlib.redirect_stderr(text),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter("ignore")
                yield lambda: content
        finally:
            for fd, copy in saved:
                os.dup2(copy, fd)
                os.close(copy)
            text.close()
            sink.seek(0)
            content = sink.read()


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def possessions() -> dict[str, set[str]]:
    """Threads, open descriptors and child processes of this process (the last two where /proc has them)."""
    return {
        "thread": {f"{thread.name} ({thread.ident})" for thread in threading.enumerate()},
        "descriptor": _descriptors(),
        "child process": _children(),
    }


def gained(before: dict[str, set[str]]) -> str:
    """What has been added since, in words; empty if nothing."""
    now = possessions()
    return ", ".join(f"{kind} {one}" for kind in before for one in sorted(now[kind] - before[kind]))


def _descriptors() -> set[str]:
    descriptors = set()
    with contextlib.suppress(OSError):
        for fd in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):  # the listing's own descriptor is gone by now
                descriptors.add(f"{fd} -> {os.readlink(f'/proc/self/fd/{fd}')}")
    return descriptors


def _children() -> set[str]:
    pids: set[str] = set()
    with contextlib.suppress(OSError):
        for task in os.listdir("/proc/self/task"):
            with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/children") as listing:
                pids.update(listing.read().split())
    return pids


def settings() -> dict[str, Any]:
    """What belongs to the whole process and is not a backend's to change."""
    logging = sys.modules.get("logging")
    multiprocessing = sys.modules.get("multiprocessing")
    values: dict[str, Any] = {
        "the environment": dict(os.environ),
        "the current folder": os.getcwd(),
        "the start method of multiprocessing": multiprocessing
        and multiprocessing.get_start_method(allow_none=True),
        "the handlers of the root logger": list(logging.getLogger().handlers) if logging else [],
    }
    for name, state in _random_states():
        values[name] = state
    for number in signal.valid_signals():
        values[f"the handler of signal {number:d}"] = signal.getsignal(number)
    return values


def _random_states() -> Iterator[tuple[str, Any]]:
    """The states of the generators that a whole program shares, as plain data."""
    for module, name in (("random", "getstate"), ("numpy.random", "get_state"), ("torch", "get_rng_state")):
        if module == "numpy.random":  # which numpy itself imports on first use only
            getattr(sys.modules.get("numpy"), "random", None)
        ask = getattr(sys.modules.get(module), name, None)
        if ask is not None:
            state = ask()
            parts = state if isinstance(state, tuple) else (state,)
            yield (
                f"the random state of {module}",
                [part.tolist() if hasattr(part, "tolist") else part for part in parts],
            )


def changed(before: dict[str, Any]) -> str:
    """What is no longer as it was, in words; empty if all is."""
    now = settings()
    return ", ".join(name for name in before if name in now and now[name] != before[name])


def in_forked_child(action: Callable[[], None], timeout_s: float) -> None:
    """Run this in a forked child.

    A child that does not end in time is killed and reported, so that a deadlock cannot hang the suite.

    Raises:
        Broken: what went wrong there.
        NotApplicable: this system has no fork.
    """
    if not hasattr(os, "fork"):
        raise NotApplicable("this system has no fork")
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # Python 3.12 warns where threads run: that is the point
        child = os.fork()
    if child == 0:
        _as_child(action, writer)
    os.close(writer)
    try:
        status = _wait(child, timeout_s)
        text = os.read(reader, 4096).decode(errors="replace") if status is not None else ""
    finally:
        os.close(reader)
    if status is None:
        raise Stuck(f"a forked child was still stuck after {timeout_s:.2g} s")
    cause, _, sentence = text.partition("\n")
    if sentence:
        raise Broken(sentence, cause)
    if status != 0:
        raise Broken(f"a forked child ended with status {status}")


def _as_child(action: Callable[[], None], writer: int) -> None:
    # Nothing of the parent may run here (atexit, pytest): the child leaves by os._exit alone.
    status = 1
    try:
        action()
        status = 0
    except Broken as err:
        os.write(writer, f"{err.cause}\n{err}".encode()[:4000])
    except BaseException as err:
        os.write(writer, f"\nin a forked child: {described(err)}".encode()[:4000])
    finally:
        os._exit(status)


def _wait(child: int, timeout_s: float) -> int | None:
    patience = Patience(timeout_s)
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if patience.ended():
            break
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None
