"""The doctor: every backend and channel is told, whatever state it is in, in words and as data."""

import json
import math
import sys
import threading
import time
import types

import pytest

from tests.cli.made import Counter, Failing, Gauge, Made, Model, absent, channel, plugin
from wattwhat import Availability, track
from wattwhat.cli import main
from wattwhat.cli.doctor import examine
from wattwhat.cli.doctor_text import describe
from wattwhat.plugins import Plugin, find_plugins
from wattwhat.sensing.estimate.backend import EstimateBackend
from wattwhat.sensing.meter import Meter, Reading


def told(capsys, *words):
    status = main(["doctor", "--watch", "0", *words])
    captured = capsys.readouterr()
    assert captured.err == ""
    return status, captured.out


def data(capsys, *words):
    status, out = told(capsys, "--json", *words)
    assert status == 0
    return json.loads(out)


def flat(text):
    """A wrapped text as one line, to look for sentences in it."""
    return " ".join(text.split())


# Backends ---------------------------------------------------------------------------------------


def test_an_absent_backend_is_explained_with_its_remedy(plugins, capsys):
    plugins(asleep=absent("there is no sensor in this machine", "buy one, then run: sudo modprobe sensor"))
    status, out = told(capsys)
    assert status == 0
    assert "asleep: not available" in out
    assert "why there is no sensor in this machine" in flat(out)
    assert "remedy buy one, then run: sudo modprobe sensor" in flat(out)


def test_a_backend_without_a_remedy_is_not_left_without_a_word(plugins, capsys):
    plugins(asleep=absent("this is another machine", ""), awake=Made([Counter(channel("a"))]))
    asleep, awake = data(capsys)["backends"]
    assert (
        asleep["remedy"] == "nothing is known to mend this here; pip uninstall made-plugins ends the question"
    )
    assert awake["remedy"] == ""


def test_as_data_a_backend_has_the_keys_that_were_agreed(plugins, capsys):
    plugins(asleep=absent("no sensor", "buy one"), awake=Made([Counter(channel("a"))]))
    backends = {backend["name"]: backend for backend in data(capsys)["backends"]}
    asleep, awake = backends["asleep"], backends["awake"]
    assert (asleep["available"], asleep["reason"], asleep["remedy"]) == (False, "no sensor", "buy one")
    assert asleep["channels"] == []
    assert awake["available"] is True
    assert [one["id"] for one in awake["channels"]] == ["lab1/made/a"]
    assert awake["library_version"] == "7.1"


def test_a_broken_plugin_is_named_with_its_reason_and_the_others_are_still_told(plugins, capsys):
    def loader():
        raise SystemExit("licence expired")

    plugins(Plugin("rotten", "rotten-plugin", loader), fine=Made([Counter(channel("a"))]))
    _, out = told(capsys)
    assert "rotten: broken (rotten-plugin)" in out
    assert "SystemExit: licence expired" in flat(out)
    assert "fine: available" in out


def test_a_clash_of_names_is_told(plugins, capsys):
    plugins(plugin("twice", Made([Counter(channel("a"))]), distribution="one", clash=("other-plugin",)))
    assert "clash other-plugin registers this name too" in flat(told(capsys)[1])
    assert data(capsys)["backends"][0]["clash"] == ["other-plugin"]


def test_notes_and_conditions_are_told_and_a_failing_condition_too(plugins, capsys):
    class Hot(Made):
        def conditions(self):
            return ["the device is throttled"]

    class Confused(Made):
        def conditions(self):
            raise OSError("no answer")

    plugins(
        hot=Hot([Counter(channel("a"))], notes=["a mirror of a was dropped"]),
        confused=Confused([Counter(channel("b"))]),
    )
    out = flat(told(capsys)[1])
    assert "note a mirror of a was dropped" in out
    assert "just now the device is throttled" in out
    assert "conditions() failed: OSError: no answer" in out


def test_a_choice_in_the_environment_is_told(plugins, capsys, monkeypatch):
    plugins(one=Made([Counter(channel("a"))]), two=Made())
    monkeypatch.setenv("WATTWHAT_BACKENDS", "one")
    assert "WATTWHAT_BACKENDS is set: only one will be used." in flat(told(capsys)[1])


@pytest.mark.parametrize("chosen", ["nosuch", "one,nosuch", "two"])
def test_a_choice_that_cannot_serve_is_told_for_measuring_refuses_it(plugins, capsys, monkeypatch, chosen):
    plugins(
        one=Made([Counter(channel("a"))]),
        two=Made(answer=Availability(False, "not here")),
        estimate=EstimateBackend(),
    )
    monkeypatch.setenv("WATTWHAT_BACKENDS", chosen)
    out = flat(told(capsys)[1])
    assert "measuring refuses" in out
    assert "those that can: one, estimate." in out
    assert "energy is" not in out


