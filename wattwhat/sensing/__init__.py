"""Meters and the backends that provide them, sensor profiles, the host; estimate/ is the built-in backend."""
