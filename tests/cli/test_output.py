"""Words on a stream and JSON in a file: nothing is cut, nothing half written, no device replaced."""

import io
import os
import stat
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat.cli.output import check_destination, deliver, say, wrap
from wattwhat.errors import ArgumentError
from wattwhat.records.terminal import WIDTH

words = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=40)
sentences = st.lists(words, min_size=1, max_size=60).map(" ".join)


@given(sentences, st.sampled_from(["", "  ", " " * 16]))
def test_wrapping_fits_and_keeps_every_word(text, indent):
    lines = wrap(text, indent)
    assert " ".join(lines).split() == text.split()
    assert max(map(len, lines)) <= WIDTH


def test_a_word_that_is_too_long_is_left_whole():
    path = "/sys/devices/" + "x" * 90
    assert f"  {path}" in wrap(f"read {path} now", "  ")


@pytest.mark.parametrize("before", range(0, 70, 7))
def test_a_short_command_stays_on_one_line(before):
    text = "x" * before + " load it with: sudo modprobe intel_rapl_msr; then look again"
    assert any("sudo modprobe intel_rapl_msr;" in line for line in wrap(text, "  "))


def test_a_here_document_stays_fit_to_be_pasted():
    remedy = "sudo tee /etc/x.rules <<'END'\n" + "RULE " * 30 + "\nEND\nsudo udevadm trigger"
    lines = wrap(remedy, " " * 14, "  remedy      ")
    assert lines == ["  remedy", *remedy.splitlines()]


def test_say_spells_out_what_the_stream_cannot_write():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    say("1 ± 2 J", stream)
    assert raw.getvalue() == b"1 +/- 2 J" + os.linesep.encode()


def test_a_file_is_replaced_whole(tmp_path):
    file = tmp_path / "result.json"
    file.write_text("something longer than what follows\n")
    deliver("{}", str(file))
    assert file.read_text() == "{}\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_keeps_pointing_at_the_file_it_names(tmp_path):
    file, link = tmp_path / "result.json", tmp_path / "latest.json"
    file.write_text("old\n")
    link.symlink_to(file)
    deliver("{}", str(link))
    assert link.is_symlink()
    assert file.read_text() == "{}\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        check_destination(str(pipe))
        deliver("{}", str(pipe))
        assert os.read(reader, 100) == b"{}\n"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("path", [None, "-"])
def test_no_file_is_standard_output(path, capsys):
    check_destination(path)
    deliver("{}", path)
    assert capsys.readouterr().out == "{}\n"


@pytest.mark.parametrize("option", ["--json", "--csv", "-o"])
@pytest.mark.parametrize("name", ["", ".", "missing/result.json"])
def test_a_place_that_cannot_be_written_is_refused_with_the_option_named(option, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError, match=f"^{option}: "):
        check_destination(name, option)


LIKE = '{"a": 1, "b": {"c": [2]}, "more": null}'


@pytest.mark.parametrize("content", ["", LIKE, f"{LIKE}\n", '{\n  "a": 1,\n  "b": 2\n}\n'])
def test_what_was_written_before_may_be_replaced(content, tmp_path):
    file = tmp_path / "kept.json"
    file.write_text(content, encoding="utf-8")
    check_destination(str(file), holds=("a", "b"))


@given(st.one_of(st.binary(min_size=1, max_size=60), st.sampled_from([b"[1]", b'{"a": 1}', b"{" * 9000])))
def test_what_is_something_else_is_not_replaced(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("else") / "train.py"
    file.write_bytes(content)
    with pytest.raises(ArgumentError, match="put --json behind it"):
        check_destination(str(file), holds=("a", "b"))


def test_a_file_of_several_is_not_replaced_by_one(tmp_path):
    file = tmp_path / "all.jsonl"
    file.write_text(f"{LIKE}\n{LIKE}\n", encoding="utf-8")
    with pytest.raises(ArgumentError, match="several lines"):
        check_destination(str(file), holds=("a", "b"))
    check_destination(str(file), holds=("a", "b"), single=False)


def test_a_module_and_its_function_are_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError, match=r"looks like MODULE:FUNCTION.*write \./nets\.small:model"):
        check_destination("nets.small:model", holds=("a",))
    check_destination("./nets.small:model", holds=("a",))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ArgumentError, match="cannot be written"):
        check_destination(str(tmp_path / "result.json"))


def test_say_takes_standard_output_as_it_is_now(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    say("here")
    assert stream.getvalue() == "here\n"
