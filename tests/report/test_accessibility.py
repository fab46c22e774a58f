"""The page before axe-core, the rules that browsers' own accessibility audits apply: no findings."""

from importlib.metadata import PackageNotFoundError, files

import pytest

from tests.report import browser, made
from tests.report.test_grades import reference
from wattwhat.report.page import write_page

RULES = "axe-playwright-python"  # the distribution that keeps up with axe-core; only its script is used


@pytest.fixture(scope="module")
def axe():
    """The script of axe-core; skips where it is not installed."""
    try:
        script = next(file for file in files(RULES) if file.name == "axe.min.js")
    except PackageNotFoundError:
        pytest.skip(f"{RULES} is not installed (extra: test)")
    return script.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    write_page(folder / "odd.html", [*made.alike(), *made.odd()], reference=reference())
    write_page(folder / "study.html", made.settings(), analysis="What moves the energy:\n  batch size")
    return folder


def findings(page, axe):
    """What axe-core finds against the rules of WCAG and good practice: rule, element."""
    page.run(axe)
    found = page.driver.execute_async_script(
        "const done = arguments[0]; axe.run(document).then(({ violations }) => done(violations), done)"
    )
    return [(one["id"], node["html"][:120], node["any"][:1]) for one in found for node in one["nodes"]]


@pytest.mark.parametrize(("name", "width"), [("odd", 390), ("study", 1440)])
def test_axe_finds_nothing(driver, pages, axe, name, width):
    page = browser.Page(*driver).open(pages / f"{name}.html", width)
    page.pick(*page.shown()[:2])
    for tab in page.all("[role=tab]") or [None]:
        page.run("for (const one of document.querySelectorAll('details')) one.open = false")
        if tab:
            page.run("arguments[0].click()", tab)
        for theme in ("light", "dark"):
            page.run(
                "const select = document.querySelector('#theme select'); select.value = arguments[0];"
                "select.dispatchEvent(new Event('change'))",
                theme,
            )
            assert findings(page, axe) == [], (theme, tab and tab.text)
            page.run("for (const one of document.querySelectorAll('details')) one.open = true")