def test_with_the_estimate_chosen_nothing_is_said_to_be_measured(plugins, capsys, monkeypatch):
    plugins(one=Made([Counter(channel("a"))]), estimate=EstimateBackend())
    monkeypatch.setenv("WATTWHAT_BACKENDS", "estimate")
    assert "No sensor is chosen here: energy is estimated" in flat(told(capsys)[1])


def test_a_setting_of_the_estimate_that_cannot_be_understood_is_told(plugins, capsys, monkeypatch):
    monkeypatch.setenv("WATTWHAT_WATTS_PER_CORE", "abc")
    plugins(estimate=EstimateBackend())
    text = flat(told(capsys)[1])
    assert "estimate: not available" in text
    assert "variable WATTWHAT_WATTS_PER_CORE: expected watts as a number >= 0, got 'abc'" in text
    assert "remedy set WATTWHAT_WATTS_PER_CORE to a number such as 6.5, or unset it" in text


def test_without_any_backend_it_says_so(plugins, capsys):
    assert "No backend is installed" in told(capsys)[1]


def test_plugins_of_ours_that_are_not_installed_are_offered(plugins, capsys, monkeypatch):
    asked = ["attrs>=23.1", 'wattwhat-rapl>=0.1; extra == "rapl"', "wattwhat-nvml>=0.1; extra == 'nvml'"]
    asked += ['wattwhat-nvml>=0.1; extra == "all"', 'torch>=2; extra == "torch"']
    monkeypatch.setattr("importlib.metadata.requires", lambda name: asked)
    plugins(plugin("rapl", absent("no", "none"), distribution="wattwhat-rapl"))
    offered = data(capsys)["not_installed"]
    assert offered == [{"distribution": "wattwhat-nvml", "remedy": 'pip install "wattwhat[nvml]"'}]
    assert 'wattwhat-nvml; to have it: pip install "wattwhat[nvml]"' in told(capsys)[1]


# Channels ---------------------------------------------------------------------------------------


def test_a_channel_shows_period_window_resolution_accuracy_and_source(plugins, capsys):
    fields = {"update_period_s": 0.1, "averaging_window_s": 0.025, "resolution": 0.001}
    accuracy = {"gain_error": 0.029, "offset_w": 0.5}
    gauge = Gauge(channel("g", quantity="power", source="field 186", **fields, **accuracy))
    plugins(made=Made([gauge]))
    out = flat(told(capsys)[1])
    assert "new value every 100 ms, the mean of 25 ms" in out
    assert "u (k=1): gain 2.9 %, offset 500 mW; steps of 1 mW" in out
    assert "field 186 (a sensor, a gauge of power)" in out
    assert "just now 41.5 W" in out


def test_what_is_unknown_is_said_to_be_unknown(plugins, capsys):
    plugins(made=Made([Gauge(channel("g", quantity="power"))]))
    out = flat(told(capsys)[1])
    assert "period unknown, the mean of an unknown time" in out
    assert "gain unknown, offset unknown" in out
    assert "source not stated" in out


def test_a_counter_shows_where_it_wraps(plugins, capsys):
    plugins(made=Made([Counter(channel("c", wrap_j=262143.3, resolution=6.1e-5))]))
    assert "steps of 61 uJ; begins again at 262 kJ" in flat(told(capsys)[1])


def test_contained_channels_are_not_counted_across_backends_either(plugins, capsys):
    module = Counter(channel("module", component="module", contains=("lab1/made/gpu",)))
    plugins(a=Made([module]), b=Made([Counter(channel("gpu", component="gpu"))]))
    found = {one["id"]: one for backend in data(capsys)["backends"] for one in backend["channels"]}
    assert found["lab1/made/module"]["counted"] is True
    assert found["lab1/made/gpu"]["counted"] is False
    assert found["lab1/made/gpu"]["inside"] == ["lab1/made/module"]
    assert "inside another channel (lab1/made/module), so not added" in flat(told(capsys)[1])


def test_an_estimate_gives_way_to_a_sensor_of_the_same_component(plugins, capsys):
    plugins(model=Made([Model(channel("model"))]), sensor=Made([Counter(channel("package"))]))
    found = {one["id"]: one for backend in data(capsys)["backends"] for one in backend["channels"]}
    assert (found["lab1/made/model"]["used"], found["lab1/made/package"]["used"]) == (False, True)
    assert "not used: another channel covers it" in flat(told(capsys)[1])


