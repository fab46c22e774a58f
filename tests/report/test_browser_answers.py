"""The page in a real browser: what a visitor asks is answered, kept in the address and sent on."""

import csv
import io
import json
import re

import attrs
import pytest

from tests.report import browser, made
from wattwhat import compare
from wattwhat.report.page import page_html, write_page
from wattwhat.scoring import FrontierGrade

pytestmark = pytest.mark.slow

ALIKE = made.alike()


def before_and_after():
    """Three need less, one more, two cannot be told apart, one has no partner."""
    shares = (0.5, 0.6, 0.7, 1.5, 1.001, 0.999)
    return {
        "before": ALIKE[:7],
        "after": [
            attrs.evolve(m, energy_j=m.energy_j * share, budget=[(name, u * share) for name, u in m.budget])
            for m, share in zip(ALIKE, shares, strict=False)
        ],
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    from tests.report.test_grades import reference

    folder = tmp_path_factory.mktemp("pages")
    write_page(folder / "alike.html", ALIKE, reference=reference())
    write_page(folder / "odd.html", [*ALIKE, *made.odd()])
    write_page(
        folder / "settings.html", made.settings(), analysis="What moves the energy:\n  <b>batch size</b>"
    )
    write_page(folder / "pairs.html", before_and_after())
    write_page(folder / "many.html", made.many(1200))
    write_page(folder / "hundred.html", made.many(100))
    write_page(folder / "four.html", ALIKE[:4])
    return folder


@pytest.fixture
def page(driver, files):
    opened = browser.Page(*driver)
    yield opened
    assert opened.complaints() == []
    assert opened.requests() == []


def typed(page, name, value):
    """Type into a field of the answer and wait until the page has taken it."""
    field = page.one(f"[name={name}]")
    page.run("arguments[0].value = ''; arguments[0].removeAttribute('aria-invalid')", field)
    field.send_keys(value)
    page.until("return arguments[0].getAttribute('aria-invalid') !== null", field)
    page.settled()
    return page.text("#answer-text")


def fragment(page, *expected):
    page.until(
        "return arguments[0].every(one => decodeURIComponent(location.hash).includes(one))", list(expected)
    )
    return page.run("return location.hash.slice(1)")


# Answers --------------------------------------------------------------------------------------------


LIMITS = {
    "1 J": 1.0,
    "300 mJ": 0.3,
    "0,5 J": 0.5,
    "0.0001 Wh": 0.36,
    "under 2J": 2.0,
    "1500 µJ": 0.0015,
    "0.0002 g CO2": 1.8,
    "0.2 mg CO2e at 360 g/kWh": 2.0,
    "1": 1.0,
}


def test_the_most_accurate_under_a_limit_as_people_write_it(page, files):
    page.open(files / "alike.html")
    for limit, joules in LIMITS.items():
        said = typed(page, "limit-energy", limit)
        within = [m for m in ALIKE if m.energy_per_item_j.value <= joules]
        if not within:
            assert "none of 12 models" in said
            continue
        best = max(within, key=lambda m: m.metrics["accuracy"])
        assert f": {best.label}, {100 * best.metrics['accuracy']:.1f}" in said, limit
        assert f"Runner-up {ALIKE[ALIKE.index(best) - 1].label}, " in said
        assert "needs 0.667 times the energy" in said


def test_what_is_no_limit_is_refused_with_how_to_write_it(page, files):
    page.open(files / "alike.html")
    before = page.text("#answer-text")
    for limit in ("fast", "1,250 J", "-1 J", "0 J", "5 EUR", "1 J J", "5 g", "1e999 J"):
        assert typed(page, "limit-energy", limit) == before, limit
        assert page.one("[name=limit-energy]").get_attribute("aria-invalid") == "true"
        assert page.text("#energy-problem")


def test_the_least_energy_for_an_accuracy_and_a_tie_that_cannot_be_told(page, files):
    page.open(files / "alike.html")
    page.run(
        "const s = document.querySelector('#answer-controls select'); s.value = 'least';"
        "s.dispatchEvent(new Event('change'))"
    )
    assert " net4, " in typed(page, "limit-accuracy", "60 %")
    page.open(files / "pairs.html")
    assert "cannot tell which needs less" in typed(page, "limit-energy", "0.55 J")


def test_an_answer_never_ranks_over_kinds_nor_over_devices_unasked(driver, tmp_path):
    def on(device, dataset, *names):
        channel = attrs.evolve(made.BOARD, device=device, id=f"lab/nvml/{device}/board")
        return [
            made.model(
                name, 1 + n, accuracy=0.5 + n / 10 + (device == "B") / 20, channel=channel, dataset=dataset
            )
            for n, name in enumerate(names)
        ]

    runs = [
        *on("A", "cifar", "a1", "a2", "a3"),
        *on("B", "cifar", "b1", "b2"),
        *on("A", "mnist", *(f"m{n}" for n in range(1, 7))),
    ]
    write_page(tmp_path / "page.html", runs)
    page = browser.Page(*driver).open(tmp_path / "page.html")
    said = page.text("#answer-text")
    assert "m6" in said
    assert not re.search(r"\b[ab]\d", said)
    choose = (
        "const [name, words] = arguments; const s = document.querySelector(`[aria-label='${name}']`);"
        "s.value = [...s.options].find(o => o.textContent.includes(words)).value;"
        "s.dispatchEvent(new Event('change'))"
    )
    page.run(choose, "Kind of energy", "cifar")
    assert "a3" in page.text("#answer-text")
    assert "b2" not in page.text("#answer-text")
    page.run(choose, "Device", "any device")
    said = page.text("#answer-text")
    assert "a3" in said
    assert "on A" in said
    assert "b2" in said
    assert "energies not compared" in said
    assert "6 rows of other kinds" in said


def test_a_limit_is_dragged_on_the_chart(page, files):
    from selenium.webdriver import ActionChains

    page.open(files / "alike.html")
    typed(page, "limit-energy", "1 J")
    grip = page.one("#plot .grip.x")
    ActionChains(page.driver).drag_and_drop_by_offset(grip, -150, 0).perform()
    moved = page.run("return document.querySelector('[name=limit-energy]').value")
    assert moved.endswith(" mJ")
    assert 100 < float(moved.split()[0]) < 1000
    assert "net6" not in page.text("#answer-text")
    fragment(page, "limit-energy=")


def test_the_arrow_keys_move_a_limit(page, files):
    from selenium.webdriver.common.keys import Keys

    page.open(files / "alike.html")
    typed(page, "limit-energy", "1 J")
    page.one("[name=limit-energy]").send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert page.run("return document.querySelector('[name=limit-energy]').value") == "907 mJ"
    assert "under 907 mJ" in page.text("#answer-text")


def test_the_probability_of_the_front_is_a_column_and_a_filter(page, files):
    from wattwhat.report.page.payload import payload_of

    page.open(files / "many.html")
    payload = payload_of(made.many(1200), title="t")
    place = payload["keys"].index("front_item")
    likely = sum(len(row) > place and (row[place] or 0) >= 0.5 for row in payload["cells"])
    page.run("document.querySelector('[data-column=chance] button').click()")
    page.run("document.querySelector('[data-column=chance] button').click()")
    page.type("[name=chance-0]", 50)
    assert page.text("#count").startswith(f"{likely} of 1200")
    assert (
        page.run("return Number(document.querySelector('#table').getAttribute('aria-rowcount'))")
        == likely + 1
        > 6
    )


def test_a_badge_opens_the_page_at_its_row(page, files):
    from wattwhat.report.badge import badge_of

    link = badge_of(ALIKE[5], page="page.html").link
    page.open(files / "alike.html", fragment=link.partition("#")[2])
    assert page.text("#tray li").startswith("net5: ")
    assert page.run("return document.querySelector('#comparison-section').getBoundingClientRect().top") < 500


# Where things are -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["four", "hundred", "many", "odd", "settings", "pairs"])
@pytest.mark.parametrize("dark", [False, True])
def test_the_chart_is_on_the_first_screen(page, files, name, dark):
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    top = "return document.querySelector('#chart').getBoundingClientRect().top"
    page.open(files / f"{name}.html", 390 if dark else 1440, 844)
    assert page.run(top) < (760 if dark else 250)
    assert page.run("return document.documentElement.scrollWidth") <= (390 if dark else 1440)
    assert page.run("return document.querySelector('#missing').getBoundingClientRect().top > 844")
    assert page.run("return document.documentElement.dataset.theme") == ("dark" if dark else "light")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize(("name", "width"), [("many", 1440), ("alike", 390), ("odd", 1440)])
def test_names_never_lie_over_each_other_and_all_members_are_listed(page, files, name, width):
    page.open(files / f"{name}.html", width)
    boxes = page.run(
        "return [...document.querySelectorAll('#plot .names text')].map(t => t.getBoundingClientRect())"
        ".map(b => [b.left, b.right, b.top, b.bottom])"
    )
    assert len(boxes) > 5
    for i, (left, right, top, bottom) in enumerate(boxes):
        for other in boxes[:i]:
            # letters are lower than their box: two pixels of it are empty
            assert left >= other[1] or other[0] >= right or top + 2 >= other[3] or other[2] + 2 >= bottom
    listed = page.run("return document.querySelectorAll('#front-list li').length")
    front = page.run("return Number(document.querySelector('#front-list h3').textContent.match(/\\d+$/)[0])")
    assert listed == front


# What is sent on ------------------------------------------------------------------------------------


def downloaded(page, words, name):
    target = page.folder / "downloads"
    for old in target.glob("*"):
        old.unlink()
    page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(target)}
    )
    page.press(words, "#share")
    from selenium.webdriver.support.ui import WebDriverWait

    file = target / name
    WebDriverWait(page.driver, browser.PATIENCE_S, poll_frequency=0.02).until(
        lambda _: file.exists() and file.stat().st_size
    )
    return file


