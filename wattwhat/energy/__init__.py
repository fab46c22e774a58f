"""From readings to joules: pure functions over counters and gauges; no clock is read, no meter touched."""
