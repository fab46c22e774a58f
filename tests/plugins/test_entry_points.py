"""Entry points that are read without importlib.metadata are those that it finds."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.plugins.entry_points import entry_points

Row = tuple[str, str, str]


def read(group: str) -> list[Row]:
    return sorted((one.name, one.value, one.dist.name) for one in entry_points(group))


def asked(group: str) -> list[Row]:
    found = importlib.metadata.entry_points(group=group)
    return sorted((one.name, one.value, one.dist.name) for one in found if one.dist is not None)


def groups() -> Iterator[str]:
    for distribution in importlib.metadata.distributions():
        yield from {one.group for one in distribution.entry_points}


def test_all_groups_of_what_is_installed_here() -> None:
    names = sorted(set(groups()))
    assert "wattwhat.backends" in names
    assert [read(name) for name in names] == [asked(name) for name in names]


def test_what_is_read_is_loaded() -> None:
    [estimate] = [one for one in entry_points("wattwhat.backends") if one.name == "estimate"]
    assert estimate.load().name == "estimate"


words = st.from_regex(r"[a-z][a-z0-9_.-]{0,5}", fullmatch=True)
values = st.builds("{}{}{}".format, words, st.sampled_from(["", ":A", ":A.b"]), st.sampled_from(["", " [x]"]))
lines = (
    st.sampled_from(["[g]", "[h]", "", "# a = b", "; c = d", "  [g]"])
    | st.builds("{} = {}".format, words, values)
    | st.builds("{}={}".format, words, values)
)
distributions = st.builds(
    lambda name, kind, text: (name, kind, "[g]\n" + "\n".join(text) + "\n"),
    st.sampled_from(["one", "Two", "a-b", "a_b", "a.b"]),
    st.sampled_from([".dist-info", ".egg-info"]),
    st.lists(lines, max_size=6),
)


@given(st.lists(st.lists(distributions, max_size=3, unique_by=lambda one: one[0]), max_size=3))
def test_folders_of_any_distributions(folders: list[list[tuple[str, str, str]]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        path = []
        for number, made in enumerate(folders):
            path.append(str(Path(root, str(number))))
            for name, kind, text in {
                one[0].lower().replace("-", "_").replace(".", "_"): one for one in made
            }.values():
                info = Path(path[-1], f"{name.replace('-', '_')}-1.0{kind}")
                info.mkdir(parents=True)
                (info / ("METADATA" if kind == ".dist-info" else "PKG-INFO")).write_text(f"Name: {name}\n")
                (info / "entry_points.txt").write_text(text)
        with mock.patch.object(sys, "path", path):
            assert read("g") == asked("g")


PROGRAM = """
import sys
{before}
from wattwhat.plugins import find_plugins
print(sorted(find_plugins()), "importlib.metadata" in sys.modules)
"""
ODD = {
    "a zip on the path": "import zipfile; zipfile.ZipFile('a.zip', 'w').close(); sys.path.append('a.zip')",
    "a finder of somebody's own": "class F:\n    def find_distributions(self, context):\n        return ()\n"
    "    def find_spec(self, *what):\n        return None\nsys.meta_path.append(F())",
}


@pytest.mark.parametrize("before", ["", *ODD.values()], ids=["folders", *ODD])
def test_where_there_is_more_than_folders_importlib_is_asked(before: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM.format(before=before)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    names, _, imported = done.stdout.strip().rpartition(" ")
    assert "'estimate'" in names, done.stderr
    assert imported == str(bool(before))
