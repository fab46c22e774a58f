"""One browser for all tests of the page: starting it takes longer than most of them."""

import pytest

from tests.report import browser


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    driver = browser.start(folder)
    yield driver, folder
    driver.quit()
