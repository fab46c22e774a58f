"""The frame: paths, folders, streams, encodings, plugins, and files that are no logs."""

import io
import json
import os
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.samples_summaries import CARBONTRACKER, CARBONTRACKER_OUTPUT
from tests.logs.samples_traces import SAMPLES
from wattwhat import Channel, Measurement, Quantity, logs
from wattwhat.errors import ArgumentError, LogError
from wattwhat.logs import dispatch, registry
from wattwhat.logs.parsing import json_stream as jsons
from wattwhat.logs.parsing import streams
from wattwhat.logs.parsing.decode import HEAD_BYTES
from wattwhat.logs.problems import Problems
from wattwhat.logs.source import Source
from wattwhat.plugins import load
from wattwhat.records.channel_energy import ChannelEnergy

SMI = SAMPLES["smi_units"].text


class Pipe(io.RawIOBase):
    """A stream that gives a few bytes at a time and cannot seek."""

    def __init__(self, data):
        super().__init__()
        self._inner = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        piece = self._inner.read(min(len(buffer), 7))
        buffer[: len(piece)] = piece
        return len(piece)


def test_every_kind_of_source_gives_the_same(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(SMI)
    with open(path) as text, open(path, "rb") as binary:
        found = [
            logs.read(path),
            logs.read(str(path)),
            logs.read(text),
            logs.read(binary),
            logs.read(io.StringIO(SMI)),
            logs.read(io.BytesIO(SMI.encode())),
            logs.read(Pipe(SMI.encode())),
            logs.read(io.BufferedReader(Pipe(SMI.encode()))),
        ]
        assert not text.closed
        assert not binary.closed
    assert {m.energy_j.value for one in found for m in one} == {SAMPLES["smi_units"].joules}


def test_a_pipe_longer_than_its_head_is_read_through():
    rows = "".join(f"{k},100\n" for k in range(30_000))
    found = logs.read(Pipe(("time,power_w\n" + rows).encode()))
    assert found[0].energy_j.value == pytest.approx(2_999_900.0)


def long_ones():
    """A measurement of 600 channels and one with a label of 100 kB: longer than the head of a file."""
    gpus = [
        ChannelEnergy(Channel(f"h/x/{number}", "x", "a GPU", "gpu", "energy"), Quantity(1.0, 0.1, "J"))
        for number in range(600)
    ]
    joules = Quantity(600.0, 6.0, "J")
    yield Measurement(label="many", energy_j=joules, channels=gpus, budget=[("repeats", 6.0)])
    yield Measurement(label="x" * 100_000, energy_j=joules)


@pytest.mark.parametrize("m", list(long_ones()), ids=["channels", "label"])
@pytest.mark.parametrize("last", [*next(long_ones()).to_dict()])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_long_line_of_ours_is_recognised_in_any_order(m, last, indent):
    data = m.to_dict()
    for ordered in (dict(sorted(data.items())), {last: data[last], **data}, dict(reversed(data.items()))):
        text = json.dumps(ordered, indent=indent)
        assert len(text) > HEAD_BYTES
        assert logs.read(io.StringIO(text)) == [m]
    later = {"schema": 1, "a field of a later version": 5, **data}
    assert logs.read(io.StringIO(json.dumps(later))) == [m]


def test_long_json_of_others_is_not_taken_for_ours():
    for start in ({"model": "a", "energy_j": 5}, {"tool": 1, "label": "a"}, {"metrics": 1, "samples": 2}):
        text = json.dumps({**start, "trace": list(range(30_000))})
        with pytest.raises(LogError, match="no known energy log"):
            logs.read(io.StringIO(text))


def test_an_open_file_is_read_from_where_it_stands():
    stream = io.StringIO("# noise\n" + SMI)
    stream.readline()
    assert logs.read(stream)[0].energy_j.value == pytest.approx(SAMPLES["smi_units"].joules)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\n ", "is empty"),
        (b"\x1f\x8b\x08\x00rest", "gzip"),
        (pickle.dumps({"a": 1}, protocol=4), "pickle, which is never opened"),
        (bytes(range(256)) * 20, "not text"),
        (b"hello, world\n", "no known energy log begins like this: 'hello, world'"),
        (b"{", "no known energy log"),
    ],
)
def test_what_is_no_log_is_refused_in_one_sentence(tmp_path, content, words):
    path = tmp_path / "emissions.csv"
    path.write_bytes(content)
    with pytest.raises(LogError, match=words) as caught:
        logs.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_absent_file_and_a_device_are_refused(tmp_path):
    with pytest.raises(LogError, match="does not exist"):
        logs.read(tmp_path / "absent.csv")
    with pytest.raises(LogError, match="is no regular file"):
        logs.read("/dev/null" if os.path.exists("/dev/null") else tmp_path)


