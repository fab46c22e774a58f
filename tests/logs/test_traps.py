"""What goes wrong in real logs, each trap with a small made file."""

import io
import json
from datetime import datetime, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import Measurement, Quantity, logs
from wattwhat.errors import ArgumentError, LogError, UnitError
from wattwhat.logs.building import sample_series as run_module
from wattwhat.logs.nvidia_smi.interleaving import devices_in_turn

HEADER = "timestamp, power.draw [W]\n"


def read(text, **options):
    return logs.read(io.StringIO(text), **options)


def smi(powers, step_s=1.0, start="2026/03/01 10:00:00.000", header=HEADER):
    return header + "".join(f"{stamped(k * step_s, start)}, {power}\n" for k, power in enumerate(powers))


def stamped(seconds, start="2026/03/01 10:00:00.000"):
    at = datetime.strptime(start, "%Y/%m/%d %H:%M:%S.%f") + timedelta(seconds=seconds)
    return at.strftime("%Y/%m/%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}"


# Missing values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "missing", ["[N/A]", "N/A", "[Not Supported]", "[Unknown Error]", "[GPU is lost]", "-", ""]
)
def test_a_missing_power_is_left_out_and_said_never_taken_for_0(missing):
    found = read(smi(["100.00 W", missing, "100.00 W", "100.00 W"]))
    assert found[0].energy_j.value == pytest.approx(300.0)
    assert any("1 row(s) without a power reading" in warning for warning in found[0].warnings)


def test_a_gpu_without_any_reading_is_a_refusal_that_says_so():
    with pytest.raises(LogError, match="all 3 rows say that there is no power reading"):
        read(smi(["[N/A]"] * 3))


def test_a_broken_row_is_listed_with_its_line_and_the_good_ones_stay():
    found = read(smi(["100.00 W", "??", "100.00 W"]))
    assert found[0].energy_j.value == pytest.approx(200.0)
    assert found.problems == ("<stream>:3: expected a power, found '??'",)
    assert any("1 row(s) of the file could not be used" in warning for warning in found[0].warnings)


def test_strict_reading_stops_at_the_first_broken_row():
    with pytest.raises(LogError, match=r"<stream>:3: expected a power, found '\?\?'"):
        read(smi(["100.00 W", "??", "100.00 W"]), strict=True)


def test_a_last_row_that_is_cut_off_costs_that_row_only():
    found = read(smi(["100.00 W"] * 3) + "2026/03/0")
    assert found[0].energy_j.value == pytest.approx(200.0)
    assert len(found.problems) == 1


def test_thousands_of_broken_rows_are_counted_not_kept():
    found = read(smi(["1.00 W", *["?"] * 5000, "1.00 W"]))
    assert len(found.problems) == 51
    assert found.problems[-1] == "and 4950 more like these"


# Columns ----------------------------------------------------------------------------------------


def test_the_limit_is_not_taken_for_the_draw():
    header = "timestamp, power.limit [W], power.draw [W]\n"
    found = read(smi(["300.00 W, 50.00 W"] * 3, header=header))
    assert found[0].energy_j.value == pytest.approx(100.0)
    assert found[0].channels[0].channel.max_power_w is None


def test_the_limit_bounds_what_a_device_can_draw_in_a_gap():
    header = "timestamp, index, power.limit [W], power.draw [W]\n"
    found = read(smi(["0, 300.00 W, 50.00 W"] * 3, header=header))
    assert found[0].channels[0].channel.max_power_w == 300.0


def test_without_a_header_the_column_that_stands_still_is_the_limit():
    rows = [f"{stamped(k)}, 300.00 W, {50 + k}.00 W\n" for k in range(3)]
    assert read("".join(rows))[0].energy_j.value == pytest.approx(102.0)


def test_two_moving_columns_in_watts_without_a_header_are_refused():
    rows = [f"{stamped(k)}, {30 + k}.00 W, {50 + k}.00 W\n" for k in range(3)]
    with pytest.raises(LogError, match="several columns in W"):
        read("".join(rows))


def test_only_a_limit_is_a_refusal():
    with pytest.raises(LogError, match="expected a column with the power draw"):
        read("timestamp, power.limit [W]\n2026/03/01 10:00:00.000, 300.00 W\n")