def test_a_sensor_that_cannot_be_read_says_why_and_does_not_count_as_one(plugins, capsys):
    plugins(made=Made([Failing(channel("a"))]))
    assert data(capsys)["sensors"] == 0
    assert "fails the sensor fell asleep; wake it" in flat(told(capsys)[1])


def test_every_meter_is_closed_again(plugins, capsys):
    meters = [Counter(channel("a")), Failing(channel("b")), Model(channel("c"))]
    plugins(made=Made(meters))
    told(capsys)
    assert all(meter.closed >= 1 for meter in meters)


# As windows see it ------------------------------------------------------------------------------


def giving(reading):
    class Given(Counter):
        def read(self):
            return reading(time.monotonic_ns())

    return Given


UNUSABLE = {
    "None": (lambda now_ns: None, "read() gave None; expected a Reading(t_ns, value)"),
    "a number": (lambda now_ns: 12.5, "read() gave 12.5; expected a Reading"),
    "no value": (lambda now_ns: Reading(now_ns, None), "the value is None; expected a number"),
    "NaN": (lambda now_ns: Reading(now_ns, math.nan), "the value is nan; expected a finite number"),
    "a text": (lambda now_ns: Reading(now_ns, "12"), "the value is '12'; expected a number"),
    "swapped": (lambda now_ns: Reading(12.5, now_ns), "the time is 12.5; expected t_ns in whole nanoseconds"),
    "swapped whole numbers": (lambda now_ns: Reading(12, now_ns), "they are swapped"),
}


@pytest.mark.parametrize("quantity", ["energy", "power"])
@pytest.mark.parametrize("what", UNUSABLE)
def test_a_reading_that_windows_cannot_use_is_no_reading_here(what, quantity, plugins, capsys):
    reading, words = UNUSABLE[what]
    plugins(made=Made([giving(reading)(channel("a", quantity=quantity))]))
    status, out = told(capsys, "--check")
    assert status == 1
    assert "fails windows lose this channel" in flat(out)
    assert words in flat(out)
    assert "No sensor can be read here" in flat(out)
    with track("x") as window:
        pass
    assert what == "swapped whole numbers" or [one.energy_j for one in window.measurement.channels] == [None]


def test_an_id_that_two_meters_carry_is_told_as_windows_tell_it(plugins, capsys):
    plugins(made=Made([Counter(channel("a")), Counter(channel("a"))]), other=Made([Counter(channel("b"))]))
    found = [one for backend in data(capsys)["backends"] for one in backend["channels"]]
    assert [bool(one["error"]) for one in found] == [False, True, False]
    assert data(capsys)["sensors"] == 2
    with track("x") as window:
        pass
    assert found[1]["error"] in window.measurement.warnings
    assert "two meters of backend 'made' carry this id" in flat(told(capsys)[1])


@pytest.mark.parametrize(
    ("takes_s", "words"), [(7.2e-6, "took 7.2 us"), (0.31, "took 310 ms, which is long")]
)
def test_how_long_one_reading_took_is_told(takes_s, words, plugins, capsys, monkeypatch):
    clock_ns = [0]

    class Slow(Counter):
        def read(self):
            clock_ns[0] += round(takes_s * 1e9)
            return super().read()

    fake = types.SimpleNamespace(perf_counter_ns=lambda: clock_ns[0], monotonic_ns=time.monotonic_ns)
    monkeypatch.setattr("wattwhat.cli.doctor_looks.time", fake)
    plugins(made=Made([Slow(channel("a"))]))
    assert data(capsys)["backends"][0]["channels"][0]["reading_s"] == pytest.approx(takes_s)
    assert f"one reading {words}" in flat(told(capsys)[1])


# Watching ---------------------------------------------------------------------------------------


