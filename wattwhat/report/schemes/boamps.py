"""BoAmps: the JSON report of Boavizta and Hub France IA on the energy of an AI task.

Names and units are those of its schemas (report, algorithm, dataset, measure and hardware, format 0.1):
``powerConsumption`` is an energy in kWh, ``measurementDuration`` is in s. Its ``quality`` is a class of the
relative error: high within 10 %, medium within 25 %, low within 50 %; the 95 % interval decides.
"""

from __future__ import annotations

from collections import Counter
from datetime import timezone
from typing import Any

from wattwhat._version import __version__
from wattwhat.records.escaping import json_text
from wattwhat.report.schemes.common import covered, intensity, nested, rounded
from wattwhat.report.schemes.filling import Filled
from wattwhat.report.schemes.scheme import Field, Known, Scheme, degrees, number, one_of, share, text, whole

__all__ = ["SCHEME"]

_QUALITY = (("high", 0.10), ("medium", 0.25), ("low", 0.50))
_TYPES = {"board": "gpu", "gpu": "gpu", "dram": "ram", "cpu": "cpu", "core": "cpu"}


def _measures(known: Known) -> list[dict[str, Any]] | None:
    """The sum as one measure: several would be added up by readers, and some joules be in two of them."""
    energy, started = known.whole.energy_kwh, known.whole.started_at
    if not known.whole.energy_j.known:
        return None
    measure = {
        "measurementMethod": f"wattwhat ({known.whole.provenance})",
        "version": __version__,
        "cpuTrackingMode": _backends(known, "cpu"),
        "gpuTrackingMode": _backends(known, "gpu"),
        "powerConsumption": rounded(energy),
        "measurementDuration": known.whole.duration_s,
        "measurementDateTime": None
        if started is None
        else started.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
    }
    return [{name: value for name, value in measure.items() if value is not None}]


def _backends(known: Known, kind: str) -> str | None:
    counted = (entry.channel for entry in known.whole.channels if entry.counted)
    return ", ".join(sorted({one.backend for one in counted if _TYPES.get(one.component) == kind})) or None


def _components(known: Known) -> list[dict[str, Any]] | None:
    job = known.whole.environment.get("slurm") or {}
    counted = Counter(
        (
            _TYPES.get(entry.channel.component, entry.channel.component),
            entry.channel.device,
            job.get("cpu_share") if entry.channel.id.endswith(f"/job-{job.get('job_id')}") else None,
        )
        for entry in known.whole.channels
        if entry.counted
    )
    return [
        {"componentName": device, "componentType": kind, "nbComponent": count}
        | ({} if part is None else {"share": part})
        for (kind, device, part), count in sorted(counted.items(), key=str)
    ] or None


def _quality(known: Known) -> str | None:
    relative = known.whole.energy_j.relative
    return next((name for name, most in _QUALITY if 2.0 * relative <= most), None)


def _os(known: Known) -> str | None:
    parts = str(known.whole.environment.get("os") or "").split()
    return parts[0].lower() if parts else None


def _python(known: Known) -> str | None:
    """Python's version where the program was measured from inside; a command may be in any language."""
    inside = all("exit_status" not in one.details for one in known.measurements)
    version = known.whole.environment.get("python")
    return str(version) if version and inside else None


def _intensity(known: Known) -> float | None:
    intensity = known.intensity_of(known.whole)
    return None if intensity is None else rounded(intensity)


def _render(filled: Filled) -> str:
    shown = {name: v for name, v in filled.values.items() if name != "intensity_g_per_kwh"}
    return json_text(nested(shown), indent=2)


def _given(name: str, asks: str, kind: Any = text, required: bool | str = False) -> Field:
    return Field(name=name, asks=asks, kind=kind, required=required)