def view(page):
    """Everything that a link must bring back."""
    return page.run(
        "const texts = ['#answer-text', '#comparison', '#tray', '#count', '#table', '#plot'];"
        "return [...texts.map(one => document.querySelector(one).textContent),"
        "document.documentElement.dataset.theme]"
    )


def test_a_link_opens_the_same_view(page, files):
    page.open(files / "alike.html")
    page.pick(7, 2)
    page.set("volume", 5e9)
    page.tick("family", "Alpha")
    page.run("document.querySelector('[data-column=accuracy] button').click()")
    page.run(
        "const s = document.querySelector('#theme select'); s.value = 'dark';"
        "s.dispatchEvent(new Event('change'))"
    )
    typed(page, "limit-energy", "2 J")
    address = fragment(
        page, "limit-energy=2", "only-family=Alpha", "pick=", "volume=5000000000", "theme=dark"
    )
    seen = view(page)
    assert "net2 against net7: 0.132" in seen[2]
    page.open(files / "alike.html", fragment=address)
    assert view(page) == seen
    # the same rows on a page that has more of them
    page.open(files / "odd.html", fragment=address)
    assert view(page)[2] == seen[2]


@pytest.mark.parametrize(
    "address",
    [
        "pick=nobody&only-family=Gamma&sort=nothing",
        "%E0%A4%A",
        "basis=x&colour=__proto__&band=9&volume=-3&along=zz",
        "limit-energy=lots",
    ],
)
def test_a_fragment_of_another_page_does_no_harm(page, files, address):
    page.open(files / "alike.html", fragment=address)
    assert page.run("return document.querySelector('#plot svg') !== null")
    page.one("#clear").click()
    assert len(page.shown()) == len(ALIKE)


