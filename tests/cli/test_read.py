"""The verb read: a table of at most 80 columns, JSON Lines, CSV; problems beside them, never a traceback."""

import csv
import io
import os
import sys
import tracemalloc

import pytest

from tests.cli.logged import BROKEN, LOGS, SMI, jsonl, net, objects
from wattwhat import Measurement
from wattwhat.cli import main
from wattwhat.cli.sentences import as_options
from wattwhat.errors import LogError, Remedy, ScoreError


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "gpu.csv"
    path.write_text(SMI, encoding="utf-8")
    return path


def read(capsys, *words):
    status = main(["read", *map(str, words)])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


def test_a_log_is_shown_with_energy_time_power_and_format(log, capsys):
    status, out, err = read(capsys, log)
    assert (status, err) == (0, "")
    assert "gpu" in out
    assert "200 ± 1" in out  # 100 W for 2 s
    assert "100 W" in out
    assert "imported from nvidia-smi" in out


def test_json_is_one_measurement_a_line(log, capsys):
    _, out, _ = read(capsys, log, log, "--json")
    found = [Measurement.from_dict(data) for data in objects(out)]
    assert [m.energy_j.value for m in found] == [200.0, 200.0]


def test_a_folder_of_mixed_logs_gives_what_can_be_read_and_lists_the_rest(tmp_path, capsys):
    (tmp_path / "a.csv").write_text(SMI)
    (tmp_path / "b.csv").write_text(BROKEN)
    jsonl(tmp_path / "own.jsonl", [net("own", 5.0)])
    (tmp_path / "notes.txt").write_text("dear diary\n")
    status, out, err = read(capsys, tmp_path)
    assert status == 0
    assert all(word in out for word in ("a ", "b ", "own", "nvidia-smi", "measured", "do not compare"))
    assert "b.csv:4: expected a power, found '???'" in " ".join(err.split())
    assert "notes.txt" in err
    assert "problems (2):" in err


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_strict_refuses_the_first_problem(tmp_path, capsys, flags):
    path = tmp_path / "b.csv"
    path.write_text(BROKEN)
    status, out, err = read(capsys, path, "--strict", *flags)
    assert (status, out) == (2, "")
    assert "b.csv:4: expected a power" in err


@pytest.mark.parametrize("content", ["", "\0\1\2", "dear diary", "{", "[]", "a,b\n1,2\n"])
def test_what_is_no_log_is_refused_by_name(content, tmp_path, capsys):
    path = tmp_path / "odd.csv"
    path.write_text(content)
    status, out, err = read(capsys, path)
    assert (status, out) == (2, "")
    assert err.startswith("wattwhat: error:")
    assert "odd.csv" in err


def test_a_missing_file_beside_a_readable_one_is_a_problem(log, tmp_path, capsys):
    status, out, err = read(capsys, log, tmp_path / "none.csv")
    assert status == 0
    assert "1 measurement" in out
    assert "none.csv: does not exist" in " ".join(err.split())


@pytest.mark.parametrize("count", [1, 2])
def test_nothing_readable_is_bad_input(count, tmp_path, capsys):
    status, out, err = read(capsys, *[tmp_path / f"none{i}.csv" for i in range(count)])
    assert (status, out) == (2, "")
    assert "none0.csv: does not exist" in err


