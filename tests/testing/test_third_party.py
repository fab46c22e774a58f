"""The example of an outside backend, installed from its folder as anyone's would be."""

import importlib.metadata
import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

import wattwhat
from wattwhat.plugins import GROUP, find_plugins
from wattwhat.sensing.backend import open_backend

ROOT = pathlib.Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "third_party_backend"


def run(*command, cwd, paths):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    env.pop("WATTWHAT_WALLPLUG_URL", None)
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder into which pip has installed the example."""
    for needed in ("pip", "hatchling"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"installing the example needs {needed}, which is not installed here")
    target = tmp_path_factory.mktemp("installed")
    pip = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps")
    done = run(*pip, "--no-build-isolation", "--target", str(target), str(EXAMPLE), cwd=ROOT, paths=[])
    assert done.returncode == 0, done.stderr
    return target


def entry_points_of(folder):
    return [
        entry_point
        for distribution in importlib.metadata.distributions(path=[str(folder)])
        for entry_point in distribution.entry_points.select(group=GROUP)
    ]


def test_the_plugin_is_found_by_its_entry_point(installed):
    plugins = find_plugins(entry_points=entry_points_of(installed))
    assert list(plugins) == ["wallplug"]
    assert plugins["wallplug"].distribution == "wattwhat-wallplug"


def test_the_installed_plugin_opens_and_says_what_it_lacks(installed, monkeypatch):
    monkeypatch.syspath_prepend(str(installed))
    monkeypatch.delenv("WATTWHAT_WALLPLUG_URL", raising=False)
    backend = open_backend(find_plugins(entry_points=entry_points_of(installed))["wallplug"])
    try:
        assert pathlib.Path(sys.modules[type(backend).__module__].__file__).is_relative_to(installed)
        answer = backend.probe()
        assert not answer.available
        assert "WATTWHAT_WALLPLUG_URL" in answer.remedy
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "wattwhat_wallplug"]:
            del sys.modules[name]


def test_its_own_tests_pass_in_its_own_folder():
    core = pathlib.Path(wattwhat.__file__).parents[1]
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=EXAMPLE, paths=[core])
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_it_keeps_every_promise_that_applies():
    code = (
        "from plug_stand import PlugStand\n"
        "from wattwhat.testing import check_backend\n"
        "report = check_backend(PlugStand)\n"
        "report.raise_if_failed()\n"
        "print(*(check.promise for check in report.checks if check.outcome == 'not checked'), sep='; ')\n"
        "print({check.promise: check.sentence for check in report.checks}['ids are stable'])\n"
    )
    core = pathlib.Path(wattwhat.__file__).parents[1]
    done = run("-c", code, cwd=EXAMPLE, paths=[core, EXAMPLE, EXAMPLE / "tests"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["", "the same over two openings and in another process"]
