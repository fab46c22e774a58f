"""Small made logs of every power-trace format, each with the joules that were worked out by hand."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.logs.machine_samples import TRACES

# ruff: noqa: E501 - lines of logs are as long as they are


class Sample(NamedTuple):
    format: str
    text: str
    joules: float
    options: Mapping[str, Any] = MappingProxyType({})


def _smi(rows, header="timestamp, index, power.draw [W]"):
    return "\n".join([header, *rows]) + "\n"


SAMPLES = {
    # 100 W, then 120 W for 2 s, joined by lines: 110 + 120 + 120
    "smi_units": Sample(
        "nvidia-smi",
        _smi(
            [
                "2026/03/01 10:00:00.000, 0, 100.00 W",
                "2026/03/01 10:00:01.000, 0, 120.00 W",
                "2026/03/01 10:00:02.000, 0, 120.00 W",
                "2026/03/01 10:00:03.000, 0, 120.00 W",
            ]
        ),
        350.0,
    ),
    "smi_nounits": Sample(
        "nvidia-smi",
        _smi(["2026/03/01 10:00:00.000, 0, 50.00", "2026/03/01 10:00:04.000, 0, 50.00"]),
        200.0,
    ),
    "smi_noheader": Sample(
        "nvidia-smi",
        "2026/03/01 10:00:00.500, 7 %, 512 MiB, 41, 30.00 W\n2026/03/01 10:00:02.500, 9 %, 512 MiB, 42, 30.00 W\n",
        60.0,
    ),
    "smi_two_gpus": Sample(
        "nvidia-smi",
        _smi(
            [
                "2026/03/01 10:00:00.000, 0, 100.00 W",
                "2026/03/01 10:00:00.002, 1, 200.00 W",
                "2026/03/01 10:00:01.000, 0, 100.00 W",
                "2026/03/01 10:00:01.002, 1, 200.00 W",
            ]
        ),
        300.0,
    ),
    "smi_own_header": Sample("nvidia-smi", "time,power_draw_w\n1772359200,40\n1772359210,60\n", 500.0),
    "dmon": Sample(
        "nvidia-smi-dmon",
        "# gpu    pwr  gtemp     sm\n# Idx      W      C      %\n"
        "    0     60     50      9\n    1     80      -      9\n    0     60     50      9\n    1     80     51      9\n",
        280.0,
        {"interval_s": 2.0},
    ),
    "dmon_dated": Sample(
        "nvidia-smi-dmon",
        "#Date       Time        gpu    pwr\n#YYYYMMDD   HH:MM:SS    Idx      W\n"
        " 20260301   10:00:00      0     70\n 20260301   10:00:05      0     90\n",
        400.0,
    ),
    "dcgm_power": Sample(
        "dcgmi-dmon",
        "#Entity   POWER\nID        W\nGPU 0     69.0\nGPU 0     71.0\nGPU 0     71.0\n",
        141.0,
        {"interval_s": 1.0},
    ),
    "dcgm_energy": Sample(
        "dcgmi-dmon",
        "#Entity   POWER    TOTEC\nID        W        mJ\nGPU 0     69.0     1000500\nGPU 0     71.0     1141500\n",
        141.0,
    ),
    "rocm_json": Sample(
        "rocm-smi",
        '{"card0": {"Average Graphics Package Power (W)": "80.0"}, "system": {"Driver version": "6.7"}}\n'
        '{"card0": {"Average Graphics Package Power (W)": "90.0"}, "system": {"Driver version": "6.7"}}\n',
        170.0,
        {"interval_s": 2.0},
    ),
    "rocm_csv": Sample(
        "rocm-smi",
        "device,Average Graphics Package Power (W)\ncard0,20.0\ncard1,N/A\n\n"
        "device,Average Graphics Package Power (W)\ncard0,30.0\ncard1,N/A\n",
        25.0,
        {"interval_s": 1.0},
    ),
    "amd_csv": Sample(
        "amd-smi",
        "timestamp,gpu,socket_power,gfx_voltage\n1772359200,0,200,900\n1772359200,1,100,900\n"
        "1772359203,0,220,900\n1772359203,1,100,900\n",
        930.0,
    ),
    "amd_json": Sample(
        "amd-smi",
        '[{"gpu": 0, "power": {"socket_power": {"value": 150, "unit": "W"}}, '
        '"energy": {"total_energy_consumption": {"value": 1000.5, "unit": "J"}}}]\n'
        '[{"gpu": 0, "power": {"socket_power": {"value": 150, "unit": "W"}}, '
        '"energy": {"total_energy_consumption": {"value": 1300.5, "unit": "J"}}}]\n',
        300.0,
    ),
    "tegra_nano": Sample(
        "tegrastats",
        "RAM 900/3964MB (lfb 1x4MB) CPU [9%@102,off] EMC_FREQ 0% POM_5V_IN 2000/1900 POM_5V_GPU 100/90 POM_5V_CPU 500/400\n"
        "RAM 901/3964MB (lfb 1x4MB) CPU [8%@102,off] EMC_FREQ 0% POM_5V_IN 4000/2900 POM_5V_GPU 100/90 POM_5V_CPU 500/400\n",
        3.0,
        {"interval_s": 1.0},
    ),
    "tegra_orin_nx": Sample(
        "tegrastats",
        "03-01-2026 10:00:00 RAM 2274/6834MB CPU [99%@1189] GPU@38C VDD_IN 5000mW/5000mW VDD_CPU_GPU_CV 1594mW/1594mW\n"
        "03-01-2026 10:00:01 RAM 2274/6834MB CPU [99%@1189] GPU@38C VDD_IN 5000mW/5000mW VDD_CPU_GPU_CV 1594mW/1594mW\n"
        "03-01-2026 10:00:02 RAM 2274/6834MB CPU [99%@1189] GPU@38C VDD_IN 6000mW/5300mW VDD_CPU_GPU_CV 1594mW/1594mW\n",
        10.5,
    ),
    "tegra_agx_orin": Sample(
        "tegrastats",
        "03-01-2026 10:00:00 RAM 1/2MB CPU [9%@1] VDD_GPU_SOC 3000mW/2900mW/3100mW VDD_CPU_CV 1000mW/990mW/1000mW "
        "VIN_SYS_5V0 2000mW/2000mW/2000mW VDDQ_VDD2_1V8AO 500mW/500mW/500mW\n"
        "03-01-2026 10:00:10 RAM 1/2MB CPU [9%@1] VDD_GPU_SOC 3000mW/2900mW/3100mW VDD_CPU_CV 1000mW/990mW/1000mW "
        "VIN_SYS_5V0 2000mW/2000mW/2000mW VDDQ_VDD2_1V8AO 500mW/500mW/500mW\n",
        60.0,
    ),
    "powerjoular": Sample(
        "powerjoular",
        "Date,CPU Utilization,Total Power,CPU Power,GPU Power\n"
        " 2026- 3- 1  10: 0: 6. 950,0.1,20.0,15.0,5.0\n 2026- 3- 1  10: 0: 7. 50,0.1,20.0,15.0,5.0\n",
        2.0,
    ),
    "powerjoular_process": Sample(
        "powerjoular",
        "Date,CPU Utilization,CPU Power\n2026-03-01 10:00:06,0.1,3.5\n2026-03-01 10:00:08,0.1,4.5\n",
        8.0,
    ),
    "power_gadget": Sample(
        "intel-power-gadget",
        "System Time,RDTSC,Elapsed Time (sec),Processor Power_0(Watt),Cumulative Processor Energy_0(Joules),"
        "Cumulative Processor Energy_0(mWh),IA Power_0(Watt),Cumulative IA Energy_0(Joules),DRAM Power_0(Watt),"
        "Cumulative DRAM Energy_0(Joules)\n"
        "10:00:00:100,1,1.0,10.0,10.0,2.778,4.0,4.0,1.0,1.0\n10:00:01:100,2,2.0,12.0,22.0,6.111,5.0,9.0,1.0,2.0\n"
        "Total Elapsed Time (sec) = 2.000\n",
        24.0,
    ),
    "powermetrics": Sample(
        "powermetrics",
        "Machine model: Made1,1\n\n*** Sampled system activity (Sun Mar  1 10:00:00 2026 +0100) (500.00ms elapsed) ***\n"
        "CPU Power: 900 mW\nGPU Power: 50 mW\nPackage Power: 1000 mW\n\n"
        "*** Sampled system activity (Sun Mar  1 10:00:01 2026 +0100) (1000.00ms elapsed) ***\n"
        "CPU Power: 1800 mW\nGPU Power: 50 mW\nPackage Power: 2000 mW\n",
        2.5,
    ),
    "wandb": Sample(
        "wandb-system-metrics",
        "_runtime,_timestamp,system.gpu.0.powerWatts,system.gpu.process.0.powerWatts,system.gpu.1.powerWatts,system.cpu\n"
        "1,1772359200.5,100,100,200,\n2,1772359201.5,,,,5\n11,1772359210.5,100,100,200,\n",
        3000.0,
    ),
    "turbostat_joules": Sample(
        "turbostat",
        "10.000000 sec\nPackage\tCore\tCPU\tAvg_MHz\tBusy%\tPkg_J\tCor_J\tRAM_J\n-\t-\t-\t31\t2.95\t500.00\t300.00\t40.00\n"
        "0\t0\t0\t31\t2.95\t500.00\t300.00\t40.00\n",
        540.0,
    ),
    "turbostat_watts": Sample(
        "turbostat",
        "Core CPU Avg_MHz Busy% PkgWatt RAMWatt\n- - 31 2.95 50.0 4.0\n0 0 31 2.95 50.0 4.0\n"
        "Core CPU Avg_MHz Busy% PkgWatt RAMWatt\n- - 31 2.95 70.0 4.0\n0 0 31 2.95 70.0 4.0\n",
        640.0,
        {"interval_s": 5.0},
    ),
    "perf_text": Sample(
        "perf-stat",
        "\n Performance counter stats for 'system wide':\n\n"
        "         1,234.50 Joules power/energy-pkg/\n            56.25 Joules power/energy-ram/\n\n"
        "      10.002345000 seconds time elapsed\n\n",
        1290.75,
    ),
    "perf_x": Sample(
        "perf-stat",
        "475.42,Joules,power/energy-pkg/,20005659301,100.00,,\n<not supported>,Joules,power/energy-ram/,0,100.00,,\n",
        475.42,
    ),
    "perf_x_intervals": Sample(
        "perf-stat",
        "1.000104250,S0,1,10.25,Joules,power/energy-pkg/,1000,100.00,,\n"
        "1.000104250,S1,1,20.25,Joules,power/energy-pkg/,1000,100.00,,\n"
        "2.000304250,S0,1,11.25,Joules,power/energy-pkg/,1000,100.00,,\n"
        "2.000304250,S1,1,21.25,Joules,power/energy-pkg/,1000,100.00,,\n",
        63.0,
    ),
    "impact_tracker": Sample(
        "experiment-impact-tracker",
        '{"timestamp": 1772359200.0, "rapl_power_draw_absolute": 50.0, "rapl_estimated_attributable_power_draw": 20.0, '
        '"nvidia_draw_absolute": 200.0, "nvidia_estimated_attributable_power_draw": 190.0}\n'
        '{"timestamp": 1772359202.0, "rapl_power_draw_absolute": 50.0, "rapl_estimated_attributable_power_draw": 20.0, '
        '"nvidia_draw_absolute": 200.0, "nvidia_estimated_attributable_power_draw": 190.0}\n',
        500.0,
    ),
    "scaphandre": Sample(
        "scaphandre",
        '[{"host": {"consumption": 30000000.0, "timestamp": 1772359200.0}, "consumers": [{"pid": 1, "consumption": 9e6}], '
        '"sockets": [{"id": 0, "consumption": 25000000.0, "domains": [{"name": "dram", "consumption": 2000000.0}]}]},\n'
        '{"host": {"consumption": 30000000.0, "timestamp": 1772359204.0}, "consumers": [], '
        '"sockets": [{"id": 0, "consumption": 25000000.0, "domains": [{"name": "dram", "consumption": 2000000.0}]}]}]\n',
        120.0,
    ),
    "mlperf": Sample(
        "mlperf-power",
        "Time,03-01-2026 10:00:00.000,Watts,3.0,Volts,230.0,Amps,0.01,PF,0.4,Mark,made_testing\n"
        "Time,03-01-2026 10:00:01.000,Watts,5.0,Volts,230.0,Amps,0.01,PF,0.4,Mark,made_testing\n",
        4.0,
    ),
    "own": Sample(
        "wattwhat",
        '{"schema": 1, "label": "made", "energy_j": {"value": 12.5, "u": 0.5, "unit": "J"}, "duration_s": 2.0, '
        '"channels": [], "provenance": "measured", "budget": [["sensor gain", 0.5]]}\n',
        12.5,
    ),
}
SAMPLES.update((name, Sample(*made)) for name, made in TRACES.items())
