"""The child's room: the only file that imports jtop, run as a program of its own, never imported.

It prints one JSON object a line: ``{"rails": {name: mW}}`` for every sample, or ``{"error": text}``
and ends. It ends too when nobody reads it any more.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def tell(out: Any, message: dict[str, Any]) -> None:
    """One line, at once."""
    out.write(json.dumps(message) + "\n")
    out.flush()


def sample(power: Any) -> dict[str, float]:
    """Rails in mW from what jtop calls power; what it computed itself (the total, means) is left out."""
    rails = power.get("rail", {}) if isinstance(power, dict) else {}
    return {
        name: rail["power"]
        for name, rail in rails.items()
        if rail.get("online", True) and isinstance(rail.get("power"), (int, float))
    }


def main() -> int:
    """Ask jtop for ever."""
    # What jtop or its dependencies print must not get between our lines.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        from jtop import jtop

        with jtop(interval=float(sys.argv[1])) as client:
            while client.ok():
                tell(out, {"rails": sample(client.power)})
        tell(out, {"error": "jtop sent no data for three intervals"})
    except (BrokenPipeError, KeyboardInterrupt):
        return 0
    except BaseException as err:
        tell(out, {"error": f"{err}" or type(err).__name__})
    return 3


if __name__ == "__main__":
    status = main()
    # jtop's threads and its manager's clean-up may hang when the service is gone: leave at once.
    os._exit(status)
