"""One HTML file out of payload and script: no network, and no markup from data."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from wattwhat.records.escaping import controls_shown, html_text

__all__ = ["document_of", "own_script", "script_json"]

# Not by paths: the library may be run out of a zip file.
_ASSETS = files("wattwhat.report") / "assets"
# One file a job, in the order in which they need each other.
_SCRIPTS = (
    "data.js",
    "numbers.js",
    "elements.js",
    "state.js",
    "series.js",
    "units.js",
    "filters.js",
    "slices.js",
    "marks.js",
    "axes.js",
    "picture.js",
    "fronts.js",
    "names.js",
    "chart.js",
    "limits.js",
    "raise.js",
    "pairs.js",
    "summary.js",
    "front-list.js",
    "chart-tools.js",
    "pointing.js",
    "unlike.js",
    "ratios.js",
    "costs.js",
    "details.js",
    "comparison.js",
    "table.js",
    "export.js",
    "answer.js",
    "share.js",
    "tray.js",
    "printed.js",
    "main.js",
)


def script_json(data: Any) -> str:
    r"""JSON that can stand inside a script element: no text in it can close the element.

    Example:
        >>> script_json({"name": "</script><img src=x>"})
        '{"name":"\\u003c/script>\\u003cimg src=x>"}'
    """
    text = controls_shown(json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
    return text.replace("<", "\\u003c")


@lru_cache(maxsize=1)
def own_script() -> str:
    """The page's own script: its files joined into one function, so that nothing is global."""
    parts = [(_ASSETS / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    return "(() => {\n'use strict';\n" + "\n".join(parts) + "\n})();\n"


def document_of(payload: dict[str, Any], *, version: str) -> str:
    """The whole file.

    Args:
        payload: from `wattwhat.report.page.payload.payload_of`.
        version: of wattwhat, to be named in the foot.

    Returns:
        HTML that loads nothing: its own policy forbids every request and every script but its own.
    """
    script = own_script()
    policy = (
        "default-src 'none'; "
        f"script-src {_hash(script)}; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "POLICY": html_text(policy),
        "TITLE": html_text(payload["title"]),
        "VERSION": html_text(version),
        "STYLE": (_ASSETS / "page.css").read_text(encoding="utf-8"),
        "DATA": script_json(payload),
        "SCRIPT": script,
    }
    pieces = (_ASSETS / "page.html").read_text(encoding="utf-8").split("@@")
    # Odd pieces are names; what is put in is never searched for names again.
    return "".join(parts[piece] if i % 2 else piece for i, piece in enumerate(pieces))


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