@pytest.mark.parametrize("where", [None, 5, ["a.csv"], ("a.csv",), "", " ", "a\0b", b"a.csv", object()])
def test_what_is_no_place_is_refused(where):
    with pytest.raises(ArgumentError, match="where: "):
        logs.read(where)


def test_a_line_without_an_end_is_refused():
    with pytest.raises(LogError, match=r":2: expected lines of at most 1000000 characters"):
        logs.read(io.StringIO("timestamp, power.draw [W]\n" + "9" * 3_000_000))


def test_a_json_value_without_an_end_is_refused():
    with pytest.raises(LogError, match="characters"):
        list(jsons.values(Source.of_text('{"a": "' + "x" * 400_000), max_chars=100_000))


def test_latin_1_in_a_name_is_no_obstacle():
    text = "timestamp, name, power.draw [W]\n" + "".join(
        f"2026/03/01 10:00:0{k}.000, Müller, 10.00 W\n" for k in range(3)
    )
    assert logs.read(io.BytesIO(text.encode("latin-1")))[0].energy_j.value == pytest.approx(20.0)


# Folders ----------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.csv").write_text(SMI)
    (tmp_path / "deep" / "b.log").write_text(SAMPLES["tegra_orin_nx"].text)
    (tmp_path / "notes.txt").write_text("buy milk\n")
    (tmp_path / ".hidden.csv").write_text(SMI)
    return tmp_path


def test_a_folder_gives_every_log_below_it_and_lists_the_rest(folder):
    found = logs.read(folder)
    assert [m.details["file"] for m in found] == ["a.csv", "b.log"]
    assert len(found.problems) == 1
    assert "notes.txt" in found.problems[0]


@pytest.mark.parametrize("held", [0, 1, 2, 1000])
def test_a_folder_gives_the_same_however_much_of_it_is_kept_while_it_is_looked_through(
    held, folder, monkeypatch
):
    (folder / "table.csv").write_text("model,energy_j\nsmall,5\nodd,x\nlarge,9\n")
    output = "made_1.1_2026-03-01T100000Z_carbontracker"  # a pair: one file is a part of the other
    (folder / f"{output}_output.log").write_text(CARBONTRACKER_OUTPUT)
    (folder / f"{output}.log").write_text(CARBONTRACKER)
    whole = logs.read(folder)
    monkeypatch.setattr(dispatch, "_HELD", held)
    some = logs.stream(folder)
    assert list(some) == list(whole)
    assert some.problems == whole.problems
    assert [m.label for m in whole if m.details["format"] == "energy-table"] == ["small", "large"]


def test_strict_reading_of_a_folder_stops_at_the_first_file(folder):
    with pytest.raises(LogError, match=r"notes\.txt"):
        logs.read(folder, strict=True)


def test_a_folder_without_logs_is_refused(tmp_path):
    with pytest.raises(LogError, match="it holds no file"):
        logs.read(tmp_path)
    (tmp_path / "notes.txt").write_text("buy milk\n")
    with pytest.raises(LogError, match=r"the first of 1 problems: .*notes\.txt"):
        logs.read(tmp_path)


MLPERF_DETAIL = "".join(
    f':::MLLOG {{"key": "{key}", "value": {value}}}\n'
    for key, value in {
        "effective_scenario": '"Offline"',
        "effective_samples_per_query": "1",
        "power_begin": '"03-01-2026 10:00:00.500"',
        "power_end": '"03-01-2026 10:00:02.500"',
        "result_samples_per_second": "50.0",
    }.items()
)