def test_no_power_column_is_a_refusal_that_tells_how_to_log_it():
    text = "timestamp, memory.used [MiB], utilization.gpu [%]\r\n2026/03/01 10:00:00.000, 5 MiB, 3 %\r\n"
    with pytest.raises(LogError, match=r"--query-gpu=timestamp,index,power\.draw"):
        logs.read(io.BytesIO(text.encode("utf-16")))


@pytest.mark.parametrize("name", ["power.draw.average", "power.draw.instant", "module.power.draw.average"])
def test_variants_of_the_draw_are_known(name):
    found = read(smi(["50.00 W"] * 3, header=f"timestamp, {name} [W]\n"))
    assert found[0].energy_j.value == pytest.approx(100.0)
    assert found[0].channels[0].channel.component == ("module" if name.startswith("module") else "gpu")


def test_a_repeated_header_is_no_row():
    text = HEADER.join(["", *(f"{stamped(k)}, 100.00 W\n" for k in range(4))])
    found = read(text)
    assert found[0].energy_j.value == pytest.approx(300.0)
    assert found.problems == ()


def test_a_restart_with_other_columns_is_followed():
    text = (
        smi(["100.00 W"] * 2) + f"power.draw [W], timestamp\n100.00 W, {stamped(2)}\n100.00 W, {stamped(3)}\n"
    )
    assert read(text)[0].energy_j.value == pytest.approx(300.0)


@pytest.mark.parametrize("first", ["1772359200", "1772359200000", "2026-03-01T10:00:00.000000000+00:00"])
def test_stamps_that_users_put_before_are_understood(first):
    second = {"1772359200": "1772359210", "1772359200000": "1772359210000"}.get(
        first, first.replace(":00.0", ":10.0")
    )
    found = read(f"{first}, 100.00 W\n{second}, 100.00 W\n")
    assert found[0].energy_j.value == pytest.approx(1000.0)
    assert found[0].started_at is not None


# Several GPUs -----------------------------------------------------------------------------------


def test_gpus_that_take_turns_without_a_number_are_told_apart_by_place():
    rows = []
    for k in range(50):
        rows += [f"{stamped(k)}, 100.00 W\n", f"{stamped(k + 0.003)}, 300.00 W\n"]
    measurement = read(HEADER + "".join(rows))[0]
    assert [c.energy_j.value for c in measurement.channels] == pytest.approx([4900.0, 14700.0])
    assert any("2 take turns" in warning for warning in measurement.warnings)


def test_a_go_that_lacks_a_row_is_left_out():
    rows = []
    for k in range(50):
        rows += [f"{stamped(k)}, 100.00 W\n", f"{stamped(k + 0.003)}, 300.00 W\n"]
    del rows[61]
    found = read(HEADER + "".join(rows))
    assert found[0].energy_j.value == pytest.approx(49 * 400.0)
    assert len(found.problems) == 1
    assert "expected 2 rows" in found.problems[0]


def test_a_single_gpu_is_not_split():
    assert len(read(smi(["100.00 W"] * 40, step_s=0.05))[0].channels) == 1


def test_gpus_without_time_or_number_need_to_be_told():
    text = "power.draw [W]\n" + "100.00 W\n300.00 W\n" * 3
    measurement = read(text, interval_s=1.0, gpus=2)[0]
    assert [c.energy_j.value for c in measurement.channels] == pytest.approx([200.0, 600.0])


def test_rows_under_one_whole_second_are_gpus_or_a_fast_log_and_nobody_guesses():
    text = "".join(f"2026-03-01 10:00:{k // 4:02d}, 100.00 W\n" for k in range(81))
    with pytest.raises(LogError, match="gpus"):
        read(text)
    assert read(text, gpus=4)[0].energy_j.value == pytest.approx(4 * 1900.0)


def test_gpus_are_named_by_number_and_uuid():
    header = "timestamp, index, uuid, power.draw [W]\n"
    found = read(smi(["0, GPU-0a1b2c3d, 50.00 W"] * 2, header=header))
    assert found[0].channels[0].channel.id == "unknown-host/nvidia-smi/GPU 0/GPU-0a1b2c3d"


# Units ------------------------------------------------------------------------------------------


