"""Options of backends: one convention for all of them, from Python, the command line, a variable, a file."""

import json
import os
import string
import textwrap
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat import Availability, Backend, Measurement
from wattwhat.errors import ArgumentError, BackendError
from wattwhat.plugins import Plugin
from wattwhat.sensing.backend import open_backend
from wattwhat.sensing.backend_options import give, options_for, variable_of


class Supplies(Backend):
    """Keeps what it was created with."""

    def __init__(
        self,
        url: str | None = None,
        *,
        timeout_s: float = 1.0,
        switches: Sequence[int] = (),
        names: list[str] | None = None,
        only: "int | str | Sequence[int | str] | None" = None,
        secure: bool = False,
        retries: int = 3,
        root: "str | os.PathLike[str]" = "/",
        clock: object = None,
        plain=2,
    ):
        self.given = {name: value for name, value in locals().items() if name not in ("self", "__class__")}

    def probe(self):
        return Availability(False, "only made for its options")

    def meters(self):
        return []


PLUGIN = Plugin("wall-supplies", "made", lambda: Supplies)


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for name in [name for name in os.environ if name.startswith("WATTWHAT_WALL_SUPPLIES_")]:
        monkeypatch.delenv(name)
    yield
    give([])


def given_to(plugin=PLUGIN):
    defaults = Supplies().given
    return {key: value for key, value in open_backend(plugin).given.items() if value != defaults[key]}


def write(tmp_path, monkeypatch, text):
    file = tmp_path / "config.ini"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    monkeypatch.setenv("WATTWHAT_CONFIG", str(file))
    return file


CASES = {
    "url": [("http://plug/rpc?id=0,1", "http://plug/rpc?id=0,1"), (" x=y ", "x=y")],
    "timeout_s": [("0.25", 0.25), ("2", 2.0)],
    "switches": [("0", [0]), ("0, 2", [0, 2])],
    "names": [("desk", ["desk"]), ("desk,rack", ["desk", "rack"])],
    "only": [("1", 1), ("GPU-1", "GPU-1"), ("0,GPU-1", [0, "GPU-1"])],
    "secure": [("yes", True), ("On", True), ("1", True)],
    "retries": [("7", 7)],
    "root": [("/tmp/tree", "/tmp/tree")],
    "plain": [("5", 5)],
}


@pytest.mark.parametrize("door", ["command line", "variable", "file"])
@pytest.mark.parametrize(
    ("key", "text", "value"), [(key, *one) for key, all_ in CASES.items() for one in all_]
)
def test_every_door_gives_the_same_value(door, key, text, value, tmp_path, monkeypatch):
    if door == "command line":
        give([f"wall-supplies.{key}={text}"])
    elif door == "variable":
        monkeypatch.setenv(variable_of("wall-supplies", key), text)
    else:
        write(tmp_path, monkeypatch, f"[backends.wall-supplies]\n{key} = {text}\n")
    found = given_to()
    assert found == {key: value}
    assert type(found[key]) is type(value)


def test_the_nearest_door_goes_first(tmp_path, monkeypatch):
    write(tmp_path, monkeypatch, "[backends.wall-supplies]\nurl = file\nretries = 1\ntimeout_s = 9\n")
    monkeypatch.setenv("WATTWHAT_WALL_SUPPLIES_URL", "variable")
    monkeypatch.setenv("WATTWHAT_WALL_SUPPLIES_RETRIES", "2")
    give(["wall-supplies.url=line"])
    assert given_to() == {"url": "line", "retries": 2, "timeout_s": 9.0}


def test_without_options_the_class_is_called_without_arguments():
    class Bare:
        def __init__(self):
            pass

        probe = meters = lambda self: None

    assert isinstance(open_backend(Plugin("bare", None, lambda: Bare)), Bare)


def test_options_of_others_are_none_of_ones_own(tmp_path, monkeypatch):
    write(tmp_path, monkeypatch, "[backends.other]\nurl = x\n[estimate]\nwatts_per_core = 3\n")
    give(["another.url=y"])
    monkeypatch.setenv("WATTWHAT_OTHER_URL", "z")
    monkeypatch.setenv("WATTWHAT_WALL_SUPPLIES_UNKNOWN", "a variable may be anybody's")
    assert given_to() == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timeout_s=soon", "expected a number for 'timeout_s' of backend 'wall-supplies', got 'soon'"),
        ("retries=1.5", "expected a whole number for 'retries'"),
        ("secure=perhaps", "expected yes or no for 'secure'"),
        ("switches=a,b", "expected a whole number for 'switches'"),
        ("clock=now", "'clock' of backend 'wall-supplies' cannot be given as a text"),
        ("ulr=x", "takes no 'ulr'; it takes url, timeout_s, switches"),
    ],
)
@pytest.mark.parametrize("door", ["command line", "file"])
def test_what_is_wrong_is_named_with_its_place(text, words, door, tmp_path, monkeypatch):
    key, _, value = text.partition("=")
    if door == "command line":
        give([f"wall-supplies.{text}"])
        place = f"--backend-option wall-supplies.{key}"
    else:
        write(tmp_path, monkeypatch, f"[backends.wall-supplies]\n{key} = {value}\n")
        place = f"configuration file config.ini, [backends.wall-supplies] {key}"
    with pytest.raises(BackendError) as caught:
        open_backend(PLUGIN)
    assert place in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["", "url=x", "a.b", "a.=x", ".b=x", "a.b c=x", "=", "a.b.c=d"])
