"""MLEE's JSON of a training or a validation: joules by device and accuracy in one file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattwhat.logs.building.accuracies import fraction
from wattwhat.logs.building.known_sensors import NVML, RAPL
from wattwhat.logs.building.stated_totals import Totals, short_text, text_of_value
from wattwhat.logs.parsing.cells import Stamp, number, utc
from wattwhat.logs.protocol import Head, Options
from wattwhat.logs.source import Source
from wattwhat.records.measurement import Measurement

__all__ = ["Mlee"]

_MONITORS = (("monitoring_pynvml", "gpu", "GPU", NVML), ("monitoring_pyrapl", "cpu", "package", RAPL))
_METRICS = {"accuracy": "accuracy", "top_5_accuracy": "top5"}


class Mlee:
    """``total_power_draw`` is joules. The device ``total`` is the sum of the others, and -1 says unknown."""

    name = "mlee"

    def sniff(self, head: Head) -> int:
        """Its names of monitors."""
        if head.text.lstrip()[:1] != "{":
            return 0
        return 90 if '"monitoring_pynvml"' in head.text or '"monitoring_pyrapl"' in head.text else 0

    def read(self, source: Source, options: Options) -> Iterator[Measurement]:
        """One Measurement for each of training and validation that was monitored."""
        tree = source.json(max_mb=16.0)
        if not isinstance(tree, dict):
            raise source.error(None, "expected an object with validation or train")
        any_section = False
        for name, task in (("validation", "inference"), ("train", "training"), (None, "training")):
            section = tree if name is None else tree.get(name)
            if isinstance(section, dict) and any(isinstance(section.get(key), dict) for key, *_ in _MONITORS):
                any_section = True
                yield from self._section(source, options, tree, section, name or "train", task)
        if not any_section:
            raise source.error(
                None, "holds no monitored energy: monitoring_pynvml and monitoring_pyrapl are null"
            )

    def _section(
        self,
        source: Source,
        options: Options,
        tree: dict[str, Any],
        section: dict[str, Any],
        name: str,
        task: str,
    ) -> Iterator[Measurement]:
        totals = Totals(source, options, format=self.name, line=None)
        kinds = []
        for key, component, meter_name, sensor in _MONITORS:
            devices = section.get(key)
            if isinstance(devices, dict):
                kinds.append(component)
                for device, summary in devices.items():
                    if device != "total" and isinstance(summary, dict):
                        _add(totals, f"{meter_name} {device}"[:80], component, summary, sensor)
                    if component == "cpu" and isinstance(summary, dict) and "package-1" in summary:
                        totals.warn("RAPL: only package-0 is in the energy; the file shows a second package")
        results = section.get("results") if isinstance(section.get("results"), dict) else {}
        config = tree.get("config") if isinstance(tree.get("config"), dict) else {}
        begin = number(text_of_value(results.get("start"))) if results else None
        yield from totals.measurement(
            label=short_text(config.get("model") or config.get("infer_model")) if config else None,
            duration_s=totals.seconds(section.get("duration")),
            metrics=_metrics(results),
            started_at=utc(Stamp(begin, "utc", 1e-6)) if begin is not None and 0.0 < begin < 4e9 else None,
            environment=_environment(tree),
            scope=" and ".join(kinds),
            phase=task,
            section=name,
            epochs=_epochs(results),
        )


def _add(totals: Totals, device: str, component: str, summary: dict[str, Any], sensor: Any) -> None:
    """One device; mean power and length of its own span are there to check with."""
    value = summary.get("total_power_draw")
    if number(text_of_value(value)) == -1.0:
        totals.warn(f"{device}: -1 says that its energy is not known; it is absent, not 0")
        return
    energy_j = totals.add(device, component, value, "J", sensor, column=f"{device} total_power_draw")
    usage = summary.get("power_usage") or summary.get("package-0")
    mean = usage.get("mean") if isinstance(usage, dict) else None
    totals.check_power(energy_j, number(text_of_value(mean)), totals.seconds(summary.get("total_duration")))


def _metrics(results: Any) -> dict[str, float]:
    metrics = results.get("metrics") if isinstance(results, dict) else None
    if not isinstance(metrics, dict):
        return {}
    shares = {ours: fraction(metrics.get(theirs), percent=False) for theirs, ours in _METRICS.items()}
    return {name: share for name, share in shares.items() if share is not None}


def _epochs(results: Any) -> int | None:
    history = results.get("history") if isinstance(results, dict) else None
    losses = history.get("loss") if isinstance(history, dict) else None
    return len(losses) if isinstance(losses, list) else None


def _environment(tree: dict[str, Any]) -> dict[str, Any]:
    """Processor, GPUs and the framework's version, as far as they are named."""
    platform = tree.get("execution_platform")
    if not isinstance(platform, dict):
        return {}
    gpus = platform.get("GPU")
    names = (
        [short_text(gpu.get("Name")) for gpu in list(gpus.values())[:64] if isinstance(gpu, dict)]
        if isinstance(gpus, dict)
        else []
    )
    environment = {
        "os": short_text(platform.get("System")),
        "cpu_model": short_text(platform.get("Processor")),
        "gpu_model": ", ".join(sorted({name for name in names if name})) or None,
        "gpu_count": len(names) or None,
    }
    return {key: value for key, value in environment.items() if value}
