"""How well the counters are known: standard uncertainties of their gain, and where the figures come from.

Neither Intel nor AMD states an accuracy for RAPL, so these limits are ours, taken as half-widths of
rectangular distributions (GUM 4.3.7: u = a / sqrt(3)):

* 5 % for Intel packages and their parts. Servers since Haswell measure at the voltage regulator and agree
  closely with external meters (Desrochers, Paradis, Weaver, MEMSYS 2016, doi:10.1145/2989081.2989088;
  Khan et al., ACM TOMPECS 3(2), 2018, doi:10.1145/3177754); client parts may differ more.
* 10 % for AMD, whose counters come from a model of the chip rather than a measurement (Schöne et al.,
  IEEE CLUSTER 2021, arXiv:2108.00808), and for platform counters, whose sensor the board's maker picks.
* 20 % for DRAM, which follows the true power with an offset that differs between systems (Desrochers 2016).
* 5 % for the power meters of Grace, whose documentation names no figure.
"""

from __future__ import annotations

import math

__all__ = ["gain_error"]

_LIMITS = {"package": 0.05, "core": 0.05, "uncore": 0.05, "dram": 0.20, "psys": 0.10, "module": 0.05}
_AMD_LIMIT = 0.10


def gain_error(part: str, is_amd: bool = False, quantity: str = "energy") -> float:
    """Standard uncertainty (k=1) of a domain's gain, as a fraction.

    Args:
        part: the domain's part, as in `wattwhat_rapl.domain.Domain`.
        is_amd: whether the CPU is AMD's or Hygon's.
        quantity: ``"energy"`` for RAPL counters, ``"power"`` for Grace's meters.

    Example:
        >>> round(gain_error("package"), 3), round(gain_error("package", is_amd=True), 3)
        (0.029, 0.058)
    """
    limit = _LIMITS[part]
    if is_amd and quantity == "energy":
        limit = max(limit, _AMD_LIMIT)
    return limit / math.sqrt(3.0)