def test_without_times_the_interval_is_asked_for_as_an_option(tmp_path, capsys):
    path = tmp_path / "dmon.txt"
    path.write_text("# gpu    pwr\n# Idx      W\n    0     60\n    0     60\n    0     60\n")
    status, _, err = read(capsys, path)
    assert status == 2
    assert "--interval" in err
    assert "interval_s" not in err
    status, out, _ = read(capsys, path, "--interval", "2", "--json")
    assert status == 0
    assert objects(out)[0]["energy_j"]["value"] > 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--interval", "0"], "--interval: expected a positive number"),
        (["--power-unit", "J"], "'J'"),
        (["--gpus", "0"], "--gpus: expected"),
        (["--timezone", "Mars/Base"], "--timezone"),
        (["--accuracy", "81"], "write 0.81"),
        (["--accuracy", "nan"], "--accuracy"),
        (["--accuracy", "181", "--percent"], "between 0 and 100"),
        (["--where", "label"], "--where: expected NAME=VALUE"),
        (["--where", "label=other"], "fields to choose by"),
        (["--set", "where=x"], "--set: where is no option"),
        (["--set", "=x"], "--set: expected NAME=VALUE"),
        (["--test-items", "0"], "--test-items"),
        (["--csv", "-", "--json"], "--csv -"),
        (["--csv", "no-such-folder/a.csv"], "--csv: there is no folder"),
        (["--metrics", "no-such-table.csv"], "no-such-table.csv"),
    ],
)
def test_an_option_outside_its_range_is_refused_by_name(words, named, log, capsys):
    status, out, err = read(capsys, log, *words)
    assert (status, out) == (2, "")
    assert named in err


def test_accuracies_join_by_name_and_what_did_not_match_is_listed(log, tmp_path, capsys):
    table = tmp_path / "acc.csv"
    table.write_text("model,top1\nGPU,76.1\nother,50\n")
    words = ["--metrics", table, "--on", "model", "--columns", "top1=accuracy"]
    status, _, err = read(capsys, log, *words, "--json")
    assert status == 2
    assert "say --percent" in err
    status, out, err = read(capsys, log, *words, "--percent", "--json")
    assert status == 0
    assert objects(out)[0]["metrics"]["accuracy"] == 0.761
    assert "gpu = GPU" in err
    assert "in it but not measured: other" in " ".join(err.split())


def test_an_accuracy_for_all_leaves_those_that_have_one(tmp_path, capsys):
    path = jsonl(tmp_path / "own.jsonl", [net("a", 5.0, 0.9), net("b", 5.0)])
    _, out, err = read(capsys, path, "--accuracy", "81", "--percent", "--test-items", "500", "--json")
    assert [data["metrics"] for data in objects(out)] == [
        {"accuracy": 0.9, "n_test": 500.0},
        {"accuracy": 0.81, "n_test": 500.0},
    ]
    assert "1 of 2 keep the accuracy" in err


def test_fields_choose_measurements(tmp_path, capsys):
    runs = [
        net(label, 5.0, details={"phase": phase}) for label in ("a", "b") for phase in ("training", "other")
    ]
    path = jsonl(tmp_path / "own.jsonl", runs)
    _, out, _ = read(capsys, path, "--where", "label=A", "--where", "phase=train*", "--json")
    assert [(data["label"], data["details"]["phase"]) for data in objects(out)] == [("a", "training")]


def test_a_csv_has_numbers_in_base_units_and_empty_cells_for_the_unknown(tmp_path, capsys):
    path = jsonl(tmp_path / "own.jsonl", [net("a,b", 5.0, 0.9, items=10, duration_s=2.0), net("c", 7.0)])
    target = tmp_path / "out.csv"
    status, out, _ = read(capsys, path, "--csv", target)
    assert status == 0
    assert "2 measurements" in out
    first, second = csv.DictReader(io.StringIO(target.read_text()))
    assert (first["label"], float(first["energy_j"]), float(first["power_w"])) == ("a,b", 5.0, 2.5)
    assert (float(first["energy_per_item_j"]), float(first["metric:accuracy"])) == (0.5, 0.9)
    assert (second["duration_s"], second["power_w"], second["metric:accuracy"]) == ("", "", "")
    assert read(capsys, path, "--csv", "-")[1].splitlines() == target.read_text().splitlines()


def test_lost_energy_is_unknown_everywhere_and_never_zero(tmp_path, capsys):
    path = jsonl(tmp_path / "own.jsonl", [net("lost", float("nan")), net("kept", 5.0)])
    assert "unknown" in read(capsys, path)[1]
    rows = list(csv.DictReader(io.StringIO(read(capsys, path, "--csv", "-")[1])))
    assert rows[0]["energy_j"] == ""


