"""Which readers there are, and which one a file is for; readers are imported on first use."""

from __future__ import annotations

from functools import lru_cache

from wattwhat.errors import BackendError, LogError
from wattwhat.logs.protocol import Head, Reader, head_of
from wattwhat.logs.source import Source
from wattwhat.plugins import find_plugins, load

__all__ = ["GROUP", "formats", "readers", "recognise"]

GROUP = "wattwhat.logs"

# name -> module of wattwhat.logs.readers and class; the first of equally sure ones wins
_OWN = {
    "wattwhat": "own:OwnReader",
    "nvidia-smi": "nvidia_smi:NvidiaSmi",
    "nvidia-smi-dmon": "nvidia_dmon:NvidiaDmon",
    "dcgmi-dmon": "dcgm:Dcgm",
    "rocm-smi": "rocm_smi:RocmSmi",
    "amd-smi": "amd_smi:AmdSmi",
    "tegrastats": "tegrastats:Tegrastats",
    "powerjoular": "powerjoular:PowerJoular",
    "intel-power-gadget": "power_gadget:PowerGadget",
    "powermetrics": "powermetrics:Powermetrics",
    "wandb-system-metrics": "wandb:Wandb",
    "turbostat": "turbostat:Turbostat",
    "perf-stat": "perf:PerfStat",
    "experiment-impact-tracker": "impact_tracker:ImpactTracker",
    "scaphandre": "scaphandre:Scaphandre",
    "mlperf-power": "mlperf_power:MlperfPower",
    "codecarbon": "codecarbon:CodeCarbon",
    "zeus": "zeus:Zeus",
    "zeus-power": "zeus_power:ZeusPower",
    "zeus-trace": "zeus_power:ZeusTrace",
    "carbontracker": "carbontracker:Carbontracker",
    "eco2ai": "eco2ai:Eco2Ai",
    "perun": "perun:Perun",
    "perun-samples": "perun_samples:PerunSamples",
    "pyrapl": "pyrapl:PyRapl",
    "pyjoules": "pyjoules:PyJoules",
    "joule-profiler": "joule_profiler:JouleProfiler",
    "mlperf-tiny": "mlperf_tiny:MlperfTiny",
    "optimum-benchmark": "optimum_benchmark:OptimumBenchmark",
    "ai-energy-score": "ai_energy_score:AiEnergyScore",
    "mlenergy": "mlenergy:MlEnergy",
    "mlee": "mlee:Mlee",
    "model-card": "model_card:ModelCard",
    "yolo-results": "yolo:YoloResults",
    "energy-table": "energy_table:EnergyTable",
    "metrics-table": "metrics_table:MetricsTable",
}


@lru_cache(maxsize=1)
def _own() -> dict[str, Reader]:
    from importlib import import_module

    found: dict[str, Reader] = {}
    for name, where in _OWN.items():
        module, _, cls = where.partition(":")
        found[name] = getattr(import_module(f"wattwhat.logs.readers.{module}"), cls)()
    return found


@lru_cache(maxsize=1)
def _foreign() -> tuple[dict[str, Reader], tuple[str, ...]]:
    """Readers of other distributions, and sentences about those that do not work."""
    found: dict[str, Reader] = {}
    broken: list[str] = []
    for name, plugin in find_plugins(group=GROUP).items():
        try:
            loaded = load(plugin)
            reader = loaded() if isinstance(loaded, type) else loaded
        except BackendError as err:
            broken.append(str(err))
            continue
        except (Exception, SystemExit) as err:
            broken.append(f"reader {name!r} failed to start: {type(err).__name__}: {err}")
            continue
        if isinstance(reader, Reader):
            found[name] = reader
        else:
            broken.append(f"reader {name!r} lacks name, sniff() or read(); see wattwhat.logs.protocol")
    return found, tuple(broken)


def readers() -> dict[str, Reader]:
    """Every reader by name, our own first."""
    return {**_foreign()[0], **_own()}


def formats() -> tuple[str, ...]:
    """The names of the formats that can be read here, third parties' included.

    Example:
        >>> "nvidia-smi" in formats()
        True
    """
    return tuple(sorted({*_OWN, *_foreign()[0]}))


def recognise(source: Source) -> Reader:
    """The reader that is surest that the file is its format.

    Raises:
        LogError: the file is empty or binary, or no reader knows it.
    """
    source.check_text()
    head = head_of(source)
    best: tuple[int, Reader] | None = None
    for reader in _own().values():
        best = _surer(best, reader, head)
    foreign, broken = _foreign()
    for reader in foreign.values():
        best = _surer(best, reader, head)
    if best is None:
        first = head.first_line.strip()[:80]
        more = "".join(f"; {sentence}" for sentence in broken)
        raise source.error(
            None,
            f"no known energy log begins like this: {first!r}; expected one of {', '.join(formats())}{more}",
        )
    return best[1]


def _surer(best: tuple[int, Reader] | None, reader: Reader, head: Head) -> tuple[int, Reader] | None:
    try:
        sure = int(reader.sniff(head))
    except (Exception, SystemExit) as err:
        raise LogError(f"{head.name}: reader {reader.name!r} failed to look at it: {err!r}") from err
    return (sure, reader) if sure > (best[0] if best else 0) else best
