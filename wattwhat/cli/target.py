"""From MODULE:NAME on the command line to the object, as Python would import it from this folder."""

from __future__ import annotations

import os
import sys
from typing import Any

from wattwhat.errors import ArgumentError, WorkloadError, error_text

__all__ = ["load_object", "place_of"]


def load_object(spec: str, argument: str) -> Any:
    """Import a module and give what it calls NAME.

    Args:
        spec: ``module:name``; both may have dots. The current folder is searched first.
        argument: what to call it in errors, for instance ``--inputs``.

    Raises:
        ArgumentError: it is not of that form, or there is no such module or name.
        WorkloadError: the module's own code failed while it was imported; that error is chained.

    Example:
        >>> load_object("math:sqrt", "TARGET")(9.0)
        3.0
    """
    module_name, colon, name = spec.partition(":")
    if not (colon and module_name and name) or os.sep in module_name or module_name.endswith(".py"):
        guess = module_name.removesuffix(".py").strip("./").replace(os.sep, ".") or "module"
        raise ArgumentError(
            argument=argument,
            expected="MODULE:NAME as in import",
            got=spec,
            remedy=f"try {guess}:{name or 'function'}",
        )
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    target: Any = _import(module_name, argument)
    for part in name.split("."):
        try:
            target = getattr(target, part)
        except AttributeError as err:
            raise _no_name(target, module_name, part, argument) from err
    return target


def _import(name: str, argument: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as err:
        if err.name is None or not f"{name}.".startswith(f"{err.name}."):
            raise _broken(name, err) from err
        raise ArgumentError(
            f"there is no module {err.name!r} in this folder or among the installed ones", argument=argument
        ) from err
    except (Exception, SystemExit) as err:
        raise _broken(name, err) from err


def _broken(name: str, err: BaseException) -> WorkloadError:
    keep = "keep what starts the program under: if __name__ == '__main__'"
    return WorkloadError(
        f"importing {name} failed{place_of(err)}: {error_text(err)}",
        remedy=keep if isinstance(err, SystemExit) else "",
    )


def _no_name(owner: Any, module: str, name: str, argument: str) -> ArgumentError:
    import difflib

    names = [known for known in dir(owner) if not known.startswith("_")]
    near = difflib.get_close_matches(name, names, 1)
    remedy = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(names[:8]) or 'no public names'}"
    whose = getattr(owner, "__name__", type(owner).__name__)
    place = whose if whose == module else f"{module}:{whose}"
    return ArgumentError(f"{place} has no {name!r}", argument=argument, remedy=remedy)


def place_of(err: BaseException | None) -> str:
    """Where an error arose, as `` at file.py, line 3``; empty if that is not known.

    Args:
        err: the error.
    """
    frames = []
    trace = None if err is None else err.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    # the innermost line of the user's own, not of the libraries it calls, nor of ours
    here = os.path.join(os.getcwd(), "")
    own = os.path.join(os.path.dirname(os.path.dirname(__file__)), "")
    for file, line in reversed(frames):
        if file.startswith(here) and not file.startswith(own) and "site-packages" not in file:
            return f" at {os.path.relpath(file, here)}, line {line}"
    return ""
