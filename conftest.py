"""Settings of hypothesis for every test of this checkout, the plugins' too."""

from hypothesis import HealthCheck, settings

# No deadline: a slow moment of a shared machine is no bug. What hypothesis itself sets under CI=true stays.
settings.register_profile("patient", deadline=None)
settings.register_profile(
    "fuzz", deadline=None, max_examples=5000, derandomize=False, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")