@pytest.fixture
def mlperf(tmp_path):
    run = tmp_path / "performance" / "run_1"
    run.mkdir(parents=True)
    (tmp_path / "accuracy").mkdir()
    (tmp_path / "accuracy" / "accuracy.txt").write_text("accuracy=76.000%, good=38000, total=50000\n")
    rows = [f"Time,03-01-2026 10:00:0{k}.000,Watts,{w},Mark,x_testing\n" for k, w in enumerate((2, 4, 4, 8))]
    (run / "spl.txt").write_text("".join(rows))
    (run / "mlperf_log_detail.txt").write_text(MLPERF_DETAIL)
    return tmp_path


def test_files_that_belong_together_are_one_measurement(mlperf):
    found = logs.read(mlperf)
    assert found.problems == ()
    assert len(found) == 1
    # 3 W at 0.5 s, 4 W from 1 s to 2 s, 6 W at 2.5 s
    assert found[0].energy_j.value == pytest.approx(1.75 + 4.0 + 2.5)
    assert found[0].items == 100
    assert dict(found[0].metrics) == {"accuracy": 0.76, "n_test": 50000.0}


def test_a_window_that_the_samples_do_not_cover_is_refused(mlperf):
    detail = mlperf / "performance" / "run_1" / "mlperf_log_detail.txt"
    detail.write_text(MLPERF_DETAIL.replace("10:00:02.500", "11:00:02.500"))
    with pytest.raises(LogError, match="covers only a part"):
        logs.read(mlperf / "performance" / "run_1" / "spl.txt")


def test_the_ranging_run_is_no_measurement(mlperf):
    path = mlperf / "performance" / "run_1" / "spl.txt"
    path.write_text(path.read_text().replace("_testing", "_ranging"))
    with pytest.raises(LogError, match="only the ranging run"):
        logs.read(path)


# Third parties ----------------------------------------------------------------------------------


class Watchman:
    name = "watchman"

    def sniff(self, head):
        return 99 if head.first_line.startswith("# watchman") else 0

    def read(self, source, options):
        from wattwhat.logs.building.known_sensors import NVML
        from wattwhat.logs.building.measurement import channel_of, imported, printed

        for line, text in source.lines():
            if text == "crash":
                raise KeyError("a bug of a reader")
            if text == "exit":
                raise SystemExit(7)
            if not text.startswith("#"):
                joules = printed(text, float(text), 1.0, NVML)
                yield imported(
                    source, [(channel_of(self.name, None, "gpu"), joules)], format=self.name, line=line
                )


class EntryPoint:
    def __init__(self, name, loaded):
        self.name, self._loaded, self.dist = name, loaded, None

    def load(self):
        if isinstance(self._loaded, Exception):
            raise self._loaded
        return self._loaded


@pytest.fixture
def plugged(monkeypatch):
    """Entry points of other distributions, as importlib.metadata would give them."""

    def plug(**loaded):
        points = [EntryPoint(name, what) for name, what in loaded.items()]
        monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points)
        registry.forget()

    yield plug
    registry.forget()


def test_our_own_readers_come_in_by_entry_point_one_for_each_in_the_folder():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    table = text.split('[project.entry-points."wattwhat.logs"]\n')[1].split("\n\n")[0]
    announced = dict(re.findall(r'^([\w-]+) = "([\w.:]+)"$', table, re.MULTILINE))
    in_the_folder = registry.plugins(())
    assert list(announced) == sorted(in_the_folder), "a reader lacks its line, or the lines their order"
    for name, where in announced.items():
        module, _, attribute = where.partition(":")
        reader = load(in_the_folder[name])
        assert (reader.__module__, reader.__name__, reader.name) == (module, attribute, name)


def test_ours_come_first_then_the_name_decides():
    points = [EntryPoint(name, Watchman) for name in ("b", "a")]
    order = list(registry.plugins(points))
    assert order[-2:] == ["a", "b"]
    assert order[:-2] == sorted(order[:-2])


