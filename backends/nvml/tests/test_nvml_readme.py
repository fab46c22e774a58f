"""The README's code runs, and prints what the README says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.fakes.nvml import environment, missing_compiler, run_python
from wattwhat_nvml.channels import GAIN_ERROR

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(missing_compiler() is not None, reason=str(missing_compiler()))
def test_the_code_prints_what_it_says():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (printed,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    assert run_python(code, environment(gpus=2)) == printed.strip()


def test_the_accuracy_is_the_one_in_use():
    assert f"`gain_error` is {GAIN_ERROR:.3f}" in README