class Ticking(Meter):
    """A counter that moves once in 4 ms of a clock that only moves when somebody sleeps."""

    def __init__(self, what):
        self.channel = what
        self.reads = 0
        self.now_s = 0.0

    def clock(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds

    def read(self):
        self.reads += 1
        return Reading(round(self.now_s * 1e9), float(int(self.now_s / 0.004)))


def test_an_unknown_period_is_found_by_watching(plugins):
    meter = Ticking(channel("a"))
    plugins(made=Made([meter]))
    findings = examine(watch_s=0.1, clock=meter.clock, sleep=meter.sleep)
    (found,) = findings["backends"][0]["channels"]
    assert found["update_period_from"] == "watching"
    assert found["update_period_s"] == pytest.approx(0.004)
    assert "every 4 ms (seen by watching)" in describe(findings)


def test_what_calibration_found_is_shown(plugins, tmp_path, monkeypatch):
    from wattwhat.sensing.profiles import Profile, write_profiles

    monkeypatch.setenv("WATTWHAT_PROFILES", str(tmp_path / "profiles.json"))
    meter = Ticking(channel("a", quantity="power"))
    found_s = {"update_period_s": 0.1, "averaging_window_s": 0.025, "delay_s": 0.02, "rise_s": 0.25}
    write_profiles([Profile(meter.channel.id, meter.channel.device, "2026-11-02", version="7.1", **found_s)])
    plugins(made=Made([meter]))
    findings = examine(watch_s=0.1, clock=meter.clock, sleep=meter.sleep)
    (found,) = findings["backends"][0]["channels"]
    assert {name: found[name] for name in found_s} == found_s
    assert found["update_period_from"] == "calibration"
    words = " ".join(describe(findings).split())
    assert "every 100 ms, the mean of 25 ms, 20 ms late, rising in 250 ms" in words


@pytest.mark.parametrize(
    ("kind", "fields", "watch_s"),
    [
        (Ticking, {"update_period_s": 0.004}, 0.1),
        (Ticking, {}, 0.0),
        (type("Modelled", (Ticking,), {"provenance": "estimated"}), {}, 0.1),
    ],
    ids=["the period is known", "no time to watch", "no sensor"],
)
def test_nothing_is_watched_without_need(kind, fields, watch_s, plugins):
    meter = kind(channel("a", **fields))
    plugins(made=Made([meter]))
    (found,) = examine(watch_s, clock=meter.clock, sleep=meter.sleep)["backends"][0]["channels"]
    assert meter.reads == 1
    assert found["update_period_s"] == fields.get("update_period_s")


class Still(Gauge, Ticking):
    __init__ = Ticking.__init__


def test_a_sensor_that_never_moves_is_not_given_a_period(plugins):
    meter = Still(channel("g", quantity="power"))
    plugins(made=Made([meter]))
    findings = examine(watch_s=0.5, clock=meter.clock, sleep=meter.sleep)
    assert findings["backends"][0]["channels"][0]["update_period_s"] is None
    assert "period unknown, and not told by 0.5 s of watching" in flat(describe(findings))


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "1e9"])
def test_a_watch_of_no_sensible_length_is_refused(seconds, capsys):
    assert main(["doctor", f"--watch={seconds}"]) == 2
    assert "--watch: expected seconds" in capsys.readouterr().err


def test_watching_reports_progress_over_all_sensors(plugins):
    seen = []
    first, second = Still(channel("g", quantity="power")), Still(channel("h", quantity="power"))
    plugins(made=Made([first, second]))
    examine(0.005, lambda elapsed_s, words: seen.append((elapsed_s, words)), first.clock, first.sleep)
    assert {words for _, words in seen} == {"watching lab1/made/g", "watching lab1/made/h"}
    assert [elapsed_s for elapsed_s, _ in seen] == pytest.approx([0.001 * n for n in range(len(seen))])


# The whole --------------------------------------------------------------------------------------


def test_check_fails_where_no_sensor_measures(plugins, capsys):
    plugins(model=Made([Model(channel("model"))]), asleep=absent("no sensor", "buy one"))
    assert told(capsys)[0] == 0
    status, out = told(capsys, "--check")
    assert status == 1
    assert "No sensor can be read here: energy is estimated" in flat(out)


def test_check_passes_where_a_sensor_measures(plugins, capsys):
    plugins(model=Made([Model(channel("model"))]), sensor=Made([Counter(channel("package"))]))
    status, out = told(capsys, "--check")
    assert status == 0
    assert "1 channel of sensors can be read here" in flat(out)


def test_check_fails_where_another_backend_was_chosen(plugins, capsys, monkeypatch):
    plugins(model=Made([Model(channel("model"))]), sensor=Made([Counter(channel("package"))]))
    monkeypatch.setenv("WATTWHAT_BACKENDS", "model")
    assert told(capsys, "--check")[0] == 1


def test_json_goes_to_a_file_as_one_line(plugins, capsys, tmp_path):
    plugins(made=Made([Counter(channel("a"))]))
    file = tmp_path / "doctor.json"
    assert told(capsys, "--json", str(file)) == (0, "")
    (line,) = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["backends"][0]["name"] == "made"


def test_a_file_that_cannot_be_written_is_refused_before_any_sensor_is_touched(plugins, capsys, tmp_path):
    meter = Ticking(channel("a"))
    plugins(made=Made([meter]))
    assert main(["doctor", "--json", str(tmp_path / "missing" / "x.json")]) == 2
    assert meter.reads == 0


