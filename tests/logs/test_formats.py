"""Every power-trace format: recognised from its content, and the joules that were worked out by hand."""

import io

import pytest

from tests.logs.samples_traces import SAMPLES
from wattwhat import logs
from wattwhat.errors import LogError

NAMED = pytest.mark.parametrize("name", SAMPLES)


def read(name, text=None, **more):
    sample = SAMPLES[name]
    return logs.read(io.StringIO(sample.text if text is None else text), **{**sample.options, **more})


@NAMED
def test_joules_are_those_worked_out_by_hand(name):
    found = read(name)
    assert len(found) == 1
    assert found.problems == ()
    assert found[0].energy_j.value == pytest.approx(SAMPLES[name].joules, rel=1e-6)


@NAMED
def test_the_format_is_recognised_from_the_content_alone(name, tmp_path):
    path = tmp_path / "holiday.jpeg"
    path.write_text(SAMPLES[name].text)
    measurement = logs.read(path, **SAMPLES[name].options)[0]
    if name != "own":
        assert measurement.details["format"] == SAMPLES[name].format
        assert measurement.details["file"] == "holiday.jpeg"


@NAMED
def test_an_import_says_that_it_is_one_and_never_claims_to_be_exact(name):
    if name == "own":
        assert read(name)[0].provenance == "measured"
        return
    measurement = read(name)[0]
    assert measurement.provenance == "imported"
    assert measurement.energy_j.u >= 0.005 * measurement.energy_j.value
    assert measurement.energy_j.u == pytest.approx(measurement.budget.u)
    assert measurement.items is None
    assert str(measurement.details).find("/tmp") == -1


@NAMED
def test_a_measurement_survives_its_own_file(name):
    from wattwhat import Measurement

    measurement = read(name)[0]
    assert Measurement.from_dict(measurement.to_dict()) == measurement


@NAMED
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_changes_nothing(name, encoding):
    sample = SAMPLES[name]
    found = logs.read(io.BytesIO(sample.text.encode(encoding)), **sample.options)
    assert found[0].energy_j.value == pytest.approx(sample.joules, rel=1e-6)


@NAMED
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_change_nothing(name, end):
    found = read(name, SAMPLES[name].text.replace("\n", end))
    assert found[0].energy_j.value == pytest.approx(SAMPLES[name].joules, rel=1e-6)


@NAMED
def test_what_reads_a_format_is_sure_of_it_alone(name):
    from wattwhat.logs.protocol import head_of
    from wattwhat.logs.registry import readers

    head = head_of(logs.Source.of_text(SAMPLES[name].text))
    sure = {reader.name: reader.sniff(head) for reader in readers().values()}
    best = max(sure.values())
    assert [reader for reader, value in sure.items() if value == best] == [SAMPLES[name].format]


@pytest.mark.parametrize("name", [name for name in SAMPLES if "interval_s" in SAMPLES[name].options])
def test_a_log_without_times_asks_for_the_interval(name):
    with pytest.raises(LogError, match="interval_s"):
        logs.read(io.StringIO(SAMPLES[name].text))


@NAMED
def test_half_a_file_is_read_or_refused_but_never_crashes(name):
    text = SAMPLES[name].text
    for cut in range(0, len(text), 7):
        try:
            found = read(name, text[:cut])
        except LogError as err:
            assert str(err)  # noqa: PT017 - some cuts are readable
        else:
            assert len(found) >= 1