def test_of_equally_sure_readers_ours_reads(plugged):
    class Rival(Watchman):
        def sniff(self, head):
            return 1 if head.first_line.startswith("# watchman") else 90

    plugged(**{"a-rival": Rival})
    assert logs.read(io.StringIO(SAMPLES["tegra_orin_nx"].text))[0].details["format"] == "tegrastats"


def test_a_copy_without_metadata_reads_logs(plugged):
    plugged()
    assert registry.readers().keys() == registry.plugins(()).keys()
    assert logs.read(io.StringIO(SMI))[0].details["format"] == "nvidia-smi"


def test_a_reader_of_another_distribution_comes_in_by_entry_point(plugged):
    plugged(watchman=Watchman)
    assert "watchman" in logs.formats()
    assert logs.read(io.StringIO("# watchman\n12.5\n"))[0].energy_j.value == 12.5


@pytest.mark.parametrize("error", [ValueError("odd"), SystemExit(3), type("Odd", (BaseException,), {})()])
def test_a_reader_that_fails_to_look_is_named_and_stops_nobody(plugged, error):
    class Blind(Watchman):
        def sniff(self, head):
            raise error

    plugged(blind=Blind)
    assert logs.read(io.StringIO(SMI))[0].energy_j.value == pytest.approx(350.0)
    with pytest.raises(LogError, match=r"watchman.*look"):
        logs.read(io.StringIO("hello\n"))


def test_a_reader_that_does_not_load_is_named_and_stops_nobody(plugged):
    plugged(broken=ImportError("no module named gone"), useless=object)
    assert logs.read(io.StringIO(SMI))[0].energy_j.value == pytest.approx(350.0)
    with pytest.raises(LogError, match=r"broken.*no module named gone.*useless.* lacks"):
        logs.read(io.StringIO("hello\n"))


def test_a_bug_of_a_reader_is_a_log_error_that_names_it(plugged):
    plugged(watchman=Watchman)
    with pytest.raises(LogError, match="reader 'watchman' failed on it") as caught:
        logs.read(io.StringIO("# watchman\ncrash\n"))
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(LogError, match=r"reader 'watchman' failed on it \(SystemExit: 7\)"):
        logs.read(io.StringIO("# watchman\nexit\n"))


# Laws -------------------------------------------------------------------------------------------


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\0\ufeff"), max_size=300))
def test_lines_are_those_of_the_text(text):
    expected = text.split("\n")
    if expected[-1] == "":
        expected.pop()
    assert list(Source.of_text(text).lines()) == list(enumerate(expected, 1))


@given(
    st.lists(
        st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=3), max_size=9
    ),
    st.sampled_from(["\n", "", " ", ",\n", "array"]),
)
def test_json_values_come_back_however_they_are_strung_together(objects, between):
    import json

    pieces = [json.dumps(item) for item in objects]
    text = "[" + ",\n".join(pieces) + "]" if between == "array" else between.join(pieces)
    source = Source.of_text(text)
    assert [value for _, value in jsons.values(source)] == objects
    assert source.problems.count == 0


@given(st.binary(max_size=400))
def test_any_bytes_are_a_log_or_a_log_error(data):
    try:
        found = logs.read(io.BytesIO(data))
    except LogError:
        return
    assert found


def test_problems_in_strict_reading_raise():
    with pytest.raises(LogError, match="bad row"):
        Problems(strict=True).add("bad row")


def test_of_a_pipe_so_much_is_kept_and_no_more(monkeypatch):
    source = streams.source_of_stream(Pipe(SMI.encode()))
    assert [list(source.lines()) for _ in range(3)] == [list(source.lines())] * 3
    monkeypatch.setattr(streams, "_KEPT_BYTES", len(SMI) // 2)
    source = streams.source_of_stream(Pipe(SMI.encode()))
    with pytest.raises(LogError, match="second look"):
        list(source.lines())


def test_two_passes_over_one_stream_do_not_move_each_other():
    for stream in (io.StringIO(SMI), io.BytesIO(SMI.encode()), Pipe(SMI.encode())):
        source = streams.source_of_stream(stream)
        first, second = source.lines(), source.ahead().lines()
        assert list(zip(first, second, strict=True)) == [(x, x) for x in source.lines()]
