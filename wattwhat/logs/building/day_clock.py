"""Stamps that say the time of day only: seconds that run on over midnight, and where another day begins."""

from __future__ import annotations

import re

__all__ = ["DayClock"]

_TIME = re.compile(r"(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,9}))?")
_DAY_S = 86_400.0
# A step over midnight longer than this is another recording rather than a pause (ours).
_LONGEST_STEP_S = 3600.0


class DayClock:
    """Seconds since the midnight before the first stamp.

    Attributes:
        step_s: what the finest stamp so far resolves, in s.

    Example:
        >>> clock = DayClock()
        >>> [clock.seconds(text) for text in ("23:59:58", "23:59:59.5", "00:00:01", "nonsense")]
        [86398.0, 86399.5, 86401.0, None]
        >>> clock.seconds("23:59:59.9")  # stands behind the one of after midnight
        86399.9
    """

    def __init__(self) -> None:
        self.step_s = 1.0
        self._last_s: float | None = None
        self._days_s = 0.0

    def seconds(self, text: str) -> float | None:
        """The time in s, None where the text is no time of day; it goes back where the day is not known.

        After midnight a day is added where the step from the stamp before is at most an hour.
        """
        match = _TIME.fullmatch(text.strip())
        if match is None or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3]) > 60:
            return None
        fraction = match[4] or ""
        if fraction:
            self.step_s = min(self.step_s, 10.0 ** -len(fraction))
        of_day_s = 3600 * int(match[1]) + 60 * int(match[2]) + int(match[3]) + float(f"0.{fraction or 0}")
        at_s = of_day_s + self._days_s
        if self._last_s is not None and 0.0 <= at_s + _DAY_S - self._last_s <= _LONGEST_STEP_S:
            self._days_s += _DAY_S
            at_s += _DAY_S
        elif self._last_s is not None and at_s - self._last_s >= _DAY_S - _LONGEST_STEP_S:
            return at_s - _DAY_S  # a row out of order, of before midnight
        self._last_s = at_s
        return at_s