def test_the_text_fits_eighty_columns_and_leaves_commands_whole(plugins, capsys):
    sentence = "the kernel module is not loaded, or the processor has no counters " * 4
    here = "sudo tee /etc/udev/rules.d/99-power.rules <<'END'\n" + 'SUBSYSTEM=="powercap", ' * 8 + "\nEND"
    long_id = "GPU-8f6d8a5e-2f04-4d1c-9a0e-6f3b1f0c2d11/board"
    plugins(
        asleep=absent(sentence, sentence + "\nor: " + sentence),
        refused=absent("readable by root only", here),
        awake=Made([Gauge(channel(long_id, quantity="power", source=sentence))], notes=[sentence]),
    )
    lines = told(capsys)[1].splitlines()
    rule = here.splitlines()[1]
    assert rule in lines
    assert "END" in lines
    assert max(len(line) for line in lines if line != rule) <= 80


def test_this_very_machine_is_explained(capsys):
    """Whatever is installed here: each backend that cannot serve has a reason, and a remedy to follow."""
    if not find_plugins():
        pytest.skip("wattwhat lies on the path and is not installed, so no entry point names a backend")
    findings = data(capsys)
    for backend in findings["backends"]:
        if not backend["available"]:
            assert " " in backend["reason"], backend["name"]
            assert " " in backend["remedy"], backend["name"]
        else:
            assert backend["channels"], backend["name"]


def test_a_distribution_on_the_path_is_found_as_if_installed(command):
    found = json.loads(command("doctor", "--json").stdout)
    made_backend = next(backend for backend in found["backends"] if backend["name"] == "made")
    assert made_backend["distribution"] == "made-plugin"
    assert made_backend["distribution_version"] == "1.0"
    assert made_backend["channels"][0]["id"] == "lab1/made/supply"
    assert found["chosen"] == "made"


@pytest.mark.parametrize(
    "words", [("doctor", "--json"), ("run", "--json", "--", sys.executable, "-c", ""), ("monitor", "--json")]
)
def test_what_a_plugin_prints_does_not_stand_between_the_json(command, words):
    plugin = command.folder / "made_plugin.py"
    plugin.write_text(
        plugin.read_text(encoding="utf-8") + "\nprint('hello from a plugin')\n", encoding="utf-8"
    )
    words = (*words, "--seconds", "0.05", "--interval", "0.05") if words[0] == "monitor" else words
    done = command(*words)
    assert b"hello from a plugin" in done.stderr
    assert b"hello" not in done.stdout
    assert done.stdout.strip().startswith(b"{")


# What hangs -------------------------------------------------------------------------------------


@pytest.fixture
def hang(monkeypatch):
    """Something that hangs until the test is over; who waits for it gives up soon."""
    monkeypatch.setattr("wattwhat.acquisition.discovery.OPENING_S", 0.3)
    monkeypatch.setattr("wattwhat.cli.doctor_looks.READING_S", 0.3)
    monkeypatch.setattr("wattwhat.cli.doctor.READING_S", 0.3)
    over = threading.Event()
    yield over.wait
    over.set()


@pytest.mark.parametrize("where", ["probe", "meters"])
def test_a_backend_that_hangs_is_named_and_the_others_are_told(plugins, hang, monkeypatch, capsys, where):
    asleep = Made([Counter(channel("a"))])
    monkeypatch.setattr(asleep, where, hang)
    plugins(asleep=asleep, awake=Made([Counter(channel("b"))]))
    first, second = data(capsys)["backends"]
    assert (first["available"], first["broken"], second["available"]) == (False, True, True)
    assert "'asleep' hangs" in first["reason"]
    assert second["channels"][0]["error"] is None
    with track("work") as window:
        pass
    assert any("'asleep' hangs" in words for words in window.measurement.warnings)


@pytest.mark.parametrize("where", ["read", "close"])
def test_a_meter_that_hangs_does_not_keep_the_doctor(plugins, hang, monkeypatch, capsys, where):
    stuck = Counter(channel("a"))
    monkeypatch.setattr(stuck, where, hang)
    plugins(made=Made([stuck, Counter(channel("b"))]))
    first, second = data(capsys)["backends"][0]["channels"]
    assert ("hangs" in (first["error"] or "")) == (where == "read")
    assert second["error"] is None


def test_conditions_that_hang_are_told(plugins, hang, monkeypatch, capsys):
    made = Made([Counter(channel("a"))])
    monkeypatch.setattr(made, "conditions", hang, raising=False)
    plugins(made=made)
    assert "hangs" in data(capsys)["backends"][0]["conditions"][0]
