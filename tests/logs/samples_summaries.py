"""Small made files of every format that states energies, each with its joules, worked out by hand."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.logs.machine_samples import SUMMARIES

# ruff: noqa: E501 - lines of logs are as long as they are


class Sample(NamedTuple):
    format: str
    text: str
    joules: tuple[float, ...]
    options: Mapping[str, Any] = MappingProxyType({})


def codecarbon_row(**cells):
    """Cells of a made record; the energies add up unless a test says otherwise."""
    record = {
        "timestamp": "2026-02-03T04:05:06", "project_name": "made", "run_id": "run-a", "experiment_id": "exp",
        "duration": "10.0", "emissions": "0.00001", "emissions_rate": "0.000001", "cpu_power": "40.5", "gpu_power": "90.0",
        "ram_power": "10.0", "cpu_energy": "1e-4", "gpu_energy": "2e-4", "ram_energy": "5e-5", "energy_consumed": "3.5e-4",
        "water_consumed": "0.0", "country_name": "Nowhere", "country_iso_code": "NWR", "region": "", "cloud_provider": "",
        "cloud_region": "", "os": "Linux", "python_version": "3.12.0", "codecarbon_version": "3.3.0", "cpu_count": "8",
        "cpu_model": "A CPU", "gpu_count": "1", "gpu_model": "1 x A GPU", "longitude": "", "latitude": "",
        "ram_total_size": "32.0", "tracking_mode": "machine", "cpu_utilization_percent": "5.0", "on_cloud": "N", "pue": "1.0", "wue": "0.0",
    }  # fmt: skip
    record.update(cells)
    return record


def codecarbon_csv(*records, columns=None):
    names = list(columns or codecarbon_row())
    return (
        "\n".join([",".join(names), *(",".join(record[name] for name in names) for record in records)]) + "\n"
    )


CARBONTRACKER = """\
2026-03-01 10:00:00 - carbontracker version 1.2.5
2026-03-01 10:00:00 - Only predicted and actual consumptions are multiplied by a PUE coefficient of 1.58 (A. Survey, 2023).
2026-03-01 10:00:00 - The following components were found: GPU with device(s) A GPU. CPU with device(s) A CPU.
2026-03-01 10:00:00 - Monitoring thread started.
2026-03-01 10:00:10 - Epoch 1:
2026-03-01 10:00:10 - Duration: 0:00:10.00
2026-03-01 10:00:10 - Average power usage (W) for gpu: [100.0 50.0]
2026-03-01 10:00:10 - Average power usage (W) for cpu: 20.0
2026-03-01 10:00:20 - Epoch 2:
2026-03-01 10:00:20 - Duration: 0:00:10.00
2026-03-01 10:00:20 - Average power usage (W) for gpu: [110.0 60.0]
2026-03-01 10:00:20 - Average power usage (W) for cpu: 22.0
2026-03-01 10:00:20 - Monitoring thread ended.
"""
CARBONTRACKER_OUTPUT = """\
2026-03-01 10:00:00 - CarbonTracker: The following components were found: GPU with device(s) A GPU.
2026-03-01 10:00:10 - CarbonTracker:\x20
Predicted consumption for 2 epoch(s):
\tTime:\t0:00:20
\tEnergy:\t0.900000 kWh
\tCO2eq:\t1.000000 g
2026-03-01 10:00:20 - CarbonTracker:\x20
Actual consumption for 2 epoch(s):
\tTime:\t0:00:20
\tEnergy:\t0.001000 kWh
\tCO2eq:\t1.000000 g
"""
PERUN = """\
PERUN REPORT

App name: made
First run: 2026-03-01T10:00:00
Last run: 2026-03-01T10:00:00


RUN ID: 2026-03-01T10:00:00

|   Round # | Host  | RUNTIME   | ENERGY    | CPU_POWER   |
|----------:|:------|:----------|:----------|:------------|
|         0 | All   | 10.000 s  | 3.000 kJ  | 300.000 W   |
|         0 | node1 | 10.000 s  | 2.000 kJ  | 200.000 W   |
|         0 | node2 | 9.500 s   | 1.000 kJ  | 100.000 W   |

