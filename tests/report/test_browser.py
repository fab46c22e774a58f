"""The page in a real browser: it filters, compares, exports what it was given, and talks to nobody."""

import csv
import io
import math

import attrs
import numpy as np
import pytest

from tests.report import browser, made
from wattwhat.analysis.comparability import differences
from wattwhat.records.escaping import controls_shown, csv_text
from wattwhat.records.measurement import PROVENANCES
from wattwhat.report.export import export
from wattwhat.report.page import write_page
from wattwhat.scoring import pareto

pytestmark = pytest.mark.slow

MEASUREMENTS = [*made.alike(), *made.odd()]
ALIKE = range(12)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Pages are written once: most tests look at the same two."""
    from tests.report.test_grades import reference

    folder = tmp_path_factory.mktemp("pages")
    write_page(
        folder / "all.html", MEASUREMENTS, title="<i>Made</i> measurements", reference=reference(scope="gpu")
    )
    write_page(folder / "alike.html", made.alike(), reference=reference())
    return folder


@pytest.fixture
def page(driver, files):
    opened = browser.Page(*driver).open(files / "all.html")
    yield opened
    assert opened.complaints() == []
    assert opened.requests() == []


@pytest.fixture
def alike(driver, files):
    return browser.Page(*driver).open(files / "alike.html")


def values(key):
    """Of every measurement: its accuracy in percent, energy per item in J, or date; None where unknown."""
    found = {
        "accuracy": lambda m: 100 * m.metrics["accuracy"] if "accuracy" in m.metrics else None,
        "energy": lambda m: m.energy_per_item_j.value if m.items and m.energy_j.known else None,
        "date": lambda m: m.started_at.date().isoformat() if m.started_at else None,
    }[key]
    return [found(m) for m in MEASUREMENTS]


# Data, not markup ---------------------------------------------------------------------------------


def test_hostile_names_show_as_text(page):
    names = page.run(
        "return [...document.querySelectorAll('#table tbody th .model')].map(e => e.textContent)"
    )
    assert set(names) >= {controls_shown(name) for name in made.HOSTILE}
    assert page.driver.title == "<i>Made</i> measurements"
    assert page.text("h1") == "<i>Made</i> measurements"
    assert page.run("return document.querySelectorAll('img, iframe, object, h1 i').length") == 0
    assert page.run("return document.scripts.length") == 2


def test_hostile_names_stay_text_wherever_they_are_shown(page):
    page.pick(*(i for i, m in enumerate(MEASUREMENTS) if m.label in made.HOSTILE))
    assert all(controls_shown(name) in page.text("#comparison") for name in made.HOSTILE)
    assert page.text("#plot").count("<svg onload") == 1
    page.tick("family", made.HOSTILE[0].replace("\n", " "))
    assert page.run("return document.querySelectorAll('img, [onload], [onerror]').length") == 0
    assert page.driver.title == "<i>Made</i> measurements"


def test_the_page_could_not_send_anything_if_it_tried(alike):
    refused = alike.driver.execute_async_script(
        "const done = arguments[0]; fetch('http://127.0.0.1:9/').then(() => done('sent'), e => done(e.name))"
    )
    assert refused == "TypeError"
    assert any("Content Security Policy" in said for said in alike.complaints())


def test_names_from_right_to_left_turn_nothing_around(driver, tmp_path):
    from tests.made_runs import simple

    names = ["evil\u202egnp.exe", "\u05d0\u05d1\u05d2"]
    made_of = [
        simple(1.9 * (1 + i), 0.1, label=name, metrics={"accuracy": 0.7 + i / 10})
        for i, name in enumerate(names)
    ]
    write_page(tmp_path / "names.html", made_of)
    page = browser.Page(*driver).open(tmp_path / "names.html")
    assert "evil[U+202E]gnp.exe" in page.text("#chart-summary")
    assert names[1] in page.run(
        "return [...document.querySelectorAll('#chart-summary bdi')].map(e => e.textContent)"
    )
    assert page.run("return document.querySelectorAll('#table tbody bdi.model').length") == 2
    assert "\u202e" not in page.run("return document.documentElement.outerHTML")


# Filters ------------------------------------------------------------------------------------------


def test_rows_of_one_name_are_told_apart_by_the_fewest_settings(driver, tmp_path):
    from wattwhat import Measurement, Quantity

    rows = [
        Measurement(
            label="net",
            energy_j=Quantity(1.0 + number, 0.1, "J"),
            items=1,
            details={"fields": {"runtime": runtime, "run": f"log-{number}", "load": str(0.5 + number)}},
        )
        for number, runtime in enumerate(("eager", "compile", "onnx"))
    ]
    write_page(tmp_path / "page.html", rows)
    page = browser.Page(*driver).open(tmp_path / "page.html")
    names = page.run(
        "return [...document.querySelectorAll('#table tbody bdi.model')].map(e => e.textContent)"
    )
    assert sorted(name.strip() for name in names) == ["net (compile)", "net (eager)", "net (onnx)"]


@pytest.mark.parametrize(
    ("key", "low", "high"),
    [("accuracy", 57, 70.5), ("energy", 0.3, 1.2), ("date", "2026-03-03", "2026-03-08")],
)
def test_a_range_shows_what_lies_in_it_and_nothing_unknown(page, key, low, high):
    factor = 1000 if key == "energy" else 1  # the page shows mJ
    assert key != "energy" or "(mJ)" in page.text("#filters")
    page.type(f"[name={key}-0]", low * factor if key == "energy" else low)
    assert set(page.shown()) == {
        i for i, value in enumerate(values(key)) if value is not None and value >= low
    }
    page.type(f"[name={key}-1]", high * factor if key == "energy" else high)
    expected = {i for i, value in enumerate(values(key)) if value is not None and low <= value <= high}
    assert 0 < len(expected) < len(MEASUREMENTS)
    assert set(page.shown()) == expected
    assert page.text("#count").startswith(f"{len(expected)} of {len(MEASUREMENTS)}")
    page.one("#clear").click()
    assert len(page.shown()) == len(MEASUREMENTS)


def test_search_takes_words_of_name_family_and_device(page):
    page.type("[name=search]", "alpha NET1")
    assert set(page.shown()) == {10}
    page.type("[name=search]", "package 0")
    assert set(page.shown()) == {12}
    page.type("[name=search]", "no such thing")
    assert page.shown() == []
    assert "No measurement passes" in page.text("#more")
    assert "Nothing to draw" in page.text("#chart-summary")


def test_ticked_values_filter_and_combine(page):
    page.tick("family", "Alpha")
    assert set(page.shown()) == {0, 2, 4, 6, 8, 10}
    page.tick("family", "Beta")
    assert set(page.shown()) == set(ALIKE)
    page.type("[name=accuracy-0]", 80)
    assert set(page.shown()) == {10, 11}
    page.tick("provenance", "estimated")
    assert page.shown() == []


def test_grades_filter(page):
    letters = page.run(
        "const rows = [...document.querySelectorAll('#table tbody tr')];"
        "return rows.map(row => [Number(row.dataset.id), row.querySelector('.badge')?.textContent])"
    )
    letter = next(letter for _, letter in letters if letter)
    page.tick("grade", letter)
    assert set(page.shown()) == {i for i, one in letters if one == letter}


def test_the_chart_draws_what_is_shown(page):
    page.tick("family", "Alpha")
    paths = page.run("return document.querySelectorAll('#plot .marks path').length")
    assert paths == 6
    assert "6 models drawn" in page.text("#chart-summary")


def test_the_front_is_that_of_the_scores(page):
    page.press("Only gpu", "#unlike")
    drawn = [i for i in page.shown() if values("energy")[i] is not None and values("accuracy")[i] is not None]
    front = pareto([values("accuracy")[i] for i in drawn], [values("energy")[i] for i in drawn])
    assert 0 < sum(front) < len(drawn)
    assert f" {sum(front)} on the Pareto front" in page.text("#chart-summary")


# Unlike things ------------------------------------------------------------------------------------


def test_unlike_energies_are_never_ranked_without_a_warning(page):
    assert "No ranking" in page.text("#unlike")
    assert "Least energy" not in page.text("#chart-summary")
    assert "Pareto fronts of" in page.text("#chart-summary")
    assert "scope" in page.text("#unlike")
    assert "origin" in page.text("#unlike")
    assert "no ranking" in page.text("#table-warning")
    page.press("Only gpu", "#unlike")
    assert page.run("return document.querySelector('#unlike')") is None
    assert "Least energy" in page.text("#chart-summary")
    assert page.text("#table-warning") == ""
    page.pick(0)
    page.one("#clear").click()
    page.pick(12)
    assert "unlike things" in page.text("#comparison .warning")


def test_bands_say_for_whom_they_hold(page):
    assert "reference “made” (12 models)" in page.text("#chart-note")
    assert "do not hold for 1 model" in page.text("#chart-note")
    assert page.run("return document.querySelectorAll('#plot .bands .band').length") == 7
    page.type("[name=search]", "net")
    assert "do not hold" not in page.text("#chart-note")
    page.type("[name=search]", "estimate")
    assert page.run("return document.querySelectorAll('#plot .bands .band').length") == 0


def test_estimates_look_and_read_differently(page):
    legend = page.run("return [...document.querySelectorAll('#legend li')].map(li => li.textContent)")
    assert {"measured", "estimated", "imported"} <= set(legend)
    hollow = page.run("return document.querySelectorAll('#plot .marks [fill-opacity=\"0\"] path').length")
    assert hollow == 1
    assert page.text("tr[data-id='12'] .origin").strip() == "estimated"


def test_every_provenance_has_a_mark_in_the_legend(driver, tmp_path):
    kinds = [
        made.model(kind, n, accuracy=0.5 + n / 20, provenance=kind) for n, kind in enumerate(PROVENANCES, 1)
    ]
    write_page(tmp_path / "kinds.html", kinds, title="Kinds")
    page = browser.Page(*driver).open(tmp_path / "kinds.html")
    legend = page.run("return [...document.querySelectorAll('#legend li')].map(li => li.textContent)")
    assert set(PROVENANCES) <= set(legend)
    drawn = page.run("return document.querySelectorAll('#legend li svg *').length")
    assert drawn >= len(PROVENANCES)


def test_another_basis_is_named_on_the_axis(page):
    assert "energy per item (mJ)" in page.text("#plot")
    page.run(
        "const all = [...document.querySelectorAll('#chart-tools select')];"
        "const one = all.find(one => one.value === 'item');"
        "one.value = 'total'; one.dispatchEvent(new Event('change'))"
    )
    page.until("return document.querySelector('#plot').textContent.includes('energy of the whole span')")
    assert "energy of the whole span" in page.text("#table thead")
    assert "energy per item" not in page.text("#table thead")


# Comparison ---------------------------------------------------------------------------------------


def drawn_ratio(a, b, together):
    """95 % interval of the ratio of two energies by sampling: the gain is drawn once if it is shared."""
    rng, n = np.random.default_rng(1), 400_000
    own = np.exp(made.OWN * rng.standard_normal((2, n)))
    gains = np.exp(made.GAIN * rng.standard_normal((2, n)))
    gains = gains[[0, 0]] if together else gains
    ratio = (a.energy_per_item_j.value * own[0] * gains[0]) / (b.energy_per_item_j.value * own[1] * gains[1])
    return np.quantile(ratio, [0.025, 0.975])


@pytest.mark.parametrize(("other", "together"), [(7, True), (12, False)])
def test_a_ratio_has_the_interval_that_sampling_gives(page, other, together):
    page.pick(2, other)
    if not together:
        page.run("document.querySelector('#comparison .warning input').click()")
    found = page.cell("ratio", 1)
    a, b = MEASUREMENTS[other], MEASUREMENTS[2]
    assert found["value"] == pytest.approx(a.energy_per_item_j.value / b.energy_per_item_j.value, rel=1e-12)
    assert (found["low"], found["high"]) == pytest.approx(drawn_ratio(a, b, together), rel=0.01)
    assert ("needs more" in found["text"]) == (found["low"] > 1)


def test_costs_follow_what_the_reader_sets(page):
    page.pick(0, 5)
    for name, value in (("volume", 3e9), ("price", 0.4), ("intensity", 123)):
        page.set(name, value)
    for column, i in enumerate((0, 5)):
        joules = MEASUREMENTS[i].energy_per_item_j * 3e9
        assert page.cell("joules", column)["value"] == pytest.approx(joules.value)
        assert page.cell("joules", column)["u"] == pytest.approx(joules.u)
        assert page.cell("money", column)["value"] == pytest.approx(joules.to("kWh").value * 0.4)
        assert page.cell("grams", column)["value"] == pytest.approx(joules.to("kWh").value * 123)
    a, b = (MEASUREMENTS[i].energy_per_item_j.value for i in (5, 0))
    saved = page.cell("saved", 1)
    assert saved["value"] == pytest.approx((a - b) * 3e9)
    half = 1.959964 * 3e9 * math.hypot(made.GAIN * (a - b), made.OWN * a, made.OWN * b)
    assert saved["high"] - saved["value"] == pytest.approx(half)


def test_a_slider_sets_its_number(page):
    page.pick(0)
    page.set("volume-slider", 9)
    assert page.run("return document.querySelector('[name=volume]').value") == "1000000000"
    assert page.cell("joules", 0)["value"] == pytest.approx(MEASUREMENTS[0].energy_per_item_j.value * 1e9)


def test_points_of_accuracy_have_an_interval(page):
    page.pick(0, 6)
    found = page.cell("points", 1)
    u = 100 * math.sqrt((0.5 * 0.5 + 0.68 * 0.32) / 10_000)
    assert found["value"] == pytest.approx(18)
    assert found["high"] - found["low"] == pytest.approx(2 * 1.959964 * u)


def test_what_is_not_known_is_said_not_zero(page):
    ids = {m.label: i for i, m in enumerate(MEASUREMENTS)}
    page.pick(0, ids["lost"], ids["no accuracy"], ids["unknown u"])
    assert page.cell("energy", 1)["text"] == "–"
    assert page.cell("joules", 1)["text"] == "–"
    assert page.cell("ratio", 1)["text"] == "–"
    assert page.cell("accuracy", 2)["text"] == "–"
    page.run("document.querySelector('#comparison .warning input').click()")
    assert "unknown" in page.cell("ratio", 3)["text"]
    assert "all lost" in page.cell("warnings", 1)["text"]
    assert "sensor gain" in page.cell("budget", 0)["text"]
    assert "86 % of the variance" in page.cell("budget", 0)["text"]


def test_the_first_one_picked_is_the_reference_until_another_is_chosen(page):
    page.pick(1, 3)
    assert page.cell("ratio", 0)["text"] == "reference"
    page.press("compare with this", "#comparison")
    assert page.cell("ratio", 1)["value"] == pytest.approx(1 / 1.5**2)


# Table and export ---------------------------------------------------------------------------------


def test_a_column_sorts_both_ways_with_the_unknown_last(page):
    known = [i for i, value in enumerate(values("energy")) if value is not None]
    for down in (False, True):
        page.run("document.querySelector('[data-column=model] button').click()") if not down else None
        page.run("document.querySelector('[data-column=energy] button').click()")
        order = page.shown()
        energies = [values("energy")[i] for i in order[: len(known)]]
        assert energies == sorted(energies, reverse=down)
        assert set(order[len(known) :]) == set(range(len(MEASUREMENTS))) - set(known)
        expected = "descending" if down else "ascending"
        assert page.one("[data-column=energy]").get_attribute("aria-sort") == expected


def exported(page):
    target = page.folder / "downloads"
    for old in target.glob("*"):
        old.unlink()
    page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(target)}
    )
    page.one("#export").click()
    from selenium.webdriver.support.ui import WebDriverWait

    file = target / "wattwhat.csv"
    WebDriverWait(page.driver, browser.PATIENCE_S, poll_frequency=0.02).until(
        lambda _: file.exists() and file.stat().st_size
    )
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))


def number(cell):
    return float(cell) if cell else None


def in_a_table(text):
    """A text as every table of ours has it."""
    return next(csv.reader(io.StringIO(csv_text([[text, 0]]), newline="")))[0]


def test_the_exported_csv_equals_the_data(page):
    rows = exported(page)
    by_label = {in_a_table(m.label): m for m in MEASUREMENTS}
    assert sorted(row["label"] for row in rows) == sorted(by_label)
    for row in rows:
        m = by_label[row["label"]]
        item = m.energy_per_item_j if m.energy_j.known else None
        assert number(row["energy_per_item_j"]) == (None if item is None else item.value)
        u = None if item is None or math.isinf(item.u) else item.u
        assert number(row["u_energy_per_item_j"]) == u
        assert number(row["energy_j"]) == (m.energy_j.value if m.energy_j.known else None)
        assert number(row["metric_accuracy"]) == m.metrics.get("accuracy")
        assert row["provenance"] == m.provenance
        assert row["warnings"] == in_a_table("; ".join(m.warnings))
        assert number(row["duration_s"]) == m.duration_s


def test_the_exported_csv_has_the_columns_and_cells_of_wattwhat_export(page):
    def read(cell):
        try:
            return float(cell)
        except ValueError:
            return cell

    ours = list(csv.DictReader(io.StringIO(export(MEASUREMENTS, "csv"), newline="")))
    theirs = {row["label"]: row for row in exported(page)}
    assert list(next(iter(theirs.values())))[: len(ours[0])] == list(ours[0])
    for row in ours:
        assert {name: read(cell) for name, cell in row.items()} == {
            name: read(theirs[row["label"]][name]) for name in row
        }


def test_only_shown_rows_are_exported_in_their_order(page):
    page.tick("family", "Beta")
    page.run("document.querySelector('[data-column=energy] button').click()")
    assert [row["label"] for row in exported(page)] == ["net11", "net9", "net7", "net5", "net3", "net1"]


# Pointing and keyboard ----------------------------------------------------------------------------


def marker(page, name):
    """Where the marker of a model is on the screen, from the left and upper edge of the window."""
    page.run("document.querySelector('#chart').scrollIntoView()")
    return page.run(
        "const rows = [...document.querySelectorAll('#table tbody tr')];"
        "const row = rows.find(one => one.querySelector('.model').textContent === arguments[0]);"
        "const mark = document.querySelector(`#plot .marks path[data-id='${row.dataset.id}']`);"
        "const box = mark.getBoundingClientRect();"
        "return [box.x + box.width / 2, box.y + box.height / 2]",
        name,
    )


def test_hovering_tells_and_clicking_picks(alike):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.actions.action_builder import ActionBuilder

    x, y = marker(alike, "net4")
    actions = ActionBuilder(alike.driver)
    actions.pointer_action.move_to_location(round(x), round(y))
    actions.perform()
    told = alike.text("#hover")
    assert "net4" in told
    assert "0.506 ± 0.055 J" in told
    assert "measured" in told
    assert "Example GPU" in told
    ActionChains(alike.driver).click().perform()
    assert alike.run("return document.querySelector(\"tr[data-id='4'] .tick input\").checked") is True
    assert "net4" in alike.text("#comparison")
    assert alike.complaints() == []


def test_the_chart_works_from_the_keyboard(alike):
    from selenium.webdriver.common.keys import Keys

    chart = alike.one("#chart")
    chart.send_keys(Keys.HOME)
    assert alike.text("#spoken").startswith("net0.")
    chart.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ENTER)
    assert alike.text("#spoken").startswith("net2")
    assert alike.cell("energy", 0)["value"] == pytest.approx(0.1 * 1.5**2)

    def labels():
        return alike.run(
            "return [...document.querySelectorAll('#plot .axes text')].map(t => t.textContent).sort()"
        )

    before = labels()
    chart.send_keys("+", "+", "+")
    assert labels() != before
    chart.send_keys("0")
    assert labels() == before
    assert alike.complaints() == []


def test_everything_that_can_be_set_has_a_name(page):
    page.pick(0, 1)
    nameless = page.run(
        "const words = one => one.getAttribute('aria-label') || one.textContent.trim()"
        " || [...(one.labels || [])].map(label => label.textContent.trim()).join('');"
        "const all = [...document.querySelectorAll('input, select, button')];"
        "return all.filter(one => !words(one)).map(one => one.outerHTML)"
    )
    assert nameless == []
    assert page.run("return document.documentElement.lang") == "en"
    assert "arrow keys" in page.text("#chart-help")


# Every kind of data -------------------------------------------------------------------------------

SINE = {"t_s": [0.1 * i for i in range(900)], "power_w": [50 + 9 * math.sin(0.05 * i) for i in range(900)]}
LITTLE = {
    "none": ([], "There is no measurement", "Nothing to draw"),
    "one": ([made.model("only", 1, accuracy=0.5)], "No measurement names a family", "1 model drawn"),
    "no accuracy": ([made.model("a", 1), made.model("b", 2)], "energy alone", "Energy alone"),
    "zero": (
        [made.model("a", 1, accuracy=0.5), made.model("b", 0, accuracy=0.6)],
        "No grades",
        "cannot stand on a log axis",
    ),
    "lost": ([made.odd()[1]], "have no energy", "Nothing to draw"),
    "identical": (
        [made.model("x", 1 + i, accuracy=0.5) for i in range(1000)],
        "No grades",
        "1000 models drawn",
    ),
}


@pytest.mark.parametrize("kind", LITTLE)
def test_the_page_works_with_little_and_says_what_is_missing(driver, tmp_path, kind):
    measurements, missing, said = LITTLE[kind]
    write_page(tmp_path / "page.html", measurements)
    page = browser.Page(*driver).open(tmp_path / "page.html")
    assert missing in page.text("#missing")
    assert said in page.text("#chart-summary")
    assert 0 < len(page.shown()) <= len(measurements) if measurements else page.shown() == []
    if measurements:
        page.pick(page.shown()[0])
        assert page.text("#comparison .model").startswith(measurements[page.shown()[0]].label)
    assert page.complaints() == []
    assert page.requests() == []


def test_a_trace_is_drawn_as_power_over_time(driver, tmp_path):
    write_page(
        tmp_path / "page.html", [made.model("traced", 1, accuracy=0.5, trace=SINE), made.model("not", 2)]
    )
    page = browser.Page(*driver).open(tmp_path / "page.html")
    page.pick(0)
    page.until("return document.querySelector('#trace .lines path')")
    assert "41 to 59 W" in page.text("#trace")
    assert "power (W)" in page.text("#trace")
    page.pick(0)
    assert page.run("return document.querySelector('#trace')") is None
    assert page.complaints() == []


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_no_screen_is_too_small(driver, files, width, dark):
    opened = browser.Page(*driver)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    opened.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    opened.open(files / "all.html", width=width)
    opened.pick(0, 5)
    assert opened.run("return document.documentElement.scrollWidth") <= width
    ink, paper = opened.run(
        "const luma = c => c.match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0);"
        "const style = selector => getComputedStyle(document.querySelector(selector));"
        "return [luma(style('#plot text').fill), luma(style('body').backgroundColor)]"
    )
    assert (ink > paper) == dark
    assert abs(ink - paper) > 300
    opened.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("width", [390, 1280])
def test_a_name_as_long_as_a_page_does_not_widen_it(driver, tmp_path, width):
    named = [made.model("a" * 3000, 3.0, accuracy=0.9), *made.alike()]
    write_page(tmp_path / "long.html", named)
    opened = browser.Page(*driver).open(tmp_path / "long.html", width=width)
    assert opened.run("return document.documentElement.scrollWidth") <= width


def test_print_shows_all_there_is_on_white(driver, files):
    opened = browser.Page(*driver).open(files / "all.html")
    opened.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]},
    )
    assert opened.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.run("return getComputedStyle(document.querySelector('#filters')).display") == "none"
    assert opened.run("return getComputedStyle(document.querySelector('#table')).display") == "table"
    opened.type("[name=search]", "net")
    opened.until("return document.querySelector('#printed').textContent.includes('search: net')")
    shown = opened.text("#printed")
    assert "0.25 EUR" in shown
    assert "400 g of CO" in shown
    opened.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def test_every_row_is_printed_however_many_there_are(driver, tmp_path):
    write_page(tmp_path / "many.html", [made.model(f"net{i}", 1.0 + i, accuracy=0.5) for i in range(150)])
    opened = browser.Page(*driver).open(tmp_path / "many.html")
    lines = "return document.querySelectorAll('#table tbody tr[data-id]').length"
    assert opened.run(lines) < 150
    opened.run("window.dispatchEvent(new Event('beforeprint'))")
    assert opened.run(lines) == 150
    opened.run("window.dispatchEvent(new Event('afterprint'))")
    assert opened.run(lines) < 150


# One rule for what may be compared -----------------------------------------------------------------


def compared(driver, folder, measurements, *picked):
    write_page(folder / "page.html", measurements)
    page = browser.Page(*driver).open(folder / "page.html")
    page.pick(*picked)
    return page


A100, H100 = (attrs.evolve(made.BOARD, device=name, id=f"lab/nvml/{name}/board") for name in ("A100", "H100"))
UNLIKE = {
    "batch": [made.model("a", 1, accuracy=0.5), attrs.evolve(made.model("b", 2, accuracy=0.6), calls=50)],
    "device": [
        made.model("a", 1, accuracy=0.5, channel=A100),
        made.model("b", 2, accuracy=0.6, channel=H100),
    ],
    "data set": [
        made.model(name, 1, accuracy=0.5, dataset=dataset)
        for name, dataset in (("a", "mnist"), ("b", "cifar"))
    ],
    "origin": [
        made.model("a", 1, accuracy=0.5),
        made.model("b", 1, accuracy=0.5, provenance="estimated"),
    ],
    "components": [made.model("a", 1, accuracy=0.5), made.model("b", 1, accuracy=0.5, channel=made.PACKAGE)],
}


@pytest.mark.parametrize("pair", [*UNLIKE, None])
def test_the_page_compares_what_compare_compares_and_says_why_not_in_its_words(driver, tmp_path, pair):
    measurements = UNLIKE[pair] if pair else made.alike(2)
    page = compared(driver, tmp_path, measurements, 0, 1)
    refusals = differences(*measurements, "item")
    assert bool(refusals) == bool(pair)
    if not pair:
        assert page.cell("ratio", 1)["value"] == pytest.approx(1.5)
        return
    assert all(sentence in page.text("#comparison .warning") for sentence in refusals)
    for row in ("ratio", "saved"):
        assert page.cell(row, 1)["text"].startswith("not compared")
        assert "value" not in page.cell(row, 1)
    page.run("document.querySelector('#comparison .warning input').click()")
    assert "value" in page.cell("ratio", 1)


@pytest.mark.parametrize("pair", ["device", "data set"])
def test_devices_and_data_sets_have_fronts_of_their_own_and_no_common_least(driver, tmp_path, pair):
    page = compared(driver, tmp_path, UNLIKE[pair])
    assert "No ranking" in page.text("#unlike")
    assert "2 on the Pareto fronts of 2 kinds" in page.text("#chart-summary")
    assert "Least energy" not in page.text("#chart-summary")
    assert ("Most accurate" in page.text("#chart-summary")) == (pair == "device")
    page.press("Only", "#unlike")
    assert len(page.shown()) == 1
    assert "Least energy" in page.text("#chart-summary")


def test_what_only_some_state_keeps_nothing_apart(driver, tmp_path):
    measurements = [made.model("a", 1, accuracy=0.5, dataset="mnist"), made.model("b", 2, accuracy=0.6)]
    assert compared(driver, tmp_path, measurements).run("return document.querySelector('#unlike')") is None


def test_an_energy_of_unknown_uncertainty_does_not_look_exact(page):
    signs = "return [...document.querySelectorAll('#plot text')].filter(t => t.textContent === '?').length"
    assert page.run(signs) == 1
    assert "not known" in page.text("#legend")
    assert "unknown uncertainty" in page.text("#chart-summary")
    page.type("[name=search]", "net")
    assert page.run(signs) == 0
    assert "exact" not in page.text("#legend")