def test_milliwatts_under_a_header_of_watts_are_reported_and_not_converted():
    found = read("time,gpu_power_w\n0,4939.00\n10,4939.00\n")
    assert found[0].energy_j.value == pytest.approx(49390.0)
    assert any("may hold mW instead of W" in warning for warning in found[0].warnings)


def test_they_are_converted_when_told_to_and_that_is_said():
    found = read("time,gpu_power_w\n0,4939.00\n10,4939.00\n", power_unit="mW")
    assert found[0].energy_j.value == pytest.approx(49.39)
    assert any("read as mW" in warning for warning in found[0].warnings)
    assert not any("may hold" in warning for warning in found[0].warnings)


def test_a_header_of_milliwatts_is_believed():
    assert read("time,power_mw\n0,4939\n10,4939\n")[0].energy_j.value == pytest.approx(49.39)


@pytest.mark.parametrize(
    ("option", "value", "error"), [("power_unit", "kWh", UnitError), ("interval_s", 0, ArgumentError)]
)
def test_options_that_make_no_sense_are_refused(option, value, error):
    with pytest.raises(error):
        read(smi(["1.00 W"] * 2), **{option: value})


# Time -------------------------------------------------------------------------------------------


def test_a_gap_becomes_uncertainty_and_a_warning():
    whole = read(smi(["100.00 W"] * 100))[0]
    rows = smi(["100.00 W"] * 100).splitlines(keepends=True)
    gapped = read("".join(rows[:41] + rows[71:]))[0]
    assert gapped.energy_j.value == pytest.approx(whole.energy_j.value)
    # 31 s of a device that may draw between 0 and twice its largest sample: 100 * 31 / sqrt(3)
    assert gapped.budget.get("lost readings") == pytest.approx(100.0 * 31.0 / 3**0.5)
    assert any("no reading for 31 s" in warning for warning in gapped.warnings)
    assert whole.budget.get("lost readings") == 0.0


def test_a_clock_put_back_by_an_hour_is_seen_and_said():
    text = smi(["100.00 W"] * 10, start="2026/10/25 02:59:51.000")
    later = smi(["100.00 W"] * 10, start="2026/10/25 02:00:01.000", header="")
    found = read(text + later)
    assert len(found) == 1
    assert found[0].energy_j.value == pytest.approx(1900.0)
    assert found[0].duration_s == pytest.approx(19.0)
    assert any("goes back by an hour" in warning for warning in found[0].warnings)


def test_times_that_jump_back_begin_another_recording():
    found = read(smi(["100.00 W"] * 10) + smi(["50.00 W"] * 10, start="2026/03/01 09:00:00.000", header=""))
    assert [m.energy_j.value for m in found] == pytest.approx([900.0, 450.0])
    assert all(any("another recording" in warning for warning in m.warnings) for m in found)


def test_a_stray_row_out_of_order_is_listed():
    rows = smi(["100.00 W"] * 10).splitlines(keepends=True)
    rows.insert(8, f"{stamped(2)}, 900.00 W\n")
    found = read("".join(rows))
    assert found[0].energy_j.value == pytest.approx(900.0)
    assert found.problems == ("<stream>:9: expected times in order, but this one is 4 s back",)


def test_stamps_of_whole_seconds_may_repeat():
    rows = [f"2026-03-01 10:00:{k // 4:02d}, 100.00 W\n" for k in range(81)]
    found = read("".join(rows), gpus=1)
    assert found[0].energy_j.value == pytest.approx(2000.0)
    assert not any("no reading" in warning for warning in found[0].warnings)
    assert found[0].budget.get("stale edges") > 30.0


def test_the_beginning_in_utc_is_unknown_without_a_zone():
    measurement = read(smi(["1.00 W"] * 2))[0]
    assert measurement.started_at is None
    assert measurement.details["started_local"] == "2026-03-01T10:00:00.000"


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 10), ("+01:00", 9), ("-0500", 15)])
def test_a_zone_that_is_told_gives_the_beginning(zone, hour):
    started = read(smi(["1.00 W"] * 2), timezone=zone)[0].started_at
    assert (started.hour, started.tzname()) == (hour, "UTC")


