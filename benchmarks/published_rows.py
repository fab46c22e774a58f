"""The printed figures that `benchmarks.published` holds emulated sensors against; nothing is computed here.

Source: Yang, Adamek, Armour, "Accurate and Convenient Energy Measurements for GPUs: A Detailed Study of
NVIDIA GPU's Built-In Power Sensor", SC24, doi 10.1109/SC41406.2024.00028, arXiv 2312.02741, and the plotting
scripts of its public repository. All errors are in percent of an external meter.
"""

from __future__ import annotations

import attrs

# A100 PCIe 40 GB against an external meter in steady state: gain -4.58 %, offset -1.21 W.
A100_GAIN = 1.0 - 0.0458
A100_OFFSET_W = -1.21
UPDATE_S = 0.1
WINDOW_S = 0.025
# How often nvidia-smi was asked.
POLL_S = 0.005
# "32 consecutive iterations or a minimum runtime of 5 seconds", "8 controlled delays evenly spaced".
REPETITIONS, SECONDS, SHIFTS = 32, 5.0, 8


@attrs.frozen
class Printed:
    """One figure of the repetition sweep.

    Args:
        kernel_s: length of the kernel in s.
        repetitions: how many ran one after another.
        error: mean error in percent; None where only the spread is printed.
        spread: standard deviation in percent: (least, greatest) where a range is printed.
        remedy: "" for the naive figure, "rise" where repetitions during the rise are discarded, "shifts".
        fitted: whether the load model is fitted to it; the others test the model.
    """

    kernel_s: float
    repetitions: int
    error: float | None
    spread: tuple[float, float]
    remedy: str = ""
    fitted: bool = False

    @property
    def target(self) -> tuple[float, float]:
        """What the model is to give, and how far it may be off: the mean and its spread, or the spread."""
        least, greatest = self.spread
        if self.error is None:
            return (least + greatest) / 2.0, (greatest - least) / 2.0
        return self.error, greatest

    @property
    def name(self) -> str:
        words = {"": "", "rise": ", no rise", "shifts": f", {SHIFTS} shifts"}
        return f"{1e3 * self.kernel_s:.0f} ms x {self.repetitions}{words[self.remedy]}"


# No spread is printed for the two corrected figures: that of the naive one beside each is taken. One spread
# is printed for the two shifted figures, and which it belongs to cannot be told: it is taken for both.
# "Any count" of the unshifted 100 ms kernel is shown at one, sixteen and 128.
SWEEP = (
    Printed(0.025, 1, -45.39, (8.75, 8.75), fitted=True),
    Printed(0.025, 32, -11.39, (1.83, 1.83), fitted=True),
    Printed(0.025, 256, -6.75, (0.59, 0.59)),
    Printed(0.025, 32, -8.62, (1.83, 1.83), "rise"),
    Printed(0.025, 256, -6.44, (0.59, 0.59), "rise"),
    Printed(0.1, 1, None, (19.0, 29.0)),
    Printed(0.1, 16, None, (19.0, 29.0)),
    Printed(0.1, 128, None, (19.0, 29.0), fitted=True),
    Printed(0.1, 16, -12.75, (4.27, 4.27), "shifts"),
    Printed(0.1, 128, -6.21, (4.27, 4.27), "shifts"),
    Printed(0.8, 1, -8.32, (0.38, 0.38), fitted=True),
    Printed(0.8, 64, -6.01, (0.46, 0.46), fitted=True),
)

# Naive error and error after the remedy, for sensors 100/100, 1000/100 (which GPU they were is not said) and
# 25/100 (A100): averaging window and update period in ms.
TASKS = {
    "CUBLAS": ((-21.5411, -4.8317), (-65.9273, -4.7424), (-24.0376, -5.4367)),
    "CUFFT": ((-52.3756, -4.7683), (-66.0321, -4.4905), (-52.3905, -5.0770)),
    "nvJPEG": ((-16.5776, -4.8480), (-46.6689, -4.8454), (37.0111, -5.3964)),
    "StereoDisparity": ((-43.9343, -4.5292), (-44.1017, -4.3106), (-42.9111, -5.6047)),
    "Black-Scholes": ((-58.5065, -4.9850), (-61.0129, -4.8157), (-41.5792, -5.4821)),
    "RandGen": ((-65.9410, -4.1906), (-68.5986, -4.0126), (-61.2106, -5.7508)),
    "ResNet50": ((-6.9455, -4.3935), (-20.3972, -4.2830), (-10.1076, -5.6179)),
    "RetinaNet": ((-15.2858, -4.7966), (-51.0333, -4.3987), (-26.8691, -5.4528)),
    "BERT": ((-7.3298, -4.9396), (-36.1704, -4.8263), (-15.7750, -5.0909)),
}