def test_picked_rows_go_on_as_table_picture_page_and_text(page, files):
    page.open(files / "alike.html")
    page.pick(3, 5)
    rows = list(
        csv.DictReader(
            io.StringIO(downloaded(page, "Save picked", "wattwhat-picked.csv").read_text("utf-8-sig"))
        )
    )
    assert [row["label"] for row in rows] == ["net3", "net5"]
    drawing = downloaded(page, "Save chart as SVG", "wattwhat.svg").read_text("utf-8")
    assert drawing.startswith("<svg")
    assert "net11" in drawing
    assert "var(" not in drawing
    assert downloaded(page, "Save chart as PNG", "wattwhat.png").read_bytes().startswith(b"\x89PNG")
    page.type("[name=search]", "net1")
    saved = downloaded(page, "Save page", "wattwhat.html")
    page.run("document.execCommand = () => { window.copied = document.querySelector('textarea').value }")
    page.run("navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden'))")
    page.press("Copy as text", "#share")
    page.until("return window.copied")
    ratio = compare(ALIKE[5], ALIKE[3]).ratio
    assert f"net5 against net3: {ratio.value:.3g} times" in page.run("return window.copied")
    page.open(saved)
    assert [page.text(f"tr[data-id='{i}'] .model") for i in page.shown()] == ["net1", "net10", "net11"]
    assert "Saved from a page of 12 measurements" in page.text("#missing")


# Series, files, grades ------------------------------------------------------------------------------


def choose_chart(page, words):
    page.run(
        "const s = document.querySelector('#chart-tools select');"
        "s.value = [...s.options].find(o => o.textContent === arguments[0]).value;"
        "s.dispatchEvent(new Event('change'))",
        words,
    )


