"""A real browser for the tests of the page: the system's chromium, headless."""

import importlib.util
import json
import shutil

import pytest

PATIENCE_S = 120.0  # a busy machine may draw nothing for a while
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    "--headless=new",
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)


def missing():
    """Why there is no browser to drive, or None."""
    if importlib.util.find_spec("selenium") is None:
        return "selenium is not installed (extra: test)"
    if not any(map(shutil.which, BROWSERS)) or shutil.which("chromedriver") is None:
        return f"no browser: need one of {', '.join(BROWSERS)} and chromedriver in PATH"
    return None


def start(folder):
    """A driver with a fresh profile and a download folder in `folder`; skips where there is no browser."""
    if missing():
        pytest.skip(missing())
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    browser = next(filter(None, map(shutil.which, BROWSERS)))
    driver = shutil.which("chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for switch in (*SWITCHES, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(switch)
    options.add_experimental_option("prefs", {"download.default_directory": str(folder / "downloads")})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    started.set_script_timeout(PATIENCE_S)
    return started


class Page:
    """An open page: short words for what the tests do, and what the browser has to say about it."""

    def __init__(self, driver, folder):
        self.driver, self.folder = driver, folder

    def open(self, path, width=1280, height=900, fragment=""):
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.get("about:blank")  # else only a fragment may change
        self.url = path.as_uri() + (f"#{fragment}" if fragment else "")
        self.driver.get(self.url)
        self.until("return document.documentElement.dataset.readyMs !== undefined")
        return self

    def until(self, script, *arguments):
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, PATIENCE_S, poll_frequency=0.02).until(
            lambda driver: driver.execute_script(script, *arguments), f"never came true: {script}"
        )

    def settled(self):
        """Wait until what was typed is in the picture: the page takes it before the next one is drawn."""
        self.driver.execute_async_script(
            "const done = arguments[0], next = requestAnimationFrame; next(() => next(() => next(done)))"
        )

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def shown(self):
        """Ids of the rows in the table, in its order."""
        return self.run(
            "const lines = [...document.querySelectorAll('#table tbody tr[data-id]')];"
            "return lines.map(tr => Number(tr.dataset.id))"
        )

    def type(self, selector, value):
        """Put a value into a field as a user would, and wait until it has been taken."""
        before = self.run("return document.querySelector('#count').dataset.taken || '0'")
        self.run(
            "const [name, value] = arguments; const field = document.querySelector(name);"
            "field.value = value; field.dispatchEvent(new Event('input', {bubbles: true}))",
            selector,
            str(value),
        )
        self.until("return (document.querySelector('#count').dataset.taken || '0') !== arguments[0]", before)

    def tick(self, facet, value, on=True):
        """Tick a value of a filter's list."""
        listed = "document.querySelector(`[data-facet='${arguments[0]}']`)"
        self.run(f"{listed}.open = true", facet)
        self.until(f"return {listed}.querySelector('label') !== null", facet)
        self.run(
            "const [facet, value, on] = arguments;"
            "const boxes = [...document.querySelectorAll(`[data-facet='${facet}'] label`)];"
            "const label = boxes.find(one => one.textContent.trim().startsWith(`${value} (`));"
            "const box = label.querySelector('input'); if (box.checked !== on) box.click()",
            facet,
            value,
            on,
        )

    def set(self, name, value):
        """Put a value into a field that is not a filter."""
        self.run(
            "const [name, value] = arguments; const field = document.querySelector(`[name=${name}]`);"
            "field.value = value; field.dispatchEvent(new Event('input'))",
            name,
            value,
        )

    def press(self, words, within="body"):
        """Press the first button whose words begin so."""
        self.run(
            "const buttons = [...document.querySelectorAll(`${arguments[1]} button`)];"
            "buttons.find(one => one.textContent.startsWith(arguments[0])).click()",
            words,
            within,
        )

    def pick(self, *ids):
        for one in ids:
            self.run("document.querySelector(`tr[data-id='${arguments[0]}'] .tick input`).click()", one)

    def cell(self, row, column):
        """Text and numbers of a cell of the comparison; columns count from 0."""
        return self.run(
            "const [row, column] = arguments;"
            "const cell = document.querySelectorAll(`#comparison tr[data-row=${row}] td`)[column];"
            "const numbers = Object.entries(cell.dataset).map(([name, value]) => [name, Number(value)]);"
            "return {text: cell.textContent, ...Object.fromEntries(numbers)}",
            row,
            column,
        )

    def complaints(self):
        """What the console holds at level warning or above."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("WARNING", "SEVERE")
        ]

    def requests(self):
        """Every address asked for since the page was opened, but for itself and the browser's own icons."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [
            one["params"]["request"]["url"]
            for one in messages
            if one["method"] == "Network.requestWillBeSent"
        ]
        own = self.url.split("#")[0], "about:blank"
        return [
            url
            for url in sent
            if url.split("#")[0] not in own and not url.startswith(("data:", "blob:", "chrome:"))
        ]
