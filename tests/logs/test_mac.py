"""Macs: macmon's totals and zeros, powermetrics as property lists."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwhat import logs
from wattwhat.errors import LogError


def read(text: str, **options: object) -> logs.Measurements:
    return logs.read(io.StringIO(text), **options)


def macmon(k: int, **powers: object) -> str:
    sample = {"timestamp": f"2026-03-01T10:00:{k:02d}.000000+00:00", "cpu_power": 2.0, "gpu_power": 1.0}
    return json.dumps({**sample, "ane_power": 0.0, "all_power": 3.0, "ram_power": 0.5, **powers}) + "\n"


@given(st.floats(0, 50), st.floats(0, 50), st.floats(0, 10), st.floats(0.1, 200))
def test_the_machine_is_counted_and_its_chip_is_inside(
    cpu: float, gpu: float, ram: float, sys: float
) -> None:
    powers = {"cpu_power": cpu, "gpu_power": gpu, "all_power": cpu + gpu, "ram_power": ram}
    (measurement,) = read("".join(macmon(k, **powers, sys_power=sys) for k in range(3)))
    assert measurement.energy_j.value == pytest.approx(2 * sys)
    assert [c.channel.component for c in measurement.channels if c.counted] == ["host"]
    (chip,) = read("".join(macmon(k, **powers, sys_power=0.0) for k in range(3)))
    assert chip.energy_j.value == pytest.approx(2 * (cpu + gpu + ram))


def test_a_machine_that_reads_0_is_absent_and_says_so() -> None:
    rows = [macmon(k, sys_power=0.0 if k == 1 else 10.0) for k in range(4)]
    (measurement,) = read("".join(rows))
    assert measurement.energy_j.value == pytest.approx(30.0)
    assert any("1 row(s) without a power reading" in one for one in measurement.warnings)


def test_a_cpu_that_is_always_0_was_not_read() -> None:
    (measurement,) = read("".join(macmon(k, cpu_power=0.0, all_power=1.0) for k in range(3)))
    assert any("lacks the CPU" in one for one in measurement.warnings)
    assert not any("lacks the CPU" in one for one in read(macmon(0) + macmon(1))[0].warnings)


def test_apples_estimates_are_uncertain_and_dated() -> None:
    (measurement,) = read(macmon(0, sys_power=9.0) + macmon(1, sys_power=9.0))
    assert all(c.channel.gain_error == 0.1 for c in measurement.channels)
    assert measurement.details["scope"] == "machine"
    assert measurement.started_at is not None
    assert measurement.started_at.isoformat() == "2026-03-01T10:00:00+00:00"


@pytest.mark.parametrize("broken", [{"cpu_power": "much"}, {"sys_power": -1.0}, {"timestamp": "noon"}])
def test_a_sample_that_cannot_be_used_is_listed(broken: dict[str, object]) -> None:
    found = read(macmon(0) + macmon(1, **broken) + macmon(2))
    assert found[0].energy_j.value == pytest.approx(7.0)
    assert [one.partition(": ")[0] for one in found.problems] == ["<stream>:2"]


def plist(body: str, elapsed: str = "<key>elapsed_ns</key><integer>1000000000</integer>", k: int = 0) -> str:
    stamp = f"<key>timestamp</key><date>2026-03-01T10:00:{k:02d}Z</date>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict>{stamp}{elapsed}\n'
        f"<key>processor</key><dict>{body}</dict></dict>\n</plist>\n"
    )


def real(**keys: float) -> str:
    return "".join(f"<key>{key}</key><real>{value}</real>" for key, value in keys.items())


@given(st.lists(st.tuples(st.integers(10**6, 10**10), st.floats(0.1, 10**5)), min_size=1, max_size=5))
def test_each_list_counts_by_its_own_length(samples: list[tuple[int, float]]) -> None:
    text = "\0".join(
        plist(real(combined_power=power), f"<key>elapsed_ns</key><integer>{elapsed}</integer>")
        for elapsed, power in samples
    )
    (measurement,) = read(text)
    assert measurement.energy_j.value == pytest.approx(sum(e * p / 1e12 for e, p in samples))
    assert measurement.duration_s == pytest.approx(sum(e for e, _ in samples) / 1e9)


@pytest.mark.parametrize(
    ("body", "joules"),
    [
        (real(cpu_power=1000.0, gpu_power=500.0, ane_power=0.0), 1.5),
        (real(cpu_power=1000.0, gpu_power=500.0, combined_power=1500.0), 1.5),
        (real(combined_power=1500.0, dram_power=200.0), 1.7),
        (real(package_power=1500.0, dram_power=200.0), 1.5),
        (real(package_watts=15.0), 15.0),
        (real(cpu_energy=1000.0, gpu_energy=500.0), 1.5),
        (real(cpu_power=1000.0, cpu_energy=1000.0), 1.0),
    ],
)
def test_totals_hold_their_parts_and_energies_stand_in(body: str, joules: float) -> None:
    (measurement,) = read(plist(body))
    assert measurement.energy_j.value == pytest.approx(joules)
    assert all(c.channel.gain_error == 0.1 for c in measurement.channels)


def test_both_forms_of_powermetrics_agree() -> None:
    text = (
        "*** Sampled system activity (Sun Mar  1 10:00:00 2026 +0000) (1000.00ms elapsed) ***\n"
        "CPU Power: 900 mW\nGPU Power: 50 mW\nCombined Power (CPU + GPU + ANE): 950 mW\n"
    )
    by_text, by_list = read(text)[0], read(plist(real(cpu_power=900, gpu_power=50, combined_power=950)))[0]
    assert by_list.energy_j.value == pytest.approx(by_text.energy_j.value)
    assert by_list.started_at == by_text.started_at


def test_a_pause_between_lists_is_said() -> None:
    (measurement,) = read(plist(real(combined_power=1e3)) + "\0" + plist(real(combined_power=1e3), k=30))
    assert any("less than their stamps" in one for one in measurement.warnings)


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (plist(real(combined_power=1e3))[:-30], ":5: expected a whole property list"),
        (plist(real(combined_power=1e3)).replace("<real>", "<teal>"), ":5: expected a whole property list"),
        (plist(real(combined_power=1e3), ""), ":5: expected a sample with elapsed_ns"),
        (
            plist(real(combined_power=1e3), "<key>elapsed_ns</key><integer>" + "50" * 60 + "</integer>"),
            ":5: expected a block with its elapsed time",
        ),
        (plist(""), ":5: expected a block with its elapsed time"),
    ],
)
def test_a_list_that_cannot_be_used_costs_that_list_alone(second: str, words: str) -> None:
    first = plist(real(combined_power=1e3))
    found = read(first + "\0" + second)
    assert found[0].energy_j.value == pytest.approx(1.0)
    with pytest.raises(LogError, match=words):
        read(first + "\0" + second, strict=True)


def test_entities_that_grow_are_refused() -> None:
    bomb = plist(real(combined_power=1e3)).replace(
        "<plist", '<!DOCTYPE plist [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<plist', 1
    )
    with pytest.raises(LogError, match="expected a whole property list"):
        read(bomb, strict=True)