def test_energy_is_followed_along_a_setting_with_a_band(page, files):
    page.open(files / "settings.html")
    assert "batch size" in page.text("#table thead")
    choose_chart(page, "energy along batch size")
    assert page.run("return document.querySelectorAll('#plot .joined .series').length") == 4
    assert page.run("return document.querySelectorAll('#plot .joined .band').length") == 4
    assert "batch size" in page.text("#plot .axes")
    page.tick("field dtype".replace(" ", "\\ "), "int8")
    assert page.run("return document.querySelectorAll('#plot .joined .series').length") == 2
    address = fragment(page, "along=batch", "only-field+dtype=int8")
    page.open(files / "settings.html", fragment=address)
    assert len(page.shown()) == 6
    choose_chart(page, "energy along dtype")
    assert "int8" in page.text("#plot .axes")


def test_an_analysis_is_a_second_tab(page, files):
    page.open(files / "settings.html")
    page.one("#tab-analysis").click()
    assert "<b>batch size</b>" in page.one("#panel-analysis").text
    assert not page.one("#chart").is_displayed()
    page.one("#tab-results").click()
    assert page.one("#chart").is_displayed()


def study():
    """Three models at two batch sizes and two runtimes, one of which names the provider that it ran on."""
    cells = [
        (batch, runtime, {"provider": "CPU"} if runtime == "onnxruntime" else {})
        for batch in (1, 4)
        for runtime in ("eager", "onnxruntime")
    ]
    return [
        made.model(
            f"torchvision:net{n}",
            (1 + n) / batch,
            accuracy=0.5 + n / 50,
            cell={"batch_size": batch, "runtime": runtime, **own},
            **{f"measure_{i}": 0.1 * n + batch + 0.01 * i for i in range(4)},
        )
        for n in range(20)
        for batch, runtime, own in cells
    ]


def test_a_study_opens_with_its_factors(driver, tmp_path):
    write_page(tmp_path / "study.html", study(), analysis="What moves the energy")
    page = browser.Page(*driver).open(tmp_path / "study.html", 1440)
    # factors are the colours, lists and first columns; names leave out what all begin with
    assert page.text("#legend .legend-title") == "batch size"
    assert page.run("return [...document.querySelectorAll('.facet')].map(one => one.dataset.facet)") == [
        "field batch size",
        "field runtime",
    ]
    columns = page.run("return [...document.querySelectorAll('#table th')].map(one => one.dataset.column)")
    assert columns.index("field runtime") < columns.index("provenance")
    assert "torchvision:" in page.text("#lede")
    assert "torchvision:" not in page.text("#plot") + page.text("#table") + page.text("#answer-text")
    # a runtime is followed although one alone has a provider
    choose_chart(page, "energy along runtime")
    assert page.run("return document.querySelectorAll('#plot .joined .series').length") == 40
    # a link opens the tab that was open
    page.one("#tab-analysis").click()
    address = fragment(page, "tab=analysis")
    page.open(tmp_path / "study.html", 390, fragment=address)
    assert page.one("#panel-analysis").is_displayed()
    page.one("#tab-results").click()
    page.until("return document.querySelector('#plot svg').getAttribute('width') > 300")
    assert page.complaints() == []


def test_devices_of_a_study_are_looked_at_one_by_one(driver, tmp_path):
    other = attrs.evolve(made.BOARD, device="Other GPU", id="lab/nvml/GPU-1/board")
    runs = [*made.alike(3), *(made.model(f"net{i}", 1 + i, accuracy=0.6, channel=other) for i in range(3))]
    write_page(tmp_path / "page.html", runs, analysis="found")
    page = browser.Page(*driver).open(tmp_path / "page.html")
    page.press("Other GPU", "#slices")
    assert sorted(page.shown()) == [3, 4, 5]
    assert page.run("return document.querySelector('#unlike')") is None
    page.press("all", "#slices")
    assert len(page.shown()) == 6


def test_two_files_pair_up(page, files):
    page.open(files / "pairs.html")
    assert "3 better, 1 worse, 2 cannot tell" in page.text("#pairs")
    assert "1 row without a partner" in page.text("#pairs")
    assert page.run("return document.querySelectorAll('#plot .moves .move').length") >= 4
    page.tick("file", "before")
    assert len(page.shown()) == 7


