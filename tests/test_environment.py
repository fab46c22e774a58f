from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from wattwhat.environment import _git_commit, cpu_model, environment


def test_it_describes_the_machine_without_names_of_users_or_paths() -> None:
    found = environment()
    assert {"host", "os", "python", "cpu_count", "wattwhat"} <= set(found)
    text = repr(dict(found))
    assert str(Path.home()) not in text
    assert os.getcwd() not in text
    assert getpass.getuser() not in [value for key, value in found.items() if key != "host"]


def test_it_is_worked_out_once() -> None:
    assert environment() is environment()


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (
            "processor : 0\nmodel name\t: AMD   EPYC 7763\nprocessor : 1\nmodel name : other\n",
            "AMD EPYC 7763",
        ),
        ("processor : 0\nModel\t\t: Raspberry Pi 4 Model B\n", "Raspberry Pi 4 Model B"),
    ],
)
def test_the_cpus_name_is_read(tmp_path: Path, text: str, model: str) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "cpuinfo").write_text(text)
    cpu_model.cache_clear()
    assert cpu_model(str(tmp_path)) == model
    cpu_model.cache_clear()


def test_the_commit_is_read_without_git(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    assert _git_commit(tmp_path) is None  # a branch without a commit
    (git / "packed-refs").write_text(f"# pack-refs\n{commit} refs/heads/main\n")
    assert _git_commit(tmp_path / "below") == commit
    (git / "refs" / "heads" / "main").write_text("f" * 40 + "\n")
    assert _git_commit(tmp_path) == "f" * 40
    (git / "HEAD").write_text(commit + "\n")
    assert _git_commit(tmp_path) == commit
