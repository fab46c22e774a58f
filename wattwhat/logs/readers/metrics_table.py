"""Tables of metrics without energy, as Lightning's metrics.csv: recognised to say what to do with them."""

from __future__ import annotations

from collections.abc import Iterator

from wattwhat.logs.building.accuracies import accuracy_name
from wattwhat.logs.parsing.csv_rows import split_cells
from wattwhat.logs.parsing.named_rows import delimiter_of
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["MetricsTable"]

_TRAINING = {"epoch", "step", "train_loss", "val_loss", "test_loss", "loss"}


class MetricsTable:
    """Refuses every file it is for: there is no energy in it."""

    name = "metrics-table"

    def sniff(self, head: Head) -> int:
        """An accuracy, or losses by epoch, and nothing better known."""
        header = split_cells(head.first_line, delimiter_of(head.first_line))
        if len(header) < 2 or any(len(name) > 60 for name in header):
            return 0
        losses = len(_TRAINING & {name.lower() for name in header}) > 1
        return 5 if losses or any(accuracy_name(name) for name in header) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """Nothing.

        Raises:
            LogError: always.
        """
        header = split_cells(head_of(source).first_line, delimiter_of(head_of(source).first_line))
        listed = ", ".join(name for name in header if accuracy_name(name))[:200] or ", ".join(header)[:200]
        raise source.error(
            1,
            f"holds metrics ({listed}) and no energy; read the energy log instead, and join this table to it "
            "with --metrics",
        )
        yield  # a generator like every reader's