def test_what_would_raise_a_grade_is_where_the_grade_changes(page, files):
    from tests.report.test_grades import reference

    grade: FrontierGrade = reference()
    page.open(files / "alike.html")
    for i, m in enumerate(ALIKE):
        letter = grade(m).grade
        page.run("document.querySelectorAll('#tray button')[2]?.click()")
        page.pick(i)
        said = page.cell("raise", 0)["text"]
        found = re.search(r"For (\w): .*?\(to ([\d.]+) (m|k|)J", said)
        if "would make it surer" not in said and "sure (" not in said:
            assert m.budget.advice.split(". ", 1)[1] in said
        if letter == "A":
            assert said.startswith("A is the best letter")
        elif found:
            joules = float(found[2]) * {"m": 1e-3, "": 1.0, "k": 1e3}[found[3]]
            factor = joules / m.energy_per_item_j.value
            for share, expected in ((0.98, found[1]), (1.02, letter)):
                moved = attrs.evolve(m, energy_j=m.energy_j * (factor * share))
                assert grade(moved).grade == expected


# Many -----------------------------------------------------------------------------------------------


def test_a_long_table_holds_only_the_lines_that_are_seen(page, files):
    page.open(files / "many.html")
    order = page.shown()
    assert len(order) < 100
    assert page.run("return document.querySelector('#table').getAttribute('aria-rowcount')") == "1201"
    page.run("const t = document.querySelector('#table-scroll'); t.scrollTop = t.scrollHeight")
    page.until("return !document.querySelector(`tr[data-id='${arguments[0]}']`)", order[0])
    last = page.run(
        "const lines = [...document.querySelectorAll('#table tbody tr[data-id]')];"
        "return lines.at(-1).getAttribute('aria-rowindex')"
    )
    assert last == "1201"
    sticky = (
        "const top = one => document.querySelector(one).getBoundingClientRect().top;"
        "return Math.abs(top('#table thead th') - top('#table-scroll'))"
    )
    assert page.run(sticky) < 3
    assert len(page.shown()) < 100


def test_pages_are_small(files):
    assert (files / "many.html").stat().st_size < 1.3e6
    assert (files / "alike.html").stat().st_size < 0.7e6
    assert len(page_html(ALIKE)) < 0.3e6


# For everybody --------------------------------------------------------------------------------------


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_stand_out_from_both_papers():
    from wattwhat.report.page.document import own_script

    palette = json.loads(re.search(r"PALETTE = (\[.*?\])", own_script())[1].replace("'", '"'))
    assert len(palette) == len(set(palette)) == 9
    assert all(contrast(colour, paper) >= 3 for colour in palette for paper in ("#ffffff", "#14171b"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_texts_stand_out_and_targets_are_large(page, files, theme, width):
    page.open(files / "odd.html", width, fragment=f"theme={theme}")
    page.pick(0, 12)
    faint = page.run(
        "const linear = x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;"
        "const lum = c => { const [r, g, b] = c.match(/[0-9.]+/g).slice(0, 3).map(x => linear(x / 255));"
        "return 0.2126 * r + 0.7152 * g + 0.0722 * b };"
        "const paper = e => { for (let at = e; at; at = at.parentElement) {"
        "const c = getComputedStyle(at).backgroundColor;"
        "if (!/, 0\\)$/.test(c)) return c } return 'rgb(255, 255, 255)' };"
        "const own = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());"
        "return [...document.querySelectorAll('body *')]"
        ".filter(e => own(e) && e.offsetParent && !e.closest('.away, svg'))"
        ".filter(e => { const [a, b] = [lum(getComputedStyle(e).color), lum(paper(e))].sort((x, y) => y - x);"
        "return (a + 0.05) / (b + 0.05) < 4.5 })"
        ".map(e => `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`)"
    )
    assert faint == []
    small = page.run(
        "return [...document.querySelectorAll('button, input, select, summary')].filter(e => e.offsetParent)"
        ".filter(e => { const b = e.getBoundingClientRect(); return b.height < 24 || b.width < 24 })"
        ".map(e => `${e.outerHTML.slice(0, 80)}`)"
    )
    assert small == []


def test_roles_and_names_are_there_for_a_screen_reader(page, files):
    page.open(files / "odd.html")
    page.pick(0, 1)
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    said = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n.get("ignored")]
    needed = {
        "button",
        "checkbox",
        "combobox",
        "textbox",
        "searchbox",
        "spinbutton",
        "slider",
        "tab",
        "link",
        "region",
    }
    assert [one for one in said if one[0] in needed and not one[1].strip()] == []
    assert page.run("return new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size") == page.run(
        "return document.querySelectorAll('[id]').length"
    )
    broken = page.run(
        "return ['aria-labelledby', 'aria-describedby', 'aria-controls'].flatMap(name =>"
        "[...document.querySelectorAll(`[${name}]`)].flatMap(e => e.getAttribute(name).split(' ')))"
        ".filter(id => !document.getElementById(id))"
    )
    assert broken == []
