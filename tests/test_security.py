"""What SECURITY.md promises beyond single modules: rights, what a record tells, what a page carries."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.made_runs import channel, reading, run
from wattwhat import Measurement
from wattwhat.cli import VERBS, main
from wattwhat.records.anonymous import anonymous, pseudonym, without_hosts
from wattwhat.records.jsonl import write_jsonl
from wattwhat.report.page.document import document_of, own_script
from wattwhat.report.page.payload import payload_of
from wattwhat.sensing.host import host_name

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [*(ROOT / "wattwhat").rglob("*.py"), *ROOT.glob("backends/*/wattwhat_*/*.py")]
PAGES = [ROOT / "README.md", *ROOT.glob("backends/*/README.md"), *(ROOT / "docs").rglob("*.md")]

# Rights -------------------------------------------------------------------------------------------

FOR_ALL = re.compile(
    r"chmod (?:[augo]*[ao]\+|0?[0-7]{2}[1-7]\b|-R)|paranoid=-?\d[^\n]*\| sudo tee|z \S+ 0?[0-7]{2}[1-7] "
)


@pytest.mark.parametrize(
    ("advice", "for_all"),
    [
        ("sudo chmod a+r energy_uj", True),
        ("sudo chmod o+r energy_uj", True),
        ("sudo chmod 0444 x", True),
        ("echo kernel.perf_event_paranoid=0 | sudo tee /etc/sysctl.d/x.conf", True),
        ("a line 'z /sys/x 0444 root root -'", True),
        ("sudo chmod g+r energy_uj", False),
        ("sudo chmod 0440 x", False),
        ("a line 'z /sys/x 0440 root power -'", False),
    ],
)
def test_rights_for_everybody_are_told_from_rights_for_some(advice: str, for_all: bool) -> None:
    assert bool(FOR_ALL.search(advice)) is for_all


def test_no_remedy_gives_rights_to_everybody_for_good() -> None:
    guilty = [path.name for path in (*SOURCES, *PAGES) if FOR_ALL.search(path.read_text(encoding="utf-8"))]
    assert not guilty


def test_every_remedy_that_opens_power_readings_says_what_they_can_leak() -> None:
    opens = re.compile(r"chgrp|PERFMON|perfmon|perf_event_paranoid=")
    for path in ROOT.glob("backends/*/wattwhat_*/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and opens.search(ast.unparse(node)):
                assert re.search(r"leak|only whom you trust", ast.unparse(node)), f"{path.name}: {node.name}"


# Destinations -------------------------------------------------------------------------------------


def test_every_verb_that_writes_looks_at_all_that_it_was_given() -> None:
    for path in (ROOT / "wattwhat" / "cli").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "check_destination":
                given = {keyword.arg for keyword in node.keywords}
                assert "arguments" in given, path.name
                assert given & {"holds", "written"}, path.name


# What a record tells ------------------------------------------------------------------------------


def a_run(host: str) -> Measurement:
    inner = channel(f"{host}/rapl/package-0/core", component="core")
    outer = channel(f"{host}/rapl/package-0", component="cpu", contains=(inner.id,))
    made = run(reading(outer, 10.0), reading(inner, 4.0), label="net")
    data = made.to_dict()
    data["environment"] = {"host": host, "cpu": "a CPU"}
    data["warnings"] = [
        f"{host}/rapl/dram: lost",
        f"kept in run-{host}-12.jsonl",
        f"not read on {host}.lab.org",
    ]
    return Measurement.from_dict(data)


@pytest.mark.parametrize("host", ["lab1", "gpu", "node-17", "x", "host", "cpu"])
def test_nothing_tells_the_host_and_all_else_stays(host: str) -> None:
    one = a_run(host)
    found = anonymous(one)
    text = found.to_json()
    assert not re.search(rf"(?<![\w-]){host}(?=/)", text)
    assert "lab.org" not in text
    assert found.environment["host"] == pseudonym(host)
    assert found.environment["cpu"] == "a CPU"
    assert found.energy_j == one.energy_j
    assert [entry.channel.component for entry in found.channels] == ["cpu", "core"]
    assert found.channels[0].channel.contains == (found.channels[1].channel.id,)
    assert anonymous(one) == found  # the same in each run


def test_conditions_lose_the_name_of_the_host_and_nothing_else() -> None:
    told = {
        "host": {"governor": "mains", "power_source": "mains"},
        "devices": {"plug": {"error": "no answer from mains"}},
    }
    kept = without_hosts({"host": "mains", "environment": {"conditions": {"latest": told}}}, ["mains"])
    latest = kept["environment"]["conditions"]["latest"]
    assert kept["host"] == pseudonym("mains")
    assert latest["host"] == told["host"]
    assert latest["devices"]["plug"]["error"] == f"no answer from {pseudonym('mains')}"


def test_two_hosts_stay_two() -> None:
    assert pseudonym("lab1") != pseudonym("lab2")
    assert "lab" not in pseudonym("lab1")
    assert without_hosts({"host": "lab1", "n": 1, "list": ["lab10/x/y"]}, ["lab1"])["list"] == ["lab10/x/y"]


VERBS_THAT_TELL = {
    "run": ["run", "--backends", "estimate", "--json", "--anonymous", "--", "true"],
    "doctor": ["doctor", "--watch", "0", "--json", "--anonymous"],
    "monitor": [
        "monitor",
        "--backends",
        "estimate",
        "--seconds",
        "0.1",
        "--interval",
        "0.05",
        "--json",
        "--anonymous",
    ],
    "measure": [
        *("measure", "time:time", "--backends", "estimate", "--min-seconds", "0.05", "--max-seconds", "0.2"),
        *("--json", "--anonymous"),
    ],
    "read": ["read", "RUNS", "--json", "--anonymous"],
}


@pytest.mark.parametrize("verb", VERBS_THAT_TELL)
def test_anonymous_leaves_the_host_out(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    write_jsonl("RUNS", [a_run(host_name())])
    words = VERBS_THAT_TELL[verb]
    assert main(words) == 0
    hidden = capfd.readouterr().out
    assert f'"{host_name()}/' not in hidden
    assert f'"{host_name()}"' not in hidden
    assert pseudonym(host_name()) in hidden
    assert main([word for word in words if word != "--anonymous"]) == 0
    assert f"{host_name()}/" in capfd.readouterr().out


# What a page carries ------------------------------------------------------------------------------


def test_the_page_carries_no_program_but_our_own() -> None:
    page = document_of(payload_of([], title="t"), version="1")
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    assert own_script().strip() in [one.strip() for one in scripts]
    others = [one for one in scripts if one.strip() != own_script().strip()]
    assert all(json.loads(one) is not None for one in others if one.strip()), "data only"
    assert "NOTICE" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_page_on_security_is_there_and_true() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)`", re.findall(r"`--anonymous` \(([^)]*)\)", text)[0])
    assert set(named) == set(VERBS_THAT_TELL) <= {verb.name for verb in VERBS}
    assert "no pickle and no YAML tag is loaded" in text
    runs_data = re.compile(r"\b(?:pickle|marshal|shelve|yaml)\.\w+\(|\b(?:eval|exec|torch\.load)\(")
    readers = [path for path in SOURCES if path.is_relative_to(ROOT / "wattwhat" / "logs")]
    found = {path.name: runs_data.findall(path.read_text(encoding="utf-8")) for path in readers}
    assert not {name: calls for name, calls in found.items() if calls}
