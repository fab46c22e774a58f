"""Small made logs of machines, plugs, schedulers and trackers' consoles: format, text, joules by hand, options."""

# ruff: noqa: E501 - lines of logs are as long as they are

SACCT = """\
JobID|JobName|State|ElapsedRaw|NNodes|NodeList|Start|ConsumedEnergyRaw|
701|train|COMPLETED|600|2|n[01-02]|2026-03-01T10:00:00|480000|
701.batch|batch|COMPLETED|600|1|n01|2026-03-01T10:00:00|250000|
701.extern|extern|COMPLETED|600|2|n[01-02]|2026-03-01T10:00:00|480000|
701.0|python|COMPLETED|590|2|n[01-02]|2026-03-01T10:00:05|470000|
702|eval|COMPLETED|300|1|n01|2026-03-01T11:00:00|90000|
702.batch|batch|COMPLETED|300|1|n01|2026-03-01T11:00:00|90000|
"""
SACCT_ALIGNED = """\
       JobID      State  ElapsedRaw ConsumedEnergyRaw
------------ ---------- ---------- -----------------
703           COMPLETED        200             40000
703.batch     COMPLETED        200             39000
"""
CODECARBON = """\
[codecarbon INFO @ 23:59:40] [setup] RAM Tracking...
[codecarbon INFO @ 23:59:42]   CPU model: A CPU
[codecarbon INFO @ 23:59:42]   GPU model: 1 x A GPU
epoch 0:  50%|#####     |[codecarbon INFO @ 23:59:57] Energy consumed for RAM : 0.000010 kWh. RAM Power : 10.0 W
[codecarbon INFO @ 23:59:57] Energy consumed for all CPUs : 0.000040 kWh. Total CPU Power : 42.5 W
[codecarbon INFO @ 23:59:57] Energy consumed for all GPUs : 0.000100 kWh. Total GPU Power : 90.0 W
[codecarbon INFO @ 23:59:57] 0.000150 kWh of electricity used since the beginning.
[codecarbon INFO @ 00:00:12] Energy consumed for RAM : 0.000020 kWh. RAM Power : 10.0 W
[codecarbon INFO @ 00:00:12] Energy consumed for all CPUs : 0.000080 kWh. Total CPU Power : 42.5 W
[codecarbon INFO @ 00:00:12] Energy consumed for all GPUs : 0.000200 kWh. Total GPU Power : 90.0 W
[codecarbon INFO @ 00:00:12] 0.000300 kWh of electricity used since the beginning.
"""

SUMMARIES = {
    "sacct": ("sacct", SACCT, (480_000.0, 90_000.0)),
    "sacct_aligned": ("sacct", SACCT_ALIGNED, (40_000.0,)),
    "codecarbon_console": ("codecarbon-console", CODECARBON, (1080.0,)),
}