_ALGORITHM = (
    _given("trainingType", "such as supervisedLearning"),
    _given("algorithmType", "such as llm"),
    _given("algorithmName", "such as transformer"),
    _given("algorithmUri", "where the model is"),
    _given("foundationModelName", "such as llama3.1-8b"),
    _given("foundationModelUri", "where that model is"),
    _given("parametersNumber", "billions of parameters", number),
    _given("framework", "such as pytorch"),
    _given("frameworkVersion", "its version"),
    _given("classPath", "class within the framework"),
    _given("layersNumber", "layers", number),
    _given("epochsNumber", "passes through the data", number),
    _given("optimizer", "such as adam"),
    _given("quantization", "such as fp16"),
)
_DATASET = (
    _given("dataUsage", "input or output", one_of("input", "output"), True),
    _given(
        "dataType",
        "such as image",
        one_of(
            "tabular", "audio", "boolean", "image", "video", "object", "text", "token", "word", "other"
        ),
        True,
    ),
    _given("dataFormat", "format of its files"),
    _given("dataSize", "GB", number),
    _given("dataQuantity", "how many items", number),
    _given("shape", "such as (12, 1000)"),
    _given("source", "public, private or other", one_of("public", "private", "other")),
    _given("sourceUri", "where it is"),
    _given("owner", "whose it is"),
)  # fmt: skip
_COMPONENT = (
    _given("componentName", "name of the device"),
    _given("componentType", "such as cpu, gpu or ram", required=True),
    _given("nbComponent", "how many", whole, True),
    _given("memorySize", "GB of one", whole),
    _given("manufacturer", "who made it"),
    _given("family", "such as geforce"),
    _given("series", "such as gtx1080"),
    _given("share", "share of it that the task used, 0 to 1", share),
)

SCHEME = Scheme(
    name="boamps",
    title="BoAmps report 0.1",
    source="https://github.com/Boavizta/BoAmps",
    render=_render,
    fields=(
        _given("header.licensing", "licence of the report"),
        _given("header.formatVersion", "version of the schemas"),
        _given("header.formatVersionSpecificationUri", "where these are"),
        _given("header.reportId", "unique name of the report"),
        _given("header.reportDatetime", "date of publishing, YYYY-MM-DD HH:MM:SS", required="header."),
        _given("header.reportStatus", "draft, final, corrective or other",
               one_of("draft", "final", "corrective", "other")),
        _given("header.publisher.name", "who publishes it"),
        _given("header.publisher.division", "department"),
        _given("header.publisher.projectName", "project"),
        _given("header.publisher.confidentialityLevel", "public, internal, confidential or secret",
               one_of("public", "internal", "confidential", "secret"), "header.publisher."),
        _given("header.publisher.publicKey", "public key with which a signature of it is checked"),
        _given("task.taskStage", "stage, such as training, finetuning or inference", required=True),
        _given("task.taskFamily", "family, such as image classification", required=True),
        _given("task.nbRequest", "of inference: how many requests were measured", number),
        Field(name="task.algorithms", asks="list of the main algorithms", parts=_ALGORITHM),
        Field(name="task.dataset", asks="list of the data", parts=_DATASET),
        Field(name="task.measuredAccuracy", asks="accuracy, 0 to 1", kind=share, required=False,
              known=lambda known: known.whole.metrics.get("accuracy")),
        _given("task.estimatedAccuracy", "veryPoor, poor, average, good or veryGood",
               one_of("veryPoor", "poor", "average", "good", "veryGood")),
        Field(name="task.taskDescription", asks="more about the task", kind=text, required=False,
              known=lambda known: (part := covered(known)) and f"energy covers {part}"),
        Field(name="measures", asks="energy in kWh: it is not known", known=_measures),
        Field(name="system.os", asks="operating system", kind=text, required="system.", known=_os),
        _given("system.distribution", "distribution"),
        _given("system.distributionVersion", "its version"),
        Field(name="software.language", asks="programming language", kind=text, required="software.",
              known=lambda known: "python" if _python(known) else None),
        Field(name="software.version", asks="its version", kind=text, required=False, known=_python),
        _given("infrastructure.infraType", "publicCloud, privateCloud, onPremise or other",
               one_of("publicCloud", "privateCloud", "onPremise", "other"), True),
        _given("infrastructure.cloudProvider", "such as ovh"),
        _given("infrastructure.cloudInstance", "such as a1.large"),
        _given("infrastructure.cloudService", "name of an AI cloud service"),
        Field(name="infrastructure.components", asks="list of the hardware", parts=_COMPONENT,
              known=_components),
        _given("environment.country", "country", required="environment."),
        _given("environment.latitude", "degrees north", degrees),
        _given("environment.longitude", "degrees east", degrees),
        _given("environment.location", "city, region or data centre"),
        _given("environment.powerSupplierType", "public, private, internal or other",
               one_of("public", "private", "internal", "other")),
        _given("environment.powerSource", "solar, wind, nuclear, hydroelectric, gas, coal or other",
               one_of("solar", "wind", "nuclear", "hydroelectric", "gas", "coal", "other")),
        intensity(required=False),
        Field(name="environment.powerSourceCarbonIntensity", asks="state intensity_g_per_kwh",
              required=False, known=_intensity),
        Field(name="quality", asks="class of the error: high 10 %, medium 25 %, low 50 %", required=False,
              kind=one_of("high", "medium", "low"), known=_quality),
    ),
)  # fmt: skip
