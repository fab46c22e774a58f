"""carbontracker: pairs of logs, PUE on one side only, predictions, None, wrapped arrays, aborted runs."""

import io

import pytest

from tests.logs.samples_summaries import CARBONTRACKER, CARBONTRACKER_OUTPUT
from wattwhat import logs
from wattwhat.errors import LogError
from wattwhat.logs.readers.carbontracker_log import span_s
from wattwhat.records.sources import LOST


def read(text, **options):
    return logs.read(io.StringIO(text), **options)


@pytest.fixture
def folder(tmp_path):
    def write(standard=None, output=None, errors=None):
        for ending, text in (("", standard), ("_output", output), ("_err", errors)):
            if text is not None:
                (tmp_path / f"made_1.1_2026-03-01T100000Z_carbontracker{ending}.log").write_text(text)
        return tmp_path

    return write


def test_a_pair_is_one_measurement_without_pue(folder):
    # 3620 J * 1.58 / 3.6e6
    output = CARBONTRACKER_OUTPUT.replace("0.001000 kWh", "0.001589 kWh")
    found = logs.read(folder(CARBONTRACKER, output, "2026-03-01 10:00:00,1 - x\n"))
    assert [m.energy_j.value for m in found] == [pytest.approx(3620.0)]
    assert found.problems == ()
    assert found[0].details["pue_of_the_tool"] == 1.58
    assert found[0].details["actual_kwh_with_pue"] == 0.001589
    assert not any("times the energy of the epochs" in w for w in found[0].warnings)


def test_reading_the_output_log_of_a_pair_gives_the_same(folder):
    where = folder(CARBONTRACKER, CARBONTRACKER_OUTPUT)
    found = logs.read(next(where.glob("*_output.log")))
    assert found[0].energy_j.value == pytest.approx(3620.0)


def test_a_pair_that_disagrees_says_so(folder):
    output = CARBONTRACKER_OUTPUT.replace("0.001000 kWh", "0.003000 kWh").replace("2 epoch(s)", "7 epoch(s)")
    found = logs.read(folder(CARBONTRACKER, output))
    assert found[0].energy_j.value == pytest.approx(3620.0)
    assert any("7 epochs there, 2 here" in w for w in found[0].warnings)


def test_the_output_log_alone_has_pue_inside():
    found = read(CARBONTRACKER_OUTPUT)[0]
    assert found.energy_j.value == pytest.approx(3600.0)
    assert found.duration_s == 20.0
    assert found.calls == 2
    assert found.details["pue_included"] is True
    assert any("includes a PUE" in w for w in found.warnings)


def test_a_prediction_is_never_taken():
    predicted = CARBONTRACKER_OUTPUT.partition("2026-03-01 10:00:20")[0]
    with pytest.raises(LogError, match="predicted consumption only"):
        read(predicted)


def test_none_is_no_power_and_not_0():
    text = CARBONTRACKER.replace("cpu: 20.0", "cpu: None").replace("cpu: 22.0", "cpu: [None]")
    found = read(text)[0]
    assert found.energy_j.value == pytest.approx(1500.0 + 1700.0)
    assert [c.channel.component for c in found.channels] == ["gpu"]


def test_an_epoch_without_power_is_a_gap_with_uncertainty():
    found = read(CARBONTRACKER.replace("cpu: 22.0", "cpu: None"))[0]
    assert found.energy_j.value == pytest.approx(1500.0 + 1700.0 + 200.0)
    assert found.budget.get(LOST) == pytest.approx(200.0)
    assert any("cpu: no power in epochs of 10 s" in w for w in found.warnings)


def test_all_none_is_refused():
    text = "\n".join(line for line in CARBONTRACKER.split("\n") if "cpu:" not in line)
    text = text.replace("[100.0 50.0]", "[None]").replace("[110.0 60.0]", "None")
    with pytest.raises(LogError, match="None for every epoch"):
        read(text)


def test_an_array_over_several_lines_is_one():
    found = read(CARBONTRACKER.replace("[100.0 50.0]", "[100.0\n  50.0]"))[0]
    assert found.energy_j.value == pytest.approx(3620.0)


def test_nested_and_comma_separated_arrays():
    assert read(CARBONTRACKER.replace("[100.0 50.0]", "[[100.0, 50.0]]"))[0].energy_j.value == pytest.approx(
        3620.0
    )


def test_older_lines_without_stamps_and_hundredths():
    text = (
        "2022-11-14 15:44:48 - carbontracker version 1.1.6\n2022-11-14 15:44:48 - Epoch 1:\n"
        "Duration: 0:00:10\nAverage power usage (W) for gpu: [100.0]\n"
    )
    found = read(text)[0]
    assert found.energy_j.value == pytest.approx(1000.0)
    assert any("aborted" in w for w in found.warnings)


def test_an_aborted_run_keeps_its_finished_epochs():
    found = read(CARBONTRACKER.partition("2026-03-01 10:00:20 - Duration")[0])[0]
    assert found.energy_j.value == pytest.approx(1500.0 + 200.0)
    assert found.duration_s == 10.0
    assert found.details["finished"] is False


def test_a_run_aborted_in_its_first_epoch_is_refused():
    with pytest.raises(LogError, match="aborted before its first epoch ended"):
        read(CARBONTRACKER.partition("2026-03-01 10:00:10 - Epoch 1")[0])


def test_version_2_does_not_say_whether_the_cpu_was_measured():
    one, two = (read(CARBONTRACKER.replace("version 1.2.5", f"version {v}"))[0] for v in ("1.2.5", "2.4.7"))
    assert two.energy_j.u > 1.2 * one.energy_j.u


def test_the_z_of_the_file_name_is_not_utc(folder):
    where = folder(CARBONTRACKER)
    assert logs.read(where)[0].started_at is None
    assert logs.read(where, timezone="+02:00")[0].started_at.isoformat() == "2026-03-01T08:00:00+00:00"


def test_the_error_log_alone_is_refused_by_its_name():
    with pytest.raises(LogError, match="error log"):
        read("2026-03-01 10:00:00,175 - MainThread - WARNING - No carbon intensity provider given.\n")


@pytest.mark.parametrize(
    ("text", "seconds"), [("2 days, 1:00:00", 176400.0), ("12:34:56.5", 45296.5), ("99", None)]
)
def test_durations(text, seconds):
    assert span_s(text) == seconds
