"""Energy logs of other tools as Measurements: `read` recognises the format from the content.

Nothing is measured here, nothing is executed or unpickled, and what a file does not say stays None.

Example:
    >>> from wattwhat import logs
    >>> "nvidia-smi" in logs.formats()
    True
"""

from __future__ import annotations

from wattwhat.logs.dispatch import Measurements, Stream, read, stream
from wattwhat.logs.fields import label_by
from wattwhat.logs.metrics_join import Joined, join_metrics
from wattwhat.logs.protocol import Head, Options, Reader
from wattwhat.logs.registry import formats
from wattwhat.logs.source import Source

__all__ = [
    "Head",
    "Joined",
    "Measurements",
    "Options",
    "Reader",
    "Source",
    "Stream",
    "formats",
    "join_metrics",
    "label_by",
    "read",
    "stream",
]
