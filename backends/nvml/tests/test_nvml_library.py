"""The vendor's library in processes of their own: absent, old, shadowed, found by LD_LIBRARY_PATH."""

from __future__ import annotations

import os
import sys

import pytest

from tests.fakes.nvml import environment, missing_compiler, run_python

needs_compiler = pytest.mark.skipif(missing_compiler() is not None, reason=str(missing_compiler()))
PROBE = """
from wattwhat_nvml import NvmlBackend
backend = NvmlBackend()
answer = backend.probe()
print(answer.available, "|", answer.reason, "|", answer.remedy)
"""


def plain(*paths):
    """The environment of a process that finds no stand-in; these paths come first."""
    env = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    return {**env, "PYTHONPATH": os.pathsep.join([*map(str, paths), *filter(None, sys.path)])}


def test_importing_the_plugin_brings_no_vendor_library_and_nothing_heavy():
    heavy = "('pynvml', 'ctypes', 'numpy', 'torch')"
    code = f"import sys, wattwhat_nvml; print([m for m in {heavy} if m in sys.modules])"
    assert run_python(code, plain()) == "[]"


def test_without_the_library_the_bindings_are_not_even_imported(tmp_path):
    code = f"""
import sys
from wattwhat_nvml import NvmlBackend, library
library.LIBRARY = "libnvidia-ml-that-is-nowhere.so.1"
backend = NvmlBackend(root={str(tmp_path)!r})
answer = backend.probe()
print(answer.available, answer.reason, "pynvml" in sys.modules, backend.conditions())
"""
    assert run_python(code, plain()) == (
        "False this machine has no NVIDIA GPU, or its driver is not installed False []"
    )


@needs_compiler
def test_the_stand_in_is_found_by_name_in_a_new_process():
    said = run_python(PROBE, environment(gpus=3))
    assert said.startswith("True | 3 GPU(s) readable: Stand-in GPU")


@needs_compiler
def test_a_missing_symbol_of_an_old_driver_costs_only_what_it_carries():
    code = """
from wattwhat_nvml import NvmlBackend
backend = NvmlBackend()
for meter in backend.meters():
    print(meter.channel.source, meter.read().value)
    meter.close()
print(backend.notes, backend.conditions())
"""
    lines = run_python(code, environment(old_driver=True)).splitlines()
    assert lines == ["nvmlDeviceGetTotalEnergyConsumption 5000.0", "() []"]


@needs_compiler
def test_bindings_that_lack_a_function_are_like_a_driver_that_does():
    code = (
        """
import pynvml
for name in ("nvmlDeviceGetC2cModeInfoV", "nvmlDeviceGetCurrentClocksEventReasons"):
    vars(pynvml).pop(name, None)
"""
        + PROBE
        + "\nprint(backend.notes, backend.conditions())"
    )
    said = run_python(code, environment()).splitlines()
    assert said[0].startswith("True")
    assert said[1] == "() []"


@needs_compiler
def test_the_retired_pynvml_package_is_named(tmp_path):
    (tmp_path / "pynvml").mkdir()
    (tmp_path / "pynvml" / "__init__.py").write_text("from .nvml import *")
    (tmp_path / "pynvml" / "nvml.py").write_text("def nvmlInit(): pass")
    info = tmp_path / "pynvml-11.5.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pynvml\nVersion: 11.5.0\n")
    env = environment()
    env["PYTHONPATH"] = str(tmp_path) + os.pathsep + env["PYTHONPATH"]
    said = run_python(PROBE, env)
    assert said.startswith("False | the retired distribution pynvml 11.5.0 at ")
    assert "pip uninstall -y pynvml && pip install --force-reinstall nvidia-ml-py" in said


@needs_compiler
def test_a_stray_file_named_pynvml_is_told_apart(tmp_path):
    (tmp_path / "pynvml.py").write_text("x = 1")
    env = environment()
    env["PYTHONPATH"] = str(tmp_path) + os.pathsep + env["PYTHONPATH"]
    said = run_python(PROBE, env)
    assert f"{tmp_path / 'pynvml.py'} is not that of nvidia-ml-py" in said


@needs_compiler
def test_missing_bindings_are_to_be_installed(tmp_path):
    (tmp_path / "pynvml.py").write_text("raise ImportError('as if it were not installed')")
    env = environment()
    env["PYTHONPATH"] = str(tmp_path) + os.pathsep + env["PYTHONPATH"]
    assert "run: pip install nvidia-ml-py" in run_python(PROBE, env)


@needs_compiler
def test_ids_are_the_same_in_every_process():
    code = "from wattwhat_nvml import NvmlBackend; print([m.channel.id for m in NvmlBackend().meters()])"
    env = environment(gpus=2)
    assert run_python(code, env) == run_python(code, env)
