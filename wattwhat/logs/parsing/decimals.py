"""Many decimal numbers at once, bit by bit those that `float` makes of them."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["decimals", "plain"]

_COMMA, _POINT, _SLASH, _ZERO = b",./0"
_NOT_IN_INTEGERS = bytes(set(range(256)) - set(b"0123456789,"))
_TEN = tuple(10.0**k for k in range(23))  # those that a double holds exactly
_MOST = 10**18  # a mantissa from here on may be beyond 64 bits
_SPLIT = 2.0**27 + 1.0
_ERROR = 2.0**-40  # of what a quotient lacks, relative: a thousand times as much as two roundings make


def plain(cell: str) -> float | None:
    """A number of 0 or more as programs print it, None for any other cell: that is looked at with care.

    It begins with a digit.

    Example:
        >>> plain("1.5e-06"), plain(""), plain("-1"), plain("nan"), plain("1_0")
        (1.5e-06, None, None, None, None)
    """
    try:
        value = float(cell) if "0" <= cell[:1] <= "9" and "_" not in cell else math.nan
    except ValueError:
        return None
    return value if value < math.inf else None


def decimals(text: bytes) -> Any:
    """Cells between commas as an array of numbers; NaN where a cell is not `plain`.

    A cell of digits and one point is an integer divided by a power of ten. The quotient of two doubles is
    mended by what it lacks (Dekker 1971); where that leaves in doubt which double is the nearest one, and
    for every other kind of cell, `plain` decides.

    Example:
        >>> decimals(b"0.25,3,1e-3,,x").tolist()
        [0.25, 3.0, 0.001, nan, nan]
    """
    import numpy as np

    codes = np.frombuffer(text + b",", dtype=np.uint8)
    end = np.flatnonzero(codes == _COMMA)
    begin = np.concatenate([[0], end[:-1] + 1])
    places, points = _places(np.flatnonzero(codes == _POINT), begin, end)
    no_digit = (codes[begin] - _ZERO) > 9  # of bytes, so that what is below 0 is far above 9
    by_hand = no_digit | (points > 1) | (places >= len(_TEN))
    odd = np.flatnonzero((((codes - _POINT) > 11) & (codes != _COMMA)) | (codes == _SLASH))
    by_hand[np.searchsorted(end, odd)] = True
    digits = text.translate(None, _NOT_IN_INTEGERS)
    if no_digit.any():
        digits = b"0" + digits.replace(b",", b",0")
    mantissa = np.fromstring(digits, dtype=np.int64, sep=",")  # what is beyond 64 bits: the largest there is
    by_hand |= mantissa >= _MOST
    mantissa[by_hand] = places[by_hand] = 0
    found, sure = _quotients(mantissa, np.array(_TEN)[places])
    for k in np.flatnonzero(by_hand | ~sure).tolist():
        value = plain(text[begin[k] : end[k]].decode("utf-8", "wattwhat.latin1"))
        found[k] = math.nan if value is None else value
    return found


def _places(point: Any, begin: Any, end: Any) -> tuple[Any, Any]:
    """Of each cell how many places its last point leaves behind it, and how many points it has."""
    import numpy as np

    if len(point) == len(end) and ((point >= begin) & (point < end)).all():  # one in each, as nearly always
        return end - point - 1, np.ones(len(end), dtype=np.int64)
    cell = np.searchsorted(end, point)
    places = np.zeros(len(end), dtype=np.int64)
    places[cell] = end[cell] - point - 1
    return places, np.bincount(cell, minlength=len(end))


def _quotients(mantissa: Any, ten: Any) -> tuple[Any, Any]:
    """Integers below 10**18 divided by powers of ten, to the nearest double, and for which that is sure."""
    import numpy as np

    high = mantissa.astype(float)
    low = (mantissa - high.astype(np.int64)).astype(float)
    found = high / ten
    product = found * ten
    (a, b), (c, d) = _halves(found), _halves(ten)
    rounded = ((a * c - product) + a * d + b * c) + b * d
    lacks = ((high - product) - rounded + low) / ten
    error = _ERROR * lacks
    found, least, most = found + lacks, found + (lacks - error), found + (lacks + error)
    return found, (least == found) & (most == found)


def _halves(value: Any) -> tuple[Any, Any]:
    """Two numbers of 26 bits whose sum is this one (Veltkamp)."""
    far = _SPLIT * value
    high = far - (far - value)
    return high, value - high
