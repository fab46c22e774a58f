from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.amdsmi import standin
from wattwhat_amdsmi import library as under_test
from wattwhat_amdsmi.remedies import import_failed
from wattwhat_amdsmi.versions import mismatch

HERE = Path(__file__).resolve()
PROBE = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from wattwhat_amdsmi import AmdSmiBackend
backend = AmdSmiBackend(root=sys.argv[2], environ={})
answer = backend.probe()
meters = []
if answer.available:
    meters = [(meter.channel.source, meter.read().value) for meter in backend.meters()]
print(json.dumps([answer.available, answer.reason, answer.remedy, meters, list(backend.notes)]))
"""


@pytest.fixture
def ask(root: Path) -> Callable[..., list[Any]]:
    """Gives what a fresh Python says over a ROCm folder: nothing else may stand on its stdout."""
    if standin.missing() is not None:
        pytest.skip(str(standin.missing()))

    def answer(prefix: Path, code: str = PROBE, **environ: str) -> list[Any]:
        paths = [str(HERE.parents[1]), str(HERE.parents[3])]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ROCM_")}
        child = subprocess.run(
            [sys.executable, "-c", code, json.dumps(paths), str(root)],
            env={**kept, "ROCM_HOME": str(prefix), "ROCM_PATH": str(prefix), **environ},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert child.returncode == 0, child.stderr
        assert child.stderr == ""
        return list(json.loads(child.stdout))

    return answer


def test_an_absent_library_is_named_with_what_installs_it(
    ask: Callable[..., list[Any]], tmp_path: Path
) -> None:
    available, reason, remedy, _, _ = ask(tmp_path / "no-rocm")
    assert not available
    assert reason == "AMD's library libamd_smi.so was not found"
    assert "amd-smi-lib" in remedy
    assert "ROCM_HOME" in remedy


def test_a_library_that_does_not_load_is_told_from_an_absent_one(
    ask: Callable[..., list[Any]], tmp_path: Path
) -> None:
    broken = tmp_path / "rocm" / "lib" / "libamd_smi.so"
    broken.parent.mkdir(parents=True)
    broken.write_text("not a library")
    available, reason, remedy, _, _ = ask(tmp_path / "rocm")
    assert not available
    assert f"{broken} is there but does not load" in reason
    assert remedy


def test_a_library_without_a_function_is_a_version_mismatch(
    ask: Callable[..., list[Any]], tmp_path: Path
) -> None:
    standin.build(tmp_path / "rocm", (6, 3), without="amdsmi_get_power_cap_info")
    available, reason, remedy, _, _ = ask(tmp_path / "rocm")
    assert not available
    assert "different versions" in reason
    assert "amdsmi_get_power_cap_info" in reason
    assert 'pip install "amdsmi==6.3.*"' in remedy


STEERED = """
import ctypes, json, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[1])
import os
from tests.fakes.amdsmi import standin
library = standin.Library(Path(os.environ["ROCM_HOME"]) / "lib/libamd_smi.so")
standin.set_release(library.prefix, os.environ["RELEASE"])
library.add(watts=100.0, counted_j=5000.0)
from wattwhat_amdsmi import AmdSmiBackend
backend = AmdSmiBackend(root=sys.argv[2], environ={}, clock=library.now_ns, sleep=library.tick)
answer = backend.probe()
meters = [(meter.channel.quantity, meter.read().value) for meter in backend.meters()]
conditions = list(backend.conditions())
calls = {name: library.calls(name) for name in standin.CALLS}
import amdsmi
handle = amdsmi.amdsmi_get_processor_handles()[0]
power = amdsmi.amdsmi_get_power_info(handle)
print(json.dumps([answer.available, meters, list(backend.notes), calls, power]))
"""


@pytest.mark.parametrize("foreign", [(6, 3), (6, 4), (7, 0)])
def test_over_a_library_of_another_release_only_the_stable_call_is_made(
    ask: Callable[..., list[Any]], tmp_path: Path, foreign: tuple[int, int]
) -> None:
    if standin.abi_of(foreign) == standin.abi_of(standin.wrapper_release()):
        pytest.skip("the installed wrapper is of this release")
    standin.build(tmp_path / "rocm", foreign)
    # Only the wrapper of 7.0 has room for every other release's power struct: elsewhere this call overflows.
    may_call = foreign < (7, 0) <= standin.wrapper_release()
    code = STEERED if may_call else STEERED.replace("amdsmi.amdsmi_get_power_info(handle)", "{}")
    available, meters, notes, calls, power = ask(tmp_path / "rocm", code, RELEASE="{}.{}.0".format(*foreign))
    assert available
    assert [quantity for quantity, _ in meters] == ["energy"]
    # What flowed while the counter was checked: 100 W over the waits.
    assert meters[0][1] == pytest.approx(5010.0, abs=0.01)
    assert not any(calls[name] for name in ("power", "asic", "processes", "cap", "enum", "metrics"))
    assert any("{}.{}".format(*foreign) in note and "only the energy counter" in note for note in notes)
    if may_call and foreign == (6, 3):  # the trap is there: the call that was not made reads wrong numbers
        assert power["current_socket_power"] != 100


def test_installing_the_library_and_naming_its_folder_mends_its_absence(
    ask: Callable[..., list[Any]], tmp_path: Path
) -> None:
    assert not ask(tmp_path / "rocm")[0]
    standin.build(tmp_path / "rocm")
    available, meters, notes, _, _ = ask(
        tmp_path / "rocm", STEERED, RELEASE="{}.{}.0".format(*standin.wrapper_release())
    )
    assert available
    assert len(meters) == 1
    assert notes == []


@pytest.mark.parametrize("attribute", ["__version__", "amdsmi_wrapper"])
def test_versions_that_cannot_be_told_count_as_unlike(tmp_path: Path, attribute: str) -> None:
    class Silent:
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(name)

    for text in (None, "26.0.2+39589fda", "7.0.2"):
        assert "only the energy counter" in str(
            mismatch(Silent(), text, str(tmp_path / "lib/x.so"), str(tmp_path))
        )


@given(st.integers(5, 15), st.integers(0, 9), st.integers(5, 15), st.integers(0, 9), st.integers(0, 9))
def test_releases_agree_where_major_and_minor_do(
    major: int, minor: int, other_major: int, other_minor: int, patch: int
) -> None:
    path = f"/opt/rocm/lib/libamd_smi.so.26.0.{other_major * 10000 + other_minor * 100 + patch}"
    said = mismatch(None, f"{major}.{minor}.{patch}", path, "/nowhere")
    assert (said is None) == ((major, minor) == (other_major, other_minor))


def test_a_wrapper_numbered_by_year_is_held_against_the_library_s_own_number(
    library: standin.Library, tmp_path: Path
) -> None:
    import amdsmi

    for numbers in ((26, 0, 2, 0), (24, 7, 1, 0)):
        library.c.standin_version(*numbers)
        agrees = mismatch(amdsmi, "26.0.2+39589fda", str(library.path), str(tmp_path)) is None
        assert agrees == (numbers[:2] == (26, 0))


def test_the_release_file_decides_where_the_file_name_is_silent(
    library: standin.Library, opened: Callable[..., Any]
) -> None:
    library.add()
    for text, agrees in (
        (None, False),
        ("{}.{}.9-77".format(*standin.wrapper_release()), True),
        ("5.7.0", False),
    ):
        standin.set_release(library.prefix, text)
        backend = opened()
        backend.meters()
        assert any("only the energy counter" in note for note in backend.notes) != agrees


@pytest.mark.parametrize(
    ("err", "words", "mends"),
    [
        (KeyError("ROCM_PATH"), "older versions look in ROCM_PATH", "export ROCM_PATH=/opt/rocm"),
        (KeyError("libamd_smi.so"), "does not find libamd_smi.so", "export ROCM_PATH=/opt/rocm"),
        (AttributeError("undefined symbol: amdsmi_x"), "different versions", '"amdsmi==6.3.*"'),
        (OSError("cannot open shared object"), "OSError: cannot open", '"amdsmi==6.3.*"'),
    ],
)
def test_whatever_the_import_raises_has_a_reason_and_a_remedy(err: Exception, words: str, mends: str) -> None:
    answer = import_failed(err, "/opt/rocm", "6.3")
    assert words in answer.reason
    assert mends in answer.remedy


def test_an_import_that_fails_or_talks_is_contained(
    library: standin.Library, opened: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    def load() -> Any:
        print("Unable to find libamd_smi.so library")  # noqa: T201
        raise KeyError("libamd_smi.so")

    answer = opened(load=load).probe()
    assert not answer.available
    assert "libamd_smi.so" in answer.reason
    assert capfd.readouterr() == ("", "")


def test_silence_is_for_one_thread_only(
    library: standin.Library, opened: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    def load() -> Any:
        print("noise of the wrapper")  # noqa: T201
        other = threading.Thread(target=print, args=("a line of the training run",))
        other.start()
        other.join()
        raise OSError("no library")

    before = sys.stdout
    opened(load=load).probe()
    assert sys.stdout is before
    assert capsys.readouterr().out == "a line of the training run\n"


def test_handles_tell_gpus_of_one_address_apart(library: standin.Library, root: Path) -> None:
    for _ in range(3):
        library.add("0000:0c:00.0")
    assert list(under_test.open_library(str(root)).handles()) == [
        "0000:0c:00.0",
        "0000:0c:00.0#1",
        "0000:0c:00.0#2",
    ]


def test_vendor_errors_are_told_in_one_line(library: standin.Library) -> None:
    import amdsmi

    err = amdsmi.AmdSmiLibraryException(31)
    assert under_test.error_code(err) == 31
    assert under_test.error_text(err) == "AMDSMI_STATUS_NOT_FOUND: Device Not found"
    assert under_test.error_code(KeyError("x")) is None
