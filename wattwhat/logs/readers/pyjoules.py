"""pyJoules' CSV: microjoules of each domain of a tagged span; cores and uncore lie inside their package."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wattwhat.logs.building.known_sensors import NVML, RAPL
from wattwhat.logs.building.row_facts import RowFacts
from wattwhat.logs.building.stated_totals import Totals, short_text
from wattwhat.logs.parsing.cells import stamp, utc
from wattwhat.logs.parsing.named_rows import NamedRow, delimiter_of, named_rows
from wattwhat.logs.protocol import Head, Options, head_of
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement
from wattwhat.records.quantity import unit_factor

__all__ = ["PyJoules"]

_NAMES = ("timestamp", "tag", "duration")
_DOMAIN = re.compile(r"(package|dram|core|uncore|nvidia_gpu)_(\d{1,4})")
_COMPONENTS = {"package": "cpu", "dram": "dram", "core": "core", "uncore": "uncore", "nvidia_gpu": "gpu"}
# No GPU that NVML gives an energy for draws less, idle (ours).
_LEAST_GPU_W = 2.0


class PyJoules:
    """A negative energy is a counter that wrapped: that row is refused, for what it counted is not known."""

    name = "pyjoules"

    def sniff(self, head: Head) -> int:
        """Its first three columns and a domain."""
        names = head.cells(delimiter_of(head.first_line))
        return 95 if _is_header(names) else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement a row."""
        delimiter = delimiter_of(head_of(source).first_line)
        ahead = source.ahead()
        facts = RowFacts(
            options, lambda: (row.cells for row in named_rows(ahead, _is_header, delimiter)), _NAMES
        )
        for row in named_rows(source, _is_header, delimiter):
            if not row.whole:
                source.problem(
                    row.line,
                    f"expected {len(row.header)} cells, found {len(row.all_cells)}: pyJoules appends without "
                    "a new header when the domains change, so which is which is not known",
                )
                continue
            yield from self._measurement(source, options, row, facts)

    def _measurement(
        self, source: Source, options: Options, row: NamedRow, facts: RowFacts
    ) -> Iterator[Measurement]:
        totals = Totals(source, options, format=self.name, line=row.line)
        duration_s = totals.seconds(row.get("duration"))
        wanted = options.more.get("gpu_energy_unit")
        for name in row.cells:
            domain = _DOMAIN.fullmatch(name)
            if domain is None:
                continue
            kind, number_of = domain.groups()
            inside = (
                [totals.id_of(f"{part}_{number_of}") for part in ("core", "uncore")]
                if kind == "package"
                else []
            )
            is_gpu = kind == "nvidia_gpu"
            energy_j = totals.add(
                name,
                _COMPONENTS[kind],
                row.get(name),
                "uJ",
                NVML if is_gpu else RAPL,
                factor=unit_factor(str(wanted), "J") if is_gpu and wanted else None,
                contains=inside,
            )
            if (
                is_gpu
                and not wanted
                and energy_j is not None
                and duration_s
                and energy_j / duration_s < _LEAST_GPU_W
            ):
                totals.warn(
                    f"{name}: a mean of {energy_j / duration_s:.3g} W is too little for a GPU: some versions "
                    "of pyJoules write mJ there; nothing was "
                    "converted, gpu_energy_unit='mJ' does so"
                )
        begin = stamp(row.get("timestamp"))
        yield from totals.measurement(
            **facts.of(totals, row.cells),
            label=short_text(row.get("tag")),
            duration_s=duration_s,
            started_at=utc(begin, options.timezone) if begin is not None else None,
            scope="cpu and gpu" if any("nvidia_gpu" in name for name in row.header) else "cpu",
        )


def _is_header(names: tuple[str, ...]) -> bool:
    return names[:3] == _NAMES and any(_DOMAIN.fullmatch(name) for name in names[3:])
