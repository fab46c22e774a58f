"""A visit to the page in a real browser: typed, clicked and read, small and large, light and dark."""

import pytest

from tests.report import browser, made
from wattwhat import compare
from wattwhat.report.page import write_page

PAGES = {
    "four": made.alike(4),
    "hundred": made.many(100),
    "many": made.many(1200),
    "odd": [*made.alike(), *made.odd()],
}
# Sizes and themes in turns, so that each page is seen small and large, light and dark.
VISITS = [
    (name, width, ("light", "dark")[(i + j) % 2])
    for i, name in enumerate(PAGES)
    for j, width in enumerate((390, 1440))
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, measurements in PAGES.items():
        write_page(folder / f"{name}.html", measurements)
    return folder


def best_under(measurements, joules):
    """The most accurate measured model within a limit, of equals the one that needs less."""
    able = [m for m in measurements if m.items and m.provenance == "measured" and "accuracy" in m.metrics]
    within = [m for m in able if m.energy_per_item_j.value <= joules]
    return max(within, key=lambda m: (m.metrics["accuracy"], -m.energy_per_item_j.value))


def click(page, selector):
    """Scroll there and click; the browser refuses where something else lies over it."""
    page.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
    page.one(selector).click()


@pytest.mark.parametrize(("name", "width", "theme"), VISITS)
def test_a_visit(driver, files, name, width, theme):
    measurements = PAGES[name]
    page = browser.Page(*driver).open(files / f"{name}.html", width, 844)
    page.one(f"#theme option[value={theme}]").click()
    assert page.run("return document.documentElement.dataset.theme") == theme

    # which is the most accurate under 0.3 J?
    page.one("[name=limit-energy]").send_keys("300 mJ")
    best = best_under(measurements, 0.3)
    page.until(
        "return document.querySelector('#answer-text').textContent.includes(arguments[0])", "under 300 mJ"
    )
    assert page.text("#answer-text strong") == best.label

    # its name picks it, and so does a tick in the table, sorted by accuracy from the best down
    click(page, "#answer-text .name-link")
    for _ in range(2):
        click(page, "#table [data-column=accuracy] button")
    accuracies = [measurements[i].metrics.get("accuracy", -1) for i in page.shown()]
    assert accuracies == sorted(accuracies, reverse=True)
    other = next(i for i in page.shown() if measurements[i] is not best)
    click(page, f"tr[data-id='{other}'] .tick input")
    ratio = compare(measurements[other], best).ratio.value
    said = page.text("#tray li")
    assert said.startswith(f"{measurements[other].label} against {best.label}: ")
    assert float(said.split(": ")[1].split(" times")[0]) == pytest.approx(ratio, rel=0.01)

    # what does a million cost at another price? the tray leads to the comparison
    click(page, "#tray button")
    if not page.one("[name=price]").is_displayed():
        click(page, "#assumptions summary")
    page.set("price", 0.5)
    price = page.cell("money", 0)["value"]
    assert price == pytest.approx(best.energy_per_item_j.value * 1e6 * 0.5 / 3.6e6)

    # a filter, found where it folds away
    if not page.one("[name=search]").is_displayed():
        click(page, ".more-filters > summary")
    page.one("[name=search]").send_keys(best.label[:4])
    page.until(
        "return new URLSearchParams(location.hash.slice(1)).get('search') === arguments[0]", best.label[:4]
    )
    assert best.label in page.text("#table") + page.text("#tray")

    # and all of it is in the address: limit, picks, sorting, search, price, theme
    address = page.run("return location.hash.slice(1)")
    before = [page.text("#answer-text"), page.text("#tray"), page.shown()]
    page.open(files / f"{name}.html", width, 844, fragment=address)
    assert [page.text("#answer-text"), page.text("#tray"), page.shown()] == before
    assert page.run("return document.documentElement.scrollWidth") <= width
    assert page.complaints() == []
