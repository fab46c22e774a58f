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
}