Application Summary

The application has been run 1 times. Throughout its runtime, it has used 0.001 kWh, released a total of 0.000 kgCO2e.
"""


def _perun_metric(value, unit, mag=1.0):
    return {
        "type": "energy",
        "value": value,
        "metric_md": {"unit": unit, "mag": mag, "dtype": "float32"},
        "agg": "sum",
    }


def _perun_host(name, joules):
    return {
        "id": name,
        "type": 4,
        "metadata": {},
        "metrics": {"energy": _perun_metric(joules / 1000, "J", 1000.0)},
        "nodes": [{}],
    }


PERUN_TREE = {
    "id": "made", "type": 1, "metadata": {}, "metrics": {"energy": {"type": "energy", "sum": 9.0, "mean": 9.0, "metric_md": {"unit": "J", "mag": 1.0}}},
    "nodes": [{"m0": {"id": "m0", "type": 2, "metadata": {}, "metrics": {}, "nodes": [{
        "0": {"id": "0", "type": 3, "metadata": {}, "processed": True,
              "metrics": {"energy": _perun_metric(700.0, "J"), "runtime": _perun_metric(5.0, "s")},
              "nodes": [{"node1": _perun_host("node1", 400.0), "node2": _perun_host("node2", 300.0)}]}}]}}],
}  # fmt: skip
PERUN_SAMPLES = """\
,run id,hostname,device_group,sensor,unit,magnitude,timestep,value
0,0,node1,cpu,CPU_0_package-0,J,1e-06,0.0,1000000
1,0,node1,cpu,CPU_0_package-0,J,1e-06,1.0,31000000
2,0,node1,cpu,CPU_0_package-0,J,1e-06,2.0,61000000
3,0,node1,gpu,CUDA:0_POWER,W,0.001,0.0,100000
4,0,node1,gpu,CUDA:0_POWER,W,0.001,1.0,100000
5,0,node1,gpu,CUDA:0_POWER,W,0.001,2.0,100000
6,0,node1,cpu,CPU_FREQ,Hz,1.0,0.0,3000
"""
JOULE_PROFILER = """\
phase_id;phase_name;phase_duration_ms;metric_name;metric_value;metric_unit;metric_source;start_token;end_token;start_line;end_line;timestamp;command;exit_code;token_pattern
0;"START -> __A__";2000;CORE-0;10000000;µJ;powercap;START;__A__;;1;1772359200000;"python3 made.py";0;"__[A-Z]+__"
0;"START -> __A__";2000;CPU_CYCLES;123;count;perf_event;START;__A__;;1;1772359200000;"python3 made.py";0;"__[A-Z]+__"
0;"START -> __A__";2000;DRAM-0;1000000;µJ;powercap;START;__A__;;1;1772359200000;"python3 made.py";0;"__[A-Z]+__"
0;"START -> __A__";2000;GPU-0;50000;mJ;NVML;START;__A__;;1;1772359200000;"python3 made.py";0;"__[A-Z]+__"
0;"START -> __A__";2000;PACKAGE-0;20000000;µJ;powercap;START;__A__;;1;1772359200000;"python3 made.py";0;"__[A-Z]+__"
1;"__A__ -> END";1000;CORE-0;1000000;µJ;powercap;__A__;END;1;;1772359202000;"python3 made.py";0;"__[A-Z]+__"
1;"__A__ -> END";1000;PACKAGE-0;5000000;µJ;powercap;__A__;END;1;;1772359202000;"python3 made.py";0;"__[A-Z]+__"
"""
JOULE_PROFILER_TREE = {
    "command": "python3 made.py", "mode": "phases", "token_pattern": "__[A-Z]+__", "exit_code": 0,
    "phases": [{"index": 0, "start_token": "START", "end_token": "END", "timestamp": 1772359200000, "duration_ms": 2000,
                "metrics": [{"name": "CORE-0", "value": 4000000, "unit": "µJ", "source": "powercap"},
                            {"name": "PACKAGE-0", "value": 9000000, "unit": "µJ", "source": "powercap"},
                            {"name": "PSYS-1", "value": 30, "unit": "J", "source": "powercap"}]}],
}  # fmt: skip
MLPERF_TINY = """\
00100.001 ulp-ml: Energy data for window 2 at time 10.00 for 10.00 sec.:
00100.001 ulp-ml:   Energy       :  1000000.000 uJ
00100.001 ulp-ml:   Power        :   100000.000 uW
00100.001 ulp-ml:   Energy/Inf.  :     1000.000 uJ/inf.
00100.002 ulp-ml:   Energy/Inf.  :     1002.000 uJ/inf.
00100.003 ulp-ml:   Energy/Inf.  :     1001.000 uJ/inf.
00100.004 ulp-ml: Median energy cost is 1001.000 uJ/inf.
00100.005 ulp-ml: Performance results for window 2:
00100.005 ulp-ml:   # Inferences :         1000
00100.005 ulp-ml:   Runtime      :       10.000 sec.
00100.006 ulp-ml:   # Inferences :         1000
00100.006 ulp-ml:   Runtime      :       10.020 sec.
00100.007 ulp-ml:   # Inferences :         1000
00100.007 ulp-ml:   Runtime      :       10.010 sec.
00100.008 ulp-ml: Median throughput is 99.900 inf./sec.
"""


def _phase(cpu, ram, gpu, efficiency=None, unit="samples/kWh"):
    energy = {"unit": "kWh", "cpu": cpu, "ram": ram, "gpu": gpu, "total": cpu + ram + gpu}
    value = None if efficiency is None else {"unit": unit, "value": efficiency / energy["total"]}
    return {"memory": None, "latency": None, "throughput": None, "energy": energy, "efficiency": value}


OPTIMUM = {
    "load_model": _phase(1.0, 1.0, 1.0), "preprocess_dataset": _phase(0.01, 0.01, 0.01, 50),
    "prefill": _phase(0.001, 0.001, 0.008, 50), "decode": _phase(0.002, 0.002, 0.016, 5000, "tokens/kWh"),
}  # fmt: skip
AIES = """\
model_name,model_class,task,reasoning_state,total_prompts,successful_prompts,failed_prompts,total_duration_seconds,avg_total_time,gpu_energy_wh,tokens_per_joule,avg_energy_per_prompt_wh,timestamp,error_message
made/model-a,A,text_gen,Off,10,10,0,100.0,10.0,5.0,1.0,0.5,2026-03-01T10:00:00+00:00,
made/model-b,A,text_gen,On (High),10,8,2,200.0,20.0,16.0,1.0,2.0,2026-03-01T11:00:00+00:00,
"""
AIES_SUMMARY = {"units": "Wh", "total": 3.5, "preprocess_wh": 0.5, "prefill_wh": 1.0, "decode_wh": 2.0}
MLENERGY = {
    "architecture": "diffusion", "task": "made-images", "configurations": [
        {"model_id": "made/small", "gpu_model": "B200", "num_gpus": 1, "batch_size": 4, "avg_power_watts": 500.0, "batch_latency_s": 2.0, "energy_per_image_joules": 250.0},
        {"model_id": "made/large", "gpu_model": "B200", "num_gpus": 8, "energy_per_request_joules": 900.0, "energy_per_token_joules": 3.0, "avg_power_watts": 5000.0},
    ],
}  # fmt: skip


def _device(joules, mean, seconds=10.0, key="power_usage"):
    return {
        "start_unix": 1772359200.0,
        "total_duration": seconds,
        "nr_measurements": 50,
        key: {"min": 1.0, "mean": mean},
        "total_power_draw": joules,
    }


MLEE = {
    "directory_name": "made", "config": {"model": "MadeNet"},
    "execution_platform": {"System": "Linux", "Processor": "A CPU", "GPU": {"0": {"Name": "A GPU"}, "1": {"Name": "A GPU"}}},
    "train": {"monitoring_pynvml": None, "monitoring_pyrapl": None, "results": None},
    "validation": {
        "monitoring_pynvml": {"0": _device(1000.0, 100.0), "1": _device(500.0, 50.0), "total": _device(1500.0, 150.0)},
        "monitoring_pyrapl": {"0": _device(300.0, 30.0, key="package-0"), "total": _device(300.0, 30.0, key="package-0")},
        "results": {"metrics": {"accuracy": 0.75, "top_5_accuracy": 0.9, "loss": 1.0}, "start": 1772359200.0}, "duration": 10.0,
    },
}  # fmt: skip
YOLO = {
    "model": "MadeYOLO", "model_info": {"params": 1000},
    "base_model": {"fps_gpu": 500.0, "total_emissions": 1e-5, "avg_emissions": 1e-7, "total_energy": 1e-5, "avg_energy": 1e-7, "map50": 0.75, "map5095": 0.5},
    "int8": {"fps_gpu": 900.0, "total_emissions": 1e-5, "avg_emissions": 1e-7, "total_energy": 5e-6, "avg_energy": 5e-8, "map50": 0.7, "map5095": 0.45},
}  # fmt: skip
CARD = """\
---
tags: made
co2_eq_emissions:
  emissions: 40.0
  source: codecarbon
  training_type: fine-tuning
  hardware_used: 1 x A GPU