def test_an_unknown_zone_is_refused():
    with pytest.raises(ArgumentError, match="timezone"):
        read(smi(["1.00 W"] * 2), timezone="Mars/Olympus")


def test_dmon_times_without_a_date_pass_midnight():
    text = (
        "#Time        gpu    pwr\n#HH:MM:SS    Idx      W\n 23:59:58      0     10\n 00:00:02      0     10\n"
    )
    assert read(text)[0].energy_j.value == pytest.approx(40.0)


# Snapshots --------------------------------------------------------------------------------------


def test_a_single_snapshot_is_power_and_no_energy():
    text = json.dumps({"card0": {"Average Graphics Package Power (W)": "87.0"}})
    with pytest.raises(LogError, match="expected at least 2"):
        read(text)


def test_rocm_takes_the_name_that_has_a_value():
    card = {"Average Graphics Package Power (W)": "N/A", "Current Socket Graphics Package Power (W)": "40.0"}
    assert read(json.dumps({"card0": card}) * 2, interval_s=1.0)[0].energy_j.value == pytest.approx(40.0)


def test_amd_smi_microwatts_are_taken_from_the_unit():
    text = json.dumps([{"gpu": 0, "power": {"socket_power": {"value": 150000000, "unit": "uW"}}}]) + "\n"
    assert read(text * 3, interval_s=1.0)[0].energy_j.value == pytest.approx(300.0)


def test_a_counter_that_is_reset_is_not_counted_backwards():
    rows = "".join(f"GPU 0  {mj}\n" for mj in (1000, 3000, 500, 1500))
    found = read("#Entity  TOTEC\nID  mJ\n" + rows)
    assert found[0].energy_j.value == pytest.approx(3.0)
    assert "it was reset" in found.problems[0]


# Jetson -----------------------------------------------------------------------------------------


def tegra(*rails):
    return "".join(f"03-01-2026 10:00:{k:02d} RAM 1/2MB CPU [9%@1] {rail}\n" for k, rail in enumerate(rails))


def test_a_total_is_never_added_to_its_parts():
    measurement = read(tegra(*["VDD_IN 5000mW/5000mW VDD_SOC 2000mW/2000mW"] * 3))[0]
    assert measurement.energy_j.value == pytest.approx(10.0)
    assert [(c.channel.device, c.counted) for c in measurement.channels] == [
        ("VDD_IN", True),
        ("VDD_SOC", False),
    ]


def test_rails_that_are_not_known_are_summed_and_said():
    measurement = read(tegra(*["VDD_A 5000mW/5000mW VDD_B 2000mW/2000mW"] * 3))[0]
    assert measurement.energy_j.value == pytest.approx(14.0)
    assert any("rails (VDD_A, VDD_B) are not known" in warning for warning in measurement.warnings)


def test_agx_xavier_is_the_sum_of_its_six_rails():
    rails = " ".join(f"{name} 1000/1000" for name in ("GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"))
    assert read(tegra(rails, rails))[0].energy_j.value == pytest.approx(6.0)


def test_the_current_value_is_used_and_not_the_running_mean():
    assert read(tegra("VDD_IN 9000mW/1mW/9999mW", "VDD_IN 9000mW/1mW/9999mW"))[
        0
    ].energy_j.value == pytest.approx(9.0)


def test_negative_and_cut_lines_are_listed():
    found = read(
        tegra(*["VDD_IN 5000mW/5000mW"] * 2, "VDD_IN -20mW/5000mW", "VDD_IN 50", "VDD_IN 5000mW/5000mW")
    )
    assert found[0].energy_j.value == pytest.approx(20.0)
    assert len(found.problems) == 2


def test_a_line_without_a_stamp_among_stamped_ones_is_listed():
    found = read(tegra(*["VDD_IN 5000mW/5000mW"] * 3) + "RAM 1/2MB CPU [9%@1] VDD_IN 5000mW/5000mW\n")
    assert found[0].energy_j.value == pytest.approx(10.0)
    assert "expected a time" in found.problems[0]