def test_the_table_fits_80_columns_and_obeys_no_label(tmp_path, capsys):
    hostile = "\x1b[2J" + "very long name " * 12
    runs = [net(hostile, 5e-4, 0.5, duration_s=0.01), net("日本" * 30, 8e9, 0.6, duration_s=4e5)]
    _, out, _ = read(capsys, jsonl(tmp_path / "own.jsonl", runs))
    assert "\x1b" not in out
    assert max(len(line) for line in out.splitlines()) <= 80


def test_no_log_at_all_is_refused(capsys):
    status, _, err = read(capsys)
    assert status == 2
    assert "LOG" in err


def test_standard_input_can_be_a_log(command):
    done = command("read", "-", "--json", input=SMI.encode())
    assert done.returncode == 0
    assert objects(done.stdout.decode())[0]["energy_j"]["value"] == 200.0


def test_a_terminal_without_blocks_gets_plain_bars(command, tmp_path):
    path = jsonl(tmp_path / "own.jsonl", [net("a", 5.0), net("b", 10.0)])
    command.env["PYTHONIOENCODING"] = "ascii"
    out = command("read", path).stdout.decode("ascii")
    bars = [line.count("#") for line in out.splitlines()]
    assert bars[2] == 2 * bars[1] > 0


@pytest.mark.parametrize(
    ("error", "written"),
    [
        (ScoreError("few", remedy=Remedy("use {unit} (20 Wh)", unit="Wh")), "few; use --unit Wh (20 Wh)"),
        (ScoreError("few", remedy=Remedy("pass {force}", force=True)), "few; pass --force"),
        (
            LogError("two", path="a", line=3, remedy=Remedy("see {power_unit}", power_unit=...)),
            "a:3: two; see --power-unit",
        ),
        (LogError("two", remedy=Remedy("say {interval_s}", interval_s=0.5)), "two; say --interval 0.5"),
        (LogError("two", remedy=Remedy("choose {phases}", phases="a,b")), "two; choose --set phases=a,b"),
    ],
)
def test_arguments_of_functions_become_options(error, written):
    assert as_options(error) == written


def test_an_argument_that_an_option_gave_is_named_by_the_option(tmp_path, capsys):
    status, _, err = read(capsys, jsonl(tmp_path / "own.jsonl", [net("a", 5.0)]), "--interval", "-1")
    assert (status, "--interval: " in err) == (2, True)


@pytest.mark.skipif(LOGS is None, reason="the real logs are not here: ../shared/logs is absent")
def test_every_real_log_is_read_or_told(capsys):
    status, out, err = read(capsys, LOGS)
    assert status == 0
    assert "nvidia-smi" in out
    assert "MANIFEST.tsv" in err
    assert max(len(line) for line in out.splitlines()) <= 80


def test_json_needs_memory_for_one_measurement_however_many_there_are(tmp_path, monkeypatch):
    log = tmp_path / "table.csv"
    log.write_text("model,energy_j\n" + "".join(f"net{i},{i + 1}\n" for i in range(400)))
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        monkeypatch.setattr(sys, "stdout", nowhere)
        assert main(["read", str(log), "--json", "--where", "label=net7"]) == 0  # what is imported stays
        tracemalloc.start()
        try:
            assert main(["read", str(log), "--json"]) == 0
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 0.8e6  # all 400 at once take more than 1.2 MB


def test_json_says_the_same_one_by_one_as_all_together(tmp_path, capsys):
    log = tmp_path / "table.csv"
    log.write_text("model,energy_j\nsmall,5\nodd,x\nlarge,9\n")
    assert main(["read", str(log), "--json"]) == 0
    one_by_one = capsys.readouterr()
    assert main(["read", str(log), "--json", "--csv", str(tmp_path / "all.csv")]) == 0
    together = capsys.readouterr()
    assert one_by_one.out == together.out
    assert one_by_one.err == together.err
    assert main(["read", str(log), "--json", "--where", "label=none"]) == 2
    assert main(["read", str(tmp_path / "no.csv"), "--json"]) == 2
