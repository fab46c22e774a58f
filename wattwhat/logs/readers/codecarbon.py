"""CodeCarbon's emissions.csv of every schema, and the same record as JSON: one Measurement a run."""

from __future__ import annotations

from collections.abc import Iterator

from wattwhat.logs.parsing.named_rows import delimiter_of
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.readers.codecarbon_first import look_through
from wattwhat.logs.readers.codecarbon_index import Index, OpenRuns
from wattwhat.logs.readers.codecarbon_lines import Irregular, may_be_regular
from wattwhat.logs.readers.codecarbon_records import KEYS, is_header, records
from wattwhat.logs.readers.codecarbon_runs import Maker
from wattwhat.logs.readers.codecarbon_second import SecondPass
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["CodeCarbon"]


class CodeCarbon:
    """Columns by name, never by place; emissions_rate and the powers are not used (see its known errors).

    Powers are the last reading before 3.0, not a mean, and emissions_rate changed its unit in 2.2.0, so no
    energy is rebuilt from them.
    """

    name = "codecarbon"

    def sniff(self, head: Head) -> int:
        """Its columns or keys."""
        if isinstance(head.json, dict):
            return 95 if head.json.keys() >= KEYS else 0
        return 95 if is_header(head.cells(delimiter_of(head.first_line))) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a run, where its last row stands: the rows of a run are cumulative."""
        if may_be_regular(source):
            try:
                looked = look_through(source.ahead())
            except Irregular:
                pass
            else:
                yield from SecondPass(source, options, looked).measurements()
                return
        index = Index()
        for record in records(source.ahead()):
            index.add(record)
        maker, open_runs = Maker(source, options, index), OpenRuns(index)
        for record in records(source):
            for last, rows in open_runs.add(record):
                yield from maker.of(last, rows)
