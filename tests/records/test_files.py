"""Files of others are read with bounds; ours are written whole, by whoever writes at the same time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from wattwhat import Measurement, Quantity
from wattwhat.cli import main
from wattwhat.records.atomic_write import write_atomically
from wattwhat.records.file_lock import folder_locked, take_lock
from wattwhat.records.jsonl import read_jsonl, write_jsonl
from wattwhat.records.small_files import open_regular, read_small
from wattwhat.scoring import FrontierGrade
from wattwhat.sensing.estimate.settings import settings
from wattwhat.sensing.profiles import Profile, read_profiles, write_profiles

posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files to others"
)


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def endless(folder: Path) -> Path:
    (folder / "zero").symlink_to("/dev/zero")
    return folder / "zero"


def huge(folder: Path) -> Path:
    with open(folder / "huge", "wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no room
    return folder / "huge"


def folder(folder: Path) -> Path:
    return folder


hostile = pytest.mark.parametrize("make", [pipe, endless, huge, folder])


@posix
@hostile
def test_what_is_no_small_regular_file_is_refused_at_once(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    place = make(tmp_path)
    with pytest.raises(OSError, match=r"is no regular|is a folder|is larger than 4000000 bytes") as caught:
        read_small(place)
    assert caught.value.filename == str(place)


@posix
@hostile
def test_every_reader_of_a_small_file_comes_through_there(
    make: Callable[[Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = str(make(tmp_path))
    known, said = read_profiles(place)
    assert not known
    assert place in said[0]
    with pytest.raises(Exception, match=r"no regular file|larger than|folder|no file"):
        FrontierGrade.load(place)
    monkeypatch.setenv("WATTWHAT_CONFIG", place)
    with pytest.raises(ValueError, match=r"no regular file|larger than|folder"):
        settings()
    monkeypatch.delenv("WATTWHAT_CONFIG")
    run = Measurement(label="a", energy_j=Quantity(10.0, 1.0, "J"), duration_s=1.0, items=10)
    write_jsonl(tmp_path / "run.jsonl", run.with_metrics(accuracy=0.9))
    for verb in ("badge", "report"):
        words = [verb, str(tmp_path / "run.jsonl"), "--reference", place, "-o", str(tmp_path / "out")]
        assert main(words) == 2
        assert place in capsys.readouterr().err
        assert not (tmp_path / "out").exists()
    if make is not huge:  # measurements may be many, and are read line by line
        with pytest.raises(OSError, match=r"no regular file|folder"):
            read_jsonl(place)


def test_a_link_to_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with open_regular(tmp_path / "link") as file:
        assert file.read() == b"x"


def test_threads_writing_one_path_each_write_all_of_it(tmp_path: Path) -> None:
    place, torn, failed = tmp_path / "out.txt", [], []
    texts = {letter * 20_000 for letter in "abcd"}
    place.write_text("a" * 20_000)

    def write(text: str) -> None:
        try:
            for _ in range(40):
                write_atomically(place, text)
                torn.extend({place.read_text()} - texts)
        except Exception as err:
            failed.append(err)

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert not torn
    assert os.listdir(tmp_path) == ["out.txt"]


@posix
def test_nothing_that_was_planted_is_written_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("kept")
    monkeypatch.setattr("secrets.token_hex", lambda count: "0" * 2 * count)  # a name that can be foreseen
    (tmp_path / f".out.html.{'0' * 16}.wattwhat-tmp").symlink_to(secret)
    with pytest.raises(FileExistsError):
        write_atomically(tmp_path / "out.html", "new")
    assert secret.read_text() == "kept"


@root
def test_a_link_of_somebody_else_where_all_may_write_is_not_followed(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    secret = tmp_path / "secret"
    secret.write_text("kept")
    (shared / "out").symlink_to(secret)
    os.chown(shared / "out", 12345, 12345, follow_symlinks=False)
    with pytest.raises(PermissionError, match="somebody else"):
        write_atomically(shared / "out", "new")
    assert secret.read_text() == "kept"
    (shared / "ours").symlink_to(secret)
    write_atomically(shared / "ours", "new")
    assert secret.read_text() == "new"
    assert (shared / "ours").is_symlink()


@posix
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    place = tmp_path / "kept.json"
    for mode in (0o600, 0o640, 0o444, 0o664):
        place.write_text("old")
        place.chmod(mode)
        write_atomically(place, "new")
        assert place.read_text() == "new"
        assert place.stat().st_mode & 0o7777 == mode
        place.unlink()


@posix
def test_a_new_file_has_the_mode_that_any_program_gives_it(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    write_atomically(tmp_path / "new", "")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode


@root
def test_a_file_that_is_replaced_keeps_its_owner(tmp_path: Path) -> None:
    place = tmp_path / "theirs"
    place.write_text("old")
    os.chown(place, 12345, 23456)
    write_atomically(place, "new")
    found = place.stat()
    assert (found.st_uid, found.st_gid) == (12345, 23456)


@posix
def test_what_would_change_its_owner_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    def of_another(file: int) -> os.stat_result:
        found = fstat(file)
        return os.stat_result((*found[:4], os.geteuid() + 1, *found[5:]))

    place, fstat = tmp_path / "theirs", os.fstat
    place.write_text("old")
    monkeypatch.setattr(os, "fstat", of_another)
    monkeypatch.setattr(os, "fchown", refuse)
    with pytest.raises(PermissionError, match="somebody else"):
        write_atomically(place, "new")
    monkeypatch.undo()
    assert place.read_text() == "old"
    assert os.listdir(tmp_path) == ["theirs"]


KILLED = """
import os, signal, sys
from wattwhat.records import atomic_write
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
atomic_write.write_atomically(sys.argv[1], "half")
"""


@posix
def test_what_a_killed_program_left_is_gone_after_the_next_run(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    place = tmp_path / "out.html"
    assert subprocess.run([sys.executable, "-c", KILLED, str(place)]).returncode == -9
    (left,) = os.listdir(tmp_path)
    with open(tmp_path / left) as alive:
        assert take_lock(alive.fileno())
        write_atomically(place, "first")  # its writer lives: not touched
        assert sorted(os.listdir(tmp_path)) == [left, "out.html"]
    write_atomically(place, "second")
    assert os.listdir(tmp_path) == ["out.html"]
    assert place.read_text() == "second"


@posix
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "out.json"
    place.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(place, "new")
    assert caught.value.filename == str(place)
    assert place.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.json"]


def test_a_growing_file_that_cannot_be_opened_has_one_error_and_no_other_when_it_goes(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    code = (
        "import sys\n"
        "from wattwhat.records.atomic_write import GrowingFile\n"
        "for path in sys.argv[1:]:\n"
        "    try: GrowingFile(path)\n"
        "    except OSError as error: print(type(error).__name__)"
    )
    places = [str(tmp_path / "circle"), str(tmp_path / "missing" / "file")]
    # development mode: older Pythons too print there what closing a lost file raises
    child = [sys.executable, "-X", "dev", "-c", code, *places]
    done = subprocess.run(child, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["OSError", "FileNotFoundError"]
    assert "GrowingFile" not in done.stderr


SAVER = """
import sys
from wattwhat.sensing.profiles import Profile, write_profiles
for n in range(10):
    write_profiles([Profile(f"{sys.argv[2]}/{n}", "a GPU", "2026-11-02")], sys.argv[1])
