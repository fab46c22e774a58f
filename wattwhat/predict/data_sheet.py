"""From operations, memory traffic and a data sheet: a lower bound, and how far above it runs were found."""

from __future__ import annotations

import math
from collections.abc import Iterable

import attrs

from wattwhat.errors import ArgumentError
from wattwhat.predict.devices import device
from wattwhat.predict.loglinear import LogNormal
from wattwhat.predict.prediction import BYTES, Case, Prediction
from wattwhat.predict.relations import operations_j, roofline_s
from wattwhat.predict.ways import Way
from wattwhat.records.coverage import t_quantile
from wattwhat.records.measurement import Measurement

__all__ = ["DataSheet", "Spread", "bound_j", "roofline_j", "traffic_bytes"]

_WINOGRAD = 2.25
# An output of a convolution or a product is written, read and written by what follows it (normalisation,
# activation) and read by the next: four passes.
_PASSES = 4
# Ours: what the dispatch of an operator takes at most in an eager framework.
_LAUNCH_S = 20e-6


@attrs.frozen
class Spread:
    """How far measured energies lie above the roofline: a log-normal factor.

    Args:
        log: mean of the logarithm of the factor.
        sd: its standard deviation, for an environment that is not among them.
        degrees: degrees of freedom, environments less one.
        source: the populations.
    """

    log: float
    sd: float
    degrees: int
    source: str


# Means of ln(measured / roofline): 1.22, 1.14, 1.24, 1.48, 1.86, 1.87 in strep's environments of one device,
# with 0.28 to 0.58 inside of each, as `python -m benchmarks.prediction_fits` prints them; 0.84 (H100) and
# 1.19 (B200), with 0.6, of language models that decode in bf16 (ML.ENERGY v3). Both variances are added.
PUBLISHED = Spread(
    1.36,
    0.61,
    7,
    "measured over roofline in 8 public environments: image classifiers on Xeon W-2155 and Quadro RTX 5000 "
    "(strep, batches of 32), decoding on H100 and B200 (ML.ENERGY v3)",
)


def bound_j(case: Case) -> float:
    """The least that one call can take on its device, in J: operations x TDP / peak (arXiv 2109.05472).

    Convolutions may be done with fewer multiplications than are counted: Winograd's F(2x2, 3x3) takes 2.25
    times fewer (Lavin and Gray, arXiv 1509.09308). VGG on a GPU was measured below the plain relation,
    so their operations are divided by that.

    Raises:
        ArgumentError: the data sheet lacks the peak of this precision, or the TDP.
    """
    counts = case.counts
    convolutions = counts.flops_conv
    if convolutions is None:
        convolutions = counts.flops if counts.activations_conv else 0
    least = counts.flops - convolutions + convolutions / _WINOGRAD
    return operations_j(least, case.device.power(), case.peak)


def traffic_bytes(case: Case) -> float:
    """Bytes of one call between memory and chip: the weights once, activations four times."""
    counts = case.counts
    return BYTES[case.precision] * (counts.parameters + _PASSES * float(counts.activations))


def roofline_j(case: Case) -> float:
    """TDP x the roofline's time of one call, in J; by operations alone where no bandwidth is known.

    Raises:
        ArgumentError: as `bound_j`.
    """
    sheet = case.device
    if sheet.bandwidth_bytes_s is None:
        return operations_j(case.counts.flops, sheet.power(), case.peak)
    time_s = roofline_s(case.counts.flops, traffic_bytes(case), case.peak, sheet.bandwidth_bytes_s)
    return sheet.power() * time_s


class DataSheet(Way):
    """TDP x roofline x how far above it runs were found; never below operations x TDP / peak.

    Args:
        spread: the factor above the roofline; None takes that of the public populations.
    """

    name = "data-sheet"
    rank = 2

    def __init__(self, spread: Spread | None = None) -> None:
        self.spread = PUBLISHED if spread is None else spread
        self.source = f"TDP x roofline of the data sheet; {self.spread.source}"

    @classmethod
    def fit(cls, measurements: Iterable[Measurement]) -> DataSheet:
        """The spread above the roofline in these measurements (a study's cells), whatever their models.

        Raises:
            ArgumentError: fewer than 3 of them have operations, activations, a device of the catalogue.
        """
        from wattwhat.predict.own_study import case_of

        factors = []
        for one in measurements:
            case = case_of(one, device)
            energy = one.energy_per_item_j
            if case is not None and energy is not None and energy.value > 0:
                factors.append(math.log(energy.value * case.items / roofline_j(case)))
        if len(factors) < 3:
            raise ArgumentError(
                argument="measurements",
                expected="at least 3 with flops and activations in their metrics and a device of "
                "the catalogue",
                got=len(factors),
            )
        mean = math.fsum(factors) / len(factors)
        sd = math.sqrt(math.fsum((one - mean) ** 2 for one in factors) / (len(factors) - 1))
        return cls(Spread(mean, max(sd, 0.1), len(factors) - 1, f"over {len(factors)} measurements given"))

    def predict(self, case: Case) -> Prediction | None:
        """Joules of one item; None for a call without a single operation that is counted."""
        if case.counts.flops <= 0:
            return None
        roof, spread = roofline_j(case), self.spread
        factor = t_quantile(0.95, spread.degrees) * math.sqrt(1.0 + 1.0 / (spread.degrees + 1))
        energy = LogNormal.of(math.log(roof) + spread.log, spread.sd, factor)
        launch_j = (case.counts.operators or 0) * _LAUNCH_S * case.device.power()
        notes = _doubts(case, energy.high < launch_j)
        energy = LogNormal(energy.median, energy.low, max(energy.high, launch_j))
        return Prediction(
            energy=energy * (1.0 / case.items),
            way=self.name,
            source=self.source,
            rests_on=(_sheet(case), *_counted(case)),
            notes=notes,
        )


def _doubts(case: Case, launched: bool) -> tuple[str, ...]:
    notes = []
    if launched:
        notes.append(
            f"{case.counts.operators} operator(s) are dispatched for little work each: the call may take as "
            "long as their dispatch, so the upper end is that; a larger batch or a compiled model takes less"
        )
    if case.device.bandwidth_bytes_s is None:
        notes.append(f"no memory bandwidth of {case.device.name} is known: memory traffic is left out")
    if case.device.kind in ("edge", "accelerator"):
        notes.append(
            f"the spread above the roofline was found on CPUs and GPUs, not on an {case.device.kind} chip"
        )
    return tuple(notes)


def _sheet(case: Case) -> str:
    sheet = case.device
    name = case.precision if case.peak == sheet.peak(case.precision) else "tf32, which fp32 may be run as"
    speed = f"{case.peak / 1e12:.4g} TFLOP/s dense {name}"
    memory = "" if sheet.bandwidth_bytes_s is None else f", {sheet.bandwidth_bytes_s / 1e9:.4g} GB/s"
    return f"{sheet.name}: {speed}{memory}, {sheet.power():.4g} W ({sheet.source})"


def _counted(case: Case) -> tuple[str, ...]:
    counts = case.counts
    return (
        f"{counts.flops:.4g} FLOPs, {counts.activations:.4g} activations and {counts.parameters:.4g} "
        f"parameters a call of {case.items} ({counts.method})",
    )
