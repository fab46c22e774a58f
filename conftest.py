"""What holds for every test, the plugins' too: settings of hypothesis, and none of the developer's own."""

import importlib.util
import os
import signal
from typing import Any

from hypothesis import HealthCheck, settings

# Settings for wattwhat that somebody made on this machine (a calibrated profile, watts per core, a choice of
# backends) would reach the tests and their subprocesses. These name things of the tests themselves.
_OF_THE_TESTS = {"WATTWHAT_SHARED", "WATTWHAT_FAKE_NVML", "WATTWHAT_PIP"}
for _name in [name for name in os.environ if name.startswith("WATTWHAT_") and name not in _OF_THE_TESTS]:
    del os.environ[_name]
os.environ["WATTWHAT_PROFILES"] = ""  # set to nothing: there are none, in the user's folder neither
os.environ["WATTWHAT_CONFIG"] = os.devnull  # an empty file in place of the user's own
os.environ["COLUMNS"] = "80"  # whatever terminal the tests are run in
os.environ.setdefault("OMP_NUM_THREADS", "1")  # there is a process of tests on each core already

# A suite that was put into the background starts with interrupts ignored, and so would every command that it
# interrupts, for ever.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadline, and examples may be drawn slowly: a slow moment of a shared machine is no bug. What hypothesis
# itself sets under CI=true stays.
# `make test` tries every law with a few fresh examples, so that a person can run it between two edits; CI
# also tries them as often as each says itself (full), and `make fuzz` thousands of times.
BRIEF = 20
_PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("brief", max_examples=BRIEF, **_PATIENT)
settings.register_profile("full", **_PATIENT)
settings.register_profile("fuzz", max_examples=5000, derandomize=False, **_PATIENT)
settings.load_profile("brief")


def pytest_collection_modifyitems(items):
    """Laws that say how many examples they want get fewer in a brief run, and more in a long one."""
    most = settings().max_examples
    for item in items if most == BRIEF or most > 1000 else ():
        law = getattr(item, "obj", None)
        own = getattr(law, "_hypothesis_internal_use_settings", None)
        if own is not None and (own.max_examples > most if most == BRIEF else own.max_examples < most):
            getattr(law, "__func__", law)._hypothesis_internal_use_settings = settings(own, max_examples=most)


# pytest imports modules for their doctests, a callback's module imports its framework for seconds, and these
# hold no doctest.
_FRAMEWORKS = ("accelerate", "keras", "lightning", "mlflow", "prometheus", "transformers", "wandb")
collect_ignore = [f"wattwhat/integrations/{module}.py" for module in _FRAMEWORKS]
if importlib.util.find_spec("opentelemetry") is None or importlib.util.find_spec("opentelemetry.sdk") is None:
    collect_ignore.append("wattwhat/integrations/opentelemetry.py")
if importlib.util.find_spec("tensorflow") is None:
    os.environ.setdefault("KERAS_BACKEND", "torch")  # Keras takes tensorflow unless it is told otherwise
