"""Of which release the loaded library is, and whether the Python wrapper is of the same one."""

from __future__ import annotations

import os
from typing import Any

from wattwhat.plugins import pass_on
from wattwhat.records.small_files import read_small_text
from wattwhat_amdsmi.values import parse_version, rocm_of_file, version_text

__all__ = ["loaded_path", "mismatch", "prefix_of", "rocm_release", "wrapper_version"]

LIBRARY_FILE = "libamd_smi.so"
# AMD numbers the library itself by year (24, 25, 26 ...), ROCm by release (6, 7 ...); wrappers carry either.
_FIRST_OWN_MAJOR = 20


def loaded_path() -> str | None:
    """The library file that is mapped into this process, its links followed; None if that cannot be told."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            for line in maps:
                if LIBRARY_FILE in line:
                    return line.split(maxsplit=5)[5].strip()
    except OSError:
        pass
    return None


def prefix_of(path: str) -> str:
    """ROCm's folder, of which the library lies in lib/."""
    return os.path.dirname(os.path.dirname(os.path.realpath(path))) if os.path.isabs(path) else "/opt/rocm"


def wrapper_version(module: Any) -> str | None:
    """The version text of the imported wrapper, or None."""
    version = getattr(module, "__version__", None)
    if version is None:  # 6.0 has none
        from importlib.metadata import PackageNotFoundError
        from importlib.metadata import version as installed

        try:
            version = installed("amdsmi")
        except PackageNotFoundError:
            return None
    return str(version)


def rocm_release(path: str, root: str) -> tuple[int, int] | None:
    """ROCm release of the library: from its file name, else from the release file beside it."""
    named = rocm_of_file(os.path.basename(path))
    if named is not None:
        return named
    for prefix in (prefix_of(path), os.path.join(root, "opt/rocm")):
        try:
            return parse_version(read_small_text(os.path.join(prefix, ".info", "version"), 4096))
        except (OSError, UnicodeDecodeError):
            continue
    return None


def _own_version(module: Any) -> tuple[int, int] | None:
    """The library's own version numbers, such as 26.0, asked for with room to spare.

    amdsmi_version_t lost its field `year` in 7.0, so the wrapper's buffer may be too small for the
    library; the first two numbers mean the same in both layouts (24.7 in the old one, 26.0 in the new).
    """
    import ctypes

    buffer = (ctypes.c_uint32 * 64)()
    try:
        ask = module.amdsmi_wrapper.amdsmi_get_lib_version
        if ask(ctypes.cast(buffer, ask.argtypes[0])) != 0:
            return None
    except Exception as err:
        pass_on(err)
        return None
    return (buffer[0], buffer[1]) if buffer[0] else None


def mismatch(module: Any, wrapper_text: str | None, path: str, root: str) -> str | None:
    """A sentence where wrapper and library are not, or not known to be, of one release; else None.

    A wrapper over a library with other structs reads wrong numbers, or lets the library write past its
    buffers: amdsmi_power_info_t has 68 bytes through 6.3, 40 in 6.4 and 192 in 7.0.

    Args:
        module: the imported ``amdsmi``.
        wrapper_text: its version; ROCm's ("7.0.2") or the library's own ("26.0.2+39589fda").
        path: the loaded library file.
        root: where the file system begins.
    """
    wrapper = parse_version(wrapper_text)
    if wrapper is not None and wrapper[0] >= _FIRST_OWN_MAJOR:
        library, kind = _own_version(module), "version"
    else:
        library, kind = rocm_release(path, root), "ROCm"
    if wrapper is not None and wrapper == library:
        return None
    fix = f'pip install "amdsmi=={version_text(library)}.*"' if library and kind == "ROCm" else ""
    fix = fix or f"install AMD's own package: pip install {prefix_of(path)}/share/amd_smi"
    return (
        f"libamd_smi.so is of {kind} {version_text(library)}, the Python package amdsmi is "
        f"{wrapper_text or 'of an unknown version'}: their layouts may differ, so only the energy counter "
        f"is read, the same call in all; to have power, device names and processes too: {fix}"
    )
