"""How a Python process of ours is started: nothing in the current folder passes for a module of its."""

from __future__ import annotations

import sys

__all__ = ["python_child"]

# "python -c" looks for modules in the current folder first: a select.py there would be run. -P would do, and
# is not known to Python 3.10; -I would hide what PYTHONPATH and the user's own site-packages hold.
_NOT_FROM_HERE = "import sys; sys.path[:] = [place for place in sys.path if place]\n"


def python_child(code: str, *arguments: str) -> list[str]:
    """Program and arguments of a process of this interpreter.

    Args:
        code: what it runs; it finds what is installed and what PYTHONPATH names, and nothing else.
        arguments: its arguments.

    Example:
        >>> import subprocess
        >>> subprocess.check_output(python_child("print('' in sys.path)"), text=True).strip()
        'False'
    """
    return [sys.executable, "-c", _NOT_FROM_HERE + code, *arguments]