---

# A made card

- Problem type: Binary Classification

## Validation Metrics

- Loss: 0.4
- Accuracy: 0.8
- Macro F1: 0.75
"""

SAMPLES = {
    "codecarbon": Sample("codecarbon", codecarbon_csv(codecarbon_row(), codecarbon_row(run_id="run-b", duration="20.0")), (1260.0, 1260.0)),
    "codecarbon_1": Sample(
        "codecarbon",
        "timestamp,experiment_id,project_name,duration,emissions,energy_consumed,country_name,country_iso_code,region,on_cloud,cloud_provider,cloud_region\n"
        "2021-02-03T04:05:06,abc,made,100.0,0.001,0.0025,Nowhere,NWR,here,N,,\n",
        (9000.0,),
    ),
    "codecarbon_json": Sample("codecarbon", json.dumps({"timestamp": "2026-02-03T04:05:06", "project_name": "made", "run_id": "r", "duration": 10.0, "emissions": 1e-5,
                              "cpu_energy": 1e-4, "gpu_energy": 2e-4, "ram_energy": 5e-5, "energy_consumed": 3.5e-4, "gpu_count": 1, "tracking_mode": "machine", "pue": 1.0}, indent=4), (1260.0,)),
    "zeus": Sample("zeus", "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy\n1000.5,step 1,10.0,1000.0,500.0\n1011.0,step 2,10.0,900.0,400.0\n", (1500.0, 1300.0)),
    # 100 W for 2 s; the last line is cut off
    "zeus_power": Sample("zeus-power", "Time,Power\n2026-03-01 10:00:00.000000,100000\n2026-03-01 10:00:01.000000,100000\n2026-03-01 10:00:02.000000,100000\n2026-03-01 10:00:03.0,1\n", (200.0,)),
    "zeus_trace": Sample("zeus-trace", "dataset,network,batch_size,optimizer,power_limit,time_per_epoch,average_power\nmade,net,32,adam,100,20.0,80.0\nmade,net,64,adam,100,15.0,90.0\n", (1600.0, 1350.0)),
    # (100+50) W * 10 s + (110+60) W * 10 s + 20 W * 10 s + 22 W * 10 s
    "carbontracker": Sample("carbontracker", CARBONTRACKER, (3620.0,)),
    "carbontracker_output": Sample("carbontracker", CARBONTRACKER_OUTPUT, (3600.0,)),
    "eco2ai": Sample(
        "eco2ai",
        "id,project_name,experiment_description,epoch,start_time,duration(s),power_consumption(kWh),CO2_emissions(kg),CPU_name,GPU_name,OS,region/country,cost\n"
        'a1,made,a training,"epoch: 1, accuracy: 0.5, lr: 3, ",2026-03-01 10:00:00,10.0,1e-4,1e-5,"A CPU/1 device(s), TDP:65.0",A GPU 1 device(s),Linux,NW/Here,0\n'
        'a1,made,a training,"epoch: 2, accuracy: 0.75, lr: 3, ",2026-03-01 10:00:10,10.0,2e-4,2e-5,"A CPU/1 device(s), TDP:65.0",A GPU 1 device(s),Linux,NW/Here,0\n'
        'b2,made,another,N/A,2026-03-01 11:00:00,20.0,5e-4,2e-5,"A CPU/1 device(s), TDP:65.0",A GPU 1 device(s),Linux,NW/Here,0\n',
        (1080.0, 1800.0),
    ),
    "perun": Sample("perun", PERUN, (3000.0,)),
    "perun_json": Sample("perun", json.dumps(PERUN_TREE), (700.0,)),
    # 60 J counted, 100 W for 2 s
    "perun_samples": Sample("perun-samples", PERUN_SAMPLES, (260.0,)),
    "pyrapl": Sample("pyrapl", "label,timestamp,duration,pkg,dram,socket\nwork,1772359200.5,2000000.0,60000000.0,4000000.0,0\nwork,1772359200.5,2000000.0,50000000.0,3000000.0,1\n", (117.0,)),
    "pyjoules": Sample("pyjoules", "timestamp;tag;duration;package_0;dram_0;core_0;uncore_0;nvidia_gpu_0\n1772359200.5;fit;2.0;60000000;4000000;30000000;1000000;200000000\n", (264.0,)),
    "joule_profiler": Sample("joule-profiler", JOULE_PROFILER, (71.0, 5.0)),
    "joule_profiler_json": Sample("joule-profiler", json.dumps(JOULE_PROFILER_TREE, indent=2, ensure_ascii=False), (30.0,)),
    "mlperf_tiny": Sample("mlperf-tiny", MLPERF_TINY, (1.001,)),
    "optimum": Sample("optimum-benchmark", json.dumps(OPTIMUM, indent=4), (108000.0,)),
    "optimum_whole": Sample("optimum-benchmark", json.dumps({"config": {"name": "x", "backend": {"model": "made/model"}}, "report": OPTIMUM}), (108000.0,)),
    "aies": Sample("ai-energy-score", AIES, (18000.0, 57600.0)),
    "aies_summary": Sample("ai-energy-score", json.dumps(AIES_SUMMARY, indent=2), (12600.0,)),
    "mlenergy": Sample("mlenergy", json.dumps(MLENERGY, indent=2), (250.0, 900.0)),
    "mlenergy_2023": Sample("mlenergy", "model,throughput,response_length,latency,energy\nmade/llm,20.0,250.0,10.0,1500.0\n", (1500.0,)),
    "mlee": Sample("mlee", json.dumps(MLEE, indent=4), (1800.0,)),
    "yolo": Sample("yolo-results", json.dumps(YOLO, indent=2), (36.0, 18.0)),
    "card": Sample("model-card", CARD, (360000.0,), {"intensity_g_per_kwh": 400.0}),
    "table_total": Sample("energy-table", "model,energy_wh,duration_s,accuracy\nsmall,2.0,100,0.75\nlarge,5.0,200,0.8\n", (7200.0, 18000.0)),
    "table_parts": Sample("energy-table", "model,dataset,accuracy,cpu_energy_hw_wh,gpu_energy_wh,ram_energy_wh,training_time_s\nforest,made,0.75,1.0,0.5,0.25,60\n", (6300.0,)),
    "table_item": Sample("energy-table", "system,median_energy_uJ_per_inference,top1_percent\nboard,500.0,85.0\n", (0.0005,)),
    "strep": Sample("energy-table", "configuration,environment,task,model,running_time,power_draw,top-1_val,train_running_time,train_power_draw\n"
                    "c,A100 - X,infer,NetA,2.0,0.5,0.75,,\nc,A100 - X,train,NetA,,,,10.0,2.0\n", (0.5, 7200000.0)),
}  # fmt: skip
SAMPLES.update((name, Sample(*made)) for name, made in SUMMARIES.items())