"""


def test_no_profile_is_lost_to_another_program(tmp_path: Path) -> None:
    place = str(tmp_path / "profiles.json")
    running = [subprocess.Popen([sys.executable, "-c", SAVER, place, str(n)]) for n in range(4)]
    assert [one.wait() for one in running] == [0] * 4
    assert len(read_profiles(place)[0]) == 40
    assert os.listdir(tmp_path) == ["profiles.json"]


def test_no_profile_is_lost_to_another_thread(tmp_path: Path) -> None:
    place = str(tmp_path / "profiles.json")
    ones = [Profile(f"h/x/{n}", "a GPU", "2026-11-02") for n in range(24)]
    threads = [threading.Thread(target=write_profiles, args=([one], place)) for one in ones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_profiles(place)[0]) == 24
    assert len(json.loads(Path(place).read_text())["profiles"]) == 24


def test_a_folder_that_somebody_holds_is_not_waited_for_without_end(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    handle = os.open(tmp_path, os.O_RDONLY)
    try:
        assert take_lock(handle)
        waited: list[float] = []
        with (
            pytest.raises(OSError, match="another program is writing"),
            folder_locked(tmp_path, 1.0, clock=lambda: sum(waited), sleep=waited.append),
        ):
            pass
        assert 1.0 <= sum(waited) < 1.1
    finally:
        os.close(handle)
    with folder_locked(tmp_path):
        pass


ROOT = Path(__file__).resolve().parents[2]
# Files that are our own, kept open to be appended to or read a thousand times a second, or read line by line
# where no line is more than the kernel's.
OWN_WAYS = {
    "small_files.py",
    "atomic_write.py",
    "document.py",  # the page's own parts
    "published.py",  # figures that come with the library
    "cpu_time.py",  # /proc, at each edge of a window
    "entry_points.py",  # of installed distributions, before a first window imports anything
    "journal.py",  # appends
    "latency_and_memory.py",  # /proc/self/clear_refs
    "versions.py",  # /proc/self/maps, until a line is found
    "_surroundings.py",  # /proc, of this process
}


def test_no_module_opens_files_of_others_in_a_way_of_its_own() -> None:
    way = re.compile(r"(?<![\w.])open\(|\.(?:read|write)_(?:text|bytes)\(|json\.load\(")
    found = {}
    for path in (*(ROOT / "wattwhat").rglob("*.py"), *ROOT.glob("backends/*/wattwhat_*/*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        found[path.name] = [
            line for line in lines if way.search(line) and ">>>" not in line and "def " not in line
        ]
    found = {name: lines for name, lines in found.items() if lines and name not in OWN_WAYS}
    assert not found