TRACES = {
    # 100 W, 120 W and 140 W one second apart, over midnight
    "xpu_smi": (
        "xpu-smi",
        "Timestamp, DeviceId, GPU Utilization (%), GPU Power (W), GPU Frequency (MHz)\n"
        "23:59:59.000,    0, 50.00, 100.00, 1600\n00:00:00.000,    0, N/A, 120.00, 1600\n"
        "00:00:01.000,    0, 50.00, 140.00, 1600\n",
        240.0,
    ),
    "xpu_smi_counter": (
        "xpu-smi",
        "Timestamp, DeviceId, TileId, GPU Power (W), GPU Energy Consumed (J)\n"
        "10:00:00.000, 0, 0, 100.00, 5000.50\n10:00:00.000, 0, 1, 100.00, 7000.00\n"
        "10:00:10.000, 0, 0, 100.00, 6100.50\n10:00:10.000, 0, 1, 100.00, 7900.00\n",
        2000.0,
    ),
    # package 50 W and 60 W with the cores inside, DRAM 5 W, GPU 100 W and 120 W
    "hwinfo": (
        "hwinfo",
        "Date,Time,Total CPU Usage [%],CPU Package Power [W],IA Cores Power [W],Total DRAM Power [W],PL1 Power Limit (Static) [W],GPU Power [W],\n"
        "1.3.2026,9:59:59.500,10.0,50.000,30.000,5.000,125.0,100.000,\n1.3.2026,10:00:01.500,12.0,60.000,35.000,5.000,125.0,120.000,\n"
        "Date,Time,Total CPU Usage [%],CPU Package Power [W],IA Cores Power [W],Total DRAM Power [W],PL1 Power Limit (Static) [W],GPU Power [W],\n"
        ",,CPU [#0]: A CPU,CPU [#0]: A CPU: Enhanced,CPU [#0]: A CPU: Enhanced,CPU [#0]: A CPU: Enhanced,CPU [#0]: A CPU,GPU [#0]: NVIDIA A GPU,\n",
        340.0,
    ),
    "macmon": (
        "macmon",
        '{"timestamp": "2026-03-01T10:00:00.000000+00:00", "cpu_power": 2.0, "gpu_power": 1.0, "ane_power": 0.0, "all_power": 3.0, "ram_power": 0.5, "sys_power": 10.0}\n'
        '{"timestamp": "2026-03-01T10:00:02.000000+00:00", "cpu_power": 2.0, "gpu_power": 1.0, "ane_power": 0.0, "all_power": 3.0, "ram_power": 0.5, "sys_power": 12.0}\n',
        22.0,
    ),
    "macmon_old": (
        "macmon",
        '{"temp": {"cpu_temp_avg": 40.0}, "cpu_power": 2.0, "gpu_power": 1.0, "ane_power": 0.0, "all_power": 3.0, "ram_power": 0.5, "sys_power": 0.0}\n'
        '{"temp": {"cpu_temp_avg": 40.0}, "cpu_power": 2.0, "gpu_power": 1.0, "ane_power": 0.0, "all_power": 3.0, "ram_power": 0.5, "sys_power": 0.0}\n',
        7.0,
        {"interval_s": 2.0},
    ),
    "powermetrics_plist": (
        "powermetrics-plist",
        "".join(
            '<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">\n<dict>\n'
            f"<key>elapsed_ns</key><integer>{elapsed}</integer>\n<key>timestamp</key><date>2026-03-01T10:00:0{k}Z</date>\n"
            "<key>processor</key>\n<dict>\n<key>cpu_power</key><real>900.0</real>\n<key>gpu_power</key><real>100.0</real>\n"
            f"<key>combined_power</key><real>{power}</real>\n</dict>\n</dict>\n</plist>\n\0"
            for k, (elapsed, power) in enumerate([(500_000_000, 1000.0), (1_000_000_000, 2000.0)])
        ),
        2.5,
    ),
    "ipmi_dcmi": (
        "ipmi-dcmi",
        "".join(
            f"\n    Instantaneous power reading:                   {watts} Watts\n    Minimum during sampling period:                 68 Watts\n"
            "    Maximum during sampling period:                504 Watts\n    Average power reading over sample period:      348 Watts\n"
            f"    IPMI timestamp:                           Sun Mar  1 10:00:0{at} 2026\n    Sampling period:                          00000001 Seconds.\n"
            "    Power reading state is:                   activated\n\n"
            for at, watts in ((0, 300), (2, 320), (4, 340))
        ),
        1280.0,
    ),
    # 0.2 kWh by the counter; the power between three messages in 80 minutes is less well known
    "tasmota": (
        "tasmota",
        "".join(
            f'{{"Time": "2026-03-01T{10 + 2 * k // 3}:{40 * k % 60:02d}:00", "ENERGY": {{"TotalStartTime": "2026-01-01T00:00:00", "Total": {5 + k / 10:.3f}, '
            f'"Yesterday": 0.5, "Today": {k / 10:.3f}, "Power": {100 + 50 * (k == 1)}, "ApparentPower": 110, "Voltage": 230}}}}\n'
            for k in range(3)
        ),
        720_000.0,
    ),
    "shelly": (
        "shelly",
        "".join(
            f'{{"src": "shellyplugus-00", "method": "NotifyStatus", "params": {{"ts": {1772359200 + 600 * k}.25, "switch:0": {{"id": 0, '
            f'"apower": 60.0, "aenergy": {{"total": {1000 + 10 * k}.125, "by_minute": [1.0, 1.0, 1.0], "minute_ts": {1772359200 + 600 * k}}}}}}}}}\n'
            for k in range(4)
        ),
        108_000.0,
    ),
    # two scrapes a minute apart: 6000 J and 3000 J of two GPUs
    "prometheus_dcgm": (
        "prometheus",
        "".join(
            "# HELP DCGM_FI_DEV_POWER_USAGE Power draw (in W).\n# TYPE DCGM_FI_DEV_POWER_USAGE gauge\n"
            + "".join(
                f'DCGM_FI_DEV_POWER_USAGE{{gpu="{gpu}",UUID="GPU-{gpu}",Hostname="n1"}} {100 - 50 * gpu}.0\n'
                for gpu in range(2)
            )
            + "# HELP DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION Total energy consumption since boot (in mJ).\n# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter\n"
            + "".join(
                f'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{{gpu="{gpu}",UUID="GPU-{gpu}",Hostname="n1"}} {10**9 + k * (6 - 3 * gpu) * 10**6}\n'
                for gpu in range(2)
            )
            for k in range(2)
        ),
        9000.0,
    ),
    "prometheus_power": (
        "prometheus",
        "".join(
            f'DCGM_FI_DEV_POWER_USAGE{{gpu="0",UUID="GPU-0"}} {watts} {1772359200000 + 10000 * k}\n'
            for k, watts in enumerate((100.0, 120.0, 140.0))
        ),
        2400.0,
    ),
}
