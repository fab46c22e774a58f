"""Power limits of NVIDIA GPUs, through nvidia-smi: set only where a plan asks for it, and always put back.

The cell's process sets and puts back. Where it dies before, its parent puts back; where the parent dies, the
cell's process still does, before it ends.
"""

from __future__ import annotations

import subprocess

from wattwhat.study.impossible import NotPossibleError

__all__ = ["put_back", "set_limit"]

_QUERY = "--query-gpu=power.limit,power.min_limit,power.max_limit"
_PATIENCE_S = 30.0


def set_limit(uuids: tuple[str, ...] | None, device: str, limit_w: float) -> tuple[str, float]:
    """Set the power limit of a GPU.

    Args:
        uuids: of the accelerators that the cell runs on, without their prefix.
        device: as the plan names it, for errors.
        limit_w: the limit in W.

    Returns:
        The GPU as nvidia-smi names it, and its limit in W before.

    Raises:
        NotPossibleError: it is no NVIDIA GPU, the limit is outside of its range, or nobody may set it.
    """
    if not uuids:
        raise NotPossibleError(f"power_limit_w: only NVIDIA GPUs have one here, the cell runs on {device}")
    gpu = f"GPU-{uuids[0]}"
    answer = _asked("-i", gpu, _QUERY, "--format=csv,noheader,nounits")
    try:
        before_w, least_w, most_w = (float(watts) for watts in answer.split(","))
    except ValueError as err:
        raise NotPossibleError(f"power_limit_w: {gpu} tells no limits: {answer.strip()!r}") from err
    if not least_w <= limit_w <= most_w:
        raise NotPossibleError(
            f"power_limit_w: {limit_w:g} W is outside of the {least_w:g} to {most_w:g} W that {gpu} takes"
        )
    _asked("-i", gpu, "-pl", f"{limit_w:g}")
    return gpu, before_w


def put_back(gpu: str, limit_w: float) -> None:
    """Set the limit that a GPU had before; what fails here cannot be mended.

    Args:
        gpu: as nvidia-smi names it.
        limit_w: its limit in W before.
    """
    try:
        _asked("-i", gpu, "-pl", f"{limit_w:g}")
    except NotPossibleError:
        pass


def _asked(*words: str) -> str:
    try:
        answer = subprocess.run(
            ["nvidia-smi", *words], capture_output=True, text=True, check=False, timeout=_PATIENCE_S
        )
    except (OSError, subprocess.TimeoutExpired) as err:
        raise NotPossibleError(f"power_limit_w: nvidia-smi does not answer ({err})") from err
    if answer.returncode != 0:
        text = " ".join((answer.stdout + answer.stderr).split())[:200]
        raise NotPossibleError(f"power_limit_w: nvidia-smi refuses: {text}")
    return answer.stdout
