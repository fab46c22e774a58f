from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from wattwhat.sensing.host import cpu_model, environment, git_commit


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
    assert git_commit(tmp_path) is None  # a branch without a commit
    (git / "packed-refs").write_text(f"# pack-refs\n{commit} refs/heads/main\n")
    assert git_commit(tmp_path / "below") == commit
    (git / "refs" / "heads" / "main").write_text("f" * 40 + "\n")
    assert git_commit(tmp_path) == "f" * 40
    (git / "HEAD").write_text(commit + "\n")
    assert git_commit(tmp_path) == commit


SECRET = "ghp_" + "s3cr3t" * 6


@pytest.mark.parametrize(
    "head",
    [
        "ref: {secret}\n",
        "ref: refs/../../token\n",
        "ref: refs/heads/link\n",
        "{text}\n",
        "ref: /dev/zero\n",
        "ref: refs/heads/zero\n",
        "f" * 41 + "\n",
        "f" * 10_000_000,
        "\0\xff",
    ],
)
def test_nothing_but_a_commit_is_taken_from_a_folder_above(tmp_path: Path, head: str) -> None:
    token = tmp_path / "token"
    token.write_text(SECRET)
    git = tmp_path / "shared" / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "refs" / "heads" / "link").symlink_to(token)
    (git / "refs" / "heads" / "zero").symlink_to("/dev/zero")
    (git / "HEAD").write_text(head.format(secret=token, text=SECRET), encoding="latin-1")
    assert git_commit(git.parent / "below") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["HEAD", "refs/heads/main", "packed-refs", "commondir"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    if name != "HEAD":
        (git / "HEAD").write_text("ref: refs/heads/main\n")
    os.mkfifo(git / name)
    assert git_commit(tmp_path) is None