# Intel ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "joules"),
    [
        ("475.42", 475.42),
        ("475,42", 475.42),
        ("1.234,50", 1234.5),
        ("1,234.50", 1234.5),
        ("1 234,50", 1234.5),
    ],
)
def test_perf_speaks_every_locale(printed, joules):
    lines = [" Performance counter stats for 'make':", "", f"   {printed} Joules power/energy-pkg/", ""]
    text = "\n".join([*lines, " 2,5 seconds time elapsed", ""])
    measurement = read(text)[0]
    assert measurement.energy_j.value == pytest.approx(joules)
    assert measurement.duration_s == pytest.approx(2.5)
    assert measurement.label == "make"


def test_perf_with_commas_that_are_both_marks_and_separators():
    assert read("475,42,Joules,power/energy-pkg/,20005659301,100,00,,\n")[0].energy_j.value == pytest.approx(
        475.42
    )
    assert read("S0,1,475,42,Joules,power/energy-pkg/,2000,100,00,,\n")[0].energy_j.value == pytest.approx(
        475.42
    )
    assert read("475,42;Joules;power/energy-pkg/;2000;100,00;;\n")[0].energy_j.value == pytest.approx(475.42)


def test_perf_domains_inside_others_are_not_added():
    rows = [
        "50.00 Joules power/energy-cores/",
        "80.00 Joules power/energy-pkg/",
        "9.00 Joules power/energy-ram/",
    ]
    assert read("\n".join(rows))[0].energy_j.value == pytest.approx(89.0)
    assert read("\n".join([*rows, "200.00 Joules power/energy-psys/"]))[0].energy_j.value == pytest.approx(
        200.0
    )


def test_perf_that_counted_nothing_is_refused():
    with pytest.raises(LogError, match="none of the energy events"):
        read("<not supported>,Joules,power/energy-pkg/,0,100.00,,\n")


def test_perf_interval_text_sums_its_intervals():
    rows = [f"     {k}.000123456     10.50 Joules power/energy-pkg/\n" for k in (1, 2, 3)]
    measurement = read("#           time             counts unit events\n" + "".join(rows))[0]
    assert measurement.energy_j.value == pytest.approx(31.5)
    assert measurement.duration_s == pytest.approx(3.000123456)


def test_runs_appended_to_one_file_are_apart():
    text = "# started on Sun Mar  1 10:00:00 2026\n\n5.00,Joules,power/energy-pkg/,1,100.00,,\n"
    assert [m.energy_j.value for m in read(text + text.replace("5.00,J", "7.00,J"))] == [5.0, 7.0]


def test_turbostat_cores_are_inside_the_package_and_cpu_rows_inside_the_summary():
    text = (
        "Package Core CPU Avg_MHz Busy% Pkg_J Cor_J\n- - - 31 2.9 100.00 60.00\n"
        "0 0 0 31 2.9 50.00 30.00\n1 0 1 31 2.9 50.00 30.00\n"
    )
    assert read(text)[0].energy_j.value == pytest.approx(100.0)


def test_turbostat_with_times_needs_no_interval():
    rows = "".join(f"{1772359200 + k}.500000\t50.0\n" for k in range(4))
    measurement = read("Time_Of_Day_Seconds\tPkgWatt\n" + rows)[0]
    assert measurement.energy_j.value == pytest.approx(150.0)
    assert measurement.started_at is not None


def test_turbostat_without_cpu_columns_knows_the_sum_from_its_parts():
    assert read("PkgWatt\n100.0\n60.0\n40.0\n", interval_s=1.0)[0].energy_j.value == pytest.approx(100.0)
    assert read("PkgWatt\n100.0\n60.0\n41.0\n90.0\n", interval_s=1.0)[0].energy_j.value == pytest.approx(
        291.0
    )


def test_power_gadget_says_when_energy_and_power_disagree():
    from tests.logs.samples_traces import SAMPLES

    text = SAMPLES["power_gadget"].text.replace(",22.0,6.111", ",22000.0,6.111")
    assert any("another unit" in warning for warning in read(text)[0].warnings)


# Others -----------------------------------------------------------------------------------------


def test_powerjoular_without_a_gpu_has_no_gpu_channel():
    rows = "".join(f"2026-03-01 10:00:0{k},0.1,15.0,15.0,0.0\n" for k in range(3))
    measurement = read("Date,CPU Utilization,Total Power,CPU Power,GPU Power\n" + rows)[0]
    assert [c.channel.device for c in measurement.channels if c.counted] == ["total power"]
    assert measurement.energy_j.value == pytest.approx(30.0)
    assert len(measurement.channels) == 2


