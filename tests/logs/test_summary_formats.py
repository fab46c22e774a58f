"""Laws of every format that states energies: recognised by content, joules by hand, never a crash."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.logs.samples_summaries import SAMPLES
from wattwhat import Measurement, logs
from wattwhat.errors import ArgumentError, LogError
from wattwhat.logs.protocol import head_of
from wattwhat.logs.registry import readers

NAMED = pytest.mark.parametrize("name", SAMPLES)


def read(name, text=None, **more):
    sample = SAMPLES[name]
    return logs.read(io.StringIO(sample.text if text is None else text), **{**sample.options, **more})


@NAMED
def test_joules_are_those_worked_out_by_hand(name):
    found = read(name)
    assert [m.energy_j.value for m in found] == pytest.approx(list(SAMPLES[name].joules), rel=1e-9)
    assert found.problems == ()


@NAMED
def test_every_import_says_what_it_is(name):
    for measurement in read(name):
        assert measurement.provenance == "imported"
        assert measurement.details["format"] == SAMPLES[name].format
        assert "scope" in measurement.details
        assert measurement.energy_j.u >= 0.019 * measurement.energy_j.value
        assert measurement.energy_j.u == pytest.approx(measurement.budget.u)
        assert Measurement.from_dict(measurement.to_dict()) == measurement


@NAMED
def test_what_reads_a_format_is_sure_of_it_alone(name):
    head = head_of(logs.Source.of_text(SAMPLES[name].text))
    sure = {reader.name: reader.sniff(head) for reader in readers().values()}
    best = max(sure.values())
    assert [reader for reader, value in sure.items() if value == best] == [SAMPLES[name].format]


@NAMED
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_the_encoding_changes_nothing(name, encoding):
    sample = SAMPLES[name]
    found = logs.read(io.BytesIO(sample.text.encode(encoding)), **sample.options)
    assert [m.energy_j.value for m in found] == pytest.approx(list(sample.joules), rel=1e-9)


@NAMED
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_change_nothing(name, end):
    found = read(name, SAMPLES[name].text.replace("\n", end))
    assert [m.energy_j.value for m in found] == pytest.approx(list(SAMPLES[name].joules), rel=1e-9)


@NAMED
def test_a_pipe_that_is_read_once_is_enough(name):
    class Pipe(io.RawIOBase):
        def __init__(self, data):
            self._rest = io.BytesIO(data)

        def readable(self):
            return True

        def readinto(self, buffer):
            return self._rest.readinto(buffer)

    found = logs.read(Pipe(SAMPLES[name].text.encode()), **SAMPLES[name].options)
    assert [m.energy_j.value for m in found] == pytest.approx(list(SAMPLES[name].joules), rel=1e-9)


def outcome(data, **options):
    """How many measurements, or None for a refusal; any other exception, or one inside a reader, gets out."""
    try:
        found = logs.read(io.BytesIO(data), **options)
    except LogError as err:
        if "please report" in str(err):
            raise
        return None
    except ArgumentError as err:
        if "does not need it" not in str(err):  # what is left of the file no longer needs the option
            raise
        return None
    for measurement in found:
        measurement.to_json()
    return len(found)


@NAMED
def test_a_file_cut_off_anywhere_is_read_or_refused_and_never_crashes(name):
    data = SAMPLES[name].text.encode()
    step = max(1, len(data) // 60)
    counts = [outcome(data[:cut], **SAMPLES[name].options) for cut in range(0, len(data), step)]
    assert counts[0] is None
    assert max(count or 0 for count in counts) <= len(SAMPLES[name].joules)


HOSTILE = st.sampled_from(
    [
        *(b"", b",", b";", b"\n", b'"', b"{", b"}", b"[", b"]", b"-1", b"1e308", b"9" * 400, b"nan", b"inf"),
        *(b"null", b"true", b"\0", b"\xff\xfe", b"1e-400", b"0", b"N/A", b"9999-99-99T99:99:99", b"-inf"),
    ]
)


@st.composite
def mutations(draw):
    data = bytearray(SAMPLES[draw(st.sampled_from(sorted(SAMPLES)))].text.encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 12))
        data[at : at + length] = draw(HOSTILE)
    if draw(st.booleans()):
        begin, end = sorted(draw(st.tuples(st.integers(0, len(data)), st.integers(0, len(data)))))
        data[end:end] = data[begin:end]
    return bytes(data)


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(mutations(), st.booleans())
def test_hostile_changes_give_measurements_or_one_kind_of_error(data, strict):
    outcome(data, strict=strict, intensity_g_per_kwh=400.0)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(SAMPLES)), st.randoms(use_true_random=False))
def test_digits_replaced_at_random_never_crash(name, random):
    text = "".join(
        random.choice("0123456789.e-") if c.isdigit() and random.random() < 0.2 else c
        for c in SAMPLES[name].text
    )
    outcome(text.encode(), intensity_g_per_kwh=400.0)


# These energies are no numbers of the file: power times time, or emissions.
COMPUTED = {"zeus_power", "zeus_trace", "carbontracker", "perun_samples", "card"}


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - COMPUTED))
def test_the_users_unit_is_used_and_said(name):
    plain, told = read(name), read(name, energy_unit="MJ")
    for before, after in zip(plain, told, strict=True):
        assert after.energy_j.value != before.energy_j.value
        assert any("energy_unit says so" in warning for warning in after.warnings)
