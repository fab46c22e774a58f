"""The comparison page in a real browser: how soon it is there, how soon it answers, how large it is.

Needs selenium, chromium and chromedriver, as the tests of the page do. Each round starts a browser with a
profile of its own; the page is the first thing that it shows, and then once more in a new tab, as a visitor
opens it whose browser runs. Beside the time that passed stands the processor time of the page's main thread
(of the process, for the report), which other work lengthens less.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.surroundings import ROOT, environment
from benchmarks.table import Limit, Options, Table, summary

ROWS = 1200
FEW = 4
# Openings and how many rows they open, in the order in which they are made.
OPENED = {
    f"open {ROWS} rows, new browser": ROWS,
    f"for scale: open {FEW} rows, new tab": FEW,
    f"open {ROWS} rows, new tab": ROWS,
}
# What is done in the page, and the script that does it in a round. Each filter is cleared before the next.
ACTIONS = {
    "search by a word": "type('[name=search]', round % 2 ? 'family_3' : 'b1')",
    "filter by a range": "type('[name=energy-1]', round % 2 ? 20 : 40)",
    "open the list of families": "find('[data-facet=family]')[0].open = round % 2 === 0",
    "tick a family": "find('[data-facet=family] input')[round].click()",
    "sort by a column": "find(`[data-column=${round % 2 ? 'model' : 'accuracy'}] button`)[0].click()",
    "limit the energy": "type('[name=limit-energy]', `${1 + round} J`)",
    "pick a row": "find('#table .tick input')[round].click()",
}
FILTERS = ("search by a word", "filter by a range", "tick a family")
ANSWER_MS = 100.0
LOAD_MS = 500.0
REPORT_MS = 1500.0
MOST_MB = {ROWS: 1.3, FEW: 0.7}
# Answers with the milliseconds until the picture that shows the change has been drawn.
_ANSWER = """
const [action, round, done] = arguments;
const find = (selector) => document.querySelectorAll(selector);
const type = (selector, value) => {
  const field = find(selector)[0];
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
};
const parts = '#count, #answer-text, #tray, #table thead, [data-facet=family]';
const state = () => [...find(parts)].map((one) => one.outerHTML).join();
const before = state();
const began = performance.now();
new Function('find', 'type', 'round', action)(find, type, round);
const after = () => {
  const { port1, port2 } = new MessageChannel(); // its message comes after the picture
  port1.onmessage = () => done(performance.now() - began);
  port2.postMessage(0);
};
const late = () => performance.now() - began > 10000;
const wait = () => (state() !== before || late() ? requestAnimationFrame(after) : setTimeout(wait, 1));
wait();
"""
_LOADED = """
const done = arguments[arguments.length - 1];
const paint = () => performance.getEntriesByName('first-contentful-paint')[0];
const ready = () => Number(document.documentElement.dataset.readyMs);
const wait = () => (paint() && ready() ? done([ready(), paint().startTime]) : setTimeout(wait, 5));
wait();
"""


def thread_ms(driver: Any) -> float:
    """Processor time of the page's main thread so far."""
    found = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return 1e3 * next(one["value"] for one in found if one["name"] == "TaskDuration")


def opened(driver: Any, path: Path) -> tuple[float, float]:
    """Open the page; milliseconds until it is drawn and ready, passed and of its main thread."""
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    begin_ms = thread_ms(driver)
    driver.get(path.as_uri())
    passed_ms = max(driver.execute_async_script(_LOADED))
    return passed_ms, thread_ms(driver) - begin_ms


def visit(pages: dict[int, Path], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Start a browser a round, open the pages in it, and in the last round do what a visitor does."""
    from tests.report import browser

    found: dict[str, list[tuple[float, float]]] = {name: [] for name in OPENED}
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            driver = browser.start(Path(folder))
            try:
                for name, count in OPENED.items():
                    driver.switch_to.new_window("tab")
                    found[name].append(opened(driver, pages[count]))
                if number == rounds - 1:
                    found.update(answers(driver, rounds))
            finally:
                driver.quit()
    return found


def answers(driver: Any, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds from each action to the picture that shows it, passed and of the main thread, by round."""
    found: dict[str, list[tuple[float, float]]] = {}
    for name, action in ACTIONS.items():
        for number in range(rounds):
            begin_ms = thread_ms(driver)
            passed_ms = driver.execute_async_script(_ANSWER, action, number)
            found.setdefault(name, []).append((passed_ms, thread_ms(driver) - begin_ms))
        if name in FILTERS:
            driver.execute_script("document.querySelector('#clear').click()")
    return found


def report_ms(log: Path, page: Path) -> tuple[float, float]:
    """Milliseconds of `wattwhat report` in a process of its own, passed and of the processor."""
    arguments = ["report", str(log), "-o", str(page)]
    code = f"import sys; from wattwhat.cli import main; sys.exit(main({arguments!r}))"
    begin, used = time.perf_counter_ns(), os.times()
    subprocess.run([sys.executable, "-c", code], env=environment(), cwd=ROOT, check=True, capture_output=True)
    now = os.times()
    processor_s = now.children_user + now.children_system - used.children_user - used.children_system
    return (time.perf_counter_ns() - begin) * 1e-6, 1e3 * processor_s


def run(options: Options) -> Table:
    """Write the pages, open them cold, and do what a visitor does."""
    from tests.report import browser, made
    from wattwhat.records.jsonl import write_jsonl

    notes = [browser.missing()] if browser.missing() else []

    rounds = options.times(5, 1)
    report = f"wattwhat report, {ROWS} rows"
    with tempfile.TemporaryDirectory() as name:
        pages = {count: Path(name) / f"{count}.html" for count in (FEW, ROWS)}
        for count, page in pages.items():
            write_jsonl(log := page.with_suffix(".jsonl"), made.many(count))
            written = [report_ms(log, page) for _ in range(rounds if count == ROWS else 1)]
        taken = {report: written}
        sizes = {count: page.stat().st_size / 1e6 for count, page in pages.items()}
        if not notes:
            taken.update(visit(pages, rounds))
    greatest = {name: None if count == FEW else LOAD_MS for name, count in OPENED.items()}
    greatest = {**dict.fromkeys(ACTIONS, ANSWER_MS), **greatest, report: REPORT_MS}
    return _table(taken, sizes, greatest, rounds, notes)


def _table(
    taken: dict[str, list[tuple[float, float]]],
    sizes: dict[int, float],
    greatest: dict[str, float | None],
    rounds: int,
    notes: list[str],
) -> Table:
    rows = []
    for name, pairs in taken.items():
        passed, processor = zip(*pairs, strict=True)
        rows.append([name, *summary(passed), statistics.median(processor), greatest[name]])
    limits = [
        Limit(name, statistics.median([one for one, _ in pairs]), limit, "ms")
        for name, pairs in taken.items()
        if (limit := greatest[name]) is not None
    ]
    limits += [Limit(f"page of {count} rows", size, MOST_MB[count], "MB") for count, size in sizes.items()]
    return Table(
        "page",
        f"ms until the picture is on the screen, in Chromium, median of {rounds}",
        ["what", "median", "min", "p99", "processor", "limit"],
        rows,
        limits,
        ["processor: time of the page's main thread (of the process, for the report), median", *notes],
    )