def test_what_is_no_option_is_refused(text):
    with pytest.raises(ArgumentError, match=r"expected NAME\.KEY=VALUE"):
        give([text])


def test_an_option_given_twice_is_refused():
    with pytest.raises(ArgumentError, match=r"a\.b is given twice"):
        give(["a.b=1", "a.b=2"])


def test_a_file_that_is_no_ini_file_breaks_only_who_is_named_in_it(tmp_path, monkeypatch):
    write(tmp_path, monkeypatch, "[backends.wall-supplies\nurl = x\n")
    with pytest.raises(BackendError, match=r"configuration file config\.ini: expected an INI file"):
        open_backend(PLUGIN)
    assert options_for("rapl", Supplies) == {}


def test_what_a_class_refuses_names_the_options_that_it_got():
    class Picky(Supplies):
        def __init__(self, url: str = ""):
            raise ArgumentError(f"url: {url!r} is no address")

    give(["picky.url=nowhere"])
    with pytest.raises(BackendError, match=r"failed to start with options .*picky\.url.*: ArgumentError"):
        open_backend(Plugin("picky", None, lambda: Picky))


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from(string.printable), max_size=30))
def test_any_text_becomes_a_number_or_an_error_of_ours(text):
    try:
        give([f"wall-supplies.retries={text}"])
        found = options_for("wall-supplies", Supplies)["retries"]
    except (ArgumentError, BackendError):
        return
    assert found == int(text)


MODULE = """
import time
from wattwhat import Availability, Backend, Channel, Meter, Reading

class Supply(Meter):
    def __init__(self, watts):
        self.channel = Channel("lab1/made/supply", "made", "a made supply", "wall", "energy", resolution=1e-6,
                               update_period_s=1e-4, gain_error=0.01, max_power_w=5000.0, source=f"{watts} W")
        self.watts = watts
    def read(self):
        now_ns = time.monotonic_ns()
        return Reading(now_ns, self.watts * now_ns * 1e-9)

class Made(Backend):
    def __init__(self, watts: float = 100.0):
        self.watts = watts
    def probe(self):
        return Availability(True, "reads a made supply")
    def meters(self):
        return [Supply(self.watts)]
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The command, with a backend on its path that is installed as anyone's."""
    import subprocess
    import sys
    from pathlib import Path

    (tmp_path / "made_plugin.py").write_text(MODULE, encoding="utf-8")
    info = tmp_path / "made_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[wattwhat.backends]\nmade = made_plugin:Made\n")
    root = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), str(tmp_path)]))
    monkeypatch.setenv("WATTWHAT_BACKENDS", "made")

    def call(*words):
        command = [sys.executable, "-m", "wattwhat", *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    return call


def given_w(done):
    """The watts that the backend was given; its joules are judged by them, as far as they are known."""
    assert done.returncode == 0, done.stderr
    found = Measurement.from_dict(json.loads(done.stdout))
    (entry,) = found.channels
    watts = float(entry.channel.source.removesuffix(" W"))
    low, high = found.energy_j.interval(0.997)
    assert low <= watts * found.duration_s <= high
    return watts


def test_the_whole_way_from_the_command_line_to_the_joules(run, tmp_path, monkeypatch):
    words = ("run", "--json", "--", "true")
    assert given_w(run(*words)) == 100.0
    write(tmp_path, monkeypatch, "[backends.made]\nwatts = 400\n")
    assert given_w(run(*words)) == 400.0
    monkeypatch.setenv("WATTWHAT_MADE_WATTS", "1000")
    assert given_w(run(*words)) == 1000.0
    line = ("run", "--backend-option", "made.watts=2000", "--json", "--", "true")
    assert given_w(run(*line)) == 2000.0


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("made.watt=1", "takes no 'watt'; it takes watts"),
        ("made.watts=many", "expected a number for 'watts'"),
        ("maid.watts=1", "'maid' is not one of"),
        ("watts=1", "expected NAME.KEY=VALUE"),
    ],
)
@pytest.mark.parametrize("verb", [("doctor",), ("run", "--", "true")])
def test_a_wrong_option_ends_with_one_sentence(option, words, verb, run):
    done = run(verb[0], "--backend-option", option, *verb[1:])
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("wattwhat: error: --backend-option")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