def test_wandb_runs_of_one_export_are_apart_and_process_columns_are_not_counted():
    names = ("a - system/gpu.0.powerWatts", "a - system/gpu.0.powerWatts__MAX", "b - system/gpu.0.powerWatts")
    header = ",".join(f'"{name}"' for name in ("Relative Time (Process)", *names)) + "\n"
    found = read(header + '"0","100","150","10"\n"10","100","150","10"\n')
    assert [(m.label, m.energy_j.value) for m in found] == [("a", 1000.0), ("b", 100.0)]


def test_scaphandre_processes_and_sockets_are_inside_the_host():
    from tests.logs.samples_traces import SAMPLES

    measurement = read(SAMPLES["scaphandre"].text)[0]
    assert {c.channel.device: c.counted for c in measurement.channels} == {
        "socket 0 dram": False,
        "socket 0": False,
        "host": True,
    }


def test_impact_tracker_keeps_the_share_of_the_experiment_uncounted():
    from tests.logs.samples_traces import SAMPLES

    measurement = read(SAMPLES["impact_tracker"].text)[0]
    shares = {c.channel.device: c.energy_j.value for c in measurement.channels if not c.counted}
    assert shares == {
        "rapl_estimated_attributable_power_draw": 40.0,
        "nvidia_estimated_attributable_power_draw": 380.0,
    }


def test_a_broken_line_of_json_lines_costs_that_line():
    from tests.logs.samples_traces import SAMPLES

    first, second = SAMPLES["impact_tracker"].text.splitlines(keepends=True)
    found = read(first + '{"timestamp": 17723, "rapl_po\n' + second)
    assert found[0].energy_j.value == pytest.approx(500.0)
    assert found.problems[0].startswith("<stream>:2: expected a whole JSON value")


def test_a_pause_of_just_an_hour_may_be_summer_time_and_that_is_said():
    text = smi(["100.00 W"] * 10, start="2026/03/29 01:59:51.000")
    found = read(text + smi(["100.00 W"] * 10, start="2026/03/29 03:00:01.000", header=""))
    assert any("if the clock was put forward" in warning for warning in found[0].warnings)
    assert found[0].budget.get("lost readings") > 0.0
    other = read(text + smi(["100.00 W"] * 10, start="2026/03/29 03:10:01.000", header=""))
    assert not any("put forward" in warning for warning in other[0].warnings)


@pytest.mark.parametrize("gpus", [0, 1.5, True, "2"])
def test_gpus_are_a_whole_number(gpus):
    with pytest.raises(ArgumentError, match="gpus"):
        read(smi(["1.00 W"] * 2), gpus=gpus)


def test_a_measurement_names_the_file_in_its_warnings_and_not_the_folder(tmp_path):
    path = tmp_path / "perf.txt"
    path.write_text("5.00 Joules power/energy-pkg/\n1,234 Joules power/energy-ram/\n")
    measurement = logs.read(path)[0]
    assert any("the first: perf.txt:2: expected joules" in warning for warning in measurement.warnings)
    assert str(tmp_path) not in measurement.to_json()


@given(
    st.integers(1, 9),
    st.integers(5, 30),
    st.sampled_from([0.0, 0.001, 0.03]),
    st.sampled_from([1.0, 5.0, 60.0]),
)
def test_as_many_devices_as_take_turns_are_found(count, goes, apart_s, pause_s):
    times = [pause_s * go + apart_s * place for go in range(goes) for place in range(count)]
    assert devices_in_turn(times) == count


@given(st.floats(0.01, 100.0), st.floats(0.0, 0.3), st.integers(0, 5), st.randoms(use_true_random=False))
def test_one_device_with_jitter_and_pauses_stays_one(step_s, jitter, pauses, generator):
    t_s, times = 0.0, []
    for k in range(300):
        t_s += step_s * (1.0 + jitter * generator.random())
        if pauses and k % (300 // (pauses + 1)) == 7:
            t_s += 3600.0
        times.append(t_s)
    assert devices_in_turn(times) == 1


class Spring(tzinfo):
    """A made zone whose clocks were put forward at 02:00 on 29 March 2026."""

    def utcoffset(self, moment):
        return timedelta(hours=2 if moment.replace(tzinfo=None) >= datetime(2026, 3, 29, 3) else 1)

    def dst(self, moment):
        return timedelta(0)


@given(st.integers(1, 19))
def test_with_its_zone_a_clock_put_forward_skips_no_time(chunk):
    text = smi(["100.00 W"] * 10, start="2026/03/29 01:59:51.000")
    text += smi(["100.00 W"] * 10, start="2026/03/29 03:00:01.000", header="")
    whole, run_module._CHUNK = run_module._CHUNK, chunk
    try:
        found = read(text, timezone=Spring())
    finally:
        run_module._CHUNK = whole
    assert [m.energy_j.value for m in found] == pytest.approx([1900.0])
    assert found[0].duration_s == pytest.approx(19.0)
    assert found[0].budget.get("lost readings") == 0.0
    assert any("put forward by 60 min" in warning for warning in found[0].warnings)


def test_with_its_zone_a_pause_of_an_hour_on_another_day_is_a_gap():
    text = smi(["100.00 W"] * 10, start="2026/03/28 01:59:51.000")
    text += smi(["100.00 W"] * 10, start="2026/03/28 03:00:01.000", header="")
    (found,) = read(text, timezone=Spring())
    assert found.duration_s == pytest.approx(3619.0)
    assert found.budget.get("lost readings") > 0.0
    assert not any("put forward" in warning for warning in found.warnings)


@pytest.mark.parametrize("nothing", [float("nan"), float("inf")])
def test_our_own_line_with_a_metric_that_is_no_number_keeps_its_energy(nothing):
    line = {**Measurement(label="net", energy_j=Quantity(5.0, 0.1, "J")).to_dict()}
    text = json.dumps({**line, "metrics": {"accuracy": nothing, "parameters": 7.0}}) + "\n"
    found = read(text)
    assert [m.energy_j.value for m in found] == [5.0]
    assert dict(found[0].metrics) == {"parameters": 7.0}
    assert any("accuracy NaN or infinite" in warning for warning in found[0].warnings)
    assert found.problems[0].startswith("<stream>:1: expected finite metrics")
    with pytest.raises(LogError, match="<stream>:1: expected finite metrics"):
        read(text, strict=True)


@pytest.mark.parametrize(("cut", "joules"), [(0, 1000.0), (3, 1000.0), (7, 900.0), (8, 900.0)])
def test_a_last_line_that_is_cut_within_its_power_is_listed_not_taken(cut, joules):
    text = smi(["100.00 W"] * 11)
    found = read(text[: len(text) - cut])
    assert found[0].energy_j.value == pytest.approx(joules)
    assert len(found.problems) == (joules < 1000.0)
    if found.problems:
        assert found.problems[0].startswith("<stream>:12: expected a power with its unit")


def test_units_may_be_left_out_in_all_rows():
    assert read(smi(["100.00"] * 10 + ["50"]))[0].energy_j.value == pytest.approx(975.0)


def test_an_unquoted_decimal_comma_does_not_cut_the_power():
    assert read(smi(["100,50 W"] * 11))[0].energy_j.value == pytest.approx(1005.0)


@pytest.mark.parametrize(
    ("row", "joules"), [("S0,1,100,Joules", 100.0), ("S0,1,475,42,Joules", 475.42), ("CPU0,7,50,Joules", 7.5)]
)
def test_perf_of_one_socket_reads_whole_joules_and_split_ones(row, joules):
    found = read(f"{row},power/energy-pkg/,20005659301,100.00,,\n")
    assert found[0].energy_j.value == pytest.approx(joules)


@pytest.mark.parametrize("rest", ["RAM 936/3964MB ", "CPU [10%@102,3%@102] ", ""])
def test_tegrastats_is_recognised_from_a_part_of_its_line(rest):
    text = "".join(
        f"01-01-2026 10:00:{k:02d} {rest}VDD_IN 5000mW/4000mW VDD_SOC 1000mW/1000mW\n" for k in range(11)
    )
    found = read(text)
    assert found[0].details["format"] == "tegrastats"
    assert found[0].energy_j.value == pytest.approx(50.0)
